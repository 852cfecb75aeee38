/** An approval round: what was asked, whom, what they decided; and the one that can be decided now. */
import type { RiskLevel, RuleTree } from '../catalog/catalog.ts';
import type { Id, RoundId, UserId } from '../ids.ts';
import { type Refusal, refuse } from '../refusal.ts';
import {
  type Answers,
  type Change,
  keyOf,
  nameOf,
  RETURNED_WORDS,
  type Release,
  type Returned,
  statusOf,
  type When,
} from '../release/release.ts';
import type { Situation } from '../situation.ts';
import type { Instant } from '../time.ts';

/** The content that people approve, in canonical form. Its hash travels in the button. */
export type Snapshot = {
  /** Its words, which may be improved without asking again; not in rounds from before they were kept. */
  words?: { title: string; customers: string | null };
  artifact: { revision: number; sha: string | null; digest: string | null };
  changes: readonly { id: string; type: Change['type']; title: string; link: string | null }[];
  risk: RiskLevel;
  targets: readonly string[];
  affects: readonly string[];
  /** Whether customers notice; the words themselves may be improved. */
  customers: boolean;
  answers: Answers;
  rollbackPlan: string | null;
  when: When;
};

export type ApprovalDecision = {
  id: Id<'decision'>;
  actor: UserId;
  onBehalfOf: UserId | null;
  verdict: 'approve' | 'reject';
  comment: string | null;
  hash: string;
  at: Instant;
  retractedAt: Instant | null;
  /** The round that it was first given in, when it was carried over unchanged. */
  carriedFrom: RoundId | null;
};

export type Question = {
  id: Id<'question'>;
  asker: UserId;
  text: string;
  askedAt: Instant;
  answer: string | null;
  answeredBy: UserId | null;
  answeredAt: Instant | null;
};

/** The approval that was taken back last, while nobody has decided since. */
export const lastTakenBack = ({ decisions }: Pick<Round, 'decisions'>): ApprovalDecision | null => {
  const [last] = decisions
    .filter(({ verdict, retractedAt }) => verdict === 'approve' && retractedAt !== null)
    .sort((a, b) => ((a.retractedAt ?? '') < (b.retractedAt ?? '') ? 1 : -1));
  if (last === undefined) return null;
  const given = decisions.filter(({ retractedAt }) => retractedAt === null);
  return given.every(({ at }) => at <= (last.retractedAt ?? '')) ? last : null;
};

/** Who has been asked. */
export const askedIn = ({ asks }: Pick<Round, 'asks'>): readonly UserId[] => asks.map(({ person }) => person);

export type Ask = { person: UserId; at: Instant; wave: 'first' | 'rest' };

export type RoundState =
  | 'open'
  | 'approved'
  | 'rejected'
  | 'expired'
  | 'withdrawn'
  | 'invalidated'
  | 'lapsed'
  | 'consumed';

/** One step of what was asked: the content under `hash` became another by these differences. */
export type Step = { hash: string; changed: readonly string[] };

const LONGEST_TRAIL = 20;

export const stepped = (trail: readonly Step[], step: Step): readonly Step[] => [...trail, step].slice(-LONGEST_TRAIL);

const OPPOSITE = { '+': '−', '−': '+' } as const;
const CUSTOMERS = ['customers notice it', 'customers notice nothing'] as const;
const opposite = (words: string): string => {
  if (words === CUSTOMERS[0]) return CUSTOMERS[1];
  if (words === CUSTOMERS[1]) return CUSTOMERS[0];
  const [sign = ''] = words;
  return sign === '+' || sign === '−' ? `${OPPOSITE[sign]}${words.slice(1)}` : '';
};
/** `risk low → high`. */
const FROM_TO = /^(\S+) (.*) → (.*)$/;

/** What is one thing whichever way it is put: of two the last is so. */
const SAME_THING: readonly RegExp[] = [/^(?:also affects |affects no other)/, /^customers notice /, /^deploys to /];

/** Several steps as one: what came and went again is nothing, and of what changed twice the ends count. */
const asOne = (list: readonly string[], words: string): readonly string[] => {
  if (list.includes(opposite(words))) return list.filter((each) => each !== opposite(words));
  const thing = SAME_THING.find((each) => each.test(words));
  const before = thing === undefined ? undefined : list.find((each) => thing.test(each));
  if (before !== undefined) return [...list.filter((each) => each !== before), words];
  const [, what, from, to] = FROM_TO.exec(words) ?? [];
  const earlier = what === undefined ? undefined : list.find((each) => FROM_TO.exec(each)?.[1] === what);
  if (earlier === undefined) return list.includes(words) ? list : [...list, words];
  const first = FROM_TO.exec(earlier)?.[2] ?? from;
  return list.flatMap((each) => (each !== earlier ? [each] : first === to ? [] : [`${what} ${first} → ${to}`]));
};

/** What changed since the content of this hash was asked for; `null` when it is not known any more. */
export const changedSinceHash = (
  { trail, hash }: Pick<Round, 'trail' | 'hash'>,
  shown: string,
): readonly string[] | null => {
  if (shown === hash) return [];
  const from = trail.findLastIndex((step) => step.hash === shown);
  return from === -1
    ? null
    : trail
        .slice(from)
        .flatMap(({ changed }) => changed)
        .reduce(asOne, [] as readonly string[]);
};

export type Round = {
  id: RoundId;
  n: number;
  state: RoundState;
  openedAt: Instant;
  openedBy: UserId;
  expiresAt: Instant;
  endedAt: Instant | null;
  validUntil: Instant | null;
  snapshot: Snapshot;
  hash: string;
  policy: string;
  rules: RuleTree;
  gates: readonly string[];
  /** Members at submit, for presets under which later joiners do not count; `null` when membership is always current. */
  members: readonly UserId[] | null;
  catalogVersion: number;
  remindAt: Instant;
  /** When its owner last reminded those who are asked. */
  remindedAt: Instant | null;
  /** Since when nobody is left who could satisfy it; its owner was told then. */
  stuckSince: Instant | null;
  /** What was asked under earlier hashes, oldest first, and what changed after each: an old button gets the truth. */
  trail: readonly Step[];
  /**
   * What became of the request before this one, what changed since, and whose approval of it does not count here. `saw`: the content that each
   * person decided on last; `from`: that of the last request about which anybody decided.
   */
  since: {
    changed: readonly string[];
    returned: Returned | null;
    dropped: readonly UserId[];
    from?: string;
    saw?: Readonly<Record<UserId, string>>;
  } | null;
  decisions: readonly ApprovalDecision[];
  questions: readonly Question[];
  asks: readonly Ask[];
};

/** It waits again as it was: whoever has seen it so is told of nothing that changed. */
export const seenAsItIs = (round: Round, people: readonly UserId[]): Round['since'] =>
  round.since === null
    ? null
    : {
        ...round.since,
        changed: [],
        dropped: round.since.dropped.filter((id) => !people.includes(id)),
        saw: { ...round.since.saw, ...Object.fromEntries(people.map((id) => [id, round.hash])) },
      };

/** As changes of words are told, which no hash knows of. */
const OTHER_WORDS = /^(?:title “|other words for customers)/;

/** What changed since this person decided about it last; since it was asked before, for whoever has not. */
export const changedFor = (round: Round, me: UserId): readonly string[] => {
  const { since } = round;
  if (since === null) return [];
  const shown = since.saw?.[me] ?? since.from;
  const changed = (shown === undefined ? null : changedSinceHash(round, shown)) ?? since.changed;
  // Of the same content the words may be others.
  return changed.length > 0 ? changed : since.changed.filter((words) => OTHER_WORDS.test(words));
};

/** Until when to decide: before it is to start, where that comes first. */
export const decideBy = (round: Round, { when }: Pick<Release, 'when'>, now: Instant): Instant =>
  when.kind === 'at' && when.start > now && when.start < round.expiresAt ? when.start : round.expiresAt;

/** The round that can be decided. One that an emergency overtook is open and cannot: its release is not waiting any more. */
export const openRoundOf = (s: Situation): Round | null =>
  s.round !== null && s.round.state === 'open' && s.release.state.status === 'awaiting_approval' ? s.round : null;

const statusNow = ({ release: { state } }: Situation): string =>
  state.status !== 'draft'
    ? statusOf(state)
    : state.returned === null
      ? 'a draft'
      : `a draft: ${RETURNED_WORDS[state.returned.why]}`;

export const noRound = (s: Situation, did = 'Not counted'): { ok: false; refusal: Refusal } =>
  refuse({ code: 'approval.no_round', did, key: keyOf(s.release), name: nameOf(s.release), status: statusNow(s) });
