/** Who asks, from the verified payload alone: a member whom Slack described lately, under the rules of their workspace. */

import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { type ChannelId, channelId, type UserId, userId, type WorkspaceId } from '../domain/ids.ts';
import { ownFrom } from '../domain/own.ts';
import { type Refusal, refusalSentence } from '../domain/refusal.ts';
import { say } from '../domain/words.ts';
import { slackFacts } from './directory.ts';
import type { RawValues } from './form-values.ts';
import { confirmedPerson } from './people.ts';
import { mayActAtAll, readPeople } from './people-store.ts';
import { type Answer, type Bare, type LookedUp, type Request, type Routes, type Unconfigured } from './requests.ts';
import { type Incoming, mentionVoice, requestKeyOf } from './respond.ts';
import { isOrganisation, type Tenant, type Tenants } from './tenants.ts';

/** What is the same for every workspace. */
export type Entrance = {
  deps: Deps;
  tenants: Tenants;
  routes: Routes;
  /** What a workspace without a catalog answers, and its one form. */
  unconfigured: {
    show: (request: Unconfigured) => Promise<Answer>;
    open: (request: Unconfigured) => Promise<Answer>;
    submit: (request: Unconfigured & { values: RawValues }) => Promise<Answer>;
  };
  /** What the words of a command name as a release, before it is known who typed them. */
  lookUp: (deps: Deps, workspace: WorkspaceId, words: readonly string[]) => Promise<LookedUp | null>;
  /** Somebody opened the Home tab. */
  homeOpened: (deps: Deps, ctx: Ctx & { actor: UserId }) => Promise<void>;
  /** The app was invited to a channel. */
  invited: (deps: Deps, tenant: Tenant, channel: ChannelId) => Promise<void>;
};

/** Within the workspace whose payload it is. */
export type Router = Entrance & { tenant: Tenant };

/** Of another team than the one that has the app. In an organisation that has it as a whole, people are looked at instead. */
export const isElsewhere = ({ slackId }: Tenant, { userTeam }: Pick<Incoming, 'userTeam'>): boolean =>
  !isOrganisation(slackId) && userTeam !== null && userTeam !== slackId;

const ctxOf = (router: Router, incoming: Incoming): Ctx & { actor: UserId } => ({
  workspace: router.tenant.workspace,
  actor: userId(incoming.user),
  surface: incoming.surface,
  now: router.deps.clock.now(),
  requestKey: requestKeyOf(incoming),
  commits: incoming.commits,
});

export const STRANGER: Refusal = {
  code: 'forbidden',
  did: 'Nothing done',
  because: say`guests, bots, deactivated people and people of other workspaces cannot act here`,
  can: say`Ask a member of this workspace.`,
};

const STALE: Refusal = { code: 'stale_facts', did: 'Nothing done' };

export const bareRequest = (router: Router, incoming: Incoming): Bare => {
  const ctx = ctxOf(router, incoming);
  return {
    deps: router.deps,
    ctx,
    actor: ctx.actor,
    channel: incoming.channel === null ? null : channelId(incoming.channel),
    voice: mentionVoice(router.deps),
    slack: slackFacts(router.deps, router.tenant),
    admins: router.tenant.admins,
  };
};

/** Who it is, under which rules, and what the words name: asked all at once. */
export const requestOf = async (
  router: Router,
  bare: Bare,
  words: readonly string[],
): Promise<
  | { kind: 'request'; request: Request; lookedUp: LookedUp | null }
  | { kind: 'unconfigured'; request: Unconfigured }
  | { kind: 'refused'; refusal: Refusal }
> => {
  const { deps, tenant } = router;
  const { workspace } = tenant;
  const [person, catalog, lookedUp] = await Promise.all([
    confirmedPerson(deps, tenant, bare.actor),
    deps.catalogs.current(deps.database.db, workspace),
    router.lookUp(deps, workspace, words),
  ]);
  if (person === null) return { kind: 'refused', refusal: STALE };
  if (!mayActAtAll(person)) return { kind: 'refused', refusal: STRANGER };
  const { channel: _channel, ...rest } = bare;
  return catalog === null
    ? { kind: 'unconfigured', request: { ...rest, person } }
    : { kind: 'request', request: { ...bare, person, catalog }, lookedUp };
};

/** A refusal that names people or times is read in its reader's zone, with the names that people have. */
export const forReader = async (router: Router, actor: UserId, answer: Answer): Promise<Answer> => {
  if (answer.kind !== 'refused') return answer;
  const parts = refusalSentence(answer.refusal).filter((part) => typeof part !== 'string');
  const ids = parts.flatMap((part) => ('person' in part ? [part.person] : []));
  if (ids.length === 0 && !parts.some((part) => 'at' in part)) return answer;
  const people = await readPeople(router.deps.database.db, router.tenant.workspace, [...new Set([actor, ...ids])]);
  const names = ownFrom(people.map(({ id, name }) => [id, name]));
  return { ...answer, reader: { names, zone: people.find(({ id }) => id === actor)?.zone ?? 'UTC' } };
};
