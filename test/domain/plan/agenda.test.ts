import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agenda } from '../../../src/domain/plan/agenda.ts';
import type { Release } from '../../../src/domain/release/release.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aCatalog, aFreeze, aRelease, NOW } from '../../support/builders.ts';

const at = (hours: number) => after(NOW, hours * HOUR);
const planned = (id: string, hours: number, more: Partial<Release> = {}): Release =>
  aRelease({ id: id as Release['id'], when: { kind: 'at', start: at(hours), end: at(hours + 1) }, ...more });
const said = (entry: ReturnType<typeof agenda>[number] | undefined): readonly string[] =>
  entry?.kind === 'release'
    ? entry.against.map((sentence) => sentenceText(sentence, { names: {}, command: '/release', zone: 'UTC' }))
    : [];
const until = after(NOW, 14 * DAY);

describe('what is planned', () => {
  it('is releases with a time and freezes, by their times; what began before and is not over stands in it', () => {
    const freeze = aFreeze({ startsAt: at(-2), endsAt: at(2) });
    const over = aFreeze({ startsAt: at(-9), endsAt: at(-5) });
    const found = agenda(
      [planned('rel_b', 50), planned('rel_a', 5), aRelease({ when: { kind: 'asap' } }), planned('rel_c', 24 * 20)],
      [freeze, over],
      aCatalog(),
      NOW,
      until,
    );
    expect(found.map((entry) => (entry.kind === 'release' ? entry.release.id : entry.freeze.id))).toEqual([
      freeze.id,
      'rel_a',
      'rel_b',
    ]);
  });

  it('says what stands against each: a freeze, a closed window, another of the service at the same time', () => {
    const window = {
      name: 'office hours',
      services: [],
      environments: ['production'],
      days: [1, 2, 3, 4, 5],
      from: '09:00',
      to: '17:00',
      zone: 'UTC',
      exempt: [],
    };
    const freeze = aFreeze({ name: 'Sale', startsAt: at(4), endsAt: at(6) });
    const found = agenda(
      [planned('rel_a', 5), planned('rel_b', 5.5, { version: '3.0.0' }), planned('rel_c', 14)],
      [freeze],
      aCatalog({ windows: [window] }),
      NOW,
      until,
    );
    const releases = found.filter(({ kind }) => kind === 'release');
    expect(said(releases[0])).toEqual([
      'production is frozen then (Sale)',
      'overlaps checkout 3.0.0, Tue 3 Mar 15:30 UTC',
    ]);
    expect(said(releases[1])).toEqual([
      'production is frozen then (Sale)',
      'overlaps checkout 2.14.0, Tue 3 Mar 15:00 UTC',
    ]);
    expect(said(releases[2])).toEqual(['no deploy window of production is open then']);
  });

  it('sees a clash from both sides, and none where they only touch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), (a, b) => {
        const found = agenda([planned('rel_a', a), planned('rel_b', b)], [], aCatalog(), NOW, until);
        const clash = Math.abs(a - b) < 1;
        for (const entry of found) expect(said(entry).length).toBe(clash ? 1 : 0);
      }),
    );
  });
});
