/** Approvals and gates, from Slack. A button carries release, round and the hash that it showed; all of it is checked again. */
import { stillCan } from '../domain/approval-policy.ts';
import { isHigher, RISK_LEVELS, type RiskLevel } from '../domain/catalog.ts';
import { mayRead } from '../domain/permissions.ts';
import type { Decision } from '../domain/refusal.ts';
import { nameOf, type Release } from '../domain/release.ts';
import { clickedRelease, formRelease, namedRelease, wordsAfter } from '../releases/find-release.ts';
import { situationFor } from '../releases/release-answers.ts';
import { titleOf } from '../releases/release-facts.ts';
import { onRelease } from '../releases/releases-slack.ts';
import { chosen, textOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS } from '../slack/ids.ts';
import { form, section, selectInput, textInput } from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';
import { type ActionRequest, type CommandRequest, type Route, type Routes, refused, tell } from '../slack/requests.ts';
import { openReason, partsOf, quietly, wordsOrNull } from './approval-answers.ts';
import { requestLines } from './approval-messages.ts';
import {
  answerQuestion,
  approveRelease,
  askOwner,
  raiseRiskOf,
  rejectRelease,
  remindApprovers,
  submitRelease,
  undo,
  withdrawRelease,
} from './decide.ts';

/** The form of a decision that needs a reason: what is decided on stands above it once more. */
const openDecide: Route<ActionRequest> = {
  opens: 'Decide',
  run: async (request) => {
    const found = await clickedRelease(request);
    if (!found.ok) return refused(found.refusal);
    const s = await situationFor(request, found.value.id);
    if (s?.round == null) throw new Error(`${found.value.id} is waiting and has no round.`);
    const lines = mayRead(request.catalog, s.release, request.actor, [
      ...s.round.asks.map(({ person }) => person),
      ...stillCan(s, s.round),
    ])
      ? requestLines(s, s.round, request.actor, request.ctx.now)
      : [md`*Approve ${nameOf(s.release)}?*`, titleOf(s.release)];
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

const byCommand = (
  act: (request: CommandRequest, release: Release) => Promise<Decision<unknown>>,
  done: string,
): Route<CommandRequest> => ({
  run: async (request) =>
    onRelease(
      request,
      await namedRelease(request),
      (release) => act(request, release),
      () => md`${done}`,
    ),
});

export const approvalRoutes: Routes = {
  verbs: {
    submit: byCommand((request, release) => submitRelease(request.deps, request.ctx, release.id), 'Asked.'),
    withdraw: byCommand(
      (request, release) => withdrawRelease(request.deps, request.ctx, release.id, wordsOrNull(wordsAfter(request))),
      'Withdrawn.',
    ),
    approve: byCommand(
      (request, release) =>
        approveRelease(request.deps, request.ctx, release.id, {
          hash: null,
          comment: wordsOrNull(wordsAfter(request)),
        }),
      'Counted.',
    ),
    reject: byCommand(
      (request, release) =>
        rejectRelease(request.deps, request.ctx, release.id, { hash: null, reason: wordsAfter(request) }),
      'Rejected; its owner has been told.',
    ),
    undo: byCommand((request, release) => undo(request.deps, request.ctx, release.id), 'Taken back.'),
    ask: byCommand(
      (request, release) => askOwner(request.deps, request.ctx, release.id, wordsAfter(request)),
      'Asked its owner; your reminder waits.',
    ),
    risk: byCommand(
      (request, release) =>
        raiseRiskOf(request.deps, request.ctx, release.id, {
          level: levelIn(request.words[1]),
          reason: wordsAfter(request, 2),
        }),
      'Raised; it is asked again.',
    ),
    remind: byCommand((request, release) => remindApprovers(request.deps, request.ctx, release.id), 'Reminded.'),
  },
  actions: {
    [ACTIONS.submit]: {
      run: async (request) =>
        onRelease(
          request,
          await clickedRelease(request),
          (release) => submitRelease(request.deps, request.ctx, release.id),
          () => md`Asked.`,
        ),
    },
    [ACTIONS.approve]: {
      run: async (request) =>
        quietly(
          request,
          await clickedRelease(request),
          (release) =>
            approveRelease(request.deps, request.ctx, release.id, { hash: partsOf(request.value).hash, comment: null }),
          (release) => `Counted: you approved ${nameOf(release)}.`,
        ),
    },
    [ACTIONS.decide]: openDecide,
    [ACTIONS.raiseRisk]: openRaiseRisk,
    [ACTIONS.undoApproval]: {
      run: async (request) =>
        quietly(
          request,
          await clickedRelease(request),
          (release) => undo(request.deps, request.ctx, release.id),
          (release) => `Taken back: your approval of ${nameOf(release)}.`,
        ),
    },
    [ACTIONS.withdraw]: {
      run: async (request) =>
        quietly(
          request,
          await clickedRelease(request),
          (release) => withdrawRelease(request.deps, request.ctx, release.id, null),
          (release) => `Withdrawn: ${nameOf(release)} is a draft again.`,
        ),
    },
    [ACTIONS.remind]: {
      run: async (request) =>
        quietly(
          request,
          await clickedRelease(request),
          (release) => remindApprovers(request.deps, request.ctx, release.id),
          () => 'Reminded.',
        ),
    },
    [ACTIONS.reject]: openReason('Reject', VIEWS.reject, 'Reject', 'What must change?'),
    [ACTIONS.ask]: openReason('Ask a question', VIEWS.ask, 'Ask', 'Your question to the owner', 'question'),
    [ACTIONS.answer]: openReason('Answer', VIEWS.answer, 'Answer', 'Your answer', 'answer'),
  },
  views: {
    decide: {
      run: async (request) => {
        const { hash } = partsOf(request.metadata);
        const reason = textOf(request.values, 'reason') ?? '';
        const approves = chosen(request.values, 'outcome') === 'approve';
        return quietly(
          request,
          await formRelease(request),
          (release) =>
            approves
              ? approveRelease(request.deps, request.ctx, release.id, { hash, comment: reason })
              : rejectRelease(request.deps, request.ctx, release.id, { hash, reason }),
          (release) => (approves ? `Counted: you approved ${nameOf(release)}.` : `Rejected: ${nameOf(release)}.`),
        );
      },
    },
    risk: {
      run: async (request) =>
        quietly(
          request,
          await formRelease(request),
          (release) =>
            raiseRiskOf(request.deps, request.ctx, release.id, {
              level: levelIn(chosen(request.values, 'level')),
              reason: textOf(request.values, 'reason') ?? '',
            }),
          (release) => `Raised: ${nameOf(release)} is asked again under the rules of that level.`,
        ),
    },
    reject: {
      run: async (request) => {
        const { hash } = partsOf(request.metadata);
        const reason = textOf(request.values, 'reason') ?? '';
        return quietly(
          request,
          await formRelease(request),
          (release) => rejectRelease(request.deps, request.ctx, release.id, { hash, reason }),
          (release) => `Rejected: the owner of ${nameOf(release)} has been told “${reason}”.`,
        );
      },
    },
    ask: {
      run: async (request) =>
        quietly(
          request,
          await formRelease(request),
          (release) => askOwner(request.deps, request.ctx, release.id, textOf(request.values, 'question') ?? ''),
          () => 'Asked its owner. You are asked again with the answer; until then your reminder waits.',
        ),
    },
    answer: {
      run: async (request) => {
        const question = unpackValue(request.metadata)[1] ?? '';
        return quietly(
          request,
          await formRelease(request),
          (release) =>
            answerQuestion(request.deps, request.ctx, release.id, {
              question,
              text: textOf(request.values, 'answer') ?? '',
            }),
          () => 'Answered. The approver is asked again with your answer.',
        );
      },
    },
  },
};
