/** Releases that hang on each other. */
import type { ReleaseId } from '../../src/domain/ids.ts';
import type { Linked } from '../../src/domain/plan/links.ts';
import type { Release } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { aRelease, aSituation, NOW } from './builders.ts';
import { approved } from './deploying.ts';

export const id = (n: number) => `rel_${n}` as ReleaseId;
export const other = (n: number, more: Partial<Linked> = {}): Linked => ({
  release: id(n),
  number: n,
  service: 'search',
  version: `4.${n}.0`,
  status: 'approved',
  since: NOW,
  was: null,
  wasSince: null,
  outcome: null,
  replacedBy: null,
  everAsked: true,
  when: { kind: 'asap' },
  needs: [],
  ...more,
});
export const about = (linked: readonly Linked[], release: Partial<Release> = {}): Situation =>
  aSituation({ release: aRelease({ id: id(142), state: approved, ...release }), around: { linked } });
