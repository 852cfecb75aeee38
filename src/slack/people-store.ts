/** People as Slack last described them, and when it did. */
import type { Selectable } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { rowsOf } from '../db/reading.ts';
import type { PeopleTable } from '../db/schema.ts';
import type { ChannelId, UserId, WorkspaceId } from '../domain/ids.ts';

export type Person = Omit<Selectable<PeopleTable>, 'workspace_id'>;
/** What Slack says of a person; what we keep of them besides is left alone. */
export type Described = Omit<Person, 'dm_channel' | 'home_view'>;

export const HOME_VIEWS = ['mine', 'services', 'everything'] as const;
export type HomeView = (typeof HOME_VIEWS)[number];

export const readPerson = async (db: Db, workspace: WorkspaceId, id: UserId): Promise<Person | null> =>
  (await db
    .selectFrom('people')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst()) ?? null;

export const peopleReading = (db: Db, workspace: WorkspaceId, ids: readonly UserId[]) =>
  rowsOf(
    db
      .selectFrom('people')
      .selectAll()
      .where('workspace_id', '=', workspace)
      .where('id', 'in', [...ids]),
  );

export const readPeople = async (db: Db, workspace: WorkspaceId, ids: readonly UserId[]): Promise<readonly Person[]> =>
  ids.length === 0 ? [] : peopleReading(db, workspace, ids).alone();

export const savePerson = async (tx: Tx, workspace: WorkspaceId, person: Described): Promise<void> => {
  await tx
    .insertInto('people')
    .values({ workspace_id: workspace, dm_channel: null, home_view: null, ...person })
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

export const saveHomeView = async (tx: Tx, workspace: WorkspaceId, id: UserId, view: HomeView): Promise<void> => {
  await tx
    .updateTable('people')
    .set({ home_view: view })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .execute();
};
