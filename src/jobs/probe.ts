/** Asks the addresses of what was deployed how they are. What an answer changes is kept by the verb, like any other act. */
import { claimProbes, noteProbed, type ProbeDue } from '../deployments/deployment-store.ts';
import { deploymentVerbs } from '../deployments/deployment-verbs.ts';
import type { Deps } from '../deps.ts';
import { BAD_PROBES, isFresh, isNews, type Look } from '../domain/deployment/signals.ts';
import { probeName, probesIn } from '../domain/deployment/verification.ts';
import { after, MINUTE } from '../domain/time.ts';
import { perform } from '../situation/perform.ts';
import { type Poster, PrivateAddress } from '../webhooks/post.ts';

const EVERY = MINUTE / 2;
const MOST_AT_ONCE = 50;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection off',
  ENOTFOUND: 'is not known by its name',
  EAI_AGAIN: 'is not known by its name',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
};

/** Why there was no answer, as people say it. */
const unanswered = (error: unknown): string => {
  const { name, code, cause } = error as Error & { code?: string; cause?: { code?: string } };
  if (name === 'TimeoutError' || name === 'AbortError') return 'gave no answer in 10 s';
  const known = code ?? cause?.code ?? '';
  if (/SSL|TLS|CERT/i.test(`${known} ${String(error)}`)) return 'does not speak TLS as it should';
  return WORDS[known] ?? 'did not answer';
};

/** Addresses of our own network, where these are not to be asked: said once, in the log. */
const barred = new Set<string>();

const lookAt = async (deps: Deps, get: Poster['get'], url: string): Promise<Look | null> => {
  const name = probeName(url);
  try {
    const { status } = await get(url);
    return { name, ok: status >= 200 && status < 300, said: `answered ${status}` };
  } catch (error) {
    const inside = error instanceof PrivateAddress || (error as Error).cause instanceof PrivateAddress;
    if (!inside) return { name, ok: false, said: unanswered(error) };
    if (!barred.has(name))
      deps.log.warn(
        { address: name },
        'a health address leads into a private network and is not asked; WEBHOOKS_TO_PRIVATE=true lets it be',
      );
    barred.add(name);
    return null;
  }
};

const probeOne = async (deps: Deps, get: Poster['get'], due: ProbeDue): Promise<void> => {
  const { workspace, deployment } = due;
  const { id, release, service, environment, signals, probedAt } = deployment;
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  const urls = catalog === null ? [] : probesIn(catalog, service, environment).map(({ url }) => url);
  const looks = (await Promise.all(urls.map((url) => lookAt(deps, get, url)))).filter((look) => look !== null);
  const now = deps.clock.now();
  const gap = !isFresh(probedAt, now);
  if (looks.length === 0 || !looks.some((look) => isNews(signals, look, BAD_PROBES, gap))) {
    if (looks.length > 0) await noteProbed(deps.database, due, now);
    return;
  }
  const ctx = { workspace, actor: 'signalbox', surface: 'clock', now, requestKey: null } as const;
  const kept = await perform(deps, ctx, deploymentVerbs.probe, { release }, { deployment: id, looks });
  if (!kept.ok)
    deps.log.warn(
      { workspace, release, refusal: kept.refusal.code },
      'what a probe said was not kept; it is asked again',
    );
};

/** One look at everything that is due; each is kept as soon as it has answered. */
export const probeAll = async (deps: Deps, get: Poster['get']): Promise<number> => {
  const now = deps.clock.now();
  const due = await claimProbes(deps.database, now, after(now, EVERY), MOST_AT_ONCE);
  const done = await Promise.allSettled(due.map((each) => probeOne(deps, get, each)));
  for (const [index, result] of done.entries())
    if (result.status === 'rejected')
      deps.log.error(
        { err: result.reason, workspace: due[index]?.workspace, deployment: due[index]?.deployment.id },
        'the probes of a deployment could not be asked; they are asked again in half a minute',
      );
  return due.length;
};
