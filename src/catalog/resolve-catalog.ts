/** Turns the names of a catalog (handles, e-mails, #channels) into Slack ids, once, when it is applied. Ambiguous or unknown is refused. */
import { type Catalog, type Group, withOwnNames } from '../domain/catalog/catalog.ts';
import { type ChannelId, channelId, type UserId, userId } from '../domain/ids.ts';
import type { Directory } from '../slack/directory.ts';
import { type CatalogDocument, type CatalogProblem, WEEKDAYS } from './catalog-document.ts';
import { hasHolidays } from './holidays.ts';
import { presetPolicies, presetRules } from './presets.ts';

export type Resolved = { ok: true; catalog: Catalog } | { ok: false; problems: readonly CatalogProblem[] };

const isUserId = (text: string): boolean => /^[UW][A-Z0-9]{2,}$/.test(text);
const isChannelId = (text: string): boolean => /^[CG][A-Z0-9]{2,}$/.test(text);

const BARRED = {
  nobody: 'is nobody whom Slack knows here',
  deactivated: 'is deactivated and can do nothing here; take them out',
  bot: 'is a bot, and can decide nothing here',
  guest: 'is a guest, and can do nothing here',
  stranger: 'belongs to another workspace, and can do nothing here',
} as const;

/**
 * `version` is the one that it will be stored under. `admins` hold the role admin until the catalog names somebody. A channel that Slack does
 * not show is a problem for whoever writes the catalog; read from a file, it is kept by its name until Slack shows it.
 */
export const resolveCatalog = async (
  document: CatalogDocument,
  version: number,
  admins: readonly UserId[],
  directory: Directory,
  unfound: 'refused' | 'kept',
): Promise<Resolved> => {
  const problems: CatalogProblem[] = [];
  const problem = (path: string, text: string) => problems.push({ line: 0, path, problem: text });

  const channel = async (path: string, text: string): Promise<ChannelId> => {
    const id = isChannelId(text) ? channelId(text) : await directory.channelNamed(text.replace(/^#/, ''));
    if (id === null && unfound === 'kept') return channelId(`#${text.replace(/^#/, '')}`);
    if (id === null)
      problem(path, `Slack has no channel ${text} that Signalbox can see; invite it, or write the channel's id`);
    return id ?? channelId('C0');
  };
  const country = async (path: string, text: string | null): Promise<string | null> => {
    if (text !== null && !(await hasHolidays(text)))
      problem(
        path,
        `there are no holidays known of “${text}”; write a country such as GB, or a part of one such as DE-BY`,
      );
    return text;
  };
  const personId = async (path: string, text: string): Promise<UserId | null> => {
    const id = isUserId(text) ? userId(text) : text.includes('@') ? await directory.personByEmail(text) : null;
    if (id === null) problem(path, `“${text}” is neither a Slack user id nor the e-mail of somebody here`);
    // Read from a file it is kept, and the doctor names it: who left meanwhile must not keep Signalbox from starting.
    const barred = id === null || unfound === 'kept' ? null : await directory.barred(id);
    if (barred !== null) problem(path, `${text} ${BARRED[barred]}`);
    return id;
  };
  const groupOf = async (key: string, item: CatalogDocument['groups'][string]): Promise<Group> => {
    const typed = await Promise.all(item.people.map((text, index) => personId(`groups.${key}.people.${index}`, text)));
    const people = typed.filter((id) => id !== null);
    if (item.slack === null) return { people: [...new Set(people)], slack: null };
    const found = await directory.userGroup(item.slack.slice(1));
    if (found === null)
      problem(
        `groups.${key}.slack`,
        `Slack does not tell who is in ${item.slack}; list the people instead (this needs the scope usergroups:read and a paid plan)`,
      );
    return {
      people: [...new Set([...people, ...(found?.members ?? [])])],
      slack: { id: found?.id ?? '', team: found?.team ?? null, handle: item.slack, typed: people },
    };
  };

  const groups = Object.fromEntries(
    await Promise.all(
      Object.entries(document.groups).map(async ([key, item]) => [key, await groupOf(key, item)] as const),
    ),
  );
  const services = Object.fromEntries(
    await Promise.all(
      Object.entries(document.services).map(
        async ([key, { renamed_from: _from, ...item }]) =>
          [
            key,
            {
              ...item,
              health: item.health.filter((rule) => 'metric' in rule),
              probes: item.health.flatMap((rule) => ('url' in rule ? [rule] : [])),
              runbook: item.runbook.map((step) => ({ text: step.do, minutes: step.minutes })),
              quiet:
                item.quiet === null
                  ? null
                  : { ...item.quiet, days: item.quiet.days.map((day) => WEEKDAYS.indexOf(day) + 1) },
              country: await country(`services.${key}.country`, item.country),
              channel: await channel(`services.${key}.channel`, item.channel),
            },
          ] as const,
      ),
    ),
  );
  const announce = await Promise.all(
    document.announce.map(async (route, index) => ({
      ...route,
      to: await Promise.all(route.to.map((text, place) => channel(`announce.${index}.to.${place}`, text))),
    })),
  );
  if (problems.length > 0) return { ok: false, problems };

  const withAdmins = document.roles.admin.length > 0 ? groups : { ...groups, admins: { people: admins, slack: null } };
  const admin = document.roles.admin.length > 0 ? document.roles.admin : ['admins'];
  if (admin.every((name) => (withAdmins[name]?.people ?? []).length === 0))
    return {
      ok: false,
      problems: [{ line: 0, path: 'roles.admin', problem: 'nobody would be an admin: name a group with people in it' }],
    };
  const managers = document.roles.release_manager.length > 0 ? document.roles.release_manager : admin;
  const preset = presetRules(document.preset, managers);
  const policies = Object.fromEntries(
    Object.entries(document.policies ?? {}).map(([key, rules]) => [key, { rules, otherwise: 'owners' as const }]),
  );
  return {
    ok: true,
    catalog: withOwnNames({
      ...preset,
      version,
      preset: document.preset,
      environments: document.environments.map(({ renamed_from: _from, ...item }) => item),
      groups: withAdmins,
      roles: { ...document.roles, admin, release_manager: managers },
      services,
      serviceGroups: document.service_groups,
      strategies: Object.fromEntries(
        Object.entries(document.strategies).map(([key, { steps, afterwards }]) => [
          key,
          {
            steps: steps.map(({ bake, ...step }) => ({ ...step, bakeMinutes: bake })),
            afterwards: afterwards === null ? null : { text: afterwards.do, days: afterwards.days },
          },
        ]),
      ),
      policies: { ...presetPolicies(managers), ...preset.policies, ...policies },
      gates: document.gates,
      windows: document.windows.map(({ days, ...item }) => ({
        ...item,
        days: days.map((day) => WEEKDAYS.indexOf(day) + 1),
      })),
      announce,
      reviews: { ...preset.reviews, prompt: document.reviews.prompt },
    }),
  };
};
