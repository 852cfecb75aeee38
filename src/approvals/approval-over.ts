/** What a request becomes: what this person decided, or why nothing is wanted of them any more. */

import type { Message } from '../courier/message.ts';
import { evaluate, liveDecisions } from '../domain/approval/policy.ts';
import { type ApprovalDecision, type Round } from '../domain/approval/round.ts';
import { alternatives, type Exclusion, exclusionOf, membersOfRule } from '../domain/approval/rules.ts';
import { type UserId } from '../domain/ids.ts';
import { nameOf } from '../domain/release/release.ts';
import { people } from '../domain/words.ts';
import type { Seen } from '../situation/seen-by.ts';
import { message, noLongerNeeded } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, context } from '../slack/kit.ts';
import { dateToken, EMPTY, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';

export const decided = (s: Seen, round: Round, mine: ApprovalDecision): Message => {
  const name = nameOf(s.release);
  // Who never saw the request decided by a command, and was answered there.
  if (mine.verdict === 'reject')
    return { ...message(`You rejected ${name}`, [md`*You rejected* ${name}, ${dateToken(mine.at)}.`]), needless: true };
  const missing =
    round.state === 'open'
      ? md` Still needed: ${sentenceMarkup(evaluate(s, round).sentence, { names: 'mention', command: '' })}.`
      : EMPTY;
  const excluded = round.state === 'open' ? excludedAs(s, round, mine.onBehalfOf ?? mine.actor) : null;
  const counts = excluded === null ? EMPTY : md` It does not count any more: ${EXCLUDED_WORDS[excluded]}.`;
  const { status } = s.release.state;
  // Until the deployment starts.
  const undo =
    status === 'awaiting_approval' || status === 'approved'
      ? [{ text: 'Undo', action: ACTIONS.undoApproval, value: s.release.id }]
      : [];
  const carried = mine.carriedFrom === null ? EMPTY : md` It still counts: nothing that your rule looks at changed.`;
  const said = md`You approved ${name}, ${dateToken(mine.at)}.${counts}${missing}${carried}`;
  // Nothing can be taken back any more: one grey line.
  if (undo.length === 0) return { text: `You approved ${name}`, blocks: [context(said)], needless: true };
  const told = message(
    `You approved ${name}`,
    [md`*You approved* ${name}, ${dateToken(mine.at)}.${counts}${missing}${carried}`],
    actions([...undo, { text: 'Open', action: ACTIONS.show, value: s.release.id }]),
  );
  return { ...told, needless: true };
};

type Verdict = ApprovalDecision['verdict'];

/** Why nothing is wanted any more: what the others decided, or what became of the request. */
type Why = { others: Verdict } | string;

const ENDED: Readonly<Record<Exclude<Round['state'], 'open'>, Why>> = {
  approved: { others: 'approve' },
  consumed: { others: 'approve' },
  rejected: { others: 'reject' },
  expired: 'the request expired',
  withdrawn: 'the request was withdrawn',
  invalidated: 'it changed and was asked again',
  lapsed: 'the approval lapsed',
};

const EXCLUDED_WORDS: Readonly<Record<Exclusion | 'not a member', string>> = {
  requester: 'it is yours by now',
  author: 'you have a part in it by now',
  deployer: 'you deploy it',
  'joined late': 'you joined after it was asked',
  inactive: 'you cannot act here',
  'not a member': 'you are not among those who decide any more',
};

/** By what every rule leaves this person out, or a rule that they are in; null where none does. */
const excludedAs = (s: Seen, round: Round, me: UserId): Exclusion | 'not a member' | null => {
  const mine = alternatives(round.rules)
    .flat()
    .filter((rule) => membersOfRule(rule, s).includes(me));
  if (mine.length === 0) return 'not a member';
  return mine.map((rule) => exclusionOf(rule, me, s, round)).find((why) => why !== null) ?? null;
};

/** Why nothing is wanted of this person any more: what became of the request, or of their part in it. */
const whyNotWanted = (s: Seen, round: Round, me: UserId): Why => {
  const { state } = s.release;
  const { status } = state;
  if (status === 'draft' && round.state === 'invalidated') return 'it is being reworked';
  if (state.status === 'draft' && state.returned?.why === 'no longer replaced') return 'it is a draft again';
  if (state.status === 'cancelled')
    return state.replacedBy === null ? 'it is cancelled' : 'a newer version took its place';
  const approved = liveDecisions(round).some(({ verdict }) => verdict === 'approve');
  if (round.state !== 'open' && !approved && s.breakGlass?.usedBy != null) return 'it went as an emergency';
  if (round.state !== 'open') return ENDED[round.state];
  if (status !== 'awaiting_approval') return 'it goes as an emergency';
  const excluded = excludedAs(s, round, me);
  if (excluded !== null) return EXCLUDED_WORDS[excluded];
  return round.stuckSince === null ? { others: 'approve' } : 'nobody can give it now, and its owner knows';
};

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = { approve: 'approved', reject: 'rejected' };

/** Who decided, and when: unlike how the release stands, that stays true whatever becomes of it. */
const decidedBy = (s: Seen, round: Round, verdict: Verdict): Mrkdwn => {
  const decisions = liveDecisions(round).filter((each) => each.verdict === verdict);
  const last = decisions.at(-1);
  const name = nameOf(s.release);
  if (last === undefined) return md`${name} was ${VERDICT_WORDS[verdict]}`;
  const who = sentenceMarkup(people(decisions.map(({ actor }) => actor)), { names: s.around.names, command: '' });
  const why = verdict === 'approve' || last.comment === null ? EMPTY : md`: “${quoteText(last.comment, 200)}”`;
  return md`${who} ${VERDICT_WORDS[verdict]} ${name}, ${dateToken(last.at)}${why}`;
};

export const noLonger = (s: Seen, round: Round, me: UserId): Message => {
  const why = whyNotWanted(s, round, me);
  const name = nameOf(s.release);
  return typeof why === 'string'
    ? noLongerNeeded(`No longer needed: ${name}, ${why}`, md`${name}, ${why}.`)
    : noLongerNeeded(
        `No longer needed: ${name} was ${VERDICT_WORDS[why.others]}`,
        md`${decidedBy(s, round, why.others)}.`,
      );
};
