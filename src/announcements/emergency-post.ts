/** An emergency in its channel: a post of its own, loud until it was judged. */
import { nameOf } from '../domain/release/release.ts';
import { person } from '../domain/words.ts';
import { channelVoice, message, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, link, md, mention, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';

export const emergencyPost: SeenRenderer = (s, what) => {
  const grant = s.breakGlass;
  if (grant === null || grant.id !== what.subject) return null;
  const name = nameOf(s.release);
  const who = sentenceMarkup([person(grant.by)], channelVoice(s, what));
  if (grant.verdict !== null)
    return message(`The emergency of ${name} was judged ${grant.verdict}`, [
      md`The emergency of ${name} in ${grant.environment} was judged *${grant.verdict}*${grant.judgedBy === null ? EMPTY : md` by ${sentenceMarkup([person(grant.judgedBy)], channelVoice(s, what))}`}.`,
    ]);
  const waits = grant.second !== null && grant.grantedAt > what.now && grant.usedBy === null;
  const unused = grant.usedBy === null && grant.expiresAt <= what.now;
  const next = waits
    ? md`${mention(grant.second ?? grant.by)} is asked to confirm; without an answer it can start ${dateToken(grant.grantedAt)}.`
    : unused
      ? md`It was not used, and is over since ${dateToken(grant.expiresAt)}.`
      : grant.usedBy === null
        ? md`It can start now, once, until ${dateToken(grant.expiresAt)}.`
        : md`It is used. Judged by ${dateToken(grant.judgeBy)}.`;
  return message(
    `Emergency: ${name} goes to ${grant.environment} without approval`,
    [
      md`:rotating_light: *Emergency: ${name} → ${grant.environment} without approval* · ${who}`,
      quoteText(grant.justification, 500),
      fact('Incident', grant.incident === null ? EMPTY : link(grant.incident, grant.incident)),
      fact('Next', next),
    ].filter((line) => !isEmpty(line)),
    actions([
      ...(waits ? [{ text: 'Confirm', action: ACTIONS.confirmEmergency, value: s.release.id }] : []),
      { text: 'Open', action: ACTIONS.show, value: s.release.id },
    ]),
  );
};
