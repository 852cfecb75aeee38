/** Once it went through: how many people say that it is healthy, what is looked at before, what probes and numbers say, who is asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Service } from '../../../src/domain/catalog/catalog.ts';
import { succeedDeployment } from '../../../src/domain/deployment/deployment.ts';
import {
  alarmed,
  badSignals,
  confirmations,
  healthyByItselfAt,
  isProbed,
  openChecks,
  probed,
  reportHealth,
  verifyNudges,
} from '../../../src/domain/deployment/health.ts';
import { nextStep, reportMetric, stepChecks } from '../../../src/domain/deployment/rollout-acts.ts';
import { tickItem } from '../../../src/domain/deployment/tick.ts';
import { dutiesOf, toConfirm } from '../../../src/domain/duties.ts';
import { settle, wakeAt } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, type Instant, MINUTE } from '../../../src/domain/time.ts';
import { tokenActor } from '../../../src/domain/token/token.ts';
import { nudgesFor } from '../../../src/situation/asks-for.ts';
import {
  ADAM,
  aCatalog,
  afterOf,
  anAct,
  BELLA,
  counting,
  done,
  OWNER,
  QUINN,
  refusalOf,
} from '../../support/builders.ts';
import { begun, later, through, verifying } from '../../support/verifying.ts';

const URL = 'https://shop.example.com/health';
const two = { verify: { people: 2, minutes: 30, checklist: [] } };
const listing = { verify: { people: 1, minutes: 30, checklist: ['buy one', 'look at the errors'] } };
const good = (s: Situation, by = OWNER, minutes = 11) =>
  reportHealth(s, { healthy: true, reason: null }, anAct(by, later(minutes)));
const healthy = ({ release: { state } }: Situation): boolean | null =>
  state.status === 'deployed' ? state.healthy : null;
const settled = (s: Situation, minutes: number): Situation => settle(s, later(minutes), counting()).after;
const looks = (s: Situation, ok: boolean, minutes: number, environment = 'production') =>
  probed(
    s,
    { environment, looks: [{ name: URL, ok, said: ok ? 'answered 200' : 'answered 503' }] },
    anAct(OWNER, later(minutes)),
  );
const having = (more: Partial<Service>, targets?: readonly string[]) => through(verifying(more), targets);

describe('several people', () => {
  it('have to say that it is healthy, each once', () => {
    const first = done(good(having(two)));
    expect(healthy(first.after)).toBeNull();
    expect(first.events).toMatchObject([{ kind: 'health.confirmed', data: { said: 1, needed: 2 } }]);
    expect(confirmations(first.after)).toEqual({ said: [OWNER], needed: 2 });
    expect(refusalOf(good(first.after))).toMatchObject({
      code: 'status',
      status: 'healthy by your word already; 1 more of 2 have to say so',
    });
    const second = done(good(first.after, ADAM));
    expect(healthy(second.after)).toBe(true);
    expect(second.events).toMatchObject([{ kind: 'health.reported', data: { healthy: true } }]);
  });

  it('are asked by name: whoever runs it first, then as many others as are wanted', () => {
    const s = having(two);
    expect(toConfirm(s)).toEqual([OWNER, ADAM]);
    const one = afterOf(good(s));
    expect(toConfirm(one)).toEqual([ADAM]);
    expect(dutiesOf(one, ADAM, later(12)).map(({ kind }) => kind)).toContain('say healthy');
    expect(dutiesOf(one, OWNER, later(12)).map(({ kind }) => kind)).not.toContain('say healthy');
    const gone = { ...one, around: { ...one.around, inactive: [ADAM] } };
    expect(toConfirm(gone)).toEqual([BELLA]);
  });

  it('are not needed where a pipeline has looked', () => {
    const s = done(good(having(two), tokenActor({ name: 'checkout-ci' }))).after;
    expect(healthy(s)).toBe(true);
  });

  it('never count twice, whoever presses in whatever order: against a set', () => {
    const people = [OWNER, ADAM, BELLA, QUINN];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...people), { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        (who, needed) => {
          let s = having({ verify: { people: needed, minutes: 30, checklist: [] } });
          const said = new Set<string>();
          for (const person of who) {
            if (said.size < needed) said.add(person);
            const decision = good(s, person);
            if (decision.ok) s = decision.value.after;
            expect(healthy(s)).toBe(said.size >= needed ? true : null);
          }
        },
      ),
    );
  });
});

describe('a list to look at', () => {
  it('is done before anybody says that it is healthy, a pipeline as well', () => {
    const s = having(listing);
    expect(openChecks(s)).toEqual(['buy one', 'look at the errors']);
    for (const by of [OWNER, tokenActor({ name: 'checkout-ci' })])
      expect(refusalOf(good(s, by))).toMatchObject({ code: 'fields', problems: [{ field: 'text' }] });
    const done_ = [1, 2].reduce(
      (each, item) => afterOf(tickItem(each, { environment: null, item, done: true }, anAct(ADAM, later(12)))),
      s,
    );
    expect(openChecks(done_)).toEqual([]);
    expect(healthy(done(good(done_)).after)).toBe(true);
  });

  it('never keeps anybody from saying that it is not', () => {
    const bad = reportHealth(having(listing), { healthy: false, reason: 'errors' }, anAct(ADAM, later(12)));
    expect(done(bad).after.release.state.status).toBe('failed');
  });

  it('makes it healthy by itself where nobody has to say so, dated by its last tick', () => {
    const s = having({ verify: { people: 0, minutes: 30, checklist: ['buy one'] } });
    expect(healthyByItselfAt(s)).toBeNull();
    const ticked = afterOf(tickItem(s, { environment: null, item: 1, done: true }, anAct(ADAM, later(40))));
    expect(healthyByItselfAt(ticked)).toBe(later(40));
    expect(healthy(settled(ticked, 40))).toBe(true);
  });
});

it('is healthy at once where the preset asks nobody and nothing is looked at', () => {
  expect(healthy(through(aCatalog({ preset: 'light' })))).toBe(true);
  expect(healthy(through(aCatalog()))).toBeNull();
});

describe('probes', () => {
  const watching = { probes: [URL], verify: { people: 1, minutes: 30, checklist: [] } };

  it('that answer well for their time make it healthy, and not a minute before', () => {
    const s = done(looks(having(watching), true, 12)).after;
    expect(healthyByItselfAt(s)).toBe(later(42));
    expect(wakeAt(s, later(13))).toBe(later(40));
    expect(healthy(settled(s, 41))).toBeNull();
    const { after: at, events } = settle(s, later(50), counting());
    expect(healthy(at)).toBe(true);
    expect(events).toMatchObject([{ kind: 'health.reported', data: { healthy: true, by: 'probes' }, due: later(42) }]);
  });

  it('have to answer in every place where it runs', () => {
    const environments = ['eu', 'us'].map((name) => ({ name, protected: true, requires: null }));
    const s = through(verifying(watching, { environments }), ['eu', 'us']);
    const one = done(looks(s, true, 12, 'eu')).after;
    expect(healthyByItselfAt(one)).toBeNull();
    expect(healthyByItselfAt(done(looks(one, true, 20, 'us')).after)).toBe(later(50));
  });

  it('that fail twice are told to whoever runs it, its owner and those on call; once well again its time begins anew', () => {
    const s = having(watching);
    const one = done(looks(s, false, 12));
    expect(one.events).toEqual([]);
    const second = done(looks(one.after, false, 13));
    expect(second.events).toMatchObject([
      { kind: 'health.signal', data: { environment: 'production', signal: URL, ok: false, said: 'answered 503' } },
    ]);
    expect(badSignals(second.after)).toEqual([{ place: null, name: URL, said: 'answered 503' }]);
    expect(alarmed(second.after, second.after.deployments[0] as never)).toEqual([OWNER, OWNER, OWNER, ADAM, BELLA]);
    expect(healthyByItselfAt(second.after)).toBeNull();
    const well = done(looks(second.after, true, 20));
    expect(well.events).toMatchObject([{ kind: 'health.signal', data: { ok: true } }]);
    expect(healthyByItselfAt(well.after)).toBe(later(50));
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

  it('say nothing of what is not looked at any more', () => {
    const said = afterOf(good(having(watching)));
    expect(done(looks(said, false, 20))).toEqual({ after: said, events: [] });
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
  const asked = (s: Situation, at: Instant) =>
    nudgesFor(s, at)
      .filter(({ occurrence }) => occurrence?.startsWith('verify'))
      .map(({ audience }) => audience);

  it('whoever runs it is asked after half an hour, the others who look after it four hours later', () => {
    const s = having({});
    expect(asked(s, later(39))).toEqual([]);
    expect(asked(s, later(40))).toEqual([OWNER]);
    expect(asked(s, later(40 + 239))).toEqual([OWNER]);
    expect(asked(s, later(40 + 240))).toEqual([ADAM, BELLA]);
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
    expect(asked(s, night)).toEqual([]);
  });
});

it('one that is not through is nobody’s to call healthy', () => {
  const s = begun(aCatalog());
  expect(good(s).ok).toBe(false);
  expect(succeedDeployment(s, null, anAct()).ok).toBe(true);
});
