/**
 * Refusals are values. Each is worded here and nowhere else: what did not happen, why (with who and until when), then one way out,
 * in at most 220 characters.
 */

import type { UserId } from './ids.ts';
import type { Instant } from './time.ts';
import {
  at,
  capital,
  clauses,
  command,
  count,
  group,
  listing,
  type Part,
  people,
  person,
  type Sentence,
  say,
} from './words.ts';

export type Decision<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** The inputs that a refusal can point at; a modal shows the sentence beneath that field. */
export type Field =
  | 'service'
  | 'version'
  | 'title'
  | 'customers'
  | 'when'
  | 'rollbackPlan'
  | 'reason'
  | 'name'
  | 'scope'
  | 'start'
  | 'end'
  | 'zone'
  | 'question'
  | 'approvers'
  | 'minutes'
  | 'step'
  | 'percent'
  | 'metric'
  | 'item'
  | 'answer'
  | 'change'
  | 'answers'
  | 'until'
  | 'owner'
  | 'due'
  | 'text'
  | 'outcome'
  | 'level'
  | 'environment'
  | 'environments'
  | 'deployer'
  | 'affects'
  | 'changeNumber'
  | 'rehearsedOn'
  | 'incident'
  | 'scopes'
  | 'artifact'
  | 'evidence'
  | 'url'
  | 'topics'
  | 'link'
  | 'exempt'
  | 'goal'
  | 'cause'
  | 'happened'
  | 'noticed'
  | 'gates'
  | 'prevents';

/** What makes somebody the requester, whose own vote does not count. */
const AS = {
  submitter: 'asked for this approval, so you cannot give it',
  owner: 'own this release, so you cannot approve it',
  creator: 'created this release, so you cannot approve it',
  voucher: 'made the token that planned it or asked for it, so you cannot approve it',
} as const;

export type Refusal =
  | { code: 'fields'; problems: readonly { field: Field; problem: Sentence }[] }
  | { code: 'not_found'; what: string; reference: string; fix: Sentence }
  | { code: 'forbidden'; did: string; because: Sentence; can: Sentence }
  | { code: 'status'; did: string; name: string; status: string; fix: Sentence }
  | { code: 'not_ready'; environment: string; obstacles: readonly { sentence: Sentence; fix: Sentence }[] }
  | { code: 'step.stopped'; name: string; sentence: Sentence; fix: Sentence }
  | { code: 'not_asked.gates'; missing: readonly string[] }
  | { code: 'not_asked.several'; missing: readonly Sentence[] }
  | {
      code: 'not_asked.unsatisfiable';
      did: string;
      rule: string;
      needs: number;
      left: number;
      groups: readonly string[];
      people: readonly UserId[];
    }
  | { code: 'approval.requester'; as: keyof typeof AS; rule: string; asked: readonly UserId[] }
  | { code: 'approval.author'; rule: string; asked: readonly UserId[] }
  | { code: 'approval.deployer'; rule: string; asked: readonly UserId[] }
  | { code: 'approval.joined_late'; rule: string; openedAt: Instant }
  /** `did`: what did not happen, where it is not an approval. */
  | { code: 'approval.not_eligible'; did?: string; groups: readonly string[]; can: readonly UserId[] }
  | { code: 'approval.already'; round: number; at: Instant; undo: boolean }
  | { code: 'approval.not_yours'; round: number }
  | { code: 'approval.changed'; differences: readonly string[] }
  /** `status` as it stands in a sentence. */
  | { code: 'approval.no_round'; did: string; key: string; name: string; status: string }
  | { code: 'changed_meanwhile'; fields: readonly { field: Field; now: Sentence }[] }
  | { code: 'remind.too_soon'; next: Instant }
  | { code: 'exception.own'; approvers: string }
  | { code: 'exception.not_approver'; approvers: string; can: readonly UserId[] }
  | { code: 'exception.none'; name: string }
  | { code: 'breakglass.blocked'; name: string; yours: boolean }
  | { code: 'not_closed'; missing: readonly Sentence[]; fixes: readonly Sentence[] }
  | { code: 'no_rollback'; environment: string; name: string }
  | { code: 'gate.unknown'; gate: string; known: readonly string[] }
  | { code: 'unknown_verb'; verb: string; nearest: string | null }
  | { code: 'ambiguous'; what: string; examples: readonly string[] }
  | { code: 'unconfigured' }
  | { code: 'stale_facts'; did: string }
  /** `field`: in which the first of them was named. */
  | { code: 'unknown_people'; people: readonly UserId[]; field?: Field }
  | { code: 'startToken.used' }
  | { code: 'idempotency.reused' }
  | { code: 'busy'; did: string }
  | { code: 'crowded' };

export const refuse = (refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });
export const allow = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const refuseField = (field: Field, problem: Sentence): { ok: false; refusal: Refusal } =>
  refuse({ code: 'fields', problems: [{ field, problem }] });

/** A whole command is shown as it is typed; a reference as it is. */
const example = (text: string): Part => (text.includes(' ') ? command(text) : text);

/** A problem of one field begins with the field; alone in an answer it says first that nothing was done. */
const saidFirst = (problem: Sentence): Sentence => {
  const [first] = problem;
  if (typeof first === 'string' && /^(?:Not|Nothing)\b/.test(first)) return problem;
  return typeof first === 'string' && /^[A-Z][a-z]/.test(first)
    ? [`Nothing done: ${first.charAt(0).toLowerCase()}${first.slice(1)}`, ...problem.slice(1)]
    : ['Nothing done: ', ...problem];
};

const these = (ids: readonly UserId[]): Sentence => {
  const [first, second, third] = ids;
  if (first === undefined) return say`nobody yet`;
  return second !== undefined && third !== undefined && ids.length > 3
    ? say`${person(first)}, ${person(second)}, ${person(third)} and ${ids.length - 3} more`
    : people(ids);
};

/** Several problems in one sentence: what was not done is said once. */
const joinedProblems = (problems: readonly Sentence[]): Sentence => {
  const [start] = problems[0] ?? [];
  const said = typeof start === 'string' ? (/^[A-Z][a-z ]*: /.exec(start)?.[0] ?? '') : '';
  return problems.flatMap((problem, index) => {
    if (index === 0) return problem;
    const [first, ...rest] = problem;
    const again = said !== '' && typeof first === 'string' && first.startsWith(said);
    return again ? [` ${capital(first.slice(said.length))}`, ...rest] : [' ', ...problem];
  });
};

export const refusalSentence = (refusal: Refusal): Sentence => {
  switch (refusal.code) {
    case 'fields':
      return saidFirst(joinedProblems(refusal.problems.map(({ problem }) => problem)));
    case 'not_found':
      return say`Nothing done: there is no ${refusal.what} ${refusal.reference} here. ${refusal.fix}`;
    case 'forbidden':
      return say`${refusal.did}: ${refusal.because}. ${refusal.can}`;
    case 'status':
      return say`${refusal.did}: ${refusal.name} is ${refusal.status}. ${refusal.fix}`;
    case 'not_ready':
      return notReady(refusal.obstacles);
    case 'step.stopped':
      return say`Not gone on: ${refusal.sentence}. ${refusal.fix}`;
    case 'not_asked.gates':
      return say`Not asked: ${listing([...refusal.missing])} ${refusal.missing.length === 1 ? 'has' : 'have'} not passed. Record the result with ${command('gate')}, or tick “ask when ready”.`;
    case 'not_asked.several':
      return say`Not asked: ${count(refusal.missing.length, 'thing')} missing: ${listing([...refusal.missing])}. Add what can be written with Edit, record gates with ${command('gate')}.`;
    case 'not_asked.unsatisfiable':
      return say`${refusal.did}: nobody could approve this. Rule “${refusal.rule}” wants ${refusal.needs} of ${listing([...refusal.groups.map((name) => say`${group(name)}`), ...refusal.people.slice(0, 3).map((id) => say`${person(id)}`)], 'or')}${refusal.people.length > 3 ? ` or ${refusal.people.length - 3} more` : ''}; ${refusal.left} can. Ask an admin to add a person.`;
    case 'approval.requester':
      return say`Not counted: you ${AS[refusal.as]} (rule “${refusal.rule}”). Asked now: ${these(refusal.asked)}.`;
    case 'approval.author':
      return say`Not counted: you wrote or added one of its changes, so you cannot approve it (rule “${refusal.rule}”). Asked now: ${these(refusal.asked)}.`;
    case 'approval.deployer':
      return say`Not counted: you are its deployer, so you cannot approve it (rule “${refusal.rule}”). Asked now: ${these(refusal.asked)}.`;
    case 'approval.joined_late':
      return say`Not counted: you joined after the request of ${at(refusal.openedAt)} (rule “${refusal.rule}”). You count from the next round on.`;
    case 'approval.not_eligible':
      return say`${refusal.did ?? 'Not approved'}: you are not in ${listing(refusal.groups.map(group), 'or')}. Being an admin does not make you an approver. These can: ${these(refusal.can)}.`;
    case 'approval.already':
      return say`Nothing changed: you approved it ${at(refusal.at)}.${refusal.undo ? ' To take it back, press Undo.' : ' It has started since.'}`;
    case 'approval.not_yours':
      return say`Nothing to undo: no approval of yours counts now. See who decided with ${command('why')}.`;
    case 'approval.changed':
      return refusal.differences.length === 0
        ? say`Not counted: this message is of an earlier request, and it was asked again since. Your request shows what is asked now.`
        : say`Not counted: it changed after this message was made (${listing(refusal.differences.slice(0, 4))}${refusal.differences.length > 4 ? `, and ${refusal.differences.length - 4} more` : ''}). Your request shows what is asked now.`;
    case 'approval.no_round':
      return say`${refusal.did}: nothing is being asked. ${refusal.name} is ${refusal.status}. See where it stands with ${command(`show ${refusal.key}`)}.`;
    case 'changed_meanwhile':
      return say`Not saved: somebody else changed this since the form was opened. It is now ${listing(refusal.fields.map(({ now }) => now))}. Yours stays in the form; save once more to put it in its place.`;
    case 'remind.too_soon':
      return say`Not reminded: they were reminded less than 4 hours ago. The next reminder can go at ${at(refusal.next)}.`;
    case 'exception.own':
      return say`Not granted: you asked for this exception, so somebody else of ${group(refusal.approvers)} decides it.`;
    case 'exception.not_approver':
      return say`Not decided: you are not in ${group(refusal.approvers)}. These can: ${these(refusal.can)}.`;
    case 'exception.none':
      return say`Nothing to decide: no exception is asked for ${refusal.name}. Ask for one with ${command('exception')}.`;
    case 'breakglass.blocked':
      return say`Not granted: ${refusal.yours ? 'your' : 'its'} last emergency (${refusal.name}) has not been judged yet. Ask a release manager or an owner of its service to judge it first.`;
    case 'not_closed':
      return say`Not closed: ${count(refusal.missing.length, 'thing')} missing: ${listing([...refusal.missing])}.${refusal.fixes.flatMap((fix) => say` ${fix}`)}`;
    case 'no_rollback':
      return say`Not rolled back: no earlier version of ${refusal.name} succeeded in ${refusal.environment}. Fix forward: plan the repair with ${command('new')}.`;
    case 'gate.unknown':
      return say`Nothing recorded: this release has no gate ${refusal.gate}. Its gates: ${refusal.known.length === 0 ? 'none' : listing([...refusal.known])}.`;
    case 'unknown_verb':
      return refusal.nearest === null
        ? say`Nothing done: there is no ${command(refusal.verb)}. See ${command('help')}.`
        : say`Nothing done: there is no ${command(refusal.verb)}. Did you mean ${command(refusal.nearest)}? All commands: ${command('help')}.`;
    case 'ambiguous':
      return say`Nothing done: say which ${refusal.what} you mean, for example ${listing(refusal.examples.map(example), 'or')}.`;
    case 'unconfigured':
      return say`Nothing done: Signalbox is not set up here. An admin can start with ${command('setup')}.`;
    case 'unknown_people':
      return say`Nothing changed: Slack knows nobody here as ${refusal.people.join(' or ')}. Name a member of this workspace: with @ in Slack, elsewhere by the Slack id, like U012ABC.`;
    case 'stale_facts':
      return say`${refusal.did}: Slack has not confirmed your account for 15 minutes. Try again in a minute; nothing was lost.`;
    case 'crowded':
      return say`Nothing done: more requests came at this moment than can be answered in time. Do it again in a few seconds.`;
    case 'startToken.used':
      return say`Not started: this startToken has started it already. Ask the gate for another one.`;
    case 'idempotency.reused':
      return say`Nothing done: this Idempotency-Key was used for another request. Take a new one.`;
    case 'busy':
      return say`${refusal.did}: the database did not answer in 2 seconds. Nothing was changed; do it again in a minute.`;
  }
};

const notReady = (obstacles: readonly { sentence: Sentence; fix: Sentence }[]): Sentence => {
  const [first] = obstacles;
  if (obstacles.length === 1 && first !== undefined) return say`Not started: ${first.sentence}. ${first.fix}`;
  return say`Not started: ${obstacles.length} things are in the way: ${clauses(obstacles.map(({ sentence }) => sentence))}. See ${command('why')}.`;
};

/** Who may do it instead, as the last words of a refusal. */
export const theseCan = (ids: readonly UserId[]): Sentence => say`These can: ${these(ids)}.`;
