/**
 * Queries that are built once and sent many times. Building and planning a situation cost more than reading it: a prepared query keeps its
 * text, so that the server keeps its plan, and takes its values by name when it is sent.
 */
import {
  CompiledQuery,
  DummyDriver,
  type Expression,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { jsonArrayFrom, jsonBuildObject } from 'kysely/helpers/postgres';
import { INSTANT_COLUMNS, parseTimestamp } from './contract.ts';
import { tenantGuard } from './guards.ts';
import type { Schema } from './schema.ts';

/** Builds queries and sends none. What is built here is checked for its tenant once and for all. */
export const build: Kysely<Schema> = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
  plugins: [tenantGuard],
});

class Given {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Stands in a prepared query for a value that is named when the query is sent. */
export const given = <Value>(name: string): Value => new Given(name) as Value;

export type Prepared = (values: Readonly<Record<string, unknown>>) => CompiledQuery;

/** Each named value once, however often the text asks for it: a situation names its workspace in fifty places. */
const valuesOnce = ({ sql, parameters, ...compiled }: CompiledQuery): CompiledQuery => {
  const kept: unknown[] = [];
  const places = parameters.map((parameter) => {
    const known =
      parameter instanceof Given ? kept.findIndex((it) => it instanceof Given && it.name === parameter.name) : -1;
    return known === -1 ? kept.push(parameter) : known + 1;
  });
  return {
    ...compiled,
    sql: sql.replaceAll(/\$(\d+)/g, (_, n: string) => `$${places[Number(n) - 1]}`),
    parameters: kept,
  };
};

/** Throws when a value that it wants is not given. */
export const prepare = (query: { compile: () => CompiledQuery }): Prepared => {
  const compiled = valuesOnce(query.compile());
  return (values) => ({
    ...compiled,
    parameters: compiled.parameters.map((parameter) => {
      if (!(parameter instanceof Given)) return parameter;
      if (!(parameter.name in values))
        throw new Error(`The query wants ${parameter.name}: ${compiled.sql.slice(0, 80)}`);
      return values[parameter.name];
    }),
  });
};

type Rows = Record<string, readonly Record<string, unknown>[]>;

const revived = (row: Record<string, unknown>): Record<string, unknown> => {
  for (const column of Object.keys(row)) {
    const value = row[column];
    if (typeof value === 'string' && INSTANT_COLUMNS.has(column)) row[column] = parseTimestamp(value);
  }
  return row;
};

type Reading = Parameters<typeof jsonArrayFrom>[0];

/** Many readings as one statement, and so as of one moment. `shared`: what several of them look at, found once, under its name. */
export const together = (
  readings: Readonly<Record<string, Expression<unknown>>>,
  shared: Readonly<Record<string, Expression<unknown>>> = {},
): Prepared => {
  const lists = Object.entries(readings).map(([name, query]) => [name, jsonArrayFrom(query as Reading)] as const);
  const found = Object.entries(shared).reduce<Pick<typeof build, 'with' | 'selectNoFrom'>>(
    (query, [name, rows]) => query.with(name, () => rows as Expression<Record<string, unknown>>),
    build,
  );
  // One value: what describes a column costs more than most lists hold.
  return prepare(found.selectNoFrom(jsonBuildObject(Object.fromEntries(lists)).as('lists')));
};

/** The rows of each reading. Inside JSON an instant is known by its column's name; see the contract's list. */
export const rowsOf = (rows: readonly unknown[]): Rows => {
  const [found] = rows as [{ lists: Rows } | undefined];
  return Object.fromEntries(
    Object.entries(found?.lists ?? {}).map(([name, list]) => [name, (list as Record<string, unknown>[]).map(revived)]),
  );
};
