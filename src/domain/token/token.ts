/**
 * Tokens: what a pipeline, a script or an assistant may do here, and where. A token acts under its own name; it approves nothing, judges nothing,
 * and is never the only one who asks.
 */
import type { Catalog } from '../catalog/catalog.ts';
import type { EventDraft } from '../events.ts';
import { type Id, type UserId, userId } from '../ids.ts';
import { noService } from '../nearest.ts';
import { allow, type Decision, type Refusal, refuse } from '../refusal.ts';
import type { Act } from '../situation.ts';
import type { Instant } from '../time.ts';
import { at, command, listing, person, say } from '../words.ts';

/** What a token may do, besides reading: each verb of the table says to which of these it belongs, or that it is for people only. */
export const SCOPES = {
  plan: 'plan releases: create, edit, add changes, ask for approval',
  evidence: 'record gates and artifacts',
  deploy: 'start deployments and say how they go',
  freeze: 'declare and end freezes',
} as const;
export type Scope = keyof typeof SCOPES;
export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

export type Token = {
  id: Id<'token'>;
  /** Who it is in messages and in the journal: never given to another. */
  name: string;
  scopes: readonly Scope[];
  /** Empty: all of them. */
  services: readonly string[];
  environments: readonly string[];
  madeBy: UserId;
  madeAt: Instant;
  expiresAt: Instant | null;
  usedAt: Instant | null;
  revokedAt: Instant | null;
  revokedBy: UserId | null;
};

const PREFIX = 'token:';

/** As whom it acts. */
export const tokenActor = ({ name }: Pick<Token, 'name'>): UserId => userId(`${PREFIX}${name}`);

/** The name of the token that this is; `null` for a person. */
export const tokenName = (id: string): string | null => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : null);

export const isLive = ({ revokedAt, expiresAt }: Token, now: Instant): boolean =>
  revokedAt === null && (expiresAt === null || now < expiresAt);

const beyond = (wanted: string | null, allowed: readonly string[]): boolean =>
  allowed.length > 0 && (wanted === null || !allowed.includes(wanted));

export type Wanted = {
  /** `null`: for people only. */
  scope: Scope | null;
  /** What it is done to; empty where it is about no service. */
  services: readonly (string | null)[];
  /** Where; left out where it is about no environment. */
  environment?: string | null;
};

/** Why the token may not do this; `null` when it may. */
export const tokenRefusal = (token: Token, { scope, services, environment }: Wanted): Refusal | null => {
  const no = (because: ReturnType<typeof say>, can: ReturnType<typeof say>): Refusal => ({
    code: 'forbidden',
    did: 'Nothing done',
    because,
    can,
  });
  if (scope === null) return no(say`this is for people: a token never does it`, say`Do it in Slack.`);
  const another = say`An admin can make another token with ${command('token')}.`;
  if (!token.scopes.includes(scope)) return no(say`token ${token.name} may not ${SCOPES[scope]}`, another);
  const service = services.find((name) => beyond(name, token.services));
  if (service !== undefined)
    return no(
      say`token ${token.name} is for ${listing(token.services)} only, and this is about ${service ?? 'all'}`,
      another,
    );
  if (environment !== undefined && beyond(environment, token.environments))
    return environment === null
      ? no(say`token ${token.name} is for ${listing(token.environments)} only`, say`Name the environment.`)
      : no(
          say`token ${token.name} is for ${listing(token.environments)} only, and this is about ${environment}`,
          another,
        );
  return null;
};

export type TokenInput = {
  name: string;
  scopes: readonly Scope[];
  services: readonly string[];
  environments: readonly string[];
  expiresAt: Instant | null;
};

const NAME = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/;

/** Makes a token. Refuses a name that is none or taken, a token that may nothing, what the catalog does not have, an end that is past. */
export const makeToken = (
  input: TokenInput,
  taken: readonly string[],
  catalog: Catalog,
  act: Act,
): Decision<{ token: Token; events: readonly EventDraft[] }> => {
  const unknown = input.services.find((name) => catalog.services[name] === undefined);
  const nowhere = input.environments.find((name) => !catalog.environments.some((each) => each.name === name));
  const problems = [
    ...(NAME.test(input.name)
      ? []
      : [
          {
            field: 'name' as const,
            problem: say`Write a name of 3 to 40 small letters, digits and dashes, for example checkout-ci.`,
          },
        ]),
    ...(taken.includes(input.name)
      ? [
          {
            field: 'name' as const,
            problem: say`There is or was a token ${input.name}: what it did stands under that name. Take another one, or rotate it.`,
          },
        ]
      : []),
    ...(input.scopes.length === 0
      ? [{ field: 'scopes' as const, problem: say`Say what it may do; reading comes with it.` }]
      : []),
    ...(unknown === undefined
      ? []
      : [{ field: 'service' as const, problem: noService(unknown, Object.keys(catalog.services)) }]),
    ...(nowhere === undefined
      ? []
      : [{ field: 'environments' as const, problem: say`There is no environment “${nowhere}”.` }]),
    ...(input.expiresAt !== null && input.expiresAt <= act.now
      ? [{ field: 'until' as const, problem: say`${at(input.expiresAt)} is past. Put the end into the future.` }]
      : []),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const token: Token = {
    id: act.newId('token'),
    ...input,
    madeBy: act.by,
    madeAt: act.now,
    usedAt: null,
    revokedAt: null,
    revokedBy: null,
  };
  return allow({ token, events: [tokenHappened(token, 'token.made', { scopes: token.scopes })] });
};

const tokenHappened = <Kind extends 'token.made' | 'token.rotated' | 'token.revoked'>(
  token: Token,
  kind: Kind,
  data: Omit<Extract<EventDraft, { kind: Kind }>['data'], 'token'>,
): EventDraft =>
  ({
    kind,
    data: { token: token.name, ...data },
    release: null,
    subject: token.id,
    words: null,
    due: null,
  }) as EventDraft;

const gone = (token: Token, did: string): Decision<never> =>
  refuse({
    code: 'status',
    did,
    name: `token ${token.name}`,
    status: 'revoked already',
    fix: say`Make another one with ${command('token new')}.`,
  });

/** A new secret takes the place of the old one, which counts for nothing from now on. */
export const rotateToken = (token: Token): Decision<{ token: Token; events: readonly EventDraft[] }> =>
  token.revokedAt !== null
    ? gone(token, 'Not rotated')
    : allow({ token, events: [tokenHappened(token, 'token.rotated', {})] });

/** It counts for nothing from now on, for good. */
export const revokeToken = (token: Token, act: Act): Decision<{ token: Token; events: readonly EventDraft[] }> =>
  token.revokedAt !== null
    ? gone(token, 'Not revoked')
    : allow({
        token: { ...token, revokedAt: act.now, revokedBy: act.by },
        events: [tokenHappened(token, 'token.revoked', {})],
      });

/** `plan, deploy · checkout · production`: what it may do, and where. */
export const tokenWords = ({ scopes, services, environments }: Token): string =>
  [
    scopes.join(', '),
    services.length === 0 ? 'all services' : services.join(', '),
    environments.length === 0 ? 'all environments' : environments.join(', '),
  ].join(' · ');

/** By whom it was made: who answers for what it does. */
export const madeByWords = ({ madeBy, madeAt }: Token) => say`made by ${person(madeBy)} ${at(madeAt)}`;
