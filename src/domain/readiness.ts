/**
 * The one question: may this release be deployed to this environment now? A list of checks, each with a stable code, a sentence, until
 * when, and the way out. Card, button, `/release why` and scheduler print this same list; no second path decides.
 */
import { askable, dayBegins, evaluate } from './approval/policy.ts';
import { missingBeforeAsking, rulesFor } from './approval/submit.ts';
import { environmentNamed, membersOf } from './catalog/catalog.ts';
import type { Deployment } from './deployment/deployment.ts';
import { lockOf } from './deployment/lock.ts';
import { type BreakGlass, type EmergencyPhase, emergencyPhase } from './emergency/phase.ts';
import { type Freeze, type FreezeQuestion, firstOpenMoment, freezesStopping } from './freeze/calendar.ts';
import { closedUntil, firstOpenWindow, hasWindows } from './freeze/window.ts';
import { gatesInTheWay } from './gate/gate.ts';
import type { UserId } from './ids.ts';
import { approvalClock } from './plan/hold.ts';
import { needsCheck } from './plan/links.ts';
import { nameOf, planOrNow, STATUS_WORDS } from './release/release.ts';
import { isProtected, servicesOf } from './release/traits.ts';
import { compareVersions } from './release/version.ts';
import type { Situation } from './situation.ts';
import { type Instant, latest } from './time.ts';
import { at, command, count, cut, group, listing, people, person, type Sentence, say } from './words.ts';

export type CheckCode =
  | 'release.status'
  | 'release.hold'
  | 'release.superseded'
  | 'approval.pending'
  | 'approval.rejected'
  | 'approval.lapsed'
  | 'approval.granted'
  | 'gates'
  | 'environment.order'
  | 'freeze.active'
  | 'window.closed'
  | 'lock.held'
  | 'dependencies'
  | 'plan.later'
  | 'artifact.differs'
  | 'artifact.unknown'
  | 'emergency.granted';

/** `deny` is only for what waiting cannot cure; `warn` goes on for a person with a reason, and waits for a pipeline. */
export type CheckState = 'pass' | 'warn' | 'wait' | 'deny';
export type Check = {
  code: CheckCode;
  label: string;
  state: CheckState;
  sentence: Sentence;
  until: Instant | null;
  fix: Sentence;
  /** What to know besides, where there is room: on the card and in *why*, not in a refusal. */
  besides?: Sentence;
};
export type Readiness = { environment: string; checks: readonly Check[]; earliest: Instant | null };

const NOTHING: Sentence = [];

const pass = (code: CheckCode, label: string, sentence: Sentence): Check => ({
  code,
  label,
  state: 'pass',
  sentence,
  until: null,
  fix: NOTHING,
});

const grantIn = (s: Situation, environment: string, phase: EmergencyPhase, now: Instant): BreakGlass | null => {
  const grant = s.breakGlass;
  return grant !== null && grant.environment === environment && emergencyPhase(grant, now) === phase ? grant : null;
};

/** The emergency that is in force for this environment and not used yet. */
export const liveGrant = (s: Situation, environment: string, now: Instant): BreakGlass | null =>
  grantIn(s, environment, 'open', now);

const statusCheck = (s: Situation, environment: string): Check => {
  const { status } = s.release.state;
  const startable =
    status === 'draft' || status === 'awaiting_approval' || status === 'approved' || status === 'failed';
  const again = status === 'deploying' || (!isProtected(s, environment) && status === 'deployed');
  if (startable || again) return pass('release.status', 'Status', say`status ${STATUS_WORDS[status]}`);
  const { state } = s.release;
  const replaced = state.status === 'cancelled' && state.replacedBy !== null;
  const sentence = say`${nameOf(s.release)} is ${replaced ? 'replaced' : STATUS_WORDS[status]}`;
  return {
    code: 'release.status',
    label: 'Status',
    state: 'deny',
    sentence,
    until: null,
    fix: say`Plan the next version with ${command('new')}.`,
  };
};

const holdCheck = (s: Situation, now: Instant): Check => {
  const { hold } = s.release;
  if (hold === null || (hold.until !== null && hold.until <= now))
    return pass('release.hold', 'Hold', say`not on hold`);
  const until = hold.until === null ? NOTHING : say` until ${at(hold.until)}`;
  const sentence = say`on hold by ${person(hold.by)}${until}: ${hold.reason}`;
  return {
    code: 'release.hold',
    label: 'Hold',
    state: 'wait',
    sentence,
    until: hold.until,
    fix: say`End it with ${command('resume')}.`,
  };
};

const supersededCheck = (s: Situation): Check => {
  const { newer } = s.around;
  if (newer === null) return pass('release.superseded', 'Order', say`no newer version is deployed`);
  const sentence = say`${s.release.service} ${newer.version} (REL-${newer.number}) is newer and already deployed`;
  return {
    code: 'release.superseded',
    label: 'Order',
    state: 'deny',
    sentence,
    until: null,
    fix: say`To go back, use ${command(`rollback REL-${newer.number}`)}.`,
  };
};

const approvalCheck = (s: Situation, environment: string, now: Instant): Check => {
  const { release, round } = s;
  const label = 'Approval';
  if (!isProtected(s, environment)) return pass('approval.granted', label, say`${environment} needs no approval`);
  const { state } = release;
  if (state.status === 'awaiting_approval' && round !== null) return pendingCheck(s, now);
  if (state.status === 'draft') return draftCheck(s, now);
  const validUntil = state.status === 'approved' ? state.validUntil : (round?.validUntil ?? null);
  if (validUntil !== null && validUntil <= approvalClock(s, now)) {
    return {
      code: 'approval.lapsed',
      label,
      state: 'wait',
      sentence: say`the approval lapsed ${at(validUntil)}`,
      until: null,
      fix: say`Ask again with ${command('submit')}.`,
    };
  }
  if (state.status === 'approved' && state.by.kind === 'policy') {
    return pass('approval.granted', label, say`policy ${state.by.policy} v${state.by.catalogVersion} asks nobody`);
  }
  const fits = round !== null && round.snapshot.artifact.revision === release.artifact.revision;
  if (!fits && rulesFor(s) === null) return pass('approval.granted', label, say`the policy asks nobody`);
  if (!fits || !evaluate(s, round).satisfied) {
    const fix = say`Rework it, then ask with ${command('submit')}.`;
    return {
      code: 'approval.pending',
      label,
      state: 'wait',
      sentence: say`nobody approved this artifact`,
      until: null,
      fix,
    };
  }
  const voters = evaluate(s, round).rules.flatMap((rule) => rule.voters);
  return pass(
    'approval.granted',
    label,
    voters.length === 0 ? say`approved` : say`approved by ${people([...new Set(voters)])}`,
  );
};

const pendingCheck = (s: Situation, now: Instant): Check => {
  const { round } = s;
  const evaluation = round === null ? null : evaluate(s, round);
  const can = evaluation?.can ?? [];
  const who = can.length === 0 ? say`nobody can give it now` : say`${people(can.slice(0, 3))} can`;
  const missing = evaluation?.sentence ?? say`approval`;
  const rest = round === null ? [] : askable(s, round).filter((id) => !round.asks.some((ask) => ask.person === id));
  const widens =
    round !== null && round.remindAt > now && rest.length > 0
      ? say` The rest of the group is asked ${at(round.remindAt)}.`
      : NOTHING;
  const begins = round === null ? null : dayBegins(s, round, now);
  const reach =
    begins === null
      ? say`Remind them with ${command('remind')}.`
      : say`Their day begins ${at(begins)}; ${command('remind')} reaches them now.`;
  return {
    code: 'approval.pending',
    label: 'Approval',
    state: 'wait',
    sentence: say`${missing} still has to approve; ${who}`,
    until: null,
    fix: say`${reach}${widens}`,
  };
};

const draftCheck = (s: Situation, now: Instant): Check => {
  const { state } = s.release;
  const returned = state.status === 'draft' ? state.returned : null;
  if (returned?.why === 'rejected') {
    const by = returned.by === null ? say`rejected` : say`rejected by ${person(returned.by)}`;
    return {
      code: 'approval.rejected',
      label: 'Approval',
      state: 'deny',
      sentence: say`${by}: “${returned.reason ?? ''}”`,
      until: null,
      fix: say`Change it with Edit, then ask again with ${command('submit')}.`,
    };
  }
  const missing = missingBeforeAsking(s, now);
  const why =
    returned === null ? say`approval has not been asked for` : say`approval has to be asked again (${returned.why})`;
  return {
    code: 'approval.pending',
    label: 'Approval',
    state: 'wait',
    sentence: why,
    until: null,
    fix:
      missing.length === 0
        ? say`Ask with ${command('submit')}.`
        : say`First: ${listing(missing.map(({ what }) => what))}.`,
  };
};

const gatesCheck = (s: Situation, environment: string, now: Instant): Check => {
  // Those before approval count where approval does.
  const open = gatesInTheWay(s, environment, now).filter(
    ({ rule }) => isProtected(s, environment) || rule.before === environment,
  );
  if (open.length === 0) return pass('gates', 'Gates', say`gates are met`);
  const names = listing(open.map(({ rule, state }) => `${rule.name} (${state})`));
  return {
    code: 'gates',
    label: 'Gates',
    state: 'wait',
    sentence: say`${count(open.length, 'gate')} open: ${names}`,
    until: null,
    fix: say`Record a result with ${command('gate')}.`,
  };
};

const orderCheck = (s: Situation, environment: string): Check => {
  const required = environmentNamed(s.around.catalog, environment)?.requires ?? null;
  const { revision } = s.release.artifact;
  const done = s.deployments.some(
    (d) => d.environment === required && d.kind === 'deploy' && d.state === 'succeeded' && d.revision === revision,
  );
  if (required === null || done) return pass('environment.order', 'Environments', say`earlier environments are done`);
  const sentence = say`it has not succeeded in ${required} with this artifact`;
  return {
    code: 'environment.order',
    label: 'Environments',
    state: 'wait',
    sentence,
    until: null,
    fix: say`Deploy there first with ${command(`deploy REL-${s.release.number} ${required}`)}.`,
  };
};

export const freezeQuestion = (s: Situation, environment: string, now: Instant): FreezeQuestion => ({
  services: servicesOf(s),
  environment,
  type: s.release.type,
  at: now,
});

/** A freeze holds there now, and none at the time that it is planned for: nobody has anything to do about it. */
export const plannedPastFreeze = (s: Situation, environment: string, now: Instant): boolean => {
  const stopping = (moment: Instant): number =>
    freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, moment)).length;
  return stopping(now) > 0 && stopping(planOrNow(s.release, now)) === 0;
};

const freezeCheck = (s: Situation, environment: string, now: Instant): Check => {
  const question = freezeQuestion(s, environment, now);
  const stopping = freezesStopping(s.around.freezes, s.exceptions, question);
  // The worst counts, never the longest: a soft freeze that ends later does not soften a hard one.
  const [freeze] = stopping;
  if (freeze === undefined) return pass('freeze.active', 'Freeze', say`no freeze`);
  // What was moved behind the freeze asks for nothing any more.
  const wanted = freezesStopping([freeze], [], { ...question, at: planOrNow(s.release, now) }).length > 0;
  const last = s.exceptions.findLast((each) => each.freeze === freeze.id && each.environment === environment);
  const asked = wanted && last?.verdict === 'requested';
  const turnedDown =
    wanted && last?.verdict === 'denied' && last.decidedBy !== null
      ? say`${person(last.decidedBy)} denied an exception${last.reply === null ? '' : `: “${cut(last.reply, 200)}”`}`
      : last?.verdict === 'revoked' && last.decidedBy !== null
        ? say`${person(last.decidedBy)} took the exception back${last.reply === null ? '' : `: “${cut(last.reply, 200)}”`}`
        : last?.verdict === 'granted' && last.usedBy !== null
          ? say`the exception was for one start, and is used`
          : last?.verdict === 'granted' && last.validUntil <= now
            ? say`an exception was granted until ${at(last.validUntil)}`
            : null;
  const { severity } = freeze;
  const alike = s.around.freezes.filter((each) => severity === 'soft' || each.severity === 'hard');
  // One that begins before the other ends holds it as well.
  const until = firstOpenMoment(alike, s.exceptions, question);
  return {
    code: 'freeze.active',
    label: 'Freeze',
    state: severity === 'soft' ? 'warn' : 'wait',
    sentence: say`${environment} is frozen until ${at(until)} (${freeze.name})${asked ? say`; an exception is asked of ${group(freeze.approvers)}` : NOTHING}`,
    until,
    fix: plannedPastFreeze(s, environment, now)
      ? say`Nothing to do: it is planned for ${at(planOrNow(s.release, now))}, when that is over.`
      : asked
        ? say`Wait for ${group(freeze.approvers)} to decide, or move it.`
        : say`Move it, or ask ${group(freeze.approvers)} for an exception with ${command(`exception REL-${s.release.number}`)}.${exemptWords(s, environment, stopping)}`,
    ...(turnedDown === null ? {} : { besides: turnedDown }),
  };
};

/** Who may start it all the same: those whom every hard freeze of the place exempts. */
const exemptFrom = (s: Situation, stopping: readonly Freeze[]): readonly UserId[] => {
  const hard = stopping.filter(({ severity }) => severity === 'hard');
  const [first, ...others] = hard.map(({ exemptGroups }) =>
    membersOf(s.around.catalog, exemptGroups, s.release.service),
  );
  return (first ?? []).filter((id) => others.every((people_) => people_.includes(id)));
};

const exemptWords = (s: Situation, environment: string, stopping: readonly Freeze[]): Sentence => {
  const who = exemptFrom(s, stopping);
  return who.length === 0
    ? NOTHING
    : say` ${people(who.slice(0, 3))}${who.length > 3 ? ' and others' : ''} may start it all the same, with a reason: ${command(`deploy REL-${s.release.number} ${environment} "why"`)}.`;
};

/** Whether a hard freeze stops everybody but some, of whom this person is one. */
export const isExempt = (s: Situation, environment: string, by: UserId, now: Instant): boolean =>
  exemptFrom(s, freezesStopping(s.around.freezes, s.exceptions, freezeQuestion(s, environment, now))).includes(by);

/** Whether somebody locked it by hand and is the one who starts: they keep everybody else out. */
export const isLockHolder = (s: Situation, environment: string, by: UserId, now: Instant): boolean => {
  const lock = lockOf(s, environment, now);
  return lock !== null && lock.release === null && lock.holder === by;
};

/** Where there are windows, nothing starts outside of them; nothing is said where there are none. */
const windowCheck = (s: Situation, environment: string, now: Instant): readonly Check[] => {
  const question = freezeQuestion(s, environment, now);
  const closed = closedUntil(s.around.catalog, question);
  if (closed === null)
    return hasWindows(s.around.catalog, question)
      ? [pass('window.closed', 'Window', say`a deploy window is open`)]
      : [];
  return [
    {
      code: 'window.closed',
      label: 'Window',
      state: 'wait',
      sentence: closed.sentence,
      until: closed.until,
      fix:
        closed.until === null
          ? say`Ask an admin to change the windows.`
          : say`Plan it for then with ${command(`schedule REL-${s.release.number}`)}.`,
    },
  ];
};

/** What is under way in an environment, and since when. */
const runningSentence = ({ service, version, environment, kind, runBy, startedAt }: Deployment): Sentence =>
  kind === 'rollback'
    ? say`${service} is going back to ${version} in ${environment} since ${at(startedAt)}, by ${person(runBy)}`
    : say`${service} ${version} is being deployed to ${environment} by ${person(runBy)} since ${at(startedAt)}`;

/** At which of its steps it is, and what keeps it there. */
const stepSentence = ({ rollout }: Deployment): Sentence => {
  if (rollout === null) return NOTHING;
  const { index, steps, paused, stopped } = rollout;
  const why =
    paused !== null
      ? say`, paused: ${paused.reason}`
      : stopped.length > 0
        ? say`, stopped by ${listing(stopped.map(({ metric }) => metric))}`
        : NOTHING;
  return say`, at step ${index + 1} of ${steps.length} (${steps[index]?.name ?? ''})${why}`;
};

/** What comes after another deployment: a newer one takes this one's place. */
const afterwards = (s: Situation, running: Deployment): Sentence =>
  running.kind === 'deploy' &&
  compareVersions(
    s.around.catalog.services[s.release.service]?.versioning ?? 'free',
    running.version,
    s.release.version,
  ) > 0
    ? say`Once it is through it takes the place of ${s.release.version}.`
    : say`Start yours once that has ended; see it with ${command('env')}.`;

const lockCheck = (s: Situation, environment: string, now: Instant): Check => {
  const own = s.deployments.find((d) => d.environment === environment && d.state === 'running');
  const running = own ?? s.around.busy.find((d) => d.environment === environment);
  if (running !== undefined)
    return {
      code: 'lock.held',
      label: 'Lock',
      state: 'wait',
      sentence: say`${runningSentence(running)}${stepSentence(running)}`,
      until: null,
      fix: own === undefined ? afterwards(s, running) : say`Say on its card how it ended.`,
    };
  const lock = lockOf(s, environment, now);
  if (lock === null) return pass('lock.held', 'Lock', say`no lock`);
  const until = lock.expiresAt === null ? NOTHING : say` until ${at(lock.expiresAt)}`;
  const place = `${lock.service} ${lock.environment}`;
  return {
    code: 'lock.held',
    label: 'Lock',
    state: 'wait',
    sentence:
      lock.release === null
        ? say`${environment} is locked by ${person(lock.holder)} since ${at(lock.since)}${until}: ${lock.reason}`
        : say`${environment} is locked since ${at(lock.since)}${until}: ${lock.reason} (${person(lock.holder)} says what it was)`,
    until: lock.expiresAt,
    fix:
      lock.release === null
        ? say`Ask ${person(lock.holder)}, who may start there, or take it over with ${command(`lock ${place} take-over "why"`)}.`
        : say`Say what the cause was, then lift it with ${command(`unlock ${place}`)}.`,
  };
};

const emergencyCheck = (grant: BreakGlass): Check =>
  pass(
    'emergency.granted',
    'Emergency',
    say`an emergency of ${person(grant.by)} until ${at(grant.expiresAt)}; approval, gates, order, dependencies and freeze are skipped and judged afterwards`,
  );

/** Declared, and its second person has not answered: it starts without an answer as well, a little later. */
const waitingEmergency = (grant: BreakGlass): Check => ({
  code: 'emergency.granted',
  label: 'Emergency',
  state: 'wait',
  sentence:
    grant.second === null
      ? say`an emergency of ${person(grant.by)} is about to begin`
      : say`${person(grant.second)} is asked to confirm the emergency; without an answer it may start ${at(grant.grantedAt)}`,
  until: grant.grantedAt,
  fix: say`Approval, gates, order, dependencies and freeze are skipped then.`,
});

const dependencyCheck = (s: Situation, environment: string): readonly Check[] => {
  const check = needsCheck(s, environment);
  return check === null ? [] : [{ code: 'dependencies', label: 'Dependencies', until: null, ...check }];
};

/** All checks for one environment, and the earliest moment at which time alone would have cured them (`null`: time alone will not). */
export const readiness = (s: Situation, environment: string, now: Instant): Readiness => {
  const grant = liveGrant(s, environment, now);
  const waiting = grantIn(s, environment, 'waits', now);
  const always = [statusCheck(s, environment), holdCheck(s, now), supersededCheck(s)];
  const ordinary = [
    approvalCheck(s, environment, now),
    gatesCheck(s, environment, now),
    orderCheck(s, environment),
    freezeCheck(s, environment, now),
    ...windowCheck(s, environment, now),
    ...dependencyCheck(s, environment),
  ];
  const stopped = ordinary.some(({ state }) => state === 'wait' || state === 'deny');
  const skippable =
    grant !== null ? [emergencyCheck(grant)] : waiting !== null && stopped ? [waitingEmergency(waiting)] : ordinary;
  const checks = [...always, ...skippable, lockCheck(s, environment, now)];
  return { environment, checks, earliest: earliestStart(s, environment, checks, now) };
};

const earliestStart = (s: Situation, environment: string, checks: readonly Check[], now: Instant): Instant | null => {
  const open = checks.filter(({ state }) => state === 'wait' || state === 'deny');
  if (open.some(({ until, state }) => until === null || state === 'deny')) return null;
  const cured = open.map(({ until }) => until);
  if (checks.some(({ code }) => code === 'emergency.granted')) return latest([now, ...cured]);
  const planned = s.release.when.kind === 'at' ? s.release.when.start : null;
  const from = latest([now, planned, ...cured]) ?? now;
  return openIn(s, environment, from);
};

/** The first moment at or after `from` at which neither a freeze nor a window keeps it from the environment; `null` where its windows never meet. */
export const openIn = (s: Situation, environment: string, from: Instant): Instant | null => {
  let moment = from;
  for (;;) {
    const thawed = firstOpenMoment(s.around.freezes, s.exceptions, freezeQuestion(s, environment, moment));
    const open = firstOpenWindow(s.around.catalog, freezeQuestion(s, environment, thawed));
    if (open === null || open === moment) return open;
    moment = open;
  }
};

export const obstacles = (answer: Readiness): readonly Check[] =>
  answer.checks.filter(({ state }) => state === 'wait' || state === 'deny');
export const warnings = (answer: Readiness): readonly Check[] => answer.checks.filter(({ state }) => state === 'warn');

/** The targets that this release has not reached yet, in their order. */
export const targetsLeft = (s: Situation): readonly string[] => {
  const { revision } = s.release.artifact;
  const reached = (name: string) =>
    s.deployments.some(
      (d) => d.environment === name && d.state === 'succeeded' && d.kind === 'deploy' && d.revision === revision,
    );
  return s.release.targets.filter((name) => !reached(name));
};

/** The environment that the next deployment of this release goes to: the first target that it has not reached, else its last. */
export const nextEnvironment = (s: Situation): string => targetsLeft(s)[0] ?? s.release.targets.at(-1) ?? 'production';

/** Who may decide an exception from a freeze. */
export const exceptionApprovers = (s: Situation, approvers: string): ReturnType<typeof membersOf> =>
  membersOf(s.around.catalog, [approvers], s.release.service);
