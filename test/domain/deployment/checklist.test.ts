/** The list of a deployment: what it begins with, what is open, how long each item took. */
import { describe, expect, it } from 'vitest';
import { checklistOf, itemTook, openItems } from '../../../src/domain/deployment/checklist.ts';
import { ADAM, aCatalog, aDeployment, NOW, OWNER } from '../../support/builders.ts';
import { begun, later, verifying } from '../../support/verifying.ts';

const catalog = verifying({
  runbook: [
    { text: 'drain the queue', minutes: 5 },
    { text: 'tell support', minutes: null },
  ],
  verify: { people: 1, minutes: 30, checklist: ['buy one'] },
});

describe('a list', () => {
  it('begins with the runbook, and what is looked at afterwards, nothing of it done', () => {
    expect(checklistOf(catalog, 'checkout')).toEqual([
      { text: 'drain the queue', minutes: 5, when: 'deploy', by: null, at: null },
      { text: 'tell support', minutes: null, when: 'deploy', by: null, at: null },
      { text: 'buy one', minutes: null, when: 'verify', by: null, at: null },
    ]);
    expect(checklistOf(aCatalog(), 'checkout')).toEqual([]);
    expect(checklistOf(catalog, 'gone')).toEqual([]);
  });

  it('is taken along by a deployment to a protected environment, and by no other', () => {
    const environments = [
      { name: 'staging', protected: false, requires: null },
      { name: 'production', protected: true, requires: null },
    ];
    const items = ['staging', 'production'].map(
      (place) => begun({ ...catalog, environments }, [place]).deployments[0]?.checklist.length,
    );
    expect(items).toEqual([0, 3]);
  });

  it('says what is open of each part, and how long an item took: since the one before it, whatever the order', () => {
    const [drain, tell, buy] = checklistOf(catalog, 'checkout');
    if (drain === undefined || tell === undefined || buy === undefined) throw new Error('no list');
    const ticked = [{ ...drain, by: ADAM, at: later(9) }, { ...tell, by: OWNER, at: later(4) }, buy];
    const d = aDeployment({ startedAt: NOW, checklist: ticked });
    expect(openItems(d, 'deploy')).toEqual([]);
    expect(openItems(d, 'verify')).toEqual([buy]);
    expect(ticked.map((item) => itemTook(d, item))).toEqual([5, 4, null]);
  });
});
