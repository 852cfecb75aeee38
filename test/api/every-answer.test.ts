/**
 * Every answer that the document names is given by somebody: each operation is done once as it is meant to be, in lives that pipelines alone lead, and refused
 * in each way that it says.
 */
import { expect, it } from 'vitest';
import type { ApiDocument } from '../../src/api/docs-page.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { type Called, calling, makeToken } from '../support/api.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

type Seen = Map<string, Set<number>>;

/** The operation that a path is of, as the document writes it. */
const operationOf = (method: string, path: string): string =>
  `${method} ${path.replace(/\?.*$/, '').replace(/^(\/v1\/releases\/)[^/]+/, '$1{ref}')}`;

const noting =
  (seen: Seen, call: ReturnType<typeof calling>) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Called> => {
    const answer = await call(method, path, body, headers);
    const operation = operationOf(method, path);
    seen.set(operation, (seen.get(operation) ?? new Set()).add(answer.status));
    return answer;
  };
type Call = ReturnType<typeof noting>;

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
  await well(call, 'POST', of('cancel', 'REL-3'), { reason: 'not wanted' });
};

it('gives every answer that it names', { timeout: 180_000 }, async () => {
  const bed = await startTestbed();
  await bed.useCatalog(inSteps(bed));
  const token = await makeToken(bed);
  const seen: Seen = new Map();
  const call = noting(seen, calling(bed, token));
  const document = (await calling(bed, token)('GET', '/v1/openapi.json')).body as unknown as ApiDocument;
  await oneLife(bed, call);
  await otherLife(bed, call);
  const unseen = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses = {} }]) => {
      const operation = `${method.toUpperCase()} ${path}`;
      const missing = Object.keys(responses).filter((status) => !(seen.get(operation)?.has(Number(status)) ?? false));
      return missing.length === 0 ? [] : [`${operation}: ${missing.join(' ')}`];
    }),
  );
  expect(unseen).toEqual([]);
});
