import { describe, expect, it } from 'vitest';
import type { Catalog, GateRule, Service } from '../../src/domain/catalog/catalog.ts';
import { type UserId, userId } from '../../src/domain/ids.ts';
import {
  capacities,
  mayAct,
  mayRead,
  maySee,
  PERMISSIONS,
  type Permission,
  readerOf,
} from '../../src/domain/permissions.ts';
import { refusalSentence } from '../../src/domain/refusal.ts';
import type { Release, ReleaseState } from '../../src/domain/release/release.ts';
import { sentenceText } from '../../src/slack/mrkdwn.ts';
import { aCatalog, aRelease, NOW, refusalOf } from '../support/builders.ts';

const [MEMBER, HOLDER, DEPLOYER, TEAM, MANAGER, ADMIN] = [
  'U1MEMBER',
  'U2HOLDER',
  'U3DEPLOYER',
  'U4TEAM',
  'U5MANAGER',
  'U6ADMIN',
].map(userId) as [UserId, UserId, UserId, UserId, UserId, UserId];
const WHO = { member: MEMBER, holder: HOLDER, deployer: DEPLOYER, team: TEAM, manager: MANAGER, admin: ADMIN };

const catalog: Catalog = aCatalog({
  groups: {
    owners: { people: [TEAM], slack: null },
    deployers: { people: [DEPLOYER], slack: null },
    managers: { people: [MANAGER], slack: null },
    admins: { people: [ADMIN], slack: null },
    qa: { people: [MEMBER], slack: null },
  },
  roles: { admin: ['admins'], release_manager: ['managers'], deployer: ['deployers'] },
});
const release = (more: Partial<Release> = {}): Release => aRelease({ owner: HOLDER, creator: HOLDER, ...more });
const allowed = (permission: Permission, about: Release | null = release()): readonly string[] =>
  Object.entries(WHO)
    .filter(([, who]) => mayAct(permission, catalog, who, about).ok)
    .map(([name]) => name);

const everybody = ['member', 'holder', 'deployer', 'team', 'manager', 'admin'];
const runners = ['holder', 'team', 'manager', 'admin'];
const deployers = ['holder', 'deployer', 'team', 'manager'];

/** Written down by hand: act, then who of a member, a role on the release, a deployer, its service's owner, a manager, an admin. */
const TABLE: Readonly<Record<Permission, readonly string[]>> = {
  create: everybody,
  edit: runners,
  submit: runners,
  withdraw: runners,
  remind: runners,
  hold: runners,
  cancel: runners,
  close: runners,
  close_by_hand: ['manager', 'admin'],
  reopen: ['manager', 'admin'],
  record_gate: ['team', 'manager'],
  waive_gate: ['manager'],
  start: deployers,
  finish: deployers,
  steer: deployers,
  roll_back: [...deployers, 'admin'],
  lift_lock: runners,
  lock: ['deployer', 'team', 'manager', 'admin'],
  emergency: deployers,
  declare_freeze: ['manager', 'admin'],
  end_freeze: ['manager', 'admin'],
  request_exception: runners,
  review: runners,
  administer: ['admin'],
};

describe('who may', () => {
  it.each(Object.entries(TABLE) as [Permission, readonly string[]][])('%s: %j', (permission, who) => {
    expect(allowed(permission)).toEqual(who);
  });

  it('no act is left out here', () => expect(Object.keys(PERMISSIONS).sort()).toEqual(Object.keys(TABLE).sort()));

  it('an admin starts nothing and waives nothing by being an admin', () => {
    for (const permission of ['start', 'finish', 'emergency', 'waive_gate', 'record_gate'] as const)
      expect(mayAct(permission, catalog, ADMIN, release()).ok).toBe(false);
  });

  it('nobody approves by a permission: only a rule makes an approver', () => {
    expect(Object.keys(PERMISSIONS).filter((name) => /approv/.test(name))).toEqual([]);
  });

  it('a role on one release is none on another', () => {
    expect(mayAct('edit', catalog, HOLDER, release({ owner: MANAGER, creator: MANAGER })).ok).toBe(false);
  });

  it('owners of one service are none of another', () => {
    expect(mayAct('edit', catalog, TEAM, release({ service: 'ledger' })).ok).toBe(false);
  });

  it('without a release only roles of the workspace count', () => {
    expect(allowed('edit', null)).toEqual(['manager', 'admin']);
    expect(allowed('declare_freeze', null)).toEqual(['manager', 'admin']);
    expect(allowed('create', null)).toEqual(everybody);
  });
});

describe('planning a release', () => {
  const named: Catalog = { ...catalog, roles: { ...catalog.roles, creator: ['qa'] } };
  const STRANGER = userId('U7STRANGER');

  it('is for everybody where the catalog names nobody', () => {
    expect(mayAct('create', catalog, STRANGER, null).ok).toBe(true);
    expect(mayAct('create', { ...catalog, roles: { ...catalog.roles, creator: [] } }, STRANGER, null).ok).toBe(true);
  });

  it('is for those whom it names, the owners of services and those with another role: nobody else is let ask approvers', () => {
    for (const who of [MEMBER, DEPLOYER, TEAM, MANAGER, ADMIN])
      expect(mayAct('create', named, who, null).ok).toBe(true);
    const refused = refusalOf(mayAct('create', named, STRANGER, null));
    expect(
      sentenceText(refusalSentence(refused), {
        names: { [MEMBER]: 'quinn', [ADMIN]: 'deployer', [MANAGER]: 'team' },
        command: '/release',
        zone: 'UTC',
      }),
    ).toBe(
      'Not created: this is for those whom the catalog lets plan releases. These can: quinn, deployer, team and 2 more.',
    );
  });
});

describe('capacities', () => {
  it.each([
    ['a member', MEMBER, ['member']],
    ['the owner of the release', HOLDER, ['holder', 'member']],
    ['a deployer', DEPLOYER, ['deployer', 'member']],
    ['an owner of the service', TEAM, ['member', 'service_owner']],
    ['a release manager', MANAGER, ['member', 'release_manager']],
    ['an admin', ADMIN, ['admin', 'member']],
  ])('of %s', (_, who, expected) => expect([...capacities(catalog, who, release())].sort()).toEqual(expected));

  it('add up', () => {
    const about = release({ deployer: DEPLOYER, submitter: TEAM });
    expect([...capacities(catalog, DEPLOYER, about)].sort()).toEqual(['deployer', 'holder', 'member']);
    expect([...capacities(catalog, TEAM, about)].sort()).toEqual(['holder', 'member', 'service_owner']);
  });
});

describe('a refusal', () => {
  const names = { [HOLDER]: 'holder', [TEAM]: 'team', [DEPLOYER]: 'deployer', [MANAGER]: 'manager', [ADMIN]: 'admin' };
  const words = (permission: Permission, about: Release | null, from: Catalog = catalog): string =>
    sentenceText(refusalSentence(refusalOf(mayAct(permission, from, MEMBER, about))), {
      names,
      command: '/release',
      zone: 'UTC',
    });

  it.each([
    ['record_gate', release(), 'Not recorded: this is for the owners of the gate. These can: team and manager.'],
    ['reopen', release(), 'Not reopened: this is for release managers. These can: manager and admin.'],
    ['declare_freeze', null, 'Not declared: this is for release managers and admins. These can: manager and admin.'],
    ['administer', null, 'Nothing done: this is for admins. These can: admin.'],
  ] as const)('of %s says what did not happen, whose it is, and who can', (permission, about, expected) => {
    expect(words(permission, about)).toBe(expected);
  });

  it("points at one's own rights where nobody could", () => {
    const empty = aCatalog({ roles: { admin: [], release_manager: [], deployer: [] } });
    expect(words('administer', null, empty)).toBe(
      'Nothing done: this is for admins. See your own rights with /release whoami.',
    );
  });

  it('names three at most, the owner of the release first, and counts the others', () => {
    expect(words('start', release())).toMatch(
      /^Not started: .* These can: holder\b.*\bteam\b.*\bdeployer\b.* 1 more\.$/,
    );
  });

  it('has the same code for every act', () => {
    const codes = (Object.keys(TABLE) as Permission[])
      .filter((permission) => permission !== 'create')
      .map((permission) => refusalOf(mayAct(permission, catalog, MEMBER, release())).code);
    expect(new Set(codes)).toEqual(new Set(['forbidden']));
  });
});

describe('seeing a release', () => {
  const seen = (about: Release, from = catalog): readonly string[] =>
    Object.entries(WHO)
      .filter(([, who]) => maySee(from, about, who))
      .map(([name]) => name);
  const cancelled: ReleaseState = {
    status: 'cancelled',
    since: NOW,
    by: HOLDER,
    reason: 'x',
    replacedBy: null,
    from: null,
  };
  const gates = [
    {
      name: 'regression',
      when: { risk: ['medium'], type: ['normal'] },
      before: 'approval',
      owners: ['qa'],
      waive: 'release_manager',
    },
    { name: 'smoke', when: {}, before: 'production', owners: ['deployers'], waive: 'release_manager' },
  ] as const;

  it('a draft is for its roles alone; admins and owners of the service are none', () => {
    expect(seen(release())).toEqual(['holder']);
    expect(seen(release({ deployer: DEPLOYER, submitter: TEAM }))).toEqual(['holder', 'deployer', 'team']);
  });

  it('what was ever asked for is for everybody', () => expect(seen(release({ everAsked: true }))).toEqual(everybody));

  it('a draft is also for those who have to pass a gate before it can be asked, and who can waive it', () => {
    expect(seen(release(), { ...catalog, gates })).toEqual(['member', 'holder', 'manager']);
  });

  it('a gate that does not apply, or comes later, opens no draft', () => {
    expect(seen(release({ type: 'hotfix' }), { ...catalog, gates })).toEqual(['holder']);
  });

  it('a gate that depends on the risk opens it at every risk: a draft is scored anew at every look', () => {
    const risk = { score: 5, level: 'low', parts: [] } as const;
    expect(seen(release({ risk }), { ...catalog, gates })).toEqual(['member', 'holder', 'manager']);
  });

  it('a draft that was cancelled is for its roles again', () => {
    expect(seen(release({ state: cancelled }), { ...catalog, gates })).toEqual(['holder']);
    expect(seen(release({ state: cancelled, everAsked: true }))).toEqual(everybody);
  });
});

describe('whose drafts a person may come across', () => {
  const checkout = catalog.services.checkout as Service;
  const services = { checkout, search: { ...checkout, owners: 'qa' } };
  const gate = (before: string, owners: readonly string[]): GateRule => ({
    name: `${before} ${owners.join()}`,
    when: {},
    before,
    owners,
    waive: 'release_manager',
  });
  const gated = (gates: readonly GateRule[], who: UserId) => readerOf({ ...catalog, services, gates }, who);

  it.each([
    ['of every service, where they own a gate before approval', [gate('approval', ['qa'])], ['checkout', 'search']],
    ['of the service whose owners they are, where owners pass it', [gate('approval', ['$owners'])], ['search']],
    ['of none, where the gate comes after approval', [gate('production', ['qa'])], []],
    ['of none, where others pass it', [gate('approval', ['managers'])], []],
    ['of none, where there is no gate', [], []],
  ])('%s', (_, gates, expected) => expect(gated(gates, MEMBER)).toEqual({ person: MEMBER, gated: expected }));

  it('are never fewer than those that they may see', () => {
    const gates = [gate('approval', ['$owners', 'deployers']), gate('production', ['managers'])];
    // Whoever can waive a gate may look at a draft, and does not come across it.
    for (const service of ['checkout', 'search'])
      for (const who of Object.values(WHO).filter((person) => person !== HOLDER && person !== MANAGER))
        if (maySee({ ...catalog, services, gates }, release({ service }), who))
          expect(gated(gates, who).gated).toContain(service);
    expect(gated(gates, DEPLOYER).gated).toEqual(['checkout', 'search']);
    expect(gated(gates, TEAM).gated).toEqual(['checkout']);
    expect(gated(gates, MANAGER).gated).toEqual([]);
  });
});

describe('reading a restricted release', () => {
  const answers = { schema: false, irreversible: false, downtime: false, restricted: true };
  const readers = (about: Release, asked: readonly UserId[] = []): readonly string[] =>
    Object.entries(WHO)
      .filter(([, who]) => mayRead(catalog, about, who, asked))
      .map(([name]) => name);

  it('is for its roles and the owners of its service; managers and admins are none', () => {
    expect(readers(release({ answers, everAsked: true }))).toEqual(['holder', 'team']);
  });

  it('is for those who are asked to approve it as well', () => {
    expect(readers(release({ answers }), [MANAGER])).toEqual(['holder', 'team', 'manager']);
  });

  it('is for everybody when it is not restricted', () => expect(readers(release())).toEqual(everybody));
});
