/** An approved release with nothing in its way, and one check of it. */
import { type Check, type CheckCode } from '../../src/domain/check.ts';
import { readiness } from '../../src/domain/readiness.ts';
import type { StateOf } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY } from '../../src/domain/time.ts';
import { aRelease, aSituation, NOW } from './builders.ts';

export const check = (s: Situation, code: CheckCode, environment = 'production', now = NOW): Check => {
  const found = readiness(s, environment, now).checks.find((candidate) => candidate.code === code);
  if (found === undefined) throw new Error(`there is no check ${code}`);
  return found;
};
export const approved: StateOf<'approved'> = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 7 * DAY),
};
export type Around = Partial<Situation['around']>;
export const ready = (around: Around = {}) => aSituation({ release: aRelease({ state: approved }), around });
