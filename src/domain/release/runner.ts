/** Who starts a release, says how it goes and decides what becomes of it: never somebody who has left, while anybody is here who could. */
import { membersOf } from '../catalog/catalog.ts';
import type { UserId } from '../ids.ts';
import type { Situation } from '../situation.ts';

type Runs = { release: Situation['release']; around: Pick<Situation['around'], 'catalog' | 'inactive'> };

/** The release managers who are here. */
export const managersHere = ({ release, around: { catalog, inactive } }: Runs): readonly UserId[] =>
  membersOf(catalog, catalog.roles.release_manager, release.service).filter((id) => !inactive.includes(id));

/** Who stands in for people who have left: the release managers and the owners of the service who are here. */
export const standIns = ({ release, around: { catalog, inactive } }: Runs): readonly UserId[] =>
  membersOf(catalog, [...catalog.roles.release_manager, '$owners'], release.service).filter(
    (id) => !inactive.includes(id),
  );

/** To whom what becomes of it is told: its owner, else everybody who stands in. */
export const answerable = (s: Runs): readonly UserId[] => {
  const { owner } = s.release;
  return s.around.inactive.includes(owner) ? standIns(s) : [owner];
};

/** Who answers for it: its owner, else whoever stands in. */
export const ownerHere = (s: Runs): UserId => {
  const { owner } = s.release;
  return s.around.inactive.includes(owner) ? (standIns(s)[0] ?? owner) : owner;
};

/** Who is named to deploy it; null where nobody is, or who was has left. */
export const deployerHere = ({ release: { deployer }, around: { inactive } }: Runs): UserId | null =>
  deployer === null || inactive.includes(deployer) ? null : deployer;

/** Who says what the cause was of a lock: whoever set it, else who answers for it. */
export const keeper = (s: Runs, { holder }: { holder: UserId }): UserId =>
  s.around.inactive.includes(holder) ? ownerHere(s) : holder;

/** Whose it is to start it and to decide: who deploys it, else who answers for it. */
export const runner = (s: Runs): UserId => deployerHere(s) ?? ownerHere(s);

/** Who says how this deployment goes: whoever runs it, which a pipeline never leaves. */
export const runs = (s: Runs, { runBy }: { runBy: UserId }): UserId =>
  s.around.inactive.includes(runBy) ? runner(s) : runBy;
