/** Going back: to a version that succeeded there, never refused by approval, freeze or hold; then the lock, and the rework. */

import { happened } from '../events.ts';
import { allow, type Decision, type Refusal, refuse, refuseField } from '../refusal.ts';
import { move } from '../release/release.ts';
import { ownerHere } from '../release/runner.ts';
import { isProtected } from '../release/traits.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { command, listing, say } from '../words.ts';
import { endedAs, endedBy, minutes, newDeployment, nothingRuns, runningDeployment } from './deployment.ts';
import type { Lock } from './lock.ts';
import { isTaken, laterThere } from './newer.ts';
import { countedAsFailed } from './outcome.ts';
import { failures, lastThere, stillWrong } from './standing.ts';

/** What ran in the environment before this release first came there; `null` when there is nothing to go back to. */
export const rollbackTarget = (s: Situation, environment: string): string | null =>
  s.deployments.findLast(
    (d) => d.environment === environment && d.kind === 'deploy' && d.before !== null && d.before !== s.release.version,
  )?.before ?? null;

/** Another release is not healthy, or failed, with this version: whoever goes back to it changes one problem for another. */
export const isKnownBad = ({ around: { siblings } }: Pick<Situation, 'around'>, version: string | null): boolean =>
  siblings.some((other) => other.version === version && other.status === 'failed');

/**
 * Protected environments that it reached, that are not back yet and that no newer release has taken, each of which goes back on its own: where it
 * failed or is not well first, then the last one; those with nothing to go back to at the end.
 */
export const stillReached = (s: Situation): readonly string[] => {
  const touched = s.deployments.filter((d) => d.state !== 'aborted' && isProtected(s, d.environment));
  const last = lastThere(s);
  const bad = new Set(failures(s).map(({ environment }) => environment));
  const reached = [...new Set(touched.filter(({ kind }) => kind === 'deploy').map(({ environment }) => environment))];
  const order = (environment: string): number =>
    touched.findLastIndex((d) => d.kind === 'deploy' && d.environment === environment);
  return reached
    .filter((environment) => {
      const { kind, state } = last.get(environment) ?? { kind: 'deploy', state: 'failed' };
      return (
        !(kind === 'rollback' && state === 'succeeded') &&
        !isTaken(s, environment) &&
        laterThere(s, environment) === null
      );
    })
    .sort(
      (a, b) =>
        Number(rollbackTarget(s, b) !== null) - Number(rollbackTarget(s, a) !== null) ||
        Number(bad.has(b)) - Number(bad.has(a)) ||
        order(b) - order(a),
    );
};

/** Whether going back leads anywhere: some place that it reached had another version before. */
export const canGoBack = (s: Situation): boolean =>
  stillReached(s).some((environment) => rollbackTarget(s, environment) !== null);

/** What stands against going back there: something that moves there now, or a version that came after this release. */
const notBack = (s: Situation, environment: string): Refusal | null => {
  const not = { code: 'status', did: 'Not rolled back' } as const;
  const there = `${s.release.service} in ${environment}`;
  const other =
    s.deployments.find((d) => d.environment === environment && d.state === 'running' && d.kind === 'rollback') ??
    s.around.busy.find((d) => d.environment === environment);
  if (other !== undefined)
    return {
      ...not,
      name: `${other.service} in ${environment}`,
      status:
        other.kind === 'rollback' ? `going back to ${other.version} already` : `being changed to ${other.version} now`,
      fix: say`See it with ${command('env')}.`,
    };
  // One after the other: whoever says that it is back says of which.
  const going = runningDeployment(s, null, 'rollback');
  if (going !== null)
    return {
      ...not,
      name: `${s.release.service} in ${going.environment}`,
      status: `going back to ${going.version} now`,
      fix: say`Say when it is back there, then roll back ${environment}.`,
    };
  const live = laterThere(s, environment);
  return live !== null
    ? {
        ...not,
        name: there,
        status: `on ${live.version}, which was deployed after this release`,
        fix: say`Roll that one back instead: ${command(`rollback ${s.release.service}@${live.version}`)}.`,
      }
    : null;
};

/**
 * Starts going back, in the place that is named, else where it is not well, else where it came last. Never refused by approval, freeze, window
 * or hold; a deployment that still runs there counts as failed.
 */
export const startRollback = (
  s: Situation,
  reason: string,
  act: Act,
  place: string | null = null,
): Decision<Effect> => {
  const { status } = s.release.state;
  const reached = stillReached(s);
  const isOthers = (there: string): boolean => isTaken(s, there) || laterThere(s, there) !== null;
  if (place !== null && reached.length > 0 && !reached.includes(place) && !isOthers(place))
    return refuseField(
      'environment',
      say`Not rolled back: ${s.release.version} does not run in ${place}. It can go back in ${listing(reached, 'or')}.`,
    );
  const going = runningDeployment(s, null, 'rollback')?.environment;
  const taken = s.deployments.findLast((d) => d.kind === 'deploy' && isOthers(d.environment))?.environment;
  const environment = place ?? going ?? reached[0] ?? taken ?? null;
  if (environment === null || (status !== 'deploying' && status !== 'failed' && status !== 'deployed'))
    return nothingRuns(s, 'Not rolled back');
  const against = notBack(s, environment);
  if (against !== null) return refuse(against);
  const target = rollbackTarget(s, environment);
  if (target === null) return refuse({ code: 'no_rollback', environment, name: s.release.service });
  if (reason.trim() === '') return refuseField('reason', say`Say why it goes back; it is announced at once.`);
  const running = runningDeployment(s, environment, 'deploy');
  const stopped: Effect = running === null ? { after: s, events: [] } : countedAsFailed(s, running, reason, act, false);
  const rollback = newDeployment(stopped.after, environment, 'rollback', target, act);
  const event = happened(
    s.release.id,
    'deployment.started',
    { environment, version: target, before: s.release.version, attempt: rollback.attempt, reasons: ['rollback'] },
    { words: reason, subject: rollback.id },
  );
  return allow({
    after: { ...stopped.after, deployments: [...stopped.after.deployments, { ...rollback, reason }] },
    events: [...stopped.events, event],
  });
};

/** The rollback went through: the environment is locked until its owner says what the cause was. */
export const succeedRollback = (
  s: Situation,
  { shown }: { shown?: string | undefined },
  act: Act,
): Decision<Effect> => {
  const found = endedBy(s, 'rollback', { environment: null, shown });
  if (!found.ok) return found;
  const rollback = found.value;
  const reason = rollback.reason ?? 'rolled back';
  const done = endedAs(s, rollback.id, 'succeeded', act.by, reason, act.now);
  // Until none runs it any more, it has failed: the rest can, and has to, go back as well.
  const left = stillReached(done);
  const release =
    left.length === 0
      ? move(done.release, { status: 'rolled_back', since: act.now, to: rollback.version, reason })
      : done.release.state.status === 'failed' || runningDeployment(done, null, 'deploy') !== null
        ? stillWrong(done)
        : move(done.release, { status: 'failed', since: act.now, reason });
  const lock: Lock = {
    id: act.newId('lock'),
    service: release.service,
    environment: rollback.environment,
    release: release.id,
    reason: 'address the cause first',
    holder: ownerHere(done),
    since: act.now,
    expiresAt: null,
    liftedAt: null,
    liftedBy: null,
  };
  const data = {
    environment: rollback.environment,
    version: release.version,
    to: rollback.version,
    minutes: minutes(rollback.startedAt, act.now),
  };
  const events = [
    happened(release.id, 'deployment.rolled_back', data, { subject: rollback.id }),
    happened(release.id, 'lock.set', { environment: rollback.environment }),
  ];
  // One lock an environment: what is locked already stays locked by whoever has to address that cause.
  const locked = done.locks.some((held) => held.environment === lock.environment && held.liftedAt === null);
  const locks = locked ? done.locks : [...done.locks, lock];
  // The old one serves again: what its strategy left to be done is not to be done.
  const undone = rolledOut(done, rollback.environment);
  const actions = done.actions.map((action) =>
    action.state === 'open' && undone.includes(action.text)
      ? { ...action, state: "won't do" as const, reason: `rolled back to ${rollback.version}`, doneAt: act.now }
      : action,
  );
  const back: Effect = { after: { ...done, release, locks, actions }, events };
  // While another place is still being deployed to, nobody can say yet what came of it.
  if (release.state.status === 'deploying') return allow(back);
  return allow(openReview(back, left.length === 0 ? 'rolled back' : 'failed', act));
};

/** What the strategy by which it came here leaves to be done. */
const rolledOut = (s: Situation, environment: string): readonly string[] =>
  s.deployments.flatMap((d) => (d.environment === environment ? (d.rollout?.afterwards?.text ?? []) : []));

/** The rollback itself failed: the release stays failed. */
export const failRollback = (
  s: Situation,
  { reason, shown }: { reason: string; shown?: string | undefined },
  act: Act,
): Decision<Effect> => {
  const found = endedBy(s, 'rollback', { environment: null, shown });
  if (!found.ok) return found;
  if (reason.trim() === '') return refuseField('reason', say`Say why it could not go back; it is announced.`);
  return allow(countedAsFailed(s, found.value, reason, act, false));
};
