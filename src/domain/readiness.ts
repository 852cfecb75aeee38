/**
 * The one question: may this release be deployed to this environment now? A list of checks, each with a stable code, a sentence, until
 * when, and the way out. Card, button, `/release why` and scheduler print this same list; no second path decides.
 */

import { environmentNamed } from './catalog/catalog.ts';
import { type Check, NOTHING, pass, type Readiness } from './check.ts';
import { artifactNamedCheck } from './deployment/artifact-check.ts';
import { approvedFor } from './deployment/begun.ts';
import { lockCheck } from './deployment/lock-check.ts';
import { failures, goneBack, isUnwell, stands } from './deployment/standing.ts';
import { type BreakGlass, type EmergencyPhase, emergencyPhase } from './emergency/phase.ts';
import { freezeCheck, openIn, windowCheck } from './freeze/freeze-check.ts';
import { type GateState, gateKeepers, gatesInTheWay } from './gate/gate.ts';
import { dayBeginsOf } from './hours.ts';
import type { UserId } from './ids.ts';
import { needsCheck } from './plan/links.ts';
import { mismatch } from './release/artifact.ts';
import { nameOf, STATUS_WORDS } from './release/release.ts';
import { isProtected } from './release/traits.ts';
import { compareVersions } from './release/version.ts';
import type { Situation } from './situation.ts';
import { type Instant, latest } from './time.ts';
import { at, command, count, listing, people, person, type Sentence, say } from './words.ts';

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

/** A version that is newer than this one runs there: to bring this one would be to go back, which somebody has to want. */
const backwardsCheck = (s: Situation, environment: string): Check => {
  const { service, version } = s.release;
  const live = s.around.running.find((row) => row.environment === environment);
  const scheme = s.around.catalog.services[service]?.versioning ?? 'free';
  const back = live !== undefined && compareVersions(scheme, live.version, version) > 0;
  return back
    ? {
        code: 'release.superseded',
        label: 'Order',
        state: 'warn',
        sentence: say`${live.version} runs in ${environment}: this would go back from ${live.version} to ${version}`,
        until: null,
        fix: say`Start it with a reason, if that is meant.`,
      }
    : pass('release.superseded', 'Order', say`no newer version is deployed`);
};

/** It failed, is not well or went back somewhere else, and nobody has decided what becomes of that: it comes to no other place without a reason. */
const healthCheck = (s: Situation, environment: string): readonly Check[] => {
  if (s.release.state.status !== 'failed' || !isProtected(s, environment)) return [];
  const bad = failures(s).filter((d) => d.environment !== environment);
  const back = goneBack(s).filter((place) => place !== environment);
  const goes = s.deployments.some(({ kind, state }) => kind === 'rollback' && state === 'running');
  const [first] = bad;
  if (first === undefined && back.length === 0) return [];
  const sentence =
    first === undefined
      ? say`it ${goes ? 'is going' : 'went'} back in ${listing(back)}, and nobody has decided about the rest`
      : say`it ${isUnwell(first) ? 'is not healthy' : 'failed'} in ${listing(bad.map((d) => d.environment))}, and nobody has decided about that`;
  return [
    {
      code: 'release.health',
      label: 'Health',
      state: 'warn',
      sentence,
      until: null,
      fix: say`Decide about that first, or start it with a reason.`,
    },
  ];
};

const supersededCheck = (s: Situation, environment: string): Check => {
  const { newer } = s.around;
  if (newer === null) return backwardsCheck(s, environment);
  const back = s.around.busy.some(({ release, kind }) => release === newer.release && kind === 'rollback');
  const sentence = back
    ? say`${s.release.service} ${newer.version} (REL-${newer.number}) is newer, and goes back now`
    : say`${s.release.service} ${newer.version} (REL-${newer.number}) is newer and already deployed`;
  return {
    code: 'release.superseded',
    label: 'Order',
    state: 'deny',
    sentence,
    until: null,
    fix: back
      ? say`See it with ${command('env')}.`
      : say`To go back, use ${command(`rollback REL-${newer.number} "why"`)}.`,
  };
};

const waiveFix = (s: Situation, { rule }: GateState): Sentence => {
  const can = gateKeepers(s, rule).people;
  return can.length === 0
    ? say`Nobody is here who can record or waive ${rule.name}: an admin can add a person to its owners.`
    : say`None of the owners of ${rule.name} is here: ${people(can.slice(0, 3))} can waive it with ${command('gate')}.`;
};

const gatesCheck = (s: Situation, environment: string, now: Instant): Check => {
  // Those before approval count where approval does.
  const open = gatesInTheWay(s, environment, now).filter(
    ({ rule }) => isProtected(s, environment) || rule.before === environment,
  );
  if (open.length === 0) return pass('gates', 'Gates', say`gates are met`);
  const names = listing(open.map(({ rule, state }) => `${rule.name} (${state})`));
  const begins = dayBeginsOf(
    s,
    open.flatMap(({ rule }) => gateKeepers(s, rule).people),
    now,
  );
  // None of its owners is here.
  const ownerless = open.find(({ rule }) => gateKeepers(s, rule).by === 'waive');
  return {
    code: 'gates',
    label: 'Gates',
    state: 'wait',
    sentence: say`${count(open.length, 'gate')} open: ${names}`,
    until: null,
    fix:
      ownerless !== undefined
        ? waiveFix(s, ownerless)
        : say`Record a result with ${command('gate')}.${begins === null ? NOTHING : say` The day of its owners begins ${at(begins)}.`}`,
  };
};

const orderCheck = (s: Situation, environment: string): Check => {
  const required = environmentNamed(s.around.catalog, environment)?.requires ?? null;
  const { artifact } = s.release;
  const there = s.deployments.filter((d) => d.environment === required && d.kind === 'deploy');
  const done = there.some(
    (d) => d.state === 'succeeded' && d.revision === artifact.revision && mismatch(artifact, d) === null,
  );
  const running = there.find(({ state }) => state === 'running');
  if (required === null || done) return pass('environment.order', 'Environments', say`earlier environments are done`);
  const sentence = say`it has not succeeded in ${required} with this artifact`;
  return {
    code: 'environment.order',
    label: 'Environments',
    state: 'wait',
    sentence,
    until: null,
    fix:
      running === undefined
        ? say`Deploy there first with ${command(`deploy REL-${s.release.number} ${required}`)}.`
        : say`It is being deployed there since ${at(running.startedAt)}.`,
  };
};

/** What it skips is what stands in the way, and nothing else. */
const skippedWords = (ordinary: readonly Check[]): Sentence => {
  const kept = ordinary
    .filter(({ state }) => state === 'wait' || state === 'deny')
    .map(({ label }) => label.toLowerCase());
  return say`${listing(kept)} ${kept.length === 1 ? 'is' : 'are'} skipped`;
};

const emergencyCheck = (grant: BreakGlass, ordinary: readonly Check[]): Check =>
  pass(
    'emergency.granted',
    'Emergency',
    say`an emergency of ${person(grant.by)} until ${at(grant.expiresAt)}; ${skippedWords(ordinary)}, and it is judged afterwards`,
  );

/** Declared, and its second person has not answered: it starts without an answer as well, a little later. */
const waitingEmergency = (grant: BreakGlass, ordinary: readonly Check[]): Check => ({
  code: 'emergency.granted',
  label: 'Emergency',
  state: 'wait',
  sentence:
    grant.second === null
      ? say`an emergency of ${person(grant.by)} is about to begin`
      : say`${person(grant.second)} is asked to confirm the emergency; without an answer it may start ${at(grant.grantedAt)}`,
  until: grant.grantedAt,
  fix: say`Then ${skippedWords(ordinary)}.`,
});

const dependencyCheck = (s: Situation, environment: string): readonly Check[] => {
  const check = needsCheck(s, environment);
  return check === null ? [] : [{ code: 'dependencies', label: 'Dependencies', until: null, ...check }];
};

/** What an emergency skips. */
const skippable = (s: Situation, environment: string, now: Instant): readonly Check[] => [
  approvedFor(s, environment, now),
  gatesCheck(s, environment, now),
  orderCheck(s, environment),
  ...artifactNamedCheck(s, environment),
  freezeCheck(s, environment, now),
  ...windowCheck(s, environment, now),
  ...dependencyCheck(s, environment),
];

const isStopped = (checks: readonly Check[]): boolean =>
  checks.some(({ state }) => state === 'wait' || state === 'deny');

/**
 * All checks for one environment, and the earliest moment at which time alone would have cured them (`null`: time alone will not). `by`: who
 * asks, where it is somebody: a lock does not keep whoever set it out.
 */
export const readiness = (s: Situation, environment: string, now: Instant, by: UserId | null = null): Readiness => {
  const status = statusCheck(s, environment);
  // What is over is kept by nothing else, and nothing else would let it go.
  if (status.state === 'deny') return { environment, checks: [status], earliest: null };
  const ordinary = skippable(s, environment, now);
  const stopped = isStopped(ordinary);
  // What was approved meanwhile starts as anything else does.
  const grant = stopped ? liveGrant(s, environment, now) : null;
  const waiting = stopped ? grantIn(s, environment, 'waits', now) : null;
  const skipped =
    grant !== null
      ? [emergencyCheck(grant, ordinary)]
      : waiting !== null
        ? [waitingEmergency(waiting, ordinary)]
        : ordinary;
  const checks = [
    status,
    holdCheck(s, now),
    supersededCheck(s, environment),
    ...healthCheck(s, environment),
    ...skipped,
    lockCheck(s, environment, now, by),
  ];
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

export const obstacles = (answer: Readiness): readonly Check[] =>
  answer.checks.filter(({ state }) => state === 'wait' || state === 'deny');
export const warnings = (answer: Readiness): readonly Check[] => answer.checks.filter(({ state }) => state === 'warn');

/** Of what is half way: what does not end by waiting. Nobody is asked for approval any more once it has begun. */
export const inVain = (answer: Readiness): Check | null =>
  obstacles(answer).find(({ code, state }) => state === 'deny' || code.startsWith('approval.')) ?? null;

/** The targets that this release has not reached yet, in their order. */
export const targetsLeft = (s: Situation): readonly string[] => {
  return s.release.targets.filter((name) => !stands(s, name));
};

/** The environment that the next deployment of this release goes to: the first target that it has not reached, else its last. */
export const nextEnvironment = (s: Situation): string => targetsLeft(s)[0] ?? s.release.targets.at(-1) ?? 'production';
