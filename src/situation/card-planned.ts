/** The card before anything is approved: draft, and waiting for approval. */

import { askedByMention, dayBegins } from '../domain/approval/asking.ts';
import { missingBeforeAsking } from '../domain/approval/before-asking.ts';
import { needsReason } from '../domain/approval/decide.ts';
import { evaluate, unsatisfiable } from '../domain/approval/policy.ts';
import { decideBy, type Round } from '../domain/approval/round.ts';
import { alternatives } from '../domain/approval/rules.ts';
import { artifactNamedCheck } from '../domain/deployment/artifact-check.ts';
import { heldByFreeze, plannedInto } from '../domain/freeze/caught.ts';
import { isWanted } from '../domain/freeze/exception.ts';
import { slotBehind } from '../domain/plan/moving.ts';
import { nextEnvironment, targetsLeft } from '../domain/readiness.ts';
import type { Returned, StateOf } from '../domain/release/release.ts';
import { count, person } from '../domain/words.ts';
import { ACTIONS } from '../slack/ids.ts';
import { type ButtonSpec, fact } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  anyOf,
  approvalsWords,
  type CardParts,
  handStarter,
  type Look,
  more,
  moveButton,
  planWords,
  roundValue,
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
      ? state.returned === null
        ? md`Nothing is missing: it can be asked for.`
        : md`${who(s.release.owner, look)} ${state.returned.why === 'rejected' || state.returned.why === 'reworked' ? 'fixes that and asks again' : 'asks again'}.`
      : md`${count(missing.length, 'thing')} before you can ask: ${joined(missing, ' · ')}.`;
  const [unnamed] = s.release.targets.flatMap((environment) => artifactNamedCheck(s, environment));
  const name =
    unnamed === undefined ? EMPTY : md`Nobody said which artifact it is. ${sentenceMarkup(unnamed.fix, voice)}`;
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
  // Whoever was asked may count no more, and the others are asked in a moment.
  const named = asked.length === 0 && groups.length === 0 ? can : asked;
  const names = joined([...groups, named.length === 0 ? EMPTY : anyOf(named, look)], ' or ');
  const single = open.length === 1 && open[0]?.reduce((sum, { missing }) => sum + missing, 0) === 1;
  const begins = groups.length === 0 ? dayBegins(s, round, look.now) : null;
  const day = begins === null ? EMPTY : md`, whose day begins ${dateToken(begins)}`;
  // Its time stands while it is on hold.
  const by = s.release.hold !== null ? day : md`${day}, by ${dateToken(decideBy(round, s.release, look.now))}`;
  if (single) return md`${names}${by}`;
  const [only, another] = open;
  // Of one way each rule has its own people.
  if (only !== undefined && another === undefined && groups.length === 0) {
    const each = only
      .filter(({ satisfied }) => !satisfied)
      .map((verdict) => {
        const theirs = asked.filter((id) => verdict.can.includes(id));
        const rule = sentenceMarkup(verdict.sentence, voice);
        return theirs.length === 0 ? rule : md`${rule} (${anyOf(theirs, look)})`;
      });
    return md`${joined(each, ' and ')}${by}`;
  }
  return md`${sentenceMarkup(sentence, voice)} (${names})${by}`;
};

/** Asked for meanwhile: of whom. */
const askedExceptions = ({ s, now }: Look): Mrkdwn =>
  joined(
    s.exceptions
      .filter((exception) => isWanted(exception, s, now))
      .map(({ freeze, environment }) => {
        const of = s.around.freezes.find(({ id }) => id === freeze);
        return md`asked for ${environment}${of === undefined ? '' : ` of @${of.approvers}`}`;
      }),
    ' · ',
  );

export const waitingParts = (look: Look): Partial<CardParts> => {
  const { s, voice, now } = look;
  const { round } = s;
  if (round === null) return {};
  const later = plannedInto(s, targetsLeft(s), now);
  const { when } = s.release;
  const hand = handStarter(s, nextEnvironment(s), now);
  const starts =
    when.kind !== 'at'
      ? EMPTY
      : when.start <= now
        ? md`its time, ${dateToken(when.start)}, has come`
        : hand === null
          ? md`starts ${dateToken(when.start)}`
          : md`${who(hand, look)} starts it ${dateToken(when.start)}`;
  const held = joined([starts, againstWords(s, now)], ', but ');
  const open = round.questions.filter(({ answeredAt }) => answeredAt === null);
  const asks = open.map(
    (question) => md`${sentenceMarkup([person(question.asker)], voice)} asks “${quoteText(question.text, 200)}”`,
  );
  return {
    next: waitsFor(look, round),
    facts: [
      fact('Question', joined(asks, ' · ')),
      fact('Exception', joined([exceptionWords(s, now), askedExceptions(look)], ' · ')),
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
