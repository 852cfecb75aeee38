/** The forms of planning. A form's builder and its parser stand together, so that block ids are written once. */

import type { ModalView } from '@slack/types';
import type { Catalog } from '../domain/catalog/catalog.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import { endOf, freezesStopping, type Slot } from '../domain/freeze/calendar.ts';
import { parseId, type ReleaseId, type UserId } from '../domain/ids.ts';
import { type Shown, shownOf } from '../domain/plan/meanwhile.ts';
import { proposedVersion, type ReleaseInput, TITLE_MAX, type VersionFacts } from '../domain/plan/plan.ts';
import { allow, type Decision, refuseField } from '../domain/refusal.ts';
import { type Answers, nameOf, type Release, type When } from '../domain/release/release.ts';
import { after, bareTime, DAY, epochMs, type Instant, instant, MINUTE, zoneLabel } from '../domain/time.ts';
import { say } from '../domain/words.ts';
import { chosen, dateOf, instantOf, personOf, type RawValues, textOf, ticked } from '../slack/form-values.ts';
import { ACTIONS, packValue, unpackValue, VIEWS } from '../slack/ids.ts';
import {
  alert,
  checkboxesInput,
  context,
  dateInput,
  dateTimeInput,
  form,
  multiSelectInput,
  personInput,
  section,
  selectInput,
  textInput,
} from '../slack/kit.ts';
import { choicesOf, fromList } from '../slack/lists.ts';
import { dateToken, type Mrkdwn, md } from '../slack/mrkdwn.ts';

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
  { text: 'Restricted (security): only those named on it read it', value: 'restricted' },
];

const ASK = [{ text: 'Ask for approval as soon as the evidence is there', value: 'ask' }];

export type NewReleaseFacts = {
  service: string;
  versions: VersionFacts;
  freezes: readonly Freeze[];
  now: Instant;
  quiet: readonly Slot[];
  /** The zone of the person at the form. */
  zone: string;
  /** Who will be asked, in one sentence. */
  asks: Mrkdwn;
  /** What stands against the start that was picked. */
  warning: Mrkdwn | null;
};

const frozenLine = (catalog: Catalog, { service, freezes, now }: NewReleaseFacts) => {
  const environments = catalog.environments.filter((environment) => environment.protected);
  const [freeze] = environments.flatMap(({ name }) =>
    freezesStopping(freezes, [], { services: [service], environment: name, type: 'normal', at: now }),
  );
  return freeze === undefined
    ? []
    : [context(md`Frozen until ${dateToken(endOf(freeze))} (${freeze.name}). You can ask now and start then.`)];
};

/** The next quiet slot as a choice: its start stands in the value, so that what is read is what is meant. */
const quietChoices = (slots: readonly Slot[], zone: string) =>
  slots.map(({ start, end }, n) => ({
    text: `${n === 0 ? 'Next quiet slot' : 'Quiet slot'}: ${bareTime(start, zone)}–${bareTime(end, zone).slice(-5)} ${zoneLabel(zone)}`,
    value: `quiet~${start}~${end}`,
  }));

/** Picking the start renders the form again: what stands against it is said while there is time to pick another. */
const startInput = (start: Instant | null) =>
  dateTimeInput({
    id: 'when',
    label: 'Start',
    dispatch: true,
    action: ACTIONS.whenPicked,
    ...(start === null ? {} : { initialSeconds: Math.floor(epochMs(start) / 1_000) }),
  });
const warned = (warning: Mrkdwn | null) => (warning === null ? [] : [alert(warning, 'warning')]);

const whenBlocks = (
  kind: string,
  start: Instant | null,
  warning: Mrkdwn | null,
  quiet: readonly { text: string; value: string }[] = [],
) => [
  selectInput({
    id: 'when_kind',
    label: 'When',
    choices: [...WHEN_CHOICES.slice(0, 1), ...quiet, ...WHEN_CHOICES.slice(1)],
    initial: kind,
    dispatch: true,
    action: ACTIONS.whenChosen,
  }),
  ...(kind === 'at' ? [startInput(start), ...warned(warning)] : []),
];

/** `version` is what was typed already, instead of the proposal. */
export type NewReleaseState = {
  whenKind: string;
  version?: string;
  start?: Instant | null;
  title?: string;
  hotfix?: boolean;
  /** What the hotfix fixes. */
  fixes?: ReleaseId;
};

/** What the form of a hotfix says that it fixes. */
export const fixesIn = (metadata: string): { fixes?: ReleaseId } => {
  const fixed = parseId('release', unpackValue(metadata)[1] ?? '');
  return fixed === null ? {} : { fixes: fixed as ReleaseId };
};

/** The form of `new`. Choosing a service or a kind of time renders it again; what was typed stays, because block ids stay. */
export const newReleaseForm = (catalog: Catalog, facts: NewReleaseFacts, state: NewReleaseState): ModalView => {
  const service = catalog.services[facts.service];
  const suggested = service === undefined ? null : proposedVersion(service, facts.versions, facts.now);
  const inProduction =
    facts.versions.deployed === null
      ? 'Nothing of it is in production yet.'
      : `In production: ${facts.versions.deployed.version}.`;
  return form({
    id: VIEWS.newRelease,
    title: 'New release',
    submit: 'Create release',
    metadata: state.fixes === undefined ? facts.service : packValue(facts.service, state.fixes),
    blocks: [
      ...frozenLine(catalog, facts),
      selectInput({
        id: 'service',
        label: 'Service',
        ...fromList('services', catalog),
        initial: facts.service,
        dispatch: true,
        action: ACTIONS.serviceChosen,
      }),
      // A block id of its own for each service, so that the proposal follows the choice.
      textInput({
        id: `version_${facts.service}`,
        label: 'Version',
        initial: state.version ?? suggested,
        hint: inProduction,
      }),
      textInput({
        id: 'title',
        label: 'What changes',
        initial: state.title ?? null,
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
      ...whenBlocks(state.whenKind, state.start ?? null, facts.warning, quietChoices(facts.quiet, facts.zone)),
      textInput({
        id: 'rollbackPlan',
        label: 'Rollback',
        initial: service?.rollbackPlan ?? null,
        optional: catalog.rollbackPlan !== 'required',
        hint: 'How to go back, how long it takes, what triggers it.',
      }),
      checkboxesInput({
        id: 'answers',
        label: 'Tick what is true',
        choices: ANSWERS,
        initial: state.hotfix === true ? ['hotfix'] : [],
        optional: true,
      }),
      checkboxesInput({ id: 'ask', label: 'Approval', choices: ASK, initial: ['ask'], optional: true }),
      context(facts.asks),
    ],
  });
};

/** “At a time” without one: the form was sent before the field for it was there, and must not become “as soon as approved”. */
const parseWhen = (values: RawValues): Decision<When> => {
  const kind = chosen(values, 'when_kind');
  const start = instantOf(values, 'when');
  const [quiet, from, to] = (kind ?? '').split('~');
  if (quiet === 'quiet' && from !== undefined && to !== undefined)
    return allow({ kind: 'at', start: instant(from), end: instant(to) });
  if (kind === 'at')
    return start === null
      ? refuseField('when', say`Pick the day and time at which it starts, or another choice.`)
      : allow({ kind: 'at', start, end: null });
  return allow(kind === 'undecided' ? { kind: 'undecided' } : { kind: 'asap' });
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

export const parseNewRelease = (values: RawValues): Decision<ReleaseInput> => {
  const service = chosen(values, 'service') ?? '';
  const when = parseWhen(values);
  if (!when.ok) return when;
  const early = Object.keys(values).find((block) => block.startsWith('version_') && block !== `version_${service}`);
  if (early !== undefined)
    return refuseField(
      'version',
      say`This is the version of ${early.slice('version_'.length)}: the form had not followed your choice of ${service} yet. Look at it, and press again.`,
    );
  return allow({
    service,
    version: textOf(values, `version_${service}`) ?? '',
    title: textOf(values, 'title') ?? '',
    customers: textOf(values, 'customers'),
    when: when.value,
    rollbackPlan: textOf(values, 'rollbackPlan'),
    answers: parseAnswers(values),
    hotfix: ticked(values, 'answers').includes('hotfix'),
    askWhenReady: ticked(values, 'ask').includes('ask'),
  });
};

export const whenKindChosen = (values: RawValues): string => chosen(values, 'when_kind') ?? 'asap';
export const serviceChosen = (values: RawValues): string | null => chosen(values, 'service');

/** The id and what the form showed, so that nobody's later change is put back. */
const editMetadata = (id: string, shown: Shown): string => packValue(id, ...Object.entries(shown).flat());
export const shownIn = (metadata: string): Shown => {
  const [, ...rest] = unpackValue(metadata);
  return Object.fromEntries(rest.flatMap((key, index) => (index % 2 === 0 ? [[key, rest[index + 1] ?? '']] : [])));
};

export type EditState = { whenKind: string; shown?: Shown; news?: Mrkdwn; warning?: Mrkdwn | null };

export const editReleaseForm = (
  catalog: Catalog,
  release: Release,
  { whenKind, shown, news, warning }: EditState,
): ModalView => {
  const { answers, when } = release;
  const marks = (['schema', 'irreversible', 'downtime', 'restricted'] as const).filter((key) => answers[key]);
  return form({
    id: VIEWS.editRelease,
    title: 'Edit release',
    submit: 'Save',
    metadata: editMetadata(release.id, shown ?? shownOf(release)),
    blocks: [
      ...(news === undefined ? [] : [section([news])]),
      textInput({ id: 'title', label: 'What changes', initial: release.title }),
      textInput({
        id: 'customers',
        label: 'What will customers notice?',
        initial: release.customers,
        optional: true,
        multiline: true,
      }),
      ...whenBlocks(whenKind, when.kind === 'at' ? when.start : null, warning ?? null),
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
        hint: 'Leave empty where the pipeline starts it, or whoever presses first.',
      }),
      ...(Object.keys(catalog.services).length < 2
        ? []
        : [
            multiSelectInput({
              id: 'affects',
              label: 'Also affects',
              list: 'services',
              choices: choicesOf('services', catalog).filter(({ value }) => value !== release.service),
              initial: release.affects,
              optional: true,
              hint: 'Their freezes hold it too, and its risk counts them.',
            }),
          ]),
      textInput({ id: 'changeNumber', label: 'Change number', initial: release.changeNumber, optional: true }),
      dateInput({
        id: 'rehearsedOn',
        label: 'Rollback last rehearsed on',
        optional: true,
        ...(release.rehearsedOn === null ? {} : { initial: release.rehearsedOn }),
      }),
    ],
  });
};

/** Under rules that want it, the second step of a new release: what it is is said, now who, when and under which number. */
export const planDetailsForm = (release: Release, now: Instant, warning: Mrkdwn | null = null): ModalView =>
  form({
    id: VIEWS.planDetails,
    title: 'New release, 2 of 2',
    submit: 'Ask for approval',
    metadata: release.id,
    blocks: [
      context(md`${nameOf(release)} is saved as a draft. The rules here want to know this before anybody is asked.`),
      personInput({ id: 'deployer', label: 'Deployer', initial: release.deployer }),
      textInput({
        id: 'changeNumber',
        label: 'Change number',
        initial: release.changeNumber,
        placeholder: 'CHG0012345',
      }),
      textInput({
        id: 'artifact',
        label: 'Artifact',
        initial: release.artifact.digest ?? release.artifact.sha,
        optional: true,
        placeholder: 'sha256:… or a commit',
        hint: 'What is approved: its commit or digest.',
      }),
      startInput(release.when.kind === 'at' ? release.when.start : after(now, DAY)),
      ...warned(warning),
      textInput({ id: 'minutes', label: 'Minutes', initial: '60', hint: 'How long the window is.' }),
      dateInput({
        id: 'rehearsedOn',
        label: 'Rollback last rehearsed on',
        optional: true,
        ...(release.rehearsedOn === null ? {} : { initial: release.rehearsedOn }),
      }),
    ],
  });

/** A day, in minutes. */
const LONGEST_WINDOW = 1_440;

export const parsePlanDetails = (values: RawValues) => {
  const start = instantOf(values, 'when');
  const typed = textOf(values, 'minutes') ?? '60';
  const minutes = Number(typed);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > LONGEST_WINDOW)
    return refuseField(
      'minutes',
      say`“${typed}” is no number of minutes. Write one from 1 to ${LONGEST_WINDOW}, for example 90.`,
    );
  return allow({
    deployer: personOf(values, 'deployer'),
    changeNumber: textOf(values, 'changeNumber'),
    rehearsedOn: dateOf(values, 'rehearsedOn'),
    artifact: textOf(values, 'artifact'),
    ...(start === null
      ? {}
      : {
          when: {
            kind: 'at' as const,
            start,
            end: after(start, minutes * MINUTE),
          },
        }),
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
  changeNumber: string | null;
  rehearsedOn: string | null;
  affects: readonly string[];
};

export const parseEditRelease = (values: RawValues): Decision<EditForm> => {
  const owner = personOf(values, 'owner');
  const when = parseWhen(values);
  if (!when.ok) return when;
  return allow({
    title: textOf(values, 'title') ?? '',
    customers: textOf(values, 'customers'),
    when: when.value,
    rollbackPlan: textOf(values, 'rollbackPlan'),
    answers: parseAnswers(values),
    ...(owner === null ? {} : { owner }),
    deployer: personOf(values, 'deployer'),
    changeNumber: textOf(values, 'changeNumber'),
    rehearsedOn: dateOf(values, 'rehearsedOn'),
    affects: ticked(values, 'affects'),
  });
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

export const scheduleForm = (release: Release, warning: Mrkdwn | null = null): ModalView =>
  form({
    id: VIEWS.schedule,
    title: 'Schedule',
    submit: 'Save',
    metadata: release.id,
    blocks: [startInput(release.when.kind === 'at' ? release.when.start : null), ...warned(warning)],
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
