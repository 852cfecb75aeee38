/** People as Slack last described them, and when it did. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import type { PeopleTable } from '../db/schema.ts';
import type { ChannelId, UserId, WorkspaceId } from '../domain/ids.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { epochMs, HOUR, type Instant, MINUTE } from '../domain/time.ts';
import { say } from '../domain/words.ts';

export type Person = Omit<Selectable<PeopleTable>, 'workspace_id'>;
/** What Slack says of a person; what we keep of them besides is left alone. */
export type Described = Omit<Person, 'dm_channel' | 'home_view' | 'wake_at'>;

export const HOME_VIEWS = ['mine', 'services', 'everything'] as const;
export type HomeView = (typeof HOME_VIEWS)[number];

export const readPerson = async (db: Db, workspace: WorkspaceId, id: UserId): Promise<Person | null> =>
  (await db
    .selectFrom('people')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst()) ?? null;

export const readPeople = async (db: Db, workspace: WorkspaceId, ids: readonly UserId[]): Promise<readonly Person[]> =>
  ids.length === 0
    ? []
    : db
        .selectFrom('people')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where(sql<boolean>`id = any(${[...ids]}::text[])`)
        .execute();

/** Whether the person may act at all: members of this workspace only. */
export const mayActAtAll = (person: Pick<Person, 'active' | 'kind'>): boolean =>
  person.active && person.kind === 'member';

/** Older than this is asked anew; when Slack does not answer, it may be used up to the second age. */
const FRESH_FOR = HOUR;
const USABLE_FOR = HOUR + 15 * MINUTE;

/** Ages are machine time: Slack's answer does not get older because the sandbox's clock was moved. */
const age = (person: Person): number => Date.now() - epochMs(person.confirmed_at);
export const isFresh = (person: Person): boolean => age(person) < FRESH_FOR;
export const isUsable = (person: Person): boolean => age(person) < USABLE_FOR;

/** Refuses strangers, and people whom Slack has not described lately enough: `slackAway` allows a little more. */
export const standing = (person: Person | null, slackAway = false): Decision<null> => {
  if (person === null || !(slackAway ? isUsable(person) : isFresh(person)))
    return refuse({ code: 'stale_facts', did: 'Nothing done' });
  return mayActAtAll(person)
    ? allow(null)
    : refuse({
        code: 'forbidden',
        did: 'Nothing done',
        because: say`guests, bots, deactivated people and people of other workspaces cannot act here`,
        can: say`Ask a member of this workspace.`,
      });
};

export const savePerson = async (tx: Tx, workspace: WorkspaceId, person: Described): Promise<void> => {
  await tx
    .insertInto('people')
    .values({ workspace_id: workspace, dm_channel: null, home_view: null, wake_at: null, ...person })
    .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(person))
    .execute();
};

export const saveDmChannel = async (tx: Tx, workspace: WorkspaceId, id: UserId, channel: ChannelId): Promise<void> => {
  await tx
    .updateTable('people')
    .set({ dm_channel: channel })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .execute();
};

/** Those of them who are not woken yet are, at the time that is theirs. */
export const wakeFirst = async (
  tx: Tx,
  workspace: WorkspaceId,
  ids: readonly UserId[],
  at: (person: Person) => Instant,
): Promise<void> => {
  const people = await readPeople(tx, workspace, ids);
  for (const person of people.filter(({ wake_at }) => wake_at === null))
    await tx
      .updateTable('people')
      .set({ wake_at: at(person) })
      .where('workspace_id', '=', workspace)
      .where('id', '=', person.id)
      .execute();
};

export const saveHomeView = async (tx: Tx, workspace: WorkspaceId, id: UserId, view: HomeView): Promise<void> => {
  await tx
    .updateTable('people')
    .set({ home_view: view })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .execute();
};
