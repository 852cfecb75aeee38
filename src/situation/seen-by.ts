/**
 * What a reader may see. Everything that is shown goes through here first: cards, messages, answers and lists take only what did, so none of
 * them can tell what it was not given. A private draft does not exist for others than its roles and those who have to pass a gate of it; of a
 * restricted release the words are for its roles, the owners of its service and whoever is asked to decide something about it.
 */

import { liveDecisions, stillCan } from '../domain/approval/policy.ts';
import type { Round } from '../domain/approval/round.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { judgesOf } from '../domain/emergency/emergency.ts';
import type { StoredEvent } from '../domain/events.ts';
import { exceptionApprovers } from '../domain/freeze/freeze-check.ts';
import { type UserId, userId } from '../domain/ids.ts';
import { mayRead, maySee } from '../domain/permissions.ts';
import type { Change, Release, ReleaseState } from '../domain/release/release.ts';
import { isPrivate } from '../domain/release/release.ts';
import type { Situation } from '../domain/situation.ts';

declare const seen: unique symbol;
type Marked = { readonly [seen]: true };

/** A release as its reader may see it. `withheld`: the words that people wrote are not in it. */
export type SeenRelease = Release & Marked & { readonly withheld: boolean };
/** A situation as its reader may see it. */
export type Seen = Omit<Situation, 'release'> & Marked & { readonly release: SeenRelease };
/** An event as the reader of its release may see it. */
export type SeenEvent = StoredEvent & Marked;

/** One person, or everybody in the channels of a team, or of those who wait for changes. */
export type Viewer = UserId | 'team' | 'stakeholders';

/** The audience of a message. */
export const viewerOf = (audience: string): Viewer =>
  audience === 'team' || audience === 'stakeholders' ? audience : userId(audience);

const isPerson = (viewer: Viewer): viewer is UserId => viewer !== 'team' && viewer !== 'stakeholders';

const mark = <T extends object>(value: T): T & Marked => value as T & Marked;

/** Stands where a person's words were. */
const WITHHELD = '(restricted)';
const TITLE = 'A restricted release: only those named on it see what it is.';

const instead = <Words extends string | null>(words: Words): Words => (words === null ? words : WITHHELD) as Words;

const changeWithout = <Item extends Pick<Change, 'title' | 'link'>>(change: Item): Item => ({
  ...change,
  title: WITHHELD,
  link: null,
});

const stateWithout = (state: ReleaseState): ReleaseState => {
  switch (state.status) {
    case 'draft':
      return state.returned === null
        ? state
        : { ...state, returned: { ...state.returned, reason: instead(state.returned.reason) } };
    case 'failed':
    case 'rolled_back':
      return { ...state, reason: WITHHELD };
    case 'cancelled':
      return state.from === null
        ? { ...state, reason: WITHHELD }
        : { ...state, from: stateWithout(state.from) as typeof state.from };
    case 'deploying':
      return { ...state, from: stateWithout(state.from) as typeof state.from };
    case 'closed':
      return { ...state, from: stateWithout(state.from) as typeof state.from };
    case 'awaiting_approval':
    case 'approved':
    case 'deployed':
      return state;
  }
};

const releaseWithout = (release: Release): Release => ({
  ...release,
  title: TITLE,
  customers: instead(release.customers),
  rollbackPlan: instead(release.rollbackPlan),
  changes: release.changes.map(changeWithout),
  hold: release.hold === null ? null : { ...release.hold, reason: WITHHELD },
  risk:
    release.risk?.raised === undefined
      ? release.risk
      : { ...release.risk, raised: { ...release.risk.raised, reason: instead(release.risk.raised.reason ?? null) } },
  state: stateWithout(release.state),
});

const roundWithout = (round: Round): Round => ({
  ...round,
  snapshot: {
    ...round.snapshot,
    ...(round.snapshot.words === undefined ? {} : { words: { title: WITHHELD, customers: null } }),
    changes: round.snapshot.changes.map(changeWithout),
    rollbackPlan: instead(round.snapshot.rollbackPlan),
  },
  trail: round.trail.map((step) => ({ ...step, changed: step.changed.map(() => WITHHELD) })),
  since:
    round.since === null
      ? null
      : {
          ...round.since,
          changed: round.since.changed.map(() => WITHHELD),
          returned:
            round.since.returned === null
              ? null
              : { ...round.since.returned, reason: instead(round.since.returned.reason) },
        },
  decisions: round.decisions.map((decision) => ({ ...decision, comment: instead(decision.comment) })),
  questions: round.questions.map((question) => ({ ...question, text: WITHHELD, answer: instead(question.answer) })),
});

const wordsOut = (s: Situation): Situation => ({
  ...s,
  release: releaseWithout(s.release),
  round: s.round === null ? null : roundWithout(s.round),
  gates: s.gates.map((gate) => ({ ...gate, comment: instead(gate.comment), evidence: null })),
  deployments: s.deployments.map((deployment) => ({
    ...deployment,
    reason: instead(deployment.reason),
    step: deployment.step === null ? null : { ...deployment.step, words: WITHHELD },
    run: null,
    rollout:
      deployment.rollout?.paused == null
        ? deployment.rollout
        : { ...deployment.rollout, paused: { ...deployment.rollout.paused, reason: WITHHELD } },
  })),
  breakGlass:
    s.breakGlass === null
      ? null
      : { ...s.breakGlass, justification: WITHHELD, incident: instead(s.breakGlass.incident) },
  reviews: s.reviews.map((review) => ({
    ...review,
    answers: Object.fromEntries(Object.keys(review.answers).map((key) => [key, WITHHELD])),
  })),
  actions: s.actions.map((action) => ({ ...action, text: WITHHELD, reason: instead(action.reason) })),
  exceptions: s.exceptions.map((exception) => ({
    ...exception,
    reason: WITHHELD,
    blastRadius: instead(exception.blastRadius),
    rollback: instead(exception.rollback),
    reply: instead(exception.reply),
  })),
});

/** People who have to decide or to do something about it can read what it is. */
const deciders = (s: Situation): readonly UserId[] => [
  ...(s.round === null
    ? []
    : [
        ...s.round.asks.map(({ person }) => person),
        ...liveDecisions(s.round).map(({ actor }) => actor),
        ...(s.round.state === 'open' ? stillCan(s, s.round) : []),
      ]),
  ...s.exceptions
    .filter(({ verdict }) => verdict === 'requested')
    .flatMap(({ freeze: id }) => s.around.freezes.filter((freeze) => freeze.id === id))
    .flatMap(({ approvers }) => exceptionApprovers(s, approvers)),
  ...s.actions.flatMap(({ state, owner }) => (state === 'open' && owner !== null ? [owner] : [])),
  ...(s.breakGlass === null ? [] : [...judgesOf(s), ...(s.breakGlass.second === null ? [] : [s.breakGlass.second])]),
];

/** `null`: for this reader there is no such release. */
export const releaseSeenBy = (
  release: Release,
  catalog: Catalog,
  viewer: Viewer,
  asked: readonly UserId[] = [],
): SeenRelease | null => {
  const there = isPerson(viewer) ? maySee(catalog, release, viewer) : !isPrivate(release);
  if (!there) return null;
  const open = isPerson(viewer) ? mayRead(catalog, release, viewer, asked) : !release.answers.restricted;
  return mark({ ...(open ? release : releaseWithout(release)), withheld: !open });
};

/** `null`: for this reader there is no such release. */
export const seenBy = (s: Situation, viewer: Viewer): Seen | null => {
  const release = releaseSeenBy(s.release, s.around.catalog, viewer, isPerson(viewer) ? deciders(s) : []);
  if (release === null) return null;
  return mark({ ...(release.withheld ? wordsOut(s) : s), release });
};

/** A private draft as whoever brings evidence for it sees it: that it is there, and how its gates stand. */
export const withoutWords = (s: Situation): Seen =>
  mark({
    ...wordsOut(s),
    release: mark({ ...releaseWithout(s.release), title: 'A private draft.', withheld: true }),
  });

/** An event of a release, without the words that its reader may not read. */
export const eventSeen = (event: StoredEvent, { withheld }: SeenRelease): SeenEvent =>
  mark(withheld ? { ...event, words: null } : event);
