/** The forms of planning. A form's builder and its parser stand together, so that block ids are written once. */
import type { ModalView } from '@slack/types';
import type { Catalog } from '../domain/catalog.ts';
import { endOf, freezesStopping } from '../domain/freeze-calendar.ts';
import type { UserId } from '../domain/ids.ts';
import { epochMs, type Instant } from '../domain/instant.ts';
import { type ReleaseInput, TITLE_MAX, type VersionFacts } from '../domain/plan.ts';
import type { Answers, Release, When } from '../domain/release.ts';
import type { Freeze } from '../domain/situation.ts';
import { nextVersion } from '../domain/version.ts';
import { chosen, instantOf, personOf, type RawValues, textOf, ticked } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import { checkboxesInput, context, dateTimeInput, form, personInput, selectInput, textInput } from '../slack/kit.ts';
import { dateToken, md } from '../slack/mrkdwn.ts';

const WHEN_CHOICES = [
  { text: 'As soon as approved', value: 'asap' },
  { text: 'At a time…', value: 'at' },
  { text: 'Not decided yet', value: 'undecided' },
];

const ANSWERS = [
  { text: 'Changes data or schema', value: 'schema' },
  { text: 'Cannot be undone by a redeploy', value: 'irreversible' },
  { text: 'Needs downtime', value: 'downtime' },
  { text: 'Fixes production (hotfix)', value: 'hotfix' },
  { text: 'Restricted (security): content for its roles only', value: 'restricted' },
];

const ASK = [{ text: 'Ask for approval as soon as the evidence is there', value: 'ask' }];

export type NewReleaseFacts = { service: string; versions: VersionFacts; freezes: readonly Freeze[]; now: Instant };

const frozenLine = (catalog: Catalog, { service, freezes, now }: NewReleaseFacts) => {
  const environments = catalog.environments.filter((environment) => environment.protected);
  const [freeze] = environments.flatMap(({ name }) =>
    freezesStopping(freezes, [], { services: [service], environment: name, type: 'normal', at: now }),
  );
  return freeze === undefined
    ? []
    : [context(md`Frozen until ${dateToken(endOf(freeze))} (${freeze.name}). You can ask now and start then.`)];
};

const whenBlocks = (kind: string, start: Instant | null) => [
  selectInput({
    id: 'when_kind',
    label: 'When',
    choices: WHEN_CHOICES,
    initial: kind,
    dispatch: true,
    action: ACTIONS.whenChosen,
  }),
  ...(kind === 'at'
    ? [
        dateTimeInput({
          id: 'when',
          label: 'Start',
          ...(start === null ? {} : { initialSeconds: Math.floor(epochMs(start) / 1_000) }),
        }),
      ]
    : []),
];

export type NewReleaseState = { whenKind: string };

/** The form of `new`. Choosing a service or a kind of time renders it again; what was typed stays, because block ids stay. */
export const newReleaseForm = (catalog: Catalog, facts: NewReleaseFacts, state: NewReleaseState): ModalView => {
  const service = catalog.services[facts.service];
  const last = facts.versions.latest ?? facts.versions.deployed?.version ?? null;
  const suggested = service === undefined ? null : nextVersion(service.versioning, last, facts.now, service.zone);
  const inProduction =
    facts.versions.deployed === null
      ? 'Nothing of it is in production yet.'
      : `In production: ${facts.versions.deployed.version}.`;
  const services = Object.keys(catalog.services).map((name) => ({ text: name, value: name }));
  return form({
    id: VIEWS.newRelease,
    title: 'New release',
    submit: 'Create release',
    metadata: facts.service,
    blocks: [
      ...frozenLine(catalog, facts),
      selectInput({
        id: 'service',
        label: 'Service',
        choices: services,
        initial: facts.service,
        dispatch: true,
        action: ACTIONS.serviceChosen,
      }),
      // A block id of its own for each service, so that the proposal follows the choice.
      textInput({ id: `version_${facts.service}`, label: 'Version', initial: suggested, hint: inProduction }),
      textInput({
        id: 'title',
        label: 'What changes',
        placeholder: 'One sentence',
        hint: `At most ${TITLE_MAX} characters.`,
      }),
      textInput({
        id: 'customers',
        label: 'What will customers notice?',
        optional: true,
        multiline: true,
        hint: 'Leave empty if nothing. Stakeholder channels read this.',
      }),
      ...whenBlocks(state.whenKind, null),
      textInput({
        id: 'rollbackPlan',
        label: 'Rollback',
        initial: service?.rollbackPlan ?? null,
        optional: catalog.rollbackPlan !== 'required',
        hint: 'How to go back, how long it takes, what triggers it.',
      }),
      checkboxesInput({ id: 'answers', label: 'Tick what is true', choices: ANSWERS, optional: true }),
      checkboxesInput({ id: 'ask', label: 'Approval', choices: ASK, initial: ['ask'], optional: true }),
    ],
  });
};

const parseWhen = (values: RawValues): When => {
  const kind = chosen(values, 'when_kind');
  const start = instantOf(values, 'when');
  if (kind === 'at' && start !== null) return { kind: 'at', start, end: null };
  return kind === 'undecided' ? { kind: 'undecided' } : { kind: 'asap' };
};

const parseAnswers = (values: RawValues): Answers => {
  const marks = ticked(values, 'answers');
  return {
    schema: marks.includes('schema'),
    irreversible: marks.includes('irreversible'),
    downtime: marks.includes('downtime'),
    restricted: marks.includes('restricted'),
  };
};

export const parseNewRelease = (values: RawValues): ReleaseInput => {
  const service = chosen(values, 'service') ?? '';
  return {
    service,
    version: textOf(values, `version_${service}`) ?? '',
    title: textOf(values, 'title') ?? '',
    customers: textOf(values, 'customers'),
    when: parseWhen(values),
    rollbackPlan: textOf(values, 'rollbackPlan'),
    answers: parseAnswers(values),
    hotfix: ticked(values, 'answers').includes('hotfix'),
    askWhenReady: ticked(values, 'ask').includes('ask'),
  };
};

export const whenKindChosen = (values: RawValues): string => chosen(values, 'when_kind') ?? 'asap';
export const serviceChosen = (values: RawValues): string | null => chosen(values, 'service');

export const editReleaseForm = (release: Release, whenKind: string): ModalView => {
  const { answers, when } = release;
  const marks = (['schema', 'irreversible', 'downtime', 'restricted'] as const).filter((key) => answers[key]);
  return form({
    id: VIEWS.editRelease,
    title: 'Edit release',
    submit: 'Save',
    metadata: release.id,
    blocks: [
      textInput({ id: 'title', label: 'What changes', initial: release.title }),
      textInput({
        id: 'customers',
        label: 'What will customers notice?',
        initial: release.customers,
        optional: true,
        multiline: true,
      }),
      ...whenBlocks(whenKind, when.kind === 'at' ? when.start : null),
      textInput({ id: 'rollbackPlan', label: 'Rollback', initial: release.rollbackPlan, optional: true }),
      checkboxesInput({
        id: 'answers',
        label: 'Tick what is true',
        choices: ANSWERS.filter(({ value }) => value !== 'hotfix'),
        initial: marks,
        optional: true,
      }),
      personInput({ id: 'owner', label: 'Owner', initial: release.owner }),
      personInput({
        id: 'deployer',
        label: 'Deployer',
        initial: release.deployer,
        optional: true,
        hint: 'Leave empty if the pipeline or whoever starts it.',
      }),
    ],
  });
};

export type EditForm = {
  title: string;
  customers: string | null;
  when: When;
  rollbackPlan: string | null;
  answers: Answers;
  owner?: UserId;
  deployer: UserId | null;
};

export const parseEditRelease = (values: RawValues): EditForm => {
  const owner = personOf(values, 'owner');
  return {
    title: textOf(values, 'title') ?? '',
    customers: textOf(values, 'customers'),
    when: parseWhen(values),
    rollbackPlan: textOf(values, 'rollbackPlan'),
    answers: parseAnswers(values),
    ...(owner === null ? {} : { owner }),
    deployer: personOf(values, 'deployer'),
  };
};

const CHANGE_TYPES = ['feature', 'bugfix', 'infra', 'config', 'security', 'other'] as const;

export const addChangeForm = (release: Release): ModalView =>
  form({
    id: VIEWS.addChange,
    title: 'Add change',
    submit: 'Add',
    metadata: release.id,
    blocks: [
      textInput({ id: 'change', label: 'What is it?', placeholder: 'A few words' }),
      textInput({ id: 'link', label: 'Link', optional: true }),
      selectInput({
        id: 'type',
        label: 'Kind',
        choices: CHANGE_TYPES.map((type) => ({ text: type, value: type })),
        initial: 'feature',
      }),
      personInput({ id: 'author', label: 'Author', optional: true }),
    ],
  });

export const parseChange = (values: RawValues) => ({
  title: textOf(values, 'change') ?? '',
  link: textOf(values, 'link'),
  type: CHANGE_TYPES.find((type) => type === chosen(values, 'type')) ?? 'other',
  author: personOf(values, 'author'),
  customers: false,
});

export const scheduleForm = (release: Release): ModalView =>
  form({
    id: VIEWS.schedule,
    title: 'Schedule',
    submit: 'Save',
    metadata: release.id,
    blocks: [
      dateTimeInput({
        id: 'when',
        label: 'Start',
        ...(release.when.kind === 'at' ? { initialSeconds: Math.floor(epochMs(release.when.start) / 1_000) } : {}),
      }),
    ],
  });

export const holdForm = (release: Release): ModalView =>
  form({
    id: VIEWS.hold,
    title: 'Hold',
    submit: 'Hold',
    metadata: release.id,
    blocks: [
      textInput({ id: 'reason', label: 'What does it wait for?' }),
      dateTimeInput({ id: 'until', label: 'Until', optional: true }),
    ],
  });

/** A form with one question; its answer is a reason, a comment, an answer. */
export const reasonForm = (view: {
  id: (typeof VIEWS)[keyof typeof VIEWS];
  title: string;
  submit: string;
  label: string;
  metadata: string;
  field?: string;
  hint?: string;
}): ModalView =>
  form({
    ...view,
    blocks: [
      textInput({
        id: view.field ?? 'reason',
        label: view.label,
        multiline: true,
        ...(view.hint === undefined ? {} : { hint: view.hint }),
      }),
    ],
  });
