/** What has taken the place of a release is named, with its places where these are not all. */
import { expect, it } from 'vitest';
import { newerWords } from '../../../src/domain/deployment/newer.ts';
import { aRelease, aSituation } from '../../support/builders.ts';

it.each<[readonly string[] | undefined, string]>([
  [['us'], '2.15.0 (REL-143) runs in us by now'],
  [['eu', 'us'], '2.15.0 (REL-143) runs by now'],
  [undefined, '2.15.0 (REL-143) runs by now'],
])('in %j', (places, words) => {
  const newer = { release: aRelease().id, number: 143, version: '2.15.0', ...(places === undefined ? {} : { places }) };
  expect(newerWords(aSituation({ release: aRelease({ targets: ['eu', 'us'] }), around: { newer } }))).toBe(words);
});

it('nothing where nothing has', () => expect(newerWords(aSituation())).toBe(''));
