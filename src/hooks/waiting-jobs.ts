/**
 * Jobs that wait for leave: looked at when they come, at every change in their workspace, and every half minute. What may start is started, and
 * then answered, so that nothing gets leave that something came in the way of; an answer that cannot be given takes the start back.
 */
import type { Api, CallApi } from '../api/api.ts';
import type { Deps } from '../deps.ts';
import { after, DAY } from '../domain/time.ts';
import { isLive, tokenActor } from '../domain/token/token.ts';
import { tokenWithHook } from '../tokens/token-store.ts';
import { detailOf, NotNow, reliably, versionOf } from './act.ts';
import { answerJob, type JobAnswer, openJobs, type WaitingJob } from './waiting-job-store.ts';

/** GitHub and GitLab fail what nobody answered in a month. */
const LASTS = 30 * DAY;

type Reason = { code: string; message: string; fix: string };

const reasonsIn = (body: Record<string, unknown>): readonly Reason[] => (body['reasons'] ?? []) as Reason[];

const commentOf = (head: string, body: Record<string, unknown>): string => {
  const reasons = reasonsIn(body).map(({ message, fix }) => `- ${message}. ${fix}`);
  const url = body['url'];
  return [head, ...reasons, ...(typeof url === 'string' ? [url] : [])].join('\n');
};

/** Whether it may, and what it is told. Throws `NotNow` where nobody can say. */
const judged = async (call: CallApi, job: WaitingJob): Promise<JobAnswer> => {
  const version = await versionOf(call, job.what);
  const { service, environment, sha } = job.what;
  if (version === null)
    return {
      state: 'rejected',
      comment: `Not deployed: no release of ${service} is known as ${sha.slice(0, 12)}. Tag the version, or record its commit in Slack.`,
    };
  const { status, body } = await call('POST', '/v1/gate', { service, version, environment, sha });
  if (status >= 400) return { state: 'rejected', comment: detailOf(body, 'Not deployed.') };
  if (body['decision'] === 'deny')
    return { state: 'rejected', comment: commentOf('Not deployed; waiting does not help:', body) };
  // What runs may be what this job started, before the process ended: the same words under the same key are answered so again.
  if (body['decision'] === 'allow' || reasonsIn(body).some(({ code }) => code === 'lock.held')) {
    const asked = { service, version, environment, sha, run: job.run };
    const started = await call('POST', '/v1/deployments', asked, `job ${job.id}`);
    if (started.status === 201)
      return { state: 'approved', version, comment: `Signalbox lets ${service} ${version} go to ${environment}.` };
    if (started.status === 403) return { state: 'rejected', comment: detailOf(started.body) };
  }
  return { state: null, comment: commentOf('It waits, and is answered by itself:', body) };
};

/** As whom the token of a job acts; `null` where it counts no more. */
export const callerOf = async (deps: Deps, { workspace, token: id }: Pick<WaitingJob, 'workspace' | 'token'>) => {
  const found = await tokenWithHook(deps.database.db, deps.journalKey, workspace, { id });
  return found === null || !isLive(found.token, deps.clock.now())
    ? null
    : { workspace, token: found.token, actor: tokenActor(found.token) };
};

/** Looks at one job, and notes its answer. */
const lookAtJob = async (deps: Deps, api: Pick<Api, 'as'>, job: WaitingJob): Promise<void> => {
  const now = deps.clock.now();
  const caller = await callerOf(deps, job);
  const answer: JobAnswer =
    caller === null
      ? { state: 'rejected', comment: 'Not deployed: the token of this hook was revoked or has expired.' }
      : now > after(job.askedAt, LASTS)
        ? { state: 'rejected', comment: 'Not deployed: it waited for a month.' }
        : await judged(reliably(api.as(caller)), job);
  await answerJob(deps.database, job, deps.newId('delivery'), answer, now);
  deps.send();
};

export type Watching = {
  /** A job that has just come: it is looked at now, and at every change from now on. */
  take: (job: WaitingJob) => Promise<void>;
  /** Something happened in the workspace: what waits there may go on. */
  happened: (workspace: string) => void;
  lookNow: () => Promise<void>;
  stop: () => Promise<void>;
};

/** Milliseconds. */
const GATHER = 200;
const LOOK_AGAIN = 30_000;
/** Of one workspace side by side. */
const AT_ONCE = 4;

export const watchJobs = (deps: Deps, api: Pick<Api, 'as'>): Watching => {
  /** Where a job waits: an act elsewhere costs nothing. */
  let waiting: ReadonlySet<string> = new Set();
  /** Workspaces to be looked at; each stands here once, however much happens there meanwhile. */
  const wanted = new Set<string>();
  let stopping = false;
  let looking: Promise<void> | null = null;

  const lookAt = async (job: WaitingJob): Promise<void> => {
    try {
      await lookAtJob(deps, api, job);
    } catch (error) {
      const level = error instanceof NotNow ? 'warn' : 'error';
      deps.log[level](
        { err: error, job: job.id },
        'a waiting job could not be looked at; it is again in half a minute',
      );
    }
  };
  const lookIn = async (workspace: string): Promise<void> => {
    const jobs = [...(await openJobs(deps.database, workspace))];
    const worker = async (): Promise<void> => {
      for (let job = jobs.shift(); job !== undefined && !stopping; job = jobs.shift()) await lookAt(job);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  const lookAll = async (): Promise<void> => {
    for (const workspace of Array.from(wanted)) {
      wanted.delete(workspace);
      if (!stopping) await lookIn(workspace);
    }
  };
  /** One look after another; what is wanted meanwhile is looked at right after. */
  const soon = (): void => {
    looking ??= new Promise<void>((resolve) => setTimeout(resolve, GATHER))
      .then(lookAll)
      .catch((error: unknown) => deps.log.error({ err: error }, 'waiting jobs could not be read'))
      .finally(() => {
        looking = null;
        if (wanted.size > 0 && !stopping) soon();
      });
  };
  const lookNow = async (): Promise<void> => {
    const jobs = await openJobs(deps.database, null);
    waiting = new Set(jobs.map((job) => job.workspace));
    for (const workspace of waiting) wanted.add(workspace);
    while (wanted.size > 0 && !stopping) {
      soon();
      await looking;
    }
  };
  const quietly = (): void =>
    void lookNow().catch((error: unknown) => deps.log.error({ err: error }, 'waiting jobs could not be read'));
  const timer = setInterval(quietly, LOOK_AGAIN);
  timer.unref();
  quietly();
  return {
    take: async (job) => {
      waiting = new Set([...waiting, job.workspace]);
      await lookAt(job);
    },
    happened: (workspace) => {
      if (!waiting.has(workspace)) return;
      wanted.add(workspace);
      soon();
    },
    lookNow,
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await looking;
    },
  };
};
