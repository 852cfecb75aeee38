/** The card from the start of a deployment on: deploying, deployed, failed, rolled back. */

import { openItems } from '../domain/deployment/checklist.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { confirmations, openChecks, toConfirm } from '../domain/deployment/health.ts';
import { newerWords } from '../domain/deployment/newer.ts';
import { canGoBack } from '../domain/deployment/rollback.ts';
import { nextStepOf } from '../domain/deployment/rollout.ts';
import { stepChecks } from '../domain/deployment/step-checks.ts';
import { verificationOf } from '../domain/deployment/verification.ts';
import { badSignals, healthyByItselfAt } from '../domain/deployment/watch.ts';
import { liveGrant, nextEnvironment, obstacles, readiness } from '../domain/readiness.ts';
import { type StateOf } from '../domain/release/release.ts';
import { dueReview } from '../domain/review/review.ts';
import { between, MINUTE } from '../domain/time.ts';
import { count, took } from '../domain/words.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, joined, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  anyOf,
  approvalsWords,
  type CardParts,
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
  placesWords,
  rolloutWords,
  stepButtons,
  stepObstacles,
  stepWords,
} from './card-steps.ts';
import { fixedWords } from './release-facts.ts';
import type { Seen } from './seen-by.ts';

export const rollingBack = (look: Look, rollback: Deployment): Partial<CardParts> => ({
  next: md`${who(rollback.runBy, look)} says when it is back. Going back to ${rollback.version} in ${rollback.environment} since ${dateToken(rollback.startedAt, '{time}')}.`,
  facts: [fact('Reason', quoteText(rollback.reason ?? '', 300))],
  buttons: [
    { text: 'It is back', action: ACTIONS.rollbackDone, value: value(look.s), style: 'primary' },
    { text: 'Rollback failed…', action: ACTIONS.rollbackFailed, value: value(look.s), style: 'danger' },
  ],
  more: [{ text: 'Hand over…', action: ACTIONS.handOver, value: packValue(look.s.release.id, rollback.environment) }],
});

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
  // What somebody has to do something about comes first.
  const running = all.find((d) => stepChecks(s, d, now).length > 0) ?? all[0];
  const next = nextEnvironment(s);
  if (running === undefined) {
    const { line, free } = obstacleLine(look);
    const start = free || liveGrant(s, next, now) !== null ? [startButton(s, next, now)] : [];
    const back: ButtonSpec = { text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' };
    return {
      next: line,
      facts: [fact('Places', placesWords(look, null))],
      buttons: [...start, ...exceptionButton(look, next), ...(canGoBack(s) ? [back] : [])],
      more: more(s, ['Why?', ACTIONS.why]),
    };
  }
  return {
    next: md`${who(running.runBy, look)} says when it is through. ${deadlineWords(look, running)}`,
    facts: [
      fact('Progress', rolloutWords(running, now)),
      fact('To do', runbookWords(running)),
      fact('Next step', running.rollout?.paused == null ? stepObstacles(look, running) : EMPTY),
      fact('Places', placesWords(look, running)),
      fact('Step', running.rollout === null || running.run !== null ? stepWords(running) : EMPTY),
      fact(
        'Before',
        running.before === null
          ? md`nothing ran there`
          : md`${running.before} (rollback: ${quoteText(s.release.rollbackPlan ?? 'no plan', 120)})`,
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
      ...((running.rollout?.index ?? 0) > 0
        ? []
        : [
            {
              text: 'Abort: nothing was touched',
              action: ACTIONS.abort,
              value: packValue(s.release.id, running.environment),
            },
          ]),
      ...(running.rollout !== null && running.rollout.paused === null && nextStepOf(running.rollout) !== null
        ? [{ text: 'It failed…', action: ACTIONS.fail, value: packValue(s.release.id, running.environment) }]
        : []),
      { text: 'Hand over…', action: ACTIONS.handOver, value: packValue(s.release.id, running.environment) },
      ...more(s, ['Hold', ACTIONS.hold]),
    ],
  };
};

/** A deployment to an environment that changes no status runs beside it: it comes first. */
export const withRunning = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { s } = look;
  const running = s.deployments.find((d) => d.state === 'running' && d.kind === 'deploy');
  if (running === undefined || s.release.state.status === 'deploying') return parts;
  const line = md`${running.version} is being deployed to ${running.environment} by ${who(running.runBy, look)} since ${dateToken(running.startedAt)}.`;
  const others = (parts.buttons ?? []).map(quiet);
  return {
    ...parts,
    next: joined([line, parts.next ?? EMPTY], ' '),
    buttons: [...finishButtons(s, running), ...others].slice(0, 3),
  };
};

/** While the glass is broken it can start, whatever it waits for; before that, who confirms it. */
export const withGrant = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { s, now } = look;
  const { status } = s.release.state;
  if (s.breakGlass === null || (status !== 'draft' && status !== 'awaiting_approval' && status !== 'failed'))
    return parts;
  const environment = nextEnvironment(s);
  const answer = readiness(s, environment, now);
  const check = answer.checks.find(({ code }) => code === 'emergency.granted');
  if (check === undefined) return parts;
  const { breakGlass: grant } = s;
  // What an emergency does not skip: a hold, a lock, a newer version.
  const left = obstacles(answer).filter(({ code }) => code !== 'emergency.granted');
  const line =
    check.state === 'pass'
      ? md`It may start without approval until ${dateToken(grant.expiresAt)}.`
      : md`${sentenceMarkup(check.sentence, look.voice)}.`;
  const stops = left.map(({ sentence }) => md`${sentenceMarkup(sentence, look.voice)}.`);
  const next = joined([line, ...stops, parts.next ?? EMPTY], ' ');
  if (check.state !== 'pass' || left.length > 0 || status === 'failed') return { ...parts, next };
  const others = (parts.buttons ?? []).map(quiet);
  return { ...parts, next, buttons: [startButton(s, environment, now), ...others].slice(0, 3) };
};

export const deployedParts = (look: Look, state: StateOf<'deployed'>): Partial<CardParts> => {
  const { s } = look;
  const { newer } = s.around;
  const review = dueReview(s);
  const last = s.deployments.findLast((d) => d.kind === 'deploy' && d.state === 'succeeded');
  const duration =
    last?.finishedAt == null ? EMPTY : md`${took(Math.round(between(last.startedAt, last.finishedAt) / MINUTE))}`;
  return {
    next: joined(
      [
        state.healthy === true || newer !== null ? EMPTY : healthWords(look),
        review === null ? EMPTY : md`Review by ${who(review.owner, look)} ${dateToken(review.dueAt)}.`,
        newer === null ? EMPTY : md`${state.fixedBy === newer.release ? 'Fixed forward: ' : ''}${newerWords(s)}.`,
        (state.healthy === true || newer !== null) && review === null ? md`Nothing waits; it can be closed.` : EMPTY,
      ],
      ' ',
    ),
    facts: [
      fact(
        'Hotfix',
        isEmpty(fixedWords(s)) ? EMPTY : md`of ${fixedWords(s)}; merge it back, so that the next version has it`,
      ),
      fact('Health', signalWords(s)),
      fact('Took', duration),
      fact('Before', state.before === null ? EMPTY : md`${state.before}`),
      fact('Approved', approvalsWords(look)),
    ],
    buttons: [
      ...(state.healthy === true || newer !== null
        ? []
        : [
            openChecks(s).length > 0
              ? { text: 'Checks…', action: ACTIONS.checklist, value: value(s), style: 'primary' as const }
              : {
                  text: 'Healthy',
                  action: ACTIONS.healthy,
                  value: value(s),
                  ...(badSignals(s).length === 0 ? { style: 'primary' as const } : {}),
                },
            { text: 'Not healthy…', action: ACTIONS.unhealthy, value: value(s) },
          ]),
      ...(newer === null && canGoBack(s)
        ? [{ text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' as const }]
        : []),
    ],
    more: more(
      s,
      ...(state.healthy === true && newer === null ? [['Not healthy…', ACTIONS.unhealthy] as const] : []),
      ['Review now', ACTIONS.review],
      ['Close', ACTIONS.close],
      ['Timeline', ACTIONS.timeline],
    ),
  };
};

/** What its probes and numbers say against it. */
const signalWords = (s: Seen): Mrkdwn =>
  joined(
    badSignals(s).map(
      ({ place, name, said }) => md`:octagonal_sign: ${name} ${said}${place === null ? '' : ` in ${place}`}`,
    ),
    ' · ',
  );

/** Who says that it is healthy, what is looked at before, and when it counts as healthy by itself. */
const healthWords = (look: Look): Mrkdwn => {
  const { s } = look;
  const open = openChecks(s);
  const { said, needed } = confirmations(s);
  const alone = healthyByItselfAt(s);
  const [first] = open;
  const checks =
    first === undefined
      ? EMPTY
      : md`Not looked at yet: ${quoteText(first, 60)}${open.length === 1 ? '' : ` and ${count(open.length - 1, 'more check')}`}.`;
  const people = toConfirm(s);
  const spoke = joined(
    said.map((id) => who(id, look)),
    ', ',
  );
  const asked =
    needed === 1
      ? md`${anyOf(people, look)} says whether it is healthy.`
      : md`${said.length} of ${needed} have said that it is healthy${said.length === 0 ? '' : md` (${spoke})`}; ${anyOf(people, look)} next.`;
  const { people: wanted } = verificationOf(s.around.catalog, s.release.service);
  const itself =
    alone === null
      ? wanted === 0 && open.length > 0
        ? md`It counts as healthy when all is looked at.`
        : EMPTY
      : md`${wanted === 0 ? 'It' : 'Else it'} counts as healthy ${dateToken(alone, '{time}')}, while its probes answer well.`;
  return joined([checks, wanted === 0 || people.length === 0 ? EMPTY : asked, itself], ' ');
};

export const rolledBackParts = (look: Look, state: StateOf<'rolled_back'>): Partial<CardParts> => {
  const { s } = look;
  const review = dueReview(s);
  const rollback = s.deployments.findLast((d) => d.kind === 'rollback');
  const locks = s.locks.filter((held) => held.release === s.release.id && held.liftedAt === null);
  const [lock] = locks;
  const failed = s.deployments.findLast((d) => d.kind === 'deploy' && d.state === 'failed');
  return {
    next: joined(
      [
        lock === undefined
          ? EMPTY
          : md`Locked in ${joined(
              locks.map(({ environment }) => md`${environment}`),
              ', ',
            )} until ${who(lock.holder, look)} says what the cause was.`,
        review === null ? EMPTY : md`Review by ${who(review.owner, look)} ${dateToken(review.dueAt)}.`,
        lock === undefined && review === null ? md`nothing; it can be closed or reworked.` : EMPTY,
      ],
      ' ',
    ),
    facts: [
      fact('Failed', quoteText(failed?.reason ?? state.reason, 300)),
      fact(
        'Back on',
        rollback === undefined
          ? EMPTY
          : md`${state.to} since ${dateToken(state.since, '{time}')}, by ${who(rollback.finishedBy ?? rollback.startedBy, look)}`,
      ),
    ],
    buttons: [
      { text: 'Start review', action: ACTIONS.review, value: value(s), style: 'primary' },
      { text: 'Rework', action: ACTIONS.rework, value: value(s) },
      ...locks.slice(0, 3).map(({ environment }) => ({
        text: locks.length > 1 ? `Lift lock of ${environment}…` : 'Lift lock…',
        action: ACTIONS.liftLock,
        value: packValue(s.release.id, environment),
      })),
    ],
    more: more(s, ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline]),
  };
};
