/**
 * What GitHub, GitLab and others send us, each to the address of a token: signed by its secret, and done in its name, so that what it may is what it
 * was made for. What it means is said back, for their log.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { Webhook as Signature } from 'standardwebhooks';
import { z } from 'zod';
import type { Api, CallApi } from '../api/api.ts';
import { limitedTo } from '../api/body-limit.ts';
import { type Caller, refuse } from '../api/caller.ts';
import { problem } from '../api/problems.ts';
import type { GitHubConfig } from '../config.ts';
import type { Deps } from '../deps.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import { isLive, tokenActor } from '../domain/token/token.ts';
import { signingText, tokenWithHook } from '../tokens/token-store.ts';
import { addRequests, baseOf, type Done, NotNow, progress, reliably, stepped, tagged } from './act.ts';
import { requestsBetween } from './answers.ts';
import { gitHubMeaning } from './github.ts';
import { gitLabMeaning } from './gitlab.ts';
import type { Meaning } from './meaning.ts';
import { keepJob, keepOutside, outsideState, readJob, type System } from './waiting-job-store.ts';
import type { Watching } from './waiting-jobs.ts';

/** GitHub sends up to 25 MB; a push of that size is no tag. */
const BODY_LIMIT = 5_000_000;

type Called = { caller: Caller; secret: string; body: string };
type Settings = {
  deps: Deps;
  api: Pick<Api, 'as'>;
  jobs: Pick<Watching, 'take'>;
  github: GitHubConfig | null;
  gitHubApi: string;
  /** Where a waiting job could be answered at all. */
  answers: Readonly<Record<System, boolean>>;
};
type Parts = Settings & {
  /** The last that is done of each deployment elsewhere. */
  queues: Map<string, Promise<undefined>>;
  /** What is still read after its message was answered. */
  reading: Set<Promise<unknown>>;
};

const SUFFIX = /^[A-Za-z0-9]{4,40}$/;
const NAME = /^[a-z0-9-]{3,40}$/;

/** The token of the path; nothing where there is none, or none that counts. Nothing is said of which it was. */
const addressed = async ({ deps }: Parts, c: Context): Promise<{ caller: Caller; secret: string } | null> => {
  const [suffix = '', name = ''] = [c.req.param('workspace'), c.req.param('token')];
  if (!SUFFIX.test(suffix) || !NAME.test(name)) return null;
  const workspace = `wsp_${suffix}` as WorkspaceId;
  const found = await tokenWithHook(deps.database.db, deps.journalKey, workspace, { name });
  if (found === null || !isLive(found.token, deps.clock.now())) return null;
  return { caller: { workspace, token: found.token, actor: tokenActor(found.token) }, secret: found.secret };
};

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const bySignature = (secret: string, body: string, headers: Headers): boolean => {
  try {
    new Signature(signingText(secret)).verify(body, Object.fromEntries(headers));
    return true;
  } catch (error) {
    // The library says no by throwing; what is signed and no JSON is told so where it is read.
    return error instanceof SyntaxError;
  }
};

const byGitHub = async (secret: string, body: string, headers: Headers): Promise<boolean> => {
  const signature = headers.get('x-hub-signature-256');
  if (signature === null) return false;
  // Loaded when it is wanted.
  const { Webhooks } = await import('@octokit/webhooks');
  return new Webhooks({ secret }).verify(body, signature);
};

/** GitLab sends the secret itself, or signs by Standard Webhooks where it was given a signing token. */
const byGitLab = (secret: string, body: string, headers: Headers): boolean =>
  headers.has('webhook-signature')
    ? bySignature(secret, body, headers)
    : same(headers.get('x-gitlab-token') ?? '', secret);

const VERIFY: Readonly<
  Record<System | 'signed', (secret: string, body: string, headers: Headers) => Promise<boolean> | boolean>
> = {
  github: byGitHub,
  gitlab: byGitLab,
  signed: bySignature,
};

/** Data that can be kept; nothing where it is no JSON, or holds what no database stores. */
const parsed = (body: string): unknown => {
  try {
    const value: unknown = JSON.parse(body);
    return /\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)) ? null : value;
  } catch {
    return null;
  }
};

const NAMES: Readonly<Record<System, string>> = { github: 'GitHub', gitlab: 'GitLab' };
const ANSWERS: Readonly<Record<System, string>> = { github: 'GITHUB_APP_ID', gitlab: 'GITLAB_TOKEN' };

/** Who could not be answered is not kept waiting, and nothing is started for them. */
const kept = async (
  { deps, jobs, answers }: Parts,
  { caller }: Called,
  system: System,
  { what, run, target, job: name }: Extract<Meaning, { kind: 'ask' }>,
): Promise<Done> => {
  if (!answers[system]) return { refused: `nobody can answer ${NAMES[system]}: ${ANSWERS[system]} is not set` };
  const { workspace, token } = caller;
  const id = `wjb_${system}-${token.id}-${name}` as Id<'waitingJob'>;
  await keepJob(deps.database, {
    workspace,
    id,
    token: token.id,
    system,
    what,
    run,
    target,
    askedAt: deps.clock.now(),
  });
  const job = await readJob(deps.database.db, workspace, id);
  if (job !== null) await jobs.take(job);
  return { done: 'it is answered there' };
};

/** What is told of one deployment is done one after another; what comes after its end, or once more, changes nothing. */
const inOrder = async (
  { deps, queues }: Parts,
  { caller }: Called,
  system: System,
  message: Extract<Meaning, { kind: 'progress' }>,
  call: CallApi,
): Promise<Done> => {
  const { workspace } = caller;
  const id = `${system}-${message.deployment}`;
  const key = `${workspace} ${id}`;
  const work = (queues.get(key) ?? Promise.resolve()).then(async (): Promise<Done> => {
    const known = await outsideState(deps.database.db, workspace, id);
    if (known === 'succeeded' || known === 'failed') return { done: 'it has ended already' };
    if (known === 'started' && message.state === 'started' && message.words === null)
      return { done: 'it is known already' };
    const done = await progress(call, message, NAMES[system]);
    if ('done' in done) await keepOutside(deps.database, workspace, id, message.state);
    return done;
  });
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  queues.set(key, settled);
  try {
    return await work;
  } finally {
    if (queues.get(key) === settled) queues.delete(key);
  }
};

/** The pull requests of a tag are read after it was answered: GitHub gives up after ten seconds. */
const importLater = (
  { deps, github, reading }: Parts,
  call: CallApi,
  message: Extract<Meaning, { kind: 'tag' }>,
): void => {
  const { installation, repository, tag, service, version } = message;
  if (github === null || installation === null) return;
  const work = async (): Promise<void> => {
    const base = await baseOf(call, message);
    if (base === null) return;
    const requests = await requestsBetween(github, installation, repository, base, tag);
    const added = await addRequests(call, message, requests);
    deps.log.info({ service, version, base, tag, added }, 'pull requests of a tag are added as changes');
  };
  const read = work()
    .catch((error: unknown) =>
      deps.log.error(
        { err: error, repository, tag },
        'the pull requests of a tag could not be read; deliver the push again in GitHub, or add them with “change add”',
      ),
    )
    .finally(() => reading.delete(read));
  reading.add(read);
};

const act = async (parts: Parts, called: Called, system: System, meaning: Meaning): Promise<Done> => {
  const call = reliably(parts.api.as(called.caller));
  switch (meaning.kind) {
    case 'nothing':
      return { done: meaning.because };
    case 'ask':
      return kept(parts, called, system, meaning);
    case 'progress':
      return inOrder(parts, called, system, meaning, call);
    case 'step':
      return stepped(call, meaning);
    case 'tag': {
      const done = await tagged(call, meaning);
      if ('done' in done) importLater(parts, call, meaning);
      return done;
    }
  }
};

const ofSystem = async (parts: Parts, c: Context, called: Called, system: System): Promise<Response> => {
  const { workspace } = called.caller;
  if (!(c.req.header('content-type') ?? '').startsWith('application/json'))
    return refuse(c, 415, 'body.type', 'Choose application/json as the content type of this webhook.');
  const catalog = await parts.deps.catalogs.current(parts.deps.database.db, workspace);
  if (catalog === null) return c.json({ done: 'this workspace has no catalog yet' }, 200);
  const payload = parsed(called.body);
  const event = c.req.header('x-github-event') ?? '';
  const meaning =
    system === 'github' ? gitHubMeaning(event, payload, catalog, parts.gitHubApi) : gitLabMeaning(payload, catalog);
  const done = await act(parts, called, system, meaning);
  const level = 'refused' in done ? 'warn' : 'info';
  parts.deps.log[level]({ workspace, token: called.caller.token.name, system, event, ...done }, 'hook');
  return c.json(done, 200);
};

const askedShape = z.strictObject({
  verb: z.string().regex(/^[a-z][a-z-]{1,60}$/),
  release: z
    .string()
    .regex(/^[\w.@+-]{1,130}$/)
    .optional(),
  input: z.record(z.string(), z.unknown()).nullish(),
});

/** `{"verb": "record-gate", "release": "REL-142", "input": {…}}`: any verb of the API, by whoever can sign and not send a token. */
const ofOthers = async (parts: Parts, c: Context, called: Called): Promise<Response> => {
  const read = askedShape.safeParse(parsed(called.body));
  if (!read.success)
    return refuse(c, 422, 'fields', 'Nothing done: send {"verb": "record-gate", "release": "REL-142", "input": {…}}.');
  const { verb, release, input } = read.data;
  const path = release === undefined ? `/v1/${verb}` : `/v1/releases/${encodeURIComponent(release)}/${verb}`;
  const key = c.req.header('webhook-id') ?? '';
  const { status, body } = await parts.api.as(called.caller)('POST', path, input ?? {}, `hook ${key}`);
  return c.json(body, status as 200);
};

export type Hooks = {
  listener: RequestListener;
  /** Resolves when what was read after an answer is done. */
  drained: () => Promise<unknown>;
};

export const buildHooks = (settings: Settings): Hooks => {
  const parts: Parts = { ...settings, queues: new Map(), reading: new Set() };
  const app = new Hono();
  app.use(limitedTo(BODY_LIMIT, (c) => refuse(c, 413, 'body.large', 'The body is larger than 5 MB.')));
  for (const system of ['github', 'gitlab', 'signed'] as const)
    app.post(`/hooks/${system}/:workspace/:token`, async (c) => {
      const of = await addressed(parts, c);
      const body = await c.req.text();
      if (of === null || !(await VERIFY[system](of.secret, body, c.req.raw.headers)))
        return refuse(c, 401, 'hook.unsigned', 'There is no such hook, or its signature does not fit.');
      const called = { ...of, body };
      return system === 'signed' ? ofOthers(parts, c, called) : ofSystem(parts, c, called, system);
    });
  app.notFound((c) =>
    refuse(c, 404, 'not_found', 'There is nothing here: /release token hooks NAME names the addresses.'),
  );
  app.onError((error, c) => {
    if (error instanceof NotNow)
      return c.json(problem(503, 'busy', `Signalbox cannot do this now: ${error.message} Deliver it again.`), 503, {
        'content-type': 'application/problem+json',
      });
    parts.deps.log.error({ err: error, path: c.req.path }, 'hook');
    return refuse(c, 500, 'failed', 'Signalbox failed at this; its log says why. It can be delivered again.');
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return {
    listener: (req: IncomingMessage, res: ServerResponse) => void listener(req, res),
    drained: () => Promise.allSettled(parts.reading),
  };
};
