/** The card: one living message for each release, rendered from state in every status. Top line, what is in the way or next, facts, buttons. */

import type { KnownBlock } from '@slack/types';
import { phaseIn } from '../domain/emergency/phase.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, context, fact, section } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, type Mrkdwn, md, quoteText, type Voice } from '../slack/mrkdwn.ts';
import { approvedParts } from './card-approved.ts';
import { deployedParts, rolledBackParts } from './card-deployed.ts';
import { deployingParts, rollingBack, withRunning } from './card-deploying.ts';
import { withGrant, withJudges } from './card-emergency.ts';
import { cancelledParts, closedParts } from './card-ended.ts';
import { failedParts } from './card-failed.ts';
import { type CardParts, footLine, type Look, stageLine, value, who } from './card-look.ts';
import { draftParts, waitingParts } from './card-planned.ts';
import { summaryLine } from './release-facts.ts';
import type { Seen } from './seen-by.ts';
import { statusLook, statusSentence } from './status-look.ts';

const partsFor = (look: Look): Partial<CardParts> => {
  const { state } = look.s.release;
  const rollback = look.s.deployments.find((d) => d.state === 'running' && d.kind === 'rollback');
  if (rollback !== undefined) return rollingBack(look, rollback);
  switch (state.status) {
    case 'draft':
      return draftParts(look, state);
    case 'awaiting_approval':
      return waitingParts(look);
    case 'approved':
      return approvedParts(look);
    case 'deploying':
      return deployingParts(look);
    case 'deployed':
      return deployedParts(look, state);
    case 'failed':
      return failedParts(look, state);
    case 'rolled_back':
      return rolledBackParts(look, state);
    case 'closed':
      return closedParts(look);
    case 'cancelled':
      return cancelledParts(look, state);
  }
};

/** What a hold keeps from being done. */
const BARRED: ReadonlySet<string> = new Set([
  ACTIONS.start,
  ACTIONS.nextStep,
  ACTIONS.nextStepAnyway,
  ACTIONS.resumeStep,
]);

const heldParts = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { hold, state } = look.s.release;
  const over = state.status === 'cancelled' || state.status === 'closed';
  if (hold === null || over) return parts;
  const until = hold.until === null ? EMPTY : md` Until ${dateToken(hold.until)}.`;
  // Its approval goes on beside it; an emergency says so itself.
  const phase = phaseIn(look.s, look.now);
  const waits =
    state.status !== 'awaiting_approval'
      ? EMPTY
      : phase === 'waits' || phase === 'open'
        ? md` ${parts.next ?? EMPTY}`
        : md` Approval: ${parts.next ?? EMPTY}.`;
  return {
    ...parts,
    label: 'Held',
    next: md`since ${dateToken(hold.since)} by ${who(hold.by, look)}: ${quoteText(hold.reason, 200)}.${until}${waits}`,
    buttons: [
      { text: 'Resume', action: ACTIONS.resume, value: value(look.s) },
      ...(parts.buttons ?? []).filter(({ action }) => !BARRED.has(action)),
    ].slice(0, 3),
    more: (parts.more ?? []).filter(({ action }) => action !== ACTIONS.hold),
  };
};

/** The full-sentence text for notifications and screen readers: its first 60 characters say what happened to what. */
const fallback = ({ s, now }: Look): string => {
  const { release } = s;
  const name = release.answers.restricted ? `A restricted release (${keyOf(release)})` : nameOf(release);
  const title = release.answers.restricted ? '' : ` ${release.title}.`;
  return `${statusSentence(s, name, now)}.${title} ${keyOf(release)}`;
};

/** When it came to this; what is still to come says when by itself. */
const sinceWords = ({ release: { state }, deployments }: Seen): Mrkdwn => {
  const back = deployments.find((d) => d.state === 'running' && d.kind === 'rollback');
  if (back !== undefined) return md`  ·  ${dateToken(back.startedAt)}`;
  return state.status === 'draft' || state.status === 'awaiting_approval' || state.status === 'approved'
    ? EMPTY
    : md`  ·  ${dateToken(state.since)}`;
};

export const headline = (s: Seen, now: Instant): Mrkdwn => {
  const { mark, word } = statusLook(s, now);
  return md`${mark} *${nameOf(s.release)}*  ·  ${word}`;
};

/** Everything else is one press away: behind the third button, or first in the menu where there are three already. */
const withDetails = (s: Seen, parts: CardParts): CardParts => {
  const details = { text: 'Details', action: ACTIONS.details, value: value(s) };
  return parts.buttons.length < 3
    ? { ...parts, buttons: [...parts.buttons, details] }
    : { ...parts, more: [details, ...parts.more] };
};

export const cardParts = (s: Seen, now: Instant, voice: Voice): CardParts => {
  const look: Look = { s, now, voice };
  const stage = s.around.catalog.preset === 'light' ? EMPTY : stageLine(look);
  return withDetails(s, {
    headline: md`${headline(s, now)}${sinceWords(s)}`,
    label: 'Next',
    next: EMPTY,
    summary: summaryLine(s),
    facts: [],
    foot: footLine(look, stage),
    buttons: [],
    more: [],
    text: fallback(look),
    ...heldParts(look, withJudges(look, withGrant(look, withRunning(look, partsFor(look))))),
  });
};

/** Four facts at most: what is more stands in the details. */
const MOST_FACTS = 4;

export const cardBlocks = (_s: Seen, parts: CardParts): readonly KnownBlock[] => {
  const facts = [parts.summary, ...parts.facts.filter((line) => !isEmpty(line)).slice(0, MOST_FACTS)].filter(
    (line) => !isEmpty(line),
  );
  return [
    section([parts.headline, parts.label === '' ? parts.next : fact(parts.label, parts.next)]),
    ...(facts.length === 0 ? [] : [section(facts)]),
    ...actions(parts.buttons, parts.more),
    context(parts.foot),
  ];
};

/** The card of a release. */
export const releaseCard = (s: Seen, now: Instant, voice: Voice): { text: string; blocks: readonly KnownBlock[] } => {
  const parts = cardParts(s, now, voice);
  return { text: parts.text, blocks: cardBlocks(s, parts) };
};
