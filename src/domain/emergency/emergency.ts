/** Emergencies: the glass is broken for one deployment, confirmed by a second person in reach, and judged afterwards. */

import { environmentNamed, membersOf } from '../catalog/catalog.ts';
import { type Check } from '../check.ts';
import { happened } from '../events.ts';
import { awake, workingDaysLater } from '../hours.ts';
import type { UserId } from '../ids.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft } from '../readiness.ts';
import { allow, type Decision, type Refusal, refuse, refuseField, theseCan } from '../refusal.ts';
import { keyOf, nameOf } from '../release/release.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, DAY, HOUR, type Instant, MINUTE } from '../time.ts';
import { command, person, say } from '../words.ts';
import { type BreakGlass, isUnjudged, phaseIn } from './phase.ts';

const GRANT_LASTS = 4 * HOUR;
const SECOND_PERSON_WAIT = 10 * MINUTE;

export type EmergencyInput = {
  environment: string;
  justification: string;
  incident: string | null;
};

const starterOf = ({ breakGlass, deployments }: Situation): UserId | null =>
  deployments.find(({ id }) => id === breakGlass?.usedBy)?.startedBy ?? null;

/**
 * Who judges an emergency: the release managers and the owners of the service, without those who broke the glass or started under it; where none of
 * them is left, the admins.
 */
export const judgesOf = (s: Situation): readonly UserId[] => {
  const { catalog, inactive } = s.around;
  const apart = (groups: readonly string[]): readonly UserId[] =>
    membersOf(catalog, groups, s.release.service).filter(
      (id) => id !== s.breakGlass?.by && id !== starterOf(s) && !inactive.includes(id),
    );
  const judges = apart([...catalog.roles.release_manager, '$owners']);
  return judges.length > 0 ? judges : apart(catalog.roles.admin);
};

/** The judge who is awake and can confirm it; null when nobody is in reach. */
export const secondPerson = (s: Situation, act: Pick<Act, 'by' | 'now'>): UserId | null =>
  judgesOf(s).find((id) => id !== act.by && awake(s, id, act.now)) ?? null;

/** Whether it would start by the emergency: what was approved meanwhile, or is free otherwise, needs none. */
export const isNeeded = (s: Situation, now: Instant): boolean =>
  s.breakGlass !== null &&
  readiness(s, s.breakGlass.environment, now).checks.some(({ code }) => code === 'emergency.granted');

const isFree = (s: Situation, environment: string, by: UserId, now: Instant): boolean =>
  obstacles(readiness(s, environment, now, by)).length === 0;

const notNeeded = (s: Situation, environment: string): Refusal => ({
  code: 'status',
  did: 'Not granted',
  name: nameOf(s.release),
  status: `free to start in ${environment}: no emergency is needed`,
  fix: say`Start it with ${command(`deploy ${keyOf(s.release)} ${environment}`)}.`,
});

/** A judge stopped theirs for this release: declaring it again would only go round them. */
const STOPPED_FOR = DAY;

/** Why this person cannot declare one now, whatever they write; `null` when they can. */
export const emergencyStopped = (s: Situation, by: UserId, now: Instant): Refusal | null => {
  const { unjudged } = s.around;
  if (unjudged?.by === by) return { code: 'breakglass.blocked', name: unjudged.key, yours: true };
  if (isUnjudged(s.breakGlass)) return { code: 'breakglass.blocked', name: nameOf(s.release), yours: false };
  const grant = s.breakGlass;
  const stoppedLately =
    grant?.verdict === 'not justified' && grant.usedBy === null && grant.by === by && grant.judgedAt !== null
      ? now < after(grant.judgedAt, STOPPED_FOR)
      : false;
  if (stoppedLately && grant?.judgedBy != null)
    return {
      code: 'forbidden',
      did: 'Not granted',
      because: say`${person(grant.judgedBy)} stopped your emergency for it`,
      can: say`Speak with them, or let somebody else declare it.`,
    };
  // Waiting would not help, and neither does an emergency.
  const hopeless = readiness(s, nextEnvironment(s), now, by).checks.find(({ state }) => state === 'deny');
  const over = hopeless?.code === 'release.status' || hopeless?.code === 'release.superseded';
  if (hopeless !== undefined && over)
    return {
      code: 'forbidden',
      did: 'Not granted',
      because: hopeless.sentence,
      can: hopeless.fix,
    };
  const places = targetsLeft(s);
  const [place] = places;
  if (place !== undefined && places.every((name) => isFree(s, name, by, now))) return notNeeded(s, place);
  const phase = phaseIn(s, now);
  if (phase !== 'waits' && phase !== 'open') return null;
  return {
    code: 'status',
    did: 'Not granted',
    name: nameOf(s.release),
    status: `in an emergency for ${s.breakGlass?.environment ?? ''} already`,
    fix: say`See when it may start with ${command('why')}.`,
  };
};

/** What an emergency does not skip, and that keeps it all the same: a hold, a lock, what runs there. */
export const keptFromIt = (s: Situation, environment: string, by: UserId, now: Instant): readonly Check[] =>
  obstacles(readiness(s, environment, now, by)).filter(({ code }) => code === 'release.hold' || code === 'lock.held');

/** Until it was judged, everything that it did, and going back from that, says what it was. */
export const isOfEmergency = (s: Situation, d: Situation['deployments'][number]): boolean =>
  isUnjudged(s.breakGlass) &&
  (s.breakGlass?.usedBy === d.id || (d.kind === 'rollback' && d.environment === s.breakGlass?.environment));

/**
 * Breaks the glass for one deployment in the next 4 hours. With a second person in reach it takes effect at their confirmation or after
 * 10 minutes. The judgement is due in two working days; until then the same person cannot do it again.
 */
export const breakGlass = (s: Situation, input: EmergencyInput, act: Act): Decision<Effect> => {
  const stopped = emergencyStopped(s, act.by, act.now);
  if (stopped !== null) return refuse(stopped);
  if (environmentNamed(s.around.catalog, input.environment) !== null && isFree(s, input.environment, act.by, act.now))
    return refuse(notNeeded(s, input.environment));
  if (environmentNamed(s.around.catalog, input.environment) === null)
    return refuse({
      code: 'not_found',
      what: 'environment',
      reference: input.environment,
      fix: say`Known: ${s.around.catalog.environments.map(({ name }) => name).join(', ')}.`,
    });
  if ([...input.justification.trim()].length < 30) {
    return refuseField(
      'reason',
      say`Not granted: the justification is too short. Say in 30 characters or more what is broken and who is hit.`,
    );
  }
  const second = secondPerson(s, act);
  const grantedAt = second === null ? act.now : after(act.now, SECOND_PERSON_WAIT);
  const grant: BreakGlass = {
    id: act.newId('breakGlass'),
    environment: input.environment,
    justification: input.justification,
    incident: input.incident,
    by: act.by,
    second,
    grantedAt,
    expiresAt: after(grantedAt, GRANT_LASTS),
    usedBy: null,
    judgeBy: workingDaysLater(s, act.now, 2),
    verdict: null,
    judgedBy: null,
    judgedAt: null,
  };
  const event = happened(
    s.release.id,
    'breakglass.granted',
    { environment: input.environment, second, until: grant.expiresAt },
    { words: input.justification },
  );
  return allow({ after: { ...s, release: { ...s.release, everAsked: true }, breakGlass: grant }, events: [event] });
};

/** Who was to confirm it may not judge it any more: somebody else in reach is asked instead; nobody, where there is none. */
export const anotherSecond = (s: Situation, now: Instant): Effect | null => {
  const grant = s.breakGlass;
  if (grant === null || grant.second === null || phaseIn(s, now) !== 'waits') return null;
  if (judgesOf(s).includes(grant.second)) return null;
  const second = secondPerson(s, { by: grant.by, now });
  // Where nobody is in reach, nobody is waited for.
  return {
    after: { ...s, breakGlass: { ...grant, second, ...(second === null ? { grantedAt: now } : {}) } },
    events: [],
  };
};

/** The second person confirms: the grant is in force at once instead of after ten minutes, and ends when it was said to end. */
export const confirmEmergency = (s: Situation, act: Act): Decision<Effect> => {
  const grant = s.breakGlass;
  if (grant === null || phaseIn(s, act.now) !== 'waits') {
    const fix = say`See ${command('why')}.`;
    return refuse({ code: 'not_found', what: 'emergency to confirm of', reference: nameOf(s.release), fix });
  }
  if (grant.second !== act.by) {
    const can = grant.second === null ? say`It is in force without one.` : theseCan([grant.second]);
    return refuse({ code: 'forbidden', did: 'Not confirmed', because: say`this is for its second person`, can });
  }
  const confirmed: BreakGlass = { ...grant, grantedAt: act.now };
  const event = happened(s.release.id, 'breakglass.confirmed', { environment: grant.environment });
  return allow({ after: { ...s, breakGlass: confirmed }, events: [event] });
};

/**
 * Judges the emergency, afterwards; *not justified* stops one that was not used yet. Not by the one who broke the glass. Refuses a second
 * judgement, and to call justified what has not happened.
 */
export const judgeEmergency = (
  s: Situation,
  { verdict }: { verdict: 'justified' | 'not justified' },
  act: Act,
): Decision<Effect> => {
  const grant = s.breakGlass;
  const judges = judgesOf(s);
  const phase = phaseIn(s, act.now) ?? 'over';
  if (grant === null || grant.verdict !== null || phase === 'over')
    return refuse({
      code: 'not_found',
      what: 'emergency to judge of',
      reference: nameOf(s.release),
      fix: say`See ${command('timeline')}.`,
    });
  if (grant.by === act.by || !judges.includes(act.by)) {
    return refuse({
      code: 'approval.not_eligible',
      did: 'Not judged',
      groups: [s.around.catalog.services[s.release.service]?.owners ?? 'owners'],
      can: judges.filter((id) => id !== grant.by),
    });
  }
  if (phase !== 'used' && verdict === 'justified')
    return refuse({
      code: 'status',
      did: 'Not judged',
      name: nameOf(s.release),
      status: 'not started yet under this emergency',
      fix: say`Say afterwards whether it was justified; “not justified” stops it now.`,
    });
  const judged: BreakGlass = { ...grant, verdict, judgedBy: act.by, judgedAt: act.now };
  return allow({
    after: { ...s, breakGlass: judged },
    events: [happened(s.release.id, 'breakglass.judged', { verdict })],
  });
};
