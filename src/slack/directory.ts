/** Slack as a directory, for resolving the names of a catalog. A missing scope reads as “not known”, which the catalog's problem explains. */
import type { WebClient } from '@slack/web-api';
import type { Deps } from '../deps.ts';
import { type ChannelId, channelId, type UserId, userId } from '../domain/ids.ts';
import { meetEverybody } from './people.ts';
import { isOrganisation, type Tenant } from './tenants.ts';

/** What Slack knows; each answers null for what does not exist or cannot be read. */
export type Directory = {
  channelNamed: (name: string) => Promise<ChannelId | null>;
  personByEmail: (email: string) => Promise<UserId | null>;
  userGroup: (handle: string) => Promise<{ id: string; team: string | null; members: readonly UserId[] } | null>;
};

/** What Slack itself says, asked only by what has to know: setting up, and finding out what is missing. */
export type SlackFacts = {
  directory: Directory;
  /** The scopes that the app was granted; null when Slack does not say. */
  scopes: () => Promise<readonly string[] | null>;
  /** Whether the bot can post there; null for a channel that it cannot see. */
  channel: (id: string) => Promise<{ name: string; member: boolean; archived: boolean } | null>;
  /** Reads everybody whom the catalog names. */
  meetEverybody: () => Promise<void>;
};

const errorOf = (thrown: unknown): string => (thrown as { data?: { error?: string } }).data?.error ?? '';

/** Null for the answers that mean “there is none” or “you may not ask”; anything else is thrown. */
const unless = async <T>(known: readonly string[], ask: () => Promise<T>): Promise<T | null> => {
  try {
    return await ask();
  } catch (thrown) {
    if (known.includes(errorOf(thrown))) return null;
    throw thrown;
  }
};

/** What Slack says of the app and of a channel. */
export const slackFacts = (deps: Deps, tenant: Tenant): SlackFacts => ({
  meetEverybody: () => meetEverybody(deps, tenant),
  directory: slackDirectory(tenant),
  scopes: async () => {
    const { response_metadata } = await tenant.client.auth.test();
    return response_metadata?.scopes ?? null;
  },
  channel: async (id) => {
    const known = ['channel_not_found', 'missing_scope', 'not_in_channel'];
    const answer = await unless(known, () => tenant.client.conversations.info({ channel: id }));
    const channel = answer?.channel;
    if (channel === undefined) return null;
    return { name: channel.name ?? id, member: channel.is_member === true, archived: channel.is_archived === true };
  },
});

const PAGES = 20;

/** The teams to look in: `null` where there is only one, which Slack then knows by the token. */
const teamsOf = async ({ slackId, client }: Tenant): Promise<readonly (string | null)[]> => {
  if (!isOrganisation(slackId)) return [null];
  const found: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await client.auth.teams.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...(answer.teams ?? []).flatMap(({ id }) => id ?? []));
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') break;
  }
  return found;
};

export const inTeam = (team: string | null): { team_id?: string } => (team === null ? {} : { team_id: team });

const channelIn = async (client: WebClient, team: string | null, name: string): Promise<string | null> => {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await client.conversations.list({
      types: 'public_channel,private_channel',
      exclude_archived: true,
      limit: 1_000,
      ...inTeam(team),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const found = answer.channels?.find((channel) => channel.name === name)?.id;
    if (found !== undefined) return found;
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return null;
  }
  return null;
};

const userGroupIn = async (client: WebClient, team: string | null, handle: string): Promise<string | null> => {
  const groups = await unless(['missing_scope', 'plan_upgrade_required'], () => client.usergroups.list(inTeam(team)));
  const named = groups?.usergroups?.filter((known) => known.handle === handle) ?? [];
  return (named.length === 1 ? named[0]?.id : undefined) ?? null;
};

export const slackDirectory = (tenant: Tenant): Directory => ({
  channelNamed: async (name) => {
    for (const team of await teamsOf(tenant)) {
      const found = await channelIn(tenant.client, team, name);
      if (found !== null) return channelId(found);
    }
    return null;
  },
  personByEmail: async (email) => {
    const answer = await unless(['users_not_found', 'missing_scope'], () =>
      tenant.client.users.lookupByEmail({ email }),
    );
    const id = answer?.user?.id;
    return id === undefined ? null : userId(id);
  },
  userGroup: async (handle) => {
    for (const team of await teamsOf(tenant)) {
      const id = await userGroupIn(tenant.client, team, handle);
      if (id === null) continue;
      const members = await tenant.client.usergroups.users.list({ usergroup: id, ...inTeam(team) });
      return { id, team, members: (members.users ?? []).map(userId) };
    }
    return null;
  },
});
