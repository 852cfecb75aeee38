import { describe, expect, it } from 'vitest';
import { notCounted } from '../../../src/domain/approval/counted.ts';
import type { Round } from '../../../src/domain/approval/round.ts';
import type { Rule } from '../../../src/domain/catalog/catalog.ts';
import type { Refusal } from '../../../src/domain/refusal.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import {
  ADAM,
  aCatalog,
  aChange,
  aRelease,
  aRound,
  aRule,
  aVote,
  aWaiting,
  BELLA,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../../support/builders.ts';

const nobodyInvolved = { requester: true, authors: true, deployer: true };
const why = (s: Situation, who: typeof ADAM): Refusal | null => {
  if (s.round === null) throw new Error('no round');
  return notCounted(s, s.round, who);
};
const waiting = (rule: Partial<Rule> = {}, round: Partial<Round> = {}, more: Parameters<typeof aWaiting>[1] = {}) =>
  aWaiting(aRound({ rules: { all: [aRule(rule)] }, ...round }), more);

describe('whose decision counts', () => {
  it('counts a member of the group who is in nobody’s way', () => {
    expect(why(waiting(), ADAM)).toBeNull();
  });

  it('counts a person whom the rule names without a group', () => {
    expect(why(waiting({ groups: [], people: [QUINN] }), QUINN)).toBeNull();
  });

  it('reads $owners as the owning group of the service', () => {
    expect(why(waiting({ groups: ['$owners'] }), BELLA)).toBeNull();
    expect(why(waiting({ groups: ['$owners'] }), QUINN)).toMatchObject({ groups: ['owners'] });
  });

  it('is enough that one rule counts the person, though another excludes them', () => {
    const rules = {
      all: [aRule({ exclude: nobodyInvolved }), aRule({ name: 'second', people: [ADAM], groups: [] })],
    };
    const s = aWaiting(aRound({ rules }), { release: aRelease({ deployer: ADAM }) });
    expect(why(s, ADAM)).toBeNull();
  });

  it('looks into every branch of an any, not only the one that is nearest', () => {
    const rules = { any: [aRule(), { all: [aRule({ name: 'quality', groups: ['qa'] })] }] };
    expect(why(aWaiting(aRound({ rules })), QUINN)).toBeNull();
  });

  it('still counts one who decided already: that is said by another refusal', () => {
    expect(why(waiting({ count: 2 }, { decisions: [aVote(ADAM)] }), ADAM)).toBeNull();
  });
});

describe('why a decision does not count', () => {
  it.each([
    ['submitter', { openedBy: ADAM }, {}],
    ['owner', { openedBy: OWNER }, { owner: ADAM }],
    ['creator', { openedBy: OWNER }, { creator: ADAM }],
    ['submitter', { openedBy: ADAM }, { owner: ADAM, creator: ADAM }],
  ] as const)('the requester is told what makes them one: %s', (as, round, release) => {
    const s = waiting({}, round, { release: aRelease(release) });
    expect(why(s, ADAM)).toMatchObject({ code: 'approval.requester', as, rule: 'service owners' });
  });

  it('names those who can instead, without the requester', () => {
    expect(why(waiting(), OWNER)).toEqual({
      code: 'approval.requester',
      as: 'submitter',
      rule: 'service owners',
      asked: [ADAM, BELLA],
    });
  });

  it.each([
    ['author', 'approval.author', { changes: [aChange({ author: ADAM })] }],
    ['deployer', 'approval.deployer', { deployer: ADAM }],
  ] as const)('refuses the %s where the rule does, and only there', (_, code, release) => {
    const more = { release: aRelease(release) };
    expect(why(waiting({ exclude: nobodyInvolved }, {}, more), ADAM)).toEqual({
      code,
      rule: 'service owners',
      asked: [BELLA],
    });
    expect(why(waiting({}, {}, more), ADAM)).toBeNull();
  });

  it('lets the requester approve where a rule says so', () => {
    expect(why(waiting({ exclude: { ...nobodyInvolved, requester: false } }), OWNER)).toBeNull();
  });

  it('tells one who joined later when the round was opened', () => {
    const s = waiting({}, { members: [OWNER, BELLA] });
    expect(why(s, ADAM)).toEqual({ code: 'approval.joined_late', rule: 'service owners', openedAt: NOW });
    expect(why(s, BELLA)).toBeNull();
  });

  it('refuses guests, bots and deactivated people before anything else about them', () => {
    const s = waiting({}, {}, { around: { inactive: [OWNER] } });
    expect(why(s, OWNER)).toMatchObject({
      code: 'forbidden',
      did: 'Not counted',
      because: ['guests, bots and deactivated people cannot approve'],
    });
  });

  it('tells a stranger which groups are asked and who can', () => {
    expect(why(waiting({ groups: ['owners', 'managers'] }), QUINN)).toEqual({
      code: 'approval.not_eligible',
      did: 'Not approved',
      groups: ['owners', 'managers'],
      can: [ADAM, BELLA, RITA],
    });
  });

  it('names a group once, also when $owners means the same', () => {
    const rules = { all: [aRule({ groups: ['$owners'] }), aRule({ name: 'second', groups: ['owners'] })] };
    expect(why(aWaiting(aRound({ rules })), QUINN)).toMatchObject({ groups: ['owners'] });
  });

  it('makes no approver of an admin', () => {
    expect(why(waiting(), RITA)).toMatchObject({ code: 'approval.not_eligible', can: [ADAM, BELLA] });
  });

  it('treats one who left the group as a stranger at once', () => {
    const groups = { owners: { people: [OWNER, BELLA], slack: null } };
    const s = waiting({}, {}, { around: { catalog: aCatalog({ groups }) } });
    expect(why(s, ADAM)).toMatchObject({ code: 'approval.not_eligible', can: [BELLA] });
  });

  it('does not name those as able who decided already', () => {
    const s = waiting({ count: 2 }, { decisions: [aVote(ADAM)] });
    expect(why(s, QUINN)).toMatchObject({ can: [BELLA] });
  });
});
