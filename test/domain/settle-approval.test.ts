/** What time does to a round and to an approval: more people are asked, it expires, it lapses, it waits again. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../src/domain/approval/decide.ts';
import { ask } from '../../src/domain/approval/question.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import type { UserId } from '../../src/domain/ids.ts';
import { assignRole, editRelease } from '../../src/domain/plan/edit.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, instant } from '../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  anAct,
  aRelease,
  aRule,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../support/builders.ts';

const newId = counting();
const by = (who: UserId = OWNER, now = NOW) => anAct(who, now, newId);
const yes = { hash: null, comment: null };
const at = (s: Situation, now = NOW) => settle(s, now, newId);
const asked = (more: Parameters<typeof aSituation>[0] = {}): Situation => done(submit(aSituation(more), by())).after;
const approved = (): Situation => done(approve(asked(), yes, by(ADAM))).after;

describe('more people are asked', () => {
  /** Five owners, one of whom asks; one has to approve, so two are asked first. */
  const groups = { ...aCatalog().groups, owners: { people: [OWNER, ADAM, BELLA, QUINN, RITA], slack: null } };
  const rules = (count: number) => ({ default: { rules: { all: [aRule({ count })] }, otherwise: 'owners' as const } });
  const wide = (count = 1, inactive: readonly UserId[] = []) =>
    asked({ around: { catalog: aCatalog({ groups, policies: rules(count) }), inactive } });
  const REMINDER = instant('2026-03-03T14:00:00Z');

  it('four hours after the request, all the rest at once', () => {
    const s = wide();
    expect(s.round?.asks.map(({ person }) => person)).toEqual([ADAM, BELLA]);
    expect(at(s, after(REMINDER, -1)).events).toEqual([]);
    const { after: next, events } = at(s, REMINDER);
    expect(events).toMatchObject([{ kind: 'round.widened', data: { round: 1, asked: [QUINN, RITA] }, due: REMINDER }]);
    expect(next.round?.asks.map(({ person, at: when, wave }) => [person, when, wave])).toEqual(
      [ADAM, BELLA, QUINN, RITA].map((person) => [person, REMINDER, 'rest']),
    );
    expect(next.release.state.status).toBe('awaiting_approval');
  });

  it('dated by its time, however late that is noticed', () => {
    expect(at(wide(), after(REMINDER, DAY)).events).toMatchObject([{ kind: 'round.widened', due: REMINDER }]);
  });

  it('the next morning, when it was asked for in the evening', () => {
    const evening = instant('2026-03-03T17:00:00Z');
    const s = done(submit(aSituation(), by(OWNER, evening))).after;
    expect(at(s, instant('2026-03-04T08:59:00Z')).events).toEqual([]);
    expect(at(s, instant('2026-03-04T09:00:00Z')).events).toMatchObject([{ kind: 'round.widened' }]);
  });

  it('once, also when nobody else is left', () => {
    const first = at(asked(), REMINDER);
    expect(first.events).toMatchObject([{ kind: 'round.widened', data: { asked: [] } }]);
    expect(at(first.after, after(REMINDER, DAY)).events).toEqual([]);
  });

  it('but none who has decided, or was deactivated', () => {
    const s = done(approve(wide(2, [QUINN]), yes, by(ADAM))).after;
    const { after: next, events } = at(s, REMINDER);
    expect(events).toMatchObject([{ data: { asked: [] } }]);
    expect(next.round?.asks.filter(({ wave }) => wave === 'rest').map(({ person }) => person)).toEqual([BELLA, RITA]);
  });

  it('while one of them waits for an answer: who asked is not reminded, everybody else is', () => {
    const s = done(ask(wide(), 'Is the index there?', by(ADAM))).after;
    const { after: next, events } = at(s, REMINDER);
    expect(events).toMatchObject([{ kind: 'round.widened', data: { asked: [QUINN, RITA] } }]);
    const again = next.round?.asks.filter(({ wave }) => wave === 'rest').map(({ person }) => person);
    expect(again).toEqual([BELLA, QUINN, RITA]);
  });
});

describe('a round', () => {
  it.each([
    ['normal', '2026-03-06T10:00:00.000Z'],
    ['hotfix', '2026-03-06T10:00:00.000Z'],
    ['emergency', '2026-03-03T14:00:00.000Z'],
  ] as const)('of type %s expires at %s', (type, expected) => {
    const expiry = instant(expected);
    const s = asked({ release: aRelease({ type }) });
    expect(at(s, after(expiry, -1)).after.release.state.status).toBe('awaiting_approval');
    expect(at(s, expiry).after.release.state.status).toBe('draft');
  });

  it('that expired gives the draft back as it was, dated by the expiry', () => {
    const s = asked({ release: aRelease({ askWhenReady: true }) });
    const { after: next, events } = at(s, after(NOW, 30 * DAY));
    const expiry = '2026-03-06T10:00:00.000Z';
    expect(next.release.state).toEqual({
      status: 'draft',
      since: expiry,
      returned: { why: 'expired', by: null, reason: null },
    });
    expect(next.round).toMatchObject({ state: 'expired', endedAt: expiry });
    expect(next.release).toMatchObject({ title: s.release.title, askWhenReady: false });
    expect(events).toMatchObject([{ kind: 'round.expired', data: { round: 1 }, due: expiry, words: null }]);
  });

  it('that was approved expires no more', () => {
    expect(at(approved(), instant('2026-03-06T10:00:00Z')).events).toEqual([]);
  });

  it('can be asked for again, as the next one', () => {
    const expired = at(asked(), after(NOW, 5 * DAY)).after;
    expect(done(submit(expired, by(OWNER, after(NOW, 5 * DAY)))).after.round).toMatchObject({ n: 2, state: 'open' });
  });
});

describe('an approval', () => {
  it.each([
    ['lasts seven days', -1, 'approved', 'approved'],
    ['lapses after seven days', 0, 'draft', 'lapsed'],
  ])('%s', (_, more, status, state) => {
    const { after: s } = at(approved(), after(NOW, 7 * DAY + more));
    expect([s.release.state.status, s.round?.state]).toEqual([status, state]);
  });

  it('that lapsed is dated by its end', () => {
    const due = after(NOW, 7 * DAY);
    const { after: s, events } = at(approved(), after(due, DAY));
    expect(s.release.state).toEqual({
      status: 'draft',
      since: due,
      returned: { why: 'approval lapsed', by: null, reason: null },
    });
    expect(s.round?.endedAt).toBe(due);
    expect(events).toMatchObject([{ kind: 'approval.lapsed', data: { round: 1 }, due }]);
  });

  it('of a policy lapses as well, without a round', () => {
    const s = asked({ around: { catalog: aCatalog({ preset: 'light' }) } });
    const { after: next, events } = at(s, after(NOW, 7 * DAY));
    expect(next.release.state.status).toBe('draft');
    expect(events).toMatchObject([{ kind: 'approval.lapsed', data: { round: null } }]);
  });

  it('does not lapse under a deployment', () => {
    const running = done(
      startDeployment(approved(), { environment: 'production', reason: null }, by(OWNER, after(NOW, 7 * DAY - 1))),
    ).after;
    expect(at(running, after(NOW, 7 * DAY)).after.release.state.status).toBe('deploying');
  });
});

describe('an approval and its time', () => {
  const on = (start: string) => ({ kind: 'at' as const, start: instant(start), end: null });
  const moved = (s: Situation, start: string): Situation => done(editRelease(s, { when: on(start) }, by())).after;
  const planned = (): Situation =>
    done(approve(asked({ release: aRelease({ when: on('2026-03-03T12:00:00Z') }) }), yes, by(ADAM))).after;

  it('moved within a day lapses after its new time', () => {
    const s = moved(planned(), '2026-03-04T08:00:00Z');
    expect(s.release.state).toMatchObject({ status: 'approved', validUntil: '2026-03-04T13:00:00.000Z' });
    expect(at(s, instant('2026-03-04T08:00:00Z')).events).toEqual([]);
    expect(at(s, instant('2026-03-04T13:00:00Z')).events).toMatchObject([{ kind: 'approval.lapsed' }]);
  });

  it('many small moves are not one small move', () => {
    const twice = moved(moved(planned(), '2026-03-04T08:00:00Z'), '2026-03-05T06:00:00Z');
    expect(twice.round?.n).toBe(2);
  });

  it('is not asked for a time that is past', () => {
    const s = aSituation({ release: aRelease({ when: on('2026-03-03T09:00:00Z') }) });
    expect(refusalOf(submit(s, by()))).toMatchObject({ code: 'fields', problems: [{ field: 'when' }] });
  });
});

describe('an approver who stops counting', () => {
  it('by becoming the owner: it waits again, and others can give it', () => {
    const s = done(assignRole(approved(), { role: 'owner', to: ADAM }, by())).after;
    const settled = at(s).after;
    expect(settled.release.state.status).toBe('awaiting_approval');
    expect(done(approve(settled, yes, by(BELLA))).after.release.state.status).toBe('approved');
  });

  it('by leaving: the same round is open again, with its time anew', () => {
    const now = after(NOW, DAY);
    const left = approved();
    const { after: s, events } = at({ ...left, around: { ...left.around, inactive: [ADAM] } }, now);
    expect(s.round).toMatchObject({
      n: 1,
      state: 'open',
      endedAt: null,
      validUntil: null,
      expiresAt: '2026-03-09T10:00:00.000Z',
      remindAt: '2026-03-04T14:00:00.000Z',
    });
    expect(s.release.state).toMatchObject({ status: 'awaiting_approval', since: now, round: s.round?.id });
    expect(events).toMatchObject([{ kind: 'round.reopened', data: { round: 1 } }]);
  });

  it('under a deployment changes nothing any more', () => {
    const s = done(startDeployment(approved(), { environment: 'production', reason: null }, by())).after;
    expect(at({ ...s, around: { ...s.around, inactive: [ADAM] } }).events).toEqual([]);
  });
});
