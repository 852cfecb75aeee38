/** What a message of another system means here: a job that waits for leave, a deployment that goes on, a version that was tagged. */
import type { Catalog } from '../domain/catalog/catalog.ts';
import { isVersion, withoutV } from '../domain/release/version.ts';

/** What is deployed: `version` is `null` where the message names a commit alone. */
export type What = { service: string; version: string | null; environment: string; sha: string };

export type Meaning =
  /** `job`: its own name there, the same in every delivery. */
  | { kind: 'ask'; what: What; run: string | null; target: unknown; job: string }
  | {
      kind: 'progress';
      what: What;
      /** Its own name there: what is told of it has an order. */
      deployment: string;
      state: 'started' | 'succeeded' | 'failed';
      words: string | null;
      run: string | null;
    }
  | {
      kind: 'tag';
      service: string;
      version: string;
      sha: string;
      repository: string;
      tag: string;
      installation: number | null;
    }
  /** How far the pipeline of a commit is: a step of what it deploys, where it deploys anything. */
  | { kind: 'step'; what: Omit<What, 'environment'>; words: string; run: string }
  | { kind: 'nothing'; because: string };

export const nothing = (because: string): Meaning => ({ kind: 'nothing', because });

const servicesOf = (catalog: Catalog, repository: string): readonly string[] =>
  Object.entries(catalog.services)
    .filter(([, service]) => service.repository?.toLowerCase() === repository.toLowerCase())
    .map(([name]) => name);

/** `refs/tags/v2.14.0`, `checkout@2.14.0`, `checkout-v2.14.0`, `2.14.0`: without what stands before the version. */
const withoutPrefix = (ref: string, service: string): string => {
  const tag = ref.replace(/^refs\/tags\//, '');
  const own = [`${service}@`, `${service}-`, `${service}/`].find((prefix) => tag.startsWith(prefix)) ?? '';
  return withoutV(tag.slice(own.length));
};

const versionIn = (catalog: Catalog, service: string, ref: string): string | null => {
  const version = withoutPrefix(ref, service);
  const scheme = catalog.services[service]?.versioning ?? 'semver';
  // Whatever is a branch names no version; where anything is one, only a tag does.
  return isVersion(scheme, version) && (scheme !== 'free' || ref.startsWith('refs/tags/')) ? version : null;
};

/**
 * Which service of a repository is meant, and which version its ref names. Of several services in one repository the tag has to name one; a text
 * says what is missing.
 */
export const serviceMeant = (
  catalog: Catalog,
  repository: string,
  ref: string,
): { service: string; version: string | null } | string => {
  const services = servicesOf(catalog, repository);
  const [only] = services;
  if (only === undefined)
    return `no service of the catalog has “repository: ${repository}”: an admin adds it to the service`;
  const tag = ref.replace(/^refs\/tags\//, '');
  const named = services.filter((name) => ['@', '-', '/'].some((mark) => tag.startsWith(`${name}${mark}`)));
  const [service = only] = [...named].sort((a, b) => b.length - a.length);
  if (services.length > 1 && named.length === 0)
    return `${services.length} services share ${repository}, and “${tag}” names none of them: tag it like ${only}@1.2.3`;
  return { service, version: versionIn(catalog, service, ref) };
};

/** A tag is a version where it names one of a service of its repository. */
export const taggedMeaning = (
  catalog: Catalog,
  repository: string,
  ref: string,
  sha: string,
  installation: number | null,
): Meaning => {
  const meant = serviceMeant(catalog, repository, ref);
  if (typeof meant === 'string') return nothing(meant);
  const { service, version } = meant;
  if (version === null) return nothing(`${ref} is no version of ${service}`);
  return { kind: 'tag', service, version, sha, repository, tag: ref.replace(/^refs\/tags\//, ''), installation };
};
