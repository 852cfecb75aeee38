/** What is done to a deployment in steps: on, paused, stopped by a number, handed over. A pipeline that says how far it is moves it; by hand whoever runs it does. */
import { happened } from '../events.ts';
import { freezesStopping } from '../freeze/calendar.ts';
import { usedExceptions } from '../freeze/exception.ts';
import { freezeQuestion } from '../freeze/freeze-check.ts';
import type { UserId } from '../ids.ts';
import { mayGiveAway } from '../permissions.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { keyOf, nameOf } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { after, between, type Instant, latest } from '../time.ts';
import { tokenName } from '../token/token.ts';
import { command, say } from '../words.ts';
import { type Deployment, nothingRuns, runningDeployment, whichOne } from './deployment.ts';
import { watched } from './health.ts';
import { lockOf } from './lock.ts';
import { crosses, moved, nextStepOf, type Rollout, ruleWords, stepOf } from './rollout.ts';
import { isFresh } from './signals.ts';
import { givenApart } from './starter.ts';
import { stepChecks } from './step-checks.ts';
import { measured, namesIn } from './watch.ts';

const running = (
  s: Situation,
  environment: string | null,
  did: string,
  word: 'next' | 'pause' | 'resume',
): Decision<Deployment & { rollout: Rollout }> => {
  const found = runningDeployment(s, environment, 'deploy');
  if (found === null) return nothingRuns(s, did);
  const asked = whichOne(s, environment, word);
  if (asked !== null) return asked;
  const { rollout } = found;
  return rollout === null
    ? refuse({
        code: 'status',
        did,
        name: `${nameOf(s.release)} in ${found.environment}`,
        status: 'deployed at once, without steps',
        fix: say`A strategy in the catalog gives a service steps.`,
      })
    : allow({ ...found, rollout });
};

const withRollout = (s: Situation, d: Deployment, rollout: Rollout, more: Partial<Deployment> = {}): Situation => ({
  ...s,
  deployments: s.deployments.map((each) => (each.id === d.id ? { ...each, ...more, rollout } : each)),
});

export type NextStepInput = {
  environment: string | null;
  reason: string | null;
  /** The step that whoever presses saw, counted from 0: somebody else may have been faster. */
  from?: number | undefined;
};

/** On to the next step. Refuses while it is paused, on hold or frozen; before it has baked, or against a rule, it wants a reason. */
export const nextStep = (s: Situation, input: NextStepInput, act: Act): Decision<Effect> => {
  const found = running(s, input.environment, 'Not gone on', 'next');
  if (!found.ok) return found;
  const d = found.value;
  const next = nextStepOf(d.rollout);
  if (input.from !== undefined && input.from !== d.rollout.index)
    return refuse({
      code: 'status',
      did: 'Not gone on',
      name: nameOf(s.release),
      status: `at ${stepOf(d.rollout).name} already`,
      fix: say`Look at its card: it went on while you were reading.`,
    });
  if (next === null)
    return refuse({
      code: 'status',
      did: 'Not gone on',
      name: nameOf(s.release),
      status: 'at its last step',
      fix: say`Say how it ended, on its card.`,
    });
  const checks = stepChecks(s, d, act.now);
  const [barred] = checks.filter(({ by }) => by === 'nothing');
  if (barred !== undefined)
    return refuse({ code: 'step.stopped', name: nameOf(s.release), sentence: barred.sentence, fix: barred.fix });
  // A pipeline waits: a reason is a person's.
  const [check] = checks;
  const pipeline = tokenName(act.by) !== null;
  if (check !== undefined && pipeline)
    return refuse({
      code: 'step.stopped',
      name: nameOf(s.release),
      sentence: check.sentence,
      fix: say`A pipeline waits; a person may go on with a reason.`,
    });
  if (check !== undefined && (input.reason ?? '').trim() === '')
    return refuseField('reason', say`Not gone on: ${check.sentence}. ${check.fix}`);
  // An exception that came meanwhile lets this deployment go on, to its end.
  const frozen = freezesStopping(s.around.freezes, [], freezeQuestion(s, d.environment, act.now)).map(({ id }) => id);
  const passed = [...new Set([...d.rollout.passed, ...frozen])];
  const went = withRollout(
    s,
    d,
    { ...moved(d.rollout, d.rollout.index + 1, act.now), passed },
    {
      step: { words: next.name, percent: next.percent, at: act.now },
    },
  );
  const after_ = { ...went, exceptions: usedExceptions(s, d.environment, frozen, d.id, act.now) };
  const event = happened(
    s.release.id,
    'rollout.moved',
    { environment: d.environment, step: next.name, percent: next.percent, against: checks.length > 0 },
    { words: input.reason, subject: d.id },
  );
  return allow({ after: after_, events: [event] });
};

/** Its addresses, where it has any, were asked since its step began, lately, and each answered well. */
const isSeenWell = (s: Situation, d: Deployment, since: Instant, now: Instant): boolean => {
  const names = namesIn(s, d);
  const signals = names.map((name) => d.signals.find((signal) => signal.name === name));
  return (
    names.length === 0 ||
    (isFresh(d.probedAt, now) &&
      d.probedAt !== null &&
      d.probedAt >= since &&
      signals.every((signal) => signal?.ok === true && signal.bad === 0))
  );
};

/** Whether it is only its time, and a look at it, that it waits for to go on by itself. A pipeline says itself where it is. */
export const isOnItsOwn = (s: Situation, d: Deployment, now: Instant): boolean =>
  d.state === 'running' &&
  d.rollout !== null &&
  tokenName(d.runBy) === null &&
  stepOf(d.rollout).auto === true &&
  nextStepOf(d.rollout) !== null &&
  s.release.state.status === 'deploying' &&
  // What goes back elsewhere, or is locked, does not go on here.
  !s.deployments.some(({ kind, startedAt }) => kind === 'rollback' && startedAt >= d.startedAt) &&
  lockOf(s, d.environment, now) === null;

/** On by itself: its step says so, it has baked, it was seen to be well, and nothing is against it. */
export const goOnByItself = (s: Situation, now: Instant): Effect | null => {
  const d = s.deployments.find(
    (each) =>
      isOnItsOwn(s, each, now) &&
      stepChecks(s, each, now).length === 0 &&
      isSeenWell(s, each, each.rollout?.since ?? now, now),
  );
  if (d === undefined) return null;
  const went = nextStep(s, { environment: d.environment, reason: null }, { by: d.runBy, now, newId: NO_ID });
  return went.ok
    ? { ...went.value, events: went.value.events.map((event) => ({ ...event, byItself: true as const })) }
    : null;
};

/** A step makes nothing that has an id. */
const NO_ID: Act['newId'] = () => {
  throw new Error('A step makes nothing new.');
};

/** Stays at its step until somebody lets it go on. Refuses without a reason, and where it stands already. */
export const pauseRollout = (
  s: Situation,
  input: { environment: string | null; reason: string },
  act: Act,
): Decision<Effect> => {
  const found = running(s, input.environment, 'Not paused', 'pause');
  if (!found.ok) return found;
  const d = found.value;
  if (d.rollout.paused !== null)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: 'paused already',
      fix: say`Let it go on with ${command(`step ${keyOf(s.release)} resume`)}.`,
    });
  if (input.reason.trim() === '') return refuseField('reason', say`Not paused: say what it waits for.`);
  const paused = { by: act.by, reason: input.reason.trim(), since: act.now };
  const event = happened(
    s.release.id,
    'rollout.paused',
    { environment: d.environment, step: stepOf(d.rollout).name },
    { words: input.reason, subject: d.id },
  );
  return allow({ after: withRollout(s, d, { ...d.rollout, paused }), events: [event] });
};

/** Goes on where it stood: its clocks stood as well. */
export const resumeRollout = (s: Situation, input: { environment: string | null }, act: Act): Decision<Effect> => {
  const found = running(s, input.environment, 'Nothing changed', 'resume');
  if (!found.ok) return found;
  const d = found.value;
  const { paused } = d.rollout;
  if (paused === null)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: 'not paused',
      fix: say`See ${command(`show ${keyOf(s.release)}`)}.`,
    });
  const stood = between(paused.since, act.now);
  // A step that began meanwhile stood from then on.
  const stepStood = between(latest([paused.since, d.rollout.since]) ?? paused.since, act.now);
  const rollout = { ...d.rollout, paused: null, since: after(d.rollout.since, stepStood) };
  const event = happened(
    s.release.id,
    'rollout.resumed',
    { environment: d.environment, step: stepOf(rollout).name },
    { subject: d.id },
  );
  return allow({ after: withRollout(s, d, rollout, { deadline: after(d.deadline, stood) }), events: [event] });
};

export type MetricInput = { environment: string | null; metric: string; value: number };

/** A number that somebody measured. One that crosses its rule while a deployment runs stops it at its step; once it is through, it is told. */
export const reportMetric = (s: Situation, input: MetricInput, act: Act): Decision<Effect> => {
  const d = runningDeployment(s, input.environment, 'deploy');
  if (d === null && watched(s).length === 0) return nothingRuns(s, 'Not recorded');
  const rules = s.around.catalog.services[s.release.service]?.health ?? [];
  const rule = rules.find(({ metric }) => metric === input.metric);
  if (rule === undefined)
    return refuseField(
      'metric',
      rules.length === 0
        ? say`Not recorded: ${s.release.service} has no health rules in the catalog.`
        : say`Not recorded: there is no rule about “${input.metric}”. Known: ${rules.map(({ metric }) => metric).join(', ')}.`,
    );
  if (d === null) {
    const said = `is ${input.value}, and the rule is ${ruleWords(rule)}`;
    const look = { name: rule.metric, ok: !crosses(rule, input.value), said };
    return measured(s, input.environment, look, act) ?? nothingRuns(s, 'Not recorded');
  }
  const { rollout } = d;
  if (rollout === null)
    return refuse({
      code: 'status',
      did: 'Not recorded',
      name: `${nameOf(s.release)} in ${d.environment}`,
      status: 'deployed at once: there is no step at which it could stay',
      fix: say`Say that it failed, or give the service a strategy.`,
    });
  const crossed = crosses(rule, input.value);
  const was = rollout.stopped.some(({ metric }) => metric === input.metric);
  if (!crossed && !was) return allow({ after: s, events: [] });
  const others = rollout.stopped.filter(({ metric }) => metric !== input.metric);
  const crossing = { metric: input.metric, value: input.value, rule: ruleWords(rule), at: act.now };
  const after_ = withRollout(s, d, { ...rollout, stopped: crossed ? [...others, crossing] : others });
  // What is known already is shown with its new number, and not told again.
  if (crossed && was) return allow({ after: after_, events: [] });
  const data = { environment: d.environment, metric: input.metric, value: input.value, rule: ruleWords(rule) };
  const event = happened(s.release.id, crossed ? 'rollout.stopped' : 'rollout.recovered', data, { subject: d.id });
  return allow({ after: after_, events: [event] });
};

/** Somebody else runs it from now on, and deploys what is left of the release. Refuses where nothing runs, for whoever runs it already, and for whoever may not deploy what they approved. */
export const handOver = (
  s: Situation,
  input: { environment: string | null; to: UserId },
  act: Act,
): Decision<Effect> => {
  const d = runningDeployment(s, input.environment, 'deploy') ?? runningDeployment(s, input.environment, 'rollback');
  if (d === null) return nothingRuns(s, 'Not handed over');
  if (d.runBy === input.to)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: nameOf(s.release),
      status: 'theirs already',
      fix: say`Pick somebody else.`,
    });
  const mayGive = mayGiveAway(s.around.catalog, s.release, act.by, 'Not handed over');
  if (!mayGive.ok) return mayGive;
  const apart =
    d.kind === 'rollback'
      ? null
      : givenApart(s, { environment: d.environment, to: input.to, did: 'Not handed over' }, act.now);
  if (apart !== null) return refuse(apart);
  const release = isProtected(s, d.environment) ? { ...s.release, deployer: input.to } : s.release;
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, runBy: input.to } : each));
  const event = happened(
    s.release.id,
    'deployment.handed_over',
    { environment: d.environment, to: input.to },
    { subject: d.id },
  );
  return allow({ after: { ...s, release, deployments }, events: [event] });
};
