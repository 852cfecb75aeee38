/** The start that follows an allowed question: with its pass, or by what is to be deployed; looked at once more behind the lock. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { deploymentVerbs } from '../deployments/deployment-verbs.ts';
import type { Deps } from '../deps.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { allow, type Decision, refuse as refuseWith } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { withoutV } from '../domain/release/version.ts';
import { tokenRefusal } from '../domain/token/token.ts';
import { command, say } from '../domain/words.ts';
import { findRelease } from '../releases/release-store.ts';
import { perform } from '../situation/perform.ts';
import { isKept } from '../tokens/token-store.ts';
import { type Caller, ctxOf, type Env } from './caller.ts';
import { answerProblem, idempotencyHeader, inOrder, keeping, type Refused, refusalsBut } from './common.ts';
import { what } from './gate-answer.ts';
import { problem } from './problems.ts';
import { deploymentJson, deploymentSchema, releaseJson, releaseSchema } from './release-json.ts';
import { readPass } from './start-pass.ts';

const startInput = z
  .strictObject({
    startToken: z.string().max(2_000).optional().describe('From the gate; then nothing else has to be said.'),
    service: what.service.optional(),
    version: what.version.optional(),
    environment: what.environment.optional(),
    sha: what.sha,
    digest: what.digest,
    run: z
      .url({ protocol: /^https?$/, error: 'is no address: write it like https://ci.example.com/run/7' })
      .max(500)
      .nullable()
      .default(null)
      .describe('The page of the pipeline that does it.'),
  })
  .openapi('Start');

const startedSchema = z.object({ release: releaseSchema, deployment: deploymentSchema }).openapi('Started');

type StartAsked = z.infer<typeof startInput>;
type StartMeant = {
  release: ReleaseId;
  environment: string;
  sha: string | null;
  digest: string | null;
  nonce: string | null;
  revision?: number;
};

/** Digests and commits are the same in capitals; a version may be named by its tag. */
const sameName = (key: keyof StartAsked, asked: string, known: string | null): boolean => {
  if (known === null) return false;
  return key === 'sha' || key === 'digest'
    ? asked.toLowerCase() === known.toLowerCase()
    : asked === known || (key === 'version' && withoutV(asked) === known);
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
    // Before it is looked for: whether another service's version is there is not for this token either.
    const barred = tokenRefusal(caller.token, { scope: 'deploy', services: [service], environment });
    if (barred !== null) return refuseWith(barred);
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
    (key) => asked[key] != null && !sameName(key, asked[key], pass[key]),
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

export const startRoute = (api: OpenAPIHono<Env>, deps: Deps): void => {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/v1/deployments',
      operationId: 'start',
      'x-token-scope': 'deploy',
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
        ...refusalsBut(404),
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
