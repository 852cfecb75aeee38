/** The form of a review: its questions by how it ended, with three lines for actions; and what was filled in. */
import type { ModalView } from '@slack/types';
import { CAUSES } from '../domain/deployment/deployment.ts';
import { keyOf, nameOf, type Outcome } from '../domain/release/release.ts';
import type { ReviewForm } from '../domain/review/review.ts';
import { REVIEW_FIELDS, type ReviewInput } from '../domain/review/review.ts';
import { after, DAY, fromWallTime } from '../domain/time.ts';
import type { SeenRelease } from '../situation/seen-by.ts';
import { chosen, dateOf, personOf, type RawValues, textOf } from '../slack/form-values.ts';
import { VIEWS } from '../slack/ids.ts';
import { context, dateInput, form, personInput, selectInput, textInput } from '../slack/kit.ts';
import { md, quoteText } from '../slack/mrkdwn.ts';
import { type ViewRequest } from '../slack/requests.ts';
import { EVENING } from '../slack/typed-time.ts';

/** What can be said of how it ended, the likely one first: only what went back is rolled back. */
const outcomesOf = ({ state }: SeenRelease, form: ReviewForm): readonly Outcome[] =>
  form !== 'failure'
    ? ['success', 'success with issues']
    : state.status === 'rolled_back'
      ? ['rolled back', 'success with issues']
      : state.status === 'deployed'
        ? ['success with issues', 'failed']
        : ['failed', 'success with issues'];

const QUESTIONS: Readonly<Record<string, string>> = {
  goal: 'Goal met?',
  change: 'What to change next time',
  happened: 'What happened, in three sentences',
  noticed: 'Who or what noticed, after how long',
  gates: 'Why did the gates not see it',
  prevents: 'What prevents it (becomes an action)',
};

const CAUSE_CHOICES = CAUSES.map((cause) => ({ text: cause, value: cause }));

const question = (id: string) => {
  if (id === 'cause') return selectInput({ id, label: 'Cause', choices: CAUSE_CHOICES });
  if (id === 'goal')
    return selectInput({
      id,
      label: QUESTIONS[id] ?? id,
      choices: ['yes', 'partly', 'no'].map((word) => ({ text: word, value: word })),
      initial: 'yes',
    });
  return textInput({ id, label: QUESTIONS[id] ?? id, multiline: true });
};

const ACTION_ROW = [
  textInput({ id: 'action_text', label: 'An action', optional: true }),
  personInput({ id: 'action_owner', label: 'Its owner', optional: true }),
  dateInput({ id: 'action_due', label: 'Due', optional: true }),
];

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  success: 'As planned',
  'success with issues': 'With issues',
  'rolled back': 'Rolled back',
  failed: 'Failed',
};

/** `others`: of which of several it is said, this one among them. */
export const reviewForm = (release: SeenRelease, kind: ReviewForm, others: readonly SeenRelease[] = []): ModalView => {
  const outcomes = outcomesOf(release, kind);
  return form({
    id: VIEWS.review,
    title: 'Review',
    submit: 'Save',
    metadata: release.id,
    blocks: [
      ...(others.length < 2
        ? [context(md`${nameOf(release)}: ${quoteText(release.title, 120)}`)]
        : [
            selectInput({
              id: 'release',
              label: 'Of which?',
              choices: others.map((other) => ({ text: `${nameOf(other)} (${keyOf(other)})`, value: other.id })),
              initial: release.id,
            }),
          ]),
      selectInput({
        id: 'outcome',
        label: 'Outcome',
        choices: outcomes.map((outcome) => ({ text: OUTCOME_WORDS[outcome], value: outcome })),
        initial: outcomes[0] ?? null,
      }),
      ...(kind === 'short'
        ? [textInput({ id: 'change', label: 'Anything to change next time?', optional: true, multiline: true })]
        : REVIEW_FIELDS[kind].map(question)),
      ...(kind === 'full' ? ACTION_ROW : []),
    ],
  });
};

const read = (values: RawValues, field: string): string => textOf(values, field) ?? chosen(values, field) ?? '';

const actionRow = (request: ViewRequest): ReviewInput['actions'] => {
  const text = textOf(request.values, 'action_text');
  const prevents = textOf(request.values, 'prevents');
  const due = dateOf(request.values, 'action_due');
  const row =
    text === null
      ? []
      : [
          {
            text,
            owner: personOf(request.values, 'action_owner'),
            due: due === null ? null : fromWallTime(`${due}T${EVENING}:00`, request.person.zone, 'end'),
          },
        ];
  // What prevents a failure from happening again is an action of the one who wrote it, due in two weeks.
  return prevents === null
    ? row
    : [...row, { text: prevents, owner: request.actor, due: after(request.ctx.now, 14 * DAY) }];
};

export const parseReview = (request: ViewRequest): ReviewInput => {
  const fields = ['goal', 'change', 'cause', 'happened', 'noticed', 'gates', 'prevents'];
  const answers = Object.fromEntries(
    fields.map((field) => [field, read(request.values, field)]).filter(([, value]) => value !== ''),
  );
  return { outcome: (chosen(request.values, 'outcome') ?? 'success') as Outcome, answers, actions: actionRow(request) };
};
