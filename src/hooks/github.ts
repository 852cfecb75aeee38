/** What GitHub's messages mean: deployment protection rules, deployment statuses, tags. */
import { z } from 'zod';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type Meaning, nothing, serviceMeant, taggedMeaning } from './meaning.ts';

const repository = z.object({ full_name: z.string() });
const installation = z.object({ id: z.number().int() }).optional();
const deployment = z.object({ id: z.number().int(), ref: z.string(), sha: z.string(), environment: z.string() });

const ruleShape = z.object({
  action: z.string(),
  environment: z.string(),
  deployment_callback_url: z.url(),
  deployment,
  repository,
  installation,
});
const statusShape = z.object({
  deployment_status: z.object({
    state: z.string(),
    description: z.string().nullish(),
    log_url: z.string().nullish(),
    target_url: z.string().nullish(),
  }),
  deployment,
  repository,
});
const tagShape = z.object({
  ref: z.string(),
  after: z.string(),
  deleted: z.boolean().default(false),
  repository,
  installation,
});

/** To whom the answer goes: the callback of one job, with the rights of one installation. */
export const gitHubTarget = z.object({
  url: z.string(),
  installation: z.number().int(),
  environment: z.string(),
});

const unread = (event: string): Meaning => nothing(`this ${event} does not look like one of GitHub`);

const rule = (payload: unknown, catalog: Catalog, apiUrl: string): Meaning => {
  const read = ruleShape.safeParse(payload);
  if (!read.success) return unread('deployment_protection_rule');
  const { action, environment, deployment: of, deployment_callback_url: url, repository: where } = read.data;
  if (action !== 'requested') return nothing(`${action} asks for nothing`);
  // An answer carries the rights of an installation: it goes to GitHub, and to a run of this repository alone.
  const run = runIn(url, `${apiUrl}/repos/${where.full_name}/actions/runs/`);
  if (run === undefined || read.data.installation === undefined)
    return nothing(`its callback ${url} is not of a run of ${where.full_name}`);
  const meant = serviceMeant(catalog, where.full_name, of.ref);
  if (typeof meant === 'string') return nothing(meant);
  return {
    kind: 'ask',
    what: { ...meant, environment, sha: of.sha },
    run: `${pageOf(apiUrl)}/${where.full_name}/actions/runs/${run}`,
    target: { url, installation: read.data.installation.id, environment },
    job: `${run}-${of.id}`,
  };
};

const runIn = (url: string, runs: string): string | undefined =>
  url.toLowerCase().startsWith(runs.toLowerCase())
    ? /^(\d+)\/deployment_protection_rule$/.exec(url.slice(runs.length))?.[1]
    : undefined;

/** Where people look: `https://github.com` of `https://api.github.com`. */
const pageOf = (apiUrl: string): string =>
  apiUrl === 'https://api.github.com' ? 'https://github.com' : apiUrl.replace(/\/api\/v3$/, '');

const STATES: Readonly<Record<string, 'started' | 'succeeded' | 'failed'>> = {
  in_progress: 'started',
  success: 'succeeded',
  failure: 'failed',
  error: 'failed',
};

const status = (payload: unknown, catalog: Catalog): Meaning => {
  const read = statusShape.safeParse(payload);
  if (!read.success) return unread('deployment_status');
  const { deployment_status: now, deployment: of, repository: where } = read.data;
  const state = Object.hasOwn(STATES, now.state) ? STATES[now.state] : undefined;
  if (state === undefined) return nothing(`${now.state} changes nothing`);
  const meant = serviceMeant(catalog, where.full_name, of.ref);
  if (typeof meant === 'string') return nothing(meant);
  const words = now.description ?? '';
  const page = [now.log_url, now.target_url].find((url) => url != null && URL.canParse(url));
  return {
    kind: 'progress',
    what: { ...meant, environment: of.environment, sha: of.sha },
    deployment: String(of.id),
    state,
    words: words === '' ? null : words,
    run: page ?? null,
  };
};

const tag = (payload: unknown, catalog: Catalog): Meaning => {
  const read = tagShape.safeParse(payload);
  if (!read.success) return unread('push');
  const { ref, after, deleted, repository: where } = read.data;
  if (!ref.startsWith('refs/tags/') || deleted) return nothing('only a new tag is a version');
  return taggedMeaning(catalog, where.full_name, ref, after, read.data.installation?.id ?? null);
};

export const gitHubMeaning = (event: string, payload: unknown, catalog: Catalog, apiUrl: string): Meaning => {
  switch (event) {
    case 'deployment_protection_rule':
      return rule(payload, catalog, apiUrl);
    case 'deployment_status':
      return status(payload, catalog);
    case 'push':
      return tag(payload, catalog);
    default:
      return nothing(`${event} is not listened to`);
  }
};
