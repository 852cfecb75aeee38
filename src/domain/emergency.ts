/** Emergencies: the glass is broken for one deployment, confirmed by a second person in reach, and judged afterwards. */
import type { Act } from './act.ts';
import { happened } from './events.ts';
import type { UserId } from './ids.ts';
import { after, HOUR, MINUTE } from './instant.ts';
import { allow, type Decision, refuse, refuseField, theseCan } from './refusal.ts';
import { nameOf } from './release.ts';
import type { BreakGlass, Effect, Situation } from './situation.ts';
import { zoneOf } from './traits.ts';
import { command, say } from './wording.ts';
import { addWorkingDays } from './working-time.ts';

const GRANT_LASTS = 4 * HOUR;
const SECOND_PERSON_WAIT = 10 * MINUTE;

export type EmergencyInput = {
  environment: string;
  justification: string;
  incident: string | null;
  reachable: readonly UserId[];
};

/**
 * Breaks the glass for one deployment in the next 4 hours. With a second person in reach it takes effect at their confirmation or after
 * 10 minutes. The judgement is due in two working days; until then the same person cannot do it again.
 */
export const breakGlass = (
  s: Situation,
  input: EmergencyInput,
  unjudged: string | null,
  act: Act,
): Decision<Effect> => {
  const earlier = s.breakGlass !== null && s.breakGlass.usedBy !== null && s.breakGlass.verdict === null;
  if (unjudged !== null || earlier) return refuse({ code: 'breakglass.blocked', name: unjudged ?? nameOf(s.release) });
  if ([...input.justification.trim()].length < 30) {
    return refuseField(
      'reason',
      say`Not granted: the justification is too short. Say in 30 characters or more what is broken and who is hit.`,
    );
  }
  const second = input.reachable.find((id) => id !== act.by) ?? null;
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
    judgeBy: addWorkingDays(act.now, 2, zoneOf(s)),
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

/** The second person confirms: the grant is in force at once instead of after ten minutes. */
export const confirmEmergency = (s: Situation, act: Act): Decision<Effect> => {
  const grant = s.breakGlass;
  const waits = grant !== null && grant.grantedAt > act.now && grant.usedBy === null;
  if (grant === null || !waits) {
    const fix = say`See ${command('why')}.`;
    return refuse({ code: 'not_found', what: 'emergency to confirm of', reference: nameOf(s.release), fix });
  }
  if (grant.second !== act.by) {
    const can = grant.second === null ? say`It is in force without one.` : theseCan([grant.second]);
    return refuse({ code: 'forbidden', did: 'Not confirmed', because: say`this is for its second person`, can });
  }
  const confirmed: BreakGlass = { ...grant, grantedAt: act.now, expiresAt: after(act.now, GRANT_LASTS) };
  const event = happened(s.release.id, 'breakglass.confirmed', { environment: grant.environment });
  return allow({ after: { ...s, breakGlass: confirmed }, events: [event] });
};

/** Judges the emergency afterwards. Not by the one who broke the glass. */
export const judgeEmergency = (
  s: Situation,
  verdict: 'justified' | 'not justified',
  judges: readonly UserId[],
  act: Act,
): Decision<Effect> => {
  const grant = s.breakGlass;
  if (grant === null || grant.verdict !== null)
    return refuse({
      code: 'not_found',
      what: 'emergency to judge of',
      reference: nameOf(s.release),
      fix: say`See ${command('timeline')}.`,
    });
  if (grant.by === act.by || !judges.includes(act.by)) {
    return refuse({
      code: 'approval.not_eligible',
      groups: [s.around.catalog.services[s.release.service]?.owners ?? 'owners'],
      can: judges.filter((id) => id !== grant.by),
    });
  }
  const judged: BreakGlass = { ...grant, verdict, judgedBy: act.by, judgedAt: act.now };
  return allow({
    after: { ...s, breakGlass: judged },
    events: [happened(s.release.id, 'breakglass.judged', { verdict })],
  });
};
