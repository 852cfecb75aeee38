/** What must hold whatever people do in whatever order. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rulesFor } from '../../src/domain/approval/before-asking.ts';
import { approve, reject } from '../../src/domain/approval/decide.ts';
import { assign, evaluate } from '../../src/domain/approval/policy.ts';
import { answer, ask } from '../../src/domain/approval/question.ts';
import { exclusionOf } from '../../src/domain/approval/rules.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { undoApproval } from '../../src/domain/approval/undo.ts';
import { withdraw } from '../../src/domain/approval/withdraw.ts';
import { abortDeployment, failDeployment, succeedDeployment } from '../../src/domain/deployment/outcome.ts';
import { reportHealth } from '../../src/domain/deployment/report-health.ts';
import { rework } from '../../src/domain/deployment/rework.ts';
import { startRollback, succeedRollback } from '../../src/domain/deployment/rollback.ts';
import { nextStep, pauseRollout, resumeRollout } from '../../src/domain/deployment/rollout-acts.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import { tickItem } from '../../src/domain/deployment/tick.ts';
import { probed } from '../../src/domain/deployment/watch.ts';
import { breakGlass } from '../../src/domain/emergency/emergency.ts';
import { type Freeze, firstOpenMoment } from '../../src/domain/freeze/calendar.ts';
import type { UserId } from '../../src/domain/ids.ts';
import { cancelRelease } from '../../src/domain/plan/cancel.ts';
import { addChange } from '../../src/domain/plan/changes.ts';
import { editRelease } from '../../src/domain/plan/edit.ts';
import { holdRelease, resumeRelease } from '../../src/domain/plan/hold.ts';
import { readiness } from '../../src/domain/readiness.ts';
import { allow, type Decision } from '../../src/domain/refusal.ts';
import { close, reopen } from '../../src/domain/review/close.ts';
import { submitReview } from '../../src/domain/review/review.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Effect, Situation } from '../../src/domain/situation.ts';
import { after, between, DAY, HOUR, type Instant, instant, MINUTE } from '../../src/domain/time.ts';
import { wakeAt } from '../../src/domain/wake.ts';
import {
  ADAM,
  aCatalog,
  aFreeze,
  anAct,
  aRule,
  aSituation,
  BELLA,
  counting,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../support/builders.ts';
import { verifying } from '../support/verifying.ts';

const EVERYBODY = [OWNER, ADAM, BELLA, QUINN, RITA];
const yes = { hash: null, comment: null };
const words = 'a reason that is long enough to be taken seriously';

type Step = { verb: keyof typeof VERBS; who: UserId; wait: number };

const VERBS = {
  submit: (s, act) => submit(s, act),
  approve: (s, act) => approve(s, yes, act),
  reject: (s, act) => reject(s, { hash: null, reason: words }, act),
  undo: (s, act) => undoApproval(s, act),
  withdraw: (s, act) => withdraw(s, null, act),
  ask: (s, act) => ask(s, words, act),
  answer: (s, act) => answer(s, { question: s.round?.questions.at(-1)?.id ?? '', text: words }, act),
  edit: (s, act) => editRelease(s, { rollbackPlan: `${s.release.rollbackPlan}.` }, act),
  change: (s, act) =>
    addChange(
      s,
      { title: `${s.release.changes.length}`, link: null, type: 'bugfix', author: act.by, customers: false },
      act,
    ),
  hold: (s, act) => holdRelease(s, { reason: words, until: after(act.now, HOUR) }, act),
  resume: (s, act) => resumeRelease(s, act.now),
  cancel: (s, act) => cancelRelease(s, words, act),
  emergency: (s, act) => breakGlass(s, { environment: 'production', justification: words, incident: null }, act),
  start: (s, act) => startDeployment(s, { environment: 'production', reason: null }, act),
  succeed: (s, act) => succeedDeployment(s, { environment: null }, act),
  fail: (s, act) => failDeployment(s, { environment: null, reason: words }, act),
  abort: (s, act) => abortDeployment(s, { environment: null, reason: null }, act),
  next: (s, act) => nextStep(s, { environment: null, reason: words }, act),
  pause: (s, act) => pauseRollout(s, { environment: null, reason: words }, act),
  goOn: (s, act) => resumeRollout(s, { environment: null }, act),
  wellProbed: (s, act) => looked(s, true, act),
  badlyProbed: (s, act) => looked(s, false, act),
  healthy: (s, act) => reportHealth(s, { healthy: true, reason: null }, act),
  tick: (s, act) =>
    tickItem(s, { environment: null, item: s.deployments.at(-1)?.checklist[0]?.at == null ? 1 : 2, done: true }, act),
  unhealthy: (s, act) => reportHealth(s, { healthy: false, reason: words }, act),
  rollback: (s, act) => startRollback(s, words, act),
  rolledBack: (s, act) => succeedRollback(s, {}, act),
  rework: (s, act) => rework(s, act),
  review: (s, act) =>
    submitReview(
      s,
      {
        outcome: 'success',
        answers: { goal: 'x', change: 'x', cause: 'x', happened: 'x', noticed: 'x', gates: 'x', prevents: 'x' },
        actions: [],
      },
      act,
    ),
  close: (s, act) => close(s, act),
  reopen: (s, act) => reopen(s, words, act),
} satisfies Record<string, (s: Situation, act: ReturnType<typeof anAct>) => Decision<Effect>>;

/** One look at its address: of the last try. */
const looked = (s: Situation, ok: boolean, act: ReturnType<typeof anAct>): Decision<Effect> => {
  const last = s.deployments.at(-1);
  const look = { name: 'shop.example.com/health', ok, said: ok ? 'answered 200' : 'answered 503' };
  return last === undefined ? allow({ after: s, events: [] }) : probed(s, { deployment: last.id, looks: [look] }, act);
};

const at = (verb: Step['verb'], who: UserId, wait = 0): Step => ({ verb, who, wait });
const approvedByAll = [
  at('submit', OWNER),
  at('approve', ADAM),
  at('approve', QUINN),
  at('approve', BELLA),
  at('approve', RITA),
];
const broken = [at('emergency', OWNER), at('start', OWNER, MINUTE)];

/** Ways into the parts of a life that chance alone seldom reaches. */
const through = [
  ...approvedByAll,
  at('start', OWNER),
  at('next', OWNER, HOUR),
  at('next', OWNER, HOUR),
  at('tick', OWNER),
  at('succeed', OWNER, MINUTE),
];

const PREFIXES: readonly (readonly Step[])[] = [
  through,
  [...through, at('wellProbed', OWNER, MINUTE)],
  [...through, at('unhealthy', ADAM, MINUTE), at('healthy', ADAM, MINUTE)],
  [],
  [at('submit', OWNER)],
  [at('submit', OWNER), ...broken],
  broken,
  [...broken, at('fail', OWNER)],
  approvedByAll,
  [...approvedByAll, at('start', OWNER)],
  [...approvedByAll, at('start', OWNER), at('fail', OWNER)],
  [...approvedByAll, at('start', OWNER), at('fail', OWNER), at('rework', OWNER)],
  [...approvedByAll, at('start', OWNER), at('succeed', OWNER)],
  [...approvedByAll, at('start', OWNER), at('succeed', OWNER), at('rollback', OWNER), at('rolledBack', OWNER)],
  [...approvedByAll, at('start', OWNER), at('succeed', OWNER), at('review', OWNER), at('reopen', OWNER)],
];

const chance: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    verb: fc.constantFrom(...(Object.keys(VERBS) as (keyof typeof VERBS)[])),
    who: fc.constantFrom(...EVERYBODY),
    wait: fc.constantFrom(0, MINUTE, HOUR, 5 * HOUR, DAY, 4 * DAY),
  }),
  { maxLength: 25 },
);
const steps: fc.Arbitrary<Step[]> = fc
  .tuple(fc.constantFrom(...PREFIXES), chance)
  .map(([prefix, more]) => [...prefix, ...more]);

/** Everything around a deployment that a catalog can want. */
const watchful = verifying(
  {
    strategy: 'own',
    runbook: [{ text: 'drain the queue', minutes: 5 }],
    verify: { people: 2, minutes: 30, checklist: ['buy one'] },
    probes: [{ url: 'https://shop.example.com/health', environment: null }],
  },
  {
    strategies: {
      own: {
        steps: [
          { name: 'half', percent: 50, bakeMinutes: 10, auto: true },
          { name: 'most', percent: 90, bakeMinutes: 60 },
          { name: 'all', percent: 100, bakeMinutes: 0 },
        ],
        afterwards: { text: 'retire the old one', days: 2 },
      },
    },
  },
);

const catalogs = fc.constantFrom(
  aCatalog(),
  aCatalog({ preset: 'light' }),
  aCatalog({ preset: 'strict' }),
  aCatalog({
    policies: {
      default: {
        rules: { all: [aRule({ count: 2 }), aRule({ name: 'quality', groups: ['qa'] })] },
        otherwise: 'owners',
      },
    },
  }),
  watchful,
);

/** Runs the steps, and shows each state that they lead to. */
const play = (
  catalog: ReturnType<typeof aCatalog>,
  list: readonly Step[],
  see: (before: Situation, after: Situation, now: Instant, verb: string) => void,
): void => {
  const newId = counting();
  let now = NOW;
  let s = aSituation({
    around: {
      catalog,
      succeeded: [{ environment: 'production', version: '2.13.1', release: aSituation().release.id, since: NOW }],
    },
  });
  for (const { verb, who, wait } of list) {
    now = after(now, wait);
    const settled = settle(s, now, newId).after;
    see(s, settled, now, 'settle');
    const decision = VERBS[verb](settled, { by: who, now, newId });
    if (decision.ok) see(settled, decision.value.after, now, verb);
    s = decision.ok ? decision.value.after : settled;
  }
};

describe('whatever people do', () => {
  it('nothing is deployed to production without an approved round, a policy that asks nobody, or a broken glass', () => {
    fc.assert(
      fc.property(catalogs, steps, (catalog, list) => {
        play(catalog, list, (before, s, now) => {
          if (before.release.state.status === 'deploying' || s.release.state.status !== 'deploying') return;
          const { from } = s.release.state;
          const byPolicy = from.status === 'approved' && from.by.kind === 'policy';
          const byRound =
            s.round !== null &&
            (from.status === 'approved' || from.status === 'failed') &&
            s.round.snapshot.artifact.revision === s.release.artifact.revision &&
            evaluate(s, s.round).satisfied;
          const retryByPolicy = from.status === 'failed' && rulesFor(s) === null;
          const emergency =
            s.breakGlass?.usedBy === s.release.state.deployment &&
            s.breakGlass !== null &&
            now < s.breakGlass.expiresAt;
          expect(byPolicy || byRound || retryByPolicy || emergency).toBe(true);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('what is closed has no open round, no running deployment and no review that is due', () => {
    fc.assert(
      fc.property(catalogs, steps, (catalog, list) => {
        play(catalog, list, (_, s) => {
          if (s.release.state.status !== 'closed') return;
          expect(s.round?.state).not.toBe('open');
          expect(s.deployments.filter(({ state }) => state === 'running')).toEqual([]);
          expect(s.reviews.filter(({ state }) => state === 'due')).toEqual([]);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('an open round and the status waiting for approval always go together', () => {
    fc.assert(
      fc.property(catalogs, steps, (catalog, list) => {
        play(catalog, list, (_, s) => {
          if (s.release.state.status === 'awaiting_approval') expect(s.round?.state).toBe('open');
          if (s.release.state.status === 'approved' && s.release.state.by.kind === 'round')
            expect(s.round?.state).toBe('approved');
        });
      }),
      { numRuns: 600 },
    );
  });

  it('nothing counts as healthy before its list was looked at, by fewer people than have to say so, or by probes that nobody asked lately', () => {
    const light = (catalog: Situation['around']['catalog']): boolean => catalog.preset === 'light';
    fc.assert(
      fc.property(catalogs, steps, (catalog, list) => {
        const said = new Set<string>();
        play(catalog, list, (before, s, now, verb) => {
          if (s.release.state.status !== 'deployed' || before.release.state.status !== 'deployed') said.clear();
          if (s.release.state.status !== 'deployed' || s.release.state.healthy !== true) return;
          if (before.release.state.status === 'deployed' && before.release.state.healthy === true) return;
          if (light(catalog) || verb === 'reopen' || s.release.state.fixedBy !== undefined) return;
          const last = s.deployments.findLast(({ kind }) => kind === 'deploy');
          expect(last?.checklist.filter(({ when, at: ticked }) => when === 'verify' && ticked === null)).toEqual([]);
          const enough = (s.release.state.confirmed ?? []).length + 1 >= (catalog === watchful ? 2 : 1);
          const asked = last?.probedAt ?? null;
          const probes = verb === 'settle' && asked !== null && between(asked, now) <= 3 * MINUTE;
          expect(enough || probes).toBe(true);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('a person has at most one live decision in a round', () => {
    fc.assert(
      fc.property(catalogs, steps, (catalog, list) => {
        play(catalog, list, (_, s) => {
          const live =
            s.round?.decisions.filter(({ retractedAt }) => retractedAt === null).map(({ actor }) => actor) ?? [];
          expect(new Set(live).size).toBe(live.length);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('wake_at is never late: until then settling has nothing to do', () => {
    fc.assert(
      fc.property(catalogs, steps, fc.double({ min: 0, max: 0.999, noNaN: true }), (catalog, list, share) => {
        play(catalog, list, (_, s, now) => {
          const settled = settle(s, now, counting()).after;
          const wake = wakeAt(settled, now) ?? after(now, 30 * DAY);
          const inBetween = instant(Date.parse(now) + Math.floor((Date.parse(wake) - Date.parse(now)) * share));
          expect(settle(settled, inBetween, counting()).events).toEqual([]);
        });
      }),
      { numRuns: 200 },
    );
  });
});

/** Every way of seating voters, tried one by one. */
const bestBySearch = (
  places: readonly ReturnType<typeof aRule>[],
  voters: readonly UserId[],
  can: (rule: ReturnType<typeof aRule>, voter: UserId) => boolean,
): number => {
  const [place, ...others] = places;
  if (place === undefined) return 0;
  const skipped = bestBySearch(others, voters, can);
  const taken = voters
    .filter((voter) => can(place, voter))
    .map(
      (voter) =>
        1 +
        bestBySearch(
          others,
          voters.filter((other) => other !== voter),
          can,
        ),
    );
  return Math.max(skipped, ...taken);
};

describe('matching people to rules', () => {
  it('fills as many places as trying everything does', () => {
    const rules = fc.array(fc.record({ count: fc.integer({ min: 1, max: 2 }), accepts: fc.subarray(EVERYBODY) }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(rules, fc.subarray(EVERYBODY), (specs, voters) => {
        const made = specs.map(({ count, accepts }, index) => ({ rule: aRule({ name: `r${index}`, count }), accepts }));
        const can = (rule: ReturnType<typeof aRule>, voter: UserId): boolean =>
          made.find((spec) => spec.rule === rule)?.accepts.includes(voter) ?? false;
        const list = made.map(({ rule }) => rule);
        const filled = [...assign(list, voters, can).values()].flat();
        expect(new Set(filled).size).toBe(filled.length);
        const places = list.flatMap((rule) => Array.from({ length: rule.count }, () => rule));
        expect(filled.length).toBe(bestBySearch(places, voters, can));
      }),
      { numRuns: 500 },
    );
  });

  it('never counts somebody whom the rule excludes', () => {
    fc.assert(
      fc.property(fc.subarray(EVERYBODY), fc.boolean(), (voters, authors) => {
        const rule = aRule({
          groups: ['owners', 'qa', 'managers'],
          exclude: { requester: true, authors, deployer: true },
        });
        const catalog = aCatalog({ policies: { default: { rules: { all: [rule] }, otherwise: 'owners' } } });
        const asked = submit(aSituation({ around: { catalog } }), anAct());
        if (!asked.ok || asked.value.after.round === null) throw new Error('it was not asked');
        const s = asked.value.after;
        const round = {
          ...asked.value.after.round,
          decisions: voters.map((actor, index) => ({
            id: `dec_${index}` as never,
            actor,
            onBehalfOf: null,
            verdict: 'approve' as const,
            comment: null,
            hash: '',
            at: NOW,
            retractedAt: null,
            carriedFrom: null,
          })),
        };
        const counted = evaluate(s, round).rules.flatMap((verdict) => verdict.voters);
        for (const voter of counted) expect(exclusionOf(rule, voter, s, round)).toBeNull();
      }),
    );
  });
});

describe('freezes', () => {
  type Span = { start: number; length: number; cut: number | null };
  /** In hours from now. Every other one is cut short. */
  const spans = (start: fc.Arbitrary<number>): fc.Arbitrary<Span[]> =>
    fc.array(
      fc.record({
        start,
        length: fc.integer({ min: 1, max: 72 }),
        cut: fc.option(fc.integer({ min: 0, max: 72 })),
      }),
      { maxLength: 6 },
    );
  const endHour = ({ start, length, cut }: Span): number =>
    cut === null ? start + length : Math.min(cut, length) + start;
  const frozen = (list: readonly Span[]): Freeze[] =>
    list.map((span) =>
      aFreeze({
        startsAt: after(NOW, span.start * HOUR),
        endsAt: after(NOW, (span.start + span.length) * HOUR),
        endedEarlyAt: span.cut === null ? null : after(NOW, endHour(span) * HOUR),
      }),
    );

  it('the first open moment is the first hour that lies in none of them', () => {
    fc.assert(
      fc.property(spans(fc.integer({ min: -48, max: 96 })), (list) => {
        let hour = 0;
        while (list.some((span) => span.start <= hour && hour < endHour(span))) hour += 1;
        const question = { services: ['checkout'], environment: 'production', type: 'normal', at: NOW };
        expect(firstOpenMoment(frozen(list), [], question)).toBe(after(NOW, hour * HOUR));
      }),
    );
  });

  it('readiness names the freeze that ends last of those that have begun, until it ends', () => {
    fc.assert(
      fc.property(spans(fc.integer({ min: -72, max: 0 })), (list) => {
        const s = aSituation({ around: { freezes: frozen(list) } });
        const check = readiness(s, 'production', NOW).checks.find(({ code }) => code === 'freeze.active');
        const last = Math.max(0, ...list.map(endHour));
        expect(check).toMatchObject(
          last === 0 ? { state: 'pass', until: null } : { state: 'wait', until: after(NOW, last * HOUR) },
        );
      }),
    );
  });
});
