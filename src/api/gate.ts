/** The gate that pipelines ask before they deploy, and the start that follows. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { deploymentVerbs } from '../deployments/deployment-verbs.ts';
import type { Deps } from '../deps.ts';
import { type PipelineAnswer, pipelineAnswer } from '../domain/deployment/pipeline.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { noService } from '../domain/nearest.ts';
import { allow, type Decision, refuse as refuseWith } from '../domain/refusal.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import type { Situation } from '../domain/situation.ts';
import { between, type Instant } from '../domain/time.ts';
import { tokenRefusal } from '../domain/token/token.ts';
import { command, type Sentence, say } from '../domain/words.ts';
import { newRelease } from '../releases/new-release-verb.ts';
import { findRelease } from '../releases/release-store.ts';
import { perform, performOnWorkspace } from '../situation/perform.ts';
import { type Seen, seenBy } from '../situation/seen-by.ts';
import { text } from '../situation/verbs.ts';
import { isKept } from '../tokens/token-store.ts';
import { type Caller, ctxOf, type Env } from './caller.ts';
import {
  answerProblem,
  idempotencyHeader,
  inOrder,
  keeping,
  nowhereRefusal,
  type Refused,
  refusals,
} from './common.ts';
import { problem } from './problems.ts';
import { deploymentJson, deploymentSchema, releaseJson, releaseSchema } from './release-json.ts';
import { speaking } from './speech.ts';
import { makePass, readPass } from './start-pass.ts';
import type { Waiting } from './waiting.ts';

const LONGEST_WAIT = 60;

/** Milliseconds. Nobody relies on being woken: it is looked at as often as this. */
const LOOK_AGAIN = 5_000;

const short = text.max(80);
const what = {
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
    startToken: z.string().nullable().describe('For one start of this artifact there, within 15 minutes.'),
  })
  .openapi('GateAnswer');
type GateJson = z.infer<typeof gateSchema>;

const startInput = z
  .object({
    startToken: z.string().max(2_000).optional().describe('From the gate; then nothing else has to be said.'),
    service: what.service.optional(),
    version: what.version.optional(),
    environment: what.environment.optional(),
    sha: what.sha,
    digest: what.digest,
    run: z.url().max(500).nullable().default(null).describe('The page of the pipeline that does it.'),
  })
  .openapi('Start');

const startedSchema = z.object({ release: releaseSchema, deployment: deploymentSchema }).openapi('Started');

type Asked = z.infer<typeof gateInput>;

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
    startToken: null,
  };
};

/** The release that is meant. Where the rules ask nobody the pipeline may bring a version by asking for it. */
const releaseMeant = async (
  deps: Deps,
  caller: Caller,
  { service, version, environment, title, sha, digest }: Asked,
): Promise<Decision<ReleaseId | Unknown>> => {
  const { workspace } = caller;
  const { db } = deps.database;
  const catalog = await deps.catalogs.current(db, workspace);
  if (catalog === null) return refuseWith({ code: 'unconfigured' });
  if (catalog.services[service] === undefined)
    return refuseWith({
      code: 'fields',
      problems: [{ field: 'service', problem: noService(service, Object.keys(catalog.services)) }],
    });
  const nowhere = nowhereRefusal(catalog, environment);
  if (nowhere !== null) return refuseWith(nowhere);
  const found = await findRelease(db, workspace, { service, version });
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

const teamOf = async ({ database }: Deps, workspace: Caller['workspace']): Promise<string | null> =>
  (await database.db.selectFrom('workspaces').select('slack_id').where('id', '=', workspace).executeTakeFirst())
    ?.slack_id ?? null;

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
  const meant = await releaseMeant(deps, caller, asked);
  if (!meant.ok) return meant;
  if (typeof meant.value !== 'string') return allow(await unknownAnswer(deps, caller, asked, meant.value));
  const release = meant.value;
  const team = await teamOf(deps, caller.workspace);
  const until = performance.now() + asked.wait * 1_000;
  for (;;) {
    const since = waiting.generation(caller.workspace);
    const s = await waiting.look(caller.workspace, release);
    const seen = s === null ? null : seenBy(s, caller.actor);
    if (seen === null) return allow(await unknownAnswer(deps, caller, asked, notThere(asked)));
    const answer = await answerFor(deps, caller, asked, seen, team);
    const left = until - performance.now();
    if (answer.decision !== 'wait' || left <= 0 || gone.aborted || waiting.isOver()) return allow(answer);
    const timed = answer.retryAfterSeconds === null ? left : answer.retryAfterSeconds * 1_000;
    await waiting.change(caller.workspace, since, Math.min(left, timed, LOOK_AGAIN), gone);
  }
};

type StartAsked = z.infer<typeof startInput>;
type StartMeant = {
  release: ReleaseId;
  environment: string;
  sha: string | null;
  digest: string | null;
  nonce: string | null;
  revision?: number;
};

const passRefused = (code: string, detail: string): Refused => problem(403, code, detail);

/** What a pass, or the words beside it, say is to be started. */
const startMeant = async (
  deps: Deps,
  caller: Caller,
  asked: StartAsked,
  repeated: boolean,
): Promise<Decision<StartMeant> | Refused> => {
  if (asked.startToken === undefined) {
    const { service, version, environment, sha, digest } = asked;
    if (service === undefined || version === undefined || environment === undefined)
      return problem(422, 'fields', 'Give the startToken of the gate, or service, version and environment.');
    const found = await findRelease(deps.database.db, caller.workspace, { service, version });
    return found === null
      ? refuseWith({
          code: 'not_found',
          what: 'release',
          reference: `${service} ${version}`,
          fix: say`Ask the gate first, or plan it with ${command(`new ${service} ${version}`)}.`,
        })
      : allow({ release: found.id, environment, sha, digest, nonce: null });
  }
  const pass = readPass(deps.journalKey, asked.startToken);
  if (pass === null || pass.workspace !== caller.workspace || pass.token !== caller.token.id)
    return passRefused(
      'startToken.unknown',
      'Not started: this startToken was not made for this token. Ask the gate for one.',
    );
  // What was done under its key is answered again, however old its pass is by now.
  if (!repeated && pass.until <= deps.clock.now())
    return passRefused('startToken.over', 'Not started: this startToken is older than 15 minutes. Ask the gate again.');
  const differs = (['service', 'version', 'environment', 'sha', 'digest'] as const).find(
    (key) => asked[key] != null && asked[key] !== pass[key],
  );
  if (differs !== undefined)
    return passRefused(
      'startToken.differs',
      `Not started: the startToken is for ${differs} ${pass[differs] ?? 'none'}, and ${asked[differs] ?? ''} is to be started. Ask the gate for that one.`,
    );
  return allow({
    release: pass.release,
    environment: pass.environment,
    sha: pass.sha,
    digest: pass.digest,
    nonce: pass.nonce,
    revision: pass.revision,
  });
};

export const gateRoutes = (api: OpenAPIHono<Env>, deps: Deps, waiting: Waiting): void => {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/gate',
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
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/deployments',
      tags: ['Gate'],
      summary: 'Start a deployment',
      description:
        'With the startToken of the gate, or by service, version and environment. Looked at once more; of many at once one starts.',
      request: {
        headers: idempotencyHeader,
        body: { content: { 'application/json': { schema: startInput } }, required: true },
      },
      responses: {
        201: { description: 'It is started', content: { 'application/json': { schema: startedSchema } } },
        ...refusals,
      },
    }),
    async (c) => {
      const { caller } = c.var;
      const asked = c.req.valid('json');
      const kept = keeping(c, asked);
      const { requestKey } = kept;
      const repeated = requestKey !== null && (await isKept(deps.database.db, caller.workspace, requestKey));
      const meant = await startMeant(deps, caller, asked, repeated);
      if ('code' in meant) return answerProblem(c, deps, meant);
      if (!meant.ok) return answerProblem(c, deps, meant.refusal);
      const { release, environment, sha, digest, nonce, revision } = meant.value;
      const done = await perform(
        deps,
        ctxOf(deps, caller, nonce === null ? kept : { ...kept, onceKey: `pass:${nonce}` }),
        deploymentVerbs.start,
        {
          release,
          answer: (after) => {
            const started = after.deployments.findLast((d) => d.environment === environment);
            if (started === undefined) throw new Error(`${nameOf(after.release)} did not start.`);
            return { release: releaseJson(after.release), deployment: deploymentJson(started) };
          },
        },
        { environment, reason: null, sha, digest, run: asked.run, revision },
      );
      if (!done.ok) return answerProblem(c, deps, done.refusal);
      const { answer } = done.value;
      if (answer === null) throw new Error('What was started is not to be seen.');
      return c.json(inOrder(answer), 201);
    },
  );
};
