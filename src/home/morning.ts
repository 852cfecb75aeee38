/** The release manager's one message a morning: what failed, is held, frozen, overdue or planned for today. Nothing of that, no message. */

import type { OtherRenderer } from '../courier/message.ts';
import type { Wanted } from '../courier/messages.ts';
import { isReplaced } from '../domain/deployment/newer.ts';
import { isOvertaken } from '../domain/deployment/standing.ts';
import { isFrozenInSteps } from '../domain/deployment/step-checks.ts';
import { heldByFreeze } from '../domain/freeze/caught.ts';
import { userId } from '../domain/ids.ts';
import { nextEnvironment, obstacles, readiness } from '../domain/readiness.ts';
import type { ReleaseStatus } from '../domain/release/release.ts';
import { runner } from '../domain/release/runner.ts';
import { dueReview, reviewer } from '../domain/review/review.ts';
import { after, DAY, type Instant } from '../domain/time.ts';
import { BY_TIME } from '../domain/wake.ts';
import { command, count, say } from '../domain/words.ts';
import { dayIn } from '../domain/working-time.ts';
import { openActionsOf } from '../reviews/review-store.ts';
import type { Situations } from '../situation/parts.ts';
import { cardParts, headline } from '../situation/release-card.ts';
import type { Seen } from '../situation/seen-by.ts';
import { message } from '../situation/show.ts';
import { ACTIONS, NEWEST, packValue } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import { dateToken, EMPTY, type Mrkdwn, md, mention, quoteText, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';
import { type Person, readPerson } from '../slack/people-store.ts';
import { type HomeFacts, readHome } from './read-home.ts';

export const morningOf = (id: string): string => `morning:${id}`;

/** Asked for each morning of each release manager; what there is to tell is seen when it is rendered. */
export const morningFor = ({ id, zone }: Pick<Person, 'id' | 'zone'>, now: Instant): Wanted => ({
  subject: morningOf(id),
  kind: 'morning',
  audience: id,
  place: id,
  occurrence: dayIn(now, zone),
});

const MOST = 5;

const part = (title: string, found: readonly Seen[], line: (s: Seen) => Mrkdwn): readonly Mrkdwn[] =>
  found.length === 0
    ? []
    : [
        md`*${title}*`,
        ...found.slice(0, MOST).map(line),
        found.length > MOST ? md`and ${found.length - MOST} more` : EMPTY,
      ].filter((each) => each !== EMPTY);

/** Until when it is in its time: the end of its slot, or the moment for which it was planned. */
const endOfPlan = ({ release: { when } }: Seen, now: Instant): Instant =>
  when.kind === 'at' ? (when.end ?? when.start) : now;

const startOf = ({ release: { when } }: Seen): Instant | null => (when.kind === 'at' ? when.start : null);

/** Asked for or approved, and its time ran out; told for a week, by then it was given up. */
const wasTakenBack = ({ release: { state, hold } }: Seen, now: Instant): boolean =>
  state.status === 'draft' &&
  hold === null &&
  state.returned !== null &&
  BY_TIME.has(state.returned.why) &&
  now < after(state.since, 7 * DAY);

/** What of everything that is open a release manager has to know of, by what is the matter with it. */
const sorted = ({ open, now }: HomeFacts, zone: string) => {
  const is = (...statuses: readonly ReleaseStatus[]): readonly Seen[] =>
    open.filter(({ release }) => statuses.includes(release.state.status));
  const isFree = (s: Seen): boolean => s.release.hold === null && heldByFreeze(s, now) === null;
  const planned = is('approved', 'awaiting_approval');
  // In some of its places, and nothing moves.
  const halfway = is('deploying').filter((s) => !s.deployments.some(({ state }) => state === 'running'));
  const isFrozen = (s: Seen): boolean =>
    obstacles(readiness(s, nextEnvironment(s), now)).some(({ code }) => code === 'freeze.active');
  const begunLate = halfway.filter(
    (s) => s.release.hold === null && !isFrozen(s) && s.release.state.since < after(now, -DAY),
  );
  const late = planned.filter((s) => endOfPlan(s, now) < now && isFree(s));
  const lapsed = open.filter((s) => wasTakenBack(s, now));
  return {
    failed: is('failed').filter((s) => !isReplaced(s) && !isOvertaken(s)),
    held: open.filter(({ release }) => release.hold !== null && release.state.status !== 'failed'),
    frozen: [
      ...is('approved').filter((s) => s.release.hold === null && heldByFreeze(s, now) !== null),
      ...halfway.filter((s) => s.release.hold === null && isFrozen(s)),
      ...is('deploying').filter((s) => s.release.hold === null && isFrozenInSteps(s, now)),
    ],
    lapsed,
    overdue: [...late, ...begunLate, ...lapsed],
    today: planned.filter((s) => {
      const start = startOf(s);
      return start !== null && endOfPlan(s, now) >= now && dayIn(start, zone) === dayIn(now, zone);
    }),
    unreviewed: open.filter((s) => {
      const review = dueReview(s);
      return review !== null && review.dueAt < after(now, -2 * DAY);
    }),
  };
};
type Sorted = ReturnType<typeof sorted>;

/** How many of each, in a line that a phone shows; empty where nothing is the matter. */
const countsOf = ({ failed, held, frozen, overdue, today, unreviewed }: Sorted, undone: number): string =>
  [
    failed.length === 0 ? '' : `${count(failed.length, 'release')} failed`,
    held.length === 0 ? '' : `${held.length} held`,
    frozen.length === 0 ? '' : `${frozen.length} frozen`,
    overdue.length === 0 ? '' : `${overdue.length} overdue`,
    today.length === 0 ? '' : `${today.length} planned for today`,
    unreviewed.length === 0 ? '' : `${count(unreviewed.length, 'review')} late`,
    undone === 0 ? '' : `${count(undone, 'action')} late`,
  ]
    .filter((words) => words !== '')
    .join(', ');

/** Each with who acts, or until when nobody can. */
const rowsOf = ({ failed, held, frozen, lapsed, overdue, today, unreviewed }: Sorted, now: Instant, voice: Voice) => {
  const next = (s: Seen): Mrkdwn => md`${headline(s, now)}  ·  ${cardParts(s, now, voice).next}`;
  return [
    ...part('Failed', failed, next),
    ...part('Held', held, next),
    ...part('Frozen', frozen, (s) => {
      const until = heldByFreeze(s, now)?.free;
      if (until === undefined) return next(s);
      return md`${headline(s, now)}  ·  until ${dateToken(until)} · ${mention(runner(s))}`;
    }),
    ...part('Overdue', overdue, (s) =>
      // What is approved says so itself.
      lapsed.includes(s) || s.release.state.status !== 'awaiting_approval'
        ? next(s)
        : md`${headline(s, now)}  ·  was planned for ${dateToken(startOf(s) ?? now)} · ${cardParts(s, now, voice).next}`,
    ),
    ...part('Today', today, (s) => {
      const inside = heldByFreeze(s, now);
      const within = inside === null ? EMPTY : md`  ·  inside the freeze ${quoteText(inside.freeze.name, 80)}`;
      return md`${dateToken(startOf(s) ?? now, '{time}')}  ${headline(s, now)}  ·  ${mention(runner(s))}${within}`;
    }),
    ...part('Reviews that are late', unreviewed, (s) => {
      const review = dueReview(s);
      const whose = review === null ? EMPTY : md`${mention(reviewer(s, review))}, due since ${dateToken(review.dueAt)}`;
      return md`${headline(s, now)}  ·  ${whose}`;
    }),
  ];
};

export const morning =
  (situations: Situations): OtherRenderer =>
  async (db, what) => {
    const person = userId(what.audience);
    if (!what.newest) return { ...message('This morning', [md`A later morning is told below.`]), gone: true };
    const facts = await readHome(situations, db, what.workspace, person, what.now, 'everything');
    if (facts === null) return null;
    const { now } = facts;
    const zone = (await readPerson(db, what.workspace, person))?.zone ?? 'UTC';
    const undone = (await openActionsOf(db, what.workspace, null)).filter(({ action }) => (action.due ?? now) < now);
    const all = sorted(facts, zone);
    const counts = countsOf(all, undone.length);
    if (counts === '') return null;
    const voice = { names: 'mention', command: what.command } as const;
    const text = `This morning: ${counts}`;
    const actionsLate = md`*${count(undone.length, 'action')} late*: ${sentenceMarkup(say`${command('actions all')}`, voice)}`;
    const told = message(
      text,
      [md`*${text}*`, ...rowsOf(all, now, voice), ...(undone.length === 0 ? [] : [actionsLate])],
      actions([{ text: 'See all that is open', action: ACTIONS.listPage, value: packValue(String(NEWEST), 'open') }]),
    );
    // Until the next one is told.
    return { ...told, follows: true };
  };
