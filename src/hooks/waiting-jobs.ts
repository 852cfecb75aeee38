/**
 * Jobs that wait for leave: looked at when they come, at every change in their workspace, and every half minute. What may start is started, and
 * then answered, so that nothing gets leave that something came in the way of.
 */
import type { Api, CallApi } from '../api/api.ts';
import { type Deps } from '../deps.ts';
import { after, DAY } from '../domain/time.ts';
import { isLive, tokenActor } from '../domain/token/token.ts';
import { tokenWithHook } from '../tokens/token-store.ts';
import { detailOf, versionOf } from './act.ts';
import { answerJob, type JobAnswer, openJobs, type WaitingJob } from './waiting-job-store.ts';

/** GitHub and GitLab fail what nobody answered in a month. */
const LASTS = 30 * DAY;

type Reason = { message: string; fix: string };

const commentOf = (head: string, body: Record<string, unknown>): string => {
  const reasons = ((body['reasons'] ?? []) as Reason[]).map(({ message, fix }) => `- ${message}. ${fix}`);
  const url = body['url'];
  return [head, ...reasons, ...(typeof url === 'string' ? [url] : [])].join('\n');
};

/** Whether it may, and what it is told. */
const judged = async (call: CallApi, job: WaitingJob): Promise<JobAnswer> => {
  const version = await versionOf(call, job.what);
  const { service, environment, sha } = job.what;
  if (version === null)
    return {
      state: 'rejected',
      comment: `Not deployed: no release of ${service} is known as ${sha.slice(0, 12)}. Tag the version, or record its commit in Slack.`,
    };
  const start = () =>
    // The same words under the same key: what was started for this job once is answered so again.
    call('POST', '/v1/deployments', { service, version, environment, sha, run: job.run }, `job ${job.id}`);
  const go: JobAnswer = { state: 'approved', comment: `Signalbox lets ${service} ${version} go to ${environment}.` };
  if ((await start()).status === 201) return go;
  const { status, body } = await call('POST', '/v1/gate', { service, version, environment, sha });
  if (status >= 400) return { state: 'rejected', comment: detailOf(body, 'Not deployed.') };
  if (body['decision'] === 'deny')
    return { state: 'rejected', comment: commentOf('Not deployed; waiting does not help:', body) };
  if (body['decision'] === 'wait')
    return { state: null, comment: commentOf('It waits, and is answered by itself:', body) };
  const started = await start();
  if (started.status === 201) return go;
  const detail = detailOf(started.body);
  return started.status === 403 ? { state: 'rejected', comment: detail } : { state: null, comment: detail };
};

/** Looks at one job, and notes its answer. */
const lookAtJob = async (deps: Deps, api: Pick<Api, 'as'>, job: WaitingJob): Promise<void> => {
  const { database, clock, journalKey } = deps;
  const now = clock.now();
  const found = await tokenWithHook(database.db, journalKey, job.workspace, { id: job.token });
  const answer: JobAnswer =
    found === null || !isLive(found.token, now)
      ? { state: 'rejected', comment: 'Not deployed: the token of this hook was revoked or has expired.' }
      : now > after(job.askedAt, LASTS)
        ? { state: 'rejected', comment: 'Not deployed: it waited for a month.' }
        : await judged(api.as({ workspace: job.workspace, token: found.token, actor: tokenActor(found.token) }), job);
  await answerJob(database, job, deps.newId('delivery'), answer, now);
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

export const watchJobs = (deps: Deps, api: Pick<Api, 'as'>): Watching => {
  const changed = new Set<string>();
  /** Where a job waits: an act elsewhere costs nothing. */
  let waiting: ReadonlySet<string> = new Set();
  let stopping = false;
  let looking: Promise<void> = Promise.resolve();
  let soon: NodeJS.Timeout | null = null;
  const look = async (workspace: string | null): Promise<void> => {
    const jobs = await openJobs(deps.database, workspace);
    if (workspace === null) waiting = new Set(jobs.map((job) => job.workspace));
    for (const job of jobs) {
      if (stopping) return;
      await lookAtJob(deps, api, job).catch((error: unknown) =>
        deps.log.error(
          { err: error, job: job.id },
          'a waiting job could not be looked at; it is again in half a minute',
        ),
      );
    }
  };
  const inTurn = (workspace: string | null): void => {
    looking = looking
      .then(() => (stopping ? undefined : look(workspace)))
      .catch((error: unknown) => deps.log.error({ err: error }, 'waiting jobs could not be read'));
  };
  const timer = setInterval(() => inTurn(null), LOOK_AGAIN);
  timer.unref();
  inTurn(null);
  return {
    take: async (job) => {
      waiting = new Set([...waiting, job.workspace]);
      await lookAtJob(deps, api, job);
    },
    happened: (workspace) => {
      if (!waiting.has(workspace)) return;
      changed.add(workspace);
      soon ??= setTimeout(() => {
        soon = null;
        for (const each of changed) inTurn(each);
        changed.clear();
      }, GATHER);
    },
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      if (soon !== null) clearTimeout(soon);
      await looking;
    },
    lookNow: () => {
      inTurn(null);
      return looking;
    },
  };
};
