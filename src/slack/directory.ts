/** Slack as a directory, for resolving the names of a catalog. A missing scope reads as “not known”, which the catalog's problem explains. */
import { setTimeout } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { type ChannelId, channelId, type UserId, userId } from '../domain/ids.ts';
import { confirmedPerson, kindOf, meetEverybody } from './people.ts';
import { isOrganisation, type Tenant } from './tenants.ts';

/** What Slack knows; each answers null for what does not exist or cannot be read. */
export type Directory = {
  channelNamed: (name: string) => Promise<ChannelId | null>;
  personByEmail: (email: string) => Promise<UserId | null>;
  /** Why they could do nothing here; null for a member who can, and where Slack does not say. */
  barred: (id: UserId) => Promise<'nobody' | 'deactivated' | 'bot' | 'guest' | 'stranger' | null>;
  userGroup: (handle: string) => Promise<{ id: string; team: string | null; members: readonly UserId[] } | null>;
};

/** What Slack itself says, asked only by what has to know: setting up, and finding out what is missing. */
export type SlackFacts = {
  directory: Directory;
  /** The scopes that the app was granted; null when Slack does not say. */
  scopes: () => Promise<readonly string[] | null>;
  /** Whether the bot can post there; null for a channel that it cannot see. */
  channel: (id: string) => Promise<{ name: string; member: boolean; archived: boolean } | null>;
  /** Asks Slack who this is, and keeps it. */
  meet: (id: UserId) => Promise<void>;
  /** Reads everybody whom the catalog names. */
  meetEverybody: () => Promise<void>;
};

const errorOf = (thrown: unknown): string => (thrown as { data?: { error?: string } }).data?.error ?? '';

const TRIES = 10;
/** What Slack answers when it is not well itself. */
const PASSING = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);

/** Asks again after as long as Slack wants: a catalog of any size is read at Slack's pace. */
const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (thrown) {
      const { code, retryAfter = 1 } = thrown as { code?: string; retryAfter?: number };
      const passes = code === 'slack_webapi_rate_limited_error' || PASSING.has(errorOf(thrown));
      if (!passes || tried === TRIES) throw thrown;
      await setTimeout(retryAfter * 1_000);
    }
  }
};

/** Null for the answers that mean “there is none” or “you may not ask”; anything else is thrown. */
const unless = async <T>(known: readonly string[], ask: () => Promise<T>): Promise<T | null> => {
  try {
    return await patiently(ask);
  } catch (thrown) {
    if (known.includes(errorOf(thrown))) return null;
    throw thrown;
  }
};

/** What Slack says of the app and of a channel. */
export const slackFacts = (deps: Deps, tenant: Tenant): SlackFacts => ({
  meet: async (id) => {
    await confirmedPerson(deps, tenant, id);
  },
  meetEverybody: () => meetEverybody(deps, tenant),
  directory: slackDirectory(tenant),
  scopes: async () => {
    const { response_metadata } = await patiently(() => tenant.client.auth.test());
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

/** More pages than any workspace has: a cursor that goes in circles ends somewhere. */
const PAGES = 500;

/** All pages of a list, each read when it is wanted. */
async function* pages<Answer extends { response_metadata?: { next_cursor?: string } }>(
  ask: (more: { cursor?: string }) => Promise<Answer>,
): AsyncGenerator<Answer> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const more = cursor === undefined ? {} : { cursor };
    const answer = await patiently(() => ask(more));
    yield answer;
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return;
  }
}

/** The teams to look in: `null` where there is only one, which Slack then knows by the token. */
const teamsOf = async ({ slackId, client }: Tenant): Promise<readonly (string | null)[]> => {
  if (!isOrganisation(slackId)) return [null];
  const found: string[] = [];
  for await (const { teams } of pages((more) => client.auth.teams.list({ limit: 100, ...more })))
    found.push(...(teams ?? []).flatMap(({ id }) => id ?? []));
  return found;
};

export const inTeam = (team: string | null): { team_id?: string } => (team === null ? {} : { team_id: team });

async function* channelsOf(tenant: Tenant): AsyncGenerator<{ name: string; id: string }> {
  for (const team of await teamsOf(tenant)) {
    const types = { types: 'public_channel,private_channel', exclude_archived: true, limit: 1_000, ...inTeam(team) };
    for await (const { channels } of pages((more) => tenant.client.conversations.list({ ...types, ...more })))
      for (const { name, id } of channels ?? []) if (name !== undefined && id !== undefined) yield { name, id };
  }
}

/** The first of each name. The list is read once for all names, and only as far as somebody asks. */
const byName = (listed: AsyncGenerator<{ name: string; id: string }>): ((name: string) => Promise<string | null>) => {
  const found = new Map<string, string>();
  let turn: Promise<string | null> = Promise.resolve(null);
  const look = async (name: string): Promise<string | null> => {
    while (!found.has(name)) {
      const next = await listed.next();
      if (next.done === true) return null;
      if (!found.has(next.value.name)) found.set(next.value.name, next.value.id);
    }
    return found.get(name) ?? null;
  };
  // One after the other; the failure of the one before is its asker's.
  return (name) => {
    turn = turn.then(
      () => look(name),
      () => look(name),
    );
    return turn;
  };
};

type Handle = { id: string; team: string | null; handle: string };

/** The groups of all teams. An organisation's teams may each have one of the same handle: the first that is one alone in its team counts. */
const handlesOf = async (tenant: Tenant): Promise<readonly Handle[]> => {
  const found: Handle[] = [];
  for (const team of await teamsOf(tenant)) {
    const known = ['missing_scope', 'plan_upgrade_required'];
    const answer = await unless(known, () => tenant.client.usergroups.list(inTeam(team)));
    for (const { id, handle } of answer?.usergroups ?? [])
      if (id !== undefined && handle !== undefined) found.push({ id, team, handle });
  }
  return found;
};

const handleIn = (handles: readonly Handle[], wanted: string): Handle | null => {
  const named = handles.filter(({ handle }) => handle === wanted);
  return named.find(({ team }) => named.filter((other) => other.team === team).length === 1) ?? null;
};

/** Reads Slack's lists once, however many names are looked up. */
export const slackDirectory = (tenant: Tenant): Directory => {
  const idOf = byName(channelsOf(tenant));
  let handles: Promise<readonly Handle[]> | null = null;
  return {
    channelNamed: async (name) => {
      const id = await idOf(name);
      return id === null ? null : channelId(id);
    },
    personByEmail: async (email) => {
      const known = ['users_not_found', 'missing_scope'];
      const answer = await unless(known, () => tenant.client.users.lookupByEmail({ email }));
      const id = answer?.user?.id;
      return id === undefined ? null : userId(id);
    },
    barred: async (id) => {
      const known = ['user_not_found', 'users_not_found', 'user_not_visible'];
      const answer = await unless(known, () => tenant.client.users.info({ user: id }));
      if (answer?.user === undefined) return answer === null ? 'nobody' : null;
      const kind = kindOf(answer.user, tenant.slackId);
      return kind === 'member' ? (answer.user.deleted === true ? 'deactivated' : null) : kind;
    },
    userGroup: async (handle) => {
      handles ??= handlesOf(tenant);
      const found = handleIn(await handles, handle);
      if (found === null) return null;
      const { id, team } = found;
      const { users } = await patiently(() => tenant.client.usergroups.users.list({ usergroup: id, ...inTeam(team) }));
      return { id, team, members: (users ?? []).map(userId) };
    },
  };
};
