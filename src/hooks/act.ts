/** Does what a message means, by the API, in the name of the token whose hook it came to. */
import type { CallApi } from '../api/api.ts';
import { cut } from '../domain/words.ts';
import type { Meaning, What } from './meaning.ts';

/** What became of it, for the log of the other system. */
export type Done = { done: string } | { refused: string };

/** The API could not answer just now: the message can be delivered again. */
export class NotNow extends Error {}

type Answer = { status: number; body: Record<string, unknown> };
type Deployments = readonly {
  environment: string;
  state: string;
  kind: string;
  version: string;
  sha: string | null;
  run: string | null;
  step: { words: string } | null;
}[];

/** The sentence of a refusal. */
export const detailOf = ({ detail }: Record<string, unknown>, otherwise = ''): string =>
  typeof detail === 'string' ? detail : otherwise;

/** Calls of which a failure of ours is no answer: nothing is decided by it. */
export const reliably =
  (call: CallApi): CallApi =>
  async (...asked) => {
    const answer = await call(...asked);
    if (answer.status >= 500 || answer.status === 429) throw new NotNow(detailOf(answer.body, `HTTP ${answer.status}`));
    return answer;
  };

const sameCommit = (known: unknown, sha: string): boolean =>
  typeof known === 'string' && (known.startsWith(sha) || sha.startsWith(known));

type Listed = readonly { version: string; artifact: { sha: string | null } }[];

/** The version of a commit, where the message names no version: that of the newest release whose artifact it is. */
export const versionOf = async (call: CallApi, { service, version, sha }: What): Promise<string | null> => {
  if (version !== null) return version;
  let before = '';
  for (;;) {
    const { body } = await call('GET', `/v1/releases?service=${encodeURIComponent(service)}${before}`);
    const found = ((body['releases'] ?? []) as Listed).find(({ artifact }) => sameCommit(artifact.sha, sha));
    if (found !== undefined) return found.version;
    if (typeof body['next'] !== 'number') return null;
    before = `&before=${body['next']}`;
  }
};

const pathOf = ({ service }: Pick<What, 'service'>, version: string, rest = ''): string =>
  `/v1/releases/${encodeURIComponent(`${service}@${version}`)}${rest}`;

/** There is such a release, or it is planned now: what is deployed has to be known. */
const ensured = async (call: CallApi, what: What, version: string): Promise<Answer | null> => {
  const { service, environment, sha } = what;
  const there = await call('GET', pathOf(what, version));
  if (there.status === 200) return there;
  await call('POST', '/v1/gate', { service, version, environment, sha });
  const brought = await call('GET', pathOf(what, version));
  if (brought.status === 200) return brought;
  const planned = { service, version, title: `${service} ${version}`, customers: null, rollbackPlan: null, sha };
  await call('POST', '/v1/create-release', planned);
  const made = await call('GET', pathOf(what, version));
  return made.status === 200 ? made : null;
};

const outcome = ({ status, body }: Answer, done: string): Done =>
  status < 400 ? { done } : { refused: detailOf(body) };

/** `…/actions/runs/7/job/8` is of `…/actions/runs/7`; what names no run is of any. */
const sameRun = (known: string | null, told: string | null): boolean =>
  known === null || told === null || told === known || told.startsWith(`${known}/`) || known.startsWith(`${told}/`);

type Progress = Extract<Meaning, { kind: 'progress' }>;

/** Starts it here as it started there; where something was in the way there was nobody to be asked. */
const startedThere = async (call: CallApi, { what, run }: Progress, version: string, by: string): Promise<Answer> => {
  const { service, environment, sha } = what;
  const started = await call('POST', '/v1/deployments', { service, version, environment, sha, run });
  return started.status !== 409
    ? started
    : call('POST', pathOf(what, version, '/report-deployment'), {
        environment,
        secondsAgo: 0,
        reason: `${by} started it without waiting for leave`,
        sha,
        digest: null,
        run,
      });
};

/** How a deployment goes that was let go on, or that nobody was asked about. */
export const progress = async (call: CallApi, message: Progress, by: string): Promise<Done> => {
  const { what, state, words, run } = message;
  const version = await versionOf(call, what);
  if (version === null) return { refused: `no release of ${what.service} is known as ${what.sha}` };
  const { environment } = what;
  // What failed before anything of it was here leaves nothing.
  const there = state === 'failed' ? await call('GET', pathOf(what, version)) : await ensured(call, what, version);
  if (there === null || there.status !== 200)
    return state === 'failed'
      ? { done: 'nothing of it runs' }
      : { refused: `there is no release ${what.service} ${version}, and none could be planned` };
  const { artifact } = there.body['release'] as { artifact: { sha: string | null } };
  const here = ((there.body['deployments'] ?? []) as Deployments).filter((d) => d.environment === environment);
  const running = here.find((d) => d.state === 'running');
  // Of what runs it has to be what it says; what went out all the same is recorded, beside what is known.
  const known = running?.sha ?? artifact.sha;
  if ((running !== undefined || state === 'failed') && known !== null && !sameCommit(known, what.sha))
    return { refused: `${what.service} ${version} is ${known}, and ${by} speaks of ${what.sha}` };
  if (running !== undefined && !sameRun(running.run, run))
    return { done: `another run deploys it: ${running.run ?? ''}` };
  if (state === 'failed')
    return running === undefined
      ? { done: 'nothing of it runs' }
      : outcome(
          await call('POST', pathOf(what, version, '/deployment-failed'), {
            environment,
            reason: words ?? `${by} says that it failed`,
          }),
          'the deployment failed',
        );
  const through = running === undefined && here.at(-1)?.state === 'succeeded';
  if (through && (state === 'succeeded' || sameRun(here.at(-1)?.run ?? null, run)))
    return { done: 'it is known already' };
  if (running === undefined) {
    const started = await startedThere(call, message, version, by);
    if (started.status >= 400 && state !== 'succeeded') return { refused: detailOf(started.body) };
  }
  if (state === 'succeeded')
    return outcome(
      await call('POST', pathOf(what, version, '/deployment-succeeded'), { environment }),
      'the deployment went through',
    );
  return words === null
    ? { done: 'it runs' }
    : outcome(
        await call('POST', pathOf(what, version, '/report-step'), {
          environment,
          step: cut(words, 120),
          percent: null,
        }),
        words,
      );
};

/** Where the pipeline of a version is: a step of the deployment of it that runs. What is the same is not told again. */
export const stepped = async (call: CallApi, { what, words }: Extract<Meaning, { kind: 'step' }>): Promise<Done> => {
  const version = await versionOf(call, { ...what, environment: '' });
  const there = version === null ? null : await call('GET', pathOf(what, version));
  if (version === null || there?.status !== 200) return { done: 'no release of it is known' };
  const running = ((there.body['deployments'] ?? []) as Deployments).filter(({ state }) => state === 'running');
  const [only] = running;
  if (only === undefined || running.length > 1)
    return {
      done: only === undefined ? 'nothing of it runs' : 'it runs in several places, and the pipeline names none',
    };
  if (only.step?.words === words) return { done: 'it is known already' };
  return outcome(
    await call('POST', pathOf(what, version, '/report-step'), {
      environment: only.environment,
      step: cut(words, 120),
      percent: null,
    }),
    words,
  );
};

/** A version that was tagged is planned, or its commit recorded. */
export const tagged = async (
  call: CallApi,
  { service, version, sha }: Extract<Meaning, { kind: 'tag' }>,
): Promise<Done> => {
  const planned = { service, version, title: `${service} ${version}`, customers: null, rollbackPlan: null, sha };
  const made = await call('POST', '/v1/create-release', planned);
  if (made.status < 400) return { done: `${service} ${version} is planned` };
  const there = await call('GET', pathOf({ service }, version));
  if (there.status !== 200) return { refused: detailOf(made.body) };
  const { artifact } = there.body['release'] as { artifact: { sha: string | null } };
  if (sameCommit(artifact.sha, sha)) return { done: `${service} ${version} is known already` };
  return outcome(
    await call('POST', pathOf({ service }, version, '/record-artifact'), { sha, digest: null }),
    `the commit of ${service} ${version} is recorded`,
  );
};

export type PullRequest = { title: string; link: string };

/** The tag of the version that runs, in the form of the new one; `null` where nothing runs yet. */
export const baseOf = async (
  call: CallApi,
  { service, version, tag }: Extract<Meaning, { kind: 'tag' }>,
): Promise<string | null> => {
  const { body } = await call('GET', `/v1/environments?service=${encodeURIComponent(service)}`);
  const places = (body['environments'] ?? []) as { version: string | null }[];
  const running = places.findLast((place) => place.version !== null)?.version ?? null;
  return running === null || running === version ? null : tag.replace(version, running);
};

/** Adds what is not there yet; returns how many were. */
export const addRequests = async (
  call: CallApi,
  { service, version }: Extract<Meaning, { kind: 'tag' }>,
  requests: readonly PullRequest[],
): Promise<number> => {
  const { body } = await call('GET', pathOf({ service }, version, '/changes'));
  const known = new Set(((body['changes'] ?? []) as { link: string | null }[]).map(({ link }) => link));
  let added = 0;
  for (const { title, link } of requests.filter((each) => !known.has(each.link))) {
    const change = { title: cut(title, 200), link, type: 'other', author: null, customers: false };
    if ((await call('POST', pathOf({ service }, version, '/add-change'), change)).status < 400) added += 1;
  }
  return added;
};
