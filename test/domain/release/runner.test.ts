/** Whose it is to start, to say how it goes and to decide: whoever is named, as long as they are here. */
import { describe, expect, it } from 'vitest';
import { onlyStarter } from '../../../src/domain/deployment/starter.ts';
import { dutiesOf } from '../../../src/domain/duties.ts';
import type { UserId } from '../../../src/domain/ids.ts';
import { deployerHere, managersHere, ownerHere, runner, runs, standIns } from '../../../src/domain/release/runner.ts';
import { reviewer } from '../../../src/domain/review/review.ts';
import { nudgesFor } from '../../../src/situation/nudges-for.ts';
import { ADAM, aDeployment, aRelease, aReview, aSituation, BELLA, NOW, OWNER, RITA } from '../../support/builders.ts';
import { deploying } from '../../support/deploying.ts';

const having = (deployer: UserId | null, ...inactive: readonly UserId[]) =>
  aSituation({ release: aRelease({ deployer }), around: { inactive } });

describe('who runs it', () => {
  it.each([
    ['whoever is named', having(BELLA), BELLA],
    ['its owner, where nobody is', having(null), OWNER],
    ['its owner, where who was named has left', having(BELLA, BELLA), OWNER],
    ['who is named, where the owner has left', having(BELLA, OWNER), BELLA],
    ['a release manager, where both have left', having(BELLA, BELLA, OWNER), RITA],
    ['an owner of the service, where no release manager is here', having(null, OWNER, RITA), ADAM],
    ['nobody else than before, where nobody is left', having(BELLA, BELLA, OWNER, RITA, ADAM), OWNER],
  ])('is %s', (_, s, expected) => expect(runner(s)).toBe(expected));

  it('names nobody to deploy who has left', () => {
    expect([deployerHere(having(BELLA)), deployerHere(having(BELLA, BELLA)), deployerHere(having(null))]).toEqual([
      BELLA,
      null,
      null,
    ]);
    expect(onlyStarter(having(BELLA, BELLA), 'production', NOW)).toBeNull();
    expect(managersHere(having(null, RITA))).toEqual([]);
  });

  it('answers for it, reviews it and lifts its lock: the owner, else whoever stands in', () => {
    expect([ownerHere(having(BELLA)), ownerHere(having(BELLA, OWNER))]).toEqual([OWNER, RITA]);
    expect(standIns(having(null, OWNER))).toEqual([RITA, ADAM, BELLA]);
    const review = aReview({ owner: OWNER });
    expect([reviewer(having(null), review), reviewer(having(null, OWNER), review)]).toEqual([OWNER, RITA]);
  });
});

describe('a deployment whose person left', () => {
  const s = deploying([aDeployment({ runBy: ADAM })]);
  const left = { ...s, around: { ...s.around, inactive: [ADAM] } };
  const [d] = s.deployments;
  if (d === undefined) throw new Error('it has one');
  const told = (of: typeof s) =>
    nudgesFor(of, NOW).flatMap(({ audience, occurrence = '', anyHour }) =>
      occurrence.startsWith('taken over ') ? [{ audience, anyHour }] : [],
    );

  it('is its owner’s to end, who is told at any hour; nobody is while its person is here', () => {
    expect([runs(s, d), runs(left, d)]).toEqual([ADAM, OWNER]);
    expect(dutiesOf(left, OWNER, NOW).map(({ kind }) => kind)).toContain('end');
    expect(dutiesOf(s, OWNER, NOW).map(({ kind }) => kind)).not.toContain('end');
    expect(told(left)).toEqual([{ audience: OWNER, anyHour: true }]);
    expect(told(s)).toEqual([]);
  });
});
