/** Private answers about releases: the list, why one cannot start, what happened to it, what a person may do. */

import { untilRead } from '../db/transact.ts';
import { dismissedSentence, evaluate } from '../domain/approval/policy.ts';
import { type Readiness } from '../domain/check.ts';
import { failedPlace } from '../domain/deployment/health.ts';
import { stands } from '../domain/deployment/standing.ts';
import { onlyStarter } from '../domain/deployment/starter.ts';
import { isUnjudged } from '../domain/emergency/phase.ts';
import { eventSentence } from '../domain/events.ts';
import { plannedIntoSentence } from '../domain/freeze/caught.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import { capacities, readerOf } from '../domain/permissions.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft, warnings } from '../domain/readiness.ts';
import { readListWords } from '../domain/release/list-words.ts';
import { keyOf, nameOf, notStarted, type Release } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { command, count, cut, person, type Sentence, say } from '../domain/words.ts';
import { readTimeline } from '../journal/read.ts';
import { asOf } from '../situation/as-of.ts';
import { judgedWords } from '../situation/card-emergency.ts';
import { reasonWords } from '../situation/card-failed.ts';
import { cardParts, headline } from '../situation/release-card.ts';
import { exceptionWords } from '../situation/release-facts.ts';
import { eventSeen, type Seen, type SeenRelease, seenBy } from '../situation/seen-by.ts';
import { statusLook } from '../situation/status-look.ts';
import { rowsThatFit } from '../slack/fit.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, fact, sections, table } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, joined, type Mrkdwn, md, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';
import { type Answer, type Request, refused, tell } from '../slack/requests.ts';
import { COUNTED, countReleases, type ListFilter, listReleases } from './release-store.ts';

const PAGE = 10;

/** As of now, in one statement, as the one who asks may see them. */
export const situationsFor = async (
  { deps, ctx, actor }: Request,
  releases: readonly ReleaseId[],
): Promise<readonly Seen[]> => {
  const scope = { workspace: ctx.workspace, releases, actor, now: deps.clock.now() };
  const found = await untilRead(() => deps.situations.read(deps.database.db, scope));
  return (found?.situations ?? []).flatMap((s) => seenBy(asOf(deps, s, scope.now), actor) ?? []);
};

export const situationFor = async (request: Request, release: ReleaseId): Promise<Seen | null> =>
  (await situationsFor(request, [release]))[0] ?? null;

const MOST_OVER = 200;

/** What a freeze or a lock keeps, of what is approved or on its way: their cards say so, and no column does. */
const listOver = async (request: Request, filter: ListFilter, over: 'frozen' | 'locked'): Promise<Answer> => {
  const reader = readerOf(request.catalog, request.actor);
  const found = await listReleases(request.deps.database.db, request.ctx.workspace, filter, reader, MOST_OVER);
  const seen = await situationsFor(
    request,
    found.map(({ id }) => id),
  );
  const kept = seen.filter((s) => statusLook(s, request.ctx.now).word.includes(over));
  return kept.length === 0
    ? tell([md`Nothing that is approved or on its way is ${over}.`])
    : tell(
        [md`*${count(kept.length, 'release')}*, ${over}`],
        table(
          HEADS,
          kept.map((s) => listRow(s, request.ctx.now)),
        ),
      );
};

const HEADS = ['Release', 'Status', 'Since', 'What changes', 'Key'];

const listRow = (s: Seen, now: Instant) => {
  const { mark, word } = statusLook(s, now);
  const { release } = s;
  return [
    [{ bold: nameOf(release) }],
    [{ mark }, ` ${word}`],
    [{ at: release.state.since }],
    [cut(release.title, 80)],
    [keyOf(release)],
  ];
};

export const list = async (request: Request, words: readonly string[], before: number | null): Promise<Answer> => {
  const read = readListWords(words, Object.keys(request.catalog.services));
  if (!read.ok)
    return refused({ code: 'not_found', what: 'service or status', reference: read.unknown, fix: read.fix });
  const { services, mine, held, emergency, over } = read.asked;
  const statuses = over === null ? read.asked.statuses : (['approved', 'deploying'] as const);
  const owner = mine ? request.actor : null;
  const filter = { services, statuses, owner, held, emergency, before };
  const reader = readerOf(request.catalog, request.actor);
  if (over !== null) return listOver(request, filter, over);
  const [found, total] = await Promise.all([
    listReleases(request.deps.database.db, request.ctx.workspace, filter, reader, PAGE + 1),
    countReleases(request.deps.database.db, request.ctx.workspace, filter, reader),
  ]);
  if (found.length === 0)
    return tell([md`No release fits. Plan one with ${sentenceMarkup(say`${command('new')}`, request.voice)}.`]);
  const page = found.slice(0, PAGE);
  const seen = await situationsFor(
    request,
    page.map(({ id }) => id),
  );
  const rows = seen.map((s) => listRow(s, request.ctx.now));
  const last = page.at(-1);
  const next =
    found.length > PAGE && last !== undefined
      ? actions([{ text: 'Older', action: ACTIONS.listPage, value: packValue(String(last.number), words.join(' ')) }])
      : [];
  const head = md`*${count(total, 'release')}${total === COUNTED ? ' or more' : ''}*, newest first`;
  return tell([head], [...table(HEADS, rows), ...next]);
};

export const checkLine = (voice: Request['voice'], check: Readiness['checks'][number]): Mrkdwn =>
  check.state === 'pass'
    ? EMPTY
    : md`${check.state === 'warn' ? '⚠' : '✗'} ${check.label}: ${sentenceMarkup(check.besides === undefined ? check.sentence : say`${check.sentence}; ${check.besides}`, voice)}. ${sentenceMarkup(check.fix, voice)}`;

/** Of what has started: where it stands and whose turn it is, as its card says it, and below that whether a start would be taken now. */
const startedLines = (s: Seen, by: UserId, now: Instant, voice: Voice): readonly Mrkdwn[] | null => {
  if (notStarted(s.release)) return null;
  const running = s.deployments.some(({ state }) => state === 'running');
  if (s.release.state.status === 'deploying' && !running) return null;
  const { label, next } = cardParts(s, now, voice);
  const { state } = s.release;
  const reason = state.status === 'failed' ? fact('Reason', reasonWords(s, state.reason)) : EMPTY;
  const judged = fact('Emergency', judgedWords({ s, now, voice }));
  const where = [headline(s, now), reason, label === '' ? next : fact(label, next), judged].filter(
    (line) => !isEmpty(line),
  );
  // Nothing is started while it goes back.
  if (s.deployments.some((d) => d.state === 'running' && d.kind === 'rollback')) return where;
  const target = state.status === 'failed' ? failedPlace(s) : nextEnvironment(s);
  const open = readiness(s, target, now, by).checks.filter(({ state: found }) => found !== 'pass');
  return [
    ...where,
    open.length === 0
      ? md`*Nothing in the way* of starting it in ${target}${state.status === 'failed' ? ' again' : ''}.`
      : md`*To start it ${stands(s, target) ? 'again ' : ''}in ${target}${isUnjudged(s.breakGlass) ? ', which was an emergency for one start' : ''}:*`,
    ...open.map((check) => checkLine(voice, check)),
  ];
};

/** The place stands before it already. */
const withoutPlace = (sentence: Sentence, place: string): Sentence =>
  sentence[0] === place && typeof sentence[1] === 'string' ? [sentence[1].trimStart(), ...sentence.slice(2)] : sentence;

/** Of another of several places only what is not the same there. */
const elsewhereLine = (here: Readiness, there: Readiness, voice: Voice): Mrkdwn => {
  const inTheWay = (answer: Readiness) =>
    answer.checks
      .filter(({ state }) => state !== 'pass')
      .map(({ code, sentence }) => ({
        code,
        words: sentenceMarkup(withoutPlace(sentence, answer.environment), voice),
      }));
  const all = inTheWay(there);
  const known = inTheWay(here);
  const own = all.filter(({ code, words }) => !known.some((each) => each.code === code && each.words === words));
  const same = own.length === all.length ? EMPTY : md`${all.length - own.length} of these`;
  return all.length === 0
    ? md`*${there.environment}*   nothing in the way`
    : md`*${there.environment}*   ${joined(
        [same, ...own.map(({ words }) => words)].filter((words) => !isEmpty(words)),
        ' · ',
      )}`;
};

/** Every obstacle at once, and the earliest start: the same list that the card and the start button go by. `null`: its next environment. */
export const whyLines = (
  s: Seen,
  environment: string | null,
  { by, now, voice }: { by: UserId; now: Instant; voice: Voice },
): readonly Mrkdwn[] => {
  const started = environment === null ? startedLines(s, by, now, voice) : null;
  if (started !== null) return started;
  const target = environment ?? nextEnvironment(s);
  const answer = readiness(s, target, now, by);
  const later = plannedIntoSentence(s, environment === null ? targetsLeft(s) : [target], now);
  const open = obstacles(answer);
  const passed = answer.checks.filter(({ state }) => state === 'pass');
  const denied = open.some(({ state }) => state === 'deny');
  const earliest = answer.earliest === null ? EMPTY : md` Earliest: ${dateToken(answer.earliest)}.`;
  const warned = warnings(answer).length > 0;
  const starter = onlyStarter(s, target, now);
  const head =
    open.length === 0
      ? warned
        ? md`*${nameOf(s.release)} can start in ${target} with a reason.*`
        : md`*Nothing in the way${later.length === 0 ? '' : ' now'}:* ${nameOf(s.release)} can start in ${target}.${starter === null ? EMPTY : md` ${sentenceMarkup([person(starter)], voice)} starts it.`}`
      : denied
        ? md`*${nameOf(s.release)} will not start in ${target}; waiting does not help.*`
        : md`*${nameOf(s.release)} cannot start in ${target} yet: ${open.length} of ${answer.checks.length} checks ${open.length === 1 ? 'is' : 'are'} in the way.*${earliest}`;
  const rest =
    passed.length === 0
      ? EMPTY
      : md`✓ ${passed.length} pass: ${passed.map(({ label }) => label.toLowerCase()).join(', ')}.`;
  const { when } = s.release;
  const planned =
    when.kind === 'at' && when.start > now && notStarted(s.release)
      ? md`Planned for ${dateToken(when.start)}: a person is asked before an earlier start, a pipeline waits.`
      : EMPTY;
  const others = environment === null ? targetsLeft(s).filter((place) => place !== target) : [];
  const waits = s.round !== null && (s.round.state === 'open' || s.round.state === 'approved');
  const uncounted = waits && s.round !== null ? dismissedSentence(evaluate(s, s.round)) : [];
  return [
    head,
    ...answer.checks.map((check) => checkLine(voice, check)),
    ...others.map((place) => elsewhereLine(answer, readiness(s, place, now, by), voice)),
    sentenceMarkup(later, voice),
    planned,
    fact('Exception', exceptionWords(s, now)),
    rest,
    sentenceMarkup(uncounted, voice),
  ].filter((line) => !isEmpty(line));
};

export const why = async (request: Request, release: Release, environment: string | null): Promise<Answer> => {
  const s = await situationFor(request, release.id);
  if (s === null) throw new Error(`${release.id} vanished.`);
  return tell(whyLines(s, environment, { by: request.actor, now: request.ctx.now, voice: request.voice }));
};

const EVENTS_A_PAGE = 40;

/** Newest first; what is older follows behind its button. */
export const timeline = async (
  request: Request,
  release: SeenRelease,
  before: number | null = null,
): Promise<Answer> => {
  const { db } = request.deps.database;
  const found = await readTimeline(db, request.ctx.workspace, release.id, EVENTS_A_PAGE + 1, before);
  const events = found.slice(-EVENTS_A_PAGE).reverse();
  const lines = events
    .map((event) => eventSeen(event, release))
    .map((event) => md`${dateToken(event.at)}  ${sentenceMarkup(eventSentence(event), request.voice)}`);
  const fit = rowsThatFit(lines.map((line) => sections([line])));
  const oldest = events[fit - 1];
  const older =
    found.length > fit && oldest !== undefined
      ? actions([{ text: 'Older', action: ACTIONS.timeline, value: packValue(release.id, String(oldest.seq)) }])
      : [];
  return tell([md`*${nameOf(release)} (${keyOf(release)})*`, ...lines.slice(0, fit)], older);
};

export const whoami = async (request: Request): Promise<Answer> => {
  const mine = capacities(request.catalog, request.actor, null).join(', ').replaceAll('_', ' ');
  const groups = Object.entries(request.catalog.groups)
    .filter(([, group]) => group.people.includes(request.actor))
    .map(([name]) => name);
  return tell([
    md`${mine === '' ? 'You have no role here' : `You are a ${mine}`}. Your groups: ${groups.length === 0 ? 'none' : groups.join(', ')}. Your zone: ${request.person.zone}.`,
    md`Being an admin does not make you an approver: only the rules of a policy do.`,
  ]);
};
