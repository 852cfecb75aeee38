/** Ticking an item of the list of a deployment, and taking it back. */
import { describe, expect, it } from 'vitest';
import { failDeployment } from '../../../src/domain/deployment/outcome.ts';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { listed, tickItem } from '../../../src/domain/deployment/tick.ts';
import { refusalSentence } from '../../../src/domain/refusal.ts';
import { ADAM, aCatalog, afterOf, anAct, done, OWNER, refusalOf } from '../../support/builders.ts';
import { begun, later, through, verifying } from '../../support/verifying.ts';

const catalog = verifying({
  runbook: [
    { text: 'drain the queue', minutes: 5 },
    { text: 'tell support', minutes: null },
  ],
});
const EU_US = [
  { name: 'staging', protected: false, requires: null },
  { name: 'eu', protected: true, requires: null },
  { name: 'us', protected: true, requires: null },
];
const tick = (s = begun(catalog), more: Partial<Parameters<typeof tickItem>[1]> = {}, by = ADAM) =>
  tickItem(s, { environment: null, item: 1, done: true, ...more }, anAct(by, later(6)));

describe('an item', () => {
  it('is ticked by somebody at a time, and said so', () => {
    const { after, events } = done(tick());
    expect(after.deployments[0]?.checklist[0]).toMatchObject({ by: ADAM, at: later(6) });
    expect(after.deployments[0]?.checklist[1]).toMatchObject({ by: null, at: null });
    expect(events).toMatchObject([
      {
        kind: 'checklist.ticked',
        data: { environment: 'production', item: 1, done: true },
        words: 'drain the queue',
        subject: after.deployments[0]?.id,
      },
    ]);
  });

  it('is taken back by anybody who deploys', () => {
    const { after } = done(tick(afterOf(tick()), { done: false }, OWNER));
    expect(after.deployments).toEqual(
      begun(catalog).deployments.map((d) => ({ ...d, id: after.deployments[0]?.id, release: after.release.id })),
    );
  });

  it.each<[string, Parameters<typeof tick>, string]>([
    ['there is no list', [begun(aCatalog())], 'without a checklist'],
    ['there is none there', [begun(catalog), { environment: 'staging' }], 'without a checklist in staging'],
    ['the place is none', [begun(catalog), { environment: 'moon' }], 'environment moon'],
    ['it was tried again since', [begun(catalog), { deployment: 'dep_before' }], 'with a list of its own'],
    [
      'it went through, and is healthy',
      [afterOf(reportHealth(through(catalog), { healthy: true, reason: null }, anAct()))],
      'over in production',
    ],
    [
      'it failed',
      [afterOf(failDeployment(begun(catalog), { environment: null, reason: 'x' }, anAct()))],
      'over in production',
    ],
    ['the number is not in it', [begun(catalog), { item: 3 }], 'has 2 items'],
    ['it is ticked', [afterOf(tick())], 'ticked already'],
    ['it is open', [begun(catalog), { done: false }], 'open already'],
  ])('is refused where %s', (_, args, words) => {
    const refusal = refusalOf(tick(...args));
    const sentence = refusalSentence(refusal)
      .map((part) => (typeof part === 'string' ? part : '·'))
      .join('');
    expect(sentence).toContain(words);
  });

  it('wants the place where there are several', () => {
    const both = begun({ ...catalog, environments: EU_US }, ['eu', 'us']);
    expect(refusalOf(tick(both))).toMatchObject({ examples: ['tick REL-142 1 eu', 'tick REL-142 1 us'] });
    const { after } = done(tick(both, { environment: 'us' }));
    expect(after.deployments.map(({ checklist }) => checklist[0]?.by)).toEqual([null, ADAM]);
    expect(listed(after).map(({ environment }) => environment)).toEqual(['eu', 'us']);
  });
});
