/** Whom to ask, in which order, and who is asked by a mention of their group. */

import { describe, expect, it } from 'vitest';
import { askable, askedByMention, askFirst } from '../../../src/domain/approval/asking.ts';
import { evaluate, missingAfter, stillCan } from '../../../src/domain/approval/policy.ts';
import type { Catalog, Group, Rule, RuleTree } from '../../../src/domain/catalog/catalog.ts';
import { awake } from '../../../src/domain/hours.ts';
import { type UserId, userId } from '../../../src/domain/ids.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { instant } from '../../../src/domain/time.ts';
import { person, say } from '../../../src/domain/words.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aCatalog,
  aRound,
  aRule,
  aSituation,
  aVote,
  aWaiting,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const named = (name: string, people: readonly UserId[], count = 1): Rule => aRule({ name, groups: [], people, count });
const crowd = (size: number): UserId[] =>
  Array.from({ length: size }, (_, index) => userId(`U${String(index).padStart(2, '0')}`));
const slack = { id: 'S1', team: null, handle: 'leads', typed: [] };

type Around = Partial<Situation['around']>;
const asking = (rules: RuleTree, votes: readonly UserId[] = [], around: Around = {}) => {
  const round = aRound({ rules, decisions: votes.map((id) => aVote(id)) });
  return { s: aWaiting(round, { around }), round };
};
const first = (rules: RuleTree, votes: readonly UserId[] = [], around: Around = {}, now = NOW) => {
  const { s, round } = asking(rules, votes, around);
  return askFirst(s, round, now);
};
const withGroups = (groups: Record<string, Group>): { catalog: Catalog } => ({ catalog: aCatalog({ groups }) });

describe('who is asked first', () => {
  it.each([
    ['two for a count of one', 1, [], [ADAM, BELLA]],
    ['three for a count of two', 2, [], [ADAM, BELLA, QUINN]],
    ['two when one of two has approved', 2, [ADAM], [BELLA, QUINN]],
    ['everybody when there are no more', 4, [], [ADAM, BELLA, QUINN, RITA]],
  ])('are one more than it needs: %s', (_, count, votes, expected) => {
    expect(first({ all: [named('a', [ADAM, BELLA, QUINN, RITA], count)] }, votes)).toEqual(expected);
  });

  it('are never people who would not count', () => {
    const members = [OWNER, ADAM, BELLA, QUINN];
    expect(first({ all: [named('a', members, 2)] }, [], { inactive: [BELLA] })).toEqual([ADAM, QUINN]);
  });

  it('are nobody for a rule that is satisfied', () => {
    const all = [named('a', [ADAM, BELLA]), named('b', [QUINN, RITA])];
    expect(first({ all }, [ADAM])).toEqual([QUINN, RITA]);
    expect(first({ all }, [ADAM, RITA])).toEqual([]);
  });

  it('are asked once, though two rules want them: the second rule asks further people', () => {
    const all = [named('a', [ADAM, BELLA]), named('b', [ADAM, BELLA, QUINN, RITA])];
    expect(first({ all })).toEqual([ADAM, BELLA, QUINN, RITA]);
  });

  it('are those in working hours before the others, however often they were asked', () => {
    const zones = {
      [ADAM]: 'Asia/Tokyo',
      [BELLA]: 'Europe/London',
      [QUINN]: 'America/Los_Angeles',
      [RITA]: 'Europe/Paris',
    };
    const askedLately = { [BELLA]: 9, [RITA]: 4 };
    const rules = { all: [named('a', [ADAM, BELLA, QUINN, RITA])] };
    expect(first(rules, [], { zones, askedLately })).toEqual([RITA, BELLA]);
  });

  it('are the least asked lately, then in the order of their ids', () => {
    const rules = { all: [named('a', [RITA, QUINN, BELLA, ADAM])] };
    expect(first(rules, [], { askedLately: { [ADAM]: 2, [BELLA]: 1 } })).toEqual([QUINN, RITA]);
    expect(first(rules, [], { askedLately: { [ADAM]: 1, [BELLA]: 1, [QUINN]: 1, [RITA]: 1 } })).toEqual([ADAM, BELLA]);
  });
});

describe('working hours', () => {
  it.each([
    ['08:59:59', false],
    ['09:00:00', true],
    ['17:59:59', true],
    ['18:00:00', false],
  ])('at %s on a Tuesday: %s', (time, expected) => {
    expect(awake(aSituation(), ADAM, instant(`2026-03-03T${time}Z`))).toBe(expected);
  });

  it.each(['2026-03-07T12:00:00Z', '2026-03-08T12:00:00Z'])('are none at the weekend: %s', (time) => {
    expect(awake(aSituation(), ADAM, instant(time))).toBe(false);
  });

  it('are those of the person’s zone, else of the service’s', () => {
    const s = aSituation({ around: { zones: { [ADAM]: 'Asia/Tokyo' } } });
    // Tokyo is nine hours ahead: 18:00 there is 09:00 in London.
    expect(awake(s, ADAM, instant('2026-03-03T08:59:00Z'))).toBe(true);
    expect(awake(s, ADAM, instant('2026-03-03T09:00:00Z'))).toBe(false);
    expect(awake(s, BELLA, instant('2026-03-03T09:00:00Z'))).toBe(true);
  });
});

describe('who can still', () => {
  const all = [named('a', [ADAM, BELLA]), named('b', [BELLA, QUINN])];

  it('are all that an open rule accepts, each once, without those who decided', () => {
    expect(stillCan(asking({ all }).s, asking({ all }).round)).toEqual([ADAM, BELLA, QUINN]);
    const { s, round } = asking({ all }, [ADAM]);
    expect(stillCan(s, round)).toEqual([BELLA, QUINN]);
    expect(askable(s, round)).toEqual([BELLA, QUINN]);
  });

  it('are nobody once it is satisfied', () => {
    const { s, round } = asking({ all }, [ADAM, QUINN]);
    expect(stillCan(s, round)).toEqual([]);
    expect(askable(s, round)).toEqual([]);
  });
});

describe('a big user group of Slack', () => {
  const rules = { all: [aRule({ groups: ['leads'] })] };

  it.each([
    [15, 0, 2],
    [16, 1, 0],
  ])('of %i people is asked by %i mentions and %i messages', (size, mentions, messages) => {
    const around = withGroups({ leads: { people: crowd(size), slack } });
    const { s, round } = asking(rules, [], around);
    expect(askedByMention(s, round)).toHaveLength(mentions);
    expect(askFirst(s, round, NOW)).toHaveLength(messages);
    expect(askable(s, round)).toHaveLength(mentions === 0 ? size : 0);
  });

  it('is what the mention names, once for two rules', () => {
    const around = withGroups({ leads: { people: crowd(20), slack } });
    const two = { all: [aRule({ name: 'a', groups: ['leads'] }), aRule({ name: 'b', groups: ['leads'] })] };
    const { s, round } = asking(two, [], around);
    expect(askedByMention(s, round)).toEqual([slack]);
  });

  it('that is typed in the catalog cannot be mentioned: its people get messages', () => {
    const around = withGroups({ leads: { people: crowd(20), slack: null } });
    const { s, round } = asking(rules, [], around);
    expect(askedByMention(s, round)).toEqual([]);
    expect(askFirst(s, round, NOW)).toEqual(crowd(2));
  });

  it('is mentioned no more when its rule is satisfied', () => {
    const { s, round } = asking(rules, crowd(1), withGroups({ leads: { people: crowd(20), slack } }));
    expect(askedByMention(s, round)).toEqual([]);
  });

  it('leaves a message of their own to those who are not in it, and never both to one person', () => {
    const around = withGroups({
      leads: { people: crowd(20), slack },
      qa: { people: [QUINN, ...crowd(1)], slack: { ...slack, id: 'S2', handle: 'qa' } },
    });
    const { s, round } = asking({ all: [aRule({ groups: ['leads', 'qa'] })] }, [], around);
    expect(askedByMention(s, round).map(({ id }) => id)).toEqual(['S1']);
    expect(askable(s, round)).toEqual([QUINN]);
    expect(stillCan(s, round)).toHaveLength(21);
  });

  it('does not keep the other rules from asking their people', () => {
    const around = withGroups({
      leads: { people: crowd(20), slack },
      qa: { people: [QUINN, RITA], slack: null },
    });
    const { s, round } = asking(
      { all: [aRule({ groups: ['leads'] }), aRule({ name: 'q', groups: ['qa'] })] },
      [],
      around,
    );
    expect(askFirst(s, round, NOW)).toEqual([QUINN, RITA]);
  });
});

describe('one who could count for two rules', () => {
  const both = [ADAM, BELLA];
  const rules = { all: [named('owners', both), named('management', [BELLA])] };
  const asked = (votes: UserId[], tree: RuleTree = rules) => {
    const round = aRound({ rules: tree, decisions: votes.map((id) => aVote(id)) });
    return { s: aWaiting(round), round };
  };

  it('counts for the rule that nobody else is left for, whoever decides first', () => {
    const { s, round } = asked([BELLA]);
    const { rules: verdicts, can, open } = evaluate(s, round);
    expect(verdicts.map(({ voters, missing }) => [voters, missing])).toEqual([
      [[], 1],
      [[BELLA], 0],
    ]);
    expect(can).toEqual([ADAM]);
    expect(open).toHaveLength(1);
    expect(askFirst(s, round, NOW)).toEqual([ADAM]);
  });

  it('every way of “any” is named, asked and counted to its own end', () => {
    const tree = { any: [named('one', [QUINN]), { all: [named('two', both), named('three', [RITA])] }] };
    const { s, round } = asked([], tree);
    expect(sentenceText(evaluate(s, round).sentence, { names: {}, command: '', zone: 'UTC' })).toMatch(
      /^1 of .*, or 1 of .* and 1 of /,
    );
    expect([...askFirst(s, round, NOW)].sort()).toEqual([ADAM, BELLA, QUINN, RITA]);
    expect(missingAfter(s, round, QUINN)).toBeNull();
    expect(missingAfter(s, round, RITA)).toEqual(
      say`${1} of ${person(QUINN)}, or ${1} of ${person(ADAM)} and ${person(BELLA)}`,
    );
  });

  it('a way that nobody can go any more is neither named nor asked', () => {
    const tree = { any: [named('one', [OWNER]), named('two', both)] };
    const { s, round } = asked([], tree);
    expect(evaluate(s, round).open).toHaveLength(1);
    expect(askFirst(s, round, NOW)).toEqual([ADAM, BELLA]);
  });
});
