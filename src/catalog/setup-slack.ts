/** The first minutes in a real workspace: a form that makes the first catalog, with a rehearsal that touches nobody. */
import type { ModalView } from '@slack/types';
import { type Preset } from '../domain/catalog/catalog.ts';
import { type Refusal, theseCan } from '../domain/refusal.ts';
import { say } from '../domain/words.ts';
import { newRelease } from '../releases/new-release-verb.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { channelOf, chosen, peopleOf, type RawValues, textOf, ticked } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import {
  actions,
  channelInput,
  checkboxesInput,
  context,
  form,
  peopleInput,
  selectInput,
  textInput,
} from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';
import { type Answer, refused, tell, type Unconfigured } from '../slack/requests.ts';
import { applyCatalog } from './apply-catalog.ts';
import { missingInvitations } from './doctor.ts';
import { environmentsIn, firstCatalog } from './first-catalog.ts';
import { CATALOG_TEMPLATE } from './template.ts';

const PRESETS: readonly { text: string; value: Preset }[] = [
  { text: 'Light: nobody is asked; reviews after failures only', value: 'light' },
  { text: 'Standard: one service owner approves, two from high risk', value: 'standard' },
  { text: 'Strict: two people of two groups, change number, second admin', value: 'strict' },
];

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/** A text field of Slack holds at most this; a longer catalog belongs into a file. */
export const EDITABLE = 3_000;

/** Whoever installed the app sets up, and the people in SIGNALBOX_ADMINS; where there is nobody, the answer says how there can be. */
const notAllowed = ({ admins, actor }: Unconfigured): Refusal | null => {
  if (admins.includes(actor)) return null;
  return {
    code: 'forbidden',
    did: 'Not set up',
    because:
      admins.length === 0
        ? say`nobody may set it up yet: the variable SIGNALBOX_ADMINS is empty`
        : say`this is for whoever installed it, and for the people in SIGNALBOX_ADMINS`,
    can: say`${admins.length === 0 ? '' : theseCan(admins)} Your Slack id is ${actor}; the operator of Signalbox can add it to SIGNALBOX_ADMINS and start again.`,
  };
};

const setupForm = (request: Unconfigured): ModalView =>
  form({
    id: VIEWS.setup,
    title: 'Set up Signalbox',
    submit: 'Set up',
    metadata: '',
    blocks: [
      context(md`Two minutes. Everything here can be changed later; you get it as a file that a team can keep in git.`),
      selectInput({ id: 'preset', label: 'How much ceremony?', choices: PRESETS, initial: 'standard' }),
      textInput({
        id: 'service',
        label: 'First service',
        placeholder: 'checkout',
        hint: 'What you deploy as one: lower-case letters, digits and -.',
      }),
      channelInput({
        id: 'channel',
        label: 'Channel of its team',
        hint: 'Cards are posted here. Invite Signalbox into it.',
      }),
      textInput({
        id: 'environments',
        label: 'Environments, in order',
        initial: 'staging, production',
        hint: 'The last one is protected: it needs an approval.',
      }),
      peopleInput({
        id: 'approvers',
        label: 'Who owns the service and may approve?',
        initial: [request.actor],
        hint: 'Besides you: nobody approves a release of their own.',
      }),
      channelInput({
        id: 'announce',
        label: 'Channel for stakeholders',
        optional: true,
        hint: 'Gets one message for each release that customers notice, and never a button.',
      }),
      checkboxesInput({
        id: 'rehearse',
        label: 'Rehearsal',
        choices: [{ text: 'Make a draft that only I see, to try it on', value: 'yes' }],
        initial: ['yes'],
        optional: true,
      }),
    ],
  });

const openSetup = (request: Unconfigured): Promise<Answer> => {
  const refusal = notAllowed(request);
  return Promise.resolve(refusal === null ? { kind: 'form', view: setupForm(request) } : refused(refusal));
};

const problemsOf = (values: RawValues) => {
  const service = textOf(values, 'service') ?? '';
  const environments = environmentsIn(textOf(values, 'environments') ?? '');
  const wrong = environments.find((name) => !NAME.test(name));
  return [
    ...(NAME.test(service)
      ? []
      : [
          {
            field: 'service' as const,
            problem: say`“${service}” is not a name: use lower-case letters, digits, - and _, for example checkout.`,
          },
        ]),
    ...(environments.length > 0 && wrong === undefined
      ? []
      : [
          {
            field: 'environments' as const,
            problem: say`Name the environments with commas, for example staging, production.`,
          },
        ]),
  ];
};

/** Applies the first catalog, meets its people, and says what comes next. */
const submitSetup = async (request: Unconfigured & { values: RawValues }): Promise<Answer> => {
  const { deps, ctx, values, actor } = request;
  const refusal = notAllowed(request);
  if (refusal !== null) return refused(refusal);
  const problems = problemsOf(values);
  if (problems.length > 0) return refused({ code: 'fields', problems });
  const service = textOf(values, 'service') ?? '';
  const channel = channelOf(values, 'channel') ?? '';
  const announce = channelOf(values, 'announce');
  const source = firstCatalog({
    preset: PRESETS.find(({ value }) => value === chosen(values, 'preset'))?.value ?? 'standard',
    service,
    channel,
    announce,
    environments: environmentsIn(textOf(values, 'environments') ?? ''),
    approvers: peopleOf(values, 'approvers'),
    admin: actor,
    zone: request.person.zone,
  });
  const applied = await applyCatalog(deps, { ...ctx, requestKey: null }, source, [], request.slack.directory);
  if (!applied.ok)
    return refused({
      code: 'fields',
      problems: applied.problems.map((text) => ({ field: 'service' as const, problem: say`${text}.` })),
    });
  await request.slack.meetEverybody();
  const rehearsed = ticked(values, 'rehearse').includes('yes') ? await rehearse(request, service) : null;
  const invitations = await missingInvitations(request, [channel, announce]);
  return tell(
    [
      md`*Signalbox is set up:* ${service}, version ${applied.applied.version} of the catalog.`,
      ...invitations,
      rehearsed === null
        ? md`Plan the first release with \`${deps.command} new\`.`
        : md`Try it on the rehearsal: nobody else sees it, nobody is asked.`,
      md`Keep the rules in git: save the following as catalog.yml, set CATALOG_FILE to it, and start again.`,
    ],
    [
      { type: 'section', expand: true, text: { type: 'plain_text', text: source.slice(0, EDITABLE) } },
      ...actions([
        ...(rehearsed === null ? [] : [{ text: 'Open the rehearsal', action: ACTIONS.show, value: rehearsed }]),
        { text: 'New release', action: ACTIONS.new, value: 'new' },
      ]),
    ],
  );
};

/** A private draft: it has everything that a release has, and touches nobody. */
const rehearse = async ({ deps, ctx, actor }: Unconfigured, service: string): Promise<string | null> => {
  const created = await performOnWorkspace(deps, { ...ctx, actor, requestKey: null }, newRelease, {
    service,
    version: '0.0.1',
    title: 'Rehearsal: cancel me when you have seen enough',
    customers: null,
    when: { kind: 'undecided' },
    rollbackPlan: 'Nothing to roll back: this is a rehearsal',
    answers: { schema: false, irreversible: false, downtime: false, restricted: false },
    hotfix: false,
    askWhenReady: false,
  });
  return created.ok ? created.value.release : null;
};

/** In a workspace without a catalog every command answers with the way to one. */
export const unconfigured = {
  show: (request: Unconfigured): Promise<Answer> =>
    Promise.resolve(
      tell(
        [
          md`*Signalbox is not set up here.*`,
          md`Answer six questions, or write the rules yourself: save this as a file, put your services and people in, set CATALOG_FILE to its path, and start again.`,
        ],
        [
          ...actions([{ text: 'Set up, 2 min', action: ACTIONS.setupOpen, value: request.actor, style: 'primary' }]),
          { type: 'section', expand: true, text: { type: 'plain_text', text: CATALOG_TEMPLATE } },
        ],
      ),
    ),
  open: openSetup,
  submit: submitSetup,
};
