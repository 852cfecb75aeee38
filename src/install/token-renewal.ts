/**
 * Keeps the tokens of installed workspaces alive, and sealed with the first key. A refresh token works once, so one process at a time
 * takes it: by a lease on the row, because nothing calls Slack inside of a transaction.
 */
import { untilRead } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { HOUR, type Instant, instant } from '../domain/time.ts';
import { aFewAtOnce } from '../slack/a-few-at-once.ts';
import {
  allInstallations,
  claimRenewal,
  type Installation,
  installationOf,
  replaceTokens,
  resealTokens,
  type Tokens,
} from './installation-store.ts';
import type { TokenBox } from './token-box.ts';

/** Slack's answer to a refresh token: seconds as Slack counts them. */
export type Refresh = (refreshToken: string) => Promise<{ token: string; refresh: string; expiresInS: number }>;

/** Slack's rotating tokens live for twelve hours: they are replaced two hours before, and the old one works until then. */
const RENEW_BEFORE = 2 * HOUR;
/** Milliseconds. Longer than Slack's answer and the tries to keep it may take. */
const LEASE = 60_000;
const WAIT_STEP = 200;
const MOST_WAITS = 50;
const SAVE_AGAIN_AFTER = 2_000;
/** Ten minutes: until then only the memory of this process holds the token. */
const MOST_SAVES = 300;

const machineTime = (): number => Date.now();
const leftOf = (expiresAt: Instant): number => Date.parse(expiresAt) - machineTime();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const sealedTokens = (box: TokenBox, workspace: WorkspaceId, { token, rotation }: Tokens): Tokens => ({
  token: box.seal(token, workspace),
  rotation: rotation === null ? null : { ...rotation, refresh: box.seal(rotation.refresh, workspace) },
});

const openedTokens = (box: TokenBox, workspace: WorkspaceId, { token, rotation }: Tokens): Tokens => ({
  token: box.open(token, workspace),
  rotation: rotation === null ? null : { ...rotation, refresh: box.open(rotation.refresh, workspace) },
});

export type Renewal = {
  /** The token, as long as it works; null when it has expired. */
  current: (installation: Installation) => string | null;
  /** A token in the place of one that has expired. Waits for whoever is at it; throws with the way out. */
  renewed: (installation: Installation) => Promise<string>;
  /** Replaces what expires soon, and seals anew what an older key sealed. One that fails does not keep the others from it. */
  upkeep: () => Promise<void>;
};

type Parts = { deps: Deps; box: TokenBox; refresh: Refresh };

/** Slack has given up the refresh token for these: they are kept whatever the database does meanwhile. */
const kept = async ({ deps }: Parts, installation: Installation, tokens: Tokens): Promise<boolean> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await untilRead(() => replaceTokens(deps.database, installation, tokens));
    } catch (error) {
      const { workspace } = installation;
      if (tries >= MOST_SAVES)
        throw new Error(
          `Slack replaced the token of ${workspace}, and the database did not keep it: install the app again.`,
          {
            cause: error,
          },
        );
      deps.log.warn({ err: error, workspace }, 'Slack replaced a token and the database did not keep it; tries again');
      await pause(SAVE_AGAIN_AFTER);
    }
  }
};

/** Uses the refresh token. Whoever has claimed the row calls it. */
const exchanged = async (parts: Parts, installation: Installation, refreshToken: string): Promise<string> => {
  const { deps, box, refresh } = parts;
  const { workspace } = installation;
  const fresh = await refresh(box.open(refreshToken, workspace));
  const expiresAt = instant(machineTime() + fresh.expiresInS * 1_000);
  const tokens: Tokens = { token: fresh.token, rotation: { refresh: fresh.refresh, expiresAt } };
  if (await kept(parts, installation, sealedTokens(box, workspace, tokens))) {
    deps.log.info({ workspace, expiresAt }, 'the Slack token was replaced');
    return fresh.token;
  }
  // It was installed again meanwhile, or this is our own write that had been kept after all.
  const now = await installationOf(deps.database.db, workspace);
  if (now === null) throw new Error(`The app was removed from ${workspace} while its token was replaced.`);
  return box.open(now.tokens.token, workspace);
};

/** Somebody else is replacing the token: waits for the new one. */
const awaited = async ({ deps, box }: Parts, { workspace }: Installation): Promise<string> => {
  for (let waits = 0; waits < MOST_WAITS; waits += 1) {
    await pause(WAIT_STEP);
    const now = await installationOf(deps.database.db, workspace);
    if (now === null) break;
    const { rotation, token } = now.tokens;
    if (rotation === null || leftOf(rotation.expiresAt) > 0) return box.open(token, workspace);
  }
  throw new Error(
    `The Slack token of ${workspace} has expired and was not replaced. It is tried again; if it stays, install the app again.`,
  );
};

export const tokenRenewal = (parts: Parts): Renewal => {
  const { deps, box } = parts;
  const underWay = new Map<WorkspaceId, Promise<string>>();

  /** Null where somebody else has the lease. */
  const begun = async (installation: Installation): Promise<string | null> => {
    const { rotation } = installation.tokens;
    if (rotation === null || !(await claimRenewal(deps.database, installation, rotation.refresh, LEASE))) return null;
    return exchanged(parts, installation, rotation.refresh);
  };

  const notReplaced = ({ workspace, tokens }: Installation, error: unknown): void =>
    deps.log.error(
      { err: error, workspace, expiresAt: tokens.rotation?.expiresAt },
      'the Slack token was not replaced; tries again in a minute or more. Once it has expired and this goes on, install the app again',
    );

  const renewed = async (installation: Installation): Promise<string> => {
    const token = await begun(installation).catch((error: unknown) => {
      notReplaced(installation, error);
      throw error;
    });
    return token ?? awaited(parts, installation);
  };

  /** Every caller of this process shares one attempt. */
  const shared = (installation: Installation): Promise<string> => {
    const { workspace } = installation;
    const before = underWay.get(workspace);
    if (before !== undefined) return before;
    const work = renewed(installation).finally(() => underWay.delete(workspace));
    underWay.set(workspace, work);
    return work;
  };

  const keepUp = async (installation: Installation): Promise<void> => {
    const { workspace, tokens } = installation;
    const { rotation } = tokens;
    if (rotation !== null && leftOf(rotation.expiresAt) <= RENEW_BEFORE)
      // The old one may last a while, and its seal still has to be looked at.
      await begun(installation).catch((error: unknown) => notReplaced(installation, error));
    const now = await installationOf(deps.database.db, workspace);
    if (now === null || box.isCurrent(now.tokens.token)) return;
    const anew = sealedTokens(box, workspace, openedTokens(box, workspace, now.tokens));
    if (await resealTokens(deps.database, now, anew))
      deps.log.info({ workspace }, 'the Slack token was sealed with the first key');
  };

  return {
    current: ({ workspace, tokens: { token, rotation } }) =>
      rotation !== null && leftOf(rotation.expiresAt) <= 0 ? null : box.open(token, workspace),
    renewed: shared,
    upkeep: async () =>
      aFewAtOnce(await allInstallations(deps.database.db), (installation) =>
        keepUp(installation).catch((error: unknown) =>
          deps.log.error(
            { err: error, workspace: installation.workspace },
            'the token of this workspace was not kept up',
          ),
        ),
      ),
  };
};
