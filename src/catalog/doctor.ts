/** What hinders Signalbox in this workspace, each thing with its fix: scopes, channels, people, rules that wait, messages set aside. */

import { readFile } from 'node:fs/promises';
import { troubledMessages } from '../courier/messages.ts';
import { alternatives } from '../domain/approval/rules.ts';
import { hasRole, membersOf, type Rule } from '../domain/catalog/catalog.ts';
import { channelsOf, isUnfound } from '../domain/catalog/change.ts';
import { type UserId } from '../domain/ids.ts';
import { count } from '../domain/words.ts';
import { TRY_ALL, troubledLines } from '../situation/troubled.ts';
import { actions, section } from '../slack/kit.ts';
import { channelMention, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { mayActAtAll, readPeople } from '../slack/people-store.ts';
import { type Answer, type Request, tell } from '../slack/requests.ts';
import { BASE_SCOPES } from '../slack/scopes.ts';
import { overtakenBy } from './apply-catalog.ts';
import { newestCatalog } from './catalog-store.ts';

export const missingInvitations = async (
  { slack }: Pick<Request, 'slack'>,
  channels: readonly (string | null)[],
): Promise<readonly Mrkdwn[]> => {
  const may = (await slack.scopes())?.includes('chat:write.public') ?? false;
  const found = await Promise.all(
    [...new Set(channels)].map(async (id) => (id === null ? null : { id, facts: await slack.channel(id) })),
  );
  return found.flatMap((one) => {
    if (one === null) return [];
    const { id, facts } = one;
    if (facts === null && isUnfound(id))
      return [
        md`✗ Slack shows Signalbox no channel ${id}: correct its name in the catalog, or type \`/invite @signalbox\` in it if it is private. What is meant for it waits.`,
      ];
    if (facts === null)
      return [md`✗ Slack shows Signalbox no channel ${id}: if it is private, type \`/invite @signalbox\` in it.`];
    if (facts.archived) return [md`✗ ${channelMention(id)} is archived: name another channel in the catalog.`];
    return facts.member || may
      ? []
      : [md`✗ Signalbox is not in ${channelMention(id)}: type \`/invite @signalbox\` there.`];
  });
};

const OPTIONAL: Readonly<Record<string, string>> = {
  'usergroups:read': 'Slack user groups as groups of the catalog; list the people instead',
  'users:read.email': 'people by e-mail in the catalog; write their Slack ids instead',
  'chat:write.public': 'posting into public channels without an invitation',
  'im:history':
    'looking whether a request arrived after an answer of Slack was lost (recommended): it may come twice, and both copies answer truthfully',
  'channels:history':
    'looking so in channels as well: a card may come twice; a post to stakeholders is shown to an admin, and never comes twice',
};

const scopeLines = (granted: readonly string[] | null): { missing: readonly Mrkdwn[]; off: readonly Mrkdwn[] } => {
  if (granted === null) return { missing: [], off: [] };
  return {
    missing: BASE_SCOPES.filter((scope) => !granted.includes(scope)).map(
      (scope) =>
        md`✗ The app lacks the scope ${scope}: add it on Slack’s app page under OAuth & Permissions, and install it again.`,
    ),
    off: Object.entries(OPTIONAL)
      .filter(([scope]) => !granted.includes(scope))
      .map(([scope, what]) => md`· ${scope} is not granted: no ${what}.`),
  };
};

const peopleLines = async ({ deps, ctx, catalog }: Request): Promise<readonly Mrkdwn[]> => {
  const people = await readPeople(deps.database.db, ctx.workspace, [
    ...new Set(Object.values(catalog.groups).flatMap((group) => group.people)),
  ]);
  return Object.entries(catalog.groups).flatMap(([name, group]) => {
    const known = people.filter(({ id }) => group.people.includes(id));
    const gone = known.filter(({ active, kind }) => !active || kind !== 'member').map((person) => person.name);
    return [
      ...(group.people.length === 0
        ? [md`✗ Group ${name} is empty: nobody can act for it. Add people in the catalog.`]
        : []),
      ...(gone.length === 0
        ? []
        : [md`✗ Group ${name} names ${gone.join(', ')}, who cannot act here. Take them out of the catalog.`]),
    ];
  });
};

/** Rules that too few people are in: what they are asked about can never be approved. */
const ruleLines = async ({ deps, ctx, catalog }: Request): Promise<readonly Mrkdwn[]> => {
  const ruled = Object.entries(catalog.services).flatMap(([service, { policy }]) =>
    alternatives(catalog.policies[policy]?.rules ?? { all: [] }).map((way) => ({ service, policy, way })),
  );
  const asked = ({ service }: { service: string }, rule: Rule): readonly UserId[] => [
    ...new Set([...membersOf(catalog, rule.groups, service), ...rule.people]),
  ];
  const everybody = [...new Set(ruled.flatMap((each) => each.way.flatMap((rule) => asked(each, rule))))];
  const gone = new Set(
    (await readPeople(deps.database.db, ctx.workspace, everybody))
      .filter((person) => !mayActAtAll(person))
      .map(({ id }) => id),
  );
  const left = (each: { service: string }, rule: Rule): number =>
    asked(each, rule).filter((id) => !gone.has(id)).length;
  const ways = ruled.map((each) => ({ ...each, short: each.way.find((rule) => left(each, rule) < rule.count) }));
  const lines = ways.flatMap((each) =>
    each.short === undefined || ways.some(({ service, short }) => service === each.service && short === undefined)
      ? []
      : [
          `Rule “${each.short.name}” of the policy ${each.policy} wants ${each.short.count}, and ${left(each, each.short)} can act: what it is asked about can never be approved. Add people, or lower its count.`,
        ],
  );
  return [...new Set(lines)].map((line) => md`✗ ${line}`);
};

/** The file behind CATALOG_FILE, where it is not what is in force. */
const fileLines = async ({ deps, ctx, catalog }: Request): Promise<readonly Mrkdwn[]> => {
  const file = deps.catalogFile;
  if (file === null) return [];
  const read = await readFile(file, 'utf8').then(
    (source) => ({ source }),
    (error: NodeJS.ErrnoException) => ({ why: error.code ?? error.message }),
  );
  if ('why' in read)
    return [
      md`✗ The file behind CATALOG_FILE cannot be read (${read.why}): put it back before Signalbox is started again.`,
    ];
  const old = await overtakenBy(deps.database.db, ctx.workspace, read.source);
  return old === null
    ? []
    : [
        md`✗ The file behind CATALOG_FILE is version ${old}, and version ${catalog.version} is in force. To go back to it, change its text (a comment is enough) and start again.`,
      ];
};

/** What another part of Signalbox has to say about what hinders it. */
export type Finding = (request: Request) => Promise<readonly Mrkdwn[]>;

/** What hinders Signalbox here, each with the fix. */
export const doctor = async (request: Request, findings: readonly Finding[]): Promise<Answer> => {
  const { catalog, deps, ctx, slack } = request;
  const scopes = scopeLines(await slack.scopes());
  const invitations = await missingInvitations(request, channelsOf(catalog));
  const newest = await newestCatalog(deps.database.db, ctx.workspace);
  const waits =
    newest !== null && newest.activeAt === null && newest.version > catalog.version
      ? [
          md`✗ Catalog version ${newest.version} waits for a second admin: \`${deps.command} setup activate ${newest.version}\`.`,
        ]
      : [];
  const troubled = await troubledMessages(deps.database.db, ctx.workspace);
  const problems = [
    ...scopes.missing,
    ...invitations,
    ...(await peopleLines(request)),
    ...(await ruleLines(request)),
    ...(await Promise.all(findings.map((find) => find(request)))).flat(),
    ...waits,
    ...(await fileLines(request)),
  ];
  const set = problems.length + troubled.length;
  const messages = troubled.length === 0 ? [] : [section(troubledLines(troubled)), ...actions([TRY_ALL])];
  const head = set === 0 ? md`✓ Nothing hinders Signalbox here.` : md`*${count(set, 'thing')} to mend*`;
  return tell(
    [head, md`Catalog version ${catalog.version}, preset ${catalog.preset}.`, ...problems, ...scopes.off],
    hasRole(catalog, 'admin', request.actor) ? messages : [],
  );
};
