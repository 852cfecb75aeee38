/** People: read from our table, asked of Slack when that is too old, refreshed by Slack's events. Decisions check the age. */

import type { PersonKind } from '../db/schema.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { membersOf } from '../domain/catalog/catalog.ts';
import { type ChannelId, channelId, type UserId, type WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { type Instant, instant } from '../domain/time.ts';
import { storable } from '../domain/words.ts';
import { nextMorning } from '../domain/working-time.ts';
import { appendEvents, named } from '../journal/append.ts';
import {
  type Described,
  isFresh,
  isUsable,
  mayActAtAll,
  type Person,
  readPerson,
  saveDmChannel,
  savePerson,
  wakeFirst,
} from './people-store.ts';
import { isOrganisation, type Tenant } from './tenants.ts';

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
  enterprise_user?: { enterprise_id?: string; teams?: readonly string[] };
  profile?: { display_name?: string; real_name?: string; email?: string };
};

/**
 * Where a whole organisation has the app, everybody of it belongs, whichever of its teams they are in. Where one team has it, its own people
 * and those whom the organisation put into it: a member of a connected workspace is not always called a stranger, but has another team.
 */
const isForeign = (user: SlackUser, slackId: string): boolean => {
  if (user.is_stranger === true) return true;
  if (isOrganisation(slackId)) return user.enterprise_user?.enterprise_id !== slackId;
  const elsewhere = user.team_id !== undefined && user.team_id !== slackId;
  return elsewhere && user.enterprise_user?.teams?.includes(slackId) !== true;
};

export const kindOf = (user: SlackUser, slackId: string): PersonKind => {
  if (user.is_bot === true || user.is_workflow_bot === true) return 'bot';
  if (isForeign(user, slackId)) return 'stranger';
  return user.is_restricted === true || user.is_ultra_restricted === true ? 'guest' : 'member';
};

const nameOf = (user: SlackUser, id: UserId): string =>
  storable(
    [user.profile?.display_name, user.profile?.real_name, user.real_name, user.name].find(
      (name) => name != null && name !== '',
    ) ?? id,
  );

const toPerson = (user: SlackUser, id: UserId, slackId: string, confirmedAt: Instant): Described => ({
  id,
  name: nameOf(user, id),
  email: user.profile?.email == null ? null : storable(user.profile.email),
  zone: user.tz ?? 'UTC',
  active: user.deleted !== true,
  kind: kindOf(user, slackId),
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

const storePerson = async (deps: Deps, { workspace, slackId }: Tenant, id: UserId, user: SlackUser): Promise<void> => {
  const ctx = jobCtx(deps, workspace);
  await transact(deps, ctx, 'store a person', id, async (tx, writer) => {
    const person = toPerson(user, id, slackId, machineNow());
    const before = await readPerson(tx, workspace, id);
    await savePerson(tx, workspace, person);
    if (before === null || mayActAtAll(before) === mayActAtAll(person)) return allow(null);
    // Who left, or became a guest, may have approved something that now waits again; with who is back, something may have enough.
    await tx.executeQuery(deps.waking.openReleases(workspace, ctx.now));
    const kind = mayActAtAll(person) ? 'person.came_back' : 'person.left';
    const event = {
      kind,
      data: { person: id },
      release: null,
      subject: `person:${id}`,
      words: null,
      due: null,
    } as const;
    await appendEvents(tx, deps, ctx, writer, named(deps, [event]));
    return allow(null);
  });
};

/** The person as of at most an hour ago. `null` when Slack does not know them, or cannot be asked and our copy is too old to decide by. */
export const confirmedPerson = async (deps: Deps, tenant: Tenant, id: UserId): Promise<Person | null> => {
  const { workspace, client } = tenant;
  const known = await readPerson(deps.database.db, workspace, id);
  if (known !== null && isFresh(known)) return known;
  try {
    const { user } = await client.users.info({ user: id });
    if (user === undefined) return null;
    await storePerson(deps, tenant, id, user);
  } catch (error) {
    if (known === null && (error as { data?: { error?: string } }).data?.error === 'user_not_found') {
      // Nobody has this id: whoever names it waits for somebody who can do nothing.
      await storePerson(deps, tenant, id, { name: id, deleted: true, is_stranger: true });
      return null;
    }
    deps.log.warn({ err: error, person: id }, 'Slack did not say who this is');
    return known !== null && isUsable(known) ? known : null;
  }
  return readPerson(deps.database.db, workspace, id);
};

/** Slack says that somebody changed: asked anew, because events come late and out of order. Of people whom we never met nothing is kept. */
export const personChanged = async (deps: Deps, tenant: Tenant, id: UserId): Promise<void> => {
  if ((await readPerson(deps.database.db, tenant.workspace, id)) === null) return;
  const { user } = await tenant.client.users.info({ user: id });
  if (user !== undefined) await storePerson(deps, tenant, id, user);
};

/** Opens the conversation with a person once, and remembers it. */
export const dmChannel = async (deps: Deps, tenant: Tenant, id: UserId): Promise<ChannelId> => {
  const { workspace, slackId } = tenant;
  const known = (await readPerson(deps.database.db, workspace, id)) ?? (await confirmedPerson(deps, tenant, id));
  if (known?.dm_channel != null) return known.dm_channel;
  const opened = await tenant.courier.conversations.open({ users: id });
  const channel = opened.channel?.id;
  if (channel === undefined) throw new Error(`Slack opened a conversation with ${id} and did not say which.`);
  await transact(deps, jobCtx(deps, workspace), 'remember a conversation', id, async (tx) => {
    if (known === null) await savePerson(tx, workspace, toPerson({}, id, slackId, instant(0)));
    await saveDmChannel(tx, workspace, id, channelId(channel));
    return allow(null);
  });
  return channelId(channel);
};

/** Reads everybody that the catalog names, so that cards can name them and asks know their hours. Unknown ones are logged. */
export const meetEverybody = async (deps: Deps, tenant: Tenant): Promise<void> => {
  const catalog = await deps.catalogs.current(deps.database.db, tenant.workspace);
  const ids = new Set(Object.values(catalog?.groups ?? {}).flatMap(({ people }) => people));
  for (const id of ids) await confirmedPerson(deps, tenant, id);
  await wakeManagers(deps, tenant);
};

/** Release managers have a message each morning; who became one is woken from the next one on. */
export const wakeManagers = async (deps: Deps, tenant: Tenant): Promise<void> => {
  const catalog = await deps.catalogs.current(deps.database.db, tenant.workspace);
  if (catalog === null) return;
  const managers = membersOf(catalog, catalog.roles.release_manager, '');
  const { workspace } = tenant;
  await transact(
    deps,
    { ...jobCtx(deps, workspace), surface: 'clock' },
    'wake release managers',
    'mornings',
    async (tx) => {
      await wakeFirst(tx, workspace, managers, ({ zone }) => nextMorning(deps.clock.now(), zone));
      return allow(null);
    },
  );
};
