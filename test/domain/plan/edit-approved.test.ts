/** Editing and assigning what is asked for or approved: what takes an approval back, and what does not. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { assignRole, type EditInput, editRelease } from '../../../src/domain/plan/edit.ts';
import type { Release, ReleaseState, When } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aCatalogOf,
  afterOf,
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
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const by = (who = OWNER) => anAct(who, NOW, newId);
const yes = (s: Situation, who: typeof OWNER) => afterOf(approve(s, { hash: null, comment: null }, by(who)));
const { services } = aCatalog();
/** Owners and quality, one person each, whatever the risk. */
const catalog = aCatalogOf(
  { all: [aRule({ groups: ['$owners'] }), aRule({ name: 'quality', groups: ['qa'] })] },
  { services: { ...services, search: services.checkout as never } },
);
const window: When = { kind: 'at', start: after(NOW, 2 * HOUR), end: after(NOW, 3 * HOUR) };
const approved = (more: Partial<Release> = {}): Situation => {
  const s = aSituation({ release: aRelease({ when: window, ...more }), around: { catalog } });
  return yes(yes(afterOf(submit(s, by())), ADAM), QUINN);
};
const moved = (by_: number): EditInput => ({ when: { kind: 'at', start: after(NOW, 2 * HOUR + by_), end: null } });
const answers = { schema: false, irreversible: false, downtime: false, restricted: false };

/** Who has to decide again after this edit of what ADAM (owners) and QUINN (quality) approved. */
const askedAgain = (input: EditInput): readonly string[] => {
  const { round } = afterOf(editRelease(approved(), input, by()));
  if (round?.n === 1) return [];
  const still = round?.decisions.map(({ actor }) => actor) ?? [];
  return [...(still.includes(ADAM) ? [] : ['owners']), ...(still.includes(QUINN) ? [] : ['quality'])];
};

describe('who decides again after an edit of what is approved', () => {
  it.each([
    ['other words for the title', { title: 'Much faster basket' }, []],
    ['a change number', { changeNumber: 'CHG0012345' }, []],
    ['another deployer', { deployer: BELLA }, []],
    ['the same start', moved(0), []],
    ['a start that is 24 hours later', moved(DAY), []],
    ['a start that is an hour earlier', moved(-HOUR), []],
    ['a start that is more than 24 hours later', moved(DAY + 1), ['owners']],
    ['a time that is open', { when: { kind: 'undecided' } }, ['owners']],
    ['another rollback plan', { rollbackPlan: 'Switch back' }, ['owners']],
    ['another answer of the owner', { answers: { ...answers, restricted: true } }, ['owners']],
    ['a service that it affects', { affects: ['search'] }, ['owners', 'quality']],
    ['customers who notice, where none did', { customers: 'A new page' }, ['owners', 'quality']],
    ['more risk', { answers: { ...answers, irreversible: true, downtime: true } }, ['owners', 'quality']],
  ] as const)('%s', (_, input, again) => expect(askedAgain(input)).toEqual(again));

  it('better words for customers ask nobody again', () => {
    const s = approved({ customers: 'A new page' });
    expect(afterOf(editRelease(s, { customers: 'A new basket page' }, by())).round).toMatchObject({ n: 1 });
  });

  it('goes on in one step: edited, taken back, asked again', () => {
    const { after: s, events } = done(editRelease(approved(), { affects: ['search'] }, by()));
    expect(events.map(({ kind }) => kind)).toEqual(['release.edited', 'round.invalidated', 'round.opened']);
    expect(s.release.state).toMatchObject({ status: 'awaiting_approval', round: s.round?.id });
    expect(s.round).toMatchObject({ n: 2, state: 'open' });
  });

  it('names whose decision is carried over, and from which round', () => {
    const s = approved();
    const { after: next, events } = done(editRelease(s, { rollbackPlan: 'Switch back' }, by()));
    expect(events[1]).toMatchObject({ kind: 'round.invalidated', data: { round: 1, carried: [QUINN] } });
    expect(next.round?.decisions).toMatchObject([{ actor: QUINN, verdict: 'approve', carriedFrom: s.round?.id }]);
  });

  it('within the tolerance moves the end of the approval: four hours after the window', () => {
    const s = approved();
    expect(s.release.state).toMatchObject({ validUntil: after(NOW, 7 * HOUR) });
    const next = afterOf(editRelease(s, moved(DAY), by()));
    expect(next.release.state).toMatchObject({ status: 'approved', validUntil: after(NOW, DAY + 7 * HOUR) });
    expect(next.round?.validUntil).toBe(after(NOW, DAY + 7 * HOUR));
  });

  it('in many small moves is compared with the time that was approved, not with the last', () => {
    const once = afterOf(editRelease(approved(), moved(DAY), by()));
    const twice = afterOf(editRelease(once, moved(DAY + HOUR), by()));
    expect(once.round?.n).toBe(1);
    expect(twice.round).toMatchObject({ n: 2, state: 'open' });
  });
});

describe('giving a role to somebody', () => {
  it.each(['owner', 'deployer'] as const)('makes them the %s, and says so once', (role) => {
    const { after: s, events } = done(assignRole(aSituation(), { role, to: BELLA }, by(ADAM)));
    expect(s.release[role]).toBe(BELLA);
    expect(events).toMatchObject([{ kind: 'release.assigned', data: { role, to: BELLA } }]);
  });

  it('does not touch an approval, by itself', () => {
    const s = afterOf(assignRole(approved(), { role: 'deployer', to: BELLA }, by()));
    expect(s.release.state.status).toBe('approved');
    expect(s.round).toMatchObject({ n: 1, state: 'approved' });
  });

  it('is possible while it deploys and after it failed', () => {
    const failed: ReleaseState = { status: 'failed', since: NOW, reason: 'error rate' };
    const s = aSituation({ release: aRelease({ state: failed }) });
    expect(afterOf(assignRole(s, { role: 'owner', to: ADAM }, by())).release).toMatchObject({
      owner: ADAM,
      state: failed,
    });
  });

  it.each([
    [
      'closed',
      {
        status: 'closed',
        since: NOW,
        by: OWNER,
        outcome: 'failed',
        from: { status: 'failed', since: NOW, reason: 'x' },
      },
    ],
    ['cancelled', { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null }],
  ] as const)('is refused once it is %s', (status, state) => {
    const s = aSituation({ release: aRelease({ state }) });
    expect(refusalOf(assignRole(s, { role: 'owner', to: ADAM }, by()))).toMatchObject({
      code: 'status',
      did: 'Not assigned',
      name: 'checkout 2.14.0',
      status,
    });
  });
});
