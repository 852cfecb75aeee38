/**
 * Two walls around the database. Inside a transaction nothing else may wait: a second connection would hang the embedded engine for ever
 * and starve the pool of the other, and a call to Slack would hold locks for its length. And no tenant's table is touched without naming
 * the tenant.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { KyselyPlugin, OperationNode, PluginTransformQueryArgs, RootOperationNode } from 'kysely';
import { TENANT_TABLES } from './schema.ts';

const open = new AsyncLocalStorage<string>();

/** Runs `fn` marked as being inside the transaction of the named use case. */
export const insideTransaction = <T>(name: string, fn: () => Promise<T>): Promise<T> => open.run(name, fn);

/** Throws at once when a transaction is open in this async scope. */
export const assertOutsideTransaction = (what: string): void => {
  const name = open.getStore();
  if (name !== undefined)
    throw new Error(`${what} inside the transaction of “${name}”: read with its tx, and talk to Slack after it.`);
};

const unchanged: Pick<KyselyPlugin, 'transformResult'> = { transformResult: ({ result }) => Promise.resolve(result) };

/** On the reading handle: a read that does not go through the open transaction is refused instead of hanging. */
export const outsideTransactionOnly: KyselyPlugin = {
  ...unchanged,
  transformQuery: ({ node }: PluginTransformQueryArgs): RootOperationNode => {
    assertOutsideTransaction('A query on the reading handle');
    return node;
  },
};

const tenantTables: ReadonlySet<string> = new Set(TENANT_TABLES);

type Found = { tables: string[]; named: boolean };

const children = (node: object): unknown[] =>
  Object.values(node).flatMap((value: unknown) => (Array.isArray(value) ? value : [value]));
const isNode = (value: unknown): value is OperationNode =>
  typeof value === 'object' && value !== null && 'kind' in value;

const look = (node: OperationNode, found: Found): Found => {
  const raw = node as OperationNode & {
    table?: { identifier?: { name?: string } };
    column?: { name?: string };
    sqlFragments?: readonly string[];
  };
  const table = node.kind === 'TableNode' ? raw.table?.identifier?.name : undefined;
  if (table !== undefined && tenantTables.has(table)) found.tables.push(table);
  if (node.kind === 'ColumnNode' && raw.column?.name === 'workspace_id') found.named = true;
  if (node.kind === 'RawNode' && raw.sqlFragments?.some((fragment) => fragment.includes('workspace_id')) === true)
    found.named = true;
  for (const child of children(node)) {
    if (!isNode(child)) continue;
    // Queries that are read together in one raw statement are each looked at on their own.
    if (node.kind === 'RawNode' && child.kind === 'SelectQueryNode') assertScoped(child);
    else look(child, found);
  }
  return found;
};

/** Throws when a tenant's table is touched and `workspace_id` is not named. */
const assertScoped = (node: OperationNode): void => {
  const { tables, named } = look(scoped(node), { tables: [], named: false });
  if (tables.length > 0 && !named)
    throw new Error(`A query touches ${[...new Set(tables)].join(', ')} without naming workspace_id.`);
};

/** What a query has to say besides the columns it selects: where, joins, inserted columns. */
const scoped = (node: OperationNode): OperationNode =>
  Object.assign({}, node, { selections: undefined, returning: undefined, orderBy: undefined });

/** In every test: throws when a tenant's table is read or written and `workspace_id` is not named. */
export const tenantGuard: KyselyPlugin = {
  ...unchanged,
  transformQuery: ({ node }: PluginTransformQueryArgs): RootOperationNode => {
    assertScoped(node);
    return node;
  },
};
