/** Going back: to a version that succeeded there, never refused by approval, freeze or hold; then the lock, and the rework. */
import type { Act } from './act.ts';
import { failed, finished, isProtected, minutes, newDeployment, nothingRuns, runningDeployment } from './deployment.ts';
import { happened } from './events.ts';
import { allow, type Decision, refuse, refuseField } from './refusal.ts';
import { move, nameOf, type Release } from './release.ts';
import { openReview } from './review.ts';
import type { Effect, Lock, Situation } from './situation.ts';
import { command, say } from './wording.ts';

/** What ran in the environment before this release first came there; `null` when there is nothing to go back to. */
export const rollbackTarget = (s: Situation, environment: string): string | null =>
  s.deployments.findLast(
    (d) => d.environment === environment && d.kind === 'deploy' && d.before !== null && d.before !== s.release.version,
  )?.before ?? null;

const rollbackEnvironment = (s: Situation): string | null =>
  s.deployments.filter((d) => d.kind === 'deploy' && d.state !== 'aborted' && isProtected(s, d.environment)).at(-1)
    ?.environment ?? null;

/** Starts going back. Never refused by approval, freeze, window or hold; a deployment that still runs there counts as failed. */
export const startRollback = (s: Situation, reason: string, act: Act): Decision<Effect> => {
  const { status } = s.release.state;
  const environment = rollbackEnvironment(s);
  if (environment === null || (status !== 'deploying' && status !== 'failed' && status !== 'deployed'))
    return nothingRuns(s, 'Not rolled back');
  const other =
    s.deployments.find((d) => d.environment === environment && d.state === 'running' && d.kind === 'rollback') ??
    s.around.busy.find((d) => d.environment === environment);
  if (other !== undefined) {
    const name = `${other.service} in ${environment}`;
    const words =
      other.kind === 'rollback' ? `going back to ${other.version} already` : `being changed to ${other.version} now`;
    return refuse({
      code: 'status',
      did: 'Not rolled back',
      name,
      status: words,
      fix: say`See it with ${command('env')}.`,
    });
  }
  const live = s.around.succeeded.filter((row) => row.environment === environment).at(-1);
  const later = live !== undefined && live.release !== s.release.id && live.since > s.release.state.since;
  if (later)
    return refuse({
      code: 'status',
      did: 'Not rolled back',
      name: `${s.release.service} in ${environment}`,
      status: `on ${live.version}, which was deployed after this release`,
      fix: say`Roll that one back instead: ${command(`rollback ${s.release.service}@${live.version}`)}.`,
    });
  const target = rollbackTarget(s, environment);
  if (target === null) return refuse({ code: 'no_rollback', environment, name: s.release.service });
  if (reason.trim() === '') return refuseField('reason', say`Say why it goes back; it is announced at once.`);
  const running = runningDeployment(s, environment, 'deploy');
  const stopped: Effect = running === null ? { after: s, events: [] } : failed(s, running, reason, act, false);
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
export const succeedRollback = (s: Situation, act: Act): Decision<Effect> => {
  const rollback = runningDeployment(s, null, 'rollback');
  if (rollback === null) return nothingRuns(s, 'Not recorded');
  const reason = rollback.reason ?? 'rolled back';
  const done = finished(s, rollback.id, 'succeeded', act.by, reason, act.now);
  const release = move(done.release, { status: 'rolled_back', since: act.now, to: rollback.version, reason });
  const lock: Lock = {
    id: act.newId('lock'),
    service: release.service,
    environment: rollback.environment,
    release: release.id,
    reason: 'address the cause first',
    holder: release.owner,
    since: act.now,
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
  return allow(openReview({ after: { ...done, release, locks }, events }, 'rolled back', act));
};

/** The rollback itself failed: the release stays failed. */
export const failRollback = (s: Situation, reason: string, act: Act): Decision<Effect> => {
  const rollback = runningDeployment(s, null, 'rollback');
  if (rollback === null) return nothingRuns(s, 'Not recorded');
  const done = failed(s, rollback, reason, act, false);
  const { release } = done.after;
  if (release.state.status !== 'deployed') return allow(done);
  return allow({
    ...done,
    after: { ...done.after, release: move(release, { status: 'failed', since: act.now, reason }) },
  });
};

/** Lifts a lock with a note on the cause. */
export const liftLock = (s: Situation, input: { environment: string; reason: string }, act: Act): Decision<Effect> => {
  const lock = s.locks.find((held) => held.environment === input.environment && held.liftedAt === null);
  if (lock === undefined)
    return refuse({
      code: 'not_found',
      what: 'lock on',
      reference: `${s.release.service} ${input.environment}`,
      fix: say`See ${command('env')}.`,
    });
  if (input.reason.trim() === '') return refuseField('reason', say`Say what the cause was; it stands in the journal.`);
  const locks = s.locks.map((held) => (held.id === lock.id ? { ...held, liftedAt: act.now, liftedBy: act.by } : held));
  return allow({
    after: { ...s, locks },
    events: [happened(s.release.id, 'lock.lifted', { environment: input.environment }, { words: input.reason })],
  });
};

/** Back to draft as a new revision: earlier approvals and results do not count for it. */
export const rework = (s: Situation, act: Act): Decision<Effect> => {
  const { state, artifact } = s.release;
  if (state.status !== 'rolled_back' && state.status !== 'failed') {
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status: state.status.replace('_', ' '),
      fix: say`Rework is for what failed or was rolled back.`,
    });
  }
  const running = s.deployments.find((d) => d.state === 'running');
  if (running !== undefined) {
    const status = `still at work in ${running.environment}`;
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status,
      fix: say`Finish that first.`,
    });
  }
  const { newer } = s.around;
  if (newer !== null)
    return refuse({
      code: 'status',
      did: 'Not reworked',
      name: nameOf(s.release),
      status: `replaced: ${newer.version} (REL-${newer.number}) runs by now`,
      fix: say`Plan the next version with ${command('new')}.`,
    });
  const revision = artifact.revision + 1;
  const returned = { why: 'reworked', by: act.by, reason: null } as const;
  const release: Release = {
    ...move(s.release, { status: 'draft', since: act.now, returned }),
    artifact: { revision, sha: null, digest: null },
    askWhenReady: false,
  };
  const round =
    s.round === null ? null : { ...s.round, state: 'invalidated' as const, endedAt: s.round.endedAt ?? act.now };
  return allow({ after: { ...s, release, round }, events: [happened(release.id, 'release.reworked', { revision })] });
};
