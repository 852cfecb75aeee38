/**
 * What GitHub, GitLab and others send us, each to the address of a token: signed by its secret, and done in its name, so that what it may is what it
 * was made for. What it means is said back, for their log.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Webhooks } from '@octokit/webhooks';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Webhook as Signature } from 'standardwebhooks';
import { z } from 'zod';
import type { Api, CallApi } from '../api/api.ts';
import { type Caller, refuse } from '../api/caller.ts';
import type { GitHubConfig } from '../config.ts';
import type { Deps } from '../deps.ts';
import type { Id, WorkspaceId } from '../domain/ids.ts';
import { isLive, tokenActor } from '../domain/token/token.ts';
import { signingText, tokenWithHook } from '../tokens/token-store.ts';
import { type Done, progress, tagged } from './act.ts';
import { requestsBetween } from './answers.ts';
import { gitHubMeaning } from './github.ts';
import { gitLabMeaning } from './gitlab.ts';
import type { Meaning } from './meaning.ts';
import { keepJob, readJob, type System } from './waiting-job-store.ts';
import type { Watching } from './waiting-jobs.ts';

/** GitHub sends up to 25 MB; a push of that size is no tag. */
const BODY_LIMIT = 5_000_000;

type Called = { caller: Caller; secret: string; body: string };
type Parts = {
  deps: Deps;
  api: Pick<Api, 'as'>;
  jobs: Pick<Watching, 'take'>;
  github: GitHubConfig | null;
  gitHubApi: string;
};

/** The token of the path; nothing where there is none, or none that counts. Nothing is said of which it was. */
const addressed = async ({ deps }: Parts, c: Context): Promise<{ caller: Caller; secret: string } | null> => {
  const workspace = `wsp_${c.req.param('workspace') ?? ''}` as WorkspaceId;
  const name = c.req.param('token') ?? '';
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
  } catch {
    // The library says no by throwing.
    return false;
  }
};

const byGitHub = async (secret: string, body: string, headers: Headers): Promise<boolean> => {
  const signature = headers.get('x-hub-signature-256');
  return signature !== null && (await new Webhooks({ secret }).verify(body, signature));
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

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
};

const kept = async (
  { deps, jobs }: Parts,
  { caller }: Called,
  system: System,
  { what, run, target }: Extract<Meaning, { kind: 'ask' }>,
  delivery: string,
): Promise<Done> => {
  const { workspace, token } = caller;
  const id = `wjb_${system}_${delivery}` as Id<'waitingJob'>;
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

const NAMES: Readonly<Record<System, string>> = { github: 'GitHub', gitlab: 'GitLab' };

const act = async (parts: Parts, called: Called, system: System, meaning: Meaning, delivery: string): Promise<Done> => {
  const call: CallApi = parts.api.as(called.caller);
  switch (meaning.kind) {
    case 'nothing':
      return { done: meaning.because };
    case 'ask':
      return kept(parts, called, system, meaning, delivery);
    case 'progress':
      return progress(call, meaning, NAMES[system]);
    case 'tag': {
      const { github } = parts;
      const { installation, repository, tag } = meaning;
      const since =
        github === null || installation === null
          ? null
          : (base: string) => requestsBetween(github, installation, repository, base, tag);
      return tagged(call, meaning, since);
    }
  }
};

const DELIVERY: Readonly<Record<System, string>> = { github: 'x-github-delivery', gitlab: 'x-gitlab-event-uuid' };

const ofSystem = async (parts: Parts, c: Context, called: Called, system: System): Promise<Response> => {
  const { workspace } = called.caller;
  const catalog = await parts.deps.catalogs.current(parts.deps.database.db, workspace);
  if (catalog === null) return c.json({ done: 'this workspace has no catalog yet' }, 200);
  const payload = parsed(called.body);
  const event = c.req.header('x-github-event') ?? '';
  const meaning =
    system === 'github' ? gitHubMeaning(event, payload, catalog, parts.gitHubApi) : gitLabMeaning(payload, catalog);
  const delivery = (c.req.header(DELIVERY[system]) ?? parts.deps.newId('waitingJob'))
    .replaceAll(/[^\w-]/g, '')
    .slice(0, 80);
  const done = await act(parts, called, system, meaning, delivery);
  const level = 'refused' in done ? 'warn' : 'info';
  parts.deps.log[level]({ workspace, token: called.caller.token.name, system, event, ...done }, 'hook');
  return c.json(done, 200);
};

const askedShape = z.object({
  verb: z.string().regex(/^[a-z][a-z-]{1,60}$/),
  release: z.string().max(130).optional(),
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

export const buildHooks = (parts: Parts): RequestListener => {
  const app = new Hono();
  app.use(
    bodyLimit({ maxSize: BODY_LIMIT, onError: (c) => refuse(c, 413, 'body.large', 'The body is larger than 5 MB.') }),
  );
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
    parts.deps.log.error({ err: error, path: c.req.path }, 'hook');
    return refuse(c, 500, 'failed', 'Signalbox failed at this; its log says why. It can be delivered again.');
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (req: IncomingMessage, res: ServerResponse) => void listener(req, res);
};
