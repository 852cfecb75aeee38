/** What is said of a release wherever it is shown: its title, changes, risk, gates and time, each as a line of markup. */

import { gateStates, isMet } from '../domain/gate/gate.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import type { Change, Release } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { dateToken, EMPTY, joined, link, type Mrkdwn, md, quoteText } from '../slack/mrkdwn.ts';
import type { Seen, SeenRelease } from './seen-by.ts';

export const STATUS_WORDS: Readonly<Record<Release['state']['status'], string>> = {
  draft: 'DRAFT',
  awaiting_approval: 'WAITING FOR APPROVAL',
  approved: 'APPROVED',
  deploying: 'DEPLOYING',
  deployed: 'DEPLOYED',
  failed: 'FAILED',
  rolled_back: 'ROLLED BACK',
  closed: 'CLOSED',
  cancelled: 'CANCELLED',
};

const TYPE_WORDS: readonly (readonly [Change['type'], string])[] = [
  ['feature', 'feature'],
  ['bugfix', 'fix'],
  ['infra', 'infra'],
  ['config', 'config'],
  ['security', 'security'],
  ['other', 'other'],
];

/** `previous`: the version before, where it is known better than by what runs now. */
export const changesWords = (s: Seen, previous?: string | null): Mrkdwn => {
  const { changes, service, version } = s.release;
  const before =
    previous !== undefined
      ? previous
      : (s.around.running.find(({ environment }) => environment === nextEnvironment(s))?.version ?? null);
  const kinds = TYPE_WORDS.map(
    ([type, word]) => [changes.filter((change) => change.type === type).length, word] as const,
  ).filter(([n]) => n > 0);
  const compare = s.around.catalog.services[service]?.compare ?? null;
  const address =
    compare === null || before === null
      ? null
      : compare.replace('{from}', encodeURIComponent(before)).replace('{to}', encodeURIComponent(version));
  const since = before === null ? EMPTY : md` since ${before}`;
  const parts = kinds.length === 0 ? EMPTY : md` (${kinds.map(([n, word]) => `${n} ${word}`).join(', ')})`;
  return joined(
    [
      changes.length === 0 ? md`none listed` : md`${changes.length}${since}${parts}`,
      address === null ? EMPTY : link(address, 'compare'),
    ],
    ' · ',
  );
};

export const riskWords = (s: Seen): Mrkdwn => {
  const { risk } = s.release;
  if (risk === null) return EMPTY;
  const parts = risk.parts
    .slice(0, 3)
    .map(({ label }) => label)
    .join(', ');
  const raised = risk.raised === undefined ? '' : ' · raised by an approver';
  return md`${risk.level} ${risk.score}${parts === '' ? '' : `: ${parts}`}${raised}`;
};

export const gatesWords = (s: Seen, now: Instant): string => {
  const states = gateStates(s, now);
  return states.length === 0 ? '' : `Gates ${states.filter(isMet).length}/${states.length}`;
};

export const affectsWords = ({ affects }: SeenRelease): Mrkdwn =>
  affects.length === 0 ? EMPTY : md`${affects.join(', ')}`;

/** How to go back, and when that was last tried. */
export const rollbackWords = ({ rollbackPlan, rehearsedOn }: SeenRelease): Mrkdwn =>
  rollbackPlan === null
    ? md`no plan`
    : md`${quoteText(rollbackPlan, 200)}${rehearsedOn === null ? EMPTY : md`, rehearsed ${rehearsedOn}`}`;

export const whenWords = ({ when, targets }: SeenRelease): Mrkdwn => {
  const where = targets.join(', ');
  if (when.kind === 'asap') return md`as soon as approved · ${where}`;
  if (when.kind === 'undecided') return md`not decided yet · ${where}`;
  return when.end === null
    ? md`${dateToken(when.start)} · ${where}`
    : md`${dateToken(when.start)}–${dateToken(when.end, '{time}')} · ${where}`;
};
