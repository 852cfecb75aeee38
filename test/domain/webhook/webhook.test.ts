import { describe, expect, it } from 'vitest';
import type { EventKind } from '../../../src/domain/events.ts';
import { DAY, MINUTE } from '../../../src/domain/time.ts';
import {
  againIn,
  isToldOf,
  makeWebhook,
  rotateWebhook,
  stopWebhook,
  topicOf,
  type Webhook,
  type WebhookInput,
} from '../../../src/domain/webhook/webhook.ts';
import { aCatalog, anAct, done, NOW, refusalOf } from '../../support/builders.ts';

const input: WebhookInput = {
  name: 'data-warehouse',
  url: 'https://hooks.example.com/in?key=1',
  topics: ['releases', 'deployments'],
  services: [],
};
const make = (more: Partial<WebhookInput> = {}, taken: readonly string[] = []) =>
  makeWebhook({ ...input, ...more }, taken, aCatalog(), 41, anAct());
const webhook = (more: Partial<Webhook> = {}): Webhook => ({ ...done(make()).webhook, ...more });

describe('a webhook', () => {
  it('is told from now on, of what was chosen', () => {
    const made = done(make());
    expect(made.webhook).toMatchObject({ ...input, generation: 1, toldSeq: 41, stoppedAt: null });
    expect(made.events).toMatchObject([
      { kind: 'webhook.made', data: { webhook: 'data-warehouse', topics: ['releases', 'deployments'] } },
    ]);
  });

  it.each([
    ['a name that is none', { name: 'Data Warehouse' }, 'name'],
    ['an address that is none', { url: 'hooks.example.com' }, 'url'],
    ['another protocol', { url: 'ftp://hooks.example.com/' }, 'url'],
    ['a password in its address', { url: 'https://me:secret@hooks.example.com/' }, 'url'],
    ['no host in it', { url: 'https://:80/' }, 'url'],
    ['a port that is none', { url: 'https://hooks.example.com:99999/' }, 'url'],
    ['a space in it', { url: 'https://hooks.example.com/ x' }, 'url'],
    ['an address without end', { url: `https://hooks.example.com/${'x'.repeat(500)}` }, 'url'],
    ['nothing to tell', { topics: [] }, 'topics'],
    ['a service that there is not', { services: ['chekout'] }, 'service'],
  ] as const)('is refused with %s, at its field', (_, more, field) => {
    expect(refusalOf(make(more))).toMatchObject({ code: 'fields', problems: [{ field }] });
  });

  it('is refused under a name that is taken', () => {
    expect(refusalOf(make({}, ['data-warehouse']))).toMatchObject({ code: 'fields', problems: [{ field: 'name' }] });
  });

  it.each([
    ['release.created', 'checkout', [], true],
    ['deployment.failed', 'checkout', ['checkout'], true],
    ['deployment.failed', 'search', ['checkout'], false],
    ['release.created', null, ['checkout'], false],
    ['freeze.declared', null, [], false],
    ['approval.given', 'checkout', [], false],
  ] as const)('%s of %s, for the services %j: %s', (kind, service, services, told) => {
    expect(isToldOf(webhook({ services }), kind, service)).toBe(told);
  });

  it.each([
    ['round.opened', 'approvals'],
    ['artifact.recorded', 'gates'],
    ['lock.set', 'deployments'],
    ['breakglass.granted', 'freezes'],
    ['action.added', 'reviews'],
    ['catalog.applied', 'administration'],
    ['token.made', 'administration'],
  ] satisfies [EventKind, string][])('%s belongs to %s', (kind, topic) => expect(topicOf(kind)).toBe(topic));

  it('is signed by another secret after a rotation', () => {
    expect(done(rotateWebhook(webhook()))).toMatchObject({
      webhook: { generation: 2 },
      events: [{ kind: 'webhook.rotated' }],
    });
  });

  it('is stopped once, with the reason', () => {
    const stopped = done(stopWebhook(webhook(), 'it is gone', NOW));
    expect(stopped.webhook).toMatchObject({ stoppedAt: NOW, stoppedBecause: 'it is gone' });
    expect(refusalOf(stopWebhook(stopped.webhook, 'again', NOW))).toMatchObject({ code: 'status' });
    expect(refusalOf(rotateWebhook(stopped.webhook))).toMatchObject({ code: 'status' });
  });
});

describe('an attempt that was not taken', () => {
  it('is made again later and later, for a day and not longer', () => {
    const pauses: number[] = [];
    for (let attempts = 1; againIn(attempts) !== null; attempts += 1) pauses.push(againIn(attempts) ?? 0);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).toBeLessThan(MINUTE);
    const whole = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(whole).toBeGreaterThan(DAY * 0.9);
    expect(whole).toBeLessThanOrEqual(DAY);
  });
});
