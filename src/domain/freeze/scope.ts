/** What a freeze is about: as somebody picked it, and as the names that this comes to in the catalog that is in force. */
import type { Catalog } from '../catalog/catalog.ts';
import { noService } from '../nearest.ts';
import { type Sentence, say } from '../words.ts';

/** Names alone; an empty list is everything. */
export type FreezeScope = { services: readonly string[]; environments: readonly string[] };

/** As picked: services by name, group or tier, without some; environments by name or region. Nothing picked is everything. */
export type Picked = FreezeScope & {
  groups: readonly string[];
  tiers: readonly number[];
  except: readonly string[];
  regions: readonly string[];
};

export const picked = (scope: FreezeScope & Partial<Picked>): Picked => ({
  groups: [],
  tiers: [],
  except: [],
  regions: [],
  ...scope,
});

/** No service has this name: what was picked has nothing in it any more. */
const NOTHING = '(none)';

const named = (all: readonly string[], anything: boolean, wanted: (name: string) => boolean): readonly string[] => {
  if (!anything) return [];
  const found = all.filter(wanted);
  return found.length === 0 ? [NOTHING] : found;
};

/** The names that it comes to now: a service that joins the group or the tier is in it. */
export const scopeIn = (catalog: Catalog, pick: Picked): FreezeScope => {
  const { services, groups, tiers, except, environments, regions } = pick;
  const some = services.length + groups.length + tiers.length > 0;
  const members = groups.flatMap((name) => catalog.serviceGroups?.[name] ?? []);
  return {
    services: named(Object.keys(catalog.services), some || except.length > 0, (name) => {
      const tier = catalog.services[name]?.tier;
      const isIn = services.includes(name) || members.includes(name) || tiers.some((each) => each === tier);
      return (!some || isIn) && !except.includes(name);
    }),
    environments: named(
      catalog.environments.map(({ name }) => name),
      environments.length + regions.length > 0,
      (name) => {
        const region = catalog.environments.find((each) => each.name === name)?.region ?? null;
        return environments.includes(name) || (region !== null && regions.includes(region));
      },
    ),
  };
};

const unknown = (what: string, names: readonly string[], known: readonly string[]): readonly Sentence[] => {
  const wrong = names.find((name) => !known.includes(name));
  return wrong === undefined
    ? []
    : [say`There is no ${what} “${wrong}”.${known.length === 0 ? '' : ` Known: ${known.slice(0, 20).join(', ')}.`}`];
};

/** What is wrong with what was picked; empty where nothing is. */
export const scopeProblems = (pick: Picked, catalog: Catalog): readonly Sentence[] => {
  const services = Object.keys(catalog.services);
  const strange = [...pick.services, ...pick.except].find((name) => catalog.services[name] === undefined);
  const wrong = [
    ...(strange === undefined ? [] : [noService(strange, services)]),
    ...unknown('group of services', pick.groups, Object.keys(catalog.serviceGroups ?? {})),
    ...unknown(
      'environment',
      pick.environments,
      catalog.environments.map(({ name }) => name),
    ),
    ...unknown('region', pick.regions, regionsOf(catalog)),
  ];
  return wrong.length === 0 && scopeIn(catalog, pick).services.includes(NOTHING)
    ? [say`It stops nothing: everything that is picked is left out again, or nothing is in it.`]
    : wrong;
};

/** The regions of a catalog, in its order. */
export const regionsOf = (catalog: Catalog): readonly string[] => [
  ...new Set(catalog.environments.flatMap(({ region }) => region ?? [])),
];

export const scopeWords = (scope: FreezeScope): string =>
  `deployments of ${scope.services.length === 0 ? 'all services' : scope.services.join(', ')} to ${scope.environments.length === 0 ? 'every environment' : scope.environments.join(', ')}`;
