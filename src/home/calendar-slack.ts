/** `/release calendar [service] [2w]`: what is planned, by day, with what stands against it. */
import { concerns, endOf } from '../domain/freeze/calendar.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { noService } from '../domain/nearest.ts';
import { readerOf } from '../domain/permissions.ts';
import { type AgendaEntry, agenda } from '../domain/plan/agenda.ts';
import { keyOf, nameOf, STATUS_WORDS } from '../domain/release/release.ts';
import { after, DAY } from '../domain/time.ts';
import { command, cut, type Sentence, say } from '../domain/words.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { openReleasesOfServices } from '../releases/release-store.ts';
import { releaseSeenBy, type SeenRelease } from '../situation/seen-by.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, type CellPiece, table } from '../slack/kit.ts';
import { dateToken, EMPTY, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, type Request, type Routes, refused, tell } from '../slack/requests.ts';

const UNITS: Readonly<Record<string, number>> = { d: 1, w: 7 };
const LONGEST_DAYS = 90;
const USUAL_DAYS = 14;
const MOST_RELEASES = 300;

/** `2w`, `10d`; `null` for any other word. */
const daysIn = (word: string): number | null => {
  const [, number, unit = ''] = /^(\d{1,3})([dw])$/i.exec(word) ?? [];
  const scale = UNITS[unit.toLowerCase()];
  return number === undefined || scale === undefined
    ? null
    : Math.min(LONGEST_DAYS, Math.max(1, Number(number) * scale));
};

const TIME = '{time}';

/** A sentence in a cell. */
const pieces = (sentence: Sentence, command: string): readonly CellPiece[] =>
  sentence.map((part) => {
    if (typeof part === 'string') return part;
    if ('at' in part) return { at: part.at, format: TIME };
    if ('person' in part) return { person: part.person };
    if ('group' in part) return `@${part.group}`;
    return 'command' in part ? `${command} ${part.command}` : part.release;
  });

const row = (entry: AgendaEntry<SeenRelease>, request: Request): readonly (readonly CellPiece[])[] => {
  if (entry.kind === 'freeze')
    return [
      [{ at: entry.from }],
      [{ mark: md`:snowflake:` }, ` ${cut(entry.freeze.name, 80)}`],
      [],
      [`stops ${scopeWords(entry.freeze.scope)} until `, { at: endOf(entry.freeze) }, ` (${entry.freeze.severity})`],
      [],
    ];
  const { release } = entry;
  const against = entry.against.flatMap((sentence, index) => [
    ...(index === 0 ? [{ mark: md`:warning:` }, ' '] : [' · ']),
    ...pieces(sentence, request.voice.command),
  ]);
  return [
    [{ at: entry.from }],
    [{ bold: nameOf(release) }, ` ${keyOf(release)}`],
    [release.targets.join(', ')],
    [`${STATUS_WORDS[release.state.status]}, `, { person: release.owner }],
    against,
  ];
};

const HEADS = ['When', 'What', 'Where', 'Status', 'Against'];
const MOST_SHOWN = 60;

const calendar = async (request: CommandRequest): Promise<Answer> => {
  const { catalog, ctx, actor } = request;
  const all = Object.keys(catalog.services);
  const unknown = request.words.find((word) => !all.includes(word) && daysIn(word) === null);
  if (unknown !== undefined)
    return refused({
      code: 'fields',
      problems: [{ field: 'service', problem: say`${noService(unknown, all)} A time is written like 2w or 10d.` }],
    });
  const named = request.words.filter((word) => all.includes(word));
  const services = named.length === 0 ? all : named;
  const days = request.words.map(daysIn).find((found) => found !== null) ?? USUAL_DAYS;
  const { db } = request.deps.database;
  const [releases, freezes] = await Promise.all([
    openReleasesOfServices(db, ctx.workspace, services, readerOf(catalog, actor), MOST_RELEASES),
    liveFreezes(db, ctx.workspace, catalog, ctx.now),
  ]);
  const seen = releases.flatMap((release) => releaseSeenBy(release, catalog, actor) ?? []);
  const concerning = freezes.filter((freeze) => concerns(freeze, services));
  const until = after(ctx.now, days * DAY);
  const entries = agenda(seen, concerning, catalog, ctx.now, until);
  const about = named.length === 0 ? '' : ` of ${named.join(', ')}`;
  if (entries.length === 0)
    return tell([
      md`Nothing${about} is planned for a time until ${dateToken(until, '{date_short}')}, and no freeze is declared. ${sentenceMarkup(say`Plan one with ${command('schedule REF Thu 06:00')}.`, request.voice)}`,
    ]);
  const rows = entries.map((entry) => row(entry, request));
  const part = rows.length > MOST_SHOWN ? md`, the first ${MOST_SHOWN} of ${rows.length}` : EMPTY;
  return tell(
    [md`*What is planned${about}*, until ${dateToken(until, '{date_short}')}${part}`],
    [
      ...table(HEADS, rows.slice(0, MOST_SHOWN)),
      ...actions([{ text: 'Declare a freeze', action: ACTIONS.newFreeze, value: 'new' }]),
    ],
  );
};

export const calendarRoutes: Routes = { verbs: { calendar: { run: calendar } }, actions: {}, views: {} };
