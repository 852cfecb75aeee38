/** `/release help`: a reading of the table of verbs, by what they are about, with the name that this installation uses. */
import { PERMISSIONS, type Permission } from '../domain/permissions.ts';
import { TOPICS, type Topic, type Verb, type VerbTable } from '../situation/verbs.ts';
import { type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { type Routes, tell } from '../slack/requests.ts';

type Line = readonly [typed: string, says: string];

/** What only looks and changes nothing is no verb. */
const READINGS: Readonly<Record<Topic, readonly Line[]>> = {
  plan: [
    ['show REF', 'where it stands'],
    ['why REF', 'what is in the way'],
    ['timeline REF', 'what happened to it'],
    ['list [service] [status] [mine]', 'releases, newest first'],
  ],
  approve: [['gate REF', 'the evidence that it needs']],
  freeze: [
    ['freeze list', 'what is declared'],
    ['freeze status', 'what is frozen, until when'],
  ],
  deploy: [['env [service]', 'what runs where']],
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

const wordOf = ([typed]: Line): string => typed.split(' ')[0] ?? '';

const isTopic = (word: string | undefined): word is Topic => (TOPICS as readonly (string | undefined)[]).includes(word);

/** One line a topic, or one a verb of the topic. REF is a key, its number, service@version, or nothing when only one can be meant. */
const helpLines = (table: VerbTable, command: string, topic: string | undefined): readonly Mrkdwn[] => {
  const reference = md`REF is REL-142, 142, checkout@2.14.0, or nothing when only one can be meant.`;
  if (isTopic(topic))
    return [
      md`*${topic}*`,
      ...typedOf(table, topic).map(([typed, says]) => md`\`${command} ${typed}\`   ${says}`),
      reference,
    ];
  return [
    ...TOPICS.map((name) => md`*${name}*   ${[...new Set(typedOf(table, name).map(wordOf))].join(', ')}`),
    md`How each is written: \`${command} help plan\`. ${reference}`,
    md`\`${command}\` alone shows what waits for you.`,
  ];
};

export const helpRoutes = (table: VerbTable): Routes => ({
  verbs: {
    help: { run: (request) => Promise.resolve(tell(helpLines(table, request.voice.command, request.words[0]))) },
  },
  actions: {},
  views: {},
});
