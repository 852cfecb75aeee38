/** Approvals and gates, from Slack. A button carries release, round and the hash that it showed; all of it is checked again. */

import { waitingFor } from '../domain/approval/asking.ts';
import { isHigher, RISK_LEVELS, type RiskLevel } from '../domain/catalog/catalog.ts';
import { dayBeginsOf } from '../domain/hours.ts';
import type { UserId } from '../domain/ids.ts';
import { type Decision } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { type Act, type Effect } from '../domain/situation.ts';
import { onClick, onCommand, onSubmit } from '../releases/act-on-release.ts';
import { clickedRelease, wordsAfter } from '../releases/find-release.ts';
import { type MaySend, openReason, orItsForm } from '../releases/reason-form.ts';
import { situationFor } from '../releases/release-answers.ts';
import { releaseVerbs } from '../releases/release-verbs.ts';
import type { Seen, SeenRelease } from '../situation/seen-by.ts';
import { chosen, textOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS } from '../slack/ids.ts';
import { form, section, selectInput, textInput } from '../slack/kit.ts';
import { dateToken, EMPTY, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { type ActionRequest, type Bare, type Route, type Routes, refused, tell } from '../slack/requests.ts';
import { requestLines } from './approval-messages.ts';
import { approvalVerbs } from './approval-verbs.ts';

/** The form of a decision that needs a reason: what is decided on stands above it once more. */
const openDecide: Route<ActionRequest> = {
  opens: 'Decide',
  run: async (request) => {
    const found = await clickedRelease(request);
    if (!found.ok) return refused(found.refusal);
    const s = await situationFor(request, found.value.id);
    if (s?.round == null) throw new Error(`${found.value.id} is waiting and has no round.`);
    const lines = requestLines(s, s.round, request.actor, request.ctx.now);
    const blocks = [
      section(lines),
      selectInput({
        id: 'outcome',
        label: `Your decision about ${s.release.version}`,
        choices: [
          { text: 'Approve', value: 'approve' },
          { text: 'Reject', value: 'reject' },
        ],
      }),
      textInput({ id: 'reason', label: 'Why?', multiline: true, hint: 'The owner and the other approvers read this.' }),
    ];
    return {
      kind: 'form',
      view: form({ id: VIEWS.decide, title: 'Decide', submit: 'Decide', metadata: request.value, blocks }),
    };
  },
};

/** Why this person cannot, whatever they write: the rule itself is asked, before a form is filled in for nothing. */
const tried =
  (decide: (s: Seen, act: Act) => Decision<Effect>): Exclude<MaySend, string> =>
  (s, { actor, ctx, deps }) => {
    const decision = decide(s, { by: actor, now: ctx.now, newId: deps.newId });
    return decision.ok || decision.refusal.code === 'fields' ? null : decision.refusal;
  };

const openRaiseRisk: Route<ActionRequest> = {
  opens: 'Raise risk',
  run: async (request) => {
    const found = await clickedRelease(request);
    if (!found.ok) return refused(found.refusal);
    const now = found.value.risk?.level ?? 'medium';
    const higher = RISK_LEVELS.filter((level) => isHigher(level, now));
    if (higher.length === 0)
      return tell([md`Nothing to raise: the risk of ${nameOf(found.value)} is ${now}, the highest level.`]);
    const blocks = [
      selectInput({
        id: 'level',
        label: `Risk, now ${now}`,
        choices: higher.map((level) => ({ text: level, value: level })),
      }),
      textInput({
        id: 'reason',
        label: 'What makes it riskier?',
        multiline: true,
        hint: 'It is asked again under the rules of that level; what was approved so far does not count.',
      }),
    ];
    return {
      kind: 'form',
      view: form({ id: VIEWS.raiseRisk, title: 'Raise risk', submit: 'Raise', metadata: request.value, blocks }),
    };
  },
};

const levelIn = (word: string | null | undefined): RiskLevel | null =>
  RISK_LEVELS.find((level) => level === word?.toLowerCase()) ?? null;

/** The hash of what was shown: the third part of a button that decides. */
const hashIn = (value: string): string | null => {
  const [, , hash = ''] = unpackValue(value);
  return hash === '' ? null : hash;
};

const wordsOrNull = (text: string): string | null => (text === '' ? null : text);

/** When they read it, where that is not now. */
const fromWhen = (s: Seen, people: readonly UserId[], { ctx }: Bare): Mrkdwn => {
  const begins = dayBeginsOf(s, people, ctx.now);
  return begins === null ? EMPTY : md` Their day begins ${dateToken(begins)}.`;
};

/** Whom it reaches, and when. */
const reminded = (_release: SeenRelease, request: Bare, s: Seen): Mrkdwn =>
  md`Reminded.${fromWhen(s, s.round === null ? [] : waitingFor(s, s.round), request)}`;

const { submit } = releaseVerbs;
const { withdraw, approve, reject, undo, ask, answer, raiseRisk, remind } = approvalVerbs;

const openReject = openReason('Reject', VIEWS.reject, 'Reject', 'What must change?', {
  may: tried((s, act) => reject.decide(s, { hash: null, reason: 'tried' }, act)),
});

const openAsk = openReason('Ask a question', VIEWS.ask, 'Ask', 'Your question to the owner', {
  field: 'question',
  may: tried((s, act) => ask.decide(s, { question: 'tried' }, act)),
});

export const approvalRoutes: Routes = {
  verbs: {
    submit: onCommand(submit, () => null, 'Asked.'),
    withdraw: onCommand(withdraw, (request) => ({ reason: wordsOrNull(wordsAfter(request)) }), 'Withdrawn.'),
    approve: onCommand(approve, (request) => ({ hash: null, comment: wordsOrNull(wordsAfter(request)) }), 'Counted.'),
    reject: orItsForm(
      onCommand(
        reject,
        (request) => ({ hash: null, reason: wordsAfter(request) }),
        (_release, request, s) => md`Rejected; its owner hears why.${fromWhen(s, [s.release.owner], request)}`,
      ),
      ACTIONS.reject,
      openReject,
    ),
    undo: onCommand(undo, () => null, 'Taken back.'),
    ask: orItsForm(
      onCommand(
        ask,
        (request) => ({ question: wordsAfter(request) }),
        (_release, request, s) => md`Asked its owner; your reminder waits.${fromWhen(s, [s.release.owner], request)}`,
      ),
      ACTIONS.ask,
      openAsk,
    ),
    risk: onCommand(
      raiseRisk,
      (request) => ({ level: levelIn(request.words[1]), reason: wordsAfter(request, 2) }),
      'Raised; it is asked again.',
    ),
    remind: onCommand(remind, () => null, reminded),
  },
  actions: {
    [ACTIONS.submit]: onClick(submit, () => null, 'Asked.'),
    [ACTIONS.approve]: onClick(
      approve,
      ({ value }) => ({ hash: hashIn(value), comment: null }),
      (release) => `Counted: you approved ${nameOf(release)}.`,
      'line',
    ),
    [ACTIONS.decide]: openDecide,
    [ACTIONS.raiseRisk]: openRaiseRisk,
    [ACTIONS.undoApproval]: onClick(
      undo,
      () => null,
      (release) => `Taken back: your approval of ${nameOf(release)}.`,
      'line',
    ),
    [ACTIONS.withdraw]: onClick(
      withdraw,
      () => ({ reason: null }),
      (release) => `Withdrawn: ${nameOf(release)} is a draft again.`,
      'line',
    ),
    [ACTIONS.remind]: onClick(remind, () => null, reminded, 'line'),
    [ACTIONS.reject]: openReject,
    [ACTIONS.ask]: openAsk,
    [ACTIONS.answer]: openReason('Answer', VIEWS.answer, 'Answer', 'Your answer', { field: 'answer' }),
  },
  views: {
    decide: {
      act: (request) => {
        const hash = hashIn(request.metadata);
        const reason = textOf(request.values, 'reason') ?? '';
        const decided =
          chosen(request.values, 'outcome') === 'approve'
            ? onSubmit(
                approve,
                () => ({ hash, comment: reason }),
                (release) => `Counted: you approved ${nameOf(release)}.`,
                'line',
              )
            : onSubmit(
                reject,
                () => ({ hash, reason }),
                (release) => `Rejected: ${nameOf(release)}.`,
                'line',
              );
        return decided.act(request);
      },
    },
    risk: onSubmit(
      raiseRisk,
      ({ values }) => ({ level: levelIn(chosen(values, 'level')), reason: textOf(values, 'reason') ?? '' }),
      (release) => `Raised: ${nameOf(release)} is asked again under the rules of that level.`,
      'line',
    ),
    reject: onSubmit(
      reject,
      ({ metadata, values }) => ({ hash: hashIn(metadata), reason: textOf(values, 'reason') ?? '' }),
      (release, request, s) =>
        md`Rejected: the owner of ${nameOf(release)} reads “${textOf(request.values, 'reason') ?? ''}”.${fromWhen(s, [s.release.owner], request)}`,
      'line',
    ),
    ask: onSubmit(
      ask,
      ({ values }) => ({ question: textOf(values, 'question') ?? '' }),
      (_release, request, s) =>
        md`Asked its owner. You are asked again with the answer; until then your reminder waits.${fromWhen(s, [s.release.owner], request)}`,
      'line',
    ),
    answer: onSubmit(
      answer,
      ({ metadata, values }) => ({ question: unpackValue(metadata)[1] ?? '', text: textOf(values, 'answer') ?? '' }),
      'Answered. The approver is asked again with your answer.',
      'line',
    ),
  },
};
