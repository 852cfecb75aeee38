import { describe, expect, it } from 'vitest';
import type { UserId } from '../../../src/domain/ids.ts';
import { assignRole, type EditInput, editRelease, mayStillEdit } from '../../../src/domain/plan/edit.ts';
import type { ReleaseState, When } from '../../../src/domain/release/release.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const { services } = aCatalog();
const around = { catalog: aCatalog({ services: { ...services, search: services.checkout as never } }) };
const at = (start: number, end: number | null = null): When => ({
  kind: 'at',
  start: after(NOW, start * HOUR),
  end: end === null ? null : after(NOW, end * HOUR),
});
const edit = (input: EditInput, when: When = { kind: 'asap' }) =>
  editRelease(aSituation({ release: aRelease({ when }), around }), input, anAct());
const fields = (input: EditInput): readonly string[] => {
  const refusal = refusalOf(edit(input));
  return refusal.code === 'fields' ? refusal.problems.map(({ field }) => field) : [refusal.code];
};
const deployed: ReleaseState & { status: 'deployed' } = { status: 'deployed', since: NOW, before: null, healthy: null };

describe('whether the plan is open', () => {
  it.each([
    ['draft', { status: 'draft', since: NOW, returned: null }, true],
    ['waiting for approval', { status: 'awaiting_approval', since: NOW, round: 'rnd_1' as never }, true],
    [
      'deploying',
      {
        status: 'deploying',
        since: NOW,
        deployment: 'dep_1' as never,
        from: { status: 'draft', since: NOW, returned: null },
      },
      false,
    ],
    ['deployed', deployed, false],
    ['failed', { status: 'failed', since: NOW, reason: 'x' }, false],
    ['rolled back', { status: 'rolled_back', since: NOW, to: '2.13.1', reason: 'x' }, false],
    ['closed', { status: 'closed', since: NOW, by: OWNER, outcome: 'success', from: deployed }, false],
    ['cancelled', { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null }, false],
  ] as const)('for what is %s', (status, state, open) => {
    const decision = mayStillEdit(aRelease({ state }));
    if (open) expect(decision).toEqual({ ok: true, value: null });
    else expect(refusalOf(decision)).toMatchObject({ code: 'status', did: 'Not changed', status });
  });

  it('says what was not done in the words of whoever asks', () => {
    expect(refusalOf(mayStillEdit(aRelease({ state: deployed }), 'Not added'))).toMatchObject({ did: 'Not added' });
  });
});

describe('editing the plan', () => {
  it.each([
    ['the title', { title: 'Much faster basket' }],
    ['what customers notice', { customers: 'A new page' }],
    ['the time', { when: { kind: 'undecided' } }],
    ['the rollback plan', { rollbackPlan: 'Switch back' }],
    ['the rollback plan', { rollbackPlan: null }],
    ['the change number', { changeNumber: 'CHG0012345' }],
    ['the rehearsal', { rehearsedOn: '2026-02-28' }],
    ['the answers', { answers: { schema: true, irreversible: false, downtime: false, restricted: false } }],
    ['the services it affects', { affects: ['search'] }],
  ] as const)('changes %s, and says so', (words, input) => {
    const { after: s, events } = done(edit(input));
    expect(s.release).toMatchObject(input);
    expect(events).toMatchObject([{ kind: 'release.edited', data: { fields: [words] }, words: null }]);
  });

  it.each(['owner', 'deployer'] as const)('gives the role of %s, and says to whom', (role) => {
    const { after: s, events } = done(edit({ [role]: BELLA }));
    expect(s.release[role]).toBe(BELLA);
    expect(events).toMatchObject([{ kind: 'release.assigned', data: { role, to: BELLA } }]);
  });

  it('names each field that changed, and no other', () => {
    const { events } = done(edit({ title: 'Much faster basket', customers: null, deployer: ADAM }));
    expect(events).toMatchObject([
      { kind: 'release.edited', data: { fields: ['the title'] } },
      { kind: 'release.assigned', data: { role: 'deployer', to: ADAM } },
    ]);
  });

  it('changes nothing, and writes nothing down, when everything is as it was', () => {
    const { after: s, events } = done(edit({ title: ' Faster basket ', rollbackPlan: 'Redeploy, 5 min' }));
    expect(s.release.title).toBe('Faster basket');
    expect(events).toEqual([]);
    expect(done(edit({})).events).toEqual([]);
  });

  it('scores the risk of a draft anew', () => {
    const score = (input: EditInput) => afterOf(edit(input)).release.risk?.score ?? 0;
    const harmless = score({ title: 'Much faster basket' });
    expect(score({ answers: { schema: false, irreversible: true, downtime: false, restricted: false } })).toBe(
      harmless + 15,
    );
    expect(score({ rehearsedOn: '2026-02-28' })).toBe(harmless - 6);
  });
});

describe('moving a window', () => {
  it.each([
    ['keeps its length when only the start is given', at(2, 4), at(26), at(26, 28)],
    ['takes the end that is given', at(2, 4), at(26, 27), at(26, 27)],
    ['has no end where it had none', at(2), at(26), at(26)],
    ['has no end when there was no window before', { kind: 'asap' }, at(26), at(26)],
    ['is given up for as soon as approved', at(2, 4), { kind: 'asap' }, { kind: 'asap' }],
  ] as const)('%s', (_, before, input, expected) => {
    expect(afterOf(edit({ when: input }, before)).release.when).toEqual(expected);
  });

  it('to the start that it has is no change', () => {
    expect(done(edit({ when: at(2) }, at(2, 4))).events).toEqual([]);
  });

  it('a window that has passed does not stand in the way of other edits', () => {
    expect(afterOf(edit({ title: 'Late', when: at(-3, -2) }, at(-3, -2))).release.title).toBe('Late');
  });
});

describe('an edit is refused', () => {
  it.each([
    ['without a title', { title: ' ' }, ['title']],
    ['with a title that is too long', { title: 'x'.repeat(121) }, ['title']],
    ['with too much for customers', { customers: 'x'.repeat(1_001) }, ['customers']],
    ['with too long a rollback plan', { rollbackPlan: 'x'.repeat(501) }, ['rollbackPlan']],
    ['with too long a change number', { changeNumber: 'x'.repeat(41) }, ['changeNumber']],
    ['with a rehearsal that is no day', { rehearsedOn: 'last week' }, ['rehearsedOn']],
    ['with an unknown service', { affects: ['serach'] }, ['affects']],
    ['with a time that is past', { when: at(0) }, ['when']],
    ['with a window that ends before it starts', { when: at(2, 1) }, ['when']],
    [
      'with everything that is wrong at once',
      { title: '', when: at(-1), affects: ['x'] },
      ['title', 'affects', 'when'],
    ],
  ] as const)('%s', (_, input, expected) => expect(fields(input)).toEqual(expected));

  it('once it has started, whatever the edit', () => {
    const s = aSituation({ release: aRelease({ state: deployed }) });
    expect(refusalOf(editRelease(s, { title: '' }, anAct()))).toMatchObject({ code: 'status', did: 'Not changed' });
  });
});

it('what is not given stays, also when it is given as nothing', () => {
  const s = aSituation({ release: aRelease({ customers: 'A new basket' }) });
  const edited = editRelease(s, { customers: undefined, rollbackPlan: undefined, title: 'Another' }, anAct());
  expect(edited.ok && edited.value.after.release).toMatchObject({
    title: 'Another',
    customers: 'A new basket',
    rollbackPlan: s.release.rollbackPlan,
  });
});

it('names only what differs, in whatever order the database keeps it', () => {
  const s = aSituation();
  const { schema, irreversible, downtime, restricted } = s.release.answers;
  const edited = editRelease(s, { title: 'Another', answers: { restricted, downtime, irreversible, schema } }, anAct());
  const fields = edited.ok
    ? edited.value.events.flatMap((event) => ('fields' in event.data ? event.data.fields : []))
    : [];
  expect(fields).toEqual(['the title']);
});

describe('a restricted release', () => {
  const answers = { schema: false, irreversible: false, downtime: false, restricted: true };
  const s = aSituation({ release: aRelease({ answers }) });
  const open = { ...answers, restricted: false };

  it.each([
    ['lifts it', (by: UserId) => editRelease(s, { answers: open }, anAct(by))],
    ['gives a role in a form', (by: UserId) => editRelease(s, { deployer: QUINN }, anAct(by))],
    ['gives a role', (by: UserId) => assignRole(s, { role: 'deployer', to: QUINN }, anAct(by))],
  ])('nobody who may not read it %s; its owner does', (_, act) => {
    expect(refusalOf(act(RITA))).toMatchObject({ code: 'forbidden' });
    expect(act(OWNER).ok).toBe(true);
  });
});
