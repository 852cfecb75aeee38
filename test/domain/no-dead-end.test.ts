/**
 * No dead end, over random policies and whole lives: while a release waits for approval, somebody named was asked and can act, or its owner
 * was told why nobody can and what to do. The reference is the ten lines of `canBeFilled`, which know nothing of how the policy is evaluated.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingBeforeAsking } from '../../src/domain/approval/before-asking.ts';
import { approve, reject } from '../../src/domain/approval/decide.ts';
import { ask } from '../../src/domain/approval/question.ts';
import type { Round } from '../../src/domain/approval/round.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { undoApproval } from '../../src/domain/approval/undo.ts';
import type { Catalog, Rule, RuleNode, RuleTree } from '../../src/domain/catalog/catalog.ts';
import { dutiesOf } from '../../src/domain/duties.ts';
import type { EventDraft } from '../../src/domain/events.ts';
import type { UserId } from '../../src/domain/ids.ts';
import { addChange } from '../../src/domain/plan/changes.ts';
import { assignRole, editRelease } from '../../src/domain/plan/edit.ts';
import type { Decision } from '../../src/domain/refusal.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Effect, Situation } from '../../src/domain/situation.ts';
import { after, HOUR, type Instant } from '../../src/domain/time.ts';
import { ADAM, aCatalog, aRelease, aSituation, BELLA, counting, NOW, OWNER, QUINN, RITA } from '../support/builders.ts';

const EVERYBODY = [OWNER, ADAM, BELLA, QUINN, RITA];
const GROUPS = ['owners', 'qa', 'managers'] as const;

/** The reference: whether these people could fill every rule of the tree, nobody twice. Tries everything. */
const canBeFilled = (
  nodes: readonly RuleNode[],
  free: readonly UserId[],
  may: (rule: Rule, id: UserId) => boolean,
): boolean => {
  const [node, ...rest] = nodes;
  if (node === undefined) return true;
  if ('all' in node) return canBeFilled([...node.all, ...rest], free, may);
  if ('any' in node) return node.any.some((branch) => canBeFilled([branch, ...rest], free, may));
  if (node.count === 0) return canBeFilled(rest, free, may);
  return free.some(
    (id) =>
      may(node, id) &&
      canBeFilled(
        [{ ...node, count: node.count - 1 }, ...rest],
        free.filter((other) => other !== id),
        may,
      ),
  );
};

/** Who may count for a rule, in plain words of the rules' own terms. */
const mayCount =
  (s: Situation, round: Round) =>
  (rule: Rule, id: UserId): boolean =>
    rule.groups.some((name) => s.around.catalog.groups[name]?.people.includes(id)) &&
    !s.around.inactive.includes(id) &&
    !(rule.exclude.requester && [round.openedBy, s.release.creator, s.release.owner].includes(id)) &&
    !(rule.exclude.deployer && s.release.deployer === id) &&
    !(rule.exclude.authors && s.release.changes.some(({ author, addedBy }) => author === id || addedBy === id)) &&
    (round.members === null || round.members.includes(id));

const aRuleOf = (n: number) =>
  fc.record({
    name: fc.constant(`rule ${n}`),
    when: fc.constant({}),
    groups: fc.subarray([...GROUPS], { minLength: 1, maxLength: 2 }),
    people: fc.constant([]),
    count: fc.integer({ min: 1, max: 2 }),
    exclude: fc.record({ requester: fc.boolean(), authors: fc.boolean(), deployer: fc.boolean() }),
  });

const aTree: fc.Arbitrary<RuleTree> = fc
  .tuple(aRuleOf(1), aRuleOf(2), aRuleOf(3), fc.constantFrom('all', 'any', 'mixed', 'one'))
  .map(([one, two, three, shape]) =>
    shape === 'all'
      ? { all: [one, two] }
      : shape === 'any'
        ? { any: [one, { all: [two, three] }] }
        : shape === 'one'
          ? { all: [one] }
          : { all: [one, { any: [two, three] }] },
  );

const aPerson = fc.constantFrom(...EVERYBODY);
const aStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('approve' as const), by: aPerson }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reject' as const), by: aPerson }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('undo' as const), by: aPerson }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ask' as const), by: aPerson }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('assign' as const),
      by: aPerson,
      role: fc.constantFrom('owner' as const, 'deployer' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), by: aPerson }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('submit' as const), by: fc.constant(OWNER) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), by: aPerson }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('return' as const), by: aPerson }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      by: fc.constant(OWNER),
      hours: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      by: fc.constant(OWNER),
      hours: fc.integer({ min: 1, max: 60 }),
    }),
  },
);
type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

const newId = counting();

/** What a step does; a refusal leaves everything as it was. */
const taken = (s: Situation, step: Step, now: Instant): { next: Situation; events: readonly EventDraft[] } => {
  const act = { by: step.by, now, newId };
  const of = (decision: Decision<Effect>) =>
    decision.ok ? { next: decision.value.after, events: decision.value.events } : { next: s, events: [] };
  switch (step.kind) {
    case 'approve':
      return of(approve(s, { hash: s.round?.hash ?? null, comment: 'fine' }, act));
    case 'reject':
      return of(reject(s, { hash: null, reason: 'no' }, act));
    case 'undo':
      return of(undoApproval(s, act));
    case 'ask':
      return of(ask(s, 'Is the index there?', act));
    case 'assign':
      return of(assignRole(s, { role: step.role, to: step.by }, act));
    case 'change':
      return of(
        addChange(
          s,
          { title: `by ${newId('change')}`, link: null, type: 'other', author: step.by, customers: false },
          act,
        ),
      );
    case 'submit':
      return of(submit(s, act));
    case 'move':
      return of(editRelease(s, { when: { kind: 'at', start: after(now, step.hours * HOUR), end: null } }, act));
    case 'leave':
      return { next: { ...s, around: { ...s.around, inactive: [...s.around.inactive, step.by] } }, events: [] };
    case 'return':
      return {
        next: { ...s, around: { ...s.around, inactive: s.around.inactive.filter((id) => id !== step.by) } },
        events: [],
      };
    case 'wait':
      return { next: s, events: [] };
  }
};

const groupsOf = fc.record({
  owners: fc.subarray(EVERYBODY, { minLength: 1 }),
  qa: fc.subarray(EVERYBODY, { minLength: 1 }),
  managers: fc.subarray(EVERYBODY, { minLength: 1 }),
});

const catalogOf = (rules: RuleTree, groups: Record<(typeof GROUPS)[number], UserId[]>, fixed: boolean): Catalog =>
  aCatalog({
    policies: { default: { rules, otherwise: 'owners' } },
    membershipFixedAtSubmit: fixed,
    groups: Object.fromEntries(Object.entries(groups).map(([name, people]) => [name, { people, slack: null }])),
  });

/** One life, with what is looked at after every step. */
const live = (
  start: Situation,
  steps: readonly Step[],
  look: (s: Situation, told: number, now: Instant) => void,
): void => {
  let s = start;
  let now = NOW;
  let told = 0;
  for (const step of steps) {
    if (step.kind === 'wait') now = after(now, step.hours * HOUR);
    const { next, events } = taken(settle(s, now, newId).after, step, now);
    const settled = settle(next, now, newId);
    const round = settled.after.round?.id;
    if (round !== s.round?.id || settled.after.round?.stuckSince == null) told = 0;
    told += [...events, ...settled.events].filter(({ kind }) => kind === 'round.stuck').length;
    s = settled.after;
    look(s, told, now);
  }
};

const lives = fc.tuple(aTree, groupsOf, fc.boolean(), fc.array(aStep, { minLength: 3, maxLength: 14 }));
const started = (rules: RuleTree, groups: Parameters<typeof catalogOf>[1], fixed: boolean): Situation => {
  const draft = aSituation({
    release: aRelease({ submitter: OWNER }),
    around: { catalog: catalogOf(rules, groups, fixed) },
  });
  const asked = submit(draft, { by: OWNER, now: NOW, newId });
  return asked.ok ? asked.value.after : draft;
};

describe('no dead end', () => {
  it('while it waits, people who were asked can finish it, or the owner was told that nobody can', () => {
    fc.assert(
      fc.property(lives, ([rules, groups, fixed, steps]) => {
        live(started(rules, groups, fixed), steps, (s, told, now) => {
          const { round } = s;
          if (s.release.state.status !== 'awaiting_approval' || round === null) return;
          const voted = round.decisions.filter(({ retractedAt }) => retractedAt === null).map(({ actor }) => actor);
          const asked = round.asks.map(({ person }) => person);
          const may = mayCount(s, round);
          const filled = (people: readonly UserId[]) => canBeFilled([round.rules], [...new Set(people)], may);
          expect(filled(voted), 'it waits although everything is there').toBe(false);
          const shown = EVERYBODY.filter((id) => dutiesOf(s, id, now).some(({ kind }) => kind === 'approve'));
          if (filled(EVERYBODY)) {
            expect(filled([...voted, ...asked]), 'those who were asked are not enough').toBe(true);
            expect(filled([...voted, ...shown]), 'those whose Home shows it are not enough').toBe(true);
          } else expect(told, 'nobody can, and nobody was told').toBe(1);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('whoever could bring it to its end may: each of the asked whose vote is needed is counted when they give it', () => {
    fc.assert(
      fc.property(lives, ([rules, groups, fixed, steps]) => {
        live(started(rules, groups, fixed), steps, (s, _told, now) => {
          if (s.release.state.status !== 'awaiting_approval') return;
          let left = s;
          for (let turn = 0; turn < EVERYBODY.length && left.release.state.status === 'awaiting_approval'; turn += 1) {
            const voted = new Set(
              left.round?.decisions.filter((d) => d.retractedAt === null).map(({ actor }) => actor),
            );
            const next = left.round?.asks
              .map(({ person }) => person)
              .find(
                (id) => !voted.has(id) && approve(left, { hash: null, comment: 'fine' }, { by: id, now, newId }).ok,
              );
            if (next === undefined) break;
            const given = approve(left, { hash: null, comment: 'fine' }, { by: next, now, newId });
            left = given.ok ? settle(given.value.after, now, newId).after : left;
          }
          const status = left.release.state.status;
          expect(status === 'approved' || left.round?.stuckSince != null, `left ${status}`).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('a draft says that nothing is missing exactly when asking is not refused', () => {
    fc.assert(
      fc.property(lives, ([rules, groups, fixed, steps]) => {
        live(started(rules, groups, fixed), steps, (s, _told, now) => {
          if (s.release.state.status !== 'draft') return;
          const asked: Situation = { ...s, release: { ...s.release, submitter: OWNER } };
          expect(submit(s, { by: OWNER, now, newId }).ok).toBe(missingBeforeAsking(asked, now).length === 0);
        });
      }),
      { numRuns: 200 },
    );
  });
});
