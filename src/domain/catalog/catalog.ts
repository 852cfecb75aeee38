/** The catalog as the core reads it: services, environments, groups, roles, policies, gates, routes and review rules, already resolved to ids. */

import type { ChannelId, UserId } from '../ids.ts';
import { own } from '../own.ts';
import type { DaysOff } from '../working-time.ts';

export type Preset = 'light' | 'standard' | 'strict';
export type ReleaseType = 'standard' | 'normal' | 'hotfix' | 'emergency';
export type RiskLevel = 'low' | 'medium' | 'high' | 'critical';
export const RISK_LEVELS: readonly RiskLevel[] = ['low', 'medium', 'high', 'critical'];

export const isHigher = (level: RiskLevel, than: RiskLevel): boolean =>
  RISK_LEVELS.indexOf(level) > RISK_LEVELS.indexOf(than);

export type VersionScheme = 'semver' | 'calver' | 'free';
export type StartMode = 'pipeline' | 'webhook' | 'by-hand';
export type RoleName = 'admin' | 'release_manager' | 'deployer';
/** Roles that may be left out: then whoever plans is everybody, and whoever is on call the service's owners. */
export type OpenRole = 'creator' | 'on_call';

export type Environment = {
  name: string;
  protected: boolean;
  requires: string | null;
  /** Which part of the world, or which tenants, it serves. */
  region?: string | null | undefined;
};
/** A user group of Slack behind a group. `team` is set where an organisation has the app as a whole; `typed` are the people whom the catalog names besides. */
export type SlackGroup = { id: string; team: string | null; handle: string; typed: readonly UserId[] };
export type Group = { people: readonly UserId[]; slack: SlackGroup | null };

export type Service = {
  owners: string;
  channel: ChannelId;
  tier: 1 | 2 | 3;
  versioning: VersionScheme;
  zone: string;
  start: Readonly<Record<string, StartMode>>;
  compare: string | null;
  /** Where its code is, `owner/name`: messages of GitHub and GitLab are of it by that. */
  repository?: string | null;
  policy: string;
  rollbackPlan: string | null;
  /** Minutes after which a deployment that nobody finished counts as failed; what it bakes comes on top. */
  deployMinutes: number;
  /** Whose public holidays count for it: `GB`, `DE-BY`. */
  country?: string | null | undefined;
  /** When it is used least, by the clock of its zone: where deployments are offered. */
  quiet?: { from: string; to: string; days?: readonly number[] | undefined } | null | undefined;
  /** The strategy by which it goes into protected environments; none is all at once. */
  strategy?: string | null | undefined;
  /** What stops a deployment at its step. */
  health?: readonly HealthRule[] | undefined;
  /** Addresses that have to answer well while it is deployed, and for some time after. */
  probes?: readonly Probe[] | undefined;
  /** What has to be so before it counts as healthy; `people: null` as the preset has it. */
  verify?: { people: number | null; minutes: number; checklist: readonly string[] } | null | undefined;
  /** What is done by hand on the way, in order; `minutes`: how long each is meant to take. */
  runbook?: readonly { text: string; minutes: number | null }[] | undefined;
};

/** One step of a strategy: how much of it is reached, and for how many minutes it is watched there. */
export type StepRule = {
  name: string;
  percent: number | null;
  bakeMinutes: number;
  /** It is left by itself once it has baked and nothing is against it. */
  auto?: boolean | undefined;
  /** The gate that has to be passed before it is entered. */
  gate?: string | null | undefined;
};
export type Strategy = {
  steps: readonly StepRule[];
  /** What is to be done so many working days after it is through: the flag taken out, the old one retired. */
  afterwards?: { text: string; days: number } | null | undefined;
};
/** A number that a pipeline or a monitor posts, and where it ends. */
/** `environment`: the one place that it is of; `null`, where it is of all. */
export type Probe = { url: string; environment: string | null };
export type HealthRule = { metric: string; above: number | null; below: number | null };

/** Holds when every given field matches; an empty predicate always holds. */
export type Predicate = {
  type?: readonly ReleaseType[] | undefined;
  risk?: readonly RiskLevel[] | undefined;
  service?: readonly string[] | undefined;
  tier?: readonly number[] | undefined;
  schema?: boolean | undefined;
  customers?: boolean | undefined;
};

export type Rule = {
  name: string;
  when: Predicate;
  groups: readonly string[];
  people: readonly UserId[];
  count: number;
  exclude: { requester: boolean; authors: boolean; deployer: boolean };
};
export type RuleTree = { all: readonly RuleNode[] } | { any: readonly RuleNode[] };
export type RuleNode = Rule | RuleTree;
/** `otherwise` is what happens when no rule of the policy applies: nobody is asked, or one service owner is. */
export type Policy = { rules: RuleTree; otherwise: 'nobody' | 'owners' };

export type GateRule = { name: string; when: Predicate; before: string; owners: readonly string[]; waive: RoleName };
/** When deployments may start in a place: nowhere else in time. */
export type WindowRule = {
  name: string;
  /** Empty: all. */
  services: readonly string[];
  environments: readonly string[];
  /** 1 is Monday. */
  days: readonly number[];
  /** Wall times, `09:00`. One that ends before it begins ends on the day after. */
  from: string;
  to: string;
  /** `null`: that of each service. */
  zone: string | null;
  exempt: readonly string[];
};

export type AnnounceRoute = { when: Predicate; to: readonly ChannelId[]; audience: 'stakeholders' };
export type ReviewRules = {
  /** Five-field cron, read in the owner's zone. */
  prompt: string;
  after: 'every release' | 'failures';
  lowRisk: 'short' | 'full';
};

/** Names of public holidays by their day, `2026-12-25`. */
export type Holidays = Readonly<Record<string, string>>;

export type Catalog = {
  version: number;
  preset: Preset;
  environments: readonly Environment[];
  groups: Readonly<Record<string, Group>>;
  roles: Readonly<Record<RoleName, readonly string[]> & Partial<Record<OpenRole, readonly string[]>>>;
  services: Readonly<Record<string, Service>>;
  /** Services that are frozen together, by the group's name. */
  serviceGroups?: Readonly<Record<string, readonly string[]>>;
  policies: Readonly<Record<string, Policy>>;
  gates: readonly GateRule[];
  strategies?: Readonly<Record<string, Strategy>>;
  /** Of the countries of its services; filled in when it is read. */
  holidays?: Readonly<Record<string, Holidays>>;
  /** Not in versions from before there were any. */
  windows?: readonly WindowRule[];
  announce: readonly AnnounceRoute[];
  reviews: ReviewRules;
  rollbackPlan: 'optional' | 'required';
  /** Whether a deployer, a change number and a time are wanted before approval is asked for. */
  planDetails: 'optional' | 'required';
  closes: 'when complete' | 'by hand';
  freezeSeverity: 'hard' | 'soft';
  membershipFixedAtSubmit: boolean;
};

const offs = new WeakMap<Catalog, Map<string, DaysOff>>();

/** Days on which nobody works in a zone: the public holidays of the countries whose services live in it. */
export const daysOff = (catalog: Catalog, zone: string): DaysOff => {
  const known = offs.get(catalog) ?? new Map<string, DaysOff>();
  offs.set(catalog, known);
  const found = known.get(zone);
  if (found !== undefined) return found;
  const there = Object.values(catalog.services).filter((service) => service.zone === zone);
  const countries = new Set(there.flatMap(({ country }) => country ?? []));
  const days = [...countries].map((country) => catalog.holidays?.[country] ?? {});
  const off: DaysOff = (day) => days.some((holidays) => Object.hasOwn(holidays, day));
  known.set(zone, off);
  return off;
};

/** Looked up by what people type: `constructor` or `toString` is a name like any other, known when the catalog has it and not otherwise. */
export const withOwnNames = (catalog: Catalog): Catalog => ({
  ...catalog,
  groups: own(catalog.groups),
  policies: own(catalog.policies),
  ...(catalog.strategies === undefined ? {} : { strategies: own(catalog.strategies) }),
  ...(catalog.serviceGroups === undefined ? {} : { serviceGroups: own(catalog.serviceGroups) }),
  services: own(
    Object.fromEntries(
      Object.entries(catalog.services).map(([name, service]) => [name, { ...service, start: own(service.start) }]),
    ),
  ),
});

/** What a predicate is asked about. */
export type Traits = {
  type: ReleaseType;
  service: string;
  affects: readonly string[];
  tier: number;
  risk: RiskLevel;
  schema: boolean;
  customers: boolean;
};

export const holds = (when: Predicate, traits: Traits): boolean =>
  (when.type?.includes(traits.type) ?? true) &&
  (when.risk?.includes(traits.risk) ?? true) &&
  (when.service?.some((name) => name === traits.service || traits.affects.includes(name)) ?? true) &&
  (when.tier?.includes(traits.tier) ?? true) &&
  (when.schema == null || when.schema === traits.schema) &&
  (when.customers == null || when.customers === traits.customers);

export const isRule = (node: RuleNode): node is Rule => 'name' in node;
export const branches = (tree: RuleTree): readonly RuleNode[] => ('all' in tree ? tree.all : tree.any);

export const environmentNamed = (catalog: Catalog, name: string): Environment | null =>
  catalog.environments.find((environment) => environment.name === name) ?? null;

export const protectedEnvironments = (catalog: Catalog): readonly string[] =>
  catalog.environments.filter((environment) => environment.protected).map((environment) => environment.name);

/** Everybody in the named groups; `$owners` is the owning group of the service. An unknown group is empty. */
export const membersOf = (catalog: Catalog, groups: readonly string[], service: string): readonly UserId[] => {
  const names = groups.map((name) => (name === '$owners' ? catalog.services[service]?.owners : name));
  return [...new Set(names.flatMap((name) => (name == null ? [] : (catalog.groups[name]?.people ?? []))))];
};

export const groupName = (catalog: Catalog, group: string, service: string): string =>
  group === '$owners' ? (catalog.services[service]?.owners ?? 'owners') : group;

export const hasRole = (catalog: Catalog, role: RoleName, person: UserId): boolean =>
  catalog.roles[role].some((group) => catalog.groups[group]?.people.includes(person));

/** Who may plan a release: those whom the catalog names, those with another role, and the owners of services; everybody where it names nobody. */
export const mayCreate = (catalog: Catalog, person: UserId): boolean => {
  const named = catalog.roles.creator ?? [];
  return named.length === 0 || creatorsOf(catalog).includes(person);
};

/** Those whom the catalog names, and all who may as well. */
export const creatorsOf = (catalog: Catalog): readonly UserId[] => {
  const named = catalog.roles.creator ?? [];
  const roles = [...named, ...catalog.roles.admin, ...catalog.roles.release_manager, ...catalog.roles.deployer];
  const owners = Object.values(catalog.services).map((service) => service.owners);
  return membersOf(catalog, [...roles, ...owners], '');
};

/** Who is called when nobody who should decides: those on call, else the owners of the service. */
export const onCall = (catalog: Catalog, service: string): readonly UserId[] => {
  const called = membersOf(catalog, catalog.roles.on_call ?? [], service);
  return called.length > 0 ? called : membersOf(catalog, ['$owners'], service);
};

export const startMode = (catalog: Catalog, service: string, environment: string): StartMode =>
  catalog.services[service]?.start[environment] ?? 'by-hand';
