/** Declaring a freeze from Slack: a form, and before it is saved what it comes to: names, times, and what it hits. */

import type { KnownBlock, ModalView } from '@slack/types';
import { type Freeze, freezesStopping } from '../domain/freeze/calendar.ts';
import { type FreezeInput, freezeOf, freezeProblems } from '../domain/freeze/freeze.ts';
import { type Every, occurrences, REPEATS, repeatWords } from '../domain/freeze/recurrence.ts';
import { scopeWords } from '../domain/freeze/scope.ts';
import { mayAct, maySee } from '../domain/permissions.ts';
import { nameOf, type Release } from '../domain/release/release.ts';
import { after, bareTime, DAY, type Instant, inZone, latest, plainTime, zoneLabel } from '../domain/time.ts';
import { capital, count } from '../domain/words.ts';
import { plannedReleases } from '../releases/release-store.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { chosen, dateOf, type RawValues, textOf, ticked, timeOf } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import {
  alert,
  checkboxesInput,
  context,
  dateInput,
  form,
  multiSelectInput,
  section,
  selectInput,
  textInput,
  timeInput,
} from '../slack/kit.ts';
import { fromList } from '../slack/lists.ts';
import { dateToken, EMPTY, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  type Answer,
  answerTo,
  type Request,
  type Routes,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { freezeVerbs } from './freeze-verbs.ts';

const SEVERITIES = [
  { text: 'Hard: nothing starts without an exception', value: 'hard' },
  { text: 'Soft: people may start with a reason', value: 'soft' },
];

const ONCE = 'once';
const REPEAT_CHOICES: readonly { text: string; value: Every | typeof ONCE }[] = [
  { text: 'Once', value: ONCE },
  { text: 'Monday to Friday, at the same hours', value: 'workday' },
  { text: 'Every week, on the same days', value: 'week' },
  { text: 'Each month, as many days before its end', value: 'month end' },
  { text: 'Each quarter, as many days before its end', value: 'quarter end' },
  { text: 'Every year, on the same dates', value: 'year' },
];

const TYPES = [
  { text: 'Emergencies', value: 'emergency' },
  { text: 'Hotfixes', value: 'hotfix' },
  { text: 'Standard releases (pre-approved)', value: 'standard' },
];

const newFreezeForm = (request: Request, preview: readonly KnownBlock[]): ModalView => {
  const { catalog } = request;
  const zone = request.person.zone;
  const today = inZone(request.ctx.now, zone).toPlainDate();
  return form({
    id: VIEWS.newFreeze,
    title: 'Declare a freeze',
    submit: 'Declare',
    metadata: '',
    blocks: [
      // The form stands where it was: what has come beside the button may be out of sight.
      ...(preview.length === 0
        ? []
        : [alert(md`Not saved yet: read at the end what it comes to, then press Declare again.`, 'warning')]),
      textInput({ id: 'name', label: 'Name', placeholder: 'Quarter end' }),
      textInput({ id: 'reason', label: 'Why?', hint: 'The announcement carries it.' }),
      selectInput({ id: 'severity', label: 'How strict', choices: SEVERITIES, initial: catalog.freezeSeverity }),
      multiSelectInput({
        id: 'scope',
        label: 'Services',
        ...fromList('serviceScopes', catalog),
        optional: true,
        hint: 'Leave empty for all services.',
      }),
      multiSelectInput({
        id: 'except',
        label: 'But not',
        ...fromList('services', catalog),
        optional: true,
      }),
      multiSelectInput({
        id: 'environments',
        label: 'Environments',
        ...fromList('environmentScopes', catalog),
        initial: catalog.environments.filter((item) => item.protected).map(({ name }) => name),
        optional: true,
      }),
      dateInput({ id: 'start', label: 'Starts on', initial: today.toString() }),
      timeInput({ id: 'start_time', label: 'Start time', initial: '18:00' }),
      dateInput({ id: 'end', label: 'Ends on', initial: today.add({ days: 3 }).toString() }),
      timeInput({ id: 'end_time', label: 'End time', initial: '07:00' }),
      textInput({ id: 'zone', label: 'Time zone', initial: zone, hint: 'An IANA zone such as Europe/London.' }),
      selectInput({
        id: 'repeats',
        label: 'Repeats',
        choices: REPEAT_CHOICES,
        initial: ONCE,
        hint: 'By the clock of its zone; the times above are those of the first one.',
      }),
      dateInput({ id: 'until', label: 'Last begins on or before', optional: true }),
      selectInput({
        id: 'approvers',
        label: 'Who may grant exceptions',
        ...fromList('groups', catalog),
        initial: catalog.roles.release_manager[0] ?? Object.keys(catalog.groups)[0] ?? null,
      }),
      multiSelectInput({
        id: 'types',
        label: 'Not stopped',
        choices: TYPES,
        initial: ['emergency'],
        optional: true,
      }),
      multiSelectInput({
        id: 'exempt',
        label: 'Who may start all the same',
        ...fromList('groups', catalog),
        optional: true,
        hint: 'By hand and with a reason. A pipeline never may.',
      }),
      // Beside the button that it is about.
      ...preview,
    ],
  });
};

/** Who may not declare one learns it before filling in a form. */
export const openNewFreeze = (request: Request): Answer => {
  const permitted = mayAct('declare_freeze', request.catalog, request.actor, null);
  return permitted.ok ? { kind: 'form', view: newFreezeForm(request, []) } : refused(permitted.refusal);
};

const wall = (values: RawValues, day: string, time: string): string =>
  `${dateOf(values, day) ?? ''}T${timeOf(values, time) ?? ''}`;

/** What stands behind a word of the list: `tier 1` is the tier. */
const ofKind = (values: readonly string[], kind: string): readonly string[] =>
  values.flatMap((value) => (value.startsWith(`${kind} `) ? [value.slice(kind.length + 1)] : []));

const parseFreeze = (values: RawValues): FreezeInput => {
  const [services, environments] = [ticked(values, 'scope'), ticked(values, 'environments')];
  const every = chosen(values, 'repeats');
  return {
    name: textOf(values, 'name') ?? '',
    reason: textOf(values, 'reason') ?? '',
    severity: chosen(values, 'severity') === 'soft' ? 'soft' : 'hard',
    scope: {
      services: services.filter((value) => !value.includes(' ')),
      groups: ofKind(services, 'group'),
      tiers: ofKind(services, 'tier').map(Number),
      except: ticked(values, 'except'),
      environments: environments.filter((value) => !value.includes(' ')),
      regions: ofKind(environments, 'region'),
    },
    start: wall(values, 'start', 'start_time'),
    end: wall(values, 'end', 'end_time'),
    zone: textOf(values, 'zone') ?? '',
    repeats: REPEATS.find((known) => known === every) ?? null,
    until: dateOf(values, 'until'),
    exemptTypes: ticked(values, 'types'),
    exemptGroups: ticked(values, 'exempt'),
    approvers: chosen(values, 'approvers') ?? '',
  };
};

/** A year and a half shows five of anything but years. */
const SHOWN_AHEAD = 6 * 366 * DAY;
const SHOWN = 5;

/** The next five, by the clock of the zone and the reader's; one that an hour is put in or left out of says so. */
const nextOnes = (freeze: Freeze, now: Instant, reader: string): readonly Mrkdwn[] => {
  if (freeze.repeats === null) return [];
  const until = freeze.repeats.every === 'year' ? SHOWN_AHEAD : 500 * DAY;
  const from = latest([now, freeze.startsAt]) ?? now;
  const next = occurrences({ freeze, changes: {} }, now, after(from, until)).slice(0, SHOWN);
  const { zone } = freeze;
  return next.map(({ startsAt, endsAt }) => {
    const shifted = inZone(startsAt, zone).offset !== inZone(endsAt, zone).offset;
    // Whoever reads it by another clock sees their own beside it.
    const mine = zone === reader ? EMPTY : md` · for you ${dateToken(startsAt)} – ${dateToken(endsAt)}`;
    return md`• ${bareTime(startsAt, zone)} – ${bareTime(endsAt, zone)} ${zoneLabel(zone)}${shifted ? ' (the clocks change in it)' : ''}${mine}`;
  });
};

/** What it would hit of what the reader may see. */
const hitBy = async (request: Request, freeze: Freeze): Promise<readonly Release[]> => {
  const { catalog, actor, ctx } = request;
  const planned = await plannedReleases(request.deps.database.db, ctx.workspace);
  const startOf = ({ when }: Release): Instant => (when.kind === 'at' ? when.start : ctx.now);
  const last = latest(planned.map(startOf)) ?? ctx.now;
  const all = occurrences({ freeze, changes: {} }, ctx.now, after(last, 1));
  return planned.filter(
    (release) =>
      maySee(catalog, release, actor) &&
      release.targets.some((environment) => {
        const services = [release.service, ...release.affects];
        const question = { services, environment, type: release.type, at: startOf(release) };
        return freezesStopping(all, [], question).length > 0;
      }),
  );
};

/** A soft one stops nobody who has a reason. */
const whatItDoes = ({ scope, severity }: Freeze): Mrkdwn =>
  severity === 'soft' ? md`It wants a reason for ${scopeWords(scope)}.` : md`It stops ${scopeWords(scope)}.`;

const TELL = 'tell';
const SHOWN_HIT = 8;

/** What is said before it is saved; nothing where the form says it all. */
const previewOf = async (request: Request, input: FreezeInput): Promise<readonly KnownBlock[]> => {
  const { catalog, ctx, actor } = request;
  if (freezeProblems(input, catalog, ctx.now).length > 0) return [];
  const identity = { workspace: ctx.workspace, id: request.deps.newId('freeze'), number: 0 };
  const freeze = freezeOf(input, catalog, identity, actor);
  const { groups = [], tiers = [], except = [], regions = [] } = input.scope;
  const inGroups = groups.length + tiers.length + except.length + regions.length > 0;
  const hit = await hitBy(request, freeze);
  if (freeze.repeats === null && !inGroups && hit.length === 0) return [];
  const others = hit.length > SHOWN_HIT ? ` and ${hit.length - SHOWN_HIT} more` : '';
  const hits = md`It hits ${count(hit.length, 'planned release')}: ${hit.slice(0, SHOWN_HIT).map(nameOf).join(', ')}${others}.`;
  return [
    context(whatItDoes(freeze)),
    ...(freeze.repeats === null
      ? []
      : [
          section([
            md`*${capital(repeatWords(freeze.repeats))}*. The next ones:`,
            ...nextOnes(freeze, ctx.now, request.person.zone),
          ]),
        ]),
    ...(hit.length === 0
      ? []
      : [
          context(hits),
          checkboxesInput({
            id: 'tell',
            label: 'Their owners',
            choices: [{ text: 'Tell them now', value: TELL }],
            initial: [TELL],
            optional: true,
          }),
        ]),
    context(md`Press Declare again to save.`),
  ];
};

/** What the preview was about: other times or another scope are previewed again. */
const previewed = ({ start, end, zone, repeats, until, scope }: FreezeInput): string =>
  JSON.stringify(['previewed', start, end, zone, repeats, until, scope]).slice(0, 2_000);

const submitFreeze = async (request: ViewRequest): Promise<Answer> => {
  const input = parseFreeze(request.values);
  const seen = request.metadata === previewed(input);
  const preview = seen ? [] : await previewOf(request, input);
  if (preview.length > 0)
    return { kind: 'form', view: { ...newFreezeForm(request, preview), private_metadata: previewed(input) } };
  const ctx = { ...request.ctx, actor: request.actor };
  const tellOwners = request.values['tell'] === undefined || ticked(request.values, 'tell').includes(TELL);
  const decision = await performOnWorkspace(request.deps, ctx, freezeVerbs.declare, { ...input, tellOwners });
  return answerTo(decision, ({ freeze }) => {
    const times =
      freeze.repeats === null
        ? md`${dateToken(freeze.startsAt)} – ${dateToken(freeze.endsAt)}`
        : md`${repeatWords(freeze.repeats)}, first ${plainTime(freeze.startsAt, freeze.zone)}`;
    return tell([
      md`Declared: *${freeze.name}* (freeze ${freeze.number}), ${times}.`,
      md`${whatItDoes(freeze)} The channels of these services have been told.`,
    ]);
  });
};

export const declareFreezeRoutes: Routes = {
  verbs: {},
  actions: {
    [ACTIONS.newFreeze]: { opens: 'Declare a freeze', run: (request) => Promise.resolve(openNewFreeze(request)) },
  },
  views: { new_freeze: { run: submitFreeze } },
};
