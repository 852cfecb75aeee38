import { describe, expect, it } from 'vitest';
import { awaitedGates } from '../../../src/domain/gate/awaited.ts';
import { recordGate, waiveGate } from '../../../src/domain/gate/gate.ts';
import type { Release } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const gate = { when: {}, owners: ['testers'], waive: 'release_manager' as const };
const catalog = aCatalog({
  groups: { ...aCatalog().groups, testers: { people: [QUINN, ADAM, BELLA], slack: null } },
  gates: [
    { ...gate, name: 'regression', before: 'approval' },
    { ...gate, name: 'smoke', before: 'production' },
  ],
});
const about = (more: Partial<Release>, inactive: readonly (typeof OWNER)[] = []): Situation =>
  aSituation({ release: aRelease(more), around: { catalog, inactive } });
const names = (s: Situation, now = NOW) => awaitedGates(s, now).map(({ gate: name }) => name);

describe('gates that are waited for', () => {
  it.each<[string, Partial<Release>, readonly string[]]>([
    ['a draft that asks by itself waits for those before approval', { askWhenReady: true }, ['regression']],
    ['a draft that does not ask by itself waits for none', { askWhenReady: false }, []],
    [
      'what is approved waits for all that are left',
      {
        state: {
          status: 'approved',
          since: NOW,
          validUntil: after(NOW, HOUR),
          by: { kind: 'policy', policy: 'nobody', catalogVersion: 1 },
        },
      },
      ['regression', 'smoke'],
    ],
    ['what failed waits for none', { state: { status: 'failed', since: NOW, reason: 'x' } }, []],
  ])('%s', (_, release, expected) => expect(names(about(release))).toEqual(expected));

  it('ask two of their owners who can act', () => {
    expect(awaitedGates(about({ askWhenReady: true }), NOW)[0]?.asked).toEqual([QUINN, ADAM]);
    expect(awaitedGates(about({ askWhenReady: true }, [QUINN]), NOW)[0]?.asked).toEqual([ADAM, BELLA]);
  });

  it('are waited for no more once they passed, failed or were waived; and again once the waiver is over', () => {
    const s = about({ askWhenReady: true });
    for (const outcome of ['passed', 'failed'] as const)
      expect(names(done(recordGate(s, { gate: 'regression', outcome, comment: 'x' }, anAct(QUINN))).after)).toEqual([]);
    const until = after(NOW, HOUR);
    const waived = done(waiveGate(s, { gate: 'regression', reason: 'known', until }, anAct(RITA))).after;
    expect(names(waived)).toEqual([]);
    expect(awaitedGates(waived, until)).toMatchObject([{ gate: 'regression', since: until }]);
  });
});
