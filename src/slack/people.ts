/** People: read from our table, asked of Slack when that is too old, refreshed by Slack's events. Decisions check the age. */
import type { WebClient } from '@slack/web-api';
import { currentCatalog } from '../catalog/catalog-store.ts';
import type { PersonKind } from '../db/schema.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { type ChannelId, channelId, type UserId, type WorkspaceId } from '../domain/ids.ts';
import { after, HOUR, type Instant, instant, MINUTE } from '../domain/instant.ts';
import { allow } from '../domain/refusal.ts';
import { wakeOpenReleases } from '../releases/release-store.ts';
import { type Described, type Person, readPerson, saveDmChannel, savePerson } from './people-store.ts';

/** Older than this is asked anew; when Slack does not answer, it may be used up to the second age. */
const FRESH_FOR = HOUR;
const USABLE_FOR = HOUR + 15 * MINUTE;

type SlackUser = {
  id?: string;
  team_id?: string;
  deleted?: boolean;
  name?: string;
  real_name?: string;
  tz?: string;
  is_bot?: boolean;
  is_workflow_bot?: boolean;
  is_restricted?: boolean;
  is_ultra_restricted?: boolean;
  is_stranger?: boolean;
  profile?: { display_name?: string; real_name?: string; email?: string };
};

const kindOf = (user: SlackUser): PersonKind => {
  if (user.is_stranger === true) return 'stranger';
  if (user.is_bot === true || user.is_workflow_bot === true) return 'bot';
  return user.is_restricted === true || user.is_ultra_restricted === true ? 'guest' : 'member';
};

const nameOf = (user: SlackUser, id: UserId): string =>
  [user.profile?.display_name, user.profile?.real_name, user.real_name, user.name].find(
    (name) => name != null && name !== '',
  ) ?? id;

const toPerson = (user: SlackUser, id: UserId, confirmedAt: Instant): Described => ({
  id,
  name: nameOf(user, id),
  email: user.profile?.email ?? null,
  zone: user.tz ?? 'UTC',
  active: user.deleted !== true,
  kind: kindOf(user),
  confirmed_at: confirmedAt,
});

/** Ages are machine time: Slack's answer does not get older because the sandbox's clock was moved. */
const machineNow = (): Instant => instant(Date.now());

const jobCtx = (deps: Deps, workspace: WorkspaceId): Ctx => ({
  workspace,
  actor: 'signalbox',
  surface: 'event',
  now: deps.clock.now(),
  requestKey: null,
});

const storePerson = async (deps: Deps, workspace: WorkspaceId, id: UserId, user: SlackUser): Promise<void> => {
  await transact(deps, jobCtx(deps, workspace), 'store a person', id, async (tx) => {
    const person = toPerson(user, id, machineNow());
    const before = await readPerson(tx, workspace, id);
    await savePerson(tx, workspace, person);
    // Somebody who left or became a guest may have approved something that now waits again.
    const gone = before !== null && mayActAtAll(before) && !mayActAtAll(person);
    if (gone) await wakeOpenReleases(tx, workspace, deps.clock.now());
    return allow(null);
  });
};

/** The person as of at most an hour ago. `null` when Slack does not know them, or cannot be asked and our copy is too old to decide by. */
export const confirmedPerson = async (
  deps: Deps,
  client: WebClient,
  workspace: WorkspaceId,
  id: UserId,
): Promise<Person | null> => {
  const known = await readPerson(deps.database.db, workspace, id);
  const now = machineNow();
  if (known !== null && known.confirmed_at > after(now, -FRESH_FOR)) return known;
  try {
    const { user } = await client.users.info({ user: id });
    if (user === undefined) return null;
    await storePerson(deps, workspace, id, user);
  } catch (error) {
    deps.log.warn({ err: error, person: id }, 'Slack did not say who this is');
    return known !== null && known.confirmed_at > after(now, -USABLE_FOR) ? known : null;
  }
  return readPerson(deps.database.db, workspace, id);
};

/** Slack says that somebody changed: asked anew, because events come late and out of order. Of people whom we never met nothing is kept. */
export const personChanged = async (
  deps: Deps,
  client: WebClient,
  workspace: WorkspaceId,
  id: UserId,
): Promise<void> => {
  if ((await readPerson(deps.database.db, workspace, id)) === null) return;
  const { user } = await client.users.info({ user: id });
  if (user !== undefined) await storePerson(deps, workspace, id, user);
};

/** Opens the conversation with a person once, and remembers it. */
export const dmChannel = async (
  deps: Deps,
  client: WebClient,
  workspace: WorkspaceId,
  id: UserId,
): Promise<ChannelId> => {
  const known =
    (await readPerson(deps.database.db, workspace, id)) ?? (await confirmedPerson(deps, client, workspace, id));
  if (known?.dm_channel != null) return known.dm_channel;
  const opened = await client.conversations.open({ users: id });
  const channel = opened.channel?.id;
  if (channel === undefined) throw new Error(`Slack opened a conversation with ${id} and did not say which.`);
  await transact(deps, jobCtx(deps, workspace), 'remember a conversation', id, async (tx) => {
    if (known === null) await savePerson(tx, workspace, toPerson({}, id, instant(0)));
    await saveDmChannel(tx, workspace, id, channelId(channel));
    return allow(null);
  });
  return channelId(channel);
};

/** Whether the person may act at all: members of this workspace only. */
export const mayActAtAll = (person: Pick<Person, 'active' | 'kind'>): boolean =>
  person.active && person.kind === 'member';

/** Reads everybody that the catalog names, so that cards can name them and asks know their hours. Unknown ones are logged. */
export const meetEverybody = async (deps: Deps, client: WebClient, workspace: WorkspaceId): Promise<void> => {
  const catalog = await currentCatalog(deps.database.db, workspace);
  const ids = new Set(Object.values(catalog?.groups ?? {}).flatMap(({ people }) => people));
  for (const id of ids) await confirmedPerson(deps, client, workspace, id);
};
