/** Deployments in steps: what each waits for, what stops them, who runs them; and what no order of presses can do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepRule } from '../../../src/domain/catalog/catalog.ts';
import { deadlineOf } from '../../../src/domain/deployment/deadline.ts';
import { abortDeployment, failDeployment, succeedDeployment } from '../../../src/domain/deployment/outcome.ts';
import { startRollback, succeedRollback } from '../../../src/domain/deployment/rollback.ts';
import { bakesUntil, nextStepOf, ruleWords, STRATEGIES, stepOf } from '../../../src/domain/deployment/rollout.ts';
import {
  handOver,
  nextStep,
  pauseRollout,
  reportMetric,
  resumeRollout,
} from '../../../src/domain/deployment/rollout-acts.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { stepChecks } from '../../../src/domain/deployment/step-checks.ts';
import { probed } from '../../../src/domain/deployment/watch.ts';
import { awaitedGates } from '../../../src/domain/gate/awaited.ts';
import { recordGate } from '../../../src/domain/gate/gate.ts';
import { userId } from '../../../src/domain/ids.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, between, HOUR, type Instant, MINUTE } from '../../../src/domain/time.ts';
import { tokenActor } from '../../../src/domain/token/token.ts';
import { wakeAt } from '../../../src/domain/wake.ts';
import {
  ADAM,
  aDeployment,
  aFreeze,
  afterOf,
  anAct,
  anAction,
  aRelease,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  refusalOf,
} from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';
import { having, minutesLater, rollingOut, rolloutIn } from '../../support/rolling.ts';

const go = (s: Situation, minutes: number, reason: string | null = null) =>
  nextStep(s, { environment: null, reason }, minutesLater(minutes));

describe('the next step', () => {
  it('comes when the one before has baked, each with its time', () => {
    const s = rollingOut();
    expect(stepOf(rolloutIn(s)).name).toBe('1 %');
    expect(bakesUntil(rolloutIn(s), NOW)).toBe(after(NOW, 15 * MINUTE));
    expect(refusalOf(go(s, 14))).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
    const { after: next, events } = done(go(s, 15));
    expect(rolloutIn(next)).toMatchObject({ index: 1, since: after(NOW, 15 * MINUTE), began: [NOW] });
    expect(events).toMatchObject([{ kind: 'rollout.moved', data: { step: '10 %', percent: 10, against: false } }]);
    expect(next.deployments[0]?.step).toMatchObject({ words: '10 %', percent: 10 });
  });

  it('comes at once with a reason of a person, never of a pipeline', () => {
    expect(done(go(rollingOut(), 1, 'The fix cannot wait')).events[0]).toMatchObject({
      words: 'The fix cannot wait',
      data: { against: true },
    });
    const byPipeline = nextStep(
      rollingOut(),
      { environment: null, reason: 'now' },
      minutesLater(1, userId('token:ci')),
    );
    expect(byPipeline.ok).toBe(false);
  });

  it('is one press’s: whoever was slower hears that it went on', () => {
    const once = done(nextStep(rollingOut(), { environment: null, reason: 'now', from: 0 }, minutesLater(1))).after;
    const twice = nextStep(once, { environment: null, reason: 'now', from: 0 }, minutesLater(1, ADAM));
    expect(refusalOf(twice)).toMatchObject({ code: 'status', status: 'at 10 % already' });
  });

  it('is none after the last, and nothing without steps', () => {
    const last = ['a', 'b', 'c'].reduce((s, reason) => afterOf(go(s, 1, reason)), rollingOut());
    expect(nextStepOf(rolloutIn(last))).toBeNull();
    expect(refusalOf(go(last, 90))).toMatchObject({ code: 'status', status: 'at its last step' });
    expect(refusalOf(go(rollingOut(null), 1))).toMatchObject({ status: 'deployed at once, without steps' });
    expect(succeedDeployment(last, { environment: null }, minutesLater(91)).ok).toBe(true);
  });
});

describe('a pause', () => {
  it('keeps its step and its clocks until somebody resumes it', () => {
    const s = rollingOut();
    const paused = afterOf(pauseRollout(s, { environment: null, reason: 'the cache is cold' }, minutesLater(5)));
    expect(refusalOf(go(paused, 60, 'reason'))).toMatchObject({ code: 'step.stopped' });
    // It does not fail for want of time.
    expect(settle(paused, after(NOW, 100 * HOUR), counting()).events).toEqual([]);
    const on = afterOf(resumeRollout(paused, { environment: null }, minutesLater(65)));
    expect(bakesUntil(rolloutIn(on), after(NOW, 65 * MINUTE))).toBe(after(NOW, 75 * MINUTE));
    expect(on.deployments[0]?.deadline).toBe(after(s.deployments[0]?.deadline ?? NOW, HOUR));
  });

  it('wants a reason, and is refused twice', () => {
    expect(refusalOf(pauseRollout(rollingOut(), { environment: null, reason: ' ' }, minutesLater(1)))).toMatchObject({
      code: 'fields',
    });
    const paused = afterOf(pauseRollout(rollingOut(), { environment: null, reason: 'x' }, minutesLater(1)));
    expect(pauseRollout(paused, { environment: null, reason: 'x' }, minutesLater(2)).ok).toBe(false);
    expect(resumeRollout(rollingOut(), { environment: null }, minutesLater(2)).ok).toBe(false);
  });
});

describe('aborting', () => {
  it('is for what nothing was touched of', () => {
    const abort = (s: Situation) => abortDeployment(s, { environment: null, reason: null }, minutesLater(1));
    expect(abort(rollingOut()).ok).toBe(true);
    expect(refusalOf(abort(afterOf(go(rollingOut(), 1, 'now'))))).toMatchObject({ did: 'Not aborted' });
    expect(abort(afterOf(go(rollingOut('blue-green'), 1, 'now'))).ok).toBe(true);
  });
});

describe('a number that is measured', () => {
  const report = (s: Situation, value: number, metric = 'errors') =>
    reportMetric(s, { environment: null, metric, value }, minutesLater(20, userId('token:ci')));

  it('stops it at its step when it crosses its rule, and lets it go on when it is good again', () => {
    const bad = done(report(rollingOut(), 4));
    expect(bad.events).toMatchObject([{ kind: 'rollout.stopped', data: { value: 4, rule: 'errors at most 2' } }]);
    expect(refusalOf(go(bad.after, 20))).toMatchObject({ code: 'fields' });
    expect(go(bad.after, 20, 'A test of ours').ok).toBe(true);
    expect(done(report(bad.after, 5)).events).toEqual([]);
    const good = done(report(bad.after, 1));
    expect(good.events).toMatchObject([{ kind: 'rollout.recovered' }]);
    expect(go(good.after, 20).ok).toBe(true);
  });

  it('of several that cross each has to be good again', () => {
    const two = { ...rollingOut(), around: { ...rollingOut().around, catalog: having('canary') } };
    const catalog = two.around.catalog;
    const checkout = catalog.services['checkout'];
    if (checkout === undefined) throw new Error('no checkout');
    const health = [...(checkout.health ?? []), { metric: 'latency', above: 500, below: null }];
    const s = {
      ...two,
      around: {
        ...two.around,
        catalog: { ...catalog, services: { ...catalog.services, checkout: { ...checkout, health } } },
      },
    };
    const both = done(report(done(report(s, 5)).after, 900, 'latency')).after;
    const one = done(report(both, 1));
    expect(one.events).toMatchObject([{ kind: 'rollout.recovered', data: { metric: 'errors' } }]);
    expect(refusalOf(go(one.after, 20))).toMatchObject({ code: 'fields' });
    expect(rolloutIn(done(report(both, 9)).after).stopped).toMatchObject([
      { metric: 'latency' },
      { metric: 'errors', value: 9 },
    ]);
    expect(refusalOf(report(rollingOut(null), 5)).code).toBe('status');
  });

  it('within its rule is nothing; of no rule it is refused with those that there are', () => {
    expect(done(report(rollingOut(), 2)).events).toEqual([]);
    expect(refusalOf(report(rollingOut(), 2, 'latency'))).toMatchObject({ code: 'fields' });
    expect(ruleWords({ metric: 'orders', above: 90, below: 10 })).toBe('orders at most 90 and at least 10');
  });
});

describe('whoever runs it', () => {
  it('may hand it over, with what is left of the release', () => {
    const { after: s, events } = done(handOver(rollingOut(), { environment: null, to: ADAM }, anAct()));
    expect(s.deployments[0]).toMatchObject({ startedBy: OWNER, runBy: ADAM });
    expect(s.release.deployer).toBe(ADAM);
    expect(events).toMatchObject([{ kind: 'deployment.handed_over', data: { to: ADAM } }]);
    expect(handOver(s, { environment: null, to: ADAM }, anAct()).ok).toBe(false);
  });
});

describe('a step', () => {
  const steps = (first: Partial<StepRule>, second: Partial<StepRule> = {}): Situation => {
    const named = (name: string, percent: number, more: Partial<StepRule>): StepRule => ({
      name,
      percent,
      bakeMinutes: 0,
      ...more,
    });
    const strategies = {
      own: { steps: [named('half', 50, { bakeMinutes: 10, ...first }), named('all', 100, second)] },
    };
    const gates = [{ name: 'load', when: {}, before: 'step', owners: ['qa'], waive: 'release_manager' as const }];
    const catalog = having('own', { strategies, gates });
    const s = aSituation({ release: aRelease({ state: approved }), around: { catalog } });
    return afterOf(startDeployment(s, { environment: 'production', reason: null }, anAct()));
  };
  const at = (s: Situation, minutes: number) => settle(s, minutesLater(minutes).now, counting());

  it('is left by itself where it says so, once it has baked and nothing is against it', () => {
    const s = steps({ auto: true });
    expect(rolloutIn(at(s, 9).after).index).toBe(0);
    const { after: on, events } = at(s, 10);
    expect(rolloutIn(on).index).toBe(1);
    expect(events).toMatchObject([{ kind: 'rollout.moved', byItself: true, data: { step: 'all', against: false } }]);
    expect(rolloutIn(at(steps({}), 60).after).index).toBe(0);
  });

  it.each<[string, (s: Situation) => Situation]>([
    ['it is paused', (s) => afterOf(pauseRollout(s, { environment: null, reason: 'x' }, minutesLater(1)))],
    [
      'a number is over its limit',
      (s) => afterOf(reportMetric(s, { environment: null, metric: 'errors', value: 9 }, minutesLater(1))),
    ],
    [
      'it is on hold',
      (s) => ({ ...s, release: { ...s.release, hold: { by: OWNER, reason: 'x', since: NOW, until: null } } }),
    ],
    [
      'a freeze came',
      (s) => ({ ...s, around: { ...s.around, freezes: [aFreeze({ startsAt: minutesLater(2).now })] } }),
    ],
    [
      'a pipeline runs it',
      (s) => ({ ...s, deployments: s.deployments.map((d) => ({ ...d, runBy: tokenActor({ name: 'ci' }) })) }),
    ],
  ])('stays where %s', (_, then) => {
    expect(rolloutIn(at(then(steps({ auto: true })), 30).after).index).toBe(0);
  });

  it.each<[string, (s: Situation) => Situation]>([
    [
      'it goes back elsewhere',
      (s) => ({
        ...s,
        deployments: [...s.deployments, aDeployment({ environment: 'eu', kind: 'rollback', startedAt: NOW })],
      }),
    ],
    [
      'its place was locked since',
      (s) => ({
        ...s,
        locks: [
          {
            id: 'lck_1' as never,
            service: 'checkout',
            environment: 'production',
            release: null,
            reason: 'x',
            holder: ADAM,
            since: NOW,
            expiresAt: null,
            liftedAt: null,
            liftedBy: null,
          },
        ],
      }),
    ],
  ])('does not go on by itself where %s', (_, then) => {
    expect(rolloutIn(at(then(steps({ auto: true })), 30).after).index).toBe(0);
  });

  it('with addresses to ask goes on by itself only once each has answered well since it began', () => {
    const s = steps({ auto: true });
    const { catalog } = s.around;
    const [checkout] = Object.values(catalog.services);
    if (checkout === undefined) throw new Error('no service');
    const probes = [{ url: 'https://shop.example.com/health', environment: null }];
    const services = { ...catalog.services, checkout: { ...checkout, probes } };
    const asking = { ...s, around: { ...s.around, catalog: { ...catalog, services } } };
    expect(rolloutIn(at(asking, 30).after).index).toBe(0);
    expect(wakeAt(asking, minutesLater(30).now)).toBe(after(minutesLater(30).now, MINUTE / 2));
    const look = (ok: boolean, minutes: number) => {
      const [d] = asking.deployments;
      const looks = [{ name: 'shop.example.com/health', ok, said: 'answered' }];
      return afterOf(probed(asking, { deployment: d?.id as never, looks }, minutesLater(minutes)));
    };
    expect(rolloutIn(at(look(false, 29), 30).after).index).toBe(0);
    expect(rolloutIn(at(look(true, 20), 30).after).index).toBe(0);
    expect(rolloutIn(at(look(true, 29), 30).after).index).toBe(1);
  });

  it('that was kept for long has its time anew once what kept it is passed', () => {
    const s = steps({}, { gate: 'load' });
    const [d] = s.deployments;
    if (d === undefined) throw new Error('nothing runs');
    const hours = minutesLater(10 * 60);
    expect(deadlineOf(s, d, hours.now)).toBeNull();
    const passed = afterOf(recordGate(s, { gate: 'load', outcome: 'passed', comment: null }, anAct(QUINN, hours.now)));
    expect(deadlineOf(passed, d, hours.now)).toBe(after(hours.now, between(d.startedAt, d.deadline)));
    expect(at(passed, 10 * 60).after.release.state.status).toBe('deploying');
  });

  it('that wants a gate is not entered before it is passed; its owners are asked when it is the next', () => {
    const s = steps({ bakeMinutes: 0 }, { gate: 'load' });
    const next = (each: Situation) => nextStep(each, { environment: null, reason: 'now' }, minutesLater(5));
    expect(refusalOf(next(s))).toMatchObject({ code: 'step.stopped' });
    expect(awaitedGates(s, minutesLater(5).now)).toMatchObject([{ gate: 'load', asked: [QUINN] }]);
    const passed = afterOf(
      recordGate(s, { gate: 'load', outcome: 'passed', comment: null }, anAct(QUINN, minutesLater(4).now)),
    );
    expect(rolloutIn(afterOf(next(passed))).index).toBe(1);
    const planned = aSituation({ release: aRelease({ state: approved }), around: s.around });
    expect(awaitedGates(planned, NOW)).toEqual([]);
    expect(obstacles(readiness(planned, 'production', NOW))).toEqual([]);
  });
});

it('what its strategy leaves to be done is not to be done once it went back', () => {
  const through = afterOf(succeedDeployment(rollingOut('blue-green'), { environment: null }, minutesLater(90)));
  const before = { ...through, deployments: through.deployments.map((d) => ({ ...d, before: '2.13.1' })) };
  const going = afterOf(startRollback(before, 'errors', minutesLater(100)));
  const back = afterOf(succeedRollback(going, {}, minutesLater(110)));
  expect(back.actions).toMatchObject([{ text: 'Retire the old environment', state: "won't do" }]);
});

it('what its strategy leaves to be done is the owner’s, by its day, once', () => {
  const through = (s: Situation) => afterOf(succeedDeployment(s, { environment: null }, minutesLater(90)));
  const [todo, ...others] = through(rollingOut('flag')).actions;
  expect(others).toEqual([]);
  expect(todo).toMatchObject({ text: 'Take the flag out of the code', owner: OWNER, due: '2026-03-17T11:30:00.000Z' });
  expect(through(rollingOut('canary')).actions).toEqual([]);
  const open = { ...rollingOut('flag'), actions: [anAction({ text: 'Take the flag out of the code' })] };
  expect(through(open).actions).toHaveLength(1);
});

describe('whatever is pressed in whatever order', () => {
  it('never goes on while anything bars it, never back, and always can end or go back', () => {
    const press = fc.record({
      what: fc.constantFrom('next', 'pause', 'resume', 'bad', 'good'),
      minutes: fc.integer({ min: 0, max: 40 }),
      reason: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(STRATEGIES)),
        fc.array(press, { maxLength: 25 }),
        (strategy, presses) => {
          let s = rollingOut(strategy);
          let now: Instant = NOW;
          for (const { what, minutes, reason } of presses) {
            now = after(now, minutes * MINUTE);
            const act = anAct(OWNER, now);
            const [before] = s.deployments;
            if (before === undefined) throw new Error('It vanished.');
            const bars = stepChecks(s, before, now);
            const word = reason ? 'because' : '';
            const decision =
              what === 'next'
                ? nextStep(s, { environment: null, reason: word }, act)
                : what === 'pause'
                  ? pauseRollout(s, { environment: null, reason: word }, act)
                  : what === 'resume'
                    ? resumeRollout(s, { environment: null }, act)
                    : reportMetric(s, { environment: null, metric: 'errors', value: what === 'bad' ? 9 : 0 }, act);
            if (!decision.ok) continue;
            s = decision.value.after;
            const [d] = s.deployments;
            const moved = (d?.rollout?.index ?? 0) - (before.rollout?.index ?? 0);
            expect(moved === 0 || (what === 'next' && moved === 1)).toBe(true);
            if (moved === 1)
              expect(bars.length === 0 || (reason && bars.every(({ by }) => by === 'reason'))).toBe(true);
            const [wake] = [wakeAt(s, now)];
            const until = d?.rollout == null ? null : bakesUntil(d.rollout, now);
            if (until !== null && wake !== null) expect(wake <= until).toBe(true);
          }
          const [last] = s.deployments;
          const middle = last?.rollout != null && nextStepOf(last.rollout) !== null;
          const barred = last !== undefined && middle && stepChecks(s, last, now).some(({ by }) => by === 'nothing');
          expect(succeedDeployment(s, { environment: null }, anAct(OWNER, now)).ok).toBe(!barred);
          expect(failDeployment(s, { environment: null, reason: 'errors' }, anAct(OWNER, now)).ok).toBe(true);
        },
      ),
    );
  });
});
