/** The card before anything is deployed: draft, waiting for approval, approved. */

import { needsReason } from '../domain/approval/decide.ts';
import { evaluate, liveDecisions } from '../domain/approval/policy.ts';
import { missingBeforeAsking } from '../domain/approval/submit.ts';
import { environmentNamed, startMode } from '../domain/catalog/catalog.ts';
import { plannedInto } from '../domain/freeze/caught.ts';
import { firstSlot, freeMoment } from '../domain/plan/moving.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft } from '../domain/readiness.ts';
import type { StateOf } from '../domain/release/release.ts';
import { count, person } from '../domain/words.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  approvalsWords,
  type CardParts,
  footLine,
  type Look,
  more,
  moveButton,
  obstacleLine,
  planWords,
  quiet,
  roundValue,
  startButton,
  value,
  who,
} from './card-look.ts';
import { affectsWords, changesWords, gatesWords, riskWords, rollbackWords, whenWords } from './release-facts.ts';

export const draftParts = (look: Look, state: StateOf<'draft'>): Partial<CardParts> => {
  const { s, now, voice } = look;
  const missing = missingBeforeAsking(s, now).map(({ what }) => sentenceMarkup(what, voice));
  const returned =
    state.returned === null
      ? EMPTY
      : md`${state.returned.why === 'approval lapsed' ? 'The approval lapsed' : `Came back: ${state.returned.why}`}${state.returned.by === null ? EMPTY : md` by ${sentenceMarkup([person(state.returned.by)], voice)}`}${state.returned.reason === null ? EMPTY : md`: “${quoteText(state.returned.reason, 200)}”`}.`;
  const next =
    missing.length === 0
      ? md`Nothing is missing: it can be asked for.`
      : md`${count(missing.length, 'thing')} before you can ask: ${joined(missing, ' · ')}.`;
  return {
    next: joined([returned, next, plannedInto(s, targetsLeft(s), now) === null ? EMPTY : planWords(look)], ' '),
    facts: [
      fact('Changes', changesWords(s)),
      fact('Affects', affectsWords(s.release)),
      fact('Risk', riskWords(s)),
      fact('When', whenWords(s.release)),
      fact('Rollback', s.release.rollbackPlan === null ? EMPTY : rollbackWords(s.release)),
    ],
    buttons: [
      {
        text: state.returned === null ? 'Ask for approval' : 'Ask again',
        action: ACTIONS.submit,
        value: value(s),
        style: 'primary',
      },
      { text: 'Edit', action: ACTIONS.edit, value: value(s) },
      { text: 'Add change', action: ACTIONS.addChange, value: value(s) },
    ],
    more: more(
      s,
      ['Schedule', ACTIONS.schedule],
      ['Gates', ACTIONS.gates],
      ['Hold', ACTIONS.hold],
      ['Cancel', ACTIONS.cancel],
    ),
  };
};

export const waitingParts = (look: Look): Partial<CardParts> => {
  const { s, voice, now } = look;
  const { round } = s;
  if (round === null) return {};
  const asked = round.asks
    .filter(({ person: id }) => !liveDecisions(round).some(({ actor }) => actor === id))
    .map(({ person: id }) => sentenceMarkup([person(id)], voice));
  const evaluation = evaluate(s, round);
  const later = plannedInto(s, targetsLeft(s), now);
  const starts = s.release.when.kind === 'at' ? md` Then: starts ${dateToken(s.release.when.start)}.` : EMPTY;
  const then = later === null ? starts : md` ${planWords(look)}`;
  const widened = round.asks.some(({ wave }) => wave === 'rest');
  const open = round.questions.filter(({ answeredAt }) => answeredAt === null);
  return {
    next: md`Next: ${sentenceMarkup(evaluation.sentence, voice)}${asked.length === 0 ? EMPTY : md` (asked: ${joined(asked.slice(0, 5), ', ')})`}.${then}`,
    facts: [
      ...(open.length === 0
        ? []
        : [
            fact(
              'Question',
              joined(
                open.map(
                  (question) =>
                    md`${sentenceMarkup([person(question.asker)], voice)} asks “${quoteText(question.text, 200)}”`,
                ),
                ' · ',
              ),
            ),
          ]),
      fact(
        'Changes',
        joined(
          [
            changesWords(s),
            s.release.customers === null ? EMPTY : md`Customers: ${quoteText(s.release.customers, 120)}`,
          ],
          ' · ',
        ),
      ),
      fact('Affects', affectsWords(s.release)),
      fact('Risk', joined([riskWords(s), md`${gatesWords(s, now)}`], ' · ')),
      fact('Approvals', approvalsWords(look)),
      fact('Rollback', rollbackWords(s.release)),
    ],
    foot: footLine(
      look,
      joined(
        [
          widened ? EMPTY : md`asks the rest of the group ${dateToken(round.remindAt)}`,
          md`expires ${dateToken(round.expiresAt)}`,
        ],
        ', ',
      ),
    ),
    buttons: [
      needsReason(round)
        ? { text: 'Decide…', action: ACTIONS.decide, value: roundValue(s), style: 'primary' }
        : { text: 'Approve', action: ACTIONS.approve, value: roundValue(s), style: 'primary' },
      { text: 'Reject…', action: ACTIONS.reject, value: roundValue(s) },
      { text: 'Why waiting?', action: ACTIONS.why, value: value(s) },
    ],
    more: more(
      s,
      ['Ask a question', ACTIONS.ask],
      ['Remind', ACTIONS.remind],
      ['Edit', ACTIONS.edit],
      ['Withdraw', ACTIONS.withdraw],
      ['Gates', ACTIONS.gates],
    ),
  };
};

export const approvedParts = (look: Look, state: StateOf<'approved'>): Partial<CardParts> => {
  const { s, now } = look;
  const { line, free } = obstacleLine(look);
  const environment = nextEnvironment(s);
  const answer = readiness(s, environment, now);
  const frozen = obstacles(answer).find(({ code }) => code === 'freeze.active');
  const later = plannedInto(s, targetsLeft(s), now);
  const slot = later === null ? firstSlot(s, now) : freeMoment(s, later.slot);
  const freezeButtons: readonly ButtonSpec[] = [
    ...(slot === null ? [] : [moveButton(s, slot, now)]),
    {
      text: 'Ask for an exception',
      action: ACTIONS.askException,
      value: packValue(s.release.id, later?.environment ?? environment),
    },
  ];
  const required = environmentNamed(s.around.catalog, environment)?.requires ?? null;
  const first = answer.checks.some(({ code, state: result }) => code === 'environment.order' && result !== 'pass')
    ? required
    : null;
  return {
    next: joined([line, planWords(look)], ' '),
    facts: [
      fact('Approvals', md`${approvalsWords(look)} · valid until ${dateToken(state.validUntil)}`),
      fact('Risk', joined([riskWords(s), md`${gatesWords(s, now)}`, md`Changes ${changesWords(s)}`], ' · ')),
      fact('Rollback', rollbackWords(s.release)),
      fact(
        'Deployer',
        s.release.deployer === null
          ? md`${startMode(s.around.catalog, s.release.service, environment) === 'pipeline' ? 'the pipeline, when it is let' : 'whoever starts it'}`
          : who(s.release.deployer, look),
      ),
    ],
    buttons: [
      ...(free ? [startButton(s, environment)] : []),
      ...(first === null ? [] : [{ ...quiet(startButton(s, first)), text: `Deploy to ${first}` }]),
      ...(frozen === undefined && later === null ? [] : freezeButtons),
      { text: 'Why?', action: ACTIONS.why, value: value(s) },
    ],
    more: more(
      s,
      ['Hold', ACTIONS.hold],
      ['Edit', ACTIONS.edit],
      ['Cancel', ACTIONS.cancel],
      ['Undo my approval', ACTIONS.undoApproval],
      ['Gates', ACTIONS.gates],
    ),
  };
};
