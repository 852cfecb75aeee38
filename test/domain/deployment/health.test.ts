/** Once it went through: how many people say that it is healthy, what is looked at before, what probes and numbers say, who is asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Service } from '../../../src/domain/catalog/catalog.ts';
import {
  confirmations,
  failedPlace,
  lastFailure,
  openChecks,
  toConfirm,
} from '../../../src/domain/deployment/health.ts';
import { succeedDeployment } from '../../../src/domain/deployment/outcome.ts';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { tickItem } from '../../../src/domain/deployment/tick.ts';
import { healthyByItselfAt } from '../../../src/domain/deployment/watch.ts';
import { dutiesOf } from '../../../src/domain/duties.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { tokenActor } from '../../../src/domain/token/token.ts';
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
  RITA,
  refusalOf,
} from '../../support/builders.ts';
import { begun, later, through, verifying } from '../../support/verifying.ts';

const two = { verify: { people: 2, minutes: 30, checklist: [] } };
const listing = { verify: { people: 1, minutes: 30, checklist: ['buy one', 'look at the errors'] } };
const good = (s: Situation, by = OWNER, minutes = 11) =>
  reportHealth(s, { healthy: true, reason: null }, anAct(by, later(minutes)));
const healthy = ({ release: { state } }: Situation): boolean | null =>
  state.status === 'deployed' ? state.healthy : null;
const settled = (s: Situation, minutes: number): Situation => settle(s, later(minutes), counting()).after;
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
      expect(refusalOf(good(s, by))).toMatchObject({
        code: 'status',
        status: 'not looked at yet: buy one and 1 more check',
      });
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

it('taken back as healthy after all, it is healthy by as many words, and after as many looks, as ever', () => {
  const back = (s: Situation): Situation => {
    const bad = done(reportHealth(s, { healthy: false, reason: 'oops' }, anAct(ADAM, later(12)))).after;
    return done(reportHealth(bad, { healthy: true, reason: null }, anAct(ADAM, later(13)))).after;
  };
  expect(healthy(back(having({})))).toBe(true);
  const several = back(having(two));
  expect(healthy(several)).toBeNull();
  expect(confirmations(several).said).toEqual([ADAM]);
  expect(healthy(done(good(several)).after)).toBe(true);
  expect(healthy(back(having(listing)))).toBeNull();
});

it('never more people are wanted than there are who may', () => {
  const catalog = verifying(
    { verify: { people: 5, minutes: 30, checklist: [] } },
    { groups: { owners: { people: [OWNER, ADAM], slack: null }, managers: { people: [RITA], slack: null } } },
  );
  const s = through(catalog);
  expect(confirmations(s).needed).toBe(3);
  const all = [OWNER, ADAM, RITA].reduce((each, person) => done(good(each, person)).after, s);
  expect(healthy(all)).toBe(true);
});

it('said once more it changes nothing', () => {
  const s = done(good(having({}))).after;
  expect(done(good(s, ADAM))).toEqual({ after: s, events: [] });
});

it('one that is not through is nobody’s to call healthy', () => {
  const s = begun(aCatalog());
  expect(good(s).ok).toBe(false);
  expect(succeedDeployment(s, { environment: null }, anAct()).ok).toBe(true);
});

it('what failed is what matters: a trial in staging after it is not where it is tried again', () => {
  const s = through(verifying({}));
  const bad = afterOf(reportHealth(s, { healthy: false, reason: 'slow' }, anAct(OWNER, later(20))));
  const [d] = bad.deployments;
  if (d === undefined) throw new Error('Nothing ran.');
  const tried = {
    ...bad,
    deployments: [...bad.deployments, { ...d, id: 'dep_x' as typeof d.id, environment: 'staging', unhealthyAt: null }],
  };
  expect([failedPlace(tried), lastFailure(tried)?.id]).toEqual(['production', d.id]);
});
