import { expect, it } from 'vitest';
import { approvalClock } from '../../../src/domain/approval/approval-clock.ts';
import { after, HOUR, type Instant } from '../../../src/domain/time.ts';
import { aRelease, aSituation, NOW, OWNER } from '../../support/builders.ts';

const shows = (until: Instant | null | undefined, hours: number): Instant => {
  const hold = until === undefined ? null : { by: OWNER, reason: 'DBA', since: NOW, until };
  return approvalClock(aSituation({ release: aRelease({ hold }) }), after(NOW, hours * HOUR));
};

it.each([
  ['runs where nothing holds it', undefined, 5, 5],
  ['stands while it is on hold', null, 30, 0],
  ['runs on from the hold’s own end', after(NOW, 2 * HOUR), 5, 3],
  ['never runs backwards from a hold that has not begun', null, -1, -1],
])('%s', (_, until, hours, shown) => {
  expect(shows(until, hours)).toBe(after(NOW, shown * HOUR));
});
