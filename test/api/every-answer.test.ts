/**
 * Every answer that the document names is given by somebody: each operation is done once as it is meant to be, in lives that pipelines alone lead, and refused
 * in each way that it says.
 */
import { request } from 'node:http';
import pg from 'pg';
import { expect, it } from 'vitest';
import type { ApiDocument } from '../../src/api/docs-page.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { type Called, calling, makeToken } from '../support/api.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

type Seen = Map<string, Set<number>>;

/** The operation that a path is of, as the document writes it. */
const operationOf = (method: string, path: string): string =>
  `${method} ${path.replace(/\?.*$/, '').replace(/^(\/v1\/releases\/)[^/]+/, '$1{ref}')}`;

const note = (seen: Seen, method: string, path: string, status: number): void => {
  const operation = operationOf(method, path);
  seen.set(operation, (seen.get(operation) ?? new Set()).add(status));
};

const noting =
  (seen: Seen, call: ReturnType<typeof calling>) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Called> => {
    const answer = await call(method, path, body, headers);
    note(seen, method, path, answer.status);
    return answer;
  };
type Call = ReturnType<typeof noting>;

/** Says that more comes than is taken, and sends none of it: the answer is there before. */
const tooLarge = (bed: Testbed, token: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': 2_000_000,
    };
    const sent = request({ host: '127.0.0.1', port: bed.app.port, path, method: 'POST', headers }, (answer) => {
      resolve(answer.statusCode ?? 0);
      sent.destroy();
    });
    sent.on('error', reject);
    sent.flushHeaders();
  });

/** Done as it is meant to be. */
const well = async (call: Call, method: string, path: string, body?: unknown): Promise<Called> => {
  const answer = await call(method, path, body);
  expect([path, answer.status, answer.body['detail'] ?? '']).toEqual([path, expect.toBeOneOf([200, 201]), '']);
  return answer;
};

const inSteps = (bed: Testbed): string =>
  catalogText(bed.ids, { gates: true, preset: 'light' }).replace(
    'repository: acme/checkout,',
    'policy: standard, strategy: canary, health: [{ metric: errors, above: 2 }], runbook: [Tell support], verify: { people: 1, checklist: [Buy one] },',
  );

const plan = (version: string, more: object = {}) => ({
  service: 'checkout',
  version,
  title: 'Faster basket',
  customers: null,
  rollbackPlan: 'Redeploy',
  ...more,
});

/** Plans, asks, is approved, goes in steps, is looked at. */
const oneLife = async (bed: Testbed, call: Call): Promise<void> => {
  const of = (verb: string, key = 'REL-1') => `/v1/releases/${key}/${verb}`;
  await well(call, 'POST', '/v1/create-release', plan('2.14.0'));
  await well(call, 'POST', of('edit'), { title: 'Much faster basket' });
  await well(call, 'POST', of('add-change'), { title: 'One page', link: null });
  await well(call, 'POST', of('remove-change'), { which: '1' });
  await well(call, 'POST', of('assign'), { role: 'deployer', to: bed.ids.olivia });
  await well(call, 'POST', of('schedule'), { when: { kind: 'asap' } });
  await well(call, 'POST', of('hold'), { reason: 'waits for the DBA' });
  await well(call, 'POST', of('resume'));
  await well(call, 'POST', of('record-artifact'), { sha: 'c'.repeat(40), digest: null });
  await well(call, 'POST', of('record-gate'), { gate: 'regression', outcome: 'passed', comment: null });
  await well(call, 'POST', of('withdraw'));
  await well(call, 'POST', of('submit'));
  await bed.pass(HOUR);
  await well(call, 'POST', of('remind'));
  await well(call, 'POST', '/v1/create-release', plan('2.15.0'));
  await well(call, 'POST', of('record-gate', 'REL-2'), { gate: 'regression', outcome: 'passed', comment: null });
  await well(call, 'POST', of('depend-on', 'REL-2'), { on: 'REL-1' });
  await well(call, 'POST', of('depend-no-more', 'REL-2'), { on: 'REL-1' });
  await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
  await well(call, 'POST', '/v1/lock-environment', {
    service: 'checkout',
    environment: 'staging',
    reason: 'a load test',
  });
  await well(call, 'POST', '/v1/unlock-environment', { service: 'checkout', environment: 'staging', reason: null });
  await well(call, 'POST', of('start-deployment'), { environment: 'staging', reason: null });
  await well(call, 'POST', of('deployment-succeeded'), { environment: 'staging' });
  const gate = await well(call, 'POST', '/v1/gate', {
    service: 'checkout',
    version: '2.14.0',
    environment: 'production',
  });
  const { startToken } = gate.body;
  await well(call, 'POST', '/v1/deployments', {
    service: 'checkout',
    version: '2.14.0',
    environment: 'production',
    startToken,
  });
  await well(call, 'POST', of('pause-deployment'), { environment: null, reason: 'the cache is cold' });
  await well(call, 'POST', of('resume-deployment'), { environment: null });
  await well(call, 'POST', of('tick-item'), { environment: null, item: 1 });
  await well(call, 'POST', of('report-metric'), { environment: null, metric: 'errors', value: 1 });
  await bed.pass(15 * MINUTE);
  await well(call, 'POST', of('next-step'), { environment: null, reason: null });
  await well(call, 'POST', of('report-step'), { environment: null, step: '100 %', percent: 100 });
  await well(call, 'POST', of('deployment-succeeded'), { environment: 'production' });
  await well(call, 'POST', of('tick-item'), { environment: null, item: 2 });
  await well(call, 'POST', of('report-health'), { healthy: true, reason: null });
  for (const reading of ['', '/changes', '/readiness', '/timeline'])
    await well(call, 'GET', `/v1/releases/REL-1${reading}`);
  for (const reading of ['releases', 'environments', 'freezes', 'calendar']) await well(call, 'GET', `/v1/${reading}`);
};

/** Fails and goes back, twice; another one is kept out by a freeze and moved behind it. */
const otherLife = async (bed: Testbed, call: Call): Promise<void> => {
  const of = (verb: string, key = 'REL-2') => `/v1/releases/${key}/${verb}`;
  await bed.as('adam').command('/release', 'approve REL-2', bed.channels.team);
  await well(call, 'POST', of('start-deployment'), { environment: 'staging', reason: null });
  await well(call, 'POST', of('abort-deployment'), { environment: 'staging', reason: null });
  await well(call, 'POST', of('report-deployment'), {
    environment: 'staging',
    secondsAgo: 5,
    reason: 'the gate was not reached',
    sha: null,
    digest: null,
    run: null,
  });
  await well(call, 'POST', of('deployment-failed'), { environment: 'staging', reason: 'no disk' });
  await well(call, 'POST', of('start-deployment'), { environment: 'staging', reason: null });
  await well(call, 'POST', of('deployment-succeeded'), { environment: 'staging' });
  await well(call, 'POST', of('start-deployment'), { environment: 'production', reason: null });
  await well(call, 'POST', of('roll-back'), { reason: 'errors' });
  await well(call, 'POST', of('rollback-failed'), { reason: 'the image is gone' });
  await well(call, 'POST', of('roll-back'), { reason: 'errors' });
  await well(call, 'POST', of('rollback-succeeded'));
  await well(call, 'POST', of('rework'));
  const [start, end] = [HOUR, DAY].map((ms) => new Date(bed.sandbox.clock.now() + ms).toISOString().slice(0, 16));
  const soon = (ms: number) => new Date(bed.sandbox.clock.now() + ms).toISOString();
  await well(call, 'POST', '/v1/declare-freeze', {
    name: 'Quarter end',
    reason: 'Books are closed',
    scope: { services: ['search'], environments: ['production'] },
    start,
    end,
    zone: 'UTC',
    severity: 'hard',
    approvers: 'release-managers',
  });
  const { freezes } = (await call('GET', '/v1/freezes')).body as { freezes: { id: string }[] };
  const freezeId = freezes[0]?.id;
  const when = { kind: 'at', start: soon(2 * HOUR), end: null };
  await well(call, 'POST', '/v1/create-release', { ...plan('4.2.0'), service: 'search', when });
  await well(call, 'POST', of('record-gate', 'REL-3'), { gate: 'regression', outcome: 'passed', comment: null });
  await well(call, 'POST', of('request-exception', 'REL-3'), {
    environment: 'production',
    reason: 'A fix',
    urgency: 'today',
    blastRadius: 'who searches',
    rollback: 'redeploy',
  });
  await well(call, 'POST', of('move-after-freeze', 'REL-3'), { start: soon(3 * DAY) });
  await well(call, 'POST', '/v1/move-end-of-freeze', { freeze: freezeId, endsAt: soon(2 * DAY), reason: 'late' });
  await well(call, 'POST', '/v1/end-freeze', { freeze: freezeId, reason: 'done early' });
  await call('POST', '/v1/end-freeze', { freeze: freezeId, reason: 'done early' });
  await call('POST', '/v1/move-end-of-freeze', { freeze: freezeId, endsAt: soon(3 * DAY), reason: 'late' });
  await well(call, 'POST', of('cancel', 'REL-3'), { reason: 'not wanted' });
};

type Asked = { method: string; path: string; body: unknown };

/** Each operation with a body that its schema takes, on this release. */
const each = (document: ApiDocument, key: string): readonly Asked[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{ref}', key),
      body: method === 'get' ? undefined : (BODIES[path.split('/').at(-1) ?? ''] ?? {}),
    })),
  );

const AT = '2026-03-09T10:00:00.000Z';
const BODIES: Readonly<Record<string, object>> = {
  gate: { service: 'checkout', version: '2.14.0', environment: 'production' },
  deployments: { service: 'checkout', version: '2.14.0', environment: 'production' },
  'create-release': plan('3.0.0'),
  'add-change': { title: 'One page', link: null },
  'remove-change': { which: '1' },
  assign: { role: 'owner', to: 'U1' },
  schedule: { when: { kind: 'asap' } },
  hold: { reason: 'x' },
  cancel: { reason: 'x' },
  'depend-on': { on: 'REL-2' },
  'depend-no-more': { on: 'REL-2' },
  'record-gate': { gate: 'regression', outcome: 'passed', comment: null },
  'record-artifact': { sha: 'd'.repeat(40), digest: null },
  'declare-freeze': {
    name: 'Audit',
    reason: 'Audit',
    severity: 'hard',
    scope: { services: [], environments: [] },
    start: '2026-04-01T10:00',
    end: '2026-04-02T10:00',
    zone: 'UTC',
    approvers: 'release-managers',
  },
  'end-freeze': { freeze: 'frz_none', reason: 'x' },
  'move-end-of-freeze': { freeze: 'frz_none', endsAt: AT, reason: 'x' },
  'request-exception': { environment: 'production', reason: 'x' },
  'move-after-freeze': { start: AT },
  'start-deployment': { environment: 'production', reason: null },
  'report-deployment': { environment: 'production', secondsAgo: 1, reason: 'x', sha: null, digest: null, run: null },
  'deployment-succeeded': { environment: null },
  'deployment-failed': { environment: null, reason: 'x' },
  'abort-deployment': { environment: null, reason: null },
  'report-step': { environment: null, step: 'x', percent: null },
  'next-step': { environment: null, reason: null },
  'pause-deployment': { environment: null, reason: 'x' },
  'resume-deployment': { environment: null },
  'report-metric': { environment: null, metric: 'errors', value: 1 },
  'report-health': { healthy: true, reason: null },
  'tick-item': { environment: null, item: 1 },
  'roll-back': { reason: 'x' },
  'rollback-failed': { reason: 'x' },
  'lock-environment': { service: 'checkout', environment: 'staging', reason: 'x' },
  'unlock-environment': { service: 'checkout', environment: 'staging', reason: null },
};

const pausing = async (bed: Testbed, at: string | null): Promise<void> => {
  await bed.app.deps.database.kysely
    .updateTable('workspaces')
    .set({ paused_at: at as never })
    .execute();
};

/** Somebody holds the workspace for longer than anybody waits: each write says to come again. On the engine that has several sessions. */
const whileHeldUp = async (seen: Seen): Promise<void> => {
  const bed = await startTestbed({ engine: 'postgres' });
  await bed.useCatalog(inSteps(bed));
  const quiet = calling(bed, await makeToken(bed));
  const call = noting(seen, quiet);
  await well(quiet, 'POST', '/v1/create-release', plan('2.14.0'));
  await well(quiet, 'POST', '/v1/create-release', plan('2.15.0'));
  const document = (await quiet('GET', '/v1/openapi.json')).body as unknown as ApiDocument;
  const client = new pg.Client({ connectionString: bed.database.url ?? '' });
  await client.connect();
  await client.query('begin');
  await client.query('select 1 from workspaces for update');
  const asked = each(document, 'REL-1').filter(({ method }) => method === 'POST');
  for (let at = 0; at < asked.length; at += 8)
    await Promise.all(asked.slice(at, at + 8).map(({ method, path, body }) => call(method, path, body)));
  // A version that nobody knows is planned by the question.
  await call('POST', '/v1/gate', { service: 'checkout', version: '9.0.0', environment: 'production' });
  await client.query('rollback');
  await client.end();
};

it('gives every answer that it names', { timeout: 180_000 }, async () => {
  const bed = await startTestbed();
  await bed.useCatalog(inSteps(bed));
  const [token, tired, narrow] = [
    await makeToken(bed),
    await makeToken(bed, { name: 'tired-ci' }),
    await makeToken(bed, { name: 'narrow-ci', service: ['search'] }),
  ];
  const seen: Seen = new Map();
  const call = noting(seen, calling(bed, token));
  const document = (await calling(bed, token)('GET', '/v1/openapi.json')).body as unknown as ApiDocument;
  await oneLife(bed, call);
  await otherLife(bed, call);
  // REL-3 is cancelled: whatever is wanted of it is in the way of itself. REL-1 is deployed, and its places are free.
  for (const key of ['REL-3', 'REL-1'])
    for (const { method, path, body } of each(document, key)) {
      const sent = path.endsWith('/assign') ? { role: 'owner', to: bed.ids.adam } : body;
      await call(method, path, sent);
      await call(method, path, method === 'GET' ? undefined : { service: 5 });
    }
  for (const { method, path, body } of each(document, 'REL-99')) {
    await call(method, `${path}?service=nothing&environment=nowhere&status=x&before=x&weeks=x`, body);
    await call(method, `${path}?service=nothing`, body);
    if (method === 'POST') {
      await call(method, path, body);
      note(seen, method, path, await tooLarge(bed, token, path));
      await call(method, path, body, { 'content-type': 'text/plain' });
    }
  }
  // By now nothing is locked there.
  await call('POST', '/v1/unlock-environment', { service: 'checkout', environment: 'staging', reason: null });
  await call('GET', '/v1/releases/REL-1/readiness?environment=nowhere');
  const kept = { 'idempotency-key': 'once' };
  expect((await call('POST', '/v1/create-release', plan('3.1.0'), kept)).status).toBe(200);
  for (const { method, path, body } of each(document, 'REL-1'))
    if (method === 'POST') await call(method, path, body, kept);
  const unknown = noting(seen, calling(bed, null));
  const barred = noting(seen, calling(bed, narrow));
  for (const { method, path, body } of each(document, 'REL-1')) {
    await unknown(method, path, body);
    await barred(method, path, body);
  }
  await pausing(bed, AT);
  for (const { method, path, body } of each(document, 'REL-1')) await call(method, path, body);
  await pausing(bed, null);
  const slow = calling(bed, tired);
  for (let n = 0; n < 600; n += 50)
    await Promise.all(Array.from({ length: 50 }, () => slow('GET', '/v1/releases/REL-99')));
  const tiring = noting(seen, slow);
  for (const { method, path, body } of each(document, 'REL-1')) await tiring(method, path, body);
  await whileHeldUp(seen);
  const unseen = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses = {} }]) => {
      const operation = `${method.toUpperCase()} ${path}`;
      const missing = Object.keys(responses).filter((status) => !(seen.get(operation)?.has(Number(status)) ?? false));
      return missing.length === 0 ? [] : [`${operation}: ${missing.join(' ')}`];
    }),
  );
  expect(unseen).toEqual([]);
});
