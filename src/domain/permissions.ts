/** Who may do what: one table. Approving is not in it: only a rule of the policy makes an approver. */
import {
  type Catalog,
  creatorsOf,
  hasRole,
  holds,
  mayCreate,
  membersOf,
  type OpenRole,
  RISK_LEVELS,
  type RoleName,
} from './catalog/catalog.ts';
import type { UserId } from './ids.ts';
import { allow, type Decision, refuse, theseCan } from './refusal.ts';
import { isPrivate, type Release, roleHolders } from './release/release.ts';
import { releaseTraits } from './release/traits.ts';

import { command, type Sentence, say } from './words.ts';

export type Capacity = 'member' | 'holder' | 'service_owner' | RoleName | OpenRole;

type Row = { capacities: readonly Capacity[]; did: string; of: string };

const RUNNERS: readonly Capacity[] = ['holder', 'service_owner', 'release_manager', 'admin'];
const DEPLOYERS: readonly Capacity[] = ['holder', 'deployer', 'on_call', 'service_owner', 'release_manager'];
const RUNNERS_ARE = 'those named on it, the service owners and release managers';
const DEPLOYERS_ARE = 'those named on it, deployers, those on call and the service owners';

/** act → who, and the words of its refusal. */
export const PERMISSIONS = {
  create: { capacities: ['creator'], did: 'Not created', of: 'those whom the catalog lets plan releases' },
  edit: { capacities: RUNNERS, did: 'Not changed', of: RUNNERS_ARE },
  submit: { capacities: RUNNERS, did: 'Not asked', of: RUNNERS_ARE },
  withdraw: { capacities: RUNNERS, did: 'Not withdrawn', of: RUNNERS_ARE },
  remind: { capacities: RUNNERS, did: 'Not reminded', of: RUNNERS_ARE },
  hold: { capacities: RUNNERS, did: 'Not held', of: RUNNERS_ARE },
  cancel: { capacities: RUNNERS, did: 'Not cancelled', of: RUNNERS_ARE },
  close: { capacities: RUNNERS, did: 'Not closed', of: RUNNERS_ARE },
  close_by_hand: { capacities: ['release_manager', 'admin'], did: 'Not closed', of: 'release managers' },
  reopen: { capacities: ['release_manager', 'admin'], did: 'Not reopened', of: 'release managers' },
  record_gate: { capacities: ['service_owner', 'release_manager'], did: 'Not recorded', of: 'the owners of the gate' },
  waive_gate: { capacities: ['release_manager'], did: 'Not waived', of: 'the role that may waive this gate' },
  start: { capacities: DEPLOYERS, did: 'Not started', of: DEPLOYERS_ARE },
  finish: { capacities: DEPLOYERS, did: 'Not recorded', of: DEPLOYERS_ARE },
  steer: { capacities: DEPLOYERS, did: 'Nothing done', of: DEPLOYERS_ARE },
  roll_back: {
    capacities: [...DEPLOYERS, 'admin'],
    did: 'Not rolled back',
    of: DEPLOYERS_ARE,
  },
  lift_lock: { capacities: RUNNERS, did: 'Not lifted', of: RUNNERS_ARE },
  lock: {
    capacities: ['deployer', 'service_owner', 'release_manager', 'admin'],
    did: 'Not done',
    of: 'deployers, the service owners and release managers',
  },
  emergency: { capacities: DEPLOYERS, did: 'Not granted', of: DEPLOYERS_ARE },
  declare_freeze: { capacities: ['release_manager', 'admin'], did: 'Not declared', of: 'release managers and admins' },
  end_freeze: { capacities: ['release_manager', 'admin'], did: 'Not ended', of: 'release managers and admins' },
  request_exception: {
    capacities: RUNNERS,
    did: 'Not asked',
    of: RUNNERS_ARE,
  },
  review: { capacities: RUNNERS, did: 'Not saved', of: RUNNERS_ARE },
  administer: { capacities: ['admin'], did: 'Nothing done', of: 'admins' },
} as const satisfies Record<string, Row>;

export type Permission = keyof typeof PERMISSIONS;

const capacitiesOf = (
  catalog: Catalog,
  person: UserId,
  release: Release | null,
  service: string | null = release?.service ?? null,
): ReadonlySet<Capacity> => {
  const found = new Set<Capacity>(['member']);
  for (const role of ['admin', 'release_manager', 'deployer'] as const)
    if (hasRole(catalog, role, person)) found.add(role);
  if (mayCreate(catalog, person)) found.add('creator');
  if (membersOf(catalog, catalog.roles.on_call ?? [], '').includes(person)) found.add('on_call');
  if (service !== null && membersOf(catalog, ['$owners'], service).includes(person)) found.add('service_owner');
  if (release !== null && roleHolders(release).includes(person)) found.add('holder');
  return found;
};

/** What everybody may needs no capacity. */
export const capacities = (catalog: Catalog, person: UserId, release: Release | null): readonly Capacity[] =>
  [...capacitiesOf(catalog, person, release)].filter(
    (capacity) => capacity !== 'creator' || (catalog.roles.creator ?? []).length > 0,
  );

/** Refuses with who may do it instead. `release` is null for what is not about a release; it may still be about a service. */
export const mayAct = (
  permission: Permission,
  catalog: Catalog,
  person: UserId,
  release: Release | null,
  service: string | null = release?.service ?? null,
): Decision<Permission> => {
  const row: Row = PERMISSIONS[permission];
  const mine = capacitiesOf(catalog, person, release, service);
  if (row.capacities.some((capacity) => mine.has(capacity))) return allow(permission);
  return refuse({
    code: 'forbidden',
    did: row.did,
    because: say`this is for ${row.of}`,
    can: whoCan(row, catalog, release, service),
  });
};

/** People who have to pass a gate before approval can be asked for at all, and who can waive it. */
const earlyGateOwners = (catalog: Catalog, release: Release): readonly UserId[] => {
  // Whatever its risk turns out to be: a draft is scored anew at every look.
  const early = catalog.gates.filter(
    ({ before, when }) =>
      before === 'approval' && RISK_LEVELS.some((risk) => holds(when, releaseTraits(catalog, release, risk))),
  );
  return membersOf(
    catalog,
    early.flatMap(({ owners, waive }) => [...owners, ...(catalog.roles[waive] ?? [])]),
    release.service,
  );
};

/** A private draft does not exist for others than its roles, and those who have to pass a gate of it. */
export const maySee = (catalog: Catalog, release: Release, person: UserId): boolean =>
  !isPrivate(release) ||
  roleHolders(release).includes(person) ||
  (release.state.status === 'draft' && earlyGateOwners(catalog, release).includes(person));

/** Who looks, and of which services drafts of others may concern them, because they may have to pass a gate there. */
export type Reader = { person: UserId; gated: readonly string[] };

export const readerOf = (catalog: Catalog, person: UserId): Reader => {
  // Who can waive a gate is asked to by its owner, and is not shown every draft for that.
  const owners = catalog.gates.filter(({ before }) => before === 'approval').flatMap((gate) => gate.owners);
  const gates = (service: string): boolean => membersOf(catalog, owners, service).includes(person);
  return { person, gated: owners.length === 0 ? [] : Object.keys(catalog.services).filter(gates) };
};

/** The content of a restricted release is for its roles, the owners of its service and the people asked to approve it. */
export const mayRead = (catalog: Catalog, release: Release, person: UserId, asked: readonly UserId[] = []): boolean =>
  !release.answers.restricted ||
  asked.includes(person) ||
  [...roleHolders(release), ...membersOf(catalog, ['$owners'], release.service)].includes(person);

/** Whoever may not read a restricted release gives nobody the right to, themselves least of all. */
export const mayGiveAway = (catalog: Catalog, release: Release, by: UserId, did: string): Decision<null> =>
  mayRead(catalog, release, by)
    ? allow(null)
    : refuse({
        code: 'forbidden',
        did,
        because: say`it is restricted, and who may read it is for those named on it`,
        can: theseCan([release.owner]),
      });

const whoCan = (permission: Row, catalog: Catalog, release: Release | null, service: string | null): Sentence => {
  const roles = permission.capacities.filter((name): name is RoleName | OpenRole => name in catalog.roles);
  const inRoles = membersOf(
    catalog,
    roles.flatMap((role) => catalog.roles[role] ?? []),
    service ?? '',
  );
  const can = (capacity: Capacity): boolean => permission.capacities.includes(capacity);
  const owner = release !== null && can('holder') ? [release.owner] : [];
  const owners = service !== null && can('service_owner') ? membersOf(catalog, ['$owners'], service) : [];
  const creators = can('creator') ? creatorsOf(catalog) : [];
  const ids = [...new Set([...owner, ...owners, ...inRoles, ...creators])];
  return ids.length === 0 ? say`See your own rights with ${command('whoami')}.` : theseCan(ids);
};
