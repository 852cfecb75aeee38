/** Which freeze a command is about: by its number or name, the one that is on, the next one. */
import { type Freeze, phaseOf } from '../domain/freeze/calendar.ts';
import { around, type Declared, nextOne } from '../domain/freeze/recurrence.ts';
import type { Instant } from '../domain/time.ts';
import { asText } from '../releases/find-release.ts';
import type { CommandRequest, Request } from '../slack/requests.ts';
import { findFreeze, liveFreezes, oneOfEach } from './freeze-store.ts';

/** Those that are on or to come. */
export const live = (request: Request): Promise<readonly Freeze[]> =>
  liveFreezes(request.deps.database.db, request.ctx.workspace, request.catalog, request.ctx.now);

export const named = (request: Request, reference: string): Promise<Declared | null> =>
  findFreeze(request.deps.database.db, request.ctx.workspace, request.catalog, reference);

/** By number, by a name of one or more words, or the only one that is active; what follows it is the reason. */
export const freezeMeant = async (
  request: CommandRequest,
  words: readonly string[],
): Promise<{ found: Declared | null; reason: string }> => {
  for (let most = Math.min(words.length, 6); most > 0; most -= 1) {
    const found = await named(request, words.slice(0, most).join(' '));
    if (found !== null) return { found, reason: asText(words.slice(most)) };
  }
  // A word that names none is a mistake, not a reason: only a quoted reason, or none, may mean the one that is active.
  if (words[0] !== undefined && !words[0].includes(' ')) return { found: null, reason: '' };
  const active = oneOfEach(await live(request)).filter((freeze) => phaseOf(freeze, request.ctx.now) === 'active');
  const [only] = active;
  const found = active.length === 1 && only !== undefined ? await named(request, String(only.number)) : null;
  return { found, reason: asText(words) };
};

/** The one of a freeze that is on. */
export const onNow = (declared: Declared, now: Instant): Freeze | null =>
  around(declared, now).find((freeze) => phaseOf(freeze, now) === 'active') ?? null;

/** The one that is on, else the next; `null` where none comes any more. */
export const nextOf = (declared: Declared, now: Instant): Freeze | null => {
  if (declared.freeze.repeats === null) return declared.freeze;
  return nextOne(declared, now);
};
