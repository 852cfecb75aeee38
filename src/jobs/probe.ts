/** Asks the addresses of what was deployed how they are. What an answer changes is kept by the verb, like any other act. */
import { claimProbes, type ProbeDue } from '../deployments/deployment-store.ts';
import { deploymentVerbs } from '../deployments/deployment-verbs.ts';
import type { Deps } from '../deps.ts';
import { BAD_PROBES, isNews, type Look } from '../domain/deployment/signals.ts';
import { verificationOf } from '../domain/deployment/verification.ts';
import { after, MINUTE } from '../domain/time.ts';
import { perform } from '../situation/perform.ts';
import type { Poster } from '../webhooks/post.ts';
import { unanswered } from '../webhooks/send.ts';

const EVERY = MINUTE / 2;
const MOST_AT_ONCE = 50;

const lookAt = async (get: Poster['get'], url: string): Promise<Look> => {
  try {
    const { status } = await get(url);
    return { name: url, ok: status >= 200 && status < 300, said: `answered ${status}` };
  } catch (error) {
    return { name: url, ok: false, said: `did not answer (${unanswered(error)})` };
  }
};

const probeOne = async (deps: Deps, get: Poster['get'], { workspace, deployment }: ProbeDue): Promise<void> => {
  const { release, service, environment, signals } = deployment;
  const catalog = await deps.catalogs.current(deps.database.db, workspace);
  const { probes } = catalog === null ? { probes: [] } : verificationOf(catalog, service);
  const looks = await Promise.all(probes.map((url) => lookAt(get, url)));
  if (!looks.some((look) => isNews(signals, look, BAD_PROBES))) return;
  const ctx = { workspace, actor: 'signalbox', surface: 'clock', now: deps.clock.now(), requestKey: null } as const;
  const kept = await perform(deps, ctx, deploymentVerbs.probe, { release }, { environment, looks });
  if (!kept.ok)
    deps.log.warn(
      { workspace, release, refusal: kept.refusal.code },
      'what a probe said was not kept; it is asked again',
    );
};

/** One look at everything that is due. An address that hangs holds up no other. */
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
