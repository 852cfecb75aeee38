/** The card of what is approved: when it starts, what is in the way, and how it gets past that. */

import { environmentNamed, startMode } from '../domain/catalog/catalog.ts';
import type { Readiness } from '../domain/check.ts';
import { lockOf } from '../domain/deployment/lock.ts';
import { keptApart } from '../domain/deployment/starter.ts';
import { plannedInto, plannedOutside } from '../domain/freeze/caught.ts';
import { exemptAt, plannedPastFreeze } from '../domain/freeze/freeze-check.ts';
import { validUntilNow } from '../domain/plan/hold.ts';
import { lapsesInside, slotBehind } from '../domain/plan/moving.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft } from '../domain/readiness.ts';
import { runner } from '../domain/release/runner.ts';
import type { Instant } from '../domain/time.ts';
import { ACTIONS } from '../slack/ids.ts';
import { type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  anyOf,
  approvalsWords,
  type CardParts,
  conflictWords,
  freeElsewhere,
  type Look,
  liftButton,
  more,
  moveButton,
  obstacleLine,
  planWords,
  quiet,
  startButton,
  who,
} from './card-look.ts';
import { exceptionButton } from './card-steps.ts';
import { exceptionWords, fixedWords, gatesWords, orderWords, riskWords, rollbackWords } from './release-facts.ts';
import type { Seen } from './seen-by.ts';

/** Whom the freeze does not stop. */
const exemptWords = (look: Look, environment: string): Mrkdwn => {
  const may = exemptAt(look.s, environment, look.now).filter(
    (id) => keptApart(look.s, environment, id, look.now) === null,
  );
  return may.length === 0 ? EMPTY : md`${anyOf(may, look)} may start it, with a reason`;
};

/** Out of a freeze: behind it, or past it. */
const freezeButtons = (s: Seen, now: Instant, environment: string): readonly ButtonSpec[] => {
  const slot = slotBehind(s, now);
  return [...(slot === null ? [] : [moveButton(s, slot, now)]), ...exceptionButton(s, environment, now)];
};

/** The place that comes before this one, where it has not been there and is not on its way. */
const placeBefore = (s: Seen, { environment, checks }: Readiness): string | null => {
  const required = environmentNamed(s.around.catalog, environment)?.requires ?? null;
  const running = s.deployments.some((d) => d.environment === required && d.state === 'running');
  const missing = checks.some(({ code, state }) => code === 'environment.order' && state !== 'pass');
  return missing && !running ? required : null;
};

/** Whoever starts it by hand stands in the line above. */
const deployerWords = (look: Look, environment: string): Mrkdwn => {
  const { release, around } = look.s;
  if (release.deployer !== null) return who(release.deployer, look);
  return startMode(around.catalog, release.service, environment) === 'pipeline'
    ? md`the pipeline, when it is let`
    : EMPTY;
};

export const approvedParts = (look: Look): Partial<CardParts> => {
  const { s, now } = look;
  const { line, free } = obstacleLine(look);
  const environment = nextEnvironment(s);
  const answer = readiness(s, environment, now, runner(s));
  const frozen =
    obstacles(answer).some(({ code }) => code === 'freeze.active') && !plannedPastFreeze(s, environment, now);
  const later = plannedInto(s, targetsLeft(s), now);
  const outside = plannedOutside(s, targetsLeft(s), now);
  const lock = lockOf(s, environment, now);
  const slot = slotBehind(s, now);
  const elsewhere = free ? undefined : freeElsewhere(s, environment, now);
  const before = placeBefore(s, answer);
  const lapses = lapsesInside(s, now) === null ? EMPTY : ', before the freeze ends';
  const also = elsewhere === undefined ? EMPTY : md`Nothing in the way in ${elsewhere}.`;
  return {
    next: joined([line, also, planWords(look)], ' '),
    facts: [
      fact(
        'Approved',
        s.release.hold === null
          ? md`${approvalsWords(look)}, until ${dateToken(validUntilNow(s, now))}${lapses}`
          : md`${approvalsWords(look)}; its time stands still until it is resumed`,
      ),
      fact('Exception', exceptionWords(s, now)),
      fact('All the same', frozen ? exemptWords(look, environment) : EMPTY),
      fact('Order', orderWords(s)),
      fact('Hotfix of', fixedWords(s)),
      fact('Risk', joined([riskWords(s, true), gatesWords(s, now)], ' · ')),
      fact('Beside it', conflictWords(look)),
      fact('If it fails', rollbackWords(s)),
      fact('Deployer', deployerWords(look, environment)),
    ],
    buttons: [
      ...(free ? [startButton(s, environment, now)] : []),
      ...(elsewhere === undefined ? [] : [{ ...startButton(s, elsewhere, now), text: `Start in ${elsewhere}` }]),
      ...(before === null ? [] : [{ ...quiet(startButton(s, before, now)), text: `Deploy to ${before}` }]),
      ...(lock?.release == null ? [] : [liftButton(lock.release, environment)]),
      ...(frozen || later !== null
        ? freezeButtons(s, now, later?.environment ?? environment)
        : outside === null || slot === null
          ? []
          : [moveButton(s, slot, now)]),
    ],
    more: more(
      s,
      ['Hold', ACTIONS.hold],
      ['Edit', ACTIONS.edit],
      ['Cancel', ACTIONS.cancel],
      ['Undo my approval', ACTIONS.undoApproval],
    ),
  };
};
