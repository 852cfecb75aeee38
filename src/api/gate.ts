/** The gate that pipelines ask before they deploy. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type PipelineAnswer, pipelineAnswer } from '../domain/deployment/pipeline.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { noService } from '../domain/nearest.ts';
import { allow, type Decision, refuse as refuseWith } from '../domain/refusal.ts';
import { keyOf } from '../domain/release/release.ts';
import type { Situation } from '../domain/situation.ts';
import { between, type Instant } from '../domain/time.ts';
import { tokenRefusal } from '../domain/token/token.ts';
import { command, type Sentence, say } from '../domain/words.ts';
import { newRelease } from '../releases/new-release-verb.ts';
import { findRelease } from '../releases/release-store.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { text } from '../situation/verbs.ts';
import { type Caller, ctxOf, type Env } from './caller.ts';
import { answerProblem, nowhereRefusal, refusals } from './common.ts';
import { speaking } from './speech.ts';
import { makePass } from './start-pass.ts';
import type { Waiting } from './waiting.ts';

const LONGEST_WAIT = 60;

/** Milliseconds. Nobody relies on being woken: it is looked at as often as this. */
const LOOK_AGAIN = 5_000;

const short = text.max(80);
/** What is asked about, here and when it is started. */
export const what = {
  service: short.openapi({ example: 'checkout' }),
  version: short.openapi({ example: '2.14.0' }),
  environment: short.openapi({ example: 'production' }),
  sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/i, 'is no commit: write 7 to 64 hexadecimal digits')
    .nullable()
    .default(null)
    .describe('The commit that is to be deployed.'),
  digest: z
    .string()
    .regex(/^[a-z0-9]+:[0-9a-f]{32,128}$/i, 'is no digest: write it like sha256: and its hexadecimal digits')
    .nullable()
    .default(null)
    .describe('The digest of what is to be deployed.'),
};

const gateInput = z
  .object({
    ...what,
    title: text
      .max(120)
      .optional()
      .describe('Of a version that is not known yet, where the rules let a pipeline bring it.'),
    wait: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_WAIT)
      .default(0)
      .describe('Seconds to wait for another answer than wait.'),
  })
  .openapi('GateQuestion');

const reasonSchema = z.object({
  code: z.string().openapi({ example: 'freeze.active' }),
  kind: z.enum(['wait', 'deny']),
  message: z.string(),
  until: z.string().nullable(),
  fix: z.string(),
});

const gateSchema = z
  .object({
    decision: z.enum(['allow', 'wait', 'deny']),
    release: z.string().nullable().openapi({ example: 'REL-142' }),
    service: z.string(),
    version: z.string(),
    environment: z.string(),
    reasons: z.array(reasonSchema),
    until: z.string().nullable().describe('When time alone will have cured everything.'),
    approvedUntil: z.string().nullable(),
    retryAfterSeconds: z.number().int().nullable(),
    url: z.string().nullable().describe('The card in Slack.'),
    whenUnreachable: z
      .enum(['light', 'standard', 'strict'])
      .describe('What holds when Signalbox cannot be asked: go on and report it, wait ten minutes, or fail.'),
    startToken: z.string().nullable().describe('For one start of this artifact there, within 15 minutes.'),
  })
  .openapi('GateAnswer');
type GateJson = z.infer<typeof gateSchema>;

type Asked = z.infer<typeof gateInput>;
type Preset = Catalog['preset'];

/** Where the card stands, for a browser or the app. */
const cardUrl = (team: string | null, s: Pick<Situation, 'card'>): string | null =>
  s.card === null || team === null
    ? null
    : `https://app.slack.com/client/${team}/${s.card.channel}/thread/${s.card.channel}-${s.card.ts}`;

const retryAfter = ({ decision, until }: Pick<PipelineAnswer, 'decision' | 'until'>, now: Instant): number | null =>
  decision !== 'wait' ? null : Math.min(60, until === null ? 60 : Math.max(1, Math.ceil(between(now, until) / 1_000)));

/** Not planned, or a draft that nobody has asked about. */
const notThere = ({ service, version }: Pick<Asked, 'service' | 'version'>): Unknown => ({
  code: 'release.unknown',
  sentence: say`there is no release ${service} ${version} that was asked about`,
  fix: say`Plan it with ${command(`new ${service} ${version}`)}, and ask for approval.`,
});

type Unknown = { code: string; sentence: Sentence; fix: Sentence };

/** What is not there, or not for this caller, in the words of the gate. */
const unknownAnswer = async (
  deps: Deps,
  caller: Caller,
  asked: Asked,
  whenUnreachable: Preset,
  { code, sentence, fix }: Unknown,
): Promise<GateJson> => {
  const speak = await speaking(deps, caller.workspace, [sentence, fix]);
  return {
    decision: 'deny',
    release: null,
    service: asked.service,
    version: asked.version,
    environment: asked.environment,
    reasons: [{ code, kind: 'deny', message: speak(sentence), until: null, fix: speak(fix) }],
    until: null,
    approvedUntil: null,
    retryAfterSeconds: null,
    url: null,
    whenUnreachable,
    startToken: null,
  };
};

/** The release that is meant. Where the rules ask nobody the pipeline may bring a version by asking for it. */
const releaseMeant = async (
  deps: Deps,
  caller: Caller,
  catalog: Catalog,
  found: { id: ReleaseId } | null,
  { service, version, environment, title, sha, digest }: Asked,
): Promise<Decision<ReleaseId | Unknown>> => {
  const { workspace } = caller;
  const { db } = deps.database;
  if (catalog.services[service] === undefined)
    return refuseWith({
      code: 'fields',
      problems: [{ field: 'service', problem: noService(service, Object.keys(catalog.services)) }],
    });
  const nowhere = nowhereRefusal(catalog, environment);
  if (nowhere !== null) return refuseWith(nowhere);
  if (found !== null) return allow(found.id);
  if (catalog.preset !== 'light') return allow(notThere({ service, version }));
  const made = await performOnWorkspace(deps, ctxOf(deps, caller), newRelease, {
    service,
    version,
    title: title ?? `${service} ${version}`,
    customers: null,
    rollbackPlan: null,
    sha,
    digest,
  });
  if (made.ok) return allow(made.value.release);
  // Another call brought it at the same moment.
  const there = await findRelease(db, workspace, { service, version });
  return there === null ? made : allow(there.id);
};

const answerFor = async (deps: Deps, caller: Caller, asked: Asked, s: Seen, team: string | null): Promise<GateJson> => {
  const now = deps.clock.now();
  const given = { sha: asked.sha, digest: asked.digest };
  const answer = pipelineAnswer(s, asked.environment, given, now);
  const speak = await speaking(
    deps,
    caller.workspace,
    answer.reasons.flatMap(({ sentence, fix }) => [sentence, fix]),
  );
  const { release } = s;
  const mayStart =
    answer.decision === 'allow' &&
    tokenRefusal(caller.token, { scope: 'deploy', services: [release.service], environment: asked.environment }) ===
      null;
  return {
    decision: answer.decision,
    release: keyOf(release),
    service: release.service,
    version: release.version,
    environment: asked.environment,
    reasons: answer.reasons.map(({ code, state, sentence, until, fix }) => ({
      code,
      kind: state === 'deny' ? 'deny' : 'wait',
      message: speak(sentence),
      until,
      fix: speak(fix),
    })),
    until: answer.until,
    approvedUntil: release.state.status === 'approved' ? release.state.validUntil : null,
    retryAfterSeconds: retryAfter(answer, now),
    url: cardUrl(team, s),
    whenUnreachable: s.around.catalog.preset,
    startToken: mayStart
      ? makePass(
          deps.journalKey,
          {
            workspace: caller.workspace,
            token: caller.token.id,
            release: release.id,
            service: release.service,
            version: release.version,
            revision: release.artifact.revision,
            environment: asked.environment,
            ...given,
          },
          now,
        )
      : null,
  };
};

/** Never another one. */
const teams = new Map<Caller['workspace'], string>();

const teamOf = async ({ database }: Deps, workspace: Caller['workspace']): Promise<string | null> => {
  const known = teams.get(workspace);
  if (known !== undefined) return known;
  const row = await database.db
    .selectFrom('workspaces')
    .select('slack_id')
    .where('id', '=', workspace)
    .executeTakeFirst();
  if (row !== undefined) teams.set(workspace, row.slack_id);
  return row?.slack_id ?? null;
};

/** Asks, and asks again at every change until the answer is not *wait* any more or the time is over. */
const askGate = async (
  deps: Deps,
  waiting: Waiting,
  caller: Caller,
  asked: Asked,
  gone: AbortSignal,
): Promise<Decision<GateJson>> => {
  const barred = tokenRefusal(caller.token, {
    scope: caller.token.scopes[0] ?? null,
    services: [asked.service],
    environment: asked.environment,
  });
  if (barred !== null) return refuseWith(barred);
  const { db } = deps.database;
  const [catalog, found, team] = await Promise.all([
    deps.catalogs.current(db, caller.workspace),
    findRelease(db, caller.workspace, asked),
    teamOf(deps, caller.workspace),
  ]);
  if (catalog === null) return refuseWith({ code: 'unconfigured' });
  const meant = await releaseMeant(deps, caller, catalog, found, asked);
  if (!meant.ok) return meant;
  const { preset } = catalog;
  if (typeof meant.value !== 'string') return allow(await unknownAnswer(deps, caller, asked, preset, meant.value));
  const release = meant.value;
  const until = performance.now() + asked.wait * 1_000;
  for (;;) {
    const since = waiting.generation(caller.workspace);
    const s = await waiting.look(caller.workspace, release);
    const seen = s === null ? null : seenBy(s, caller.actor);
    if (seen === null) return allow(await unknownAnswer(deps, caller, asked, preset, notThere(asked)));
    const answer = await answerFor(deps, caller, asked, seen, team);
    const left = until - performance.now();
    if (answer.decision !== 'wait' || left <= 0 || gone.aborted || waiting.isOver()) return allow(answer);
    const timed = answer.retryAfterSeconds === null ? left : answer.retryAfterSeconds * 1_000;
    await waiting.change(caller.workspace, since, Math.min(left, timed, LOOK_AGAIN), gone);
  }
};

export const gateRoutes = (api: OpenAPIHono<Env>, deps: Deps, waiting: Waiting): void => {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/gate',
      operationId: 'ask-gate',
      'x-reads-only': true,
      tags: ['Gate'],
      summary: 'May this be deployed there now?',
      description:
        'The answer of the card in Slack, with the same reasons. `wait` up to 60 seconds returns as soon as the answer is another one.',
      request: { body: { content: { 'application/json': { schema: gateInput } }, required: true } },
      responses: {
        200: {
          description: 'allow, wait or deny, with every reason',
          content: { 'application/json': { schema: gateSchema } },
        },
        ...refusals,
      },
    }),
    async (c) => {
      const answer = await askGate(deps, waiting, c.var.caller, c.req.valid('json'), c.req.raw.signal);
      return answer.ok ? c.json(answer.value, 200) : answerProblem(c, deps, answer.refusal);
    },
  );
};
