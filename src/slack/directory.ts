/** Slack as a directory, for resolving the names of a catalog. A missing scope reads as “not known”, which the catalog's problem explains. */
import type { WebClient } from '@slack/web-api';
import type { Directory } from '../catalog/resolve-catalog.ts';
import type { Deps } from '../deps.ts';
import { channelId, userId, type WorkspaceId } from '../domain/ids.ts';
import { meetEverybody } from './people.ts';
import type { SlackFacts } from './requests.ts';

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
export const slackFacts = (deps: Deps, client: WebClient, workspace: WorkspaceId): SlackFacts => ({
  meetEverybody: () => meetEverybody(deps, client, workspace),
  directory: slackDirectory(client),
  scopes: async () => {
    const { response_metadata } = await client.auth.test();
    return response_metadata?.scopes ?? null;
  },
  channel: async (id) => {
    const known = ['channel_not_found', 'missing_scope', 'not_in_channel'];
    const answer = await unless(known, () => client.conversations.info({ channel: id }));
    const channel = answer?.channel;
    if (channel === undefined) return null;
    return { name: channel.name ?? id, member: channel.is_member === true, archived: channel.is_archived === true };
  },
});

const PAGES = 20;

export const slackDirectory = (client: WebClient): Directory => ({
  channelNamed: async (name) => {
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const answer = await client.conversations.list({
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: 1_000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const found = answer.channels?.find((channel) => channel.name === name)?.id;
      if (found !== undefined) return channelId(found);
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === '') return null;
    }
    return null;
  },
  personByEmail: async (email) => {
    const answer = await unless(['users_not_found', 'missing_scope'], () => client.users.lookupByEmail({ email }));
    const id = answer?.user?.id;
    return id === undefined ? null : userId(id);
  },
  userGroup: async (handle) => {
    const groups = await unless(['missing_scope', 'plan_upgrade_required'], () => client.usergroups.list({}));
    const group = groups?.usergroups?.filter((known) => known.handle === handle) ?? [];
    const id = group.length === 1 ? group[0]?.id : undefined;
    if (id === undefined) return null;
    const members = await client.usergroups.users.list({ usergroup: id });
    return { id, members: (members.users ?? []).map(userId) };
  },
});
