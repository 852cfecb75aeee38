/** The form of a review: its questions by how it ended, with three lines for actions; and what was filled in. */
import type { ModalView } from '@slack/types';
import { CAUSES } from '../domain/deployment/deployment.ts';
import { keyOf, nameOf, type Outcome } from '../domain/release/release.ts';
import type { ReviewForm } from '../domain/review/review.ts';
import { QUESTIONS, REVIEW_FIELDS, type ReviewInput } from '../domain/review/review.ts';
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

const CAUSE_CHOICES = CAUSES.map((cause) => ({ text: cause, value: cause }));

const question = (id: keyof typeof QUESTIONS) => {
  if (id === 'cause') return selectInput({ id, label: QUESTIONS[id], choices: CAUSE_CHOICES });
  if (id === 'goal')
    return selectInput({
      id,
      label: QUESTIONS[id],
      choices: ['yes', 'partly', 'no'].map((word) => ({ text: word, value: word })),
      initial: 'yes',
    });
  return textInput({ id, label: QUESTIONS[id], multiline: true });
};

const ACTION_ROW = [
  textInput({ id: 'text', label: 'An action', optional: true }),
  personInput({ id: 'owner', label: 'Its owner', optional: true }),
  dateInput({ id: 'due', label: 'Due', optional: true }),
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
  const text = textOf(request.values, 'text');
  const prevents = textOf(request.values, 'prevents');
  const due = dateOf(request.values, 'due');
  const row =
    text === null
      ? []
      : [
          {
            text,
            owner: personOf(request.values, 'owner'),
            due: due === null ? null : fromWallTime(`${due}T${EVENING}:00`, request.person.zone, 'end'),
          },
        ];
  // What prevents a failure from happening again is an action of the one who wrote it, due in two weeks.
  return prevents === null
    ? row
    : [...row, { text: prevents, owner: request.actor, due: after(request.ctx.now, 14 * DAY) }];
};

export const parseReview = (request: ViewRequest): ReviewInput => {
  const answers = Object.fromEntries(
    Object.keys(QUESTIONS)
      .map((field) => [field, read(request.values, field)])
      .filter(([, value]) => value !== ''),
  );
  return { outcome: (chosen(request.values, 'outcome') ?? 'success') as Outcome, answers, actions: actionRow(request) };
};
