/** What GitLab's messages mean: deployments that are blocked until somebody approves, how they and their pipelines go on, tags. */
import { z } from 'zod';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type Meaning, nothing, serviceMeant, taggedMeaning } from './meaning.ts';

const project = z.object({ id: z.number().int(), path_with_namespace: z.string() });
const deploymentShape = z.object({
  status: z.string(),
  deployment_id: z.number().int(),
  deployable_id: z.number().int().nullish(),
  deployable_url: z.string().nullish(),
  environment: z.string(),
  ref: z.string(),
  short_sha: z.string(),
  commit_url: z.string().nullish(),
  project,
});
const pipelineShape = z.object({
  object_attributes: z.object({
    id: z.number().int(),
    ref: z.string(),
    tag: z.boolean().default(false),
    sha: z.string(),
    status: z.string(),
  }),
  project: z.object({ path_with_namespace: z.string(), web_url: z.string() }),
  builds: z.array(z.object({ stage: z.string(), name: z.string(), status: z.string() })).default([]),
});
const tagShape = z.object({ ref: z.string(), after: z.string(), checkout_sha: z.string().nullish(), project });

/** To whom the answer goes: one deployment of one project, and the job that it lets go on. */
export const gitLabTarget = z.object({
  /** `group/name`, as the catalog has it. */
  project: z.string(),
  deployment: z.number().int(),
  job: z.number().int().nullable(),
});

const STATES: Readonly<Record<string, 'started' | 'succeeded' | 'failed'>> = {
  running: 'started',
  success: 'succeeded',
  failed: 'failed',
  canceled: 'failed',
};

const deployment = (payload: unknown, catalog: Catalog): Meaning => {
  const read = deploymentShape.safeParse(payload);
  if (!read.success) return nothing('this deployment does not look like one of GitLab');
  const {
    status,
    environment,
    ref,
    short_sha: short,
    commit_url: commit,
    project: where,
    deployable_url: job,
  } = read.data;
  const meant = serviceMeant(catalog, where.path_with_namespace, ref);
  if (typeof meant === 'string') return nothing(meant);
  const what = { ...meant, environment, sha: /\/commit\/([0-9a-f]{40})$/.exec(commit ?? '')?.[1] ?? short };
  const run = job ?? null;
  if (status === 'blocked')
    return {
      kind: 'ask',
      what,
      run,
      target: {
        project: where.path_with_namespace,
        deployment: read.data.deployment_id,
        job: read.data.deployable_id ?? null,
      },
      job: String(read.data.deployment_id),
    };
  const state = Object.hasOwn(STATES, status) ? STATES[status] : undefined;
  return state === undefined
    ? nothing(`${status} changes nothing`)
    : {
        kind: 'progress',
        what,
        deployment: String(read.data.deployment_id),
        state,
        words: status === 'canceled' ? 'canceled in GitLab' : null,
        run,
      };
};

/** Its jobs that run now are where it is; what it deploys is told by its deployments. */
const pipeline = (payload: unknown, catalog: Catalog): Meaning => {
  const read = pipelineShape.safeParse(payload);
  if (!read.success) return nothing('this pipeline does not look like one of GitLab');
  const { object_attributes: about, project: where, builds } = read.data;
  const running = builds.filter(({ status }) => status === 'running').map(({ stage, name }) => `${stage}: ${name}`);
  if (about.status !== 'running' || running.length === 0) return nothing('no job of this pipeline runs');
  const ref = about.tag ? `refs/tags/${about.ref}` : about.ref;
  const meant = serviceMeant(catalog, where.path_with_namespace, ref);
  if (typeof meant === 'string') return nothing(meant);
  const words = running.slice(0, 3).join(', ');
  return { kind: 'step', what: { ...meant, sha: about.sha }, words, run: `${where.web_url}/-/pipelines/${about.id}` };
};

const tag = (payload: unknown, catalog: Catalog): Meaning => {
  const read = tagShape.safeParse(payload);
  if (!read.success) return nothing('this tag does not look like one of GitLab');
  const { ref, after, checkout_sha: sha, project: where } = read.data;
  if (/^0+$/.test(after)) return nothing('only a new tag is a version');
  return taggedMeaning(catalog, where.path_with_namespace, ref, sha ?? after, null);
};

export const gitLabMeaning = (payload: unknown, catalog: Catalog): Meaning => {
  const kind = z.object({ object_kind: z.string() }).safeParse(payload);
  if (!kind.success) return nothing('this is no message of GitLab');
  if (kind.data.object_kind === 'deployment') return deployment(payload, catalog);
  if (kind.data.object_kind === 'pipeline') return pipeline(payload, catalog);
  return kind.data.object_kind === 'tag_push'
    ? tag(payload, catalog)
    : nothing(`${kind.data.object_kind} is not listened to`);
};
