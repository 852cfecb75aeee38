/** What is typed about the plan of one release: its time, a hold, a role, its changes, and what it depends on. */

import { type UserId, userId } from '../domain/ids.ts';
import { allow, type Decision, refuse, refuseField } from '../domain/refusal.ts';
import { keyOf, nameOf, type When } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { command, count, say } from '../domain/words.ts';
import { changeLines } from '../situation/release-facts.ts';
import type { SeenRelease } from '../situation/seen-by.ts';
import { personIn, quotedApart } from '../slack/command-words.ts';
import { dateToken, EMPTY, md, sentenceMarkup, typedBeside } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, refused, tell } from '../slack/requests.ts';
import { typedTime } from '../slack/typed-time.ts';
import { actOn, onCommand } from './act-on-release.ts';
import { asText, namedRelease, releaseMeant, wordsAfter } from './find-release.ts';
import { type ReasonAndEnd, reasonAndEnd } from './reason-and-end.ts';
import { situationFor } from './release-answers.ts';
import { releaseVerbs } from './release-verbs.ts';

/** What `/release schedule REL-142 …` says after the release: a time, or `now`. */
const readWhen = (request: CommandRequest): Decision<{ when: When }> => {
  const words = wordsAfter(request);
  if (words === '')
    return refuse({
      code: 'ambiguous',
      what: 'time',
      examples: ['schedule REL-142 Thu 06:00', 'schedule REL-142 tomorrow 10:00-11:00'],
    });
  if (/^(?:now|asap)$/i.test(words)) return allow({ when: { kind: 'asap' } });
  const read = typedTime(words, request.person.zone, request.ctx.now);
  if (!read.ok) return refuseField('when', say`Not scheduled: ${read.problem}`);
  return allow({ when: { kind: 'at', start: read.time.start, end: read.time.end } });
};

export const schedule = onCommand(releaseVerbs.schedule, readWhen, ({ when }, request, { round }) => {
  // More than a day away from the time that was approved.
  const again =
    round !== null && round.since !== null && round.openedAt === request.ctx.now
      ? md` Approval is asked again.`
      : EMPTY;
  if (when.kind !== 'at') return md`Scheduled for as soon as it may start.${again}`;
  const end = when.end === null ? EMPTY : md` – ${dateToken(when.end)}`;
  const read = typedTime(wordsAfter(request), request.person.zone, request.ctx.now);
  const typed = typedBeside(read.ok ? read.time.typed : null);
  return md`Scheduled for ${dateToken(when.start)}${end}${typed}.${again}`;
});

/** `hold REL-142 "waiting for the DBA" until Thu 06:00`, in either order: the reason, and its end where one is named. */
const readHold = (request: CommandRequest): Decision<ReasonAndEnd> => {
  const words = request.words.slice(1);
  const read = reasonAndEnd(request, words, 'Not held');
  // “hold until the DBA is back” is a reason; with one in quotes beside it a time was meant.
  return !read.ok && quotedApart(request.text).quoted === null ? allow({ reason: asText(words), end: null }) : read;
};

export const hold = onCommand(
  releaseVerbs.hold,
  (request): Decision<{ reason: string; until: Instant | null }> => {
    const read = readHold(request);
    return read.ok ? allow({ reason: read.value.reason, until: read.value.end?.start ?? null }) : read;
  },
  (_release, request) => {
    const read = readHold(request);
    const end = read.ok ? read.value.end : null;
    return end === null ? md`On hold.` : md`On hold until ${dateToken(end.start)}${typedBeside(end.typed)}.`;
  },
);

export const assign = onCommand(
  releaseVerbs.assign,
  ({ words: [, role, ...more] }): Decision<{ role: 'owner' | 'deployer'; to: UserId }> => {
    const to = personIn(more);
    const known = role === 'owner' || role === 'deployer';
    return known && to !== undefined
      ? allow({ role, to: userId(to) })
      : refuse({
          code: 'ambiguous',
          what: known ? 'person (with @)' : 'role',
          examples: ['assign REL-142 deployer @ana', 'assign REL-142 owner @ana'],
        });
  },
  'Assigned.',
);

const isLink = (word: string | undefined): boolean => /^<?https?:\/\//.test(word ?? '');

/**
 * A title, and around it a link and an author, in any order: `"PR 42" by @bella https://…/42`. Within the title both are words of it; a link alone
 * names the change.
 */
const changeIn = (words: readonly string[]): { title: string; link: string | null; author: UserId | null } => {
  let rest = words;
  let linked: string | null = null;
  let author: UserId | null = null;
  for (let more = true; more; ) {
    const last = rest.at(-1);
    const written = author === null && last !== undefined ? personIn([last]) : undefined;
    if (written !== undefined) {
      author = userId(written);
      rest = rest.slice(0, rest.at(-2)?.toLowerCase() === 'by' ? -2 : -1);
    } else if (linked === null && isLink(last)) {
      linked = last ?? null;
      rest = rest.slice(0, -1);
    } else if (linked === null && isLink(rest[0])) {
      linked = rest[0] ?? null;
      rest = rest.slice(1);
    } else more = false;
  }
  const link = /^<?(https?:\/\/[^\s>|]+)/.exec(linked ?? '')?.[1] ?? null;
  const title = asText(rest);
  return { title: title === '' && link !== null ? link.split('/').slice(-2).join('/') : title, link, author };
};

export const change = async (request: CommandRequest): Promise<Answer> => {
  const [action, word, ...what] = request.words;
  const text = what.join(' ');
  if (action !== 'add' && action !== 'remove')
    return refused({
      code: 'ambiguous',
      what: 'change',
      examples: ['change add REL-142 https://…/881', 'change remove REL-142 2'],
    });
  const found = await releaseMeant(request, word);
  if (!found.ok) return refused(found.refusal);
  const { id } = found.value;
  const nobody = /\s+by\s+(@[\w.-]+)\s*$/.exec(` ${text}`)?.[1];
  if (action === 'add' && nobody !== undefined)
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'change',
          problem: say`Not added: ${nobody} is nobody here. Pick a person from the list that Slack shows after the @.`,
        },
      ],
    });
  if (action === 'remove' && text === '') {
    const s = await situationFor(request, id);
    return tell([
      md`Not removed: say which, like ${sentenceMarkup(say`${command(`change remove ${keyOf(found.value)} 1`)}`, request.voice)}.`,
      ...(s === null ? [] : changeLines(s, 30, request.voice)),
    ]);
  }
  if (action === 'remove') return actOn(request, releaseVerbs.removeChange, id, { which: text }, 'Removed.');
  const { title, link, author } = changeIn(what);
  return actOn(
    request,
    releaseVerbs.addChange,
    id,
    { title, link, type: 'other', author, customers: false },
    nowListed,
  );
};

/** True of a change that was there and now has its author as well. */
export const nowListed = ({ number, changes }: SeenRelease): string =>
  `It is in REL-${number}: ${count(changes.length, 'change')} now.`;

/** `depends REL-2 on REL-1`, `depends REL-2 with REL-1` (each waits until both are ready), `depends REL-2 not on REL-1`. */
export const depends = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const not = request.words[1]?.toLowerCase() === 'not';
  const [said = '', reference] = request.words.slice(not ? 2 : 1);
  const how = said.toLowerCase();
  if ((how !== 'on' && how !== 'with') || reference === undefined)
    return refused({ code: 'ambiguous', what: 'dependency', examples: DEPENDS });
  const other = await releaseMeant(request, reference);
  if (!other.ok) return refused(other.refusal);
  const { id } = found.value;
  const name = `${nameOf(other.value)} (${keyOf(other.value)})`;
  if (not)
    return actOn(request, releaseVerbs.dependNoMore, id, { on: other.value.id }, `It waits for ${name} no more.`);
  if (how === 'on')
    return actOn(request, releaseVerbs.depend, id, { on: other.value.id, kind: 'before' }, `It waits for ${name}.`);
  return actOn(
    request,
    releaseVerbs.depend,
    id,
    { on: other.value.id, kind: 'together' },
    `It goes together with ${name}: each waits until both are ready.`,
  );
};
const DEPENDS = ['depends REL-2 on REL-1', 'depends REL-2 with REL-1', 'depends REL-2 not on REL-1'];
