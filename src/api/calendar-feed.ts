/** What is planned, as a calendar that Google, Outlook and others subscribe to. They send no header: the address itself is the key. */
import { timingSafeEqual } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import ical, { ICalCalendarMethod, ICalEventStatus, ICalEventTransparency } from 'ical-generator';
import type { Deps } from '../deps.ts';
import { concerns } from '../domain/freeze/calendar.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { readerOf } from '../domain/permissions.ts';
import { type AgendaEntry, agenda } from '../domain/plan/agenda.ts';
import { keyOf, nameOf, STATUS_WORDS } from '../domain/release/release.ts';
import { after, DAY } from '../domain/time.ts';
import { isLive, type Token, tokenActor } from '../domain/token/token.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { openReleasesOfServices } from '../releases/release-store.ts';
import { releaseSeenBy, type SeenRelease } from '../situation/seen-by.ts';
import { calendarKey, tokenWithHook } from '../tokens/token-store.ts';
import { type Env, refuse } from './caller.ts';
import { type Speak, speaking } from './speech.ts';

const BEHIND = 7 * DAY;
const AHEAD = 180 * DAY;
const MOST = 500;
/** Seconds after which a reader looks again. */
const AGAIN = 900;

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const addressed = async (deps: Deps, text: string): Promise<{ workspace: WorkspaceId; token: Token } | null> => {
  const [suffix = '', name = ''] = text.split('.');
  const workspace = `wsp_${suffix}` as WorkspaceId;
  const found = await tokenWithHook(deps.database.db, deps.journalKey, workspace, { name });
  if (found === null || !isLive(found.token, deps.clock.now())) return null;
  return same(calendarKey(deps.journalKey, workspace, found), text) ? { workspace, token: found.token } : null;
};

const write = (calendar: ReturnType<typeof ical>, entry: AgendaEntry<SeenRelease>, speak: Speak): void => {
  const times = { start: new Date(entry.from), end: new Date(entry.until) };
  if (entry.kind === 'freeze') {
    const { freeze } = entry;
    calendar.createEvent({
      ...times,
      id: freeze.id,
      summary: `❄ ${freeze.name} (${freeze.severity} freeze)`,
      description: `${freeze.reason}\nStops ${scopeWords(freeze.scope)}.`,
      transparency: ICalEventTransparency.TRANSPARENT,
    });
    return;
  }
  const { release, against } = entry;
  calendar.createEvent({
    ...times,
    id: release.id,
    summary: `${nameOf(release)} → ${release.targets.join(', ')}`,
    description: [
      `${keyOf(release)}: ${release.title}`,
      STATUS_WORDS[release.state.status],
      ...against.map((each) => `⚠ ${speak(each)}`),
    ].join('\n'),
    status: release.state.status === 'approved' ? ICalEventStatus.CONFIRMED : ICalEventStatus.TENTATIVE,
  });
};

export const calendarFeed = (api: OpenAPIHono<Env>, deps: Deps): void => {
  api.get('/v1/calendar.ics', async (c) => {
    const found = await addressed(deps, c.req.query('token') ?? '');
    if (found === null)
      return refuse(
        c,
        401,
        'token.unknown',
        'There is no such calendar: “/release token hooks NAME” in Slack shows its address.',
      );
    const { workspace, token } = found;
    const { db } = deps.database;
    const now = deps.clock.now();
    const catalog = await deps.catalogs.current(db, workspace);
    if (catalog === null) return refuse(c, 404, 'unconfigured', 'This workspace has no catalog yet.');
    const actor = tokenActor(token);
    const services = Object.keys(catalog.services).filter(
      (name) => token.services.length === 0 || token.services.includes(name),
    );
    const [releases, freezes] = await Promise.all([
      openReleasesOfServices(db, workspace, services, readerOf(catalog, actor), MOST),
      liveFreezes(db, workspace, catalog, now),
    ]);
    const seen = releases.flatMap((release) => releaseSeenBy(release, catalog, actor) ?? []);
    const entries = agenda(
      seen,
      freezes.filter((freeze) => concerns(freeze, services)),
      catalog,
      after(now, -BEHIND),
      after(now, AHEAD),
      now,
    );
    const speak = await speaking(
      deps,
      workspace,
      entries.flatMap((entry) => (entry.kind === 'release' ? entry.against : [])),
    );
    const calendar = ical({
      name: 'Releases and freezes',
      prodId: { company: 'Signalbox', product: 'Signalbox' },
      method: ICalCalendarMethod.PUBLISH,
      ttl: AGAIN,
    });
    for (const entry of entries) write(calendar, entry, speak);
    return c.text(calendar.toString(), 200, { 'content-type': 'text/calendar; charset=utf-8' });
  });
};
