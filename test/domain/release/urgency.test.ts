/** What hurts comes first, whatever its number. */
import { describe, expect, it } from 'vitest';
import { FINISHED, type Release, type ReleaseState } from '../../../src/domain/release/release.ts';
import { byUrgency } from '../../../src/domain/release/urgency.ts';
import { after, HOUR, type Instant } from '../../../src/domain/time.ts';
import { aRelease, NOW, OWNER } from '../../support/builders.ts';

const approved = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'x', catalogVersion: 1 },
  validUntil: after(NOW, 99 * HOUR),
} as const;
const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'x' };
const deployed: ReleaseState = { status: 'deployed', since: NOW, before: null, healthy: null };
const at = (start: Instant): Pick<Release, 'when'> => ({ when: { kind: 'at', start, end: null } });
const order = (...releases: readonly Release[]) => [...releases].sort(byUrgency(NOW)).map(({ title }) => title);

describe('the order of a list', () => {
  it('is failed, overdue, held, approved by time, draft, deployed', () => {
    expect(
      order(
        aRelease({ title: 'deployed', number: 9, state: deployed }),
        aRelease({ title: 'draft', number: 8 }),
        aRelease({ title: 'tomorrow', number: 7, state: approved, ...at(after(NOW, 24 * HOUR)) }),
        aRelease({ title: 'today', number: 6, state: approved, ...at(after(NOW, HOUR)) }),
        aRelease({ title: 'held', number: 5, hold: { by: OWNER, reason: 'x', since: NOW, until: null } }),
        aRelease({ title: 'overdue', number: 4, state: approved, ...at(NOW) }),
        aRelease({ title: 'failed', number: 1, state: failed }),
      ),
    ).toEqual(['failed', 'overdue', 'held', 'today', 'tomorrow', 'draft', 'deployed']);
  });

  it('has an emergency below what failed and above the rest', () => {
    const urgent = aRelease({ title: 'emergency', number: 2 });
    const all = [
      aRelease({ title: 'overdue', number: 4, state: approved, ...at(NOW) }),
      urgent,
      aRelease({ title: 'failed', number: 1, state: failed }),
    ];
    expect(all.sort(byUrgency(NOW, [urgent.id])).map(({ title }) => title)).toEqual(['failed', 'emergency', 'overdue']);
  });

  it('is the newest first among equals', () => {
    expect(order(aRelease({ title: 'old', number: 1 }), aRelease({ title: 'new', number: 2 }))).toEqual(['new', 'old']);
  });

  it('is a whole order: every status has its place', () => {
    expect(FINISHED.length).toBeGreaterThan(0);
    const some = [failed, deployed, approved].map((state, number) => aRelease({ state, number }));
    for (const a of some)
      for (const b of some) expect(Math.sign(byUrgency(NOW)(a, b))).toBe(-Math.sign(byUrgency(NOW)(b, a)) + 0);
  });
});
