/** Releases and their checks as JSON, each as the caller may see it. */
import { z } from '@hono/zod-openapi';
import type { Check } from '../domain/check.ts';
import { keyOf, type ReleaseStatus, STATUS_WORDS } from '../domain/release/release.ts';
import { type Sentence, say } from '../domain/words.ts';
import type { Seen, SeenRelease } from '../situation/seen-by.ts';
import type { Speak } from './speech.ts';

const STATUSES = Object.keys(STATUS_WORDS) as [ReleaseStatus, ...ReleaseStatus[]];

export const releaseSchema = z
  .object({
    key: z.string().openapi({ example: 'REL-142' }),
    service: z.string(),
    version: z.string(),
    status: z.enum(STATUSES),
    title: z.string(),
    type: z.string(),
    owner: z.string().describe('The Slack id of whoever answers for it.'),
    deployer: z.string().nullable(),
    targets: z.array(z.string()),
    affects: z.array(z.string()),
    healthy: z.boolean().nullable().describe('Once it is deployed: null while nobody has said so.'),
    plannedFor: z.string().nullable().describe('When it is to start, ISO 8601; null as soon as approved.'),
    approvedUntil: z.string().nullable(),
    risk: z.string().nullable(),
    artifact: z.object({ revision: z.number().int(), sha: z.string().nullable(), digest: z.string().nullable() }),
    since: z.string().describe('When it came to this status.'),
    createdAt: z.string(),
  })
  .openapi('Release');
export type ReleaseJson = z.infer<typeof releaseSchema>;

export const releaseJson = (release: SeenRelease): ReleaseJson => ({
  key: keyOf(release),
  service: release.service,
  version: release.version,
  status: release.state.status,
  title: release.title,
  type: release.type,
  owner: release.owner,
  deployer: release.deployer,
  targets: [...release.targets],
  affects: [...release.affects],
  healthy: release.state.status === 'deployed' ? release.state.healthy : null,
  plannedFor: release.when.kind === 'at' ? release.when.start : null,
  approvedUntil: release.state.status === 'approved' ? release.state.validUntil : null,
  risk: release.risk?.level ?? null,
  artifact: { ...release.artifact },
  since: release.state.since,
  createdAt: release.createdAt,
});

export const checkSchema = z
  .object({
    code: z.string().openapi({ example: 'freeze.active' }),
    state: z.enum(['pass', 'warn', 'wait', 'deny']),
    message: z.string(),
    until: z.string().nullable().describe('When time alone will have cured it.'),
    fix: z.string().describe('The way out.'),
  })
  .openapi('Check');

/** The sentence, and what to know besides: as card and *why* say it. */
export const wholeSentence = ({ sentence, besides }: Pick<Check, 'sentence' | 'besides'>): Sentence =>
  besides === undefined ? sentence : say`${sentence}; ${besides}`;

export const checkJson = (check: Check, speak: Speak): z.infer<typeof checkSchema> => {
  const { code, state, until, fix } = check;
  return {
    code,
    state,
    message: speak(wholeSentence(check)),
    until,
    fix: speak(fix),
  };
};

export const changeSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    type: z.string(),
    link: z.string().nullable(),
    author: z.string().nullable(),
    customers: z.boolean(),
  })
  .openapi('Change');

export const changesJson = ({ release }: Seen): z.infer<typeof changeSchema>[] =>
  release.changes.map(({ id, title, type, link, author, customers }) => ({ id, title, type, link, author, customers }));

export const deploymentSchema = z
  .object({
    id: z.string(),
    environment: z.string(),
    version: z.string(),
    sha: z.string().nullable().describe('What exactly it was, as far as it was said.'),
    digest: z.string().nullable(),
    kind: z.enum(['deploy', 'rollback']),
    state: z.enum(['running', 'succeeded', 'failed', 'aborted']),
    startedBy: z.string(),
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    deadline: z.string().describe('Not finished by then, it counts as failed.'),
    step: z.object({ words: z.string(), percent: z.number().nullable(), at: z.string() }).nullable(),
    run: z.string().nullable(),
    runBy: z.string().describe('Who says how it goes.'),
    cause: z.string().nullable().describe('Why it failed, in one word.'),
    rollout: z
      .object({
        strategy: z.string(),
        index: z.number().int().describe('The step that is on, counted from 0.'),
        steps: z.array(z.object({ name: z.string(), percent: z.number().nullable(), bakeMinutes: z.number() })),
        since: z.string(),
        paused: z.string().nullable().describe('What it waits for.'),
        stopped: z.array(z.object({ metric: z.string(), value: z.number(), rule: z.string() })),
      })
      .nullable()
      .describe('Its steps, where its strategy has any.'),
    checklist: z
      .array(
        z.object({
          item: z.number().int().describe('What “tick item” calls it.'),
          text: z.string(),
          when: z.enum(['deploy', 'verify']),
          minutes: z.number().nullable(),
          by: z.string().nullable(),
          at: z.string().nullable(),
        }),
      )
      .describe('Its runbook, and what is looked at before it counts as healthy.'),
    signals: z
      .array(z.object({ name: z.string(), ok: z.boolean(), said: z.string(), since: z.string() }))
      .describe('What its probes and numbers say.'),
  })
  .openapi('Deployment');

export const deploymentJson = (d: Seen['deployments'][number]): z.infer<typeof deploymentSchema> => ({
  id: d.id,
  environment: d.environment,
  version: d.version,
  sha: d.sha,
  digest: d.digest,
  kind: d.kind,
  state: d.state,
  startedBy: d.startedBy,
  startedAt: d.startedAt,
  finishedAt: d.finishedAt,
  deadline: d.deadline,
  step: d.step,
  run: d.run,
  runBy: d.runBy,
  cause: d.cause,
  rollout:
    d.rollout === null
      ? null
      : {
          strategy: d.rollout.strategy,
          index: d.rollout.index,
          steps: d.rollout.steps.map(({ name, percent, bakeMinutes }) => ({ name, percent, bakeMinutes })),
          since: d.rollout.since,
          paused: d.rollout.paused?.reason ?? null,
          stopped: d.rollout.stopped.map(({ metric, value, rule }) => ({ metric, value, rule })),
        },
  checklist: d.checklist.map((item, index) => ({ item: index + 1, ...item })),
  signals: d.signals.map(({ name, ok, said, since }) => ({ name, ok, said, since })),
});
