/** The file behind CATALOG_FILE at the start: read, applied once, and told where it is not what is in force. */
import { readFileSync } from 'node:fs';
import { applyCatalog, overtakenBy } from './catalog/apply-catalog.ts';
import type { Deps } from './deps.ts';
import { channelsOf, isUnfound } from './domain/catalog/change.ts';
import { slackDirectory } from './slack/directory.ts';
import type { Tenant } from './slack/tenants.ts';
import { StartError } from './start-error.ts';

/** Who acts at the start. */
export const startCtx = (deps: Deps, { workspace }: Tenant) =>
  ({
    workspace,
    actor: 'signalbox',
    surface: 'start',
    now: deps.clock.now(),
    requestKey: null,
  }) as const;

/** Throws a sentence that names the file where it cannot be read. */
export const readCatalog = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`CATALOG_FILE: ${file} cannot be read (${why}).`, { cause: error });
  }
};

/** Applies this text, of `file`. Throws its problems. */
export const applySource = async (deps: Deps, file: string, source: string, tenant: Tenant): Promise<void> => {
  const applied = await applyCatalog(deps, startCtx(deps, tenant), source, tenant.admins, slackDirectory(tenant), {
    unfound: 'kept',
  });
  if (!applied.ok) throw new StartError(`CATALOG_FILE: ${file} was not applied:\n${applied.problems.join('\n')}`);
  deps.log.info({ ...applied.applied, file }, 'catalog');
  const catalog = await deps.catalogs.current(deps.database.db, tenant.workspace);
  const old = await overtakenBy(deps.database.db, tenant.workspace, source);
  if (old !== null)
    deps.log.warn(
      { file, version: old, inForce: catalog?.version },
      'the file is an earlier version than the catalog in force, which stays: to go back to it, change its text (a comment is enough) and start again',
    );
  const unfound = catalog === null ? [] : channelsOf(catalog).filter(isUnfound);
  if (unfound.length > 0)
    deps.log.warn(
      { channels: unfound },
      'Slack does not show Signalbox these channels; what is meant for them waits until it is invited there',
    );
};
