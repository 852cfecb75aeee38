import { describe, expect, it } from 'vitest';
import {
  affectsProblems,
  createRelease,
  detailProblems,
  draftOf,
  hotfixVersion,
  type ReleaseInput,
  TITLE_MAX,
  textProblems,
  type VersionFacts,
  whenProblem,
} from '../../../src/domain/plan/plan.ts';
import type { When } from '../../../src/domain/release/release.ts';
import { after, HOUR } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { ADAM, aCatalog, anAct, aRelease, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';

const { workspace, id } = aRelease();
const identity = { workspace, id, number: 143 };
const nothingKnown: VersionFacts = { taken: null, deployed: null, recent: [] };

const anInput = (more: Partial<ReleaseInput> = {}): ReleaseInput => ({
  service: 'checkout',
  version: '2.14.0',
  title: 'Faster basket',
  customers: null,
  when: { kind: 'asap' },
  rollbackPlan: null,
  answers: { schema: false, irreversible: false, downtime: false, restricted: false },
  hotfix: false,
  askWhenReady: true,
  ...more,
});
const create = (more: Partial<ReleaseInput> = {}, by = OWNER, catalog = aCatalog()) =>
  createRelease(anInput(more), nothingKnown, catalog, identity, anAct(by));
const refused = (more: Partial<ReleaseInput>): readonly string[] => {
  const refusal = refusalOf(create(more));
  return refusal.code === 'fields' ? refusal.problems.map(({ field }) => field) : [refusal.code];
};
const fieldsOf = (problems: readonly { field: string }[]): readonly string[] => problems.map(({ field }) => field);
const window = (start: number, end: number | null): When => ({
  kind: 'at',
  start: after(NOW, start),
  end: end === null ? null : after(NOW, end),
});

describe('creating a release', () => {
  it('makes a private draft of the one who creates it', () => {
    const { release } = done(create());
    expect(release).toMatchObject({
      workspace,
      id,
      number: 143,
      service: 'checkout',
      version: '2.14.0',
      type: 'normal',
      owner: OWNER,
      creator: OWNER,
      submitter: null,
      deployer: null,
      state: { status: 'draft', since: NOW, returned: null },
      everAsked: false,
      createdAt: NOW,
    });
  });

  it('begins with revision 1, and with nothing that later steps add', () => {
    const { release } = done(create());
    expect(release.artifact).toEqual({ revision: 1, sha: null, digest: null });
    expect(release).toMatchObject({ affects: [], changes: [], hold: null, risk: null });
  });

  it('is journalled with service and version', () => {
    expect(done(create({}, ADAM)).events).toEqual([
      {
        kind: 'release.created',
        data: { service: 'checkout', version: '2.14.0' },
        release: id,
        subject: id,
        words: null,
        due: null,
      },
    ]);
  });

  it('aims at every protected environment, and at no other', () => {
    const environments = [
      { name: 'staging', protected: false, requires: null },
      { name: 'eu', protected: true, requires: 'staging' },
      { name: 'us', protected: true, requires: 'eu' },
    ];
    expect(done(create({}, OWNER, aCatalog({ environments }))).release.targets).toEqual(['eu', 'us']);
  });

  it('is a hotfix when that was ticked', () => {
    expect(done(create({ hotfix: true })).release.type).toBe('hotfix');
  });

  it('takes the rollback plan of the service unless another one is written', () => {
    expect(done(create()).release.rollbackPlan).toBe('Redeploy, 5 min');
    expect(done(create({ rollbackPlan: 'Switch back' })).release.rollbackPlan).toBe('Switch back');
  });

  it('keeps what its owner says', () => {
    const answers = { schema: true, irreversible: true, downtime: false, restricted: true };
    const { release } = done(
      create({ answers, customers: 'A new page', title: '  Faster basket ', when: window(1, 2) }),
    );
    expect(release).toMatchObject({ answers, customers: 'A new page', title: 'Faster basket', askWhenReady: true });
    expect(release.when).toEqual(window(1, 2));
  });

  it('a form shows the draft that an input would make, even one that would be refused', () => {
    const draft = draftOf(anInput({ service: 'chekout', title: ' ' }), aCatalog(), identity, anAct(ADAM));
    expect(draft).toMatchObject({ service: 'chekout', title: '', owner: ADAM, rollbackPlan: null });
  });
});

describe('creating is refused', () => {
  it.each([
    ['an unknown service', { service: 'chekout' }, ['service']],
    ['a version of another scheme', { version: '2026.3' }, ['version']],
    ['no title', { title: '' }, ['title']],
    ['a title of spaces', { title: '   ' }, ['title']],
    ['a time that is past', { when: window(-HOUR, null) }, ['when']],
    ['what customers notice at too much length', { customers: 'x'.repeat(1_001) }, ['customers']],
    ['a rollback plan at too much length', { rollbackPlan: 'x'.repeat(501) }, ['rollbackPlan']],
  ] as const)('for %s', (_, more, fields) => expect(refused(more)).toEqual(fields));

  it('with everything that is wrong at once, in the order of the form', () => {
    const wrong = {
      version: 'two',
      title: '',
      customers: 'x'.repeat(1_001),
      rollbackPlan: 'x'.repeat(501),
      when: window(0, null),
    };
    expect(refused(wrong)).toEqual(['version', 'title', 'customers', 'rollbackPlan', 'when']);
    expect(refused({ ...wrong, service: 'chekout' })).toEqual([
      'service',
      'title',
      'customers',
      'rollbackPlan',
      'when',
    ]);
  });

  it('with the services that are known, when the service is not', () => {
    const refusal = refusalOf(create({ service: 'chekout' }));
    const [problem] = refusal.code === 'fields' ? refusal.problems : [];
    expect(sentenceText(problem?.problem ?? [], { names: {}, command: '/release', zone: 'UTC' })).toBe(
      'There is no service “chekout” in the catalog. Did you mean checkout?',
    );
  });
});

describe('how long texts may be', () => {
  const none = { title: 'x', customers: null, rollbackPlan: null };
  it.each([
    ['a title at its limit', { ...none, title: 'x'.repeat(120) }, []],
    ['a title one past it', { ...none, title: 'x'.repeat(121) }, ['title']],
    ['a title of emoji at its limit', { ...none, title: '🚀'.repeat(120) }, []],
    ['a title of emoji one past it', { ...none, title: '🚀'.repeat(121) }, ['title']],
    ['a title with spaces around it', { ...none, title: ` ${'x'.repeat(120)} ` }, []],
    ['what customers notice at its limit', { ...none, customers: 'x'.repeat(1_000) }, []],
    ['what customers notice one past it', { ...none, customers: 'x'.repeat(1_001) }, ['customers']],
    ['what customers notice in emoji at its limit', { ...none, customers: '🚀'.repeat(1_000) }, []],
    ['a rollback plan at its limit', { ...none, rollbackPlan: 'x'.repeat(500) }, []],
    ['a rollback plan one past it', { ...none, rollbackPlan: 'x'.repeat(501) }, ['rollbackPlan']],
  ] as const)('%s', (_, texts, fields) => expect(fieldsOf(textProblems(texts))).toEqual(fields));

  it('a title is one line of at most 120 characters', () => expect(TITLE_MAX).toBe(120));
});

describe('when', () => {
  it.each([
    ['as soon as approved', { kind: 'asap' }, []],
    ['not decided yet', { kind: 'undecided' }, []],
    ['in a moment', window(1, null), []],
    ['now', window(0, null), ['when']],
    ['a moment ago', window(-1, null), ['when']],
    ['a window that ends after its start', window(HOUR, HOUR + 1), []],
    ['a window that ends at its start', window(HOUR, HOUR), ['when']],
    ['a window that ends before its start', window(HOUR, HOUR - 1), ['when']],
    ['a window that has begun already', window(-HOUR, HOUR), ['when']],
  ] as const)('%s', (_, when, fields) => expect(fieldsOf(whenProblem(when, NOW))).toEqual(fields));
});

describe('details', () => {
  it.each([
    ['no details', {}, []],
    ['a change number at its limit', { changeNumber: 'C'.repeat(40) }, []],
    ['a change number one past it', { changeNumber: 'C'.repeat(41) }, ['changeNumber']],
    ['a day of rehearsal', { rehearsedOn: '2026-02-28' }, []],
    ['a day that is written otherwise', { rehearsedOn: '28.02.2026' }, ['rehearsedOn']],
    ['a day with a time', { rehearsedOn: '2026-02-28T10:00' }, ['rehearsedOn']],
    ['a day that no month has', { rehearsedOn: '2026-02-30' }, ['rehearsedOn']],
    ['a month that no year has', { rehearsedOn: '2026-13-45' }, ['rehearsedOn']],
    ['today', { rehearsedOn: '2026-03-03' }, []],
    ['tomorrow', { rehearsedOn: '2026-03-04' }, ['rehearsedOn']],
    ['a year that is far ahead', { rehearsedOn: '2099-01-01' }, ['rehearsedOn']],
    ['both wrong', { changeNumber: 'C'.repeat(41), rehearsedOn: 'last week' }, ['changeNumber', 'rehearsedOn']],
  ])('%s', (_, more, fields) => expect(fieldsOf(detailProblems(aRelease(more), '2026-03-03'))).toEqual(fields));
});

describe('the services that it affects', () => {
  const { services } = aCatalog();
  const catalog = aCatalog({ services: { ...services, search: services.checkout as never } });
  it.each([
    ['none', [], []],
    ['another service', ['search'], []],
    ['an unknown service', ['serach'], ['affects']],
    ['itself', ['checkout'], ['affects']],
    ['one good and one unknown', ['search', 'serach'], ['affects']],
  ])('%s', (_, affects, fields) => {
    expect(fieldsOf(affectsProblems(aRelease({ affects }), catalog))).toEqual(fields);
  });

  it('names those that cannot be, and not the others', () => {
    const [problem] = affectsProblems(aRelease({ affects: ['search', 'serach', 'checkout'] }), catalog);
    expect(sentenceText(problem?.problem ?? [], { names: {}, command: '/release', zone: 'UTC' })).toMatch(
      /^serach, checkout cannot/,
    );
  });
});

describe('the version of a fix', () => {
  it.each([
    ['the next patch', 'semver', ['2.14.0'], '2.14.0', '2.14.1'],
    ['none where that is used', 'semver', ['2.14.0', '2.14.1'], '2.14.0', null],
    ['none where the scheme has no patches', 'free', [], 'blue', null],
  ] as const)('is %s', (_, versioning, recent, fixed, expected) =>
    expect(hotfixVersion({ versioning }, { recent: [...recent] }, fixed)).toBe(expected),
  );
});
