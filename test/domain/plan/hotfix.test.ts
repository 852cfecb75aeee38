/** A hotfix mends what failed, as long as it stands. */
import { describe, expect, it } from 'vitest';
import { followHotfix } from '../../../src/domain/plan/hotfix.ts';
import { fixesWords, type Linked } from '../../../src/domain/plan/links.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { aDeployment, aRelease, aSituation, counting, NOW, OWNER } from '../../support/builders.ts';
import { about, id, other } from '../../support/linked.ts';
import { later } from '../../support/verifying.ts';

describe('a hotfix', () => {
  const fix = (status: Linked['status'], targets = ['production']) => ({
    release: id(143),
    number: 143,
    version: '2.14.1',
    owner: OWNER,
    targets,
    when: { kind: 'asap' as const },
    status,
    everAsked: true,
    fixes: id(142),
  });
  const failed = (...siblings: ReturnType<typeof fix>[]): Situation => ({
    ...aSituation({
      release: aRelease({ id: id(142), state: { status: 'failed', since: NOW, reason: 'errors' } }),
      around: { siblings },
    }),
    deployments: [aDeployment({ state: 'failed', finishedAt: NOW })],
  });

  it('that is deployed everywhere where the release failed mends it', () => {
    const { after: s, events } = settle(failed(fix('deployed')), later(1), counting());
    expect(s.release.state).toMatchObject({ status: 'deployed', healthy: true, fixedBy: id(143), before: '2.13.1' });
    expect(events).toMatchObject([{ kind: 'release.fixed', data: { by: 'REL-143', version: '2.14.1' } }]);
  });

  it.each([
    ['is only on its way', fix('deploying')],
    ['failed itself', fix('failed')],
    ['is somewhere else', fix('deployed', ['staging'])],
    ['fixes another one', { ...fix('deployed'), fixes: id(9) }],
  ])('that %s mends nothing', (_, sibling) => expect(followHotfix(failed(sibling), NOW)).toBeNull());

  it('that is rolled back leaves it failed again', () => {
    const mended = settle(failed(fix('deployed')), later(1), counting()).after;
    const s = { ...mended, around: { ...mended.around, siblings: [fix('rolled_back')] } };
    const { after: again, events } = settle(s, later(9), counting());
    expect(again.release.state).toMatchObject({ status: 'failed', reason: 'its fix 2.14.1 (REL-143) was rolled back' });
    expect(events[0]).toMatchObject({ kind: 'release.unfixed' });
  });

  it('of a lower version, which runs instead of it, mends nothing', () => {
    expect(followHotfix(failed({ ...fix('deployed'), version: '2.13.2' }), NOW)).toBeNull();
  });

  it('that fails in its turn leaves it failed as well; where something else runs by then it is gone back from', () => {
    const mended = settle(failed(fix('deployed')), later(1), counting()).after;
    const then = (running: string) => {
      const row = { environment: 'production', version: running, release: id(9), since: later(5) };
      return settle(
        { ...mended, around: { ...mended.around, siblings: [fix('failed')], running: [row] } },
        later(9),
        counting(),
      ).after.release.state;
    };
    expect(then('2.14.0')).toMatchObject({ status: 'failed', reason: 'its fix 2.14.1 (REL-143) failed' });
    expect(then('2.13.1')).toMatchObject({ status: 'rolled_back', to: '2.13.1' });
  });

  it('says what it fixes, of its own service only', () => {
    const s = (service: string) => about([other(7, { service })], { fixes: id(7) });
    expect(fixesWords(s('checkout'))).toBe('checkout 4.7.0 (REL-7)');
    expect(fixesWords(s('search'))).toBeNull();
  });
});
