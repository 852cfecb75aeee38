/** The card from the start of a deployment on: deploying, deployed, failed, rolled back. */

import { openItems } from '../domain/deployment/checklist.ts';
import type { Deployment } from '../domain/deployment/deployment.ts';
import { confirmations, failedPlace, lastFailure, openChecks, toConfirm } from '../domain/deployment/health.ts';
import { newerWords } from '../domain/deployment/newer.ts';
import { canGoBack, stillReached } from '../domain/deployment/rollback.ts';
import { nextStepOf } from '../domain/deployment/rollout.ts';
import { failures, isUnwell, lastThere, standingPlaces, unwell } from '../domain/deployment/standing.ts';
import { stepChecks } from '../domain/deployment/step-checks.ts';
import { verificationOf } from '../domain/deployment/verification.ts';
import { badSignals, healthyByItselfAt } from '../domain/deployment/watch.ts';
import { liveGrant, nextEnvironment, obstacles, readiness } from '../domain/readiness.ts';
import { type StateOf } from '../domain/release/release.ts';
import { dueReview } from '../domain/review/review.ts';
import { between, MINUTE } from '../domain/time.ts';
import { count, took } from '../domain/words.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact, type MoreItem } from '../slack/kit.ts';
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
  causeWords,
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

/** It failed, and a newer version runs by now: nothing is left to decide but what there is to learn. */
const failedAndReplaced = (look: Look, state: StateOf<'failed'>): Partial<CardParts> => ({
  next: md`nothing to roll back or retry: ${look.s.release.service} ${newerWords(look.s)}.`,
  facts: [fact('Reason', quoteText(state.reason, 300))],
  buttons: [{ text: 'Review now', action: ACTIONS.review, value: value(look.s) }],
  more: more(look.s, ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline]),
});

/** What runs where now: after a failure in one place the others may have it, or be back already. */
const runningWords = (s: Seen): Mrkdwn =>
  joined(
    s.release.targets.map((environment) => {
      const live = s.around.running.find((row) => row.environment === environment)?.version ?? 'nothing';
      const last = s.deployments.findLast((d) => d.environment === environment && d.state !== 'aborted');
      const failed =
        last?.state !== 'failed'
          ? ''
          : last.kind === 'rollback'
            ? ` as far as is known: going back to ${last.version} failed`
            : ` (${last.version} failed there)`;
      return md`${live} in ${environment}${failed}`;
    }),
    ' · ',
  );

/** What can be said of each place still: well after all where it is not, not well where it is. An overflow menu has five items. */
const healthItems = (s: Seen): readonly MoreItem[] => {
  const sick = unwell(s);
  const others = standingPlaces(s).filter((d) => !isUnwell(d));
  const several = sick.length + others.length > 1;
  const items = sick.map(({ environment }) => ({
    text: several ? `Healthy after all in ${environment}` : 'Healthy after all',
    action: ACTIONS.healthy,
    value: packValue(s.release.id, environment),
  }));
  if (sick.length === 0) return more(s, ['Fix forward…', ACTIONS.fixForward]);
  return [...items, ...(others.length === 0 ? [] : more(s, ['Not healthy…', ACTIONS.unhealthy]))].slice(0, 2);
};

/** Why it failed; of several places what is wrong in each. */
export const reasonWords = (s: Seen, reason: string): Mrkdwn => {
  const bad = failures(s);
  const failed = lastFailure(s);
  return bad.length < 2
    ? md`${quoteText(reason, 300)}${failed === null ? EMPTY : causeWords(failed)}`
    : joined(
        bad.map((d) => md`${d.environment}: ${quoteText(d.reason ?? 'no reason given', 150)}${causeWords(d)}`),
        ' · ',
      );
};

/** It went back in one place, and is well in another: what is left to decide is what becomes of that one. */
const halfBack = (s: Seen): readonly string[] => {
  const back = s.release.targets.some((place) => lastThere(s).get(place)?.kind === 'rollback');
  return back && failures(s).length === 0 ? standingPlaces(s).map(({ environment }) => environment) : [];
};

export const failedParts = (look: Look, state: StateOf<'failed'>): Partial<CardParts> => {
  const { s, now } = look;
  const { newer } = s.around;
  if (newer !== null) return failedAndReplaced(look, state);
  const again = failedPlace(s);
  const answer = readiness(s, again, now);
  const may = obstacles(answer).length === 0;
  const approval = answer.checks.find(({ code }) => code === 'approval.granted');
  const left = stillReached(s);
  const back = canGoBack(s);
  const stay = halfBack(s);
  const health = healthItems(s);
  const waysOn =
    stay.length > 0
      ? md`roll back ${stay.join(', ')} as well, ${may ? `retry ${again}` : 'rework'}, or leave it there and close it`
      : md`${back ? 'roll back, ' : ''}${may ? 'retry' : 'rework'} or fix forward`;
  return {
    next: md`${who(s.release.deployer ?? s.release.owner, look)} decides: ${waysOn}.`,
    facts: [
      fact('Reason', reasonWords(s, state.reason)),
      fact('Running', runningWords(s)),
      fact(
        'Still running',
        joined(
          s.deployments
            .filter((d) => d.state === 'running')
            .map((d) => md`${d.environment}${d.rollout === null ? '' : md`: ${rolloutWords(d, now)}`}`),
          ' · ',
        ),
      ),
      fact('Approval', may && approval !== undefined ? sentenceMarkup(approval.sentence, look.voice) : EMPTY),
    ],
    buttons: [
      ...(back
        ? [
            {
              text: s.release.targets.length > 1 && left[0] !== undefined ? `Roll back ${left[0]}…` : 'Roll back…',
              action: ACTIONS.rollBack,
              value: value(s),
              style: 'danger' as const,
            },
          ]
        : []),
      ...(may ? [{ ...quiet(startButton(s, again, now)), text: 'Retry' }] : exceptionButton(look, again)),
      { text: 'Rework', action: ACTIONS.rework, value: value(s) },
    ],
    more: [
      ...health,
      ...more(
        s,
        ['Hold', ACTIONS.hold],
        // The review has a message of its own; a menu has five items, and *Details* is one of them.
        ...(health.length > 1 ? [] : [['Review now', ACTIONS.review] as const]),
        ['Close', ACTIONS.close],
      ),
    ],
  };
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
