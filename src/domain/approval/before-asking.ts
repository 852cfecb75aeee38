/** What has to be there before approval can be asked for, and who would be asked. */
import { groupName, type Policy, type Rule, type RuleTree } from '../catalog/catalog.ts';
import { gateStates, gatesInTheWay } from '../gate/gate.ts';
import { type Field, type Refusal } from '../refusal.ts';
import { keyOf } from '../release/release.ts';
import { riskLevel, traitsOf } from '../release/traits.ts';
import type { Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { command, cut, listing, type Sentence, say } from '../words.ts';
import { unsatisfiable } from './policy.ts';
import { evidenceOf, riskOf } from './risk.ts';
import { alternatives, applicable } from './rules.ts';

export const policyOf = (s: Situation): { name: string; policy: Policy } => {
  const { catalog } = s.around;
  const name = catalog.services[s.release.service]?.policy ?? 'default';
  const policy = catalog.policies[name];
  if (policy === undefined)
    throw new Error(`Catalog version ${catalog.version} has no policy ${name}: its validation has a bug.`);
  return { name, policy };
};

/** The rules that would be asked now; `null` when nobody is. */
export const rulesFor = (s: Situation): RuleTree | null =>
  s.release.type === 'standard' ? null : applicable(policyOf(s).policy, traitsOf(s));

export const scored = (s: Situation, now: Instant): Situation => {
  const risk = riskOf(s, evidenceOf(gateStates(s, now)), now);
  return { ...s, release: { ...s.release, risk } };
};

/** One thing that has to be there before approval can be asked for: in a few words for the card, and as a refusal. */
export type Missing = { what: Sentence; refusal: Refusal };

const missingField = (field: Field, what: string, problem: Sentence): Missing => ({
  what: say`${what}`,
  refusal: { code: 'fields', problems: [{ field, problem }] },
});

/** What the rules want to know before anybody is asked, and as long as it waits or is approved. */
export const missingDetails = (s: Situation, did: string): readonly Missing[] => {
  const { catalog } = s.around;
  const { rollbackPlan, deployer, changeNumber, when } = s.release;
  const details: readonly (readonly [Field, string])[] =
    catalog.planDetails !== 'required'
      ? []
      : [
          ...(deployer === null ? [['deployer', 'deployer'] as const] : []),
          ...((changeNumber ?? '').trim() === '' ? [['changeNumber', 'change number'] as const] : []),
          ...(when.kind === 'at' ? [] : [['when', 'time'] as const]),
        ];
  const problem = (what: string, index: number): Sentence => {
    const wants = index === 0 ? say`${did}: the rules here want a ${what}.` : say`They want a ${what} as well.`;
    return index < details.length - 1 ? wants : say`${wants} Add ${index === 0 ? 'it' : 'them'} with Edit.`;
  };
  return [
    ...(catalog.rollbackPlan === 'required' && (rollbackPlan ?? '').trim() === ''
      ? [
          missingField(
            'rollbackPlan',
            'no rollback plan',
            say`${did}: the policy wants a rollback plan. Say how to go back, how long it takes and what triggers it.`,
          ),
        ]
      : []),
    ...details.map(([field, what], index) => missingField(field, `no ${what}`, problem(what, index))),
  ];
};

/** Where authors do not count, a change of nobody known could be anybody's: under strict rules and at critical risk it stops the request. */
export const unknownAuthors = (s: Situation, rules: RuleTree, did: string): readonly Missing[] => {
  const unknown = s.release.changes.filter(({ author }) => author === null);
  const { catalog } = s.around;
  const strict = catalog.planDetails === 'required' || catalog.services[s.release.service]?.policy === 'strict';
  const grave = strict || riskLevel(s) === 'critical';
  const matters =
    grave &&
    alternatives(rules)
      .flat()
      .some(({ exclude }) => exclude.authors);
  return !matters || unknown.length === 0
    ? []
    : [
        missingField(
          'change',
          `nobody knows who wrote ${unknown.length === 1 ? 'a change' : `${unknown.length} changes`}`,
          say`${did}: nobody knows who wrote ${listing(unknown.slice(0, 3).map(({ title }) => `“${cut(title, 40)}”`))}, and authors do not count here. Add it with its author: ${command(`change add ${keyOf(s.release)} LINK by @user`)}.`,
        ),
      ];
};

/** Everything that has to be there before approval can be asked for; the card of a draft shows the same list. */
export const missingBeforeAsking = (s: Situation, now: Instant): readonly Missing[] => {
  const { when } = s.release;
  const rules = rulesFor(s);
  const gates = gatesInTheWay(s, 'approval', now);
  const short = rules === null ? null : unsatisfiable(rules, s, null);
  return [
    ...missingDetails(s, 'Not asked'),
    ...(when.kind === 'at' && when.start <= now
      ? [
          missingField(
            'when',
            'its planned time is past',
            say`Not asked: its planned time is past. Pick a new one with ${command('schedule')}, then ask.`,
          ),
        ]
      : []),
    ...gates.map(({ rule, state }) => ({
      what: say`gate ${rule.name} ${state === 'pending' ? 'has not reported' : state}`,
      refusal: { code: 'not_asked.gates' as const, missing: gates.map((gate) => gate.rule.name) },
    })),
    ...(rules === null ? [] : unknownAuthors(s, rules, 'Not asked')),
    ...(short === null
      ? []
      : [
          {
            what: say`nobody could approve it: rule “${short.rule.name}” wants ${short.rule.count}, ${short.left} left; an admin can add a person`,
            refusal: unsatisfiableRefusal(s, short, 'Not asked'),
          },
        ]),
  ];
};

/** All that is missing in one refusal. */
export const refusedFor = (missing: readonly Missing[]): Refusal | null => {
  const [first] = missing;
  if (first === undefined) return null;
  if (missing.every(({ refusal }) => refusal.code === first.refusal.code)) {
    const problems = missing.flatMap(({ refusal }) => (refusal.code === 'fields' ? refusal.problems : []));
    return problems.length > 0 ? { code: 'fields', problems } : first.refusal;
  }
  return { code: 'not_asked.several', missing: missing.map(({ what }) => what) };
};

export const unsatisfiableRefusal = (
  s: Situation,
  { rule, left }: { rule: Rule; left: number },
  did: string,
): Refusal => ({
  code: 'not_asked.unsatisfiable',
  did,
  rule: rule.name,
  needs: rule.count,
  left,
  groups: rule.groups.map((name) => groupName(s.around.catalog, name, s.release.service)),
  people: rule.people,
});
