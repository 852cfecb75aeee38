/** Environments, from Slack: what runs where and what comes next, and what differs. */

import { heldLocks, lastSuccesses, runningDeployments } from '../deployments/deployment-store.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { environmentNamed } from '../domain/catalog/catalog.ts';
import { endOf, freezesStopping } from '../domain/freeze/calendar.ts';
import { nearestOf, noService } from '../domain/nearest.ts';
import { readerOf } from '../domain/permissions.ts';
import { type Refusal } from '../domain/refusal.ts';
import { keyOf, type Release, statusOf } from '../domain/release/release.ts';
import { compareVersions } from '../domain/release/version.ts';
import { type Instant } from '../domain/time.ts';
import { command, count, cut, say } from '../domain/words.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { servicesOfChannel } from '../releases/find-release.ts';
import { situationsFor } from '../releases/release-answers.ts';
import { openReleasesOfServices, releasesOfService } from '../releases/release-store.ts';
import { releaseSeenBy, type Seen } from '../situation/seen-by.ts';
import { type CellPiece, table } from '../slack/kit.ts';
import { EMPTY, link, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, type Routes, refused, tell } from '../slack/requests.ts';

/** A service is wanted; a word that is nearer to an environment is answered by what that takes. */
const noSuchPlace = (catalog: Catalog, word: string): Refusal => {
  const names = catalog.environments.map(({ name }) => name);
  const environment = nearestOf(word, names);
  const services = Object.keys(catalog.services);
  const problem =
    environment !== null && nearestOf(word, services) === null
      ? say`${command('env')} takes a service and shows all of its environments (${names.join(', ')}). There is no service “${word}”.`
      : noService(word, services);
  return { code: 'fields', problems: [{ field: 'service', problem }] };
};

type There = { service: string; environment: string };

/** What of the service goes there next: the lowest version that is on its way and has not been there. */
const nextThere = (open: readonly Release[], live: string | null, catalog: Catalog, place: There): Release | null => {
  const scheme = catalog.services[place.service]?.versioning ?? 'free';
  const newer = open.filter(
    ({ service, targets, version, state }) =>
      service === place.service &&
      targets.includes(place.environment) &&
      (state.status === 'approved' || state.status === 'awaiting_approval' || state.status === 'draft') &&
      (live === null || compareVersions(scheme, version, live) > 0),
  );
  const [first] = newer.sort((a, b) => compareVersions(scheme, a.version, b.version));
  return first ?? null;
};

/** What did not work there, and nothing has come since. */
const failedThere = (failed: readonly Seen[], place: There, since: Instant | null): readonly CellPiece[] => {
  const last = failed
    .filter(({ release }) => release.service === place.service)
    .flatMap(({ deployments }) =>
      deployments
        .filter(({ environment, state }) => environment === place.environment && state !== 'aborted')
        .slice(-1),
    )
    .find(({ state, finishedAt }) => state === 'failed' && (since === null || (finishedAt ?? since) >= since));
  if (last === undefined) return [];
  const what = last.kind === 'rollback' ? `going back to ${last.version} failed` : `${last.version} failed`;
  return [{ mark: md`:red_circle:` }, ` ${what}  `];
};

/** So many rows are a table that can be read. */
const MOST_ROWS = 30;

/** What runs where, since when and by whom, locked or frozen, and what comes next. */
const environments = async (request: CommandRequest): Promise<Answer> => {
  const { catalog, ctx, actor } = request;
  const here = servicesOfChannel(catalog, request.channel);
  const names = catalog.environments.map(({ name }) => name);
  const known = request.words.filter((word) => catalog.services[word] !== undefined);
  const [first, ...more] = request.words.filter((word) => !known.includes(word));
  const everything = first === 'all' || /^\d+$/.test(first ?? '');
  const unknown = everything ? more[0] : first;
  if (unknown !== undefined) return refused(noSuchPlace(catalog, unknown));
  const all = known.length > 0 ? known : here.length > 0 && !everything ? here : Object.keys(catalog.services);
  const from = Math.min(all.length, Math.max(1, Number(first === 'all' ? 1 : (first ?? 1))));
  const fit = Math.max(1, Math.floor(MOST_ROWS / names.length));
  const services = all.slice(from - 1, from - 1 + fit);
  const { db } = request.deps.database;
  const [successes, running, locks, freezes, open] = await Promise.all([
    lastSuccesses(db, ctx.workspace, services, names),
    runningDeployments(db, ctx.workspace, services),
    heldLocks(db, ctx.workspace, services, ctx.now),
    liveFreezes(db, ctx.workspace, catalog, ctx.now),
    openReleasesOfServices(db, ctx.workspace, services, readerOf(catalog, actor), 100),
  ]);
  const failed = await situationsFor(
    request,
    open.filter(({ state }) => state.status === 'failed').map(({ id }) => id),
  );
  const rows = services.flatMap((service) =>
    names.map((environment) => {
      const at = <Row extends There>(found: readonly Row[]) =>
        found.filter((row) => row.service === service && row.environment === environment).at(-1);
      const live = at(successes);
      const busy = at(running);
      const lock = at(locks);
      const next = nextThere(open, live?.version ?? null, catalog, { service, environment });
      const question = { services: [service], environment, type: 'normal', at: ctx.now } as const;
      const [freeze] = freezesStopping(freezes, [], question);
      const doing = busy?.kind === 'rollback' ? 'going back to' : 'deploying';
      const state: readonly CellPiece[] = [
        ...(live?.unhealthy === true ? [{ mark: md`:red_circle:` }, ' not healthy  '] : []),
        ...(busy === undefined ? failedThere(failed, { service, environment }, live?.since ?? null) : []),
        ...(busy === undefined
          ? []
          : [{ mark: md`:arrows_counterclockwise:` }, ` ${doing} ${busy.version}, `, { person: busy.runBy }, '  ']),
        ...(lock === undefined
          ? []
          : [
              { mark: md`:lock:` },
              ` locked: ${cut(lock.reason, 80)} (`,
              { person: lock.holder },
              lock.release === null ? ')  ' : ' says the cause)  ',
            ]),
        ...(freeze === undefined ? [] : [{ mark: md`:snowflake:` }, ' frozen until ', { at: endOf(freeze) }]),
      ];
      return [
        [{ bold: service }],
        [environment],
        [live?.version ?? 'nothing yet'],
        live === undefined ? [] : [{ at: live.since }, ' ', { person: live.by }],
        state,
        next === null ? [] : [`${next.version} ${statusOf(next.state)}`],
      ];
    }),
  );
  const to = from - 1 + services.length;
  const next =
    to < all.length ? md`; the next ones: ${sentenceMarkup(say`${command(`env ${to + 1}`)}`, request.voice)}` : EMPTY;
  const part = services.length === all.length ? EMPTY : md`, services ${from} to ${to} of ${all.length}${next}`;
  return tell(
    [md`*What runs where*${part}`],
    table(['Service', 'Environment', 'Version', 'Since', 'Now', 'Next'], rows),
  );
};

const MOST_LISTED = 15;

/** `/release diff [checkout] [staging] [production]`: the versions, and what lies between them; without a service, of all that differ. */
const diff = async (request: CommandRequest): Promise<Answer> => {
  const { catalog } = request;
  const [here] = servicesOfChannel(catalog, request.channel);
  const places = request.words.filter((word) => environmentNamed(catalog, word) !== null);
  const named = request.words.find((word) => catalog.services[word] !== undefined);
  const strange = request.words.find((word) => word !== named && !places.includes(word));
  if (strange !== undefined) return refused(noSuchPlace(catalog, strange));
  const [only, ...others] = Object.keys(catalog.services);
  const service = named ?? here ?? (others.length === 0 ? only : undefined);
  // Without places the last one, and what it waits for.
  const to = places[1] ?? (places.length === 1 ? places[0] : catalog.environments.at(-1)?.name) ?? '';
  const from = places.length > 1 ? (places[0] ?? '') : comesBefore(catalog, to);
  if (from === '')
    return refused({ code: 'ambiguous', what: 'difference', examples: ['diff checkout staging production'] });
  return service === undefined ? diffOfAll(request, from, to) : diffOf(request, service, from, to);
};

/** The environment that it has to have gone through, else the one before it in the catalog; empty for the first. */
const comesBefore = ({ environments: all }: Catalog, place: string): string => {
  const index = all.findIndex(({ name }) => name === place);
  return all[index]?.requires ?? all[index - 1]?.name ?? '';
};

/** Every service whose versions are not the same in both places. */
const diffOfAll = async (request: CommandRequest, from: string, to: string): Promise<Answer> => {
  const services = Object.keys(request.catalog.services);
  const live = await lastSuccesses(request.deps.database.db, request.ctx.workspace, services, [from, to]);
  const version = (service: string, place: string): string =>
    live.find((row) => row.service === service && row.environment === place)?.version ?? 'nothing yet';
  const differing = services.filter((service) => version(service, from) !== version(service, to));
  if (differing.length === 0) return tell([md`*No difference*: every service is the same in ${from} and ${to}.`]);
  const more = differing.length > MOST_ROWS ? `, the first ${MOST_ROWS} of them` : '';
  return tell(
    [
      md`*${count(differing.length, 'service')} ${differing.length === 1 ? 'differs' : 'differ'} between ${from} and ${to}*${more}`,
    ],
    table(
      ['Service', from, to],
      differing
        .slice(0, MOST_ROWS)
        .map((service) => [[{ bold: service }], [version(service, from)], [version(service, to)]]),
    ),
  );
};

const diffOf = async (request: CommandRequest, service: string, from: string, to: string): Promise<Answer> => {
  const { catalog, ctx, actor } = request;
  const { db } = request.deps.database;
  const live = await lastSuccesses(db, ctx.workspace, [service], [from, to]);
  const [a, b] = [from, to].map((place) => live.find(({ environment }) => environment === place)?.version ?? null);
  const runs = (place: string, version: string | null | undefined) => md`${place} runs ${version ?? 'nothing yet'}`;
  if (a === b) return tell([md`*${service}*: no difference. ${runs(from, a)}, and so does ${to}.`]);
  const scheme = catalog.services[service]?.versioning ?? 'free';
  const [older, newer] = a == null || (b != null && compareVersions(scheme, a, b) < 0) ? [a, b] : [b, a];
  const all = await releasesOfService(db, ctx.workspace, service, readerOf(catalog, actor), 200);
  const between = all
    .filter(({ version }) => newer != null && compareVersions(scheme, version, newer) <= 0)
    .filter(({ version }) => older == null || compareVersions(scheme, version, older) > 0)
    .filter(({ state }) => state.status !== 'cancelled')
    .flatMap((release) => releaseSeenBy(release, catalog, actor) ?? []);
  const compare = catalog.services[service]?.compare ?? null;
  const where =
    compare === null || older == null || newer == null
      ? EMPTY
      : link(
          compare.replace('{from}', encodeURIComponent(older)).replace('{to}', encodeURIComponent(newer)),
          'compare the code',
        );
  const lines = between.slice(0, MOST_LISTED).map((release) => {
    const changes = release.changes.length === 0 ? '' : ` · ${release.changes.length} changes`;
    return md`• *${release.version}* ${quoteText(release.title, 120)}${changes} · ${keyOf(release)}`;
  });
  return tell([
    md`*${service}*: ${runs(from, a)}, ${runs(to, b)}.`,
    ...lines,
    ...(between.length > MOST_LISTED ? [md`and ${between.length - MOST_LISTED} more`] : []),
    ...(where === EMPTY ? [] : [where]),
  ]);
};

export const environmentRoutes: Routes = {
  verbs: { env: { run: environments }, diff: { run: diff } },
  actions: {},
  views: {},
};
