/** The people whom a decision may have to weigh: who counts, in which zone they are, how they are called. */

import { sql } from 'kysely';
import { build } from '../db/prepared.ts';
import { ownFrom } from '../domain/own.ts';
import { mayActAtAll } from '../slack/people-store.ts';
import { asked, part } from './parts.ts';

const everybody = sql<string>`(
  select unnest(${asked.people}::text[])
  union
  select unnest(array[owner, creator, submitter, deployer]) from target
  union
  select unnest(array[started_by, run_by, finished_by, unhealthy_by]) from deployments_of_target
  union
  select owner from actions_of_target where owner is not null)`;

export const peoplePart = part(
  {
    people: build
      .selectFrom('people')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where(sql<boolean>`id in ${everybody}`),
  },
  ({ people }) => {
    const around = {
      inactive: people.filter((person) => !mayActAtAll(person)).map(({ id }) => id),
      zones: ownFrom(people.map(({ id, zone }) => [id, zone])),
      names: ownFrom(people.map(({ id, name }) => [id, name])),
    };
    return () => ({ around });
  },
);
