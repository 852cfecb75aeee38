/** `/release help`: what people come for, in ten lines; and by topic a reading of the table of verbs, with the name that this installation uses. */
import { PERMISSIONS, type Permission } from '../domain/permissions.ts';
import { TOPICS, type Topic, type Verb, type VerbTable } from '../situation/verbs.ts';
import type { CommandVerb } from '../slack/ids.ts';
import { joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { type Routes, tell } from '../slack/requests.ts';

type Line = readonly [typed: string, says: string];

/** What only looks and changes nothing is no verb. */
const READINGS: Readonly<Record<Topic, readonly Line[]>> = {
  plan: [
    ['show REF', 'where it stands'],
    ['why REF', 'what is in the way'],
    ['timeline REF', 'what happened to it'],
    ['list [service] [status] [mine]', 'releases, newest first'],
    ['calendar [service] [2w]', 'what is planned, by day, and what stands against it'],
  ],
  approve: [['gate REF', 'the evidence that it needs']],
  freeze: [
    ['freeze list', 'what is declared'],
    ['freeze status', 'what is frozen, until when'],
  ],
  deploy: [['env [service|all]', 'what runs where']],
  review: [['actions [all]', 'what was promised']],
  admin: [
    ['setup', 'the rules of this workspace'],
    ['doctor', 'what is missing, and how to mend it'],
    ['audit verify', 'whether the journal is whole'],
    ['whoami', 'your groups and rights'],
  ],
};

const isPermission = (may: unknown): may is Permission => typeof may === 'string' && may in PERMISSIONS;

/** Who may, where the table says it; where a rule of the policy does, the card does. */
const who = ({ may }: Verb): string => (isPermission(may) ? ` · ${PERMISSIONS[may].of}` : '');

const typedOf = (table: VerbTable, topic: Topic): readonly Line[] => [
  ...table[topic].flatMap((verb) => (verb.typed === null ? [] : [[verb.typed, `${verb.says}${who(verb)}`] as const])),
  ...READINGS[topic],
];

const isTopic = (word: string | undefined): word is Topic => (TOPICS as readonly (string | undefined)[]).includes(word);

/** What people come for, and what they then type: each a command that exists, or it does not compile. */
type Typed = CommandVerb | `${CommandVerb} ${string}`;
const TASKS: readonly (readonly [task: string, typed: readonly Typed[]])[] = [
  ['Plan a release', ['new', 'new checkout "Faster basket"']],
  ['Why does it not go on?', ['why REF', 'remind REF']],
  ['Decide', ['approve REF', 'reject REF "why"', 'ask REF "question"']],
  ['Deploy it, go back', ['deploy REF', 'rollback REF "why"']],
  ['Production is down', ['emergency REF']],
  ['Freeze production', ['freeze new', 'freeze status', 'exception REF']],
  ['What runs where', ['env']],
  ['Find a release', ['list waiting', 'list mine', 'show REF']],
  ['Learn from it', ['review REF', 'actions']],
];

/** Ten lines by task, or one a verb of the topic. REF is a key, its number, service@version, or nothing when only one can be meant. */
const helpLines = (table: VerbTable, command: string, topic: string | undefined): readonly Mrkdwn[] => {
  const reference = md`REF is REL-142, 142, checkout@2.14.0, or nothing when only one can be meant.`;
  if (isTopic(topic))
    return [
      md`*${topic}*`,
      ...typedOf(table, topic).map(([typed, says]) => md`\`${command} ${typed}\`   ${says}`),
      reference,
    ];
  return [
    md`*What waits for you*   \`${command}\``,
    ...TASKS.map(
      ([task, typed]) =>
        md`*${task}*   ${joined(
          typed.map((each) => md`\`${command} ${each}\``),
          ' · ',
        )}`,
    ),
    md`*Everything else*   \`${command} help plan\`, and likewise ${TOPICS.slice(1).join(', ')}. ${reference}`,
  ];
};

export const helpRoutes = (table: VerbTable): Routes => ({
  verbs: {
    help: { run: (request) => Promise.resolve(tell(helpLines(table, request.voice.command, request.words[0]))) },
  },
  actions: {},
  views: {},
});
