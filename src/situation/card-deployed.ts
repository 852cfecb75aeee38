/** The card of what was deployed, or went back. */

import { confirmations, openChecks, toConfirm } from '../domain/deployment/health.ts';
import { isReplaced, newerWords } from '../domain/deployment/newer.ts';
import { canGoBack } from '../domain/deployment/rollback.ts';
import { verificationOf } from '../domain/deployment/verification.ts';
import { badSignals, healthyByItselfAt } from '../domain/deployment/watch.ts';
import { leftOutOf, type StateOf } from '../domain/release/release.ts';
import { keeper } from '../domain/release/runner.ts';
import { dueReview, type Review, reviewer } from '../domain/review/review.ts';
import { between, MINUTE } from '../domain/time.ts';
import { count, enumerated, took } from '../domain/words.ts';
import { ACTIONS } from '../slack/ids.ts';
import { fact } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, joined, type Mrkdwn, md, quoteText } from '../slack/mrkdwn.ts';
import {
  anyOf,
  approvalsWords,
  type CardParts,
  type Look,
  liftButton,
  more,
  value,
  wellValue,
  who,
} from './card-look.ts';
import { fixedWords } from './release-facts.ts';
import type { Seen } from './seen-by.ts';

/** When it is due, or since when. */
const dueWords = ({ dueAt }: Review, { now }: Look): Mrkdwn =>
  dueAt <= now ? md`, due since ${dateToken(dueAt)}` : md` ${dateToken(dueAt)}`;

export const deployedParts = (look: Look, state: StateOf<'deployed'>): Partial<CardParts> => {
  const { s } = look;
  const { newer } = s.around;
  const replaced = isReplaced(s);
  const review = dueReview(s);
  const last = s.deployments.findLast((d) => d.kind === 'deploy' && d.state === 'succeeded');
  const duration =
    last?.finishedAt == null ? EMPTY : md`${took(Math.round(between(last.startedAt, last.finishedAt) / MINUTE))}`;
  return {
    next: joined(
      [
        state.healthy === true || replaced ? EMPTY : healthWords(look),
        review === null ? EMPTY : md`Review by ${who(reviewer(s, review), look)}${dueWords(review, look)}.`,
        newer === null ? EMPTY : md`${state.fixedBy === newer.release ? 'Fixed forward: ' : ''}${newerWords(s)}.`,
        state.goesOn === undefined || newer === null
          ? EMPTY
          : md`It goes no further; if that one goes back, it goes on.`,
        (state.healthy === true || replaced) && review === null ? md`Nothing waits; it can be closed.` : EMPTY,
      ],
      ' ',
    ),
    facts: [
      fact('Not in', md`${enumerated(leftOutOf(state))}`),
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
      ...(state.healthy === true || replaced
        ? []
        : [
            openChecks(s).length > 0
              ? { text: 'Checks…', action: ACTIONS.checklist, value: value(s), style: 'primary' as const }
              : {
                  text: 'Healthy',
                  action: ACTIONS.healthy,
                  value: wellValue(s),
                  ...(badSignals(s).length === 0 ? { style: 'primary' as const } : {}),
                },
            { text: 'Not healthy…', action: ACTIONS.unhealthy, value: value(s) },
          ]),
      ...(!replaced && canGoBack(s)
        ? [{ text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' as const }]
        : []),
    ],
    more: more(
      s,
      ...(state.healthy === true && !replaced ? [['Not healthy…', ACTIONS.unhealthy] as const] : []),
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
  const lifts = locks.map(({ environment }) => ({
    ...liftButton(s.release.id, environment),
    ...(locks.length > 1 ? { text: `Lift lock of ${environment}…` } : {}),
  }));
  // What another try mended is not why it went back.
  const failed = s.deployments.findLast(
    (d, index) =>
      d.kind === 'deploy' &&
      d.state === 'failed' &&
      !s.deployments
        .slice(index + 1)
        .some((o) => o.environment === d.environment && o.kind === 'deploy' && o.state === 'succeeded'),
  );
  return {
    next: joined(
      [
        lock === undefined
          ? EMPTY
          : md`Locked in ${joined(
              locks.map(({ environment }) => md`${environment}`),
              ', ',
            )} until ${who(keeper(s, lock), look)} says what the cause was.`,
        review === null ? EMPTY : md`Review by ${who(reviewer(s, review), look)}${dueWords(review, look)}.`,
        lock === undefined && review === null ? md`nothing; it can be closed or reworked.` : EMPTY,
      ],
      ' ',
    ),
    facts: [
      fact(
        failed === undefined ? 'Reason' : 'Failed',
        quoteText(failed?.reason ?? rollback?.reason ?? state.reason, 300),
      ),
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
      ...lifts.slice(0, 1),
    ],
    more: [...lifts.slice(1, 3), ...more(s, ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline])],
  };
};
