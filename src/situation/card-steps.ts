/** A deployment that runs, on its card: how far it is, what its next step waits for, and the buttons that move or end it. */

import { deadlineOf } from '../domain/deployment/deadline.ts';
import { type Deployment } from '../domain/deployment/deployment.ts';
import { bakesUntil, nextStepOf, stepOf } from '../domain/deployment/rollout.ts';
import { isUnwell } from '../domain/deployment/standing.ts';
import { stepChecks } from '../domain/deployment/step-checks.ts';
import { freezeToExcept } from '../domain/freeze/exception.ts';
import { type Instant } from '../domain/time.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, link, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import { endsValue, type Look, quiet } from './card-look.ts';
import type { Seen } from './seen-by.ts';

/** In the middle of its steps it goes on or fails, and is not through. */
export const isHalfway = ({ rollout }: Deployment): boolean => rollout !== null && nextStepOf(rollout) !== null;

/** What people are to decide about the release comes before how it goes somewhere else. */
export const isDecided = ({ release: { state } }: Seen): boolean =>
  state.status === 'failed' || state.status === 'awaiting_approval';

/** ` in eu`, where several run at once, or something else is decided about the release meanwhile. */
const inWhich = (s: Seen, { environment }: Deployment): string =>
  isDecided(s) || s.deployments.filter((d) => d.state === 'running').length > 1 ? ` in ${environment}` : '';

/** The buttons that say how a running deployment ended: whatever the release's status, somebody has to be able to. */
export const finishButtons = (s: Seen, running: Deployment): readonly ButtonSpec[] => {
  const place = endsValue(s, running);
  const where = inWhich(s, running);
  return [
    { text: `It went through${where}`, action: ACTIONS.succeed, value: place, style: 'primary' },
    { text: `It failed${where}…`, action: ACTIONS.fail, value: place },
  ];
};

/** Through a freeze that holds it there, where that may be asked for. */
export const exceptionButton = (s: Seen, environment: string, now: Instant): readonly ButtonSpec[] =>
  freezeToExcept(s, environment, now).ok
    ? [{ text: 'Ask for an exception', action: ACTIONS.askException, value: packValue(s.release.id, environment) }]
    : [];

/** How far it is, as whoever runs it said last, and where one can watch it. */
export const stepWords = ({ step, run }: Deployment): Mrkdwn =>
  joined(
    [
      step === null ? EMPTY : md`${quoteText(step.words, 120)}${step.percent === null ? '' : ` (${step.percent} %)`}`,
      run === null ? EMPTY : link(run, 'pipeline'),
    ],
    ' · ',
  );

/** ` (configuration)`, where somebody said the cause. */
export const causeWords = ({ cause }: Deployment): Mrkdwn => (cause === null ? EMPTY : md` · cause: ${cause}`);

const BAR = 8;

/** How far it is in its steps: a bar, the step, and what it waits for. */
export const rolloutWords = ({ rollout, signals }: Deployment, now: Instant): Mrkdwn => {
  if (rollout === null) return EMPTY;
  const { index, steps, paused } = rollout;
  const against = [
    ...rollout.stopped.map(({ metric, value, rule }) => md`${metric} is ${value}, and the rule is ${rule}`),
    ...signals.filter(({ alarm }) => alarm).map(({ name, said }) => md`${name} ${said}`),
  ];
  const full = Math.round(((index + 1) / steps.length) * BAR);
  const until = bakesUntil(rollout, now);
  const waits =
    paused !== null
      ? md` · :double_vertical_bar: paused: ${quoteText(paused.reason, 120)}`
      : against.length > 0
        ? md` · :octagonal_sign: ${joined(against, ', ')}`
        : until === null
          ? EMPTY
          : md` · ${stepOf(rollout).auto === true && nextStepOf(rollout) !== null ? 'goes on by itself' : 'bakes until'} ${dateToken(until, '{time}')}`;
  return md`${'▰'.repeat(full)}${'▱'.repeat(BAR - full)} ${index + 1} of ${steps.length}: ${stepOf(rollout).name}${waits}`;
};

/** Which step whoever presses sees: somebody else may be faster. */
const stepValue = (s: Seen, { environment, rollout }: Deployment): string =>
  packValue(s.release.id, environment, String(rollout?.index ?? 0));

/** The buttons of a deployment in steps: on, or on all the same; to stop; at its last step, how it ended. */
export const stepButtons = (look: Look, running: Deployment): readonly ButtonSpec[] => {
  const { s, now } = look;
  const place = packValue(s.release.id, running.environment);
  const next = running.rollout === null ? null : nextStepOf(running.rollout);
  const where = inWhich(s, running);
  const checks = stepChecks(s, running, now);
  if (running.rollout?.paused != null)
    return [
      { text: `Resume${where}`, action: ACTIONS.resumeStep, value: place, style: 'primary' },
      { text: `It failed${where}…`, action: ACTIONS.fail, value: endsValue(s, running) },
    ];
  // What is watched, or over its limit, is not through yet.
  if (next === null) return checks.length === 0 ? finishButtons(s, running) : finishButtons(s, running).map(quiet);
  const barred = checks.some(({ by }) => by === 'nothing');
  return [
    ...(barred
      ? exceptionButton(s, running.environment, now)
      : checks.length === 0
        ? [
            {
              text: `Next${where}: ${next.name}`,
              action: ACTIONS.nextStep,
              value: stepValue(s, running),
              style: 'primary' as const,
            },
          ]
        : [{ text: `Next${where}: ${next.name}…`, action: ACTIONS.nextStepAnyway, value: stepValue(s, running) }]),
    { text: `Pause${where}…`, action: ACTIONS.pauseStep, value: place },
  ];
};

const MOST_PLACES = 6;

/** Where it stands in each of several places; each has its own steps, and commands. */
export const placesWords = (look: Look, shown: Deployment | null): Mrkdwn => {
  const { s, now } = look;
  const { targets, artifact } = s.release;
  const others = s.deployments.filter((d) => d.state === 'running' && !targets.includes(d.environment));
  const places = [...targets, ...others.map(({ environment }) => environment)];
  if (places.length < 2) return EMPTY;
  const words = places.slice(0, MOST_PLACES).map((place) => {
    const last = s.deployments.findLast((d) => d.environment === place && d.state !== 'aborted');
    if (last === undefined || last.revision !== artifact.revision) return md`${place} to come`;
    if (last.state === 'running')
      return last.id === shown?.id || last.rollout === null
        ? md`${place} under way`
        : md`${place}: ${rolloutWords(last, now)}`;
    if (last.kind === 'rollback')
      return last.state === 'succeeded' ? md`${place} back on ${last.version}` : md`${place}: going back failed`;
    if (isUnwell(last)) return md`${place} not healthy`;
    return last.state === 'succeeded' ? md`${place} ✓` : md`${place} failed`;
  });
  const rest = places.length - words.length;
  return joined([...words, rest > 0 ? md`${rest} more` : EMPTY], ' · ');
};

/** When it counts as failed; where its time stands, that it does. */
export const deadlineWords = ({ s, now }: Look, d: Deployment): Mrkdwn => {
  const deadline = deadlineOf(s, d, now);
  return deadline === null
    ? md`Its time stands meanwhile.`
    : isHalfway(d)
      ? md`If it is not through by ${dateToken(deadline)}, it counts as failed.`
      : md`If nobody has said so by ${dateToken(deadline)}, it counts as failed.`;
};

/** What stands against its next step besides what its line says. */
export const stepObstacles = (look: Look, running: Deployment): Mrkdwn =>
  joined(
    stepChecks(look.s, running, look.now)
      .filter(({ by }) => by === 'nothing')
      .map(({ sentence, fix }) => md`${sentenceMarkup(sentence, look.voice)}. ${sentenceMarkup(fix, look.voice)}`),
    ' ',
  );
