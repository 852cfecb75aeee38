/** What keeps Signalbox from starting is one sentence that names the setting and the fix. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Config } from '../src/config.ts';
import { instant } from '../src/domain/time.ts';

import { type Sandbox, startSandbox, type Transport } from '../src/sandbox/sandbox.ts';
import { start } from '../src/start.ts';
import { databaseProblem, StartError } from '../src/start-error.ts';
import { openTestDatabase } from './support/databases.ts';
import { config } from './support/testbed.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const startWith = async (
  change: (sandbox: Sandbox, config: Config) => Partial<Config>,
  transport: Transport = 'http',
) => {
  const sandbox = await startSandbox();
  const database = await openTestDatabase('embedded');
  ends.push(
    () => sandbox.close(),
    () => database.drop(),
  );
  const whole = config(sandbox, transport, '', { catalogFile: null });
  const app = await start({ ...whole, ...change(sandbox, whole) }, pino({ level: 'silent' }), {
    database: database.database,
    clock: { now: () => instant(sandbox.clock.now()) },
  });
  ends.push(() => app.stop());
};

it.each([
  ['a bot token', 'http', 'SLACK_BOT_TOKEN: Slack refuses it (invalid_auth). Copy the Bot User OAuth Token'],
  ['an app token', 'socket', 'SLACK_APP_TOKEN: Slack refuses it (invalid_auth). It has to be an app-level token'],
] as const)('%s that Slack refuses', async (_, transport, sentence) => {
  await expect(
    startWith(({ world }, { slack }) => {
      if (transport === 'http') world.tokens.clear();
      else world.appToken = 'xapp-another';
      return { slack };
    }, transport),
  ).rejects.toThrow(sentence);
});

it.each([
  [
    'a Slack that does not answer',
    (slack: Config['slack']) => ({ slack: { ...slack, apiUrl: 'http://127.0.0.1:9/api/' } as Config['slack'] }),
    'Slack does not answer',
  ],
  [
    'a catalog that is not there',
    () => ({ catalogFile: '/nowhere/catalog.yml' }),
    'CATALOG_FILE: /nowhere/catalog.yml cannot be read (ENOENT',
  ],
] as const)('%s', async (_, change, sentence) => {
  await expect(startWith((_sandbox, { slack }) => change(slack))).rejects.toThrow(sentence);
});

it('an address of the database that is none, without repeating its password', () => {
  const problem = databaseProblem(new TypeError('Invalid URL'), 'postgres://u:p#s3cret@h/db');
  expect(problem).toEqual(
    new StartError('DATABASE_URL: not an address; in the password, #, / and @ have to be written as %23, %2F and %40.'),
  );
});

it('a port that another program has', async () => {
  await expect(startWith(({ api }) => ({ port: Number(new URL(api.url).port) }))).rejects.toThrow(
    /Port \d+ is taken by another program\. Stop it, or choose another one: PORT=3100 npm start/,
  );
});

it('a database that holds the releases of another workspace, as the sandbox’s does', async () => {
  const first = await startSandbox();
  const database = await openTestDatabase('embedded');
  ends.push(
    () => first.close(),
    () => database.drop(),
  );
  const log = pino({ level: 'silent' });
  const app = await start(config(first, 'http', '', { catalogFile: null }), log, { database: database.database });
  await app.stop();
  first.world.teamId = 'T0ACME';
  first.world.teamName = 'Acme';
  const again = start(config(first, 'http', '', { catalogFile: null }), log, { database: database.database });
  await expect(again).rejects.toThrow(
    'The token is of Acme, and the database holds the releases of Sandbox. Give this one its own: another DATA_DIR, for example ./live',
  );
});

it('a catalog with more channels than Slack would tell one by one in a minute: their list is read once, and waited for', async () => {
  const sandbox = await startSandbox();
  const database = await openTestDatabase('embedded');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  ends.push(
    () => rmSync(folder, { recursive: true }),
    () => sandbox.close(),
    () => database.drop(),
  );
  const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
  for (const name of names) sandbox.addChannel(`team-${name}`);
  const someone = sandbox.addUser('olivia');
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(
    catalogFile,
    stringify({
      preset: 'standard',
      environments: [{ name: 'production', protected: true }],
      groups: { owners: { people: [someone] } },
      roles: { admin: ['owners'], release_manager: ['owners'] },
      services: Object.fromEntries(names.map((name) => [name, { owners: 'owners', channel: `#team-${name}` }])),
    }),
  );
  sandbox.rates.enabled = true;
  sandbox.faults.plan('conversations.list', { kind: 'limited', retryAfterS: 1 });
  const app = await start(config(sandbox, 'http', '', { catalogFile }), pino({ level: 'silent' }), {
    database: database.database,
    clock: { now: () => instant(sandbox.clock.now()) },
  });
  ends.push(() => app.stop());
  const lists = sandbox.api.calls.filter(({ method }) => method === 'conversations.list');
  expect(lists.length).toBe(2);
  const [workspace] = await database.database.db.selectFrom('workspaces').select('id').execute();
  if (workspace === undefined) throw new Error('no workspace');
  const catalog = await app.deps.catalogs.current(database.database.db, workspace.id);
  const channels = Object.values(catalog?.services ?? {}).map(({ channel }) => channel);
  expect(new Set(channels).size).toBe(60);
});

it('a catalog with a channel that Slack does not show: it starts, the doctor names it, and once invited what waited goes out', async () => {
  const sandbox = await startSandbox({ limits: false });
  const database = await openTestDatabase('embedded');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  ends.push(
    () => rmSync(folder, { recursive: true }),
    () => sandbox.close(),
    () => database.drop(),
  );
  const general = sandbox.addChannel('general');
  const [olivia, adam] = [sandbox.addUser('olivia'), sandbox.addUser('adam')];
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(
    catalogFile,
    stringify({
      preset: 'standard',
      environments: [{ name: 'production', protected: true }],
      groups: { owners: { people: [olivia, adam] } },
      roles: { admin: ['owners'], release_manager: ['owners'] },
      services: { checkout: { owners: 'owners', channel: '#team-later' } },
    }),
  );
  const app = await start(config(sandbox, 'http', '', { catalogFile }), pino({ level: 'silent' }), {
    database: database.database,
    clock: { now: () => instant(sandbox.clock.now()) },
    pace: { postEveryMs: 0, editEveryMs: 0, editsAMinute: Number.POSITIVE_INFINITY, leaseMs: 5_000 },
  });
  ends.push(() => app.stop());
  sandbox.pointAt(`http://127.0.0.1:${app.port}/slack/events`);
  await sandbox.as(olivia).command('/release', 'new checkout 2.14.0 "Faster basket"', general);
  await app.settled();
  await sandbox.as(olivia).command('/release', 'doctor', general);
  expect(sandbox.as(olivia).lastPrivate(general)).toContain('Slack shows Signalbox no channel #team-later');
  const later = sandbox.addChannel('team-later');
  await sandbox.as(olivia).invite(later);
  await app.settled();
  expect(sandbox.messagesIn(later).map(({ text }) => text)).toContainEqual(
    expect.stringContaining('checkout 2.14.0 is waiting for approval'),
  );
  await sandbox.as(olivia).command('/release', 'doctor', general);
  expect(sandbox.as(olivia).lastPrivate(general)).not.toContain('team-later');
});
