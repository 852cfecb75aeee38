/** What changes from one catalog version to the next: who joined and left, and which parts a second admin has to look at. */

import { type ChannelId, channelId, type UserId } from '../ids.ts';
import type { Catalog } from './catalog.ts';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const definitions = (catalog: Catalog): unknown =>
  Object.entries(catalog.groups).map(([name, { people, slack }]) => [
    name,
    slack === null ? people : { handle: slack.handle, typed: slack.typed },
  ]);

const protectedOnes = (catalog: Catalog): unknown =>
  catalog.environments.filter((environment) => environment.protected);

/** Of a service, what decides who approves it and how it starts; its channel and words are nobody else's business. */
const ruling = (catalog: Catalog): unknown =>
  Object.entries(catalog.services)
    .map(([name, { owners, policy, tier, start }]) => ({ name, owners, policy, tier, start }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The parts that decide who may release what: under `strict` a version that touches one waits for a second admin. */
export const sensitiveParts = (before: Catalog, after: Catalog): readonly string[] =>
  [
    { part: 'preset', changed: before.preset !== after.preset },
    { part: 'policies', changed: !same(before.policies, after.policies) },
    { part: 'groups', changed: !same(definitions(before), definitions(after)) },
    { part: 'gates', changed: !same(before.gates, after.gates) },
    { part: 'services', changed: !same(ruling(before), ruling(after)) },
    { part: 'roles', changed: !same(before.roles, after.roles) },
    { part: 'protected environments', changed: !same(protectedOnes(before), protectedOnes(after)) },
  ].flatMap(({ part, changed }) => (changed ? [part] : []));

/** A channel of the catalog that Slack did not show yet stands there by its name. */
export const isUnfound = (channel: string): boolean => channel.startsWith('#');

export const channelsOf = (catalog: Catalog): readonly ChannelId[] => [
  ...new Set([
    ...Object.values(catalog.services).map(({ channel }) => channel),
    ...catalog.announce.flatMap(({ to }) => to),
  ]),
];

/** The catalog with this channel in the place of its name; `null` where none goes by that name. */
export const withChannel = (catalog: Catalog, name: string, id: ChannelId): Catalog | null => {
  const wanted = channelId(`#${name}`);
  if (!channelsOf(catalog).includes(wanted)) return null;
  const found = (channel: ChannelId): ChannelId => (channel === wanted ? id : channel);
  return {
    ...catalog,
    services: Object.fromEntries(
      Object.entries(catalog.services).map(([key, service]) => [key, { ...service, channel: found(service.channel) }]),
    ),
    announce: catalog.announce.map((route) => ({ ...route, to: route.to.map(found) })),
  };
};

export type MembershipChange = { group: string; joined: readonly UserId[]; left: readonly UserId[] };

/** The catalog with the user groups as Slack has them now; `null` when nobody joined or left. Definitions stay as they are. */
export const withMembers = (
  catalog: Catalog,
  members: ReadonlyMap<string, readonly UserId[]>,
): { groups: Catalog['groups']; changes: readonly MembershipChange[] } | null => {
  const changes: MembershipChange[] = [];
  const groups = Object.fromEntries(
    Object.entries(catalog.groups).map(([name, group]) => {
      const synced = group.slack === null ? undefined : members.get(group.slack.id);
      if (group.slack === null || synced === undefined) return [name, group];
      const people = [...new Set([...group.slack.typed, ...synced])];
      const joined = people.filter((id) => !group.people.includes(id));
      const left = group.people.filter((id) => !people.includes(id));
      if (joined.length + left.length === 0) return [name, group];
      changes.push({ group: name, joined, left });
      return [name, { ...group, people }];
    }),
  );
  return changes.length === 0 ? null : { groups, changes };
};
