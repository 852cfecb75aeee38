/** The card of what is being deployed, or goes back. */

import { startMode } from '../domain/catalog/catalog.ts';
import { openItems } from '../domain/deployment/checklist.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { canGoBack, rollbackTarget } from '../domain/deployment/rollback.ts';
import { bakesUntil, nextStepOf, stepOf } from '../domain/deployment/rollout.ts';
import { failures, isUnwell, standingPlaces } from '../domain/deployment/standing.ts';
import { stepChecks } from '../domain/deployment/step-checks.ts';
import { inVain, liveGrant, nextEnvironment, readiness } from '../domain/readiness.ts';
import { runner, runs } from '../domain/release/runner.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact, type MoreItem } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  type Mrkdwn,
  md,
  quoteText,
  sentenceMarkup,
  textOf,
} from '../slack/mrkdwn.ts';
import {
  type CardParts,
  endsValue,
  freeElsewhere,
  type Look,
  more,
  obstacleLine,
  quiet,
  startButton,
  value,
  who,
} from './card-look.ts';
import {
  deadlineWords,
  exceptionButton,
  finishButtons,
  isDecided,
  isHalfway,
  placesWords,
  rolloutWords,
  stepButtons,
  stepObstacles,
  stepWords,
} from './card-steps.ts';
import { exceptionWords } from './release-facts.ts';
import type { Seen } from './seen-by.ts';

/** How another one goes on or ended, from the menu. */
const finishItems = (look: Look, d: Deployment): readonly MoreItem[] => {
  const [onward] = isHalfway(d) ? stepButtons(look, d) : [];
  return [...(onward === undefined ? [] : [onward]), ...finishButtons(look.s, d)]
    .filter(({ action }) => action !== ACTIONS.succeed || !isHalfway(d))
    .filter(({ action }, index, list) => list.findIndex((item) => item.action === action) === index)
    .map(({ text, action, value: of }) => ({ text, action, value: of }));
};

/** What is wrong in other places is decided about once this one is back. */
const wrongElsewhere = (s: Seen, rollback: Deployment): Mrkdwn =>
  joined(
    failures(s)
      .filter(({ environment }) => environment !== rollback.environment)
      .map(
        (d) =>
          md`${d.environment} ${isUnwell(d) ? 'is not healthy' : 'failed'}: ${quoteText(d.reason ?? 'no reason given', 150)}`,
      ),
    ' · ',
  );

/** Going back in one place; what is deployed to another meanwhile is ended from the menu. */
export const rollingBack = (look: Look, rollback: Deployment): Partial<CardParts> => {
  const { s, now } = look;
  const [other] = s.deployments.filter((d) => d.state === 'running' && d.kind === 'deploy');
  return {
    next: md`${who(runs(s, rollback), look)} says when it is back in ${rollback.environment}. ${deadlineWords(look, rollback)}`,
    facts: [
      fact('Reason', quoteText(rollback.reason ?? '', 300)),
      fact('Decided then', wrongElsewhere(s, rollback)),
      fact(
        'Still running',
        other === undefined
          ? EMPTY
          : md`${other.environment}: ${other.rollout === null ? md`${sayer(look, other)} says when it is through` : rolloutWords(other, now)}`,
      ),
    ],
    buttons: [
      { text: 'It is back', action: ACTIONS.rollbackDone, value: endsValue(s, rollback), style: 'primary' },
      { text: 'Rollback failed…', action: ACTIONS.rollbackFailed, value: endsValue(s, rollback), style: 'danger' },
    ],
    more: [
      ...(other === undefined ? [] : finishItems(look, other)),
      { text: 'Hand over…', action: ACTIONS.handOver, value: packValue(s.release.id, rollback.environment) },
    ],
  };
};

/** Who says how it ended: where a pipeline was let, that does, and whoever runs it can. */
const sayer = (look: Look, d: Deployment): Mrkdwn =>
  d.kind === 'deploy' && startMode(look.s.around.catalog, d.service, d.environment) !== 'by-hand'
    ? md`its pipeline, or ${who(runs(look.s, d), look)},`
    : who(runs(look.s, d), look);

/** At which step, until when, what comes then and who sees to it; of the last one who says that it is through. */
const onItsWay = (look: Look, d: Deployment): Mrkdwn => {
  const next = d.rollout === null ? null : nextStepOf(d.rollout);
  if (d.rollout === null || next === null) return md`${sayer(look, d)} says when it is through.`;
  const { paused } = d.rollout;
  const [bar] = stepChecks(look.s, d, look.now).filter(({ by }) => by === 'nothing');
  if (paused !== null) {
    const frozen = stepChecks(look.s, d, look.now).find(({ of }) => of === 'freeze');
    const then = frozen === undefined ? EMPTY : md`; ${sentenceMarkup(frozen.sentence, look.voice)}`;
    return md`paused by ${who(paused.by, look)}: ${quoteText(paused.reason, 120)}. Then ${next.name}${then}.`;
  }
  const until = bakesUntil(d.rollout, look.now);
  if (bar !== undefined)
    return md`${stepOf(d.rollout).name}, and not on to ${next.name}: ${sentenceMarkup(bar.sentence, look.voice)}.`;
  const step = md`${stepOf(d.rollout).name}${until === null ? EMPTY : md` until ${dateToken(until, '{time}')}`}, then ${next.name}`;
  return stepOf(d.rollout).auto === true ? md`${step} by itself.` : md`${step}: ${who(runs(look.s, d), look)} goes on.`;
};

/** How far its runbook is, and what comes next in it. */
const runbookWords = (d: Deployment): Mrkdwn => {
  const all = d.checklist.filter((item) => item.when === 'deploy');
  const open = openItems(d, 'deploy');
  const [next] = open;
  if (all.length === 0) return EMPTY;
  return md`${all.length - open.length} of ${all.length} done${next === undefined ? '' : md`, next: ${quoteText(next.text, 100)}`}`;
};

export const deployingParts = (look: Look): Partial<CardParts> => {
  const { s, now } = look;
  const all = s.deployments.filter((d) => d.state === 'running');
  // What somebody has to do something about comes first, and before what is to be said to be through the next step.
  const running = all.find((d) => stepChecks(s, d, now).length > 0) ?? all.find(isHalfway) ?? all[0];
  const next = nextEnvironment(s);
  if (running === undefined) {
    const { line, free } = obstacleLine(look);
    const start = free || liveGrant(s, next, now) !== null ? [startButton(s, next, now)] : [];
    // Waiting does not help: what does is said.
    const denied = inVain(readiness(s, next, now, runner(s)));
    const wayOut = denied === null ? EMPTY : sentenceMarkup(denied.fix, look.voice);
    const elsewhere = free ? undefined : freeElsewhere(s, next, now);
    const back: ButtonSpec = { text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' };
    return {
      next: joined([line, elsewhere === undefined ? wayOut : md`Nothing in the way in ${elsewhere}.`], ' '),
      facts: [fact('Places', placesWords(look, null)), fact('Exception', exceptionWords(s, now))],
      buttons: [
        ...start,
        ...(elsewhere === undefined ? [] : [{ ...startButton(s, elsewhere, now), text: `Start in ${elsewhere}` }]),
        ...exceptionButton(s, next, now),
        ...(canGoBack(s) ? [back] : []),
      ],
      more: more(
        s,
        ['Why?', ACTIONS.why],
        ...(standingPlaces(s).length === 0 ? [] : [['Go no further…', ACTIONS.cancel] as const]),
        ...notHealthy(s),
      ),
    };
  }
  const before = rollbackTarget(s, running.environment) ?? running.before;
  const others = all.filter(({ id }) => id !== running.id);
  const line = (d: Deployment): Mrkdwn =>
    md`${others.length === 0 ? '' : `${d.environment}: `}${onItsWay(look, d)} ${deadlineWords(look, d)}`;
  return {
    next: joined([running, ...others].map(line), ' '),
    facts: [
      fact('Progress', rolloutWords(running, now)),
      fact('To do', runbookWords(running)),
      fact('Next step', running.rollout?.paused == null ? stepObstacles(look, running) : EMPTY),
      fact('Places', placesWords(look, running)),
      fact('Exception', exceptionWords(s, now)),
      fact('Step', running.rollout === null || running.run !== null ? stepWords(running) : EMPTY),
      fact(
        'Before',
        before === null
          ? md`nothing ran there`
          : md`${before} (rollback: ${quoteText(s.release.rollbackPlan ?? 'no plan', 120)})`,
      ),
      fact(
        'Tried before',
        running.attempt === 1 ? EMPTY : md`${running.attempt === 2 ? 'once' : `${running.attempt - 1} times`}`,
      ),
    ],
    buttons: [
      ...stepButtons(look, running),
      ...(canGoBack(s)
        ? [{ text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' as const }]
        : []),
    ],
    more: [
      ...others.flatMap((d) => finishItems(look, d)),
      ...((running.rollout?.index ?? 0) > 0
        ? []
        : [
            {
              text: `Abort${others.length === 0 ? '' : ` ${running.environment}`}: nothing was touched`,
              action: ACTIONS.abort,
              value: endsValue(s, running),
            },
          ]),
      ...(running.rollout?.paused == null && isHalfway(running)
        ? finishButtons(s, running)
            .filter(({ action }) => action === ACTIONS.fail)
            .map(({ text, action, value: of }) => ({ text, action, value: of }))
        : []),
      { text: 'Hand over…', action: ACTIONS.handOver, value: packValue(s.release.id, running.environment) },
      ...more(s, ...notHealthy(s), ['Hold', ACTIONS.hold]),
    ].slice(0, MOST_BESIDES),
  };
};

/** An overflow menu has five items, and *Details* is one of them. */
const MOST_BESIDES = 4;

/** Where it has come already it may not be well: that is said before it comes to the next place. */
const notHealthy = (s: Seen): readonly (readonly [string, MoreItem['action']])[] =>
  standingPlaces(s).length === 0 ? [] : [['Not healthy…', ACTIONS.unhealthy]];

const stopped = (line: Mrkdwn): Mrkdwn => (isEmpty(line) || textOf(line).endsWith('.') ? line : md`${line}.`);

/** A deployment to an environment that changes no status runs beside it: it comes first, but for a decision. */
export const withRunning = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { s } = look;
  if (s.deployments.some((d) => d.state === 'running' && d.kind === 'rollback')) return parts;
  const running = s.deployments.find((d) => d.state === 'running' && d.kind === 'deploy');
  if (running === undefined || s.release.state.status === 'deploying') return parts;
  const line = md`${running.version} is being deployed to ${running.environment} since ${dateToken(running.startedAt)}: ${onItsWay(look, running)} ${deadlineWords(look, running)}`;
  const decided = isDecided(s);
  const theirs = isHalfway(running) ? stepButtons(look, running) : finishButtons(s, running);
  const own = parts.buttons ?? [];
  const all = decided ? [...own, ...theirs.map(quiet)] : [...theirs, ...own.map(quiet)];
  // What finds no room stands first in the menu.
  const rest = all.slice(3).map(({ text, action, value: of }) => ({ text, action, value: of }));
  return {
    ...parts,
    next: decided ? joined([stopped(parts.next ?? EMPTY), line], ' ') : joined([line, parts.next ?? EMPTY], ' '),
    buttons: all.slice(0, 3),
    more: [...rest, ...(parts.more ?? [])].slice(0, MOST_BESIDES),
  };
};
