/** Pages that the database touches for the reads of an act: the same on every machine. */
import { watched } from './statements.mjs';

const literal = (value) => {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = value instanceof Date ? value.toISOString() : Array.isArray(value) ? `{${value.join(',')}}` : value;
  return `'${text.replaceAll("'", "''")}'`;
};

/** The third run of a prepared statement under its generic plan: literals of this run cannot help it. */
const pagesOf = async (run, { sql, parameters }) => {
  await run('set plan_cache_mode = force_generic_plan');
  await run(`prepare measured as ${sql}`);
  const values = parameters.length === 0 ? '' : `(${parameters.map(literal).join(', ')})`;
  let pages = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const [row] = await run(`explain (analyze, buffers, format json) execute measured${values}`);
    const plan = row['QUERY PLAN'][0].Plan;
    pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }
  await run('deallocate measured');
  return pages;
};

const reads = ({ sql }) =>
  /^\s*(select|with)\b/i.test(sql) && !/\b(insert\s+into|delete\s+from|update\s+(?!of\b)["\w])/i.test(sql);

/** What an act reads: each text once. */
export const readsOf = async (act) => {
  const { queries } = await watched(act);
  return [...new Map(queries.filter(reads).map((query) => [query.sql, query])).values()];
};

/** Pages that each of these reads touches now; on the way that has no interactive deadline. */
export const pagesRead = async (database, list) => {
  const pages = [];
  await database.exclusively(async (run) => {
    for (const read of list) pages.push(await pagesOf(run, read));
  });
  return pages;
};

export const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
