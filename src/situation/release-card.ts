/** The card: one living message for each release, rendered from state in every status. Top line, what is in the way or next, facts, buttons. */
import type { KnownBlock } from '@slack/types';
import { keyOf, nameOf } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, section } from '../slack/kit.ts';
import { dateToken, EMPTY, md, quoteText, type Voice } from '../slack/mrkdwn.ts';
import {
  deployedParts,
  deployingParts,
  failedParts,
  rolledBackParts,
  rollingBack,
  withGrant,
  withRunning,
} from './card-deployed.ts';
import { cancelledParts, closedParts } from './card-ended.ts';
import { type CardParts, footLine, type Look, stageLine, value, who } from './card-look.ts';
import { approvedParts, draftParts, waitingParts } from './card-planned.ts';
import { STATUS_WORDS } from './release-facts.ts';
import type { Seen } from './seen-by.ts';

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
      return approvedParts(look, state);
    case 'deploying':
      return deployingParts(look);
    case 'deployed':
      return deployedParts(look, state);
    case 'failed':
      return failedParts(look, state);
    case 'rolled_back':
      return rolledBackParts(look, state);
    case 'closed':
      return closedParts(look, state);
    case 'cancelled':
      return cancelledParts(look, state);
  }
};

const heldParts = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { hold } = look.s.release;
  if (hold === null) return parts;
  const until = hold.until === null ? EMPTY : md` Until ${dateToken(hold.until)}.`;
  return {
    ...parts,
    next: md`On hold since ${dateToken(hold.since)} by ${who(hold.by, look)}: ${quoteText(hold.reason, 200)}.${until}`,
    buttons: [
      { text: 'Resume', action: ACTIONS.resume, value: value(look.s) },
      ...(parts.buttons ?? []).filter(({ action }) => action !== ACTIONS.start),
    ].slice(0, 3),
  };
};

/** The full-sentence text for notifications and screen readers: its first 60 characters say what happened to what. */
const fallback = ({ s }: Look): string => {
  const { release } = s;
  const name = release.answers.restricted ? `A restricted release (${keyOf(release)})` : nameOf(release);
  const title = release.answers.restricted ? '' : ` ${release.title}.`;
  return `${name} is ${STATUS_WORDS[release.state.status].toLowerCase()}.${title} ${keyOf(release)}`;
};

export const cardParts = (s: Seen, now: Instant, voice: Voice): CardParts => {
  const look: Look = { s, now, voice };
  const headline = md`*${nameOf(s.release)} · ${STATUS_WORDS[s.release.state.status]} · since ${dateToken(s.release.state.since)}*`;
  const stage = s.around.catalog.preset === 'light' ? md`Rules: light` : stageLine(look);
  return {
    headline,
    next: EMPTY,
    facts: [],
    foot: footLine(look, stage),
    buttons: [],
    more: [],
    text: fallback(look),
    ...heldParts(look, withGrant(look, withRunning(look, partsFor(look)))),
  };
};

export const cardBlocks = (s: Seen, parts: CardParts): readonly KnownBlock[] => [
  section([parts.headline, parts.next]),
  section([quoteText(s.release.title), ...parts.facts, parts.foot]),
  ...actions(parts.buttons, parts.more),
];

/** The card of a release. */
export const releaseCard = (s: Seen, now: Instant, voice: Voice): { text: string; blocks: readonly KnownBlock[] } => {
  const parts = cardParts(s, now, voice);
  return { text: parts.text, blocks: cardBlocks(s, parts) };
};
