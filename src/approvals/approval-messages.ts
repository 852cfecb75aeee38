/** What one person gets: a request to decide, a question, what became of their request. Ten lines, buttons reached without scrolling. */

import type { Message, Place } from '../courier/message.ts';
import { needsReason } from '../domain/approval/decide.ts';
import { liveDecisions, missingAfter, stillCan } from '../domain/approval/policy.ts';
import { changedFor, decideBy, lastTakenBack, openRoundOf, type Round } from '../domain/approval/round.ts';
import { alternatives, eligible } from '../domain/approval/rules.ts';
import { phaseIn } from '../domain/emergency/phase.ts';
import { gateStates, isMet } from '../domain/gate/gate.ts';
import { zoneFor } from '../domain/hours.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { targetsLeft } from '../domain/readiness.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { plainTime } from '../domain/time.ts';
import { count, person } from '../domain/words.ts';
import { conflictWords } from '../situation/card-look.ts';
import {
  affectsWords,
  againstWords,
  artifactWords,
  changeLines,
  changesWords,
  exceptionWords,
  gatesWords,
  riskWords,
  rollbackWords,
  unnamedWords,
  whenWords,
} from '../situation/release-facts.ts';
import type { Seen } from '../situation/seen-by.ts';
import { aloud, directVoice, message, noLongerNeeded, restrictedLine, type SeenRenderer } from '../situation/show.ts';
import { statusLook } from '../situation/status-look.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, type ButtonSpec, context, fact } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  type Mrkdwn,
  md,
  mention,
  quoteText,
  readAloud,
  sentenceMarkup,
} from '../slack/mrkdwn.ts';
import { decided, noLonger } from './approval-over.ts';

const evidence = (s: Seen, now: Place['now']): readonly Mrkdwn[] => {
  const states = gateStates(s, now);
  const waived = states
    .filter(({ state }) => state === 'waived')
    .map(
      ({ rule, result }) =>
        md`${rule.name}: “${quoteText(result?.comment ?? '', 120)}” (${mention(result?.actor ?? userId(''))})`,
    );
  const failed = states
    .filter(({ state }) => state === 'failed')
    .map(
      ({ rule, result }) =>
        md`${rule.name}${result?.comment == null ? EMPTY : md`: “${quoteText(result.comment, 120)}”`}`,
    );
  const unknown = s.release.changes.filter(({ author }) => author === null).length;
  const passed = states.filter(({ state }) => state === 'passed').length;
  return [
    failed.length === 0 ? EMPTY : md`:red_circle: *Failed*   ${joined(failed, ' · ')}`,
    waived.length === 0 ? EMPTY : md`*Waived*   ${joined(waived, ' · ')}`,
    unknown === 0 ? EMPTY : md`*Unknown authors*   ${unknown} of ${s.release.changes.length} changes`,
    states.length === 0
      ? EMPTY
      : fact(
          'Evidence',
          md`${passed} of ${states.length} gates passed · ${waived.length === 0 ? 'nothing' : waived.length} waived`,
        ),
  ];
};

const ownerSays = (s: Seen): string => {
  const { schema, irreversible, downtime } = s.release.answers;
  return [
    schema ? 'changes data or schema' : '',
    irreversible ? 'cannot be undone by a redeploy' : '',
    downtime ? 'needs downtime' : '',
  ]
    .filter((words) => words !== '')
    .join(', ');
};

/** In which capacity this person is asked, and what is needed besides. */
const capacity = (s: Seen, round: Round, me: UserId, now: Place['now']): Mrkdwn => {
  const mine = [...new Set(alternatives(round.rules).flat())].filter((rule) => eligible(rule, s, round).includes(me));
  const more = missingAfter(s, round, me);
  const gates = s.around.catalog.gates.length === 0 ? [] : gateStates(s, now).filter((gate) => !isMet(gate));
  const besides =
    gates.length === 0 ? '' : `; ${count(gates.length, 'gate')} ${gates.length === 1 ? 'is' : 'are'} open besides`;
  const rest =
    more === null
      ? gates.length === 0
        ? 'then nothing else is needed'
        : `then no more approval is needed${besides}`
      : md`then still needed: ${sentenceMarkup(more, { names: 'mention', command: '' })}${besides}`;
  return md`Your approval counts for “${mine.map(({ name }) => name).join('” or “')}”; ${rest}.`;
};

const lastAnswer = (s: Seen, round: Round, what: Place): Mrkdwn => {
  const question = round.questions.find(({ id }) => id === what.occurrence);
  return question?.answer == null || question.answeredBy === null
    ? EMPTY
    : md`${mention(question.answeredBy)} answers: “${quoteText(question.answer, 300)}”`;
};

/** Its time has begun while it waited; once it is over, nothing is approved for it any more. */
const passedWords = ({ release: { when } }: Seen, now: Place['now']): Mrkdwn =>
  when.kind === 'at' && when.start <= now ? md`that has begun: it can start once it is approved` : EMPTY;

const heldWords = ({ release: { hold } }: Seen): Mrkdwn =>
  hold === null
    ? EMPTY
    : md`by ${mention(hold.by)} since ${dateToken(hold.since)}${hold.until === null ? EMPTY : md` until ${dateToken(hold.until)}`}: ${quoteText(hold.reason, 200)}`;

/** When it starts if this is approved, and who starts it where that is not its owner. */
const startWords = (s: Seen, now: Place['now']): Mrkdwn => {
  const { release, breakGlass } = s;
  const phase = phaseIn(s, now);
  const when =
    breakGlass !== null && (phase === 'waits' || phase === 'open')
      ? md`an emergency, which can start ${phase === 'open' ? 'now' : dateToken(breakGlass.grantedAt)} without approval; with it as any other · ${targetsLeft(s).join(', ')}`
      : whenWords(release);
  const by = release.deployer === null || release.deployer === release.owner ? EMPTY : mention(release.deployer);
  return isEmpty(by) ? when : md`${when} · ${by} starts it`;
};

/** What an approver decides by, in a message and in a form. */
export const requestLines = (
  s: Seen,
  round: Round,
  me: UserId,
  now: Place['now'],
  news: readonly Mrkdwn[] = [],
): readonly Mrkdwn[] => {
  const { release } = s;
  const customers = release.customers === null ? EMPTY : md`${quoteText(release.customers, 200)} (the owner says)`;
  return [
    md`${statusLook(s, now).word.endsWith('emergency') ? md`:rotating_light: Emergency:` : md`:large_yellow_circle:`} *Approve ${nameOf(release)} → ${targetsLeft(s).join(', ')}?*`,
    restrictedLine(s),
    ...news,
    quoteText(release.title),
    fact('Customers', customers),
    fact('When', joined([startWords(s, now), passedWords(s, now), againstWords(s, now)], ', but ')),
    fact('Held', heldWords(s)),
    fact('Exception', exceptionWords(s, now)),
    fact('Beside it', conflictWords({ s, now, voice: { names: 'mention', command: '' } })),
    fact('Changes', changesWords(s)),
    ...changeLines(s, 5, { names: s.around.names, command: '' }),
    fact('Also affects', affectsWords(release)),
    fact('Artifact', joined([artifactWords(release), unnamedWords(s)], ' ')),
    fact('Risk', riskWords(s)),
    fact('The owner says', md`${ownerSays(s)}`),
    ...evidence(s, now),
    fact('If it fails', rollbackWords(s)),
    fact('Change', release.changeNumber === null ? EMPTY : md`${release.changeNumber}`),
    capacity(s, round, me, now),
  ].filter((line) => !isEmpty(line));
};

/** Somebody approved and took that back, and nobody has decided since. */
const takenBackLine = (round: Round, what: Place): Mrkdwn => {
  const last = lastTakenBack(round);
  if (last === null) return EMPTY;
  return last.actor === what.audience
    ? md`You took your approval back, ${dateToken(last.retractedAt ?? last.at)}.`
    : md`${sentenceMarkup([person(last.actor)], directVoice(what))} took an approval back, ${dateToken(last.retractedAt ?? last.at)}: yours is wanted.`;
};

/** Why it is asked again: what changed since the last time, and what the last answer was. */
const againLines = (round: Round, what: Place): readonly Mrkdwn[] => {
  const { since } = round;
  if (since === null) return [];
  const { returned, dropped } = since;
  const changed = changedFor(round, userId(what.audience));
  const few = changed.slice(0, 5).map((words) => quoteText(words, 120));
  const more = changed.length > few.length ? [md`${changed.length - few.length} more`] : [];
  const differs =
    changed.length === 0
      ? md`*Asked again*: nothing changed since the last time.`
      : md`*Asked again*. Changed since the last time: ${joined([...few, ...more], ', ')}.`;
  const by = returned?.by == null ? EMPTY : md` by ${sentenceMarkup([person(returned.by)], directVoice(what))}`;
  return [
    differs,
    dropped.includes(userId(what.audience)) ? md`Your earlier approval does not count any more.` : EMPTY,
    returned?.why === 'rejected' ? md`*Rejected before*${by}: “${quoteText(returned.reason ?? '', 200)}”` : EMPTY,
  ];
};

const request = (s: Seen, round: Round, what: Place): Message => {
  const { release } = s;
  const roundValue = packValue(release.id, round.id, round.hash);
  const time =
    release.when.kind === 'at' ? `${plainTime(release.when.start, zoneFor(s, userId(what.audience)))}. ` : '';
  const gates = gatesWords(s, what.now);
  const text = `Approve ${nameOf(release)} to ${targetsLeft(s).join(' and ')}? ${release.title}. ${time}${release.risk?.level ?? ''} risk${isEmpty(gates) ? '' : `, ${readAloud(gates)}`}.`;
  const lines = requestLines(s, round, userId(what.audience), what.now, [
    lastAnswer(s, round, what),
    takenBackLine(round, what),
    ...againLines(round, what),
  ]);
  const decide: ButtonSpec = needsReason(round)
    ? { text: 'Decide…', action: ACTIONS.decide, value: roundValue, style: 'primary' }
    : { text: 'Approve', action: ACTIONS.approve, value: roundValue, style: 'primary' };
  const buttons = actions(
    [
      decide,
      { text: 'Reject…', action: ACTIONS.reject, value: roundValue },
      { text: 'Details', action: ACTIONS.details, value: release.id },
    ],
    [
      { text: 'Ask…', action: ACTIONS.ask, value: release.id },
      { text: 'Raise risk…', action: ACTIONS.raiseRisk, value: release.id },
      { text: 'Open', action: ACTIONS.show, value: release.id },
    ],
  );
  return message(aloud(s, text, 'decision'), lines, [
    ...buttons,
    context(
      md`${keyOf(release)} · from ${mention(round.openedBy)} · decide by ${dateToken(decideBy(round, release, what.now))}`,
    ),
  ]);
};

/** The request to one approver: it follows its release. Once decided or ended it is one line; asked again further down it is gone. */
export const approvalAsk: SeenRenderer = (s, what) => {
  const me = userId(what.audience);
  const { round } = s;
  if (!what.newest || round === null || what.subject !== s.release.id)
    return {
      ...message(`Asked again: ${nameOf(s.release)}`, [md`${nameOf(s.release)} is asked again below.`]),
      gone: true,
    };
  const mine = liveDecisions(round).find(({ actor }) => actor === me);
  if (mine !== undefined) return decided(s, round, mine);
  const open = openRoundOf(s);
  return open !== null && stillCan(s, open).includes(me) ? request(s, open, what) : noLonger(s, round, me);
};

/** An approver's question, to the owner. */
export const question: SeenRenderer = (s, what) => {
  const asked = s.round?.questions.find(({ id }) => id === what.subject);
  const name = nameOf(s.release);
  if (asked === undefined || (asked.answer === null && openRoundOf(s) === null))
    return noLongerNeeded(`No answer needed: ${name}`, md`what was asked about ${name}: the request is over.`);
  if (asked.answer === null && s.release.owner !== what.audience)
    return noLongerNeeded(
      `No answer needed: ${name}`,
      md`what was asked about ${name}: ${mention(s.release.owner)} is the owner now.`,
    );
  if (asked.answer !== null)
    return message(`Answered: ${nameOf(s.release)}`, [
      md`You were asked about ${nameOf(s.release)}: “${quoteText(asked.text)}”. Answered: “${quoteText(asked.answer)}”.`,
    ]);
  return message(
    aloud(s, `A question about ${nameOf(s.release)}: ${asked.text}`),
    [
      md`*${mention(asked.asker)} asks about ${nameOf(s.release)}*`,
      quoteText(asked.text),
      md`The reminder waits for your answer.`,
    ],
    actions([
      { text: 'Answer', action: ACTIONS.answer, value: packValue(s.release.id, asked.id), style: 'primary' },
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};
