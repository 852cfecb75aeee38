/** Answers to jobs of other systems, and what we read there: each with the rights that an operator gave us. */
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import type { Config, GitHubConfig, GitLabConfig } from '../config.ts';
import type { Outcome, Senders } from '../webhooks/send.ts';
import type { Delivery } from '../webhooks/webhook-store.ts';
import type { PullRequest } from './act.ts';
import { gitHubTarget } from './github.ts';
import { gitLabTarget } from './gitlab.ts';
import type { JobAnswer } from './waiting-job-store.ts';

/** Milliseconds. */
const PATIENCE = 10_000;

/** What is refused for good is not tried again; a limit, or a failure of theirs, is. */
const outcomeOf = (status: number, error: string | null): Outcome => ({
  ok: status < 300,
  status,
  error,
  gone: status >= 400 && status < 500 && status !== 408 && status !== 429,
});

const answerOf = ({ body }: Delivery): JobAnswer => JSON.parse(body) as JobAnswer;

const octokitFor = ({ appId, privateKey, apiUrl }: GitHubConfig, installationId: number): Octokit =>
  new Octokit({
    authStrategy: createAppAuth,
    auth: { appId, privateKey, installationId },
    baseUrl: apiUrl,
    userAgent: 'signalbox',
    request: { signal: AbortSignal.timeout(PATIENCE) },
  });

const without = (variable: string): Outcome => ({
  ok: false,
  status: null,
  error: `${variable} is not set: nobody can answer`,
  gone: true,
});

const toGitHub =
  (config: GitHubConfig | null) =>
  async (delivery: Delivery): Promise<Outcome> => {
    if (config === null) return without('GITHUB_APP_ID');
    const { url, installation, environment } = gitHubTarget.parse(delivery.target);
    const { state, comment } = answerOf(delivery);
    try {
      const { status } = await octokitFor(config, installation).request(`POST ${url}`, {
        environment_name: environment,
        comment,
        ...(state === null ? {} : { state }),
      });
      return outcomeOf(status, null);
    } catch (error) {
      const { status, message } = error as Error & { status?: number };
      return status === undefined
        ? { ok: false, status: null, error: message.slice(0, 300) }
        : outcomeOf(status, message.slice(0, 300));
    }
  };

const toGitLab =
  (config: GitLabConfig | null) =>
  async (delivery: Delivery): Promise<Outcome> => {
    if (config === null) return without('GITLAB_TOKEN');
    const { project, deployment, job } = gitLabTarget.parse(delivery.target);
    const { state, comment } = answerOf(delivery);
    // GitLab keeps a comment with a decision only.
    if (state === null) return { ok: true, status: null, error: null };
    const post = (path: string, body: unknown) =>
      fetch(`${config.url}/api/v4/projects/${project}${path}`, {
        method: 'POST',
        headers: { 'private-token': config.token, 'content-type': 'application/json', 'user-agent': 'signalbox' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE),
      });
    try {
      const answered = await post(`/deployments/${deployment}/approval`, { status: state, comment });
      const text = (await answered.text()).slice(0, 300);
      // What was approved before, by an attempt whose answer was lost, goes on to its job.
      if (!answered.ok && !/already/i.test(text)) return outcomeOf(answered.status, text);
      if (state !== 'approved' || job === null) return outcomeOf(200, null);
      const played = await post(`/jobs/${job}/play`, {});
      return outcomeOf(played.status, played.ok ? null : (await played.text()).slice(0, 300));
    } catch (error) {
      return { ok: false, status: null, error: (error as Error).message.slice(0, 300) };
    }
  };

export const jobSenders = (config: Pick<Config, 'github' | 'gitlab'>): Omit<Senders, 'webhook'> => ({
  github: toGitHub(config.github),
  gitlab: toGitLab(config.gitlab),
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
  const octokit = octokitFor(config, installation);
  const [owner = '', repo = ''] = repository.split('/');
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
    owner,
    repo,
    basehead: `${base}...${head}`,
    per_page: MOST_COMMITS,
  });
  const found = new Map<string, PullRequest>();
  for (const { sha } of data.commits.slice(0, MOST_COMMITS)) {
    const pulls = await octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', {
      owner,
      repo,
      commit_sha: sha,
    });
    for (const { title, html_url: link } of pulls.data) found.set(link, { title, link });
  }
  return [...found.values()];
};
