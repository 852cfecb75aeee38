/** Identifiers. Ours are prefixed text so that a log line says what it names; Slack's are branded so that they cannot be mixed up. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export const ID_PREFIXES = {
  workspace: 'wsp',
  release: 'rel',
  change: 'chg',
  round: 'rnd',
  decision: 'dec',
  question: 'qst',
  gateResult: 'gtr',
  freeze: 'frz',
  exception: 'exc',
  deployment: 'dep',
  lock: 'lck',
  breakGlass: 'brk',
  review: 'rev',
  action: 'act',
  message: 'msg',
  event: 'evt',
  token: 'tok',
  webhook: 'whk',
  delivery: 'dlv',
  waitingJob: 'wjb',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<Kind extends IdKind> = Branded<Kind>;
export type WorkspaceId = Id<'workspace'>;
export type ReleaseId = Id<'release'>;
export type RoundId = Id<'round'>;
export type FreezeId = Id<'freeze'>;
export type DeploymentId = Id<'deployment'>;
export type MessageId = Id<'message'>;
export type ReviewId = Id<'review'>;

/** A Slack user id (`U…` or `W…`). */
export type UserId = Branded<'user'>;
/** A Slack conversation id (`C…`, `G…` or `D…`). */
export type ChannelId = Branded<'channel'>;

export const userId = (value: string): UserId => value as UserId;
export const channelId = (value: string): ChannelId => value as ChannelId;

/** Makes an id of a kind. Randomness is the caller's, so that the core has none. */
export type NewId = <Kind extends IdKind>(kind: Kind) => Id<Kind>;

/** Reads text that claims to be an id of this kind; `null` when its prefix says otherwise. */
export const parseId = <Kind extends IdKind>(kind: Kind, text: string): Id<Kind> | null =>
  text.startsWith(`${ID_PREFIXES[kind]}_`) ? (text as Id<Kind>) : null;
