/** One message a release and owner: how it stands and what to do, following its state. It comes anew only when they have to do something. */

import type { Message, Place } from '../courier/message.ts';
import { dismissedSentence, evaluate } from '../domain/approval/policy.ts';
import { changedFor, lastTakenBack, type Round } from '../domain/approval/round.ts';
import { undecidedFailure } from '../domain/deployment/escalation.ts';
import { toConfirm } from '../domain/deployment/health.ts';
import { nextStepOf } from '../domain/deployment/rollout.ts';
import { keptApart } from '../domain/deployment/starter.ts';
import { exemptAt } from '../domain/freeze/freeze-check.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { nextEnvironment, obstacles, readiness } from '../domain/readiness.ts';
import { keyOf, nameOf, roleHolders } from '../domain/release/release.ts';
import { runner, runs } from '../domain/release/runner.ts';
import type { Instant } from '../domain/time.ts';
import { command, person, type Sentence, say } from '../domain/words.ts';
import type { CardParts } from '../situation/card-look.ts';
import { finishButtons } from '../situation/card-steps.ts';
import { OWNERLESS, ROLE_GIVEN, TAKEN_OVER } from '../situation/news-for.ts';
import { cardParts, headline } from '../situation/release-card.ts';
import { exceptionWords } from '../situation/release-facts.ts';
import type { Seen } from '../situation/seen-by.ts';
import { aloud, directVoice, message, noLongerNeeded, type SeenRenderer } from '../situation/show.ts';
import { statusSentence } from '../situation/status-look.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, type ButtonSpec, context, fact } from '../slack/kit.ts';
import { EMPTY, isEmpty, joined, type Mrkdwn, md, quoteText, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';
import { whyItRings } from './why-it-rings.ts';

/** Why it waits again although it was approved before, or asked before. */
const whyAgain = (s: Seen, round: Round, voice: Voice): Mrkdwn => {
  const last = lastTakenBack(round);
  const undone = last === null ? EMPTY : md`${sentenceMarkup([person(last.actor)], voice)} took their approval back.`;
  const changed = changedFor(round, s.release.owner);
  const differs =
    changed.length === 0
      ? EMPTY
      : md`Changed since approval was asked for: ${joined(
          changed.slice(0, 3).map((words) => quoteText(words, 120)),
          ', ',
        )}.`;
  // A change was told when it was made; this is about who took what back.
  return joined(
    [undone, undone === EMPTY ? differs : EMPTY, sentenceMarkup(dismissedSentence(evaluate(s, round)), voice)],
    ' ',
  );
};

/** Buttons that an owner presses: deciding is for those who were asked. */
const FOR_OTHERS: ReadonlySet<string> = new Set([
  ACTIONS.approve,
  ACTIONS.decide,
  ACTIONS.reject,
  ACTIONS.details,
  // The message about the freeze has these.
  ACTIONS.moveAfterFreeze,
  ACTIONS.askException,
]);

/** Whose it was, where they have left, and what is to be done about that. */
const leftWords = (s: Seen, voice: Voice): Mrkdwn =>
  s.around.inactive.includes(s.release.owner) ? sentenceMarkup(leftSentence(s), voice) : EMPTY;

const leftSentence = ({ release }: Seen): Sentence =>
  say`Its owner ${person(release.owner)} left: give it to somebody with ${command(`assign ${keyOf(release)} owner @user`)}.`;

/** What whoever is told of a role has; null when it is somebody else's by now. */
const roleGiven = ({ release: { owner, deployer } }: Seen, occurrence: string, me: UserId): string | null => {
  if (!occurrence.startsWith(ROLE_GIVEN)) return null;
  return me === owner ? 'owner' : me === deployer ? 'deployer' : null;
};

/** Whether anything of it is this person's still: a role, a decision, a hold, an emergency, or what runs. */
const hasPart = (s: Seen, me: UserId): boolean =>
  [
    ...roleHolders(s.release),
    s.round?.openedBy,
    ...(s.round?.asks ?? []).map((ask) => ask.person),
    s.release.hold?.by,
    s.breakGlass?.by,
    ...toConfirm(s),
    ...s.exceptions.map(({ requestedBy }) => requestedBy),
    runner(s),
    ...s.deployments.filter(({ state }) => state === 'running').map((d) => runs(s, d)),
  ].includes(me);

const handedOn = (s: Seen, voice: Voice): Mrkdwn => {
  const { owner, deployer } = s.release;
  const deploys = deployer === null || deployer === owner ? [] : say`, ${person(deployer)} deploys it`;
  return sentenceMarkup(say`You have no part in it any more: ${person(owner)} owns it${deploys}.`, voice);
};

/** To those who can give it to somebody, until somebody has it who is here. */
const ownerless = (s: Seen, now: Instant, voice: Voice, text: string): Message => {
  const { owner } = s.release;
  if (!s.around.inactive.includes(owner))
    return noLongerNeeded(text, md`${nameOf(s.release)}: ${sentenceMarkup([person(owner)], voice)} owns it now.`);
  return message(
    text,
    [headline(s, now), leftWords(s, voice)],
    actions([
      { text: 'Edit', action: ACTIONS.edit, value: s.release.id },
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};

const MOST_BUTTONS = 5;

const holdButton = (s: Seen): ButtonSpec => ({ text: 'Hold…', action: ACTIONS.hold, value: s.release.id });

/** What its card offers to this person: not what is for others, nor a start that is kept from them. */
const offered = (s: Seen, { buttons }: CardParts, me: UserId, now: Instant): readonly ButtonSpec[] => {
  const barred = keptApart(s, nextEnvironment(s), me, now) !== null;
  const starts = (action: string): boolean => action === ACTIONS.start || action === ACTIONS.startWithReason;
  return buttons.filter(({ action }) => !FOR_OTHERS.has(action) && !(barred && starts(action))).slice(0, 2);
};

/** To whoever the freeze that stops others does not stop. */
const exemptStart = (s: Seen, me: UserId, now: Instant): readonly ButtonSpec[] => {
  const environment = nextEnvironment(s);
  const may =
    s.release.state.status === 'approved' &&
    obstacles(readiness(s, environment, now, me)).every(({ code }) => code === 'freeze.active') &&
    exemptAt(s, environment, now).includes(me) &&
    keptApart(s, environment, me, now) === null;
  const value = packValue(s.release.id, environment);
  return may ? [{ text: 'Start with a reason…', action: ACTIONS.startWithReason, value }] : [];
};

/** What they run themselves, where the card is about another place first. */
const endsOfTheirs = (s: Seen, { buttons }: CardParts, me: UserId): readonly ButtonSpec[] =>
  s.release.state.status !== 'deploying' && s.release.state.status !== 'failed'
    ? []
    : s.deployments
        .filter((d) => d.state === 'running' && d.kind === 'deploy' && runs(s, d) === me)
        // In the middle of its steps it is not through, whatever anybody presses.
        .filter(({ rollout }) => rollout === null || nextStepOf(rollout) === null)
        .flatMap((d) => finishButtons(s, d))
        .filter(({ value: of }) => !buttons.some(({ value }) => value === of));

/** What to do about a failure is asked in a message of its own; what runs meanwhile, and who left it, is told here. */
const isAskedElsewhere = (s: Seen, occurrence: string): boolean =>
  undecidedFailure(s) !== null &&
  !(occurrence.startsWith(TAKEN_OVER) && s.deployments.some(({ state }) => state === 'running'));

/** How it stands, to whoever has a part in it: why it rings, what is next, and what they can do. */
const newsOf = (s: Seen, what: Place, me: UserId, text: string): Message => {
  const { now, occurrence } = what;
  const voice = directVoice(what);
  const parts = cardParts(s, now, voice);
  const { status } = s.release.state;
  const role = roleGiven(s, occurrence, me);
  const open: ButtonSpec = { text: 'Open', action: ACTIONS.show, value: s.release.id };
  const mine = offered(s, parts, me, now);
  const buttons =
    status === 'closed' || status === 'cancelled'
      ? [open]
      : occurrence.startsWith('soon ')
        ? [...mine, holdButton(s), open]
        : [...endsOfTheirs(s, parts, me), ...exemptStart(s, me, now), ...mine, open].slice(0, MOST_BUTTONS);
  const news = message(
    aloud(s, role === null ? text : `You are the ${role}: ${text}`),
    [
      headline(s, now),
      role === null ? EMPTY : md`You are the ${role}.`,
      ...whyItRings(s, what, me, voice),
      leftWords(s, voice),
      status === 'awaiting_approval' && s.round !== null ? whyAgain(s, s.round, voice) : EMPTY,
      parts.label === '' ? parts.next : fact(parts.label, parts.next),
      ...(status === 'approved' || status === 'deploying' ? parts.facts.slice(0, 1) : []),
      fact('Exception', exceptionWords(s, now)),
    ].filter((line) => !isEmpty(line)),
    actions(buttons),
  );
  // The role went on before they heard of it.
  return role === null && occurrence.startsWith(ROLE_GIVEN) ? { ...news, needless: true } : news;
};

export const releaseNews: SeenRenderer = (s, what) => {
  const text = statusSentence(s, nameOf(s.release), what.now);
  if (!what.newest) return { ...message(text, [md`${text}.`]), gone: true };
  const voice = directVoice(what);
  const me = userId(what.audience);
  const open: ButtonSpec = { text: 'Open', action: ACTIONS.show, value: s.release.id };
  const brief = (line: Mrkdwn): Message =>
    message(
      aloud(s, text),
      [headline(s, what.now), line].filter((each) => !isEmpty(each)),
      actions([open]),
    );
  // Whoever stands in reads what is theirs to do as well.
  const standsIn = me === runner(s) && s.around.inactive.includes(s.release.owner);
  if (what.occurrence.startsWith(OWNERLESS) && !standsIn) return ownerless(s, what.now, voice, aloud(s, text));
  // Those on call, and whoever looks after the service, are asked whatever their part in it is.
  if (!what.occurrence.startsWith('verify ') && !hasPart(s, me))
    return { ...brief(handedOn(s, voice)), needless: true };
  if (!isAskedElsewhere(s, what.occurrence)) return newsOf(s, what, me, text);
  const left = leftWords(s, voice);
  // One message says what to do: this one is what became of it.
  return isEmpty(left)
    ? {
        ...brief(EMPTY),
        blocks: [context(md`${headline(s, what.now)}: what to do about it is asked in a message of its own.`)],
      }
    : brief(left);
};
