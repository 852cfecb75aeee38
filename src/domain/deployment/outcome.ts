/** What became of a deployment: it went through, failed, ran out of time, or was taken back. */

import { type EventDraft, happened } from '../events.ts';
import { workingDaysLater } from '../hours.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { move, nameOf } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import { withAction } from '../review/action.ts';
import { openReview } from '../review/review.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { command, say } from '../words.ts';
import { type Cause, type Deployment, endedAs, endedBy, minutes, whichOne } from './deployment.ts';
import { nextStepOf } from './rollout.ts';
import { stands, stillWrong, unwell } from './standing.ts';
import { stepChecks } from './step-checks.ts';
import { isHealthyAtOnce } from './verification.ts';

/** Where it ended, and which attempt whoever presses a button saw there. */
type Ended = { environment: string | null; shown?: string | undefined };

/** The deployment went through. The release is deployed once every target environment has this artifact. */
export const succeedDeployment = (s: Situation, input: Ended, act: Act): Decision<Effect> => {
  const found = endedBy(s, 'deploy', input);
  if (!found.ok) return found;
  const running = found.value;
  // Where nobody may go on to its next step, nobody says by that that it is through. A pipeline knows how far it has brought it.
  const [bar] =
    running.rollout === null || nextStepOf(running.rollout) === null || tokenName(act.by) !== null
      ? []
      : stepChecks(s, running, act.now).filter(({ by }) => by === 'nothing');
  if (bar !== undefined)
    return refuse({
      code: 'forbidden',
      did: 'Not recorded',
      because: say`it is in the middle of its steps, and ${bar.sentence}`,
      can: say`${bar.fix} Or say that it failed.`,
    });
  const done = endedAs(s, running.id, 'succeeded', act.by, null, act.now);
  const data = {
    environment: running.environment,
    version: running.version,
    before: running.before,
    minutes: minutes(running.startedAt, act.now),
  };
  const events: EventDraft[] = [happened(s.release.id, 'deployment.succeeded', data, { subject: running.id })];
  if (s.release.state.status === 'failed') return allow({ after: { ...done, release: stillWrong(done) }, events });
  // Whichever comes last: an unprotected target counts as well, and alone changes no status.
  if (s.release.state.status !== 'deploying' || !done.release.targets.every((place) => stands(done, place)))
    return allow({ after: done, events });
  // It went through here, and somewhere else it is not well still.
  const [bad] = unwell(done);
  if (bad !== undefined) {
    const failed = move(done.release, { status: 'failed', since: act.now, reason: bad.reason ?? 'not healthy' });
    return allow({ after: { ...done, release: failed }, events });
  }
  const release = move(done.release, {
    status: 'deployed',
    since: act.now,
    before: running.before,
    healthy: isHealthyAtOnce(s.around.catalog, s.release.service) ? true : null,
  });
  const consumed = {
    ...done,
    release,
    round: done.round === null ? null : { ...done.round, state: 'consumed' as const },
  };
  return allow(openReview(afterwards({ after: consumed, events }, act), 'success', act));
};

/** What its strategy leaves to be done, once: the owner's, by its day. */
const afterwards = (effect: Effect, act: Act): Effect => {
  const { deployments, actions } = effect.after;
  const todo = deployments.findLast(({ rollout }) => rollout?.afterwards != null)?.rollout?.afterwards ?? null;
  if (todo === null || actions.some(({ text, state }) => text === todo.text && state === 'open')) return effect;
  const due = workingDaysLater(effect.after, act.now, todo.days);
  const added = withAction(effect, { text: todo.text, owner: null, due }, act);
  const known = new Set(effect.events);
  return {
    ...added,
    events: added.events.map((event) => (known.has(event) ? event : { ...event, byItself: true as const })),
  };
};

/** A person says that it failed. Needs a reason: it is announced. */
export const failDeployment = (
  s: Situation,
  input: Ended & { reason: string; cause?: Cause | null | undefined },
  act: Act,
): Decision<Effect> => {
  const found = endedBy(s, 'deploy', input);
  if (!found.ok) return found;
  if (input.reason.trim() === '') return refuseField('reason', say`Say what failed; it is announced with the failure.`);
  return allow(countedAsFailed(s, { ...found.value, cause: input.cause ?? null }, input.reason, act, false));
};

/** Nobody finished it before its deadline: it counts as failed, dated at the deadline. */
export const timeOut = (s: Situation, running: Deployment, act: Act): Effect =>
  countedAsFailed(s, running, 'nobody finished it in time', { ...act, now: running.deadline }, true);

export const countedAsFailed = (
  s: Situation,
  running: Deployment,
  reason: string,
  act: Act,
  timedOut: boolean,
): Effect => {
  const ended = endedAs(s, running.id, 'failed', timedOut ? null : act.by, reason, act.now);
  const inARow =
    isProtected(s, running.environment) && running.kind === 'deploy'
      ? (s.around.failing[running.environment] ?? 0) + 1
      : null;
  const done: Situation = {
    ...ended,
    deployments: ended.deployments.map((d) => (d.id === running.id ? { ...d, cause: running.cause, inARow } : d)),
  };
  const due = timedOut ? { due: running.deadline } : {};
  const event = happened(
    s.release.id,
    'deployment.failed',
    {
      environment: running.environment,
      version: running.version,
      timedOut,
      ...(running.cause === null ? {} : { cause: running.cause }),
      ...(running.kind === 'rollback' ? { rollback: true as const } : {}),
    },
    { words: timedOut ? null : reason, subject: running.id, ...due },
  );
  if (!isProtected(s, running.environment)) return { after: done, events: [event] };
  if (running.kind === 'rollback') return failedRollback({ after: done, events: [event] }, reason, act);
  if (done.release.state.status !== 'deploying') return { after: done, events: [event] };
  const release = move(done.release, { status: 'failed', since: act.now, reason });
  return openReview({ after: { ...done, release, round: overtaken(done, act.now) }, events: [event] }, 'failed', act);
};

/** What could not go back stays where it should not be: the release has failed, however well it had begun. */
const failedRollback = ({ after: s, events }: Effect, reason: string, act: Act): Effect =>
  s.release.state.status === 'deployed' || s.release.state.status === 'deploying'
    ? openReview(
        { after: { ...s, release: move(s.release, { status: 'failed', since: act.now, reason }) }, events },
        'failed',
        act,
      )
    : { after: s, events };

/** A round that was still open when an emergency started is over: what failed is not waiting for approval. */
const overtaken = ({ round }: Situation, now: Instant): Situation['round'] =>
  round !== null && round.state === 'open' ? { ...round, state: 'withdrawn', endedAt: now } : round;

/** What let a start in by which nothing was touched is not used up: an emergency, which nobody judges then, and exceptions. */
const givenBack = (s: Situation, { id }: Deployment): Situation => {
  const { breakGlass: grant } = s;
  return {
    ...s,
    breakGlass: grant?.usedBy === id && grant.verdict === null ? { ...grant, usedBy: null } : grant,
    exceptions: s.exceptions.map((each) => (each.usedBy === id ? { ...each, usedBy: null } : each)),
  };
};

/** Stopped before anything was touched: the release goes back to where it came from, and no failure is counted. */
export const abortDeployment = (s: Situation, input: Ended & { reason: string | null }, act: Act): Decision<Effect> => {
  const { reason } = input;
  const found = whichOne(s, input.environment, 'abort') ?? endedBy(s, 'deploy', input, 'Not aborted');
  if (!found.ok) return found;
  const running = found.value;
  const { rollout } = running;
  if (rollout !== null && rollout.index > 0 && (rollout.steps[rollout.index]?.percent ?? 0) > 0)
    return refuse({
      code: 'status',
      did: 'Not aborted',
      name: nameOf(s.release),
      status: `at ${rollout.steps[rollout.index]?.name ?? 'its last step'}: something was touched`,
      fix: say`Say that it failed, or go back with ${command(`rollback REL-${s.release.number} "why"`)}.`,
    });
  const done = endedAs(s, running.id, 'aborted', act.by, reason, act.now);
  const event = happened(
    s.release.id,
    'deployment.aborted',
    { environment: running.environment, version: running.version },
    { words: reason, subject: running.id },
  );
  const { state } = done.release;
  // Back only when nothing of it is in a protected environment, or on its way there.
  const elsewhere = done.deployments.some(
    (d) =>
      d.id !== running.id &&
      isProtected(s, d.environment) &&
      d.revision === running.revision &&
      (d.state === 'running' || d.state === 'succeeded'),
  );
  const back = state.status === 'deploying' && !elsewhere && isProtected(s, running.environment);
  const release = back ? move(done.release, state.from) : done.release;
  return allow({ after: { ...givenBack(done, running), release }, events: [event] });
};
