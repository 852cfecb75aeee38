/** The card before anything is deployed: draft, waiting for approval, approved. */

import { askedByMention, dayBegins } from '../domain/approval/asking.ts';
import { needsReason } from '../domain/approval/decide.ts';
import { alternatives, evaluate, unsatisfiable } from '../domain/approval/policy.ts';
import { decideBy, type Round } from '../domain/approval/round.ts';
import { missingBeforeAsking } from '../domain/approval/submit.ts';
import { environmentNamed, startMode } from '../domain/catalog/catalog.ts';
import { artifactNamedCheck } from '../domain/deployment/artifact-check.ts';
import { lockOf } from '../domain/deployment/lock.ts';
import { heldByFreeze, plannedInto, plannedOutside } from '../domain/freeze/caught.ts';
import { isWanted } from '../domain/freeze/exception.ts';
import { exemptAt, plannedPastFreeze } from '../domain/freeze/freeze-check.ts';
import { validUntilNow } from '../domain/plan/hold.ts';
import { lapsesInside, slotBehind } from '../domain/plan/moving.ts';
import { nextEnvironment, obstacles, readiness, targetsLeft } from '../domain/readiness.ts';
import type { Returned, StateOf } from '../domain/release/release.ts';
import { runner } from '../domain/release/runner.ts';
import { count, person } from '../domain/words.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
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
  roundValue,
  startButton,
  value,
  who,
} from './card-look.ts';
import {
  affectsWords,
  againstWords,
  exceptionWords,
  fixedWords,
  gatesWords,
  orderWords,
  riskWords,
  rollbackWords,
  unnamedWords,
  whenWords,
} from './release-facts.ts';

/** How it came back to be a draft. What expired with its time says so below: it wants another. */
const RETURNED_LEADS: Readonly<Record<Returned['why'], string>> = {
  rejected: 'Rejected',
  withdrawn: 'Taken back',
  expired: 'Nobody decided in time',
  'approval lapsed': 'The approval lapsed',
  reworked: 'Taken back to be reworked',
  'no longer replaced': 'The version that replaced it was rolled back',
};

/** To another time first: where a freeze holds it, behind that. */
const newTimeButtons = ({ s, now }: Look): readonly ButtonSpec[] => {
  const slot = heldByFreeze(s, now) === null ? null : slotBehind(s, now);
  return [
    ...(slot === null ? [] : [{ ...moveButton(s, slot, now), style: 'primary' as const }]),
    {
      text: 'Schedule…',
      action: ACTIONS.schedule,
      value: value(s),
      ...(slot === null ? { style: 'primary' as const } : {}),
    },
  ];
};

export const draftParts = (look: Look, state: StateOf<'draft'>): Partial<CardParts> => {
  const { s, now, voice } = look;
  const missing = missingBeforeAsking(s, now).map(({ what }) => sentenceMarkup(what, voice));
  const returned =
    state.returned === null
      ? EMPTY
      : md`${RETURNED_LEADS[state.returned.why]}${state.returned.by === null ? EMPTY : md` by ${sentenceMarkup([person(state.returned.by)], voice)}`}${state.returned.reason === null ? EMPTY : md`: “${quoteText(state.returned.reason, 200)}”`}.`;
  const next =
    missing.length === 0
      ? md`Nothing is missing: it can be asked for.`
      : md`${count(missing.length, 'thing')} before you can ask: ${joined(missing, ' · ')}.`;
  const [unnamed] = s.release.targets.flatMap((environment) => artifactNamedCheck(s, environment));
  const name =
    unnamed === undefined
      ? EMPTY
      : md`${sentenceMarkup(unnamed.sentence, voice)}. ${sentenceMarkup(unnamed.fix, voice)}`;
  return {
    next: joined([returned, next, name, plannedInto(s, targetsLeft(s), now) === null ? EMPTY : planWords(look)], ' '),
    facts: [
      fact('Order', orderWords(s)),
      fact('Hotfix of', fixedWords(s)),
      fact('Risk', riskWords(s)),
      fact('When', whenWords(s.release)),
      fact('If it fails', s.release.rollbackPlan === null ? EMPTY : rollbackWords(s)),
      fact('Also affects', affectsWords(s.release)),
    ],
    buttons: [
      // Nothing is asked for a time that has passed.
      ...(s.release.when.kind === 'at' && s.release.when.start <= now
        ? newTimeButtons(look)
        : [
            {
              text: state.returned === null ? 'Ask for approval' : 'Ask again',
              action: ACTIONS.submit,
              value: value(s),
              style: 'primary' as const,
            },
          ]),
      { text: 'Edit', action: ACTIONS.edit, value: value(s) },
    ],
    more: more(
      s,
      ['Add change', ACTIONS.addChange],
      ['Schedule', ACTIONS.schedule],
      ['Gates', ACTIONS.gates],
      ['Hold', ACTIONS.hold],
      ['Cancel', ACTIONS.cancel],
    ),
  };
};

/** Who acts, by when; with several missing also what is missing. */
const waitsFor = (look: Look, round: Round): Mrkdwn => {
  const { s, voice } = look;
  const { can, sentence, open } = evaluate(s, round);
  if (can.length === 0) {
    const stuck = unsatisfiable(round.rules, s, round);
    if (stuck === null) return md`nobody can give the approval now`;
    const way =
      round.members === null
        ? 'An admin can add a person'
        : 'An admin can add a person; then it is taken back and asked again';
    // Of several ways each is named.
    return alternatives(round.rules).length > 1
      ? md`nobody can approve it: it wants ${sentenceMarkup(sentence, voice)}. ${way}`
      : md`nobody can approve it: rule “${stuck.rule.name}” wants ${stuck.rule.count}, ${stuck.left} can. ${way}`;
  }
  const asked = round.asks.map(({ person: id }) => id).filter((id) => can.includes(id));
  const groups = askedByMention(s, round).map(({ handle }) => md`${handle}`);
  const names = joined([...groups, asked.length === 0 ? EMPTY : anyOf(asked, look)], ' or ');
  const single = open.length === 1 && open[0]?.reduce((sum, { missing }) => sum + missing, 0) === 1;
  const begins = groups.length === 0 ? dayBegins(s, round, look.now) : null;
  const day = begins === null ? EMPTY : md`, whose day begins ${dateToken(begins)}`;
  const by = md`${day}, by ${dateToken(decideBy(round, s.release, look.now))}`;
  return single ? md`${names}${by}` : md`${sentenceMarkup(sentence, voice)} (${names})${by}`;
};

export const waitingParts = (look: Look): Partial<CardParts> => {
  const { s, voice, now } = look;
  const { round } = s;
  if (round === null) return {};
  const later = plannedInto(s, targetsLeft(s), now);
  const { when } = s.release;
  const starts =
    when.kind !== 'at'
      ? EMPTY
      : when.start <= now
        ? md`its time, ${dateToken(when.start)}, has come`
        : md`starts ${dateToken(when.start)}`;
  const held = joined([starts, againstWords(s, now)], ', but ');
  const open = round.questions.filter(({ answeredAt }) => answeredAt === null);
  const asks = open.map(
    (question) => md`${sentenceMarkup([person(question.asker)], voice)} asks “${quoteText(question.text, 200)}”`,
  );
  return {
    next: waitsFor(look, round),
    facts: [
      fact('Question', joined(asks, ' · ')),
      fact('Approved', approvalsWords(look)),
      fact('Order', orderWords(s)),
      fact('Hotfix of', fixedWords(s)),
      fact('Then', later === null ? held : planWords(look)),
      fact('Artifact', unnamedWords(s)),
      fact('Risk', joined([riskWords(s, true), gatesWords(s, now)], ' · ')),
      fact('If it fails', rollbackWords(s)),
      fact('Also affects', affectsWords(s.release)),
    ],
    buttons: [
      needsReason(round)
        ? { text: 'Decide…', action: ACTIONS.decide, value: roundValue(s), style: 'primary' }
        : { text: 'Approve', action: ACTIONS.approve, value: roundValue(s), style: 'primary' },
      { text: 'Reject…', action: ACTIONS.reject, value: roundValue(s) },
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

/** Whom the freeze does not stop. */
const exemptWords = (look: Look, environment: string): Mrkdwn => {
  const may = exemptAt(look.s, environment, look.now);
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
