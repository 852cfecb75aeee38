/** Emergencies: loud in their channel until they were judged, and asked about in the direct messages of those who judge them. */

import { isNeeded, keptFromIt } from '../domain/emergency/emergency.ts';
import { type BreakGlass, phaseIn } from '../domain/emergency/phase.ts';
import { zoneFor } from '../domain/hours.ts';
import { userId } from '../domain/ids.ts';
import { nameOf } from '../domain/release/release.ts';
import { runner } from '../domain/release/runner.ts';
import { type Instant, plainTime } from '../domain/time.ts';
import { person } from '../domain/words.ts';
import { judgedWords } from '../situation/card-emergency.ts';
import type { Seen } from '../situation/seen-by.ts';
import {
  aloud,
  channelVoice,
  directVoice,
  message,
  noLongerNeeded,
  restrictedLine,
  type SeenRenderer,
} from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, type ButtonSpec, context, fact } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  link,
  type Mrkdwn,
  md,
  mention,
  quoteText,
  sentenceMarkup,
  type Voice,
} from '../slack/mrkdwn.ts';

const incident = (grant: BreakGlass): Mrkdwn =>
  fact('Incident', grant.incident === null ? EMPTY : link(grant.incident, grant.incident));

const confirmButton = (s: Seen): ButtonSpec => ({
  text: 'Confirm',
  action: ACTIONS.confirmEmergency,
  value: s.release.id,
  style: 'primary',
});

const judged = (s: Seen, grant: BreakGlass, voice: Voice): Mrkdwn => {
  const by = grant.judgedBy === null ? EMPTY : md` by ${sentenceMarkup([person(grant.judgedBy)], voice)}`;
  const unused = grant.usedBy === null ? ' before it was used, and is over' : '';
  return md`The emergency of ${nameOf(s.release)} in ${grant.environment} was judged *${grant.verdict ?? ''}*${by}${unused}.`;
};

const NEXT = {
  waits: (grant: BreakGlass, kept: Mrkdwn, _starts: Mrkdwn, _judges: Mrkdwn): Mrkdwn =>
    joined(
      [
        grant.second === null
          ? md`It can start ${dateToken(grant.grantedAt)}.`
          : md`${mention(grant.second)} is asked to confirm; without an answer it can start ${dateToken(grant.grantedAt)}.`,
        kept,
      ],
      ' ',
    ),
  open: (grant: BreakGlass, kept: Mrkdwn, starts: Mrkdwn, _judges: Mrkdwn): Mrkdwn =>
    isEmpty(kept)
      ? md`${starts} can start it now, once, until ${dateToken(grant.expiresAt)}.`
      : md`It can start, once, until ${dateToken(grant.expiresAt)}. ${kept}`,
  used: (grant: BreakGlass, _kept: Mrkdwn, _starts: Mrkdwn, judges: Mrkdwn): Mrkdwn =>
    md`It is used: ${judges}. Until somebody has, ${mention(grant.by)} cannot declare another emergency, and nobody can declare one for this release.`,
};

/** Whose it is to start it. */
const starter = (s: Seen, voice: Voice): Mrkdwn => sentenceMarkup([person(runner(s))], voice);

/** What an emergency does not skip. */
const keptWords = (s: Seen, grant: BreakGlass, now: Instant, voice: Voice): Mrkdwn => {
  const kept = keptFromIt(s, grant.environment, grant.by, now).map(({ sentence }) => sentenceMarkup(sentence, voice));
  return kept.length === 0 ? EMPTY : md`First: ${joined(kept, '; ')}.`;
};

/** What it goes past: one that is approved is kept by something else. */
const past = ({ release: { state, artifact }, round }: Seen): string =>
  state.status === 'approved' ||
  (state.status === 'deploying' && state.from.status === 'approved') ||
  // It was when it started, whatever became of it.
  (round !== null && round.validUntil !== null && round.snapshot.artifact.revision === artifact.revision)
    ? 'past what holds it'
    : 'without approval';

/** A post of its own in the channel. */
export const emergencyPost: SeenRenderer = (s, what) => {
  const grant = s.breakGlass;
  if (grant === null || grant.id !== what.subject) return null;
  const name = nameOf(s.release);
  const voice = channelVoice(s, what);
  if (grant.verdict !== null)
    return message(`The emergency of ${name} was judged ${grant.verdict}`, [judged(s, grant, voice)]);
  const phase = phaseIn(s, what.now) ?? 'over';
  if (phase === 'over' || phase === 'stopped')
    return message(`The emergency of ${name} was not used`, [
      md`The emergency of ${name} in ${grant.environment} was not used, and is over.`,
    ]);
  if (phase !== 'used' && !isNeeded(s, what.now))
    return message(`${name} needs no emergency any more`, [
      md`The emergency of ${name} in ${grant.environment} is not needed any more.`,
    ]);
  return message(
    `Emergency: ${name} goes to ${grant.environment} ${past(s)}`,
    [
      md`:rotating_light: *Emergency: ${name} → ${grant.environment} ${past(s)}* · ${sentenceMarkup([person(grant.by)], voice)}`,
      quoteText(grant.justification, 500),
      incident(grant),
      fact(
        'Next',
        NEXT[phase](
          grant,
          keptWords(s, grant, what.now, voice),
          starter(s, voice),
          judgedWords({ s, now: what.now, voice }),
        ),
      ),
    ].filter((line) => !isEmpty(line)),
    actions([
      ...(phase === 'waits' ? [confirmButton(s)] : []),
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};

const JUDGE = { text: 'Not justified', action: ACTIONS.notJustified, style: 'danger' } as const;

/** To those who judge: stop it before it is used, confirm it as its second person, say afterwards whether it was justified. */
export const emergencyJudge: SeenRenderer = (s, what) => {
  const grant = s.breakGlass;
  if (grant === null || grant.id !== what.subject) return null;
  const name = nameOf(s.release);
  if (!what.newest)
    return { ...message(`Asked again: ${name}`, [md`${name} is asked about again below.`]), gone: true };
  if (grant.verdict !== null)
    return {
      text: `The emergency of ${name} was judged ${grant.verdict}`,
      blocks: [context(judged(s, grant, { names: s.around.names, command: '' }))],
      over: true,
    };
  const phase = phaseIn(s, what.now) ?? 'over';
  if (phase === 'over' || phase === 'stopped')
    return noLongerNeeded(`Not used: ${name}`, md`the emergency of ${name} was not used.`);
  if (phase !== 'used' && !isNeeded(s, what.now))
    return noLongerNeeded(`Not needed: ${name}`, md`the emergency of ${name}.`);
  const confirms = phase === 'waits' && grant.second === what.audience;
  const head =
    phase === 'used'
      ? `Emergency: was ${name} in ${grant.environment} justified? ${what.now < grant.judgeBy ? 'Judge it by' : 'It was to be judged by'} ${plainTime(grant.judgeBy, zoneFor(s, userId(what.audience)))}`
      : confirms
        ? `Emergency: confirm ${name} now`
        : `Emergency: ${name} may go to ${grant.environment} ${past(s)}`;
  const next =
    phase === 'used'
      ? md`*Say whether it was justified*, ${what.now < grant.judgeBy ? 'by' : 'due since'} ${dateToken(grant.judgeBy)}. Until one of you has, the release cannot be closed, ${mention(grant.by)} cannot declare another emergency, and nobody can declare one for this release.`
      : confirms
        ? md`*Confirm it*, so that it can start before ${dateToken(grant.grantedAt)}; or stop it.`
        : md`${NEXT[phase](grant, keptWords(s, grant, what.now, directVoice(what)), starter(s, directVoice(what)), EMPTY)} You can stop it until it starts; then you are asked whether it was justified.`;
  const no = { ...JUDGE, value: s.release.id };
  return message(
    aloud(s, head, 'decision'),
    [
      md`:rotating_light: *${mention(grant.by)} declared an emergency: ${name} → ${grant.environment} ${past(s)}*`,
      restrictedLine(s),
      quoteText(grant.justification),
      incident(grant),
      next,
    ].filter((line) => !isEmpty(line)),
    actions([
      ...(confirms ? [confirmButton(s)] : []),
      ...(phase === 'used'
        ? [{ text: 'Justified', action: ACTIONS.justified, value: s.release.id }, no]
        : [{ ...no, text: 'Not justified: stop it' }]),
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};
