/** Which release a person means: by key, number or service@version, or the only open one of theirs or of the channel. */

import type { Deps } from '../deps.ts';
import { type Catalog, environmentNamed } from '../domain/catalog/catalog.ts';
import { parseId, type ReleaseId, type WorkspaceId } from '../domain/ids.ts';
import { readerOf } from '../domain/permissions.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { keyOf, parseReference, type Release, type ReleaseStatus } from '../domain/release/release.ts';
import { command, listing, say } from '../domain/words.ts';
import { releaseSeenBy, type SeenRelease } from '../situation/seen-by.ts';
import { type CommandVerb, unpackValue } from '../slack/ids.ts';
import type { ActionRequest, CommandRequest, LookedUp, Request } from '../slack/requests.ts';
import { findRelease, openReleasesOf, openReleasesOfServices, readReleases } from './release-store.ts';

export const servicesOfChannel = (catalog: Catalog, channel: string | null): readonly string[] =>
  Object.entries(catalog.services)
    .filter(([, service]) => service.channel === channel)
    .map(([name]) => name);

const seenFor = (release: Release, request: Request): SeenRelease | null =>
  releaseSeenBy(release, request.catalog, request.actor);

const notFound = (reference: string): Decision<never> =>
  refuse({ code: 'not_found', what: 'release', reference, fix: say`List them with ${command('list')}.` });

const byReference = async (request: Request, word: string): Promise<Decision<SeenRelease>> => {
  const reference = parseReference(word);
  if (reference === null)
    return refuse({ code: 'ambiguous', what: 'release', examples: ['REL-142', '142', 'checkout@2.14.0'] });
  const known = 'lookedUp' in request ? (request as CommandRequest).lookedUp : null;
  const release =
    known?.word === word
      ? known.release
      : await findRelease(request.deps.database.db, request.ctx.workspace, reference);
  const seen = release === null ? null : seenFor(release, request);
  return seen === null ? notFound(word) : allow(seen);
};

/** What the words of a command name, before it is known who typed them: the first that reads as a reference. */
export const lookUp = async (
  deps: Deps,
  workspace: WorkspaceId,
  words: readonly string[],
): Promise<LookedUp | null> => {
  const word = words.slice(0, 2).find((each) => parseReference(each) !== null);
  const reference = word === undefined ? null : parseReference(word);
  return word === undefined || reference === null
    ? null
    : { word, release: await findRelease(deps.database.db, workspace, reference) };
};

const LOOKED_AT = 50;

const inState =
  (...statuses: readonly ReleaseStatus[]) =>
  ({ state }: Release): boolean =>
    statuses.includes(state.status);
const WAITS = inState('awaiting_approval');
const LIVES = inState('deployed', 'failed', 'rolled_back');

/** Which of several a command without a reference can mean. */
const FITS: Partial<Record<CommandVerb, (release: Release) => boolean>> = {
  submit: inState('draft'),
  withdraw: WAITS,
  approve: WAITS,
  reject: WAITS,
  ask: WAITS,
  remind: WAITS,
  deploy: inState('approved', 'deploying', 'failed'),
  rollback: inState('deploying', 'deployed', 'failed'),
  healthy: inState('deployed', 'failed'),
  unhealthy: inState('deployed', 'deploying'),
  review: LIVES,
  close: LIVES,
  rework: inState('failed', 'rolled_back'),
  resume: ({ hold }) => hold !== null,
  hold: ({ hold }) => hold === null,
};

/** Reads the reference from the words; without one there must be exactly one open release of the caller, else of the channel. */
export const releaseMeant = async (
  request: Request,
  word: string | undefined,
  fits: (release: Release) => boolean = () => true,
): Promise<Decision<SeenRelease>> => {
  if (word !== undefined) return byReference(request, word);
  const { db } = request.deps.database;
  const mine = await openReleasesOf(db, request.ctx.workspace, request.actor, LOOKED_AT);
  const here =
    mine.length > 0
      ? mine
      : await openReleasesOfServices(
          db,
          request.ctx.workspace,
          servicesOfChannel(request.catalog, request.channel),
          readerOf(request.catalog, request.actor),
          LOOKED_AT,
        );
  const seen = here.flatMap((release) => seenFor(release, request) ?? []);
  // Those that the command is for; where it is for none, all of them, so that it says why.
  const fitting = seen.filter(fits);
  const visible = fitting.length === 0 ? seen : fitting;
  const [only] = visible;
  if (only !== undefined && visible.length === 1) return allow(only);
  const examples = visible.length === 0 ? ['REL-142', 'checkout@2.14.0'] : visible.slice(0, 3).map(keyOf);
  return refuse({ code: 'ambiguous', what: 'release', examples });
};

/** The release of a button: its id is ours, but this workspace has to have it and the clicker may have to see it. */
export const releaseClicked = async (request: Request, id: string): Promise<Decision<SeenRelease>> => {
  const release = parseId('release', id);
  const [found] =
    release === null ? [] : await readReleases(request.deps.database.db, request.ctx.workspace, [release as ReleaseId]);
  const seen = found === undefined ? null : seenFor(found, request);
  return seen === null ? notFound('of this button') : allow(seen);
};

/** The release of a click, and of a command's first word. */
export const clickedRelease = (request: ActionRequest): Promise<Decision<SeenRelease>> =>
  releaseClicked(request, unpackValue(request.value)[0] ?? '');
export const namedRelease = (request: CommandRequest): Promise<Decision<SeenRelease>> =>
  releaseMeant(request, request.words[0], FITS[request.verb]);

/** The environment of a command, or null where none was written. What is neither an environment nor quoted text is refused, not guessed at. */
export const environmentMeant = (catalog: Catalog, word: string | undefined, typed = ''): Decision<string | null> => {
  if (word === undefined || word.includes(' ')) return allow(null);
  if (environmentNamed(catalog, word) !== null) return allow(word);
  if (/["“”„]/.test(typed.split(word)[0]?.at(-1) ?? '')) return allow(null);
  const names = listing(catalog.environments.map(({ name }) => name));
  return refuse({
    code: 'not_found',
    what: 'environment',
    reference: word,
    fix: say`There are ${names.length === 0 ? 'none' : names}. A reason goes last, in quotes.`,
  });
};

/** What a person wrote after the reference, as one text. */
export const wordsAfter = (request: CommandRequest, from = 1): string => asText(request.words.slice(from));

/** Words as a text: a mention, a channel or a link in it becomes what its writer saw. */
export const asText = (words: readonly string[]): string =>
  words
    .join(' ')
    .replace(/<[@#!][^>|]*\|@?#?([^>]+)>/g, (whole, name: string) => (whole.startsWith('<#') ? `#${name}` : `@${name}`))
    .replace(/<(https?:\/\/[^>|]+)(?:\|[^>]*)?>/g, '$1')
    .trim();
