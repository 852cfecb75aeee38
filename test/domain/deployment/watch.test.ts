/** What probes and numbers say of a deployment: when they make it healthy, when they are told, who is asked when nobody says anything. */
import { describe, expect, it } from 'vitest';
import type { Service } from '../../../src/domain/catalog/catalog.ts';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { nextStep, reportMetric } from '../../../src/domain/deployment/rollout-acts.ts';
import { stepChecks } from '../../../src/domain/deployment/step-checks.ts';
import {
  alarmed,
  badSignals,
  healthyByItselfAt,
  isProbed,
  probed,
  verifyNudges,
} from '../../../src/domain/deployment/watch.ts';
import type { DeploymentId } from '../../../src/domain/ids.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, type Instant, MINUTE } from '../../../src/domain/time.ts';
import { wakeAt } from '../../../src/domain/wake.ts';
import { nudgesFor } from '../../../src/situation/nudges-for.ts';
import { ADAM, aCatalog, afterOf, anAct, BELLA, counting, done, OWNER } from '../../support/builders.ts';
import { begun, later, through, verifying } from '../../support/verifying.ts';

const URL = 'https://shop.example.com/health?token=secret';
const NAME = 'shop.example.com/health';
const watching = {
  probes: [{ url: URL, environment: null }],
  verify: { people: 1, minutes: 30, checklist: [] },
};
const two = { verify: { people: 2, minutes: 30, checklist: [] } };
const having = (more: Partial<Service>, targets?: readonly string[]) => through(verifying(more), targets);
const good = (s: Situation, by = OWNER) => reportHealth(s, { healthy: true, reason: null }, anAct(by, later(11)));
const healthy = ({ release: { state } }: Situation): boolean | null =>
  state.status === 'deployed' ? state.healthy : null;
const looks = (s: Situation, ok: boolean, minutes: number, deployment = s.deployments[0]?.id as DeploymentId) =>
  probed(
    s,
    { deployment, looks: [{ name: NAME, ok, said: ok ? 'answered 200' : 'answered 503' }] },
    anAct(OWNER, later(minutes)),
  );
/** Asked each minute, settled as each time, and how it was. */
const asked = (s: Situation, from: number, to: number, ok = true): Situation => {
  let now = s;
  for (let minute = from; minute <= to; minute += 1) {
    now = settle(now, later(minute), counting()).after;
    now = done(looks(now, ok, minute)).after;
  }
  return now;
};

describe('probes', () => {
  it('that answer well for their time make it healthy, and not a minute before', () => {
    const s = asked(having(watching), 12, 41);
    expect(healthyByItselfAt(s)).toBe(later(42));
    expect(wakeAt(s, later(41))).toBe(later(42));
    expect(healthy(s)).toBeNull();
    const { after: at, events } = settle(s, later(42), counting());
    expect(healthy(at)).toBe(true);
    expect(events).toMatchObject([{ kind: 'health.reported', data: { healthy: true, by: 'probes' }, due: later(42) }]);
  });

  it('that nobody asked for a while say nothing of that while: their time begins anew', () => {
    const s = asked(having(watching), 12, 20);
    expect(healthy(settle(s, later(60), counting()).after)).toBeNull();
    const again = done(looks(s, true, 60)).after;
    expect(healthyByItselfAt(again)).toBe(later(90));
  });

  it('that answer badly first are not well, and are told with the second time', () => {
    const now = { ...watching, verify: { ...watching.verify, minutes: 0 } };
    const one = done(looks(having(now), false, 12));
    expect(one.events).toEqual([]);
    expect(healthyByItselfAt(one.after)).toBeNull();
    expect(healthy(settle(one.after, later(12), counting()).after)).toBeNull();
    expect(healthyByItselfAt(done(looks(one.after, true, 13)).after)).toBe(later(13));
  });

  it('have to answer in every place where it runs; one of a place is of that place alone', () => {
    const environments = ['eu', 'us'].map((name) => ({ name, protected: true, requires: null }));
    const s = through(verifying(watching, { environments }), ['eu', 'us']);
    const [eu, us] = s.deployments.map(({ id }) => id);
    if (eu === undefined || us === undefined) throw new Error('two places');
    const one = done(looks(s, true, 12, eu)).after;
    expect(healthyByItselfAt(one)).toBeNull();
    expect(healthyByItselfAt(done(looks(one, true, 20, us)).after)).toBe(later(50));
    const own = { ...watching, probes: [{ url: URL, environment: 'eu' }] };
    const only = through(verifying(own, { environments }), ['eu', 'us']);
    expect(only.deployments.map(isProbed(only))).toEqual([true, false]);
    expect(healthyByItselfAt(done(looks(only, true, 12, eu)).after)).toBe(later(42));
  });

  it('that fail twice are told to whoever runs it, its owner and those on call, by no more than host and path', () => {
    const s = done(looks(having(watching), true, 12)).after;
    const one = done(looks(s, false, 13));
    expect(one.events).toEqual([]);
    const second = done(looks(one.after, false, 14));
    expect(second.events).toMatchObject([
      { kind: 'health.signal', data: { environment: 'production', signal: NAME, ok: false, said: 'answered 503' } },
    ]);
    expect(badSignals(second.after)).toEqual([{ place: null, name: NAME, said: 'answered 503' }]);
    expect(alarmed(second.after, second.after.deployments[0] as never)).toEqual([OWNER, OWNER, OWNER, ADAM, BELLA]);
    expect(healthyByItselfAt(second.after)).toBeNull();
    const well = done(looks(second.after, true, 15));
    expect(well.events).toMatchObject([{ kind: 'health.signal', data: { ok: true } }]);
    expect(healthyByItselfAt(well.after)).toBe(later(45));
  });

  it('that the catalog does not ask any more say nothing', () => {
    const bad = [12, 13].reduce((s, minute) => done(looks(s, false, minute)).after, having(watching));
    const gone = { ...bad, around: { ...bad.around, catalog: verifying({ ...watching, probes: [] }) } };
    expect([badSignals(bad).length, badSignals(gone).length]).toEqual([1, 0]);
  });

  it('are asked in steps, and once through until somebody says how it is', () => {
    const running = begun(verifying({ ...watching, strategy: 'canary' }));
    expect(running.deployments.map(isProbed(running))).toEqual([true]);
    const atOnce = begun(verifying(watching));
    expect(atOnce.deployments.map(isProbed(atOnce))).toEqual([false]);
    const s = having(watching);
    expect(s.deployments.map(isProbed(s))).toEqual([true]);
    const said = afterOf(good(s));
    expect(said.deployments.map(isProbed(said))).toEqual([false]);
    const none = having({});
    expect(none.deployments.map(isProbed(none))).toEqual([false]);
  });

  it('stop a deployment at its step until somebody goes on with a reason', () => {
    const s = [12, 13].reduce(
      (each, minute) => done(looks(each, false, minute)).after,
      begun(verifying({ ...watching, strategy: 'rolling' })),
    );
    const [d] = s.deployments;
    if (d === undefined) throw new Error('nothing runs');
    expect(stepChecks(s, d, later(14))).toMatchObject([{ by: 'reason' }]);
    const on = (reason: string | null) => nextStep(s, { environment: null, reason }, anAct(OWNER, later(14)));
    expect(on(null).ok).toBe(false);
    expect(on('a known fault of the probe').ok).toBe(true);
  });

  it('say nothing of what is not looked at any more, nor of another try than the one that was asked', () => {
    const said = afterOf(good(having(watching)));
    expect(done(looks(said, false, 20))).toEqual({ after: said, events: [] });
    const s = having(watching);
    expect(done(looks(s, false, 20, 'dep_before' as DeploymentId))).toEqual({ after: s, events: [] });
  });
});

it('numbers are told once it is through as well: over their limit at once, and when they are back', () => {
  const s = having({ health: [{ metric: 'errors', above: 2, below: null }] });
  const report = (each: Situation, value: number, minutes: number) =>
    done(reportMetric(each, { environment: null, metric: 'errors', value }, anAct(OWNER, later(minutes))));
  expect(report(s, 1, 11).events).toEqual([]);
  const over = report(s, 4, 12);
  expect(over.events).toMatchObject([
    { kind: 'health.signal', data: { signal: 'errors', ok: false, said: 'is 4, and the rule is errors at most 2' } },
  ]);
  expect(report(over.after, 5, 13).events).toEqual([]);
  expect(report(over.after, 1, 14).events).toMatchObject([{ kind: 'health.signal', data: { ok: true } }]);
});

describe('nobody says how it is', () => {
  const told = (s: Situation, at: Instant) =>
    nudgesFor(s, at)
      .filter(({ occurrence }) => occurrence?.startsWith('verify'))
      .map(({ audience }) => audience);

  it('whoever runs it is asked after half an hour, the others who look after it four hours later', () => {
    const s = having({});
    expect(told(s, later(39))).toEqual([]);
    expect(told(s, later(40))).toEqual([OWNER]);
    expect(told(s, later(40 + 239))).toEqual([OWNER]);
    // Who slept through the first time is asked with the others; whoever was asked has one message.
    expect(told(s, later(40 + 240))).toEqual([OWNER, ADAM, BELLA]);
    expect(wakeAt(s, later(11))).toBe(later(40));
  });

  it.each<[string, (s: Situation) => Situation]>([
    ['somebody did', (s) => afterOf(good(s))],
    [
      'it is on hold',
      (s) => ({ ...s, release: { ...s.release, hold: { by: OWNER, reason: 'x', since: later(11), until: null } } }),
    ],
    [
      'a newer one runs',
      (s) => ({ ...s, around: { ...s.around, newer: { release: s.release.id, number: 9, version: '3' } } }),
    ],
    [
      'something else ran there in between',
      (s) => {
        const running = [{ environment: 'production', version: '2.14.0', release: s.release.id, since: later(30) }];
        return { ...s, around: { ...s.around, running } };
      },
    ],
  ])('nobody is asked once %s', (_, then) => expect(verifyNudges(then(having({})))).toEqual([]));

  it('at night it waits for the morning of whoever is asked', () => {
    const s = having({});
    const night = after(later(0), 12 * 60 * MINUTE);
    expect(told(s, night)).toEqual([]);
  });

  it('where several have to, it is whoever has not spoken', () => {
    const s = afterOf(good(having(two)));
    expect(told(s, later(40))).toEqual([ADAM]);
    expect(told(s, later(40 + 240))).toEqual([ADAM, BELLA]);
  });

  it('where nobody has to, nobody is asked, but for what is still to be looked at', () => {
    const nobody = (checklist: readonly string[]) => ({
      verify: { people: 0, minutes: 30, checklist },
      probes: watching.probes,
    });
    expect(verifyNudges(having(nobody([])))).toEqual([]);
    expect(verifyNudges(having(nobody(['buy one'])))).toHaveLength(2);
    expect(verifyNudges(through(aCatalog({ preset: 'light' })))).toEqual([]);
  });
});
