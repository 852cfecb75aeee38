/** Writes rows: any number of them by one statement, whose text depends on the table alone. */
import { CompiledQuery, type Selectable } from 'kysely';
import type { Schema } from './schema.ts';

export type Table = keyof Schema;
export type RowOf<Name extends Table> = Selectable<Schema[Name]>;

/** Rows of one table as they are to be: new ones are inserted, known ones replaced. */
export type Saved = { [Name in Table]: { table: Name; rows: readonly Partial<RowOf<Name>>[] } }[Table];

/** What names a row, where it is not its id in the workspace. */
const KEYS: Partial<Record<Table, readonly string[]>> = {
  asks: ['workspace_id', 'round_id', 'person'],
  inbox: ['workspace_id', 'key'],
};

const textOf = (table: Table, columns: readonly string[]): string => {
  const key = KEYS[table] ?? ['workspace_id', 'id'];
  const names = columns.map((column) => `"${column}"`).join(', ');
  const set = columns.filter((column) => !key.includes(column)).map((column) => `"${column}" = excluded."${column}"`);
  return `insert into ${table} (${names}) select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb) on conflict (${key.join(', ')}) do update set ${set.join(', ')}`;
};

const texts = new Map<Table, string>();

/** The statement that saves them, in their order; every row names the same columns. None for no rows. */
export const saving = ({ table, rows }: Saved): readonly CompiledQuery[] => {
  const [first] = rows;
  if (first === undefined) return [];
  const text = texts.get(table) ?? textOf(table, Object.keys(first));
  texts.set(table, text);
  return [CompiledQuery.raw(text, [JSON.stringify(rows)])];
};
