/**
 * A reading is a query and what its rows mean. It can be read alone, or with others in one statement: a decision needs twenty kinds of rows,
 * and twenty round trips cost more than the rows do.
 */
import { type Expression, sql } from 'kysely';
import type { Db } from './connection.ts';
import { INSTANT_COLUMNS, parseTimestamp } from './contract.ts';

export type Reading<Value> = {
  query: Expression<unknown>;
  as(rows: readonly unknown[]): Value;
  /** On its own, as one statement. */
  alone: () => Promise<Value>;
};

type Query<Row> = Expression<unknown> & { execute: () => Promise<Row[]> };

export const reading = <Row, Value>(query: Query<Row>, as: (rows: readonly Row[]) => Value): Reading<Value> => ({
  query,
  as: as as (rows: readonly unknown[]) => Value,
  alone: async () => as(await query.execute()),
});

/** For rows that are what is wanted. */
export const rowsOf = <Row>(query: Query<Row>): Reading<readonly Row[]> => reading(query, (rows) => rows);

const revived = (row: Record<string, unknown>): Record<string, unknown> => {
  for (const column of Object.keys(row)) {
    const value = row[column];
    if (typeof value === 'string' && INSTANT_COLUMNS.has(column)) row[column] = parseTimestamp(value);
  }
  return row;
};

type Values<Readings> = { [Name in keyof Readings]: Readings[Name] extends Reading<infer Value> ? Value : never };

/** All of them in one statement, and so as of one moment. Columns of the schema keep their types; see the contract's list of instants. */
export const readTogether = async <Readings extends Readonly<Record<string, Reading<unknown>>>>(
  db: Db,
  readings: Readings,
): Promise<Values<Readings>> => {
  const names = Object.keys(readings);
  const lists = names.map(
    (name) => sql`(select coalesce(json_agg(r), '[]') from ${readings[name]?.query} as r) as ${sql.id(name)}`,
  );
  const everything = sql<Record<string, Record<string, unknown>[]>>`(select ${sql.join(lists)})`;
  const found = await db.selectFrom(everything.as('everything')).selectAll().executeTakeFirstOrThrow();
  const entries = names.map((name) => [name, readings[name]?.as((found[name] ?? []).map(revived))]);
  return Object.fromEntries(entries) as Values<Readings>;
};
