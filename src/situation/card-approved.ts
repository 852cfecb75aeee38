/** The card of what is approved: when it starts, what is in the way, and how it gets past that. */

import { environmentNamed, startMode } from '../domain/catalog/catalog.ts';
import { lockOf } from '../domain/deployment/lock.ts';
import { keptApart } from '../domain/deployment/starter.ts';
import { plannedInto, plannedOutside } from '../domain/freeze/caught.ts';
import { isWanted } from '../domain/freeze/exception.ts';
import { exemptAt, plannedPastFreeze } from '../domain/freeze/freeze-check.ts';
import { validUntilNow } from '../domain/plan/hold.ts';
import { lapsesInside, slotBehind } from '../domain/plan/moving.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft } from '../domain/readiness.ts';
import { runner } from '../domain/release/runner.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  anyOf,
  approvalsWords,
  type CardParts,
  conflictWords,
  type Look,
  more,
  moveButton,
  obstacleLine,
  planWords,
  quiet,
  startButton,
  who,
} from './card-look.ts';
import { exceptionWords, fixedWords, gatesWords, orderWords, riskWords, rollbackWords } from './release-facts.ts';

/** Whom the freeze does not stop. */
const exemptWords = (look: Look, environment: string): Mrkdwn => {
  const may = exemptAt(look.s, environment, look.now).filter(
    (id) => keptApart(look.s, environment, id, look.now) === null,
  );
  return may.length === 0 ? EMPTY : md`${anyOf(may, look)} may start it, with a reason`;
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
  // Another place of several may be free while this one is not.
  const [elsewhere] = free
    ? []
    : targetsLeft(s).filter(
        (place) => place !== environment && obstacles(readiness(s, place, now, runner(s))).length === 0,
      );
  const freezeButtons: readonly ButtonSpec[] = [
    ...(slot === null ? [] : [moveButton(s, slot, now)]),
    ...(s.exceptions.some((exception) => isWanted(exception, s, now))
      ? []
      : [
          {
            text: 'Ask for an exception',
            action: ACTIONS.askException,
            value: packValue(s.release.id, later?.environment ?? environment),
          },
        ]),
  ];
  const required = environmentNamed(s.around.catalog, environment)?.requires ?? null;
  const first =
    !s.deployments.some((d) => d.environment === required && d.state === 'running') &&
    answer.checks.some(({ code, state: result }) => code === 'environment.order' && result !== 'pass')
      ? required
      : null;
  return {
    next: joined(
      [line, elsewhere === undefined ? EMPTY : md`Nothing in the way in ${elsewhere}.`, planWords(look)],
      ' ',
    ),
    facts: [
      fact(
        'Approved',
        md`${approvalsWords(look)}, until ${dateToken(validUntilNow(s, now))}${lapsesInside(s, now) === null ? EMPTY : ', before the freeze ends'}`,
      ),
      fact('Exception', exceptionWords(s, now)),
      fact('All the same', frozen ? exemptWords(look, environment) : EMPTY),
      fact('Order', orderWords(s)),
      fact('Hotfix of', fixedWords(s)),
      fact('Risk', joined([riskWords(s, true), gatesWords(s, now)], ' · ')),
      fact('Beside it', conflictWords(look)),
      fact('If it fails', rollbackWords(s)),
      fact(
        'Deployer',
        // Whoever starts it by hand stands in the line above.
        s.release.deployer === null
          ? startMode(s.around.catalog, s.release.service, environment) === 'pipeline'
            ? md`the pipeline, when it is let`
            : EMPTY
          : who(s.release.deployer, look),
      ),
    ],
    buttons: [
      ...(free ? [startButton(s, environment, now)] : []),
      ...(elsewhere === undefined ? [] : [{ ...startButton(s, elsewhere, now), text: `Start in ${elsewhere}` }]),
      ...(first === null ? [] : [{ ...quiet(startButton(s, first, now)), text: `Deploy to ${first}` }]),
      ...(lock?.release == null
        ? []
        : [{ text: 'Lift lock…', action: ACTIONS.liftLock, value: packValue(lock.release, environment) }]),
      ...(!frozen && later === null
        ? outside === null || slot === null
          ? []
          : [moveButton(s, slot, now)]
        : freezeButtons),
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
