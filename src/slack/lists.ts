/**
 * What forms choose from that grows with the workspace. Slack shows a hundred options at once: of a list with more, its client asks for
 * those that fit what was typed.
 */
import type { Catalog } from '../domain/catalog/catalog.ts';
import { regionsOf } from '../domain/freeze/scope.ts';

export type Choice = { text: string; value: string };

export const MOST_OPTIONS = 100;

const names = (list: readonly string[]): readonly Choice[] => list.map((name) => ({ text: name, value: name }));

const services = (catalog: Catalog): readonly Choice[] => names(Object.keys(catalog.services));

/** Services, groups of them and tiers are picked from one list: a name has no space in it. */
const serviceScopes = (catalog: Catalog): readonly Choice[] => {
  const tiers = [1, 2, 3].filter((tier) => Object.values(catalog.services).some((service) => service.tier === tier));
  return [
    ...Object.entries(catalog.serviceGroups ?? {}).map(([name, members]) => ({
      text: `All of ${name} (${members.join(', ')})`,
      value: `group ${name}`,
    })),
    ...(tiers.length < 2 ? [] : tiers.map((tier) => ({ text: `Tier ${tier}`, value: `tier ${tier}` }))),
    ...services(catalog),
  ];
};

const environments = (catalog: Catalog): readonly Choice[] => names(catalog.environments.map(({ name }) => name));

const environmentScopes = (catalog: Catalog): readonly Choice[] => [
  ...regionsOf(catalog).map((region) => ({
    text: `All of ${region} (${catalog.environments
      .filter((each) => each.region === region)
      .map(({ name }) => name)
      .join(', ')})`,
    value: `region ${region}`,
  })),
  ...environments(catalog),
];

const groups = (catalog: Catalog): readonly Choice[] => names(Object.keys(catalog.groups));

const LISTS = { services, serviceScopes, environments, environmentScopes, groups };
export type ListId = keyof typeof LISTS;
export const isList = (name: string): name is ListId => Object.hasOwn(LISTS, name);

export const choicesOf = (list: ListId, catalog: Catalog): readonly Choice[] => LISTS[list](catalog);

/** For a select: the choices, and by which name its client may ask for them. */
export const fromList = (list: ListId, catalog: Catalog): { list: ListId; choices: readonly Choice[] } => ({
  list,
  choices: choicesOf(list, catalog),
});

/** What fits what was typed: what begins with it first. As many as Slack shows. */
export const fittingChoices = (choices: readonly Choice[], typed: string): readonly Choice[] => {
  const wanted = typed.trim().toLowerCase();
  const holding = choices.filter(({ text }) => text.toLowerCase().includes(wanted));
  const begins = ({ text }: Choice): boolean => text.toLowerCase().startsWith(wanted);
  return [...holding.filter(begins), ...holding.filter((choice) => !begins(choice))].slice(0, MOST_OPTIONS);
};
