/** Home from Slack: the tab's view, and `/release` alone, which says the same in a few private lines. */

import { snapshot } from '../db/transact.ts';
import { heldLocks, lastSuccesses, runningDeployments } from '../deployments/deployment-store.ts';
import { protectedEnvironments } from '../domain/catalog/catalog.ts';
import { concerns, endOf, phaseOf } from '../domain/freeze/calendar.ts';
import { readerOf } from '../domain/permissions.ts';
import { nameOf, type ReleaseStatus } from '../domain/release/release.ts';
import { count, enumerated } from '../domain/words.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import { servicesOfChannel } from '../releases/find-release.ts';
import { openReleasesOfServices } from '../releases/release-store.ts';
import { ACTIONS, NEWEST } from '../slack/ids.ts';
import { actions, context, section } from '../slack/kit.ts';
import { channelMention, dateToken, EMPTY, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { HOME_VIEWS, type HomeView } from '../slack/people-store.ts';
import { type Answer, type Request, type Routes, refused, tell } from '../slack/requests.ts';
import { allWaiting, rowBlocks, waitingRows } from './home-messages.ts';
import { openHome } from './open-home.ts';
import { readHome } from './read-home.ts';

/** What runs, waits and is frozen in the channel in which the command was typed. */
const hereLines = async (request: Request): Promise<readonly Mrkdwn[]> => {
  const services = servicesOfChannel(request.catalog, request.channel);
  if (services.length === 0 || request.channel === null) return [];
  const { db } = request.deps.database;
  const { workspace, now } = request.ctx;
  const environments = protectedEnvironments(request.catalog);
  const [successes, runningNow, locks, freezes, open] = await Promise.all([
    lastSuccesses(db, workspace, services, environments),
    runningDeployments(db, workspace, services),
    heldLocks(db, workspace, services, now),
    liveFreezes(db, workspace, request.catalog, now),
    openReleasesOfServices(db, workspace, services, readerOf(request.catalog, request.actor), 20),
  ]);
  const named = (status: ReleaseStatus): readonly string[] =>
    open.filter(({ state }) => state.status === status).map(nameOf);
  const waiting = named('awaiting_approval');
  // What is not healthy is said of what runs.
  const failed = named('failed').filter((name) => !successes.some((row) => `${row.service} ${row.version}` === name));
  const live = services.flatMap((service) =>
    environments.flatMap((environment) => {
      const row = successes.filter((one) => one.service === service && one.environment === environment).at(-1);
      const health = row?.unhealthy === true ? md` (:red_circle: not healthy)` : EMPTY;
      return row === undefined
        ? []
        : [md`${service} ${row.version} in ${environment} since ${dateToken(row.since)}${health}`];
    }),
  );
  const freeze = freezes.find((each) => concerns(each, services));
  const frozen =
    freeze === undefined
      ? md`no freeze`
      : phaseOf(freeze, now) === 'active'
        ? md`frozen until ${dateToken(endOf(freeze))}`
        : md`next freeze ${dateToken(freeze.startsAt)}`;
  const parts = [
    live.length === 0 ? md`nothing in production yet` : joined(live.slice(0, 3), ', '),
    failed.length === 0 ? EMPTY : md`:red_circle: ${failed.slice(0, 3).join(', ')} failed`,
    waiting.length === 0
      ? EMPTY
      : md`${waiting.slice(0, 3).join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for approval`,
    frozen,
    locks.length === 0
      ? EMPTY
      : md`:lock: ${enumerated(locks.slice(0, 3).map(({ service, environment }) => `${service} in ${environment}`))} locked`,
  ];
  const running = runningNow.map((d) => md`${d.service} ${d.version} → ${d.environment}`);
  return [
    md`*Here* (${channelMention(request.channel)}): ${joined(parts, '; ')}.`,
    running.length === 0 ? EMPTY : md`*Running*: ${joined(running, ', ')}.`,
  ];
};

/** So many with their buttons; all of them stand in the Home tab. */
const SHOWN = 4;

/** `/release` alone: what waits for the caller, what runs here, what is frozen. At most a dozen lines. */
const alone = async (request: Request): Promise<Answer> => {
  const facts = await snapshot(request.deps.database, (db) =>
    readHome(request.deps.situations, db, request.ctx.workspace, request.actor, request.ctx.now),
  );
  if (facts === null) return refused({ code: 'unconfigured' });
  const waiting = waitingRows(facts);
  const head =
    waiting.length === 0
      ? md`*Nothing waits for you.*`
      : md`*${count(waiting.length, 'thing')} ${waiting.length === 1 ? 'waits' : 'wait'} for you*`;
  const rows = waiting.slice(0, SHOWN).flatMap(({ line, buttons }) => [section([md`• ${line}`]), ...actions(buttons)]);
  const more = waiting.length > SHOWN ? actions([allWaiting(waiting.length)]) : [];
  const here = await hereLines(request);
  const { command } = request.voice;
  return tell(
    [head],
    [
      ...rows,
      ...more,
      ...(here.length === 0 ? [] : [section(here)]),
      ...actions([
        { text: 'New release', action: ACTIONS.new, value: 'new' },
        { text: 'My releases', action: ACTIONS.listPage, value: `${NEWEST}~mine` },
      ]),
      section([md`\`${command} why\` · \`${command} list\` · \`${command} help\``]),
    ],
  );
};

/** A form of Slack's has a hundred blocks, and a row at most two. */
const MOST_LISTED = 45;

/** Everything that waits for them, with its buttons. */
const everything = async (request: Request): Promise<Answer> => {
  const facts = await snapshot(request.deps.database, (db) =>
    readHome(request.deps.situations, db, request.ctx.workspace, request.actor, request.ctx.now),
  );
  if (facts === null) return refused({ code: 'unconfigured' });
  const waiting = waitingRows(facts);
  const left = waiting.length - MOST_LISTED;
  const head =
    waiting.length === 0
      ? md`*Nothing waits for you.*`
      : md`*${count(waiting.length, 'thing')}, the most pressing first*`;
  return tell(
    [head],
    [
      ...waiting.slice(0, MOST_LISTED).flatMap(rowBlocks),
      ...(left > 0 ? [context(md`${left} more follow when these are done.`)] : []),
    ],
  );
};

const isView = (value: string): value is HomeView => (HOME_VIEWS as readonly string[]).includes(value);

export const homeRoutes: Routes = {
  verbs: { home: { run: alone } },
  actions: {
    [ACTIONS.allWaiting]: { opens: 'What waits for you', run: everything },
    [ACTIONS.homeView]: {
      run: async (request) => {
        const decision = await openHome(
          request.deps,
          { ...request.ctx, actor: request.actor },
          isView(request.value) ? request.value : null,
        );
        return decision.ok ? { kind: 'done' } : refused(decision.refusal);
      },
    },
  },
  views: {},
};
