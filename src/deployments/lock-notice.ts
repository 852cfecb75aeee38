/** The lock of an environment, in the channel of its service: by whom, why, until when; and when it is open again. */
import type { OtherRenderer } from '../courier/message.ts';
import { isHeld, overAt } from '../domain/deployment/lock.ts';
import type { Id, UserId } from '../domain/ids.ts';
import { person } from '../domain/words.ts';
import { message } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import { dateToken, EMPTY, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { readLock } from './deployment-store.ts';

/** A person, or the token of a pipeline. */
const who = (id: UserId): Mrkdwn => sentenceMarkup([person(id)], { names: 'mention', command: '' });

export const lockNotice: OtherRenderer = async (db, { workspace, subject, now }) => {
  const lock = await readLock(db, workspace, subject as Id<'lock'>);
  if (lock === null) return null;
  const place = `${lock.service} ${lock.environment}`;
  if (!isHeld(lock, now)) {
    const by = lock.liftedBy === null || lock.liftedBy === lock.holder ? EMPTY : md`, by ${who(lock.liftedBy)}`;
    return message(`${place} is open again`, [
      md`*${place} is open again* since ${dateToken(overAt(lock, now) ?? now)}${by}. It was locked: ${quoteText(lock.reason, 200)}`,
    ]);
  }
  const until = lock.expiresAt === null ? EMPTY : md` until ${dateToken(lock.expiresAt)}`;
  return message(
    `${place} is locked`,
    [md`:lock: *${place} is locked${until}* by ${who(lock.holder)}: ${quoteText(lock.reason, 200)}`],
    actions([{ text: 'Unlock', action: ACTIONS.unlock, value: lock.id }]),
  );
};
