/** Answers to jobs of other systems, and what we read there: each with the rights that an operator gave us. */
import type { Octokit } from '@octokit/core';
import type { Api, CallApi } from '../api/api.ts';
import type { Config, GitHubConfig, GitLabConfig } from '../config.ts';
import type { Deps } from '../deps.ts';
import { storable } from '../domain/words.ts';
import type { Outcome, Senders } from '../webhooks/send.ts';
import type { Delivery } from '../webhooks/webhook-store.ts';
import { type PullRequest, reliably } from './act.ts';
import { gitHubTarget } from './github.ts';
import { gitLabTarget } from './gitlab.ts';
import type { What } from './meaning.ts';
import type { JobAnswer, SentAnswer } from './waiting-job-store.ts';
import { callerOf } from './waiting-jobs.ts';

/** Milliseconds. */
const PATIENCE = 10_000;

/** What is refused for good is not tried again; a limit, or a failure of theirs, is. */
const outcomeOf = (status: number, error: string | null): Outcome => ({
  ok: status < 300,
  status,
  error,
  gone: status >= 400 && status < 500 && status !== 408 && status !== 429,
});

/** Loaded when it is wanted: most have no app on GitHub. */
const octokitFor = async ({ appId, privateKey, apiUrl }: GitHubConfig, installationId: number): Promise<Octokit> => {
  const [{ Octokit: Client }, { createAppAuth }] = await Promise.all([
    import('@octokit/core'),
    import('@octokit/auth-app'),
  ]);
  return new Client({
    authStrategy: createAppAuth,
    auth: { appId, privateKey, installationId },
    baseUrl: apiUrl,
    userAgent: 'signalbox',
  });
};

const inTime = () => ({ request: { signal: AbortSignal.timeout(PATIENCE) } });

const failed = (error: unknown): Outcome => {
  const { status, message } = error as Error & { status?: number };
  const said = storable(message).slice(0, 300);
  return status === undefined ? { ok: false, status: null, error: said } : outcomeOf(status, said);
};

const toGitHub = async (config: GitHubConfig, target: unknown, { state, comment }: JobAnswer): Promise<Outcome> => {
  const { url, installation, environment } = gitHubTarget.parse(target);
  const { status } = await (await octokitFor(config, installation)).request(`POST ${url}`, {
    ...inTime(),
    environment_name: environment,
    comment,
    ...(state === null ? {} : { state }),
  });
  return outcomeOf(status, null);
};

const toGitLab = async (config: GitLabConfig, target: unknown, { state, comment }: JobAnswer): Promise<Outcome> => {
  const { project, deployment, job } = gitLabTarget.parse(target);
  // GitLab keeps a comment with a decision only.
  if (state === null) return { ok: true, status: null, error: null };
  const post = (path: string, body: unknown) =>
    fetch(`${config.url}/api/v4/projects/${encodeURIComponent(project)}${path}`, {
      method: 'POST',
      headers: { 'private-token': config.token, 'content-type': 'application/json', 'user-agent': 'signalbox' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  const answered = await post(`/deployments/${deployment}/approval`, { status: state, comment });
  const text = storable(await answered.text()).slice(0, 300);
  // What was approved before, by an attempt whose answer was lost, goes on to its job.
  if (!answered.ok && !/already/i.test(text)) return outcomeOf(answered.status, text);
  if (state !== 'approved' || job === null) return outcomeOf(200, null);
  const played = await post(`/jobs/${job}/play`, {});
  return outcomeOf(played.status, played.ok ? null : storable(await played.text()).slice(0, 300));
};

type Parts = { deps: Deps; api: Pick<Api, 'as'>; config: Pick<Config, 'github' | 'gitlab'> };

const releasePath = ({ service }: What, version: string): string =>
  `/v1/releases/${encodeURIComponent(`${service}@${version}`)}`;

/** Whether what it was started for still runs: it may have been aborted while GitHub did not answer. */
const stillRuns = async (call: CallApi, { what }: SentAnswer, version: string): Promise<boolean> => {
  const { body } = await call('GET', releasePath(what, version));
  const deployments = (body['deployments'] ?? []) as { environment: string; state: string }[];
  return deployments.some(({ environment, state }) => environment === what.environment && state === 'running');
};

/** Nobody got the leave: nothing was touched, and whoever owns it sees that it does not run. */
const takeBack = (call: CallApi, { what }: SentAnswer, version: string, because: string) =>
  call('POST', `${releasePath(what, version)}/abort-deployment`, {
    environment: what.environment,
    reason: `Its job could not be let go on: ${because}`,
  });

/** Brings an answer to where the job waits. What was started for it is looked at once more before, and taken back where the answer is not taken. */
const answering =
  <Settings>(
    { deps, api }: Parts,
    settings: Settings | null,
    variable: string,
    send: (settings: Settings, target: unknown, answer: JobAnswer) => Promise<Outcome>,
  ) =>
  async (delivery: Delivery): Promise<Outcome> => {
    const answer = JSON.parse(delivery.body) as SentAnswer;
    const caller = await callerOf(deps, { workspace: delivery.workspace, token: answer.token });
    const call = caller === null ? null : reliably(api.as(caller));
    const { version } = answer;
    try {
      if (settings === null)
        return { ok: false, status: null, error: `${variable} is not set: nobody can answer`, gone: true };
      const stopped = version !== undefined && (call === null || !(await stillRuns(call, answer, version)));
      if (stopped) {
        const { environment } = answer.what;
        const comment = `Not deployed: the deployment to ${environment} was stopped before this job could be told.`;
        return await send(settings, delivery.target, { state: 'rejected', comment });
      }
      const sent = await send(settings, delivery.target, answer);
      if (sent.gone === true && version !== undefined && call !== null)
        await takeBack(call, answer, version, sent.error ?? `HTTP ${sent.status ?? 0}`);
      return sent;
    } catch (error) {
      const lost = failed(error);
      if (lost.gone === true && version !== undefined && call !== null)
        await takeBack(call, answer, version, lost.error ?? 'it is not there');
      return lost;
    }
  };

export const jobSenders = (parts: Parts): Omit<Senders, 'webhook'> => ({
  github: answering(parts, parts.config.github, 'GITHUB_APP_ID', toGitHub),
  gitlab: answering(parts, parts.config.gitlab, 'GITLAB_TOKEN', toGitLab),
});

const MOST_COMMITS = 100;

/** The pull requests between two versions, each once, by GitHub's own knowledge of its commits. */
export const requestsBetween = async (
  config: GitHubConfig,
  installation: number,
  repository: string,
  base: string,
  head: string,
): Promise<readonly PullRequest[]> => {
  const octokit = await octokitFor(config, installation);
  const [owner = '', repo = ''] = repository.split('/');
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
    owner,
    repo,
    basehead: `${base}...${head}`,
    per_page: MOST_COMMITS,
    ...inTime(),
  });
  const found = new Map<string, PullRequest>();
  for (const { sha } of data.commits.slice(0, MOST_COMMITS)) {
    const pulls = await octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', {
      owner,
      repo,
      commit_sha: sha,
      ...inTime(),
    });
    for (const { title, html_url: link } of pulls.data) found.set(link, { title, link });
  }
  return [...found.values()];
};
