import { describe, expect, it } from 'vitest';
import { approve, needsReason, reject } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { undoApproval } from '../../../src/domain/approval/undo.ts';
import type { Rule } from '../../../src/domain/catalog/catalog.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalogOf,
  afterOf,
  anAct,
  aRelease,
  aRound,
  aRule,
  aSituation,
  aVote,
  aWaiting,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const later = after(NOW, HOUR);
const by = (who: typeof ADAM, now = NOW) => anAct(who, now, newId);
const yes = { hash: null, comment: null };
const no = { hash: null, reason: 'no load test' };
const low = { score: 10, level: 'low' as const, parts: [] };
const asked = (...rules: Rule[]): Situation =>
  afterOf(submit(aSituation({ around: { catalog: aCatalogOf({ all: rules }) } }), by(OWNER)));
const code = (decision: ReturnType<typeof approve>): string => (decision.ok ? 'ok' : decision.refusal.code);

describe('approving', () => {
  it('keeps who, when, for which content and in which words', () => {
    const s = aWaiting(aRound({ rules: { all: [aRule({ count: 2 })] } }));
    const decision = approve(s, { hash: 'cafe', comment: 'Looks good' }, by(ADAM, later));
    expect(afterOf(decision).round?.decisions).toMatchObject([
      {
        actor: ADAM,
        onBehalfOf: null,
        verdict: 'approve',
        comment: 'Looks good',
        hash: 'cafe',
        at: later,
        retractedAt: null,
        carriedFrom: null,
      },
    ]);
    expect(done(decision).events).toMatchObject([
      { kind: 'approval.given', release: s.release.id, data: { round: 1, hash: 'cafe' }, words: 'Looks good' },
    ]);
  });

  it('approves the release with the last rule, and not before', () => {
    const first = afterOf(approve(asked(aRule({ count: 2 })), yes, by(ADAM)));
    expect(first.release.state.status).toBe('awaiting_approval');
    const last = approve(first, yes, by(BELLA, later));
    const until = '2026-03-10T11:00:00.000Z';
    expect(afterOf(last).release.state).toEqual({
      status: 'approved',
      since: later,
      by: { kind: 'round', round: first.round?.id },
      validUntil: until,
    });
    expect(afterOf(last).round).toMatchObject({ state: 'approved', endedAt: later, validUntil: until });
    expect(done(last).events.map(({ kind }) => kind)).toEqual(['approval.given', 'round.approved']);
    expect(done(last).events[1]).toMatchObject({ data: { round: 1, validUntil: until } });
  });

  it('needs a person for each rule, whichever order they come in', () => {
    const rules = [
      aRule({ name: 'owners', people: [ADAM, BELLA], groups: [] }),
      aRule({ name: 'second', people: [ADAM], groups: [] }),
    ];
    for (const [first, second] of [
      [ADAM, BELLA],
      [BELLA, ADAM],
    ] as const) {
      const one = afterOf(approve(asked(...rules), yes, by(first)));
      expect(one.release.state.status).toBe('awaiting_approval');
      expect(afterOf(approve(one, yes, by(second))).release.state.status).toBe('approved');
    }
  });

  it('is refused twice from one person, with the time of the first', () => {
    const s = afterOf(approve(asked(aRule({ count: 2 })), yes, by(ADAM)));
    expect(refusalOf(approve(s, yes, by(ADAM, later)))).toEqual({
      code: 'approval.already',
      round: 1,
      at: NOW,
      undo: true,
    });
  });

  it('is possible again for one who took it back', () => {
    const given = afterOf(approve(asked(aRule({ count: 2 })), yes, by(ADAM)));
    const again = approve(afterOf(undoApproval(given, by(ADAM))), yes, by(ADAM, later));
    expect(afterOf(again).round?.decisions.map(({ retractedAt }) => retractedAt)).toEqual([NOW, null]);
  });

  it('tells one who approved what is approved since, and whether it can still be taken back', () => {
    const approved = afterOf(approve(asked(aRule()), yes, by(ADAM)));
    expect(refusalOf(approve(approved, yes, by(ADAM, later)))).toMatchObject({ code: 'approval.already', undo: true });
    expect(code(approve(approved, yes, by(BELLA)))).toBe('approval.no_round');
    const deployed = { status: 'deployed', since: later, before: null, healthy: null } as const;
    const started = { ...approved, release: { ...approved.release, state: deployed } };
    expect(refusalOf(approve(started, yes, by(ADAM, later)))).toMatchObject({ code: 'approval.already', undo: false });
  });

  it.each([
    ['the requester', OWNER, aWaiting(), 'approval.requester'],
    ['somebody in no group', RITA, aWaiting(), 'approval.not_eligible'],
    ['somebody deactivated', ADAM, aWaiting(aRound(), { around: { inactive: [ADAM] } }), 'forbidden'],
    ['anybody before it was asked for', ADAM, aSituation(), 'approval.no_round'],
    ['anybody after the round expired', ADAM, aWaiting(aRound({ state: 'expired' })), 'approval.no_round'],
  ])('does not count %s', (_, who, s, expected) => {
    expect(code(approve(s, yes, by(who)))).toBe(expected);
  });

  it('leaves the situation that it was given as it was', () => {
    const s = asked(aRule());
    const before = structuredClone(s);
    approve(s, yes, by(ADAM));
    expect(s).toEqual(before);
  });
});

describe('a button that showed other content', () => {
  it('does not count, and says what is different', () => {
    const trail = [
      { hash: 'dead', changed: ['another time'] },
      { hash: 'beef', changed: ['+ change “Fix”'] },
      { hash: 'f00d', changed: ['another rollback plan'] },
    ];
    const s = aWaiting(aRound({ trail }), { release: aRelease({ risk: low }) });
    expect(refusalOf(approve(s, { hash: 'beef', comment: null }, by(ADAM)))).toEqual({
      code: 'approval.changed',
      differences: ['+ change “Fix”', 'another rollback plan'],
    });
    expect(code(reject(s, { hash: 'beef', reason: 'no' }, by(ADAM)))).toBe('approval.changed');
  });

  it('says of a button older than all that is kept only that it was asked again', () => {
    const s = aWaiting(aRound(), { release: aRelease({ risk: low }) });
    expect(refusalOf(approve(s, { hash: 'beef', comment: null }, by(ADAM)))).toMatchObject({ differences: [] });
  });

  it('counts with the hash of the round, and by command without one', () => {
    const s = asked(aRule());
    expect(code(approve(s, { hash: s.round?.hash ?? '', comment: null }, by(ADAM)))).toBe('ok');
    expect(code(approve(s, yes, by(ADAM)))).toBe('ok');
  });

  it('is looked at only after who clicks: strangers learn nothing about the content', () => {
    expect(code(approve(asked(aRule()), { hash: 'beef', comment: null }, by(QUINN)))).toBe('approval.not_eligible');
  });
});

describe('at critical risk', () => {
  const critical = aRound({ snapshot: { ...aRound().snapshot, risk: 'critical' } });

  it.each(['low', 'medium', 'high'] as const)('no reason is needed at %s', (risk) => {
    const round = aRound({ snapshot: { ...aRound().snapshot, risk } });
    expect(needsReason(round)).toBe(false);
    expect(code(approve(aWaiting(round), yes, by(ADAM)))).toBe('ok');
  });

  it.each([null, '', '  \n'])('an approval needs a reason, and %j is none', (comment) => {
    expect(needsReason(critical)).toBe(true);
    expect(refusalOf(approve(aWaiting(critical), { hash: null, comment }, by(ADAM)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it('an approval with a reason counts, however it comes', () => {
    for (const hash of ['cafe', null]) {
      const s = afterOf(approve(aWaiting(critical), { hash, comment: 'Watched by the whole team' }, by(ADAM)));
      expect(s.round?.decisions).toMatchObject([{ actor: ADAM, comment: 'Watched by the whole team' }]);
      expect(s.release.state.status).toBe('approved');
    }
  });

  it('people who do not count are told that, not asked for a reason', () => {
    expect(code(approve(aWaiting(critical), yes, by(OWNER)))).toBe('approval.requester');
  });
});

describe('rejecting', () => {
  it('ends the round at once, takes the release back to draft and keeps the content', () => {
    const s = aWaiting(aRound({ n: 2 }), { release: aRelease({ askWhenReady: true }) });
    const decision = reject(s, no, by(ADAM, later));
    const { release, round } = afterOf(decision);
    expect(release).toEqual({
      ...s.release,
      askWhenReady: false,
      state: { status: 'draft', since: later, returned: { why: 'rejected', by: ADAM, reason: 'no load test' } },
    });
    expect(round).toMatchObject({ state: 'rejected', endedAt: later });
    expect(round?.decisions).toMatchObject([{ actor: ADAM, verdict: 'reject', comment: 'no load test', at: later }]);
    expect(done(decision).events).toMatchObject([
      { kind: 'approval.rejected', data: { round: 2, hash: 'cafe' }, words: 'no load test' },
    ]);
  });

  it('is enough from one, whatever the others said', () => {
    const s = aWaiting(aRound({ rules: { all: [aRule({ count: 2 })] }, decisions: [aVote(BELLA)] }));
    const rejected = afterOf(reject(s, no, by(ADAM)));
    expect(rejected.round?.state).toBe('rejected');
    expect(rejected.round?.decisions.map(({ actor }) => actor)).toEqual([BELLA, ADAM]);
  });

  it('takes back one’s own approval: nobody has two live votes', () => {
    const s = aWaiting(aRound({ rules: { all: [aRule({ count: 2 })] }, decisions: [aVote(BELLA), aVote(ADAM)] }));
    const rejected = afterOf(reject(s, no, by(ADAM, later)));
    expect(rejected.round?.decisions.map(({ actor, retractedAt }) => [actor, retractedAt])).toEqual([
      [BELLA, null],
      [ADAM, later],
      [ADAM, null],
    ]);
  });

  it.each(['', '   '])('needs a reason, and %j is none', (reason) => {
    expect(refusalOf(reject(aWaiting(), { hash: null, reason }, by(ADAM)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it.each([
    ['the requester', OWNER, 'approval.requester'],
    ['a stranger', QUINN, 'approval.not_eligible'],
  ] as const)('is not for %s', (_, who, expected) => {
    expect(code(reject(aWaiting(), no, by(who)))).toBe(expected);
  });

  it('is not possible any more once it is approved, and the next round starts empty', () => {
    const approved = afterOf(approve(asked(aRule()), yes, by(ADAM)));
    expect(code(reject(approved, no, by(BELLA)))).toBe('approval.no_round');
    const rejected = afterOf(reject(asked(aRule()), no, by(ADAM)));
    expect(afterOf(submit(rejected, by(OWNER))).round).toMatchObject({ n: 2, state: 'open', decisions: [] });
  });
});
