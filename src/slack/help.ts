/** `/release help`: the commands in groups, with the name that this installation uses. */
import { type Mrkdwn, md } from './mrkdwn.ts';

const HELP: readonly (readonly [topic: string, lines: readonly (readonly [string, string])[]])[] = [
  [
    'plan',
    [
      ['new [service [version]] ["title"]', 'create a release; without words, in a form'],
      ['show | why | timeline REF', 'where it stands, what is in the way, what happened'],
      ['list [service] [status] [mine]', 'releases, newest first'],
      ['edit | schedule REF WHEN | assign REF owner|deployer @user', 'change the plan'],
      ['change add|remove REF …', 'what the release contains'],
      ['hold | resume | cancel REF', 'stop it, go on, give it up'],
    ],
  ],
  [
    'approve',
    [
      ['submit | withdraw | remind REF', 'ask for approval, take it back, remind'],
      ['approve | reject | ask | undo REF', 'decide'],
      ['risk REF high "why"', 'raise the risk: it is asked again under those rules'],
      ['gate REF [name pass|fail|waive]', 'evidence'],
      ['emergency REF', 'break the glass'],
    ],
  ],
  [
    'freeze',
    [
      ['freeze new | list | status | end', 'freezes'],
      ['freeze move NAME', 'move what it holds of yours to the first slots'],
      ['exception REF', 'ask to go despite one'],
    ],
  ],
  [
    'deploy',
    [
      ['deploy REF [environment]', 'start'],
      ['healthy | unhealthy | rollback REF', 'after it'],
      ['env [service] | unlock service environment', 'what runs where'],
    ],
  ],
  [
    'review',
    [
      ['review REF | action REF "text" @owner by DATE | actions', 'reviews and actions'],
      ['close | reopen | rework REF', 'the end, or once more'],
    ],
  ],
  ['admin', [['setup | doctor | audit verify | whoami', 'operation']]],
];

/** All topics, or one. REF is a key, its number, service@version, or nothing when only one can be meant. */
export const helpLines = (command: string, topic: string | undefined): readonly Mrkdwn[] => {
  const topics = HELP.filter(([name]) => topic === undefined || name === topic);
  const shown = topics.length > 0 ? topics : HELP;
  return [
    ...shown.flatMap(([name, lines]) => [
      md`*${name}*`,
      ...lines.map(([words, what]) => md`${command} ${words}   ${what}`),
    ]),
    md`REF is REL-142, 142, checkout@2.14.0, or nothing when only one can be meant.`,
  ];
};
