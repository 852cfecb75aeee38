/** Many workspaces: the app is installed by OAuth, tokens are sealed and replaced, a removed workspace waits, and none sees another. */
import { sql } from 'kysely';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { currentCatalog } from '../../src/catalog/catalog-store.ts';
import type { Engine } from '../../src/db/connection.ts';
import type { WorkspaceId } from '../../src/domain/ids.ts';
import { HOUR, instant } from '../../src/domain/time.ts';
import { allInstallations, claimRenewal, replaceTokens, resealTokens } from '../../src/install/installation-store.ts';
import { tokenBox } from '../../src/install/token-box.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { type Sandbox, startBeside, startSandbox } from '../../src/sandbox/sandbox.ts';
import { HISTORY_SCOPES } from '../../src/slack/scopes.ts';
import { type Signalbox, start } from '../../src/start.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { config, TUESDAY } from '../support/testbed.ts';

const ENGINES: readonly Engine[] = ['embedded', 'postgres'];
const KEY = 'a1'.repeat(32);
const NEWER = 'b2'.repeat(32);

type Place = { sandbox: Sandbox; olivia: string; rita: string; team: string };
type Bed = {
  database: TestDatabase;
  here: Place;
  app: Signalbox;
  logs: string[];
  secrets: Set<string>;
  another: (overrides?: { tokenKeys?: readonly string[] }) => Promise<Signalbox>;
  beside: (teamId: string) => Place;
  settled: () => Promise<void>;
};

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const inhabited = (sandbox: Sandbox): Place => ({
  sandbox,
  olivia: sandbox.addUser('olivia'),
  rita: sandbox.addUser('rita'),
  team: sandbox.addChannel('team-checkout'),
});

/** Signalbox with a client id and no token, and a workspace that has not installed it. */
const startBed = async (engine: Engine = 'embedded'): Promise<Bed> => {
  const sandbox = await startSandbox({ now: TUESDAY, limits: false });
  ends.push(() => sandbox.close());
  const database = await openTestDatabase(engine);
  ends.push(() => database.drop());
  const logs: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) });
  const { clientId, clientSecret, signingSecret } = sandbox.world;
  const secrets = new Set([clientSecret, signingSecret, KEY, NEWER]);
  ends.push(async () => {
    const output = logs.join('\n');
    expect([...secrets].filter((secret) => output.includes(secret))).toEqual([]);
  });
  const another: Bed['another'] = async ({ tokenKeys = [KEY] } = {}) => {
    const slack = { mode: 'oauth', clientId, clientSecret, signingSecret, tokenKeys, apiUrl: sandbox.api.url } as const;
    const app = await start(config(sandbox, 'http', '', { slack, catalogFile: null }), log, {
      database: database.database,
      clock: { now: () => instant(sandbox.clock.now()) },
      pace: { postEveryMs: 0, editEveryMs: 0, editsAMinute: Number.POSITIVE_INFINITY, leaseMs: 5_000 },
      lookAfter: [20, 40],
      postAgainIn: 40,
    });
    ends.push(() => app.stop());
    return app;
  };
  const here = inhabited(sandbox);
  const app = await another();
  const point = (place: Place): Place => {
    place.sandbox.pointAt(`http://127.0.0.1:${app.port}/slack/events`);
    return place;
  };
  point(here);
  const beside = (teamId: string): Place => point(inhabited(startBeside(sandbox, teamId)));
  return { database, here, app, logs, secrets, another, beside, settled: () => app.settled() };
};

type Visit = { status: number; text: string };
const page = async (app: Signalbox, path: string, cookie = ''): Promise<Visit & { cookie: string }> => {
  const response = await fetch(`http://127.0.0.1:${app.port}${path}`, { headers: { cookie } });
  const [set = ''] = response.headers.getSetCookie();
  return { status: response.status, text: await response.text(), cookie: set.split(';')[0] ?? '' };
};

/** Visits the page, says yes at Slack, comes back: as a browser does. */
const install = async (bed: Bed, place: Place, by = place.rita): Promise<Visit> => {
  const first = await page(bed.app, '/slack/install');
  const [, url = ''] = /href="([^"]*\/oauth\/v2\/authorize[^"]*)"/.exec(first.text) ?? [];
  const query = place.sandbox.install(by, url.replaceAll('&amp;', '&'));
  for (const code of place.sandbox.world.codes.keys()) bed.secrets.add(code);
  const done = await page(bed.app, `/slack/oauth_redirect?${query}`, first.cookie);
  bed.secrets.add(place.sandbox.world.botToken).add(place.sandbox.world.refreshToken ?? place.sandbox.world.botToken);
  await bed.settled();
  return done;
};

const setUp = async (bed: Bed, { sandbox, rita, olivia, team }: Place): Promise<void> => {
  const driver = sandbox.as(rita);
  await driver.command('/release', 'setup', team);
  await driver.fill('service', 'checkout');
  await driver.fill('channel', team);
  await driver.fill('approvers', [olivia, rita]);
  expect((await driver.submit()).errors).toEqual({});
  while (driver.modal() !== null) await driver.close();
  await bed.settled();
};

const installation = async (bed: Bed, slackId: string) =>
  bed.database.database.db
    .selectFrom('installations as i')
    .innerJoin('workspaces as w', 'w.id', 'i.workspace_id')
    .selectAll()
    .where('w.slack_id', '=', slackId)
    .executeTakeFirstOrThrow();

/** Hours until the token of this workspace expires, for us and for Slack. */
const expiresIn = async (bed: Bed, { sandbox: { world } }: Place, hours: number): Promise<void> => {
  const at = Date.now() + hours * HOUR;
  world.tokens.set(world.botToken, at);
  const { workspace_id } = await installation(bed, world.teamId);
  await bed.database.database.kysely
    .updateTable('installations')
    .set({ expires_at: instant(at) })
    .where('workspace_id', '=', workspace_id)
    .execute();
};
const refreshes = ({ sandbox }: Place): number =>
  sandbox.api.calls.filter(({ method, args }) => method === 'oauth.v2.access' && args['grant_type'] === 'refresh_token')
    .length;
const NOWHERE = '' as WorkspaceId;
const endLease = ({ database }: Bed) =>
  database.database.kysely
    .updateTable('installations')
    .set({ refreshing_until: instant(0) })
    .where('workspace_id', '<>', NOWHERE)
    .execute();
const list = async ({ sandbox, olivia, team }: Place): Promise<string> => {
  await sandbox.as(olivia).command('/release', 'list', team);
  return sandbox.as(olivia).lastPrivate(team);
};

/** The text of the catalog's form, with one group of Slack's more. */
const withGroup = (view: unknown): string => {
  const source = JSON.stringify(view).match(/"initial_value":"(.*?)(?<!\\\\)"/)?.[1] ?? '';
  return (JSON.parse(`"${source}"`) as string).replace('groups:', 'groups:\n  rms: { slack: "@rms" }');
};

describe('installing', () => {
  it('says what it asks for, keeps the token sealed, lets the installer set up, and then works', async () => {
    const bed = await startBed();
    const { here } = bed;
    expect((await page(bed.app, '/slack/install')).text).toContain('<dt>chat:write</dt><dd>post cards');
    const done = await install(bed, here);
    expect(done.status).toBe(200);
    expect(done.text).toContain('<h1>Signalbox is in Sandbox</h1>');
    const row = await installation(bed, here.sandbox.world.teamId);
    expect(JSON.stringify(row)).not.toContain(here.sandbox.world.botToken);
    expect(row.token).toMatch(/^v1\./);
    expect(row.installed_by).toBe(here.rita);
    expect(here.sandbox.as(here.rita).dmText()).toContain('Signalbox is installed here.');
    await here.sandbox.as(here.olivia).command('/release', 'setup', here.team);
    expect(here.sandbox.as(here.olivia).modalText()).toContain('These can: @rita.');
    await setUp(bed, here);
    await here.sandbox.as(here.olivia).command('/release', 'new checkout 1.0.0 "Faster basket"', here.team);
    await here.sandbox.as(here.rita).command('/release', 'approve checkout@1.0.0', here.team);
    await bed.settled();
    expect(here.sandbox.channelText(here.team)).toContain('checkout 1.0.0  ·  approved');
  });

  it.each([
    ['another browser', (query: string) => query, 'slack-app-oauth-state=other', 'another browser'],
    ['a code that Slack does not know', (query: string) => query.replace(/code=[^&]*/, 'code=x'), null, 'invalid_code'],
    ['somebody who says no', () => 'error=access_denied', null, 'said no'],
  ] as const)('is refused, with the way out: %s', async (_, change, cookie, words) => {
    const bed = await startBed();
    const first = await page(bed.app, '/slack/install');
    const [, url = ''] = /href="([^"]*\/oauth\/v2\/authorize[^"]*)"/.exec(first.text) ?? [];
    const query = change(bed.here.sandbox.install(bed.here.rita, url.replaceAll('&amp;', '&')));
    const failed = await page(bed.app, `/slack/oauth_redirect?${query}`, cookie ?? first.cookie);
    expect(failed.status).toBe(400);
    expect(failed.text).toContain(words);
    expect(failed.text).toContain('Signalbox is as it was before.');
    expect(failed.text).toContain('href="/slack/install"');
    expect(await bed.database.database.db.selectFrom('workspaces').select('id').execute()).toEqual([]);
  });

  it('keeps workspaces apart: the same ids of people and channels, other releases, each with its own token', async () => {
    const bed = await startBed();
    const there = bed.beside('T0THERE');
    expect(there.olivia).toBe(bed.here.olivia);
    for (const place of [bed.here, there]) {
      await install(bed, place);
      await setUp(bed, place);
    }
    await bed.here.sandbox.as(bed.here.olivia).command('/release', 'new checkout 1.0.0 "Here"', bed.here.team);
    await there.sandbox.as(there.olivia).command('/release', 'new checkout 2.0.0 "There"', there.team);
    await bed.settled();
    expect(bed.here.sandbox.channelText(bed.here.team)).toContain('checkout 1.0.0');
    expect(bed.here.sandbox.channelText(bed.here.team)).not.toContain('2.0.0');
    expect(there.sandbox.channelText(there.team)).toContain('checkout 2.0.0');
    expect(await list(there)).not.toContain('1.0.0');
    expect(await list(bed.here)).not.toContain('2.0.0');
  });

  it('is not found by a payload of a workspace that never installed it', async () => {
    const bed = await startBed();
    await install(bed, bed.here);
    const stranger = bed.beside('T0STRANGER');
    expect(await list(stranger)).toContain('Nothing done: Signalbox is not installed in this workspace any more.');
    expect(await bed.database.database.db.selectFrom('workspaces').select('slack_id').execute()).toEqual([
      { slack_id: 'T0SANDBOX' },
    ]);
  });
});

describe('tokens that rotate', () => {
  const rotating = async (engine: Engine = 'embedded'): Promise<{ bed: Bed; old: string }> => {
    const bed = await startBed(engine);
    bed.here.sandbox.world.rotates = true;
    await install(bed, bed.here);
    await setUp(bed, bed.here);
    return { bed, old: bed.here.sandbox.world.botToken };
  };

  it.each(ENGINES)(
    'are replaced two hours before they expire, once, by whichever of two replicas comes first: %s',
    async (engine) => {
      const { bed, old } = await rotating(engine);
      const replica = await bed.another();
      await expiresIn(bed, bed.here, 1);
      await Promise.all([
        list(bed.here),
        bed.app.lookAround(),
        replica.lookAround(),
        list(bed.here),
        replica.lookAround(),
      ]);
      bed.secrets.add(bed.here.sandbox.world.botToken).add(bed.here.sandbox.world.refreshToken ?? old);
      expect(refreshes(bed.here)).toBe(1);
      expect(bed.here.sandbox.world.botToken).not.toBe(old);
      bed.here.sandbox.world.tokens.delete(old);
      await list(bed.here);
      await bed.here.sandbox
        .as(bed.here.olivia)
        .command('/release', 'new checkout 1.0.0 "With the new one"', bed.here.team);
      await bed.here.sandbox.as(bed.here.rita).command('/release', 'approve checkout@1.0.0', bed.here.team);
      await bed.settled();
      expect(bed.here.sandbox.channelText(bed.here.team)).toContain('checkout 1.0.0');
      expect(refreshes(bed.here)).toBe(1);
    },
  );

  it.each(ENGINES)('that have expired already are waited for, by everybody who needs them: %s', async (engine) => {
    const { bed } = await rotating(engine);
    const replica = await bed.another();
    await expiresIn(bed, bed.here, -1);
    await Promise.all([list(bed.here), bed.app.lookAround(), replica.lookAround()]);
    bed.secrets.add(bed.here.sandbox.world.botToken).add(bed.here.sandbox.world.refreshToken ?? '-');
    expect(refreshes(bed.here)).toBe(1);
    expect(await list(bed.here)).toContain('No release');
  });

  it('are used for as long as they last when Slack does not replace them, and replaced when it does again', async () => {
    const { bed, old } = await rotating();
    await expiresIn(bed, bed.here, 1);
    bed.here.sandbox.faults.plan('oauth.v2.access', { kind: 'status before' });
    await bed.app.lookAround();
    expect(await list(bed.here)).toContain('No release');
    expect(bed.here.sandbox.world.botToken).toBe(old);
    expect(bed.logs.join('\n')).toContain('the Slack token was not replaced');
    await endLease(bed);
    await bed.app.lookAround();
    bed.secrets.add(bed.here.sandbox.world.botToken).add(bed.here.sandbox.world.refreshToken ?? '-');
    expect(bed.here.sandbox.world.botToken).not.toBe(old);
  });

  it('do not hold up a click: what works is used, and replaced by the job alone', async () => {
    const { bed, old } = await rotating();
    await expiresIn(bed, bed.here, 1);
    await list(bed.here);
    expect(refreshes(bed.here)).toBe(0);
    expect(bed.here.sandbox.world.botToken).toBe(old);
  });

  it.each(ENGINES)('are kept although the database fails while they are stored: %s', async (engine) => {
    const { bed, old } = await rotating(engine);
    await expiresIn(bed, bed.here, 1);
    const { kysely } = bed.database.database;
    await sql`create function fail_a_few_times() returns trigger language plpgsql as $$ begin
      if new.token is distinct from old.token and nextval('failing') <= 6 then raise exception 'lost' using errcode = '08006'; end if;
      return new; end $$`.execute(kysely);
    await sql`create sequence failing`.execute(kysely);
    await sql`create trigger failing before update on installations for each row execute function fail_a_few_times()`.execute(
      kysely,
    );
    await bed.app.lookAround();
    bed.secrets.add(bed.here.sandbox.world.botToken).add(bed.here.sandbox.world.refreshToken ?? '-');
    expect(refreshes(bed.here)).toBe(1);
    expect(bed.here.sandbox.world.botToken).not.toBe(old);
    bed.here.sandbox.world.tokens.delete(old);
    expect(await list(bed.here)).toContain('No release');
    const { token, workspace_id } = await installation(bed, 'T0SANDBOX');
    expect(tokenBox([KEY]).open(token ?? '', workspace_id)).toBe(bed.here.sandbox.world.botToken);
  });

  it('that cannot be replaced leave a form as it is, with what was typed', async () => {
    const { bed } = await rotating();
    const { sandbox, olivia, team } = bed.here;
    const driver = sandbox.as(olivia);
    await driver.command('/release', 'new', team);
    await driver.fill('title', 'Typed with care');
    sandbox.world.refreshToken = 'xoxe-1-another';
    await expiresIn(bed, bed.here, -1);
    const act = await driver.submit();
    expect(Object.values(act.errors)).toEqual([
      'Nothing done: Signalbox has no access to this workspace right now. Do it again in a minute.',
    ]);
    expect(driver.modal()?.callbackId).toBe('new_release');
    await bed.settled();
    expect(
      await bed.database.database.db
        .selectFrom('releases')
        .select('title')
        .where('workspace_id', '<>', NOWHERE)
        .where('title', '=', 'Typed with care')
        .execute(),
    ).toEqual([]);
  });

  it('that are gone for good hold up their own workspace and no other', async () => {
    const { bed } = await rotating();
    const there = bed.beside('T0THERE');
    await install(bed, there);
    await setUp(bed, there);
    const releases = async (place: Place, count: number): Promise<void> => {
      for (let n = 1; n <= count; n += 1)
        await place.sandbox.as(place.olivia).command('/release', `new checkout ${n}.0.0 "x"`, place.team);
    };
    await releases(bed.here, 8);
    bed.here.sandbox.world.refreshToken = 'xoxe-1-another';
    await expiresIn(bed, bed.here, -1);
    await releases(there, 1);
    await expect.poll(() => there.sandbox.channelText(there.team), { timeout: 30_000 }).toContain('checkout 1.0.0');
    const waiting = await bed.database.database.db
      .selectFrom('messages')
      .select('attempts')
      .where('workspace_id', '=', (await installation(bed, 'T0SANDBOX')).workspace_id)
      .whereRef('wanted', '>', 'shown')
      .execute();
    expect(waiting.map(({ attempts }) => attempts).filter((attempts) => attempts > 0)).toEqual([]);
    await install(bed, bed.here);
    await bed.database.database.kysely
      .updateTable('messages')
      .set({ next_at: instant(0) })
      .where('workspace_id', '<>', NOWHERE)
      .execute();
    await bed.settled();
    expect(bed.here.sandbox.channelText(bed.here.team)).toContain('checkout 8.0.0');
  });
});

describe('the history scopes', () => {
  it.each([
    ['are used only where they were granted: else it is posted again', ['channels:history'], 2],
    ['find what arrived, so that it is posted once', HISTORY_SCOPES, 1],
  ] as const)('%s', async (_, granted, posts) => {
    const bed = await startBed();
    await install(bed, bed.here);
    await setUp(bed, bed.here);
    const { world, faults } = bed.here.sandbox;
    for (const scope of granted) world.scopes.add(scope);
    const { workspace_id, scopes } = await installation(bed, world.teamId);
    const { kysely } = bed.database.database;
    await kysely
      .updateTable('installations')
      .set({ scopes: JSON.stringify([...scopes, ...granted]) as never })
      .where('workspace_id', '=', workspace_id)
      .execute();
    const toTeam = (args: Record<string, unknown>): boolean => args['channel'] === bed.here.team;
    faults.plan('chat.postMessage', { kind: 'reset after' }, 1, toTeam);
    await bed.here.sandbox.as(bed.here.olivia).command('/release', 'new checkout 1.0.0 "x"', bed.here.team);
    const { calls } = bed.here.sandbox.api;
    const cards = () =>
      calls.filter(
        ({ method, args }) =>
          method === 'chat.postMessage' && toTeam(args) && String(args['text']).startsWith('checkout 1.0.0 is'),
      ).length;
    const looked = () => calls.some(({ method }) => method === 'conversations.history');
    await expect.poll(() => (posts === 1 ? looked() : cards() === posts), { timeout: 15_000 }).toBe(true);
    expect(cards()).toBe(posts);
    expect(looked()).toBe(posts === 1);
  });
});

describe('tokens at rest', () => {
  const workspace = 'wsp_1' as WorkspaceId;

  it('open with any configured key, for their workspace only, and not after a change', () => {
    const old = tokenBox([KEY]);
    const sealed = old.seal('xoxb-secret', workspace);
    expect(sealed).not.toContain('secret');
    expect(old.seal('xoxb-secret', workspace)).not.toBe(sealed);
    const both = tokenBox([NEWER, KEY]);
    expect(both.open(sealed, workspace)).toBe('xoxb-secret');
    expect(both.isCurrent(sealed)).toBe(false);
    expect(() => tokenBox([NEWER]).open(sealed, workspace)).toThrow('SIGNALBOX_TOKEN_KEY does not hold');
    expect(() => old.open(sealed, 'wsp_2' as WorkspaceId)).toThrow();
    const [a = '', b = '', body = ''] = sealed.split('.');
    const changed = [a, b, (body[0] === 'A' ? 'B' : 'A') + body.slice(1)].join('.');
    expect(() => old.open(changed, workspace)).toThrow();
  });

  it('are replaced and sealed anew by one at a time, and never over what is newer', async () => {
    const bed = await startBed();
    bed.here.sandbox.world.rotates = true;
    await install(bed, bed.here);
    const { db } = bed.database.database;
    const [seen] = await allInstallations(db);
    if (seen?.tokens.rotation == null) throw new Error('It was not installed.');
    const { database } = bed.database;
    const tokens = (token: string) => ({ token, rotation: seen.tokens.rotation });
    expect(await claimRenewal(database, seen, seen.tokens.rotation.refresh, 60_000)).toBe(true);
    expect(await claimRenewal(database, seen, seen.tokens.rotation.refresh, 60_000)).toBe(false);
    expect(await resealTokens(database, seen, tokens('resealed'))).toBe(false);
    expect(await replaceTokens(database, seen, tokens('new'))).toBe(true);
    expect(await replaceTokens(database, seen, tokens('late'))).toBe(false);
    expect((await allInstallations(db))[0]?.tokens.token).toBe('new');
  });

  it('are sealed anew under the first key when they are next looked after', async () => {
    const bed = await startBed();
    await install(bed, bed.here);
    const before = await installation(bed, 'T0SANDBOX');
    const replica = await bed.another({ tokenKeys: [NEWER, KEY] });
    await replica.lookAround();
    const after = await installation(bed, 'T0SANDBOX');
    expect(after.token).not.toBe(before.token);
    expect(tokenBox([NEWER]).open(after.token ?? '', after.workspace_id)).toBe(bed.here.sandbox.world.botToken);
  });
});

describe('leaving', () => {
  const inUse = async (engine: Engine = 'embedded'): Promise<{ bed: Bed; here: Place }> => {
    const bed = await startBed(engine);
    await install(bed, bed.here);
    await setUp(bed, bed.here);
    return { bed, here: bed.here };
  };
  const bot = { type: 'tokens_revoked', tokens: { oauth: [], bot: ['U0BOT'] } };
  const ago = (seconds: number) => ({ event_time: Math.floor(Date.now() / 1_000) - seconds });

  it.each([
    ['that the app was uninstalled', { type: 'app_uninstalled' }, {}, true],
    ['that its token was revoked', bot, {}, true],
    [
      'that the tokens of people were revoked',
      { type: 'tokens_revoked', tokens: { oauth: ['U1'], bot: [] } },
      {},
      false,
    ],
    ['late, of an installation before this one', { type: 'app_uninstalled' }, ago(300), false],
    [
      'of another team of its organisation',
      { type: 'app_uninstalled' },
      { team_id: 'T0OTHER', enterprise_id: 'T0SANDBOX' },
      false,
    ],
  ] as const)('when Slack says %s', async (_, event, envelope, leaves) => {
    const { bed, here } = await inUse();
    await here.sandbox.tell(event, envelope);
    await bed.settled();
    const { token, paused_at } = await installation(bed, here.sandbox.world.teamId);
    expect([token === null, paused_at !== null]).toEqual([leaves, leaves]);
  });

  it('is done although the database is busy when Slack says so, and installing is not said to be done', async () => {
    const { bed, here } = await inUse('postgres');
    const held = await bed.database.database.kysely.startTransaction().execute();
    await sql`select 1 from workspaces for update`.execute(held);
    await here.sandbox.uninstall();
    setTimeout(() => void held.rollback().execute(), 2_500);
    await bed.settled();
    expect(await installation(bed, 'T0SANDBOX')).toMatchObject({ token: null });
    const again = await bed.database.database.kysely.startTransaction().execute();
    await sql`select 1 from workspaces for update`.execute(again);
    const failed = await install(bed, here);
    await again.rollback().execute();
    expect(failed.status).toBe(400);
    const left = await installation(bed, 'T0SANDBOX');
    expect(left.token).toBeNull();
    expect(left.paused_at).not.toBeNull();
  });

  it('leaves what waits to be sent, which follows when it is installed again, also what waited for the token', async () => {
    const { bed, here } = await inUse();
    const { kysely } = bed.database.database;
    const waiting = kysely.updateTable('messages').set({ wanted: sql`shown + 1` }).where('workspace_id', '<>', NOWHERE);
    await here.sandbox.uninstall();
    await waiting.execute();
    await kysely
      .updateTable('messages')
      .set({ trouble: 'paused' })
      .where('kind', '=', 'home')
      .where('workspace_id', '<>', NOWHERE)
      .execute();
    const calls = here.sandbox.api.calls.length;
    bed.app.courier.wake();
    await bed.settled();
    expect(here.sandbox.api.calls.length).toBe(calls);
    await install(bed, here);
    await bed.settled();
    expect(here.sandbox.api.calls.length).toBeGreaterThan(calls);
    const stuck = kysely
      .selectFrom('messages')
      .select('id')
      .where('trouble', '=', 'paused')
      .where('workspace_id', '<>', NOWHERE);
    expect(await stuck.execute()).toEqual([]);
  });

  it('forgets the tokens at once and pauses everything; installed again, it goes on where it was', async () => {
    const bed = await startBed();
    const { here } = bed;
    await install(bed, here);
    await setUp(bed, here);
    await here.sandbox.as(here.olivia).command('/release', 'new checkout 1.0.0 "x"', here.team);
    await bed.settled();
    await here.sandbox.uninstall();
    await bed.settled();
    const left = await installation(bed, here.sandbox.world.teamId);
    expect(left).toMatchObject({ token: null, refresh_token: null });
    expect(left.paused_at).not.toBeNull();
    const calls = here.sandbox.api.calls.length;
    here.sandbox.clock.advance(30 * 24 * HOUR);
    expect(await bed.app.tick()).toBe(0);
    await bed.app.lookAround();
    await bed.settled();
    expect(here.sandbox.api.calls.length).toBe(calls);

    await install(bed, here);
    expect((await bed.app.tick()) > 0).toBe(true);
    await bed.settled();
    expect(here.sandbox.channelText(here.team)).toContain('expired');
    expect(await list(here)).toContain('checkout 1.0.0');
    const { db } = bed.database.database;
    const { workspace_id } = await installation(bed, here.sandbox.world.teamId);
    const kinds = await db
      .selectFrom('journal')
      .select('kind')
      .where('workspace_id', '=', workspace_id)
      .orderBy('seq')
      .execute();
    expect(kinds.map(({ kind }) => kind).filter((kind) => kind.startsWith('workspace.'))).toEqual([
      'workspace.installed',
      'workspace.paused',
      'workspace.installed',
    ]);
    expect(await verifyJournal(db, workspace_id, bed.app.deps.journalKey)).toMatchObject({ ok: true });
  });
});

describe('an organisation that has the app as a whole', () => {
  const organised = async (): Promise<Bed> => {
    const bed = await startBed();
    const { sandbox, olivia, rita } = bed.here;
    sandbox.world.organisation = { id: 'E0ORG', name: 'Org', teams: ['T0OTHER'] };
    for (const id of [olivia, rita]) {
      const user = sandbox.world.users.get(id);
      if (user !== undefined) user.enterprise = 'E0ORG';
    }
    await install(bed, bed.here);
    await setUp(bed, bed.here);
    return bed;
  };

  it('leaves as a whole, and not because one of its teams gave it up', async () => {
    const bed = await organised();
    await bed.here.sandbox.tell({ type: 'app_uninstalled' }, { team_id: 'T0OTHER', authorizations: [] });
    await bed.settled();
    expect((await installation(bed, 'E0ORG')).paused_at).toBeNull();
    await bed.here.sandbox.uninstall();
    await bed.settled();
    expect((await installation(bed, 'E0ORG')).paused_at).not.toBeNull();
  });

  it('is not mixed up with one of its teams that has the app for itself', async () => {
    const bed = await organised();
    const { sandbox, olivia, team } = bed.here;
    sandbox.world.organisation = null;
    await install(bed, bed.here);
    await sandbox.as(olivia).command('/release', 'list', team);
    expect(sandbox.as(olivia).lastPrivate(team)).toContain('Signalbox is not set up here');
    sandbox.world.organisation = { id: 'E0ORG', name: 'Org', teams: ['T0OTHER'] };
    await sandbox.as(olivia).command('/release', 'list', team);
    expect(sandbox.as(olivia).lastPrivate(team)).not.toContain('Signalbox is not set up here');
  });

  it('has its user groups read again in their team', async () => {
    const bed = await organised();
    const { sandbox, rita, olivia, team } = bed.here;
    sandbox.world.paid = true;
    sandbox.world.usergroups.set('S1', { id: 'S1', handle: 'rms', users: [rita] });
    await sandbox.as(rita).command('/release', 'setup', team);
    await sandbox.as(rita).fill('text', withGroup(sandbox.as(rita).modal()?.body));
    await sandbox.as(rita).submit();
    expect(sandbox.as(rita).modalText()).toContain('Catalog version 2 is active.');
    sandbox.world.usergroups.set('S1', { id: 'S1', handle: 'rms', users: [rita, olivia] });
    await bed.app.lookAround();
    const catalog = await currentCatalog(bed.database.database.db, (await installation(bed, 'E0ORG')).workspace_id);
    expect(catalog?.groups['rms']?.people).toContain(olivia);
  });

  it('is one workspace: everybody of it acts in any of its teams, people of others do not', async () => {
    const bed = await startBed();
    const { here } = bed;
    const { sandbox } = here;
    const { world } = sandbox;
    world.organisation = { id: 'E0ORG', name: 'Org & Co', teams: ['T0OTHER'] };
    for (const id of [here.olivia, here.rita]) {
      const user = world.users.get(id);
      if (user !== undefined) user.enterprise = 'E0ORG';
    }
    const done = await install(bed, here);
    expect(done.text).toContain('Signalbox is in Org &amp; Co');
    expect(done.text).toContain('/manage/E0ORG/integrations/profile/A0SIGNALBOX/workspaces/add');
    await setUp(bed, here);
    const elsewhere = sandbox.addUser('elsa', { teamId: 'T0OTHER', enterprise: 'E0ORG' });
    const stranger = sandbox.addUser('stan', { teamId: 'T0FOREIGN', enterprise: 'E0FOREIGN' });
    await sandbox.as(elsewhere).command('/release', 'new checkout 1.0.0 "From the other team"', here.team);
    await bed.settled();
    expect(sandbox.channelText(here.team)).toContain('checkout 1.0.0');
    await sandbox.as(stranger).command('/release', 'list', here.team);
    expect(sandbox.as(stranger).lastPrivate(here.team)).toContain('people of other workspaces cannot act here');
    // A channel by its name is looked for in each of its teams.
    const rita = sandbox.as(here.rita);
    await rita.command('/release', 'setup', here.team);
    const source = JSON.stringify(rita.modal()?.body).match(/"initial_value":"(.*?)(?<!\\\\)"/)?.[1] ?? '';
    const text = JSON.parse(`"${source}"`) as string;
    await rita.fill('text', text.replace(`channel: ${here.team}`, 'channel: "#team-checkout"'));
    await rita.submit();
    expect(rita.modalText()).toContain('Catalog version 2 is active.');
    await rita.close();
    expect(
      sandbox.api.calls.some(({ method, args }) => method === 'conversations.list' && args['team_id'] === 'T0SANDBOX'),
    ).toBe(true);
    await sandbox.as(here.rita).command('/release', 'doctor', here.team);
    expect(sandbox.as(here.rita).lastPrivate(here.team)).toContain('✓ Nothing hinders Signalbox here.');
    expect(await bed.database.database.db.selectFrom('workspaces').select('slack_id').execute()).toEqual([
      { slack_id: 'E0ORG' },
    ]);
  });
});
