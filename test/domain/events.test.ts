/** What the journal says of each thing that can happen, and of whom. */
import { describe, expect, it } from 'vitest';
import { type EventData, type EventKind, eventSentence, happened, type StoredEvent } from '../../src/domain/events.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { ADAM, aRelease, BELLA, NOW, OWNER } from '../support/builders.ts';

const names = { [ADAM]: 'adam', [BELLA]: 'bella', [OWNER]: 'olivia' };
const { id } = aRelease();

/** One of every kind, with data that can be told apart. */
const DATA: EventData = {
  'release.created': { version: '2.14.0', service: 'checkout' },
  'release.edited': { fields: ['the title', 'the time'] },
  'release.assigned': { role: 'deployer', to: BELLA },
  'release.held': { until: null },
  'release.resumed': {},
  'release.hold_ended': {},
  'release.cancelled': { replacedBy: null },
  'release.came_back': { status: 'approved' },
  'release.closed': { outcome: 'success with issues' },
  'release.reopened': {},
  'release.reworked': { revision: 2 },
  'change.added': { change: 'chg_1' },
  'change.removed': { change: 'chg_1' },
  'round.opened': { round: 1, hash: 'cafe', risk: 'medium', asked: [ADAM] },
  'round.approved': { round: 1, validUntil: NOW },
  'round.withdrawn': { round: 1 },
  'round.expired': { round: 1 },
  'round.invalidated': { round: 1, differences: ['time', 'risk'], carried: [] },
  'round.reopened': { round: 1 },
  'round.widened': { round: 1, asked: [ADAM, BELLA] },
  'round.reminded': { round: 1 },
  'round.stuck': { round: 1, rule: 'service owners', needs: 1, left: 0 },
  'approval.by_policy': { policy: 'light', catalogVersion: 7 },
  'approval.lapsed': { round: 1 },
  'approval.given': { round: 1, hash: 'cafe' },
  'approval.undone': { round: 1 },
  'approval.rejected': { round: 1, hash: 'cafe' },
  'risk.raised': { round: 1, from: 'low', to: 'high' },
  'question.asked': { round: 1 },
  'question.answered': { round: 1 },
  'gate.recorded': { gate: 'regression', outcome: 'passed', revision: 1 },
  'gate.waived': { gate: 'regression', until: NOW },
  'deployment.started': { environment: 'production', version: '2.14.0', before: '2.13.1', attempt: 1, reasons: [] },
  'deployment.unasked': { environment: 'production', version: '2.14.0', inTheWay: ['approval'], artifact: null },
  'deployment.succeeded': { environment: 'production', version: '2.14.0', before: '2.13.1', minutes: 48 },
  'deployment.failed': { environment: 'production', version: '2.14.0', timedOut: false },
  'deployment.aborted': { environment: 'production', version: '2.14.0' },
  'deployment.rolled_back': { environment: 'production', version: '2.14.0', to: '2.13.1', minutes: 4 },
  'deployment.ended_in_part': { came: ['eu'], left: ['us'], back: 'us' },
  'rollout.moved': { environment: 'production', step: '10 %', percent: 10, against: false },
  'rollout.paused': { environment: 'production', step: '10 %' },
  'rollout.resumed': { environment: 'production', step: '10 %' },
  'rollout.stopped': { environment: 'production', metric: 'errors', value: 4, rule: 'errors at most 2' },
  'rollout.recovered': { environment: 'production', metric: 'errors', value: 1, rule: 'errors at most 2' },
  'deployment.handed_over': { environment: 'production', to: ADAM },
  'release.depends': { on: 'search 4.2.0 (REL-7)', kind: 'before', added: true },
  'release.fixed': { by: 'REL-2', version: '2.14.1' },
  'release.unfixed': { by: 'REL-2', version: '2.14.1', how: 'was rolled back' },
  'health.reported': { healthy: true },
  'health.confirmed': { said: 1, needed: 2 },
  'health.signal': {
    environment: 'production',
    signal: 'https://shop.example/health',
    ok: false,
    said: 'answered 503',
  },
  'checklist.ticked': { environment: 'production', item: 2, done: true },
  'lock.set': { environment: 'production' },
  'lock.lifted': { environment: 'production' },
  'freeze.declared': { freeze: 3, startsAt: NOW, endsAt: NOW },
  'freeze.ended': { freeze: 3 },
  'freeze.moved': { freeze: 3, endsAt: NOW, before: NOW },
  'exception.requested': { freeze: 3, environment: 'production' },
  'exception.decided': { freeze: 3, environment: 'production', verdict: 'granted' },
  'exception.revoked': { freeze: 3, name: 'Quarter end', environment: 'production' },
  'breakglass.granted': { environment: 'production', second: BELLA, until: NOW },
  'breakglass.confirmed': { environment: 'production' },
  'breakglass.judged': { verdict: 'justified' },
  'review.opened': { form: 'full', dueAt: NOW },
  'review.submitted': { outcome: 'success' },
  'action.added': { owner: ADAM, due: NOW },
  'action.finished': { state: 'done' },
  'artifact.recorded': { revision: 2, artifact: 'sha256:cafe' },
  'deployment.step': { environment: 'production', percent: 25 },
  'token.made': { token: 'checkout-ci', scopes: ['plan', 'deploy'] },
  'token.rotated': { token: 'checkout-ci' },
  'token.revoked': { token: 'checkout-ci' },
  'webhook.made': { webhook: 'data-warehouse', topics: ['releases'] },
  'webhook.rotated': { webhook: 'data-warehouse' },
  'webhook.stopped': { webhook: 'data-warehouse', because: 'an admin stopped it' },
  'webhook.replayed': { webhook: 'data-warehouse', event: 'deployment.failed' },
  'catalog.applied': { version: 8 },
  'catalog.proposed': { version: 8, parts: ['policies', 'roles'] },
  'groups.changed': { version: 8, groups: ['owners'], joined: [ADAM], left: [BELLA, OWNER] },
  'person.left': { person: ADAM },
  'person.came_back': { person: ADAM },
  'workspace.installed': { scopes: ['commands'] },
  'workspace.paused': { because: 'uninstalled' },
  'message.resumed': { channel: 'C1' },
  'message.undeliverable': { kind: 'card', error: 'channel_not_found' },
};
const KINDS = Object.keys(DATA) as EventKind[];

const told = <Kind extends EventKind>(
  kind: Kind,
  data: Partial<EventData[Kind]> = {},
  more: { words?: string | null; actor?: StoredEvent['actor'] } = {},
): string => {
  const draft = happened(id, kind, { ...DATA[kind], ...data }, { words: more.words ?? null });
  const stored = { ...draft, id: 'evt_1' as never, seq: 1, at: NOW, actor: more.actor ?? OWNER, surface: 'slack' };
  return sentenceText(eventSentence(stored as StoredEvent), { names, command: '/release', zone: 'Europe/London' });
};

/** What time, a rule or another event did: told without a person, whoever's act it came with. */
const NOBODYS: readonly EventKind[] = [
  'release.hold_ended',
  'release.came_back',
  'round.approved',
  'round.expired',
  'round.invalidated',
  'round.reopened',
  'round.widened',
  'round.stuck',
  'approval.by_policy',
  'approval.lapsed',
  'deployment.unasked',
  'deployment.succeeded',
  'deployment.ended_in_part',
  'lock.set',
  'review.opened',
  'groups.changed',
  'person.left',
  'person.came_back',
  'workspace.paused',
  'webhook.stopped',
  'message.resumed',
  'message.undeliverable',
  'health.signal',
  'release.fixed',
  'release.unfixed',
];
const SOMEBODYS = KINDS.filter((kind) => !NOBODYS.includes(kind));

/** Where people may give a reason, a comment or their words. */
const WITH_WORDS: readonly EventKind[] = [
  'release.held',
  'release.cancelled',
  'release.reopened',
  'change.added',
  'change.removed',
  'round.withdrawn',
  'round.invalidated',
  'approval.given',
  'approval.rejected',
  'risk.raised',
  'question.asked',
  'question.answered',
  'gate.recorded',
  'gate.waived',
  'deployment.started',
  'deployment.failed',
  'deployment.aborted',
  'deployment.rolled_back',
  'lock.lifted',
  'freeze.declared',
  'freeze.ended',
  'exception.requested',
  'exception.decided',
  'breakglass.granted',
  'breakglass.judged',
  'action.added',
  'action.finished',
];

describe('every event', () => {
  it.each(KINDS)('%s is one whole sentence', (kind) => {
    const sentence = told(kind);
    expect(sentence).toMatch(/^\S.*\S\.$/);
    expect(sentence).not.toMatch(/undefined|null|NaN|\[object|\.\.|: \.| {2}|!/);
  });

  it.each(SOMEBODYS)('%s says who did it', (kind) => {
    expect(told(kind)).toMatch(/^olivia /);
    expect(told(kind, {}, { actor: BELLA })).toBe(told(kind).replace('olivia', 'bella'));
    expect(told(kind, {}, { actor: 'signalbox' })).toBe(told(kind).replace('olivia', 'Signalbox'));
  });

  it.each(NOBODYS)("%s is nobody's act, and never shown as one", (kind) => {
    expect(told(kind)).not.toContain('olivia');
    expect(told(kind, {}, { actor: BELLA })).toBe(told(kind));
  });

  it.each(WITH_WORDS)('%s quotes what was said, and nothing where nothing was said', (kind) => {
    expect(told(kind, {}, { words: 'no load test' })).toContain('no load test');
    expect(told(kind, {}, { words: '' })).not.toContain('“”');
  });
});

describe('what is told', () => {
  it.each([
    [told('release.created'), 'olivia created checkout 2.14.0.'],
    [told('release.edited'), 'olivia changed the title and the time.'],
    [told('release.assigned'), 'olivia made bella the deployer.'],
    [told('release.held', {}, { words: 'waiting for the DBA' }), 'olivia put it on hold: “waiting for the DBA”.'],
    [told('release.held', { until: NOW }), 'olivia put it on hold until Tue 3 Mar 10:00 London.'],
    [told('release.cancelled', {}, { words: 'postponed' }), 'olivia cancelled it: “postponed”.'],
    [told('release.closed'), 'olivia closed it as success with issues.'],
    [told('release.closed', {}, { actor: 'signalbox' }), 'Signalbox closed it as success with issues.'],
    [told('approval.by_policy'), 'Free to go by policy light v7, which asks nobody.'],
    [told('gate.recorded'), 'olivia recorded gate regression as passed.'],
    [told('deployment.started'), 'olivia started the deployment to production.'],
    [
      told('deployment.unasked'),
      'Nobody was asked about the deployment to production. In its way would have been: approval.',
    ],
    [
      told('deployment.unasked', { inTheWay: [] }),
      'Nobody was asked about the deployment to production. Nothing would have been in its way.',
    ],
    [
      told('gate.recorded', { ofAnother: 'sha256:bb' }),
      expect.stringContaining('for sha256:bb, which is not the artifact of this release: it does not count'),
    ],
    [told('deployment.succeeded'), '2.14.0 is in production, took 48 min.'],
    [told('deployment.succeeded', { minutes: 0 }), '2.14.0 is in production, took under a minute.'],
    [told('deployment.rolled_back'), 'olivia rolled production back to 2.13.1 in 4 min.'],
    [told('health.reported', { healthy: false }, { words: 'errors' }), 'olivia says it is not healthy: “errors”.'],
    [told('exception.decided', { verdict: 'denied' }), 'olivia denied the exception from freeze 3.'],
    [told('groups.changed'), 'Slack changed who is in owners: 1 joined, 2 left.'],
  ])('%s', (sentence, expected) => expect(sentence).toEqual(expected));

  it('a release that was replaced points at the newer one, and names nobody', () => {
    const data = { replacedBy: 'REL-145', version: '2.15.0' };
    expect(told('release.cancelled', data, { actor: 'signalbox' })).toMatch(
      /^Replaced by 2.15.0 \(REL-145\), .* comes back by itself/,
    );
    const sentence = told('release.cancelled', { replacedBy: 'REL-145' }, { actor: 'signalbox' });
    expect(sentence).toMatch(/^Replaced by REL-145/);
    expect(sentence).not.toContain('Signalbox');
  });

  it("asking for the first time is somebody's act, asking again follows from a change", () => {
    expect(told('round.opened')).toMatch(/^olivia asked for approval\b.*\bmedium/);
    expect(told('round.opened', { round: 2 })).toMatch(/^Asked for approval again\b.*\bmedium/);
  });

  it('a deployment that goes back is told from one that goes on', () => {
    const sentence = told('deployment.started', { reasons: ['rollback'], version: '2.13.1' });
    expect(sentence).toBe('olivia started going back to 2.13.1 in production.');
  });

  it('a soft freeze that was passed does not make it a rollback', () => {
    expect(told('deployment.started', { reasons: ['freeze.active'] }, { words: 'agreed with sales' })).toBe(
      'olivia started the deployment to production: “agreed with sales”.',
    );
  });

  it('a deployment that nobody finished is said of nobody', () => {
    const sentence = told('deployment.failed', { timedOut: true });
    expect(sentence).toMatch(/production counts as failed/);
    expect(sentence).not.toContain('olivia');
  });

  it('what no longer fits is told in full where it was kept, else by its kinds', () => {
    expect(told('round.invalidated', {}, { words: '+ change “Fix”, artifact 9f3c → a17b' })).toContain(
      '+ change “Fix”, artifact 9f3c → a17b',
    );
    expect(told('round.invalidated')).toContain('time and risk');
  });
});

describe('noting an event', () => {
  it('is about its release, without words and date, unless they are given', () => {
    expect(happened(id, 'release.resumed', {})).toEqual({
      kind: 'release.resumed',
      data: {},
      release: id,
      subject: id,
      words: null,
      due: null,
    });
  });

  it('keeps what a person said beside the data, when it fell due, and what of the release it is about', () => {
    const more = { words: 'too slow', due: NOW, subject: 'dep_1' };
    expect(happened(id, 'deployment.failed', DATA['deployment.failed'], more)).toMatchObject({ release: id, ...more });
  });

  it('an empty word stays what was said', () => {
    expect(happened(id, 'release.reopened', {}, { words: '' }).words).toBe('');
  });
});
