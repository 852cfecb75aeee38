/** Who is to be told what: a pure planner. Compares a situation before and after, with its events, and returns the messages wanted. */
import { homeSubject, type Wanted } from '../courier/messages.ts';
import { membersOf } from '../domain/catalog/catalog.ts';
import { awaitedGates } from '../domain/gate/awaited.ts';
import type { UserId } from '../domain/ids.ts';
import { roleHolders } from '../domain/release/release.ts';
import type { Sibling, Situation } from '../domain/situation.ts';
import type { Instant } from '../domain/time.ts';
import type { NamedEvent } from '../journal/append.ts';
import { asksFor } from './asks-for.ts';
import { nudgesFor } from './nudges-for.ts';
import { postsFor } from './posts-for.ts';
import type { Actor } from './to-person.ts';

/** Everything that is to be seen after this change, besides the living messages that are refreshed anyway. */
export const messagesFor = (
  before: Situation | null,
  s: Situation,
  events: readonly NamedEvent[],
  actor: Actor,
  now: Instant,
): readonly Wanted[] =>
  [...postsFor(before, s, events), ...asksFor(before, s, events, actor, now), ...nudgesFor(s, now, actor)].map(
    (each) => ({
      ...each,
      release: s.release.id,
    }),
  );

/** What this release has brought, or taken back, by now: it says which version runs where. */
const ran = (s: Situation | null): number => (s?.deployments ?? []).filter(({ state }) => state === 'succeeded').length;

/** Its card tells whether it is still what runs. */
const standsOrStood = ({ status }: Sibling): boolean =>
  status === 'deployed' || status === 'rolled_back' || status === 'deploying';

/** Subjects whose living messages show something of this situation. */
export const subjectsOf = (before: Situation | null, s: Situation, now: Instant): readonly string[] => [
  s.release.id,
  ...[before?.round, s.round].flatMap((round) => round?.questions.map(({ id }) => id) ?? []),
  ...(before === null ||
  before.release.when !== s.release.when ||
  before.release.state !== s.release.state ||
  before.exceptions !== s.exceptions
    ? s.around.freezes.map(({ id }) => id)
    : []),
  ...(before?.release.needs === s.release.needs
    ? []
    : [...(before?.release.needs ?? []), ...s.release.needs].map(({ release }) => release)),
  // What is held beside it is offered another time.
  ...(before === null || before.release.when === s.release.when
    ? []
    : s.around.siblings
        .filter(({ status }) => status === 'approved' || status === 'awaiting_approval')
        .map(({ release }) => release)),
  // What failed shows how its fix comes along.
  ...(s.release.fixes !== null && before?.release.state.status !== s.release.state.status ? [s.release.fixes] : []),
  ...s.deployments.map(({ id }) => id),
  ...s.exceptions.map(({ id }) => id),
  ...s.actions.map(({ id }) => id),
  ...(s.breakGlass === null ? [] : [s.breakGlass.id]),
  ...(ran(before) === ran(s) ? [] : s.around.siblings.filter(standsOrStood).map(({ release }) => release)),
  ...(s.reviews.length > 0 ? [s.release.owner] : []),
  ...homesConcerned(before, s, now).map((id) => homeSubject(id)),
];

/** Whose Home shows something of this: those with a role, those asked, the owners of the service, the release managers. */
const homesConcerned = (before: Situation | null, s: Situation, now: Instant): readonly UserId[] => {
  const { catalog } = s.around;
  const asked = [...(s.round?.asks ?? []), ...(before?.round?.asks ?? [])].map(({ person }) => person);
  const gates = [before, s].flatMap((each) => (each === null ? [] : awaitedGates(each, now)));
  const groups = membersOf(catalog, ['$owners', ...catalog.roles.release_manager], s.release.service);
  return [...new Set([...roleHolders(s.release), ...asked, ...gates.flatMap((gate) => gate.asked), ...groups])];
};
