/**
 * Moves everything from one database to another that is empty: the embedded one to a server. One transaction on the target: all of it or
 * nothing; the source is only read. Rows travel as the JSON that Postgres itself makes of them, so no value is read by this process.
 */
import { StartError } from '../start-error.ts';
import type { Database } from './connection.ts';

type Run = Parameters<Parameters<Database['exclusively']>[0]>[0];
export type Moved = { table: string; rows: number };

const BATCH = 500;
const HISTORY = 'schema_migrations';

const named = (name: string): string => `"${name}"`;

type Table = { name: string; columns: readonly string[]; key: readonly string[]; after: readonly string[] };

const TABLES = `
  select t.relname as name,
    (select json_agg(a.attname order by a.attnum) from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(a.attname order by k.place) from pg_index i
       cross join lateral unnest(i.indkey) with ordinality k (attnum, place)
       join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
     where i.indrelid = t.oid and i.indisprimary) as key,
    coalesce((select json_agg(r.relname) from pg_constraint c join pg_class r on r.oid = c.confrelid
     where c.conrelid = t.oid and c.contype = 'f' and r.oid <> t.oid), '[]') as after
  from pg_class t join pg_namespace n on n.oid = t.relnamespace
  where n.nspname = 'public' and t.relkind = 'r' order by t.relname`;

/** What a row refers to comes before it. */
const inOrder = (tables: readonly Table[]): readonly Table[] => {
  const ordered: Table[] = [];
  const left = new Map(tables.map((table) => [table.name, table]));
  while (left.size > 0) {
    const next = [...left.values()].filter(({ after }) => after.every((name) => !left.has(name)));
    if (next.length === 0) throw new Error(`These tables refer to each other: ${[...left.keys()].join(', ')}.`);
    for (const table of next) {
      ordered.push(table);
      left.delete(table.name);
    }
  }
  return ordered;
};

const tablesOf = async (run: Run): Promise<readonly Table[]> => {
  const rows = (await run(TABLES)) as readonly Table[];
  return inOrder(rows.filter(({ name }) => name !== HISTORY));
};

const countIn = async (run: Run, table: string): Promise<number> => {
  const [row] = await run(`select count(*)::int as rows from ${named(table)}`);
  return Number(row?.['rows']);
};

const versionOf = async (run: Run): Promise<number> => {
  const [table] = await run(`select to_regclass('${HISTORY}') is not null as there`);
  if (table?.['there'] !== true) return 0;
  const [row] = await run(`select coalesce(max(version), 0)::int as version from ${HISTORY}`);
  return Number(row?.['version']);
};

const refuseFilled = async (run: Run, tables: readonly Table[]): Promise<void> => {
  const filled: string[] = [];
  for (const { name } of tables) if ((await countIn(run, name)) > 0) filled.push(name);
  if (filled.length > 0)
    throw new StartError(
      `Nothing moved: the target is not empty (${filled.slice(0, 5).join(', ')}${filled.length > 5 ? ', …' : ''}). Give it a database of its own: create one, and name it at the end of the address.`,
    );
};

const copy = async (from: Run, to: Run, { name, columns, key }: Table): Promise<number> => {
  const list = columns.map(named).join(', ');
  const order = key.map(named).join(', ');
  for (let done = 0; ; done += BATCH) {
    const [page] = await from(
      `select json_agg(row)::text as rows, count(*)::int as count from (select * from ${named(name)} order by ${order} limit ${BATCH} offset ${done}) row`,
    );
    const count = Number(page?.['count']);
    if (count > 0)
      await to(
        `insert into ${named(name)} (${list}) overriding system value select ${list} from json_populate_recordset(null::${named(name)}, $1::json)`,
        [page?.['rows']],
      );
    if (count < BATCH) return done + count;
  }
};

/** Numbers go on where they stopped. */
const continueNumbers = async (run: Run): Promise<void> => {
  const columns = await run(
    `select table_name, column_name from information_schema.columns where table_schema = 'public' and is_identity = 'YES'`,
  );
  for (const { table_name: table, column_name: column } of columns)
    await run(
      `select setval(pg_get_serial_sequence('${String(table)}', '${String(column)}'), (select coalesce(max(${named(String(column))}), 0) + 1 from ${named(String(table))}), false)`,
    );
};

/** Refuses a target that holds something, or a source of another schema. Returns what was moved; what the target holds then was counted. */
export const move = async (source: Database, target: Database): Promise<readonly Moved[]> => {
  const moved: Moved[] = [];
  await source.exclusively(async (from) => {
    await target.exclusively(async (to) => {
      const [theirs, ours] = [await versionOf(from), await versionOf(to)];
      if (theirs !== ours)
        throw new StartError(
          `Nothing moved: the source has schema ${theirs}, the target ${ours}. Start this Signalbox once on the source, and move again.`,
        );
      const tables = await tablesOf(from);
      await refuseFilled(to, tables);
      for (const table of tables) {
        const rows = await copy(from, to, table);
        const [before, after] = [await countIn(from, table.name), await countIn(to, table.name)];
        if (before !== after || rows !== after)
          throw new Error(`Nothing moved: ${table.name} has ${before} rows, and ${after} arrived.`);
        moved.push({ table: table.name, rows });
      }
      await continueNumbers(to);
    });
  });
  return moved;
};
