/** What is said of a release wherever it is shown: its title, changes, risk, gates and time, each as a line of markup. */

import { artifactNamedCheck } from '../domain/deployment/artifact-check.ts';
import { lockOf } from '../domain/deployment/lock.ts';
import { phaseIn } from '../domain/emergency/phase.ts';
import { endOf, isLiveException } from '../domain/freeze/calendar.ts';
import { frozenPlaces, heldByFreeze, plannedOutside } from '../domain/freeze/caught.ts';
import { gateStates, isMet } from '../domain/gate/gate.ts';
import { fixesWords, linkWords } from '../domain/plan/links.ts';
import { nextEnvironment, targetsLeft } from '../domain/readiness.ts';
import { type Change, notStarted, planOrNow } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { count, cut, person } from '../domain/words.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  link,
  type Mrkdwn,
  md,
  quoteText,
  sentenceMarkup,
  type Voice,
} from '../slack/mrkdwn.ts';
import type { Seen, SeenRelease } from './seen-by.ts';

const TYPE_WORDS: readonly (readonly [Change['type'], string])[] = [
  ['feature', 'feature'],
  ['bugfix', 'fix'],
  ['infra', 'infra'],
  ['config', 'config'],
  ['security', 'security'],
  ['other', 'other'],
];

/** Where the difference to what runs now can be read; null where the catalog does not say. */
const compareAddress = (s: Seen, previous?: string | null): string | null => {
  const { service, version } = s.release;
  const before = previous === undefined ? versionBefore(s) : previous;
  const compare = s.around.catalog.services[service]?.compare ?? null;
  return compare === null || before === null
    ? null
    : compare.replace('{from}', encodeURIComponent(before)).replace('{to}', encodeURIComponent(version));
};

const versionBefore = (s: Seen): string | null =>
  s.around.running.find(({ environment }) => environment === nextEnvironment(s))?.version ?? null;

/** `previous`: the version before, where it is known better than by what runs now. */
export const changesWords = (s: Seen, previous?: string | null): Mrkdwn => {
  const { changes } = s.release;
  const before = previous === undefined ? versionBefore(s) : previous;
  const kinds = TYPE_WORDS.map(
    ([type, word]) => [changes.filter((change) => change.type === type).length, word] as const,
  ).filter(([n]) => n > 0);
  const address = compareAddress(s, previous);
  const since = before === null ? EMPTY : md` since ${before}`;
  const parts = kinds.every(([, word]) => word === 'other')
    ? EMPTY
    : md` (${kinds.map(([n, word]) => `${n} ${word}`).join(', ')})`;
  return joined(
    [
      changes.length === 0 ? md`none listed` : md`${changes.length}${since}${parts}`,
      address === null ? EMPTY : link(address, 'compare'),
    ],
    ' · ',
  );
};

/** The level and what makes it so; the score stands in the details. `brief`: on a card what is low is said in a word. */
export const riskWords = (s: Seen, brief = false): Mrkdwn => {
  const { risk } = s.release;
  if (risk === null) return EMPTY;
  const parts = risk.parts
    .slice(0, 3)
    .map(({ label }) => label)
    .join(', ');
  const { raised } = risk;
  const why = raised?.reason == null ? EMPTY : md`: “${quoteText(raised.reason, 120)}”`;
  const raisedBy = raised === undefined ? EMPTY : md`, raised by ${s.around.names[raised.by] ?? 'an approver'}${why}`;
  // What was counted does not alarm where it came to little.
  const counted =
    parts === '' || (brief && risk.level === 'low') ? '' : risk.level === 'low' ? `; counted: ${parts}` : `: ${parts}`;
  return md`${risk.level}${counted}${raisedBy}`;
};

/** By which exception it may start despite a freeze, and until when. */
export const exceptionWords = (s: Seen, now: Instant): Mrkdwn => {
  const live = s.exceptions.filter((each) => isLiveException(each, now));
  return joined(
    live.map(({ environment, validUntil, freeze, decidedBy }) => {
      const frozen = s.around.freezes.find(({ id }) => id === freeze);
      const past = frozen === undefined ? EMPTY : md` past the freeze ${quoteText(frozen.name, 80)}`;
      const by =
        decidedBy === null
          ? EMPTY
          : md`, by ${sentenceMarkup([person(decidedBy)], { names: s.around.names, command: '' })}`;
      return md`into ${environment}${past}, for one start until ${dateToken(validUntil)}${by}`;
    }),
    ' · ',
  );
};

/** `Gift cards — 12 changes, 3 for customers · compare`: what it is, in a line. */
export const summaryLine = (s: Seen): Mrkdwn => {
  const { title, changes, customers, withheld } = s.release;
  if (withheld) return quoteText(title);
  const forCustomers = changes.filter((change) => change.customers).length;
  const facts = [
    changes.length === 0 ? '' : count(changes.length, 'change'),
    forCustomers > 0 ? `${forCustomers} for customers` : customers === null ? '' : 'customers notice',
  ].filter((words) => words !== '');
  const address = compareAddress(s);
  const what = facts.length === 0 ? quoteText(title) : md`${quoteText(title)} — ${facts.join(', ')}`;
  return joined([what, changes.length === 0 || address === null ? EMPTY : link(address, 'compare')], ' · ');
};

/** What a change is, where somebody said. */
const KIND_WORDS: Readonly<Partial<Record<Change['type'], string>>> = {
  feature: 'feature',
  bugfix: 'fix',
  infra: 'infra',
  config: 'config',
  security: 'security',
};

/** The first changes, each with its number, its link and who wrote it. */
export const changeLines = (s: Seen, most: number, voice: Voice): readonly Mrkdwn[] => {
  const { changes } = s.release;
  const lines = changes.slice(0, most).map(({ title, link: address, author, type, customers }, index) => {
    const what = address === null ? quoteText(title, 120) : link(address, cut(title, 120));
    const by = author === null ? EMPTY : sentenceMarkup([person(author)], voice);
    const about = joined(
      [KIND_WORDS[type] === undefined ? EMPTY : md`${KIND_WORDS[type]}`, by, customers ? md`customers notice` : EMPTY],
      ', ',
    );
    return md`${index + 1}. ${what}${isEmpty(about) ? EMPTY : md` (${about})`}`;
  });
  return changes.length > most ? [...lines, md`and ${changes.length - most} more`] : lines;
};

export const gatesWords = (s: Seen, now: Instant): Mrkdwn => {
  const states = gateStates(s, now);
  const waived = states.filter(({ state }) => state === 'waived').length;
  const failed = states.filter(({ state }) => state === 'failed').map(({ rule }) => rule.name);
  return states.length === 0
    ? EMPTY
    : md`gates ${states.filter(isMet).length} of ${states.length}${waived === 0 ? '' : `, ${waived} waived`}${failed.length === 0 ? '' : `, :red_circle: ${failed.join(', ')} failed`}`;
};

/** What it waits for, and what waits for it. */
export const orderWords = (s: Seen): Mrkdwn =>
  joined(
    linkWords(s)
      .slice(0, 3)
      .map((words) => md`${words}`),
    ' · ',
  );

/** What it fixes, where it is a hotfix. */
export const fixedWords = (s: Seen): Mrkdwn => {
  const fixed = fixesWords(s);
  return fixed === null ? EMPTY : md`${fixed}`;
};

export const affectsWords = ({ affects }: SeenRelease): Mrkdwn =>
  affects.length === 0 ? EMPTY : md`${affects.join(', ')}`;

/** How to go back, and when that was last tried. */
export const rollbackWords = (s: Seen): Mrkdwn => {
  const { rollbackPlan, rehearsedOn } = s.release;
  if (rollbackPlan === null) return md`no plan`;
  if (s.release.withheld) return md`a plan that is restricted`;
  const rehearsed = rehearsedOn === null ? EMPTY : md`, rehearsed ${rehearsedOn}`;
  const first =
    targetsLeft(s).length > 0 &&
    s.around.succeeded.every(({ environment }) => !s.release.targets.includes(environment));
  return md`${quoteText(rollbackPlan, 200)}${rehearsed}${first ? ' (nothing to go back to yet)' : ''}`;
};

/** Which artifact it is, as far as anybody said. */
export const artifactWords = ({ artifact: { sha, digest } }: SeenRelease): Mrkdwn =>
  joined([digest === null ? EMPTY : md`${digest}`, sha === null ? EMPTY : md`commit ${sha}`], ' · ');

/** That nobody can tell what they approve, where that has to be named. */
export const unnamedWords = (s: Seen): Mrkdwn =>
  s.release.targets.some((environment) => artifactNamedCheck(s, environment).length > 0)
    ? md`:warning: nobody said which one it is`
    : EMPTY;

/** The freeze that holds it when it is to start. */
export const againstWords = (s: Seen, now: Instant): Mrkdwn => {
  const phase = phaseIn(s, now);
  // An emergency goes past a freeze in its time, and needs no window; a lock keeps it as well.
  const plan = planOrNow(s.release, now);
  const free = (phase === 'open' || phase === 'waits') && s.breakGlass !== null && plan < s.breakGlass.expiresAt;
  const held = free ? null : heldByFreeze(s, now);
  const part = free || held !== null ? [] : frozenPlaces(s, now);
  const outside = free ? null : plannedOutside(s, targetsLeft(s), now);
  const lock = lockOf(s, nextEnvironment(s), plan);
  return joined(
    [
      held === null
        ? EMPTY
        : md`the freeze ${quoteText(held.freeze.name, 80)} holds it until ${dateToken(endOf(held.freeze))}`,
      ...part.map(
        ({ environment, freeze }) =>
          md`${environment} ${freeze.severity === 'soft' ? 'only with a reason' : 'not'} before ${dateToken(endOf(freeze))} (${quoteText(freeze.name, 80)})`,
      ),
      outside === null
        ? EMPTY
        : md`no deploy window of ${outside.environment} is open then: the next begins ${dateToken(outside.slot)}`,
      lock === null || !notStarted(s.release)
        ? EMPTY
        : md`${lock.environment} is locked${lock.expiresAt === null ? EMPTY : md` until ${dateToken(lock.expiresAt)}`}: ${quoteText(lock.reason, 80)}`,
    ],
    '; ',
  );
};

export const whenWords = ({ when, targets }: SeenRelease): Mrkdwn => {
  const where = targets.join(', ');
  if (when.kind === 'asap') return md`as soon as approved · ${where}`;
  if (when.kind === 'undecided') return md`not decided yet · ${where}`;
  return when.end === null
    ? md`${dateToken(when.start)} · ${where}`
    : md`${dateToken(when.start)}–${dateToken(when.end, '{time}')} · ${where}`;
};
