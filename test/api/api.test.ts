/** The API as a pipeline uses it: a token made in Slack, the gate, a start, and what people see of it. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { approve, create, deactivate, freeze, typed } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { catalogText, startTestbed } from '../support/testbed.ts';

const TWO_DAYS = { start: '2026-03-03', start_time: '09:00', end: '2026-03-05', end_time: '07:00' };
const GATE = { service: 'checkout', version: '2.14.0', environment: 'production' };

describe('the gate', () => {
  it('answers as the card does, lets an approved version start, and people see it', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    const unknown = await call('POST', '/v1/gate', GATE);
    expect(unknown.body).toMatchObject({ decision: 'deny', release: null, reasons: [{ code: 'release.unknown' }] });
    await create(bed, '2.14.0');
    const waits = await call('POST', '/v1/gate', GATE);
    expect(waits).toMatchObject({ status: 200, body: { decision: 'wait', release: 'REL-1', startToken: null } });
    expect(JSON.stringify(waits.body)).toContain('still has to approve; adam and bella can');
    await approve(bed, '2.14.0');
    const allowed = await call('POST', '/v1/gate', GATE);
    expect(allowed.body).toMatchObject({ decision: 'allow', reasons: [] });
    const started = await call('POST', '/v1/deployments', {
      startToken: allowed.body['startToken'],
      run: 'https://ci.example.com/7',
    });
    expect(started).toMatchObject({
      status: 201,
      body: { release: { status: 'deploying' }, deployment: { state: 'running' } },
    });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('checkout-ci started the deployment to production.');
    const again = await call(
      'POST',
      '/v1/deployments',
      { startToken: allowed.body['startToken'] },
      { 'idempotency-key': 'other' },
    );
    expect(again).toMatchObject({ status: 409, body: { code: 'startToken.used' } });
    await call('POST', '/v1/releases/REL-1/report-step', { step: 'canary', percent: 25 });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('canary');
    const done = await call('POST', '/v1/releases/REL-1/deployment-succeeded', {});
    expect(done).toMatchObject({ status: 200, body: { release: { status: 'deployed' } } });
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
  });

  it('takes the name of a tag, wherever a version is named', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    const plan = { service: 'checkout', version: 'v2.14.0', title: 'Faster basket' };
    expect((await call('POST', '/v1/create-release', plan)).body).toMatchObject({ release: 'REL-1' });
    for (const version of ['v2.14.0', '2.14.0\n'])
      expect((await call('POST', '/v1/gate', { ...GATE, version })).body).toMatchObject({
        release: 'REL-1',
        version: '2.14.0',
      });
    expect((await call('GET', '/v1/releases/checkout@v2.14.0')).body).toMatchObject({ release: { key: 'REL-1' } });
    await typed(bed, 'olivia', 'show checkout@v2.14.0');
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('checkout 2.14.0');
  });

  it('waits for a change, and hears of it at once', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const waiting = call('POST', '/v1/gate', { ...GATE, wait: 50 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await approve(bed, '2.14.0');
    expect((await waiting).body).toMatchObject({ decision: 'allow' });
  });

  it('reads once for those who ask while nothing happens, and anew after every act and after a while', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const { situations } = bed.app.deps;
    const { read } = situations;
    let reads = 0;
    Object.assign(situations, {
      read: (...of: Parameters<typeof read>) => {
        reads += 1;
        return read(...of);
      },
    });
    const asking = async (): Promise<readonly [unknown, number]> => {
      reads = 0;
      const { body } = await call('POST', '/v1/gate', GATE);
      return [body['decision'], reads];
    };
    expect(await asking()).toEqual(['wait', 1]);
    expect(await asking()).toEqual(['wait', 0]);
    await approve(bed, '2.14.0');
    await bed.settled();
    expect(await asking()).toEqual(['allow', 1]);
    expect(await asking()).toEqual(['allow', 0]);
    await typed(bed, 'olivia', 'hold REL-1 "lunch"');
    expect(await asking()).toEqual(['wait', 1]);
    bed.sandbox.clock.advance(6_000);
    expect(await asking()).toEqual(['wait', 1]);
  });

  it('does not let through what an approver gave who has left since, and does again when they are back', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect((await call('POST', '/v1/gate', GATE)).body).toMatchObject({ decision: 'allow' });
    await deactivate(bed, 'adam');
    const left = await call('POST', '/v1/gate', GATE);
    expect(left.body).toMatchObject({ decision: 'wait', reasons: [{ code: 'approval.pending' }] });
    expect(JSON.stringify(left.body)).toContain('bella can');
    await bed.pass(0);
    await deactivate(bed, 'adam', false);
    expect((await call('POST', '/v1/gate', GATE)).body).toMatchObject({ decision: 'allow' });
    await bed.pass(0);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('waits for a freeze with its end, and for the planned time', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await bed.as('olivia').command('/release', 'schedule REL-1 tomorrow 09:00', bed.channels.team);
    await approve(bed, '2.14.0');
    const planned = await call('POST', '/v1/gate', GATE);
    expect(planned.body).toMatchObject({
      decision: 'wait',
      until: '2026-03-04T09:00:00.000Z',
      reasons: [{ code: 'plan.later' }],
    });
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'Books close',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-05',
      end_time: '07:00',
    });
    const frozen = await call('POST', '/v1/gate', GATE);
    expect(frozen.body).toMatchObject({ decision: 'wait', until: '2026-03-05T07:00:00.000Z' });
    const refused = await call('POST', '/v1/deployments', GATE);
    expect(refused).toMatchObject({ status: 409, body: { code: 'not_ready' } });
    expect(String(refused.body['detail'])).toContain('production is frozen until Thu 5 Mar 07:00 UTC (Quarter end)');
  });

  it('denies another artifact than the one that is known, and names both', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    const [a, b] = ['a', 'b'].map((each) => `sha256:${each.repeat(64)}`);
    await create(bed, '2.14.0');
    await call('POST', '/v1/releases/REL-1/record-artifact', { digest: a });
    await approve(bed, '2.14.0');
    expect((await call('POST', '/v1/gate', { ...GATE, digest: a })).body).toMatchObject({ decision: 'allow' });
    const other = await call('POST', '/v1/gate', { ...GATE, digest: b });
    expect(other.body).toMatchObject({ decision: 'deny', reasons: [{ code: 'artifact.differs' }] });
    expect(JSON.stringify(other.body)).toContain(`checkout 2.14.0 is ${a}, and ${b} is to be deployed`);
    expect(await call('POST', '/v1/deployments', { ...GATE, digest: b })).toMatchObject({ status: 409 });
    // The pass is for what was asked about.
    const pass = (await call('POST', '/v1/gate', { ...GATE, digest: a })).body['startToken'];
    expect(await call('POST', '/v1/deployments', { startToken: pass, digest: b })).toMatchObject({
      status: 403,
      body: { code: 'startToken.differs' },
    });
    expect(await call('POST', '/v1/deployments', { startToken: `${String(pass)}x` })).toMatchObject({ status: 403 });
    await bed.pass(HOUR);
    expect(await call('POST', '/v1/deployments', { startToken: pass })).toMatchObject({
      body: { code: 'startToken.over' },
    });
  });

  it('under light rules one call brings a version, and nobody clicks', async () => {
    const bed = await startTestbed({ preset: 'light' });
    const call = calling(bed, await makeToken(bed));
    const allowed = await call('POST', '/v1/gate', { ...GATE, title: 'Faster basket' });
    expect(allowed.body).toMatchObject({ decision: 'allow', release: 'REL-1' });
    expect(await call('POST', '/v1/deployments', GATE)).toMatchObject({
      status: 201,
      body: { release: { owner: bed.ids.rita } },
    });
  });

  it('of many starts at once one wins, the others hear who', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const all = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/deployments', GATE)));
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    const [other] = all.filter(({ status }) => status !== 201);
    expect(String(other?.body['detail'])).toContain('is being deployed to production by checkout-ci');
  });
});

describe('a repetition', () => {
  it('with the same key is done once and answered alike; with another body it is refused', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const key = { 'idempotency-key': 'run-7' };
    const all = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/deployments', GATE, key)));
    expect(new Set(all.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
    expect(all[0]?.status).toBe(201);
    const other = await call('POST', '/v1/releases/REL-1/add-change', { title: 'One' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency.reused' } });
  });
});

describe('a token', () => {
  it('does what it may, where it may, and nothing that is for people', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed, { scopes: ['evidence'], service: ['search'] }));
    await create(bed, '2.14.0');
    expect(await call('POST', '/v1/releases/REL-1/record-gate', { gate: 'x', outcome: 'passed' })).toMatchObject({
      status: 404,
    });
    expect(await call('GET', '/v1/releases/REL-1')).toMatchObject({ status: 404 });
    expect(await call('POST', '/v1/gate', GATE)).toMatchObject({ status: 403 });
    expect(await call('POST', '/v1/releases/REL-1/approve', {})).toMatchObject({ status: 404 });
    expect(await call('POST', '/v1/create-release', { service: 'search', version: '1.0.0', title: 'x' })).toMatchObject(
      { status: 403 },
    );
  });

  it('counts until it is rotated or revoked, and is never shown again', async () => {
    const bed = await startTestbed();
    const first = await makeToken(bed);
    const rita = bed.as('rita');
    expect((await calling(bed, first)('GET', '/v1/releases')).status).toBe(200);
    await rita.command('/release', 'token rotate checkout-ci', bed.channels.team);
    const second = /sbt_\w+/.exec(rita.lastPrivate(bed.channels.team))?.[0] ?? '';
    expect(second).not.toBe(first);
    expect(await calling(bed, first)('GET', '/v1/releases')).toMatchObject({
      status: 401,
      body: { code: 'token.unknown' },
    });
    expect((await calling(bed, second)('GET', '/v1/releases')).status).toBe(200);
    await rita.command('/release', 'token', bed.channels.team);
    expect(rita.lastPrivate(bed.channels.team)).toContain('checkout-ci  ·  plan, evidence, deploy, freeze');
    expect(rita.lastPrivate(bed.channels.team)).not.toContain('sbt_');
    await rita.command('/release', 'token revoke checkout-ci', bed.channels.team);
    expect(await calling(bed, second)('GET', '/v1/releases')).toMatchObject({
      status: 401,
      body: { code: 'token.over' },
    });
    await bed.as('stan').command('/release', 'token', bed.channels.team);
    expect(bed.as('stan').lastPrivate(bed.channels.team)).toContain('this is for admins');
    const kept = await bed.database.database.kysely
      .selectFrom('inbox')
      .select('answer')
      .where('workspace_id', '<>', 'wsp_none' as never)
      .execute();
    expect(JSON.stringify(kept)).not.toContain('sbt_');
  });

  it('expires, and without one nothing is answered', async () => {
    const bed = await startTestbed();
    const token = await makeToken(bed);
    await bed.pass(366 * DAY);
    expect(await calling(bed, token)('GET', '/v1/releases')).toMatchObject({
      status: 401,
      body: { code: 'token.over' },
    });
    expect(await calling(bed, null)('GET', '/v1/releases')).toMatchObject({
      status: 401,
      body: { code: 'token.missing' },
    });
    expect((await calling(bed, null)('GET', '/v1/openapi.json')).status).toBe(200);
  });

  it('plans for somebody, and is never the only one who asks', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    const made = await call('POST', '/v1/create-release', {
      service: 'checkout',
      version: '2.14.0',
      title: 'Faster',
      owner: bed.ids.olivia,
    });
    expect(made).toMatchObject({ status: 200 });
    expect(await call('GET', '/v1/releases/REL-1')).toMatchObject({
      body: { release: { owner: bed.ids.olivia, status: 'awaiting_approval' } },
    });
    await bed.settled();
    const card = await bed.card();
    await bed.as('olivia').click(card, 'Approve');
    expect(await bed.cardText()).toContain('waiting for approval');
    await bed.as('adam').click(await bed.card(), 'Approve');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });
});

describe('readings', () => {
  it('are pages with an end, and the same twice is not sent twice', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const first = await call('GET', '/v1/releases');
    expect(first).toMatchObject({ status: 200, body: { next: null } });
    const tag = first.headers.get('etag') ?? '';
    expect((await call('GET', '/v1/releases', undefined, { 'if-none-match': tag })).status).toBe(304);
    for (const path of [
      '/v1/releases/REL-1/readiness',
      '/v1/releases/REL-1/changes',
      '/v1/releases/REL-1/timeline',
      '/v1/environments',
      '/v1/freezes',
      '/v1/calendar',
    ])
      expect([path, (await call('GET', path)).status]).toEqual([path, 200]);
    expect(await call('GET', '/v1/releases?status=nope')).toMatchObject({ status: 422 });
    expect(await call('GET', '/v1/nothing')).toMatchObject({ status: 404 });
    const nobody = await calling(bed, null)('GET', '/v1/releases');
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await call('GET', '/v1/releases')).headers.get('www-authenticate')).toBeNull();
    const wrongWay = await call('GET', '/v1/gate');
    expect([wrongWay.status, wrongWay.headers.get('allow'), wrongWay.body['detail']]).toEqual([
      405,
      'POST',
      '/v1/gate is asked with POST: see /v1/docs.',
    ]);
    expect(await call('POST', '/v1/releases/REL-1/timeline', {})).toMatchObject({ status: 405 });
  });

  it.each([
    ['/v1/releases', 'releases', 'key'],
    ['/v1/releases/REL-2/timeline', 'events', 'sentence'],
  ])('%s: in pages of any size nothing is left out, and nothing comes twice', async (path, list, name) => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    for (const patch of [0, 1, 2, 3, 4]) await create(bed, `2.14.${patch}`);
    await approve(bed, '2.14.1');
    const read = async (query: string) => {
      const { body } = await call('GET', `${path}?${query}`);
      return {
        next: body['next'] as number | null,
        rows: (body[list] as Record<string, string>[]).map((row) => row[name]),
      };
    };
    const whole = await read('limit=200');
    expect(whole.rows.length).toBeGreaterThan(3);
    for (const limit of [1, 2, whole.rows.length]) {
      const pages: (string | undefined)[][] = [];
      let { next, rows } = await read(`limit=${limit}`);
      for (; ; { next, rows } = await read(`limit=${limit}&before=${next}`)) {
        expect(rows.length).toBeLessThanOrEqual(limit);
        pages.push(rows);
        if (next === null) break;
      }
      expect(list === 'events' ? pages.reverse().flat() : pages.flat()).toEqual(whole.rows);
    }
    for (const limit of ['0', '201', 'many']) expect((await call('GET', `${path}?limit=${limit}`)).status).toBe(422);
  });
});

describe('what a token cannot get round', () => {
  const STAGING = { ...GATE, environment: 'staging' };

  it('one place does not change another', async () => {
    const bed = await startTestbed();
    const everywhere = calling(bed, await makeToken(bed));
    const staging = calling(bed, await makeToken(bed, { name: 'staging-ci', environments: ['staging'] }));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await staging('POST', '/v1/deployments', GATE)).toMatchObject({ status: 403 });
    expect(await staging('POST', '/v1/deployments', STAGING)).toMatchObject({ status: 201 });
    expect(await everywhere('POST', '/v1/deployments', GATE)).toMatchObject({ status: 201 });
    expect(
      await staging('POST', '/v1/releases/REL-1/deployment-succeeded', { environment: 'production' }),
    ).toMatchObject({ status: 403 });
    await everywhere('POST', '/v1/releases/REL-1/deployment-succeeded', { environment: 'production' });
    expect(await staging('POST', '/v1/releases/REL-1/report-health', { healthy: false, reason: 'x' })).toMatchObject({
      status: 403,
    });
    expect(await staging('POST', '/v1/releases/REL-1/report-health', { healthy: true })).toMatchObject({ status: 403 });
    expect(await staging('POST', '/v1/releases/REL-1/roll-back', { reason: 'x' })).not.toMatchObject({ status: 200 });
  });

  it('a place is locked and opened by it where it may deploy, and nowhere else', async () => {
    const bed = await startTestbed();
    const staging = calling(
      bed,
      await makeToken(bed, { name: 'staging-ci', service: ['checkout'], environments: ['staging'] }),
    );
    const lock = (service: string, environment: string) =>
      staging('POST', '/v1/lock-environment', { service, environment, reason: 'load test' });
    expect(await lock('checkout', 'production')).toMatchObject({ status: 403 });
    expect(await lock('search', 'staging')).toMatchObject({ status: 403 });
    expect(await lock('checkout', 'staging')).toMatchObject({ status: 200 });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('checkout staging is locked by staging-ci: load test');
    await bed.as('rita').command('/release', 'lock checkout production "x"', bed.channels.team);
    expect(
      await staging('POST', '/v1/unlock-environment', { service: 'checkout', environment: 'production', reason: 'x' }),
    ).toMatchObject({ status: 403 });
    expect(
      await staging('POST', '/v1/unlock-environment', { service: 'checkout', environment: 'staging', reason: null }),
    ).toMatchObject({ status: 200 });
  });

  it('a freeze beyond what it is for is neither declared nor ended by it', async () => {
    const bed = await startTestbed();
    const little = calling(bed, await makeToken(bed, { service: ['search'], environments: ['staging'] }));
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'Books close',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-05',
      end_time: '07:00',
    });
    const id = await bed.database.database.kysely
      .selectFrom('freezes')
      .select('id')
      .where('workspace_id', '<>', 'x' as never)
      .executeTakeFirstOrThrow();
    expect(await little('POST', '/v1/end-freeze', { freeze: id.id, reason: 'x' })).toMatchObject({ status: 403 });
    const declared = {
      name: 'Mine',
      reason: 'x',
      severity: 'hard',
      start: '2026-03-03T18:00',
      end: '2026-03-04T07:00',
      zone: 'UTC',
      approvers: 'release-managers',
    };
    const all = { ...declared, scope: { services: [], environments: ['staging'] } };
    expect(await little('POST', '/v1/declare-freeze', all)).toMatchObject({ status: 403 });
    const own = { ...declared, scope: { services: ['search'], environments: ['staging'] } };
    expect(await little('POST', '/v1/declare-freeze', own)).toMatchObject({ status: 200 });
  });

  it('a pass starts once, what was allowed, and its key is answered alike even when the pass is old', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    const passOf = async () => (await call('POST', '/v1/gate', GATE)).body['startToken'];
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const pass = await passOf();
    expect(await call('POST', '/v1/deployments', { startToken: pass, service: 'search' })).toMatchObject({
      status: 403,
    });
    const key = { 'idempotency-key': 'run-7' };
    const first = await call('POST', '/v1/deployments', { startToken: pass }, key);
    expect(first.status).toBe(201);
    await call('POST', '/v1/releases/REL-1/deployment-failed', { reason: 'x' });
    expect(await call('POST', '/v1/deployments', { startToken: pass })).toMatchObject({
      status: 409,
      body: { code: 'startToken.used' },
    });
    await bed.pass(HOUR);
    expect(await call('POST', '/v1/deployments', { startToken: pass }, key)).toMatchObject({
      status: 201,
      body: first.body,
    });
    expect(await call('POST', '/v1/releases/REL-1/report-step', { step: 'x' }, key)).toMatchObject({
      status: 422,
      body: { code: 'idempotency.reused' },
    });
    expect(
      await call('POST', '/v1/releases/REL-1/report-step', { step: 'x' }, { 'idempotency-key': 'run' }),
    ).not.toMatchObject({ body: { code: 'idempotency.reused' } });
  });

  it('a pass for another artifact than the one that is known by now starts nothing', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    const pass = (await call('POST', '/v1/gate', GATE)).body['startToken'];
    for (const sha of ['aaaaaaa', 'bbbbbbb']) await call('POST', '/v1/releases/REL-1/record-artifact', { sha });
    await bed.settled();
    await approve(bed, '2.14.0');
    expect((await call('POST', '/v1/gate', GATE)).body).toMatchObject({ decision: 'allow' });
    const refused = await call('POST', '/v1/deployments', { startToken: pass });
    expect(refused.status).toBe(409);
    expect(String(refused.body['detail'])).toContain('another artifact than the one that was allowed');
  });

  it('what is tried in staging says nothing of the artifact, and nonsense is none', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect(await call('POST', '/v1/deployments', { ...STAGING, digest: 'latest' })).toMatchObject({ status: 422 });
    await call('POST', '/v1/deployments', { ...STAGING, digest: `sha256:${'e'.repeat(64)}` });
    expect(await call('GET', '/v1/releases/REL-1')).toMatchObject({
      body: { release: { artifact: { digest: null, sha: null } } },
    });
  });

  it('a release of another service is hung on nothing by it, and hangs nothing on it', async () => {
    const bed = await startTestbed();
    const search = calling(bed, await makeToken(bed, { name: 'search-ci', service: ['search'] }));
    await create(bed, '2.14.0');
    const made = await search('POST', '/v1/create-release', { service: 'search', version: '1.0.0', title: 'Synonyms' });
    expect(made.status).toBe(200);
    for (const kind of ['together', 'before'])
      expect(await search('POST', '/v1/releases/search@1.0.0/depend-on', { on: 'REL-1', kind })).toMatchObject({
        status: 403,
      });
  });

  it('a draft of others, the words of a restricted one, what is stored nowhere', async () => {
    const bed = await startTestbed({ gates: true });
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0', 'Secret plans');
    for (const path of ['/v1/releases/REL-1', '/v1/releases/REL-1/timeline', '/v1/releases/REL-1/changes'])
      expect((await call('GET', path)).status).toBe(404);
    expect((await call('POST', '/v1/gate', GATE)).body).toMatchObject({ decision: 'deny', release: null });
    expect(await call('POST', '/v1/releases/REL-1/cancel', { reason: 'x' })).toMatchObject({ status: 404 });
    // A gate before approval is of drafts.
    expect(
      await call('POST', '/v1/releases/REL-1/record-gate', { gate: 'regression', outcome: 'passed' }),
    ).toMatchObject({ status: 200 });
    for (const version of ['a\u0000', '\ud800'])
      expect((await call('POST', '/v1/gate', { ...GATE, version })).status).toBe(422);
    expect((await call('GET', '/v1/releases?before=99999999999')).status).toBe(422);
    let deep: unknown = [];
    for (let n = 0; n < 2_000; n += 1) deep = [deep];
    expect(
      (await call('POST', '/v1/releases/REL-1/add-change', { title: 'x', deep }, { 'idempotency-key': 'deep' })).status,
    ).toBeLessThan(500);
  });

  it('under light rules nothing is brought by a question that cannot be answered', async () => {
    const bed = await startTestbed({ preset: 'light' });
    const call = calling(bed, await makeToken(bed));
    expect(await call('POST', '/v1/gate', { ...GATE, environment: 'nowhere' })).toMatchObject({ status: 422 });
    expect((await call('GET', '/v1/releases')).body).toMatchObject({ releases: [] });
  });
});

describe('what comes in', () => {
  it('has to be JSON, and unknown tokens are not looked up for ever', async () => {
    const bed = await startTestbed();
    const token = await makeToken(bed);
    const url = `http://127.0.0.1:${bed.app.port}/v1/gate`;
    const form = await fetch(url, {
      method: 'POST',
      body: 'service=checkout',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([form.status, await form.json()]).toEqual([415, expect.objectContaining({ code: 'body.type' })]);
    const call = calling(bed, token);
    const nowhere = await call('POST', '/v1/gate', { service: 'checkout', version: '1.0.0', environment: 'moon' });
    expect(nowhere).toMatchObject({ status: 422, body: { errors: [{ field: 'environment' }] } });
    const stranger = calling(bed, `sbt_x_${'0'.repeat(64)}`);
    let last = await stranger('GET', '/v1/freezes');
    for (let n = 0; n < 700 && last.status === 401; n += 1) last = await stranger('GET', '/v1/freezes');
    expect([last.status, last.headers.get('retry-after')]).toEqual([429, '60']);
    expect((await call('GET', '/v1/freezes')).status).toBe(200);
  });

  it('may have no length, come in pieces, or be none: nothing fails', async () => {
    const bed = await startTestbed();
    const token = await makeToken(bed);
    await create(bed, '2.14.0');
    const raw = (method: string, path: string, headers: string, body: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(bed.app.port, '127.0.0.1');
        let text = '';
        socket.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        socket.on('end', () => resolve(text)).on('error', reject);
        socket.write(
          `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n${headers}\r\n${body}`,
        );
      });
    const statusOf = async (...of: Parameters<typeof raw>) => Number(/^HTTP\/1.1 (\d+)/.exec(await raw(...of))?.[1]);
    const json = JSON.stringify(GATE);
    const chunked = 'content-type: application/json\r\ntransfer-encoding: chunked\r\n';
    expect(await raw('POST', '/v1/gate', chunked, `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`)).toContain(
      '"decision":"wait"',
    );
    expect(await statusOf('POST', '/v1/gate', '', '')).toBe(422);
    expect([200, 409]).toContain(await statusOf('POST', '/v1/releases/REL-1/remind', '', ''));
    for (const method of ['DELETE', 'PUT', 'PATCH', 'OPTIONS'])
      for (const [path, status] of [
        ['/v1/releases', 405],
        ['/v1/gate', 405],
        ['/v1', 404],
        ['/hooks/signed/x/y', 404],
        ['/hooks/github/x/y', 404],
      ] as const)
        expect([method, path, await statusOf(method, path, '', '')]).toEqual([method, path, status]);
    const large = 'x'.repeat(1_100_000);
    expect(await statusOf('POST', '/v1/gate', chunked, `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`)).toBe(
      413,
    );
  });

  it('is known to its last field, and what the document says of it any client can check', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const when = await call('POST', '/v1/releases/REL-1/schedule', { when: { kind: 'asap', x: 1 } });
    expect(when).toMatchObject({ status: 422, body: { detail: expect.stringContaining('x is not known here') } });
    expect((await call('GET', '/v1/releases?pages=5')).status).toBe(422);
    expect((await call('POST', '/v1/gate', { ...GATE, wait: 61 })).body['detail']).toContain('at most 60 seconds');
    const step = await call('POST', '/v1/releases/REL-1/report-step', { step: 7 });
    expect(step.body).toMatchObject({ errors: [{ field: 'step', detail: 'has to be a string' }] });
    const document = JSON.stringify((await call('GET', '/v1/openapi.json')).body);
    for (const [, pattern = ''] of document.matchAll(/"pattern":"((?:[^"\\]|\\.)*)"/g))
      expect(JSON.parse(`"${pattern}"`)).not.toMatch(/^\/|\/[a-z]*$/);
  });

  it('has no name that is not known: in a query, and with what takes nothing', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const readings = ['', '/changes', '/readiness', '/timeline'].map((rest) => `/v1/releases/REL-1${rest}`);
    for (const path of [...readings, '/v1/releases', '/v1/freezes', '/v1/environments', '/v1/calendar'])
      expect([path, (await call('GET', `${path}?enviroment=production`)).body]).toMatchObject([
        path,
        { status: 422, errors: [{ field: 'enviroment' }] },
      ]);
    const resumed = await call('POST', '/v1/releases/REL-1/resume', { reason: 'x' });
    expect(resumed).toMatchObject({ status: 422, body: { errors: [{ field: 'reason' }] } });
    expect((await call('POST', '/v1/releases/REL-1/resume', {})).body).not.toHaveProperty('errors');
    for (const [method, path] of [
      ['PUT', '/v1/mcp'],
      ['POST', '/v1/docs'],
      ['DELETE', '/v1/openapi.json'],
    ] as const)
      expect([path, (await call(method, path)).status]).toEqual([path, 405]);
    expect((await call('POST', '/v1/mcp', [])).status).toBe(400);
  });

  it('is an address where one is asked for, and a time where one is', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const change = { title: 'x', link: 'javascript:alert(1)' };
    expect(await call('POST', '/v1/releases/REL-1/add-change', change)).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'link' }] },
    });
    expect((await call('POST', '/v1/deployments', { ...GATE, run: 'javascript:alert(1)' })).body).toMatchObject({
      errors: [{ field: 'run', detail: 'is no address: write it like https://ci.example.com/run/7' }],
    });
    const when = { kind: 'at', start: 'tomorrow', end: null };
    expect((await call('POST', '/v1/releases/REL-1/schedule', { when })).body['detail']).toContain('is no time');
  });

  it('tells a token nothing of what it is not for', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed, { service: ['search'] }));
    await create(bed, '2.14.0');
    await freeze(bed, { name: 'Of checkout', reason: 'x', scope: ['checkout'], ...TWO_DAYS });
    for (const path of ['/v1/freezes', '/v1/calendar'])
      expect([path, JSON.stringify((await call('GET', path)).body)]).not.toContain('Of checkout');
    const answers = await Promise.all(
      ['2.14.0', '9.9.9'].map((version) => call('POST', '/v1/deployments', { ...GATE, version })),
    );
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
  });

  it('nobody approves what their own token planned or asked for', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed, {}, 'adam'));
    await call('POST', '/v1/create-release', {
      service: 'checkout',
      version: '2.14.0',
      title: 'Faster basket',
      owner: bed.ids.olivia,
    });
    expect(await typed(bed, 'adam', 'approve REL-1')).toContain('Not counted: you made the token that planned it');
    expect(await typed(bed, 'bella', 'approve REL-1')).toContain('Counted.');
  });

  it('says how it stands now: what time has done counts before anybody acts', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    bed.sandbox.clock.advance(5 * DAY);
    const { body } = await call('POST', '/v1/gate', GATE);
    expect(JSON.stringify(body)).toContain('approval has to be asked again (expired)');
    expect(await typed(bed, 'olivia', 'why REL-1')).toContain('approval has to be asked again (expired)');
  });

  it('names a place that there is, a zone that is one, and people who are here', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    expect(
      await call('POST', '/v1/releases/REL-1/request-exception', { environment: 'moon', reason: 'x' }),
    ).toMatchObject({ status: 422, body: { errors: [{ field: 'environment' }] } });
    const change = { title: 'Mine', link: null, author: 'UNOBODY99' };
    expect((await call('POST', '/v1/releases/REL-1/add-change', change)).status).toBe(422);
    const odd = await call('POST', '/v1/releases/REL-1/schedule', { targets: 5 });
    expect(odd.body['errors']).toMatchObject([{ field: 'when' }, { field: 'targets' }]);
  });

  it('a pipeline does not lift what a person holds', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'hold REL-1 "legal says stop"');
    const resumed = await call('POST', '/v1/releases/REL-1/resume', {});
    expect(resumed).toMatchObject({ status: 403, body: { detail: expect.stringContaining('legal says stop') } });
    await typed(bed, 'olivia', 'resume REL-1');
    expect((await call('POST', '/v1/releases/REL-1/hold', { reason: 'queue' })).status).toBe(200);
    expect((await call('POST', '/v1/releases/REL-1/resume', {})).status).toBe(200);
  });

  it('another artifact that went out unasked is named beside the one that is known', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed));
    await create(bed, '2.14.0');
    const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
    await call('POST', '/v1/releases/REL-1/record-artifact', { digest: digest('a') });
    await call('POST', '/v1/releases/REL-1/report-deployment', {
      environment: 'production',
      secondsAgo: 5,
      reason: 'gone on',
      digest: digest('b'),
    });
    await bed.settled();
    const told = await bed.channelText(bed.channels.team);
    expect(told).toContain(`Known is ${digest('a')}; deployed was ${digest('b')}`);
    expect(await typed(bed, 'olivia', 'timeline REL-1')).not.toContain('Signalbox started');
  });

  it('is still kept to its service when that is renamed', async () => {
    const bed = await startTestbed();
    const call = calling(bed, await makeToken(bed, { service: ['checkout'] }));
    await bed.useCatalog(catalogText(bed.ids, {}).replace('  checkout: {', '  basket: { renamed_from: checkout,'));
    expect((await call('GET', '/v1/environments')).body).toMatchObject({
      environments: [{ service: 'basket' }, { service: 'basket' }],
    });
    expect((await call('GET', '/v1/environments?service=search')).status).toBe(403);
  });
});
