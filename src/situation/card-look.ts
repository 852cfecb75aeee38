/** What every part of a card shares: who looks at which situation when, the foot, the obstacles, the buttons that start. */

import { rulesFor } from '../domain/approval/before-asking.ts';
import { evaluate } from '../domain/approval/policy.ts';
import { startMode } from '../domain/catalog/catalog.ts';
import { startsByItself } from '../domain/deployment/by-itself.ts';
import { type Deployment } from '../domain/deployment/deployment.ts';
import { lastTurn } from '../domain/deployment/standing.ts';
import { onlyStarter } from '../domain/deployment/starter.ts';
import { endOf } from '../domain/freeze/calendar.ts';
import { frozenPlaces, plannedInto, plannedIntoSentence, plannedOutside } from '../domain/freeze/caught.ts';
import { gateStates, isMet } from '../domain/gate/gate.ts';
import { zoneFor } from '../domain/hours.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import { conflicts } from '../domain/plan/conflicts.ts';
import { movingDoes, planShown } from '../domain/plan/moving.ts';
import { wouldReplace } from '../domain/plan/replace.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft, warnings } from '../domain/readiness.ts';
import { keyOf, nameOf, STAGES, stageOf } from '../domain/release/release.ts';
import { riskyTime } from '../domain/release/risky-time.ts';
import { runner } from '../domain/release/runner.ts';
import { isProtected, zoneOf } from '../domain/release/traits.ts';
import { type Instant, plainTime } from '../domain/time.ts';
import { count, enumerated, person, say } from '../domain/words.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import type { ButtonSpec, MoreItem } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';
import type { Seen } from './seen-by.ts';

export type CardParts = {
  headline: Mrkdwn;
  /** What stands before the second line; nothing where it speaks for itself. */
  label: string;
  next: Mrkdwn;
  summary: Mrkdwn;
  facts: readonly Mrkdwn[];
  foot: Mrkdwn;
  buttons: readonly ButtonSpec[];
  more: readonly MoreItem[];
  text: string;
};

/** Everything about one viewing: the situation, the moment, how people are named. */
export type Look = { s: Seen; now: Instant; voice: Voice };

export const who = (id: Parameters<typeof person>[0], { voice }: Look): Mrkdwn => sentenceMarkup([person(id)], voice);

/** How far it is; nothing where it did not go that way to its end. */
const OFF_THE_WAY: ReadonlySet<string> = new Set(['failed', 'rolled_back', 'closed', 'cancelled']);

export const stageLine = (look: Look): Mrkdwn => {
  const { s, now } = look;
  if (OFF_THE_WAY.has(s.release.state.status)) return EMPTY;
  const gates = gateStates(s, now);
  // Without gates nothing was tested here, and nothing says so.
  const stages = STAGES.filter((stage) => stage !== 'Test' || gates.length > 0);
  const at = stages.indexOf(stageOf(s.release, gates.filter((gate) => !isMet(gate)).length));
  // What an emergency skipped, or nobody was asked about, is behind, and was not done.
  const went = s.deployments.some(({ environment }) => isProtected(s, environment));
  const skipped = went && s.round?.validUntil == null && rulesFor(s) !== null;
  const open = gates.some((gate) => !isMet(gate));
  const done = (stage: string): string =>
    (skipped && stage === 'Approve') || (open && stage === 'Test') ? ' –' : ' ✓';
  return joined(
    stages.map((stage, index) => (index === at ? md`*${stage}*` : md`${stage}${index < at ? done(stage) : ''}`)),
    ' ',
  );
};

export const footLine = (look: Look, rest: Mrkdwn = EMPTY): Mrkdwn =>
  joined(
    [
      md`${keyOf(look.s.release)}`,
      who(look.s.release.owner, look),
      look.s.release.changeNumber === null ? EMPTY : md`change ${look.s.release.changeNumber}`,
      rest,
    ],
    ' · ',
  );

/** Who approved, and as what; empty while nobody has. */
export const approvalsWords = (look: Look): Mrkdwn => {
  const { s } = look;
  const { state } = s.release;
  if (state.status === 'approved' && state.by.kind === 'policy')
    return md`nobody was asked: rules “${state.by.policy}”, version ${state.by.catalogVersion}`;
  if (s.round === null) return EMPTY;
  const { rules } = evaluate(s, s.round);
  const needed = rules.reduce((sum, { rule }) => sum + rule.count, 0);
  const given = rules.flatMap(({ rule, voters }) => voters.map((id) => md`${who(id, look)} (${rule.name})`));
  if (given.length === 0) return EMPTY;
  return given.length === needed ? joined(given, ', ') : md`${given.length} of ${needed}: ${joined(given, ', ')}`;
};

/** Names, the last after an “or”, or an “and”; more than three are counted. */
export const anyOf = (ids: readonly UserId[], look: Look, word: 'or' | 'and' = 'or'): Mrkdwn => {
  const names = ids.slice(0, 3).map((id) => who(id, look));
  if (ids.length > 3) return md`${joined(names, ', ')} ${word} ${ids.length - 3} more`;
  const [last] = names.slice(-1);
  return names.length < 2 || last === undefined
    ? joined(names, '')
    : md`${joined(names.slice(0, -1), ', ')} ${word} ${last}`;
};

/** What is planned beside it; nothing where nothing is. */
export const conflictWords = ({ s, now, voice }: Look): Mrkdwn =>
  joined(
    conflicts(s, now)
      .slice(0, 3)
      .map((sentence) => sentenceMarkup(sentence, voice)),
    ' · ',
  );

/** When it is to start, and what will stop it then. */
export const planWords = ({ s, now, voice }: Look): Mrkdwn => {
  const frozen = plannedIntoSentence(s, targetsLeft(s), now);
  if (frozen.length > 0) return sentenceMarkup(frozen, voice);
  if (s.release.when.kind !== 'at') return EMPTY;
  const { start } = s.release.when;
  if (start <= now) {
    const frozen = frozenPlaces(s, now);
    const came = md`Its time, ${dateToken(start)}, has come`;
    const [first] = frozen;
    if (first === undefined) return md`${came}.`;
    const places = enumerated(frozen.map(({ environment }) => environment));
    return frozen.length === s.release.targets.length
      ? md`${came}, and the freeze ${quoteText(first.freeze.name, 80)} ${first.freeze.severity === 'soft' ? 'wants a reason' : 'holds it'} until ${dateToken(endOf(first.freeze))}.`
      : md`${came}; ${places} ${first.freeze.severity === 'soft' ? 'only with a reason' : 'not'} before ${dateToken(endOf(first.freeze))} (${quoteText(first.freeze.name, 80)}).`;
  }
  const risky = riskyTime(s, start);
  const alone = startsByItself(s) === null ? '' : ', when it starts by itself';
  return md`Planned for ${dateToken(start)}${risky === null ? '' : ` (${risky.words})`}${alone}.`;
};

/** Who has to start it by hand: the one who is named, else its owner; `null` where it starts without anybody. */
export const handStarter = (s: Seen, environment: string, now: Instant): UserId | null => {
  const starter = onlyStarter(s, environment, now);
  if (starter !== null) return starter;
  const mode = startMode(s.around.catalog, s.release.service, environment);
  const byHand =
    mode === 'by-hand' ||
    // Called by webhook at its time; without one somebody presses.
    (mode === 'webhook' && startsByItself(s) === null) ||
    // What would have started by itself does not any more.
    (startsByItself(s)?.until ?? now) < now;
  return byHand ? runner(s) : null;
};

/** Another place of several that is free while this one is not. */
export const freeElsewhere = (s: Seen, environment: string, now: Instant): string | undefined =>
  targetsLeft(s).find((place) => place !== environment && obstacles(readiness(s, place, now, runner(s))).length === 0);

export const obstacleLine = (look: Look): { line: Mrkdwn; free: boolean } => {
  const { s, now, voice } = look;
  // Whoever starts it may have locked the place for that.
  const answer = readiness(s, nextEnvironment(s), now, runner(s));
  const open = obstacles(answer);
  const [first] = open;
  if (first === undefined) {
    const soft = joined(
      warnings(answer).map(({ sentence }) => sentenceMarkup(sentence, voice)),
      ' · ',
    );
    if (soft === EMPTY || warnings(answer).length === 0) {
      const stopped = plannedInto(s, targetsLeft(s), now) !== null || plannedOutside(s, targetsLeft(s), now) !== null;
      const place = s.release.targets.length > 1 ? `${answer.environment}: n` : 'N';
      const grant = s.breakGlass;
      if (grant !== null && answer.checks.some(({ code }) => code === 'emergency.granted'))
        return { line: md`${place}othing in the way until ${dateToken(grant.expiresAt)}: an emergency.`, free: true };
      const mode = startMode(s.around.catalog, s.release.service, answer.environment);
      const itself = mode === 'pipeline' ? md`Its pipeline starts it.` : EMPTY;
      const hand = handStarter(s, answer.environment, now);
      const starts = hand === null ? itself : md`${who(hand, look)} starts it.`;
      return {
        line: joined([md`${place}othing in the way${stopped ? ' now' : ''}.`, starts], ' '),
        free: true,
      };
    }
    const starter = onlyStarter(s, answer.environment, now) ?? runner(s);
    return { line: md`${who(starter, look)} can start it with a reason: ${soft}.`, free: true };
  }
  const rest = joined(
    open.map(({ sentence, besides }) =>
      sentenceMarkup(besides === undefined ? sentence : say`${sentence}; ${besides}`, voice),
    ),
    ' · ',
  );
  return {
    line: md`${count(open.length, 'thing')} before it can start${s.release.targets.length > 1 ? ` in ${answer.environment}` : ''}: ${rest}.`,
    free: false,
  };
};

export const value = (s: Seen): string => s.release.id;
/** Of a button that ends this deployment, and no later one. */
export const endsValue = (s: Seen, d: Deployment): string => packValue(s.release.id, d.environment, d.id);
/** Of a button by which somebody says that it is well: there, or everywhere, as it stands now. */
export const wellValue = (s: Seen, environment: string | null = null): string =>
  packValue(s.release.id, environment ?? '', lastTurn(s, environment));
export const roundValue = (s: Seen): string => packValue(s.release.id, s.round?.id ?? '', s.round?.hash ?? '');
export const more = (s: Seen, ...items: readonly (readonly [string, MoreItem['action']])[]): readonly MoreItem[] =>
  items.map(([text, action]) => ({ text, action, value: value(s) }));

const START_WORDS = { pipeline: 'Let it start', webhook: 'Start deployment', 'by-hand': 'I am starting' } as const;
const START_MEANS = {
  pipeline: 'The pipeline may go on. Signalbox copies nothing itself.',
  webhook:
    'Whatever listens to the webhooks of this workspace is called; Signalbox takes the lock and tells everybody.',
  'by-hand': 'You deploy it yourself; Signalbox takes the lock and tells everybody.',
} as const;

/** The start button for an environment; where a soft freeze wants a reason, it asks for one; its confirm says what starting means here, and when it was to be. */
export const startButton = (s: Seen, environment: string, now: Instant): ButtonSpec => {
  const mode = startMode(s.around.catalog, s.release.service, environment);
  const { when } = s.release;
  const planned = when.kind === 'at' ? ` It is planned for ${plainTime(when.start, zoneOf(s))}.` : '';
  const old = wouldReplace(s, environment).map((sibling) => `${sibling.version} (${keyOf(sibling)})`);
  const replaced =
    old.length === 0
      ? ''
      : ` It replaces ${old.slice(0, 3).join(', ')}${old.length > 3 ? ` and ${old.length - 3} more` : ''}: ${old.length === 1 ? 'its owner is' : 'their owners are'} told.`;
  const text = `${nameOf(s.release)} to ${environment}.${planned}${replaced} ${START_MEANS[mode]} Going back: ${s.release.rollbackPlan ?? 'no plan was written'}.`;
  if (warnings(readiness(s, environment, now)).length > 0)
    return {
      text: 'Start with a reason…',
      action: ACTIONS.startWithReason,
      value: packValue(s.release.id, environment),
      style: 'primary',
    };
  return {
    text: START_WORDS[mode],
    action: ACTIONS.start,
    value: packValue(s.release.id, environment),
    style: 'primary',
    confirm: { title: `Start in ${environment}?`, text, yes: START_WORDS[mode] },
  };
};

type AsksAgain = Exclude<ReturnType<typeof movingDoes>, string>['asksAgain'];

const ASKS_AGAIN: Readonly<Record<AsksAgain, string>> = {
  'another day': 'Approval is asked again: it was given for a time more than a day away.',
  'not so soon': 'Approval is asked again: it was given for as soon as possible, and that is more than a day later.',
  'what it is judged by': 'Approval is asked again: at that time its risk is another one.',
};

/** What a move does to the approval, in words; null where it does nothing to it. */
export const movingWords = (s: Seen, slot: Instant, now: Instant): string | null => {
  const does = movingDoes(s, slot, now);
  if (does === 'nothing') return null;
  return does === 'refused' ? 'It cannot be moved there; you are told why.' : ASKS_AGAIN[does.asksAgain];
};

/** Moves it to that slot. What it costs is asked before. `reader`: who alone reads it, by whose clock the sentence above it is as well. */
export const moveButton = (s: Seen, slot: Instant, now: Instant, reader: UserId | null = null): ButtonSpec => {
  const text = movingWords(s, slot, now);
  const to = plainTime(slot, reader === null ? zoneOf(s) : zoneFor(s, reader));
  return {
    text: `Move to ${to}`,
    action: ACTIONS.moveAfterFreeze,
    value: packValue(s.release.id, slot, planShown(s.release)),
    ...(text === null ? {} : { confirm: { title: 'Move it and ask again?', text, yes: 'Move' } }),
  };
};

/** Says the cause of a rollback, and opens its place again. */
export const liftButton = (release: ReleaseId, environment: string): ButtonSpec => ({
  text: 'Lift lock…',
  action: ACTIONS.liftLock,
  value: packValue(release, environment),
});

/** The same button without its colour: one primary button a card. */
export const quiet = ({ style: _style, ...rest }: ButtonSpec): ButtonSpec => rest;
