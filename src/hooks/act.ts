/** Does what a message means, by the API, in the name of the token whose hook it came to. */
import type { CallApi } from '../api/api.ts';
import type { Meaning, What } from './meaning.ts';

/** What became of it, for the log of the other system. */
export type Done = { done: string } | { refused: string };

type Deployments = readonly { environment: string; state: string; kind: string; version: string }[];

/** The sentence of a refusal. */
export const detailOf = ({ detail }: Record<string, unknown>, otherwise = ''): string =>
  typeof detail === 'string' ? detail : otherwise;
const sameCommit = (known: unknown, sha: string): boolean =>
  typeof known === 'string' && (known.startsWith(sha) || sha.startsWith(known));

/** The version of a commit, where the message names no version: that of the release whose artifact it is. */
export const versionOf = async (call: CallApi, { service, version, sha }: What): Promise<string | null> => {
  if (version !== null) return version;
  const { body } = await call('GET', `/v1/releases?service=${encodeURIComponent(service)}`);
  const releases = (body['releases'] ?? []) as { version: string; artifact: { sha: string | null } }[];
  return releases.find(({ artifact }) => sameCommit(artifact.sha, sha))?.version ?? null;
};

const pathOf = ({ service }: What, version: string, rest = ''): string =>
  `/v1/releases/${encodeURIComponent(`${service}@${version}`)}${rest}`;

/** There is such a release, or it is planned now: what is deployed has to be known. */
const ensured = async (call: CallApi, what: What, version: string): Promise<boolean> => {
  const { service, environment, sha } = what;
  if ((await call('GET', pathOf(what, version))).status === 200) return true;
  await call('POST', '/v1/gate', { service, version, environment, sha });
  if ((await call('GET', pathOf(what, version))).status === 200) return true;
  const planned = { service, version, title: `${service} ${version}`, customers: null, rollbackPlan: null, sha };
  return (await call('POST', '/v1/create-release', planned)).status === 200;
};

const unasked = (call: CallApi, what: What, version: string, run: string | null, by: string) =>
  call('POST', pathOf(what, version, '/report-deployment'), {
    environment: what.environment,
    secondsAgo: 0,
    reason: `${by} started it without waiting for leave`,
    sha: what.sha,
    digest: null,
    run,
  });

const outcome = ({ status, body }: { status: number; body: Record<string, unknown> }, done: string): Done =>
  status < 400 ? { done } : { refused: detailOf(body) };

/** How a deployment goes that was let go on, or that nobody was asked about. */
export const progress = async (
  call: CallApi,
  { what, state, words, run }: Extract<Meaning, { kind: 'progress' }>,
  by: string,
): Promise<Done> => {
  const version = await versionOf(call, what);
  if (version === null) return { refused: `no release of ${what.service} is known as ${what.sha}` };
  const { environment } = what;
  if (!(await ensured(call, what, version)))
    return { refused: `there is no release ${what.service} ${version}, and none could be planned` };
  const { body } = await call('GET', pathOf(what, version));
  const here = ((body['deployments'] ?? []) as Deployments).filter((d) => d.environment === environment);
  const running = here.some((d) => d.state === 'running');
  const through = here.at(-1)?.state === 'succeeded';
  if (state === 'failed')
    return running
      ? outcome(
          await call('POST', pathOf(what, version, '/deployment-failed'), {
            environment,
            reason: words ?? `${by} says that it failed`,
          }),
          'the deployment failed',
        )
      : { done: 'nothing of it runs' };
  if (!running && !(state === 'succeeded' && through)) {
    const { service, sha } = what;
    const started = await call('POST', '/v1/deployments', { service, version, environment, sha, run });
    const told = started.status === 201 ? started : await unasked(call, what, version, run, by);
    if (told.status >= 400) return { refused: detailOf(told.body) };
  }
  if (state === 'succeeded')
    return through && !running
      ? { done: 'it is known already' }
      : outcome(
          await call('POST', pathOf(what, version, '/deployment-succeeded'), { environment }),
          'the deployment went through',
        );
  return words === null
    ? { done: 'it runs' }
    : outcome(
        await call('POST', pathOf(what, version, '/report-step'), {
          environment,
          step: words.slice(0, 120),
          percent: null,
        }),
        words,
      );
};

export type PullRequest = { title: string; link: string };

/** A version that was tagged is planned, or its commit recorded; what it contains is added. */
export const tagged = async (
  call: CallApi,
  { service, version, sha, tag }: Extract<Meaning, { kind: 'tag' }>,
  requestsSince: ((base: string) => Promise<readonly PullRequest[]>) | null,
): Promise<Done> => {
  const what: What = { service, version, environment: '', sha };
  const planned = { service, version, title: `${service} ${version}`, customers: null, rollbackPlan: null, sha };
  const made = await call('POST', '/v1/create-release', planned);
  if (made.status >= 400) {
    const known = await call('POST', pathOf(what, version, '/record-artifact'), { sha, digest: null });
    if (known.status === 404) return { refused: detailOf(made.body) };
  }
  const { body } = await call('GET', `/v1/environments?service=${encodeURIComponent(service)}`);
  const places = (body['environments'] ?? []) as { version: string | null }[];
  const running = places.findLast((place) => place.version !== null)?.version ?? null;
  if (requestsSince === null || running === null || running === version)
    return { done: `${service} ${version} is planned` };
  const requests = await requestsSince(tag.replace(version, running));
  for (const { title, link } of requests)
    await call('POST', pathOf(what, version, '/add-change'), {
      title: title.slice(0, 200),
      link,
      type: 'other',
      author: null,
      customers: false,
    });
  return { done: `${service} ${version} is planned, with ${requests.length} changes` };
};
