/** What has taken the place of a release is named, with its places where these are not all. */
import { describe, expect, it } from 'vitest';
import { isReplaced, isTaken, newerWords } from '../../../src/domain/deployment/newer.ts';
import { aDeployment, aRelease, aSituation, NOW } from '../../support/builders.ts';
import { deploying } from '../../support/deploying.ts';

it.each<[readonly string[] | undefined, string]>([
  [['us'], '2.15.0 (REL-143) now runs in us'],
  [['eu', 'us'], '2.15.0 (REL-143) now runs'],
  [undefined, '2.15.0 (REL-143) now runs'],
])('in %j', (places, words) => {
  const newer = { release: aRelease().id, number: 143, version: '2.15.0', ...(places === undefined ? {} : { places }) };
  expect(newerWords(aSituation({ release: aRelease({ targets: ['eu', 'us'] }), around: { newer } }))).toBe(words);
});

describe('what has come to one of two places', () => {
  const s = deploying(
    ['eu', 'us'].map((environment) => aDeployment({ environment, state: 'succeeded', finishedAt: NOW })),
    ['eu', 'us'],
  );
  const newer = { release: aRelease().id, number: 143, version: '2.15.0' };
  const taken = (...places: readonly string[]) => ({
    ...s,
    around: { ...s.around, newer: { ...newer, places: places.slice(0, 1), taken: places } },
  });

  it('has taken that one, and not the release', () => {
    expect([isTaken(taken('us'), 'us'), isTaken(taken('us'), 'eu'), isTaken(s, 'us')]).toEqual([true, false, false]);
    expect([isReplaced(s), isReplaced(taken('us'))]).toEqual([false, false]);
  });

  it('replaces it once that, or yet another one, is wherever it had come', () => {
    expect(isReplaced(taken('us', 'eu'))).toBe(true);
    const [eu] = s.deployments;
    const alone = { ...taken('eu'), deployments: eu === undefined ? [] : [eu] };
    expect(isReplaced(alone)).toBe(true);
  });
});

it('and another one that has come elsewhere', () => {
  const newer = { release: aRelease().id, number: 143, version: '2.15.0', places: ['us'], taken: ['us', 'eu'] };
  const s = aSituation({ release: aRelease({ targets: ['eu', 'us'] }), around: { newer } });
  expect(newerWords(s)).toBe('2.15.0 (REL-143) now runs in us, and another newer one in eu');
});

it('nothing where nothing has', () => expect(newerWords(aSituation())).toBe(''));
