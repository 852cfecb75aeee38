import { describe, expect, it } from 'vitest';
import { approve, reject } from '../../src/domain/approval/decide.ts';
import { applicable, assign } from '../../src/domain/approval/policy.ts';
import { answer, ask } from '../../src/domain/approval/question.ts';
import { raiseRisk } from '../../src/domain/approval/raise-risk.ts';
import { reconsider } from '../../src/domain/approval/reconsider.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { undoApproval } from '../../src/domain/approval/undo.ts';
import { withdraw } from '../../src/domain/approval/withdraw.ts';
import type { Rule } from '../../src/domain/catalog/catalog.ts';
import type { UserId } from '../../src/domain/ids.ts';
import { addChange } from '../../src/domain/plan/changes.ts';
import { editRelease } from '../../src/domain/plan/edit.ts';
import type { Decision } from '../../src/domain/refusal.ts';
import type { Effect, Situation } from '../../src/domain/situation.ts';
import { after, HOUR, instant } from '../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  anAct,
  aRelease,
  aRule,
  aSituation,
  BELLA,
  counting,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../support/builders.ts';

const newId = counting();
const by = (who: UserId, now = NOW) => anAct(who, now, newId);
const done = (decision: Decision<Effect>): Situation => {
  if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`);
  return decision.value.after;
};
const code = (decision: Decision<Effect>): string => (decision.ok ? 'ok' : decision.refusal.code);
const asked = (more: Parameters<typeof aSituation>[0] = {}): Situation => done(submit(aSituation(more), by(OWNER)));
const yes = { hash: null, comment: null };
const policy = (...rules: Rule[]) => ({
  around: { catalog: aCatalog({ policies: { default: { rules: { all: rules }, otherwise: 'owners' } } }) },
});

describe('asking', () => {
  it('opens round 1 with the content that is approved, and asks one more than needed', () => {
    const s = asked();
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(s.round).toMatchObject({ n: 1, state: 'open', openedBy: OWNER });
    expect(s.round?.asks.map(({ person }) => person)).toEqual([ADAM, BELLA]);
  });

  it('expires after three working days, over the weekend', () => {
    const friday = instant('2026-03-06T15:00:00Z');
    expect(done(submit(aSituation(), by(OWNER, friday))).round?.expiresAt).toBe('2026-03-11T15:00:00.000Z');
  });

  it('asks people in working hours first, then those asked least', () => {
    const zones = { [ADAM]: 'Asia/Tokyo', [BELLA]: 'Europe/London', [QUINN]: 'Europe/London', [RITA]: 'Europe/London' };
    const rule = aRule({ groups: [], people: [ADAM, BELLA, QUINN, RITA] });
    const s = asked({ around: { ...policy(rule).around, zones, askedLately: { [BELLA]: 3 } } });
    expect(s.round?.asks.map(({ person }) => person)).toEqual([QUINN, RITA]);
  });

  it('is refused when nobody could satisfy a rule, with how many are left', () => {
    const decision = submit(aSituation(policy(aRule({ count: 3 }))), by(OWNER));
    expect(decision).toMatchObject({
      ok: false,
      refusal: { code: 'not_asked.unsatisfiable', needs: 3, left: 2, of: 'owners' },
    });
  });

  it('is refused while a gate before approval is open, and names it', () => {
    const gates = [
      { name: 'regression', when: {}, before: 'approval', owners: ['qa'], waive: 'release_manager' as const },
    ];
    const decision = submit(aSituation({ around: { catalog: aCatalog({ gates }) } }), by(OWNER));
    expect(decision).toMatchObject({ ok: false, refusal: { code: 'not_asked.gates', missing: ['regression'] } });
  });

  it('wants a rollback plan under strict', () => {
    const s = aSituation({
      release: aRelease({ rollbackPlan: null }),
      around: { catalog: aCatalog({ preset: 'strict' }) },
    });
    expect(submit(s, by(OWNER))).toMatchObject({
      ok: false,
      refusal: { code: 'fields', problems: [{ field: 'rollbackPlan' }] },
    });
  });

  it('is approved by the policy, and never by a person, when the policy asks nobody', () => {
    const s = asked({ around: { catalog: aCatalog({ preset: 'light' }) } });
    expect(s.release.state).toMatchObject({
      status: 'approved',
      by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
    });
    expect(s.round).toBeNull();
  });
});

describe('deciding', () => {
  it.each([
    ['the requester', OWNER, {}, 'approval.requester'],
    ['somebody in no group', RITA, {}, 'approval.not_eligible'],
    ['somebody deactivated', ADAM, { around: { inactive: [ADAM] } }, 'forbidden'],
  ] as const)('does not count %s', (_, who, more, expected) => {
    expect(code(approve(asked(more), yes, by(who)))).toBe(expected);
  });

  it('does not count an author where the rule excludes authors, nor the deployer', () => {
    const rule = aRule({ exclude: { requester: true, authors: true, deployer: true } });
    const change = {
      id: newId('change'),
      type: 'feature' as const,
      title: 'x',
      link: null,
      author: ADAM,
      customers: false,
    };
    const wide = aRule({ ...rule, groups: ['owners', 'qa', 'managers'] });
    const s = asked({ ...policy(wide), release: aRelease({ changes: [change], deployer: BELLA }) });
    expect(code(approve(s, yes, by(ADAM)))).toBe('approval.author');
    expect(code(approve(s, yes, by(BELLA)))).toBe('approval.deployer');
    expect(code(approve(s, yes, by(QUINN)))).toBe('ok');
  });

  it('counts a person once', () => {
    const s = done(approve(asked(policy(aRule({ count: 2 }))), yes, by(ADAM)));
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(code(approve(s, yes, by(ADAM)))).toBe('approval.already');
    expect(done(approve(s, yes, by(BELLA))).release.state.status).toBe('approved');
  });

  it('does not count a button that showed other content', () => {
    const s = asked();
    expect(code(approve(s, { hash: 'other', comment: null }, by(ADAM)))).toBe('approval.changed');
    expect(code(approve(s, { hash: s.round?.hash ?? '', comment: null }, by(ADAM)))).toBe('ok');
  });

  it('uses one person for one rule only, whichever order they come in', () => {
    const rules = [
      aRule({ name: 'owners', people: [ADAM, BELLA], groups: [] }),
      aRule({ name: 'second', people: [ADAM], groups: [] }),
    ];
    const first = done(approve(asked(policy(...rules)), yes, by(ADAM)));
    expect(first.release.state.status).toBe('awaiting_approval');
    expect(done(approve(first, yes, by(BELLA))).release.state.status).toBe('approved');
  });

  it('ends the round on a rejection with a reason, and keeps the content', () => {
    expect(code(reject(asked(), { hash: null, reason: ' ' }, by(ADAM)))).toBe('fields');
    const s = done(reject(asked(), { hash: null, reason: 'no load test' }, by(ADAM)));
    expect(s.release.state).toMatchObject({
      status: 'draft',
      returned: { why: 'rejected', by: ADAM, reason: 'no load test' },
    });
    expect(s.round?.state).toBe('rejected');
    expect(done(submit(s, by(OWNER))).round).toMatchObject({ n: 2, state: 'open' });
  });

  it('takes an approval back until the start, and waits again', () => {
    const s = done(approve(asked(), yes, by(ADAM)));
    const undone = done(undoApproval(s, by(ADAM)));
    expect(undone.release.state.status).toBe('awaiting_approval');
    expect(code(undoApproval(undone, by(BELLA)))).toBe('approval.not_yours');
  });

  it('withdraws, and then nothing can be decided', () => {
    const s = done(withdraw(asked(), null, by(OWNER)));
    expect(s.release.state.status).toBe('draft');
    expect(code(approve(s, yes, by(ADAM)))).toBe('approval.no_round');
  });

  it('stops the clock while a question is open', () => {
    const question = done(ask(asked(), 'Is there a load test?', by(ADAM)));
    const later = after(NOW, 30 * HOUR);
    const id = question.round?.questions[0]?.id ?? '';
    const answered = done(answer(question, { question: id, text: 'yes' }, by(OWNER, later)));
    expect(answered.round?.remindAt && answered.round.remindAt > later).toBe(true);
  });
});

describe('at critical risk', () => {
  const risk = { score: 80, level: 'critical' as const, parts: [], raised: { level: 'critical' as const, by: ADAM } };

  it('an approval needs a reason, however it comes', () => {
    const s = asked({ release: aRelease({ risk }) });
    expect(s.round?.snapshot.risk).toBe('critical');
    const silent = approve(s, yes, by(ADAM));
    expect(silent).toMatchObject({ ok: false, refusal: { code: 'fields', problems: [{ field: 'reason' }] } });
    const given = done(approve(s, { hash: s.round?.hash ?? '', comment: 'Watched by the whole team' }, by(ADAM)));
    expect(given.round?.decisions).toMatchObject([{ actor: ADAM, comment: 'Watched by the whole team' }]);
  });
});

describe('raising the risk', () => {
  const high = aRule({
    name: 'release management',
    when: { risk: ['high', 'critical'] },
    groups: ['managers'],
  });
  const two = policy(aRule(), high);

  it('asks again under the rules of the higher level, and keeps it however the score comes out', () => {
    const s = done(approve(asked({ ...two }), yes, by(ADAM)));
    expect(s.release.state.status).toBe('approved');
    const waiting = done(undoApproval(s, by(ADAM)));
    const raised = raiseRisk(waiting, { level: 'high', reason: 'The cache was never this full' }, by(BELLA));
    const again = done(raised);
    expect(again.round).toMatchObject({ n: 2, state: 'open', snapshot: { risk: 'high' } });
    expect(again.round?.asks.map(({ person }) => person)).toContain(RITA);
    expect(again.release.risk).toMatchObject({ level: 'high', raised: { level: 'high', by: BELLA } });
    const kinds = raised.ok ? raised.value.events.map(({ kind }) => kind) : [];
    expect(kinds).toEqual(['risk.raised', 'round.invalidated', 'round.opened']);
    const edited = done(
      addChange(again, { title: 'One more', link: null, type: 'other', author: null, customers: false }, by(OWNER)),
    );
    expect(edited.release.risk?.level).toBe('high');
  });

  it('is refused downwards, without a reason, and to people who could not approve', () => {
    const s = asked({ ...two });
    const level = s.release.risk?.level ?? 'low';
    expect(raiseRisk(s, { level, reason: 'x' }, by(ADAM))).toMatchObject({
      refusal: { problems: [{ field: 'level' }] },
    });
    expect(raiseRisk(s, { level: 'critical', reason: ' ' }, by(ADAM))).toMatchObject({
      refusal: { problems: [{ field: 'reason' }] },
    });
    expect(code(raiseRisk(s, { level: 'critical', reason: 'x' }, by(OWNER)))).toBe('forbidden');
    expect(code(raiseRisk(s, { level: 'critical', reason: 'x' }, by(QUINN)))).toBe('forbidden');
  });
});

describe('editing a plan', () => {
  const start = after(NOW, 2 * HOUR);
  const when = { kind: 'at' as const, start, end: after(start, HOUR) };

  it('keeps the length of the window, and does not mind a start that has passed', () => {
    const s = aSituation({ release: aRelease({ when }) });
    const late = by(OWNER, after(start, HOUR));
    expect(
      done(editRelease(s, { title: 'Better words', when: { kind: 'at', start, end: null } }, late)).release,
    ).toMatchObject({
      title: 'Better words',
      when,
    });
    const next = after(start, 3 * HOUR);
    expect(done(editRelease(s, { when: { kind: 'at', start: next, end: null } }, late)).release.when).toEqual({
      kind: 'at',
      start: next,
      end: after(next, HOUR),
    });
    expect(code(editRelease(s, { when: { kind: 'at', start: NOW, end: null } }, late))).toBe('fields');
  });
});

describe('a change after a decision', () => {
  const approved = (): Situation => done(approve(asked(), yes, by(ADAM)));

  it.each([
    ['another title', { title: 'Another' }, false],
    ['that customers notice it', { customers: 'A page' }, true],
    ['another rollback plan', { rollbackPlan: 'Restore the backup' }, true],
    ['other answers', { answers: { schema: true, irreversible: false, downtime: false, restricted: false } }, true],
  ] as const)('%s: asks again %s', (_, edit, again) => {
    const s = done(editRelease(approved(), edit, by(OWNER)));
    expect(s.round?.n).toBe(again ? 2 : 1);
    expect(s.release.state.status).toBe(again ? 'awaiting_approval' : 'approved');
  });

  it('lets what customers notice be said in other words', () => {
    const told = done(submit(aSituation({ release: aRelease({ customers: 'A page' }) }), by(OWNER)));
    const s = done(editRelease(done(approve(told, yes, by(ADAM))), { customers: 'A better page' }, by(OWNER)));
    expect(s.round?.n).toBe(1);
    expect(s.release).toMatchObject({ customers: 'A better page', state: { status: 'approved' } });
  });

  it('asks again for a change that is added, and says which', () => {
    const decision = addChange(
      approved(),
      { title: 'Fix', link: null, type: 'bugfix', author: null, customers: false },
      by(OWNER),
    );
    const effect = decision.ok ? decision.value : null;
    expect(effect?.events.map(({ kind }) => kind)).toEqual(['change.added', 'round.invalidated', 'round.opened']);
    expect(effect?.events[1]).toMatchObject({
      data: { differences: ['change added'], carried: [] },
      words: '+ change “Fix”',
    });
  });

  it('carries over decisions of rules that the difference does not touch', () => {
    const rules = [aRule(), aRule({ name: 'quality', groups: ['qa'] })];
    const first = done(approve(asked(policy(...rules)), yes, by(QUINN)));
    const both = done(approve(first, yes, by(ADAM)));
    const s = done(editRelease(both, { rollbackPlan: 'Restore the backup' }, by(OWNER)));
    expect(s.round?.decisions.map(({ actor }) => actor)).toEqual([QUINN]);
    expect(s.round?.decisions[0]?.carriedFrom).toBe(both.round?.id);
    expect(s.release.state.status).toBe('awaiting_approval');
  });

  it('lets a move within a day stand, and asks again beyond it', () => {
    const start = instant('2026-03-05T06:00:00Z');
    const planned = done(editRelease(aSituation(), { when: { kind: 'at', start, end: null } }, by(OWNER)));
    const s = done(approve(done(submit(planned, by(OWNER))), yes, by(ADAM)));
    const moved = (hours: number) =>
      done(editRelease(s, { when: { kind: 'at', start: after(start, hours * HOUR), end: null } }, by(OWNER)));
    expect(moved(20).round?.n).toBe(1);
    expect(moved(30).round?.n).toBe(2);
  });

  it('changes nothing when nothing changed', () => {
    const s = approved();
    expect(done(reconsider(s, by(OWNER))).round?.n).toBe(1);
  });
});

describe('policies', () => {
  it('asks a service owner when no rule of a written policy applies', () => {
    const rules = { all: [aRule({ when: { risk: ['critical'] } })] };
    const traits = {
      type: 'normal',
      service: 'checkout',
      affects: [],
      tier: 2,
      risk: 'low',
      schema: false,
      customers: false,
    } as const;
    expect(applicable({ rules, otherwise: 'owners' }, traits)).toMatchObject({ all: [{ name: 'service owners' }] });
    expect(applicable({ rules, otherwise: 'nobody' }, traits)).toBeNull();
  });

  it('fills as many places as possible', () => {
    const [a, b] = [aRule({ name: 'a' }), aRule({ name: 'b' })];
    const assignment = assign([a, b], [ADAM, BELLA], (rule, voter) => (rule === a ? true : voter === ADAM));
    expect(assignment.get(a)).toEqual([BELLA]);
    expect(assignment.get(b)).toEqual([ADAM]);
  });
});
