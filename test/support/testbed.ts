/** The real app against the sandbox: what a journey needs, with the people and the catalog that all journeys share. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach } from 'vitest';
import type { Config } from '../../src/config.ts';
import { PACE } from '../../src/courier/claim.ts';
import type { Engine } from '../../src/db/connection.ts';
import { instant } from '../../src/domain/time.ts';
import type { Driver } from '../../src/sandbox/driver.ts';
import { type Sandbox, startSandbox, type Transport } from '../../src/sandbox/sandbox.ts';
import { blockLines, readable } from '../../src/sandbox/transcript.ts';
import type { StoredMessage } from '../../src/sandbox/world.ts';
import { HISTORY_SCOPES } from '../../src/slack/scopes.ts';
import { type Overrides, type Signalbox, start } from '../../src/start.ts';
import { openTestDatabase, type TestDatabase } from './databases.ts';

/** Tuesday 3 March 2026, 10:00 in London: a working morning, far from a change of the clocks. */
export const TUESDAY = Date.parse('2026-03-03T10:00:00Z');

export const PEOPLE = ['olivia', 'adam', 'bella', 'quinn', 'rita', 'stan'] as const;
export type Name = (typeof PEOPLE)[number];

export const catalogText = (
  ids: Readonly<Record<Name, string>>,
  more: { preset?: string; gates?: boolean } = {},
): string => `
preset: ${more.preset ?? 'standard'}
environments:
  - staging
  - { name: production, protected: true, requires: ${more.gates === true ? 'staging' : '~'} }
groups:
  checkout-owners: { people: [${ids.olivia}, ${ids.adam}, ${ids.bella}] }
  qa: { people: [${ids.quinn}] }
  release-managers: { people: [${ids.rita}, ${ids.adam}] }
roles: { admin: [release-managers], release_manager: [release-managers] }
services:
  checkout: { owners: checkout-owners, channel: "#team-checkout", tier: 2, zone: Europe/London, repository: acme/checkout, rollbackPlan: "Redeploy the version before, 5 min" }
  search: { owners: checkout-owners, channel: "#team-search", tier: 3, zone: Europe/London }
${more.gates === true ? 'gates:\n  - { name: regression, before: approval, owners: [qa] }' : ''}
announce:
  - { when: { customers: true }, to: ["#releases"] }
reviews: { prompt: "0 10 * * 1-5" }
`;

export type Testbed = {
  sandbox: Sandbox;
  app: Signalbox;
  database: TestDatabase;
  ids: Readonly<Record<Name, string>>;
  channels: { team: string; search: string; releases: string };
  logs: string[];
  as: (name: Name) => Driver;
  /** Lets the courier deliver everything that is due. */
  settled: () => Promise<void>;
  /** Moves the clock, ticks, and delivers. */
  pass: (ms: number) => Promise<void>;
  dm: (name: Name) => Promise<string>;
  /** The newest message to this person that contains the words. */
  dmWith: (name: Name, words: string) => Promise<StoredMessage>;
  /** Of the first release, or of the one with this version. */
  card: (version?: string) => Promise<StoredMessage>;
  cardText: (version?: string) => Promise<string>;
  channelText: (channel: string) => Promise<string>;
  restart: () => Promise<void>;
  /** Puts this text where CATALOG_FILE points, and starts again. */
  useCatalog: (text: string) => Promise<void>;
  /** Signalbox starts again on another database. */
  useDatabase: (database: TestDatabase) => Promise<void>;
  close: () => Promise<void>;
};

export type TestbedOptions = {
  engine?: Engine;
  /** Instead of a new one on `engine`. */
  database?: TestDatabase;
  transport?: Transport;
  preset?: string;
  gates?: boolean;
  overrides?: Overrides;
  history?: boolean;
  /** A fresh workspace without a catalog, which these people may set up. */
  setUpBy?: Name;
  command?: string;
  metrics?: Config['metrics'];
  github?: { config: Config['github']; api: string };
  gitlab?: Config['gitlab'];
  /** Slack's own rates, and the courier at their pace. */
  limits?: boolean;
  /** Closed by the test itself, for what several tests look at. */
  keep?: boolean;
  /** Somebody types what only machines do, and reads it again. */
  raw?: boolean;
};

const open: Testbed[] = [];
afterEach(async () => {
  for (const bed of open.splice(0)) await bed.close();
});

const FAST = { postEveryMs: 0, editEveryMs: 0, editsAMinute: Number.POSITIVE_INFINITY, leaseMs: 5_000 };

export const config = (
  sandbox: Sandbox,
  transport: Transport,
  catalogFile: string,
  more: Partial<Config> = {},
): Config => ({
  slack:
    transport === 'http'
      ? {
          mode: 'http',
          botToken: sandbox.world.botToken,
          signingSecret: sandbox.world.signingSecret,
          apiUrl: sandbox.api.url,
        }
      : { mode: 'socket', botToken: sandbox.world.botToken, appToken: sandbox.world.appToken, apiUrl: sandbox.api.url },
  command: '/release',
  admins: [],
  catalogFile,
  database: {
    kind: 'embedded',
    dataDir: join(tmpdir(), 'signalbox-unused'),
    journalKey: 'a test key of more than thirty-two characters',
  },
  history: false,
  url: null,
  github: null,
  gitHubApi: 'https://api.github.com',
  gitlab: null,
  webhooksToPrivate: true,
  host: '127.0.0.1',
  port: 0,
  metrics: null,
  logLevel: 'debug',
  logFormat: 'json',
  ...more,
});

/** Everything that Slack shows as it stands: fallbacks, labels, buttons, options, titles. */
const plainTexts = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(plainTexts);
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  return [
    ...(type === 'plain_text' && typeof text === 'string' ? [text] : []),
    ...Object.values(value).flatMap(plainTexts),
  ];
};

/** Ids, mentions, dates as machines write them: people and times go through one renderer each, wherever they are said. */
const RAW =
  /<[@#!]|\b[UC]0{3,}\w+|\b(?:rel|rnd|frz|dep|msg)_\w{10,}|\d{4}-\d\d-\d\dT\d\d|\bundefined\b|\[object|\bNaN\b/;

/** A catalog names people and channels by their ids. */
const isCatalog = (text: string): boolean => text.startsWith('preset: ');

const rawIn = ({ messages, homes, stacks }: Sandbox['world']): readonly string[] => [
  ...new Set(
    [
      ...messages.map(({ text }) => text),
      ...plainTexts(messages.map(({ blocks }) => blocks)),
      ...plainTexts([...homes.values()].map(({ body }) => body)),
      ...plainTexts([...stacks.values()].flat().map(({ body }) => body)),
    ].filter((text) => RAW.test(text) && !isCatalog(text)),
  ),
];

/** A workspace with six people, three channels and a catalog, and Signalbox running in it. Closed after the test. */
export const startTestbed = async (options: TestbedOptions = {}): Promise<Testbed> => {
  const transport = options.transport ?? 'http';
  const sandbox = await startSandbox({ transport, now: TUESDAY, limits: options.limits ?? false });
  const ids = Object.fromEntries(PEOPLE.map((name) => [name, sandbox.addUser(name)])) as Record<Name, string>;
  const channels = {
    team: sandbox.addChannel('team-checkout'),
    search: sandbox.addChannel('team-search'),
    releases: sandbox.addChannel('releases'),
  };
  if (options.history === true) for (const scope of [...HISTORY_SCOPES, 'im:history']) sandbox.world.scopes.add(scope);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bed-'));
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(catalogFile, catalogText(ids, options));
  let database = options.database ?? (await openTestDatabase(options.engine ?? 'embedded'));
  const logs: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) });
  const clock = { now: () => instant(sandbox.clock.now()) };
  const run = () =>
    start(
      config(sandbox, transport, catalogFile, {
        history: options.history ?? false,
        metrics: options.metrics ?? null,
        gitlab: options.gitlab ?? null,
        ...(options.github === undefined ? {} : { github: options.github.config, gitHubApi: options.github.api }),
        ...(options.setUpBy === undefined ? {} : { catalogFile: null, admins: [ids[options.setUpBy]] }),
      }),
      log,
      {
        database: database.database,
        clock,
        pace: options.limits === true ? { ...PACE, leaseMs: 5_000 } : FAST,
        lookAfter: [20, 40],
        postAgainIn: 40,
        ...options.overrides,
      },
    );
  let app = await run();
  const point = () => sandbox.pointAt(`http://127.0.0.1:${app.port}/slack/events`);
  point();
  const as = (name: Name): Driver => sandbox.as(ids[name]);
  const settled = (): Promise<void> => app.settled();
  const zone = 'Europe/London';
  const text = (message: StoredMessage): string =>
    readable(sandbox.world, message.blocks.length === 0 ? message.text : blockLines(message.blocks).join('\n'), zone);
  const missing = (what: string, where: string): never => {
    throw new Error(`There is no ${what} in:\n${where}`);
  };
  const card = async (version = ''): Promise<StoredMessage> => {
    await settled();
    return (
      sandbox
        .messagesIn(channels.team)
        .find(
          (m) =>
            m.threadTs === null &&
            /REL-\d+$/.test(m.text) &&
            (m.text.includes(`${version} is `) || m.text.includes(`${version} has failed`)),
        ) ?? missing('card', sandbox.channelText(channels.team, zone))
    );
  };
  const bed: Testbed = {
    sandbox,
    get app() {
      return app;
    },
    get database() {
      return database;
    },
    ids,
    channels,
    logs,
    as,
    settled,
    pass: async (ms) => {
      sandbox.clock.advance(ms);
      await app.tick();
      await settled();
    },
    dm: async (name) => {
      await settled();
      return as(name).dmText();
    },
    dmWith: async (name, words) => {
      await settled();
      return (
        as(name)
          .dms()
          .findLast((message) => text(message).includes(words)) ?? missing(`message with “${words}”`, as(name).dmText())
      );
    },
    card,
    cardText: async (version) => text(await card(version)),
    channelText: async (channel) => {
      await settled();
      return sandbox.channelText(channel, zone);
    },
    restart: async () => {
      await app.stop();
      app = await run();
      point();
    },
    useDatabase: async (next) => {
      await app.stop();
      const before = database;
      database = next;
      app = await run();
      point();
      await before.drop();
    },
    useCatalog: async (text) => {
      writeFileSync(catalogFile, text);
      await bed.restart();
    },
    close: async () => {
      await app.stop();
      // Every test bed logs at debug level, and none may say a secret.
      const output = logs.join('\n');
      const secrets = [
        sandbox.world.botToken,
        sandbox.world.appToken,
        sandbox.world.signingSecret,
        app.deps.journalKey.secret,
        ...sandbox.world.responseUrls.keys(),
      ];
      const leaked = secrets.filter((secret) => output.includes(secret));
      if (leaked.length > 0 || logs.length === 0)
        throw new Error(`The log has ${logs.length} lines and says ${leaked.length} secrets.`);
      const raw = options.raw === true ? [] : rawIn(sandbox.world);
      if (raw.length > 0) throw new Error(`People read what only machines do:\n${raw.join('\n')}`);
      await database.drop();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  if (options.keep !== true) open.push(bed);
  return bed;
};
