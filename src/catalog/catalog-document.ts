/** The catalog as teams write it: YAML, checked strictly. Every problem is reported with its line, its path and what was expected. */
import { isAlias, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import type { RuleNode, RuleTree } from '../domain/catalog/catalog.ts';
import { STRATEGIES } from '../domain/deployment/rollout.ts';
import { probeName } from '../domain/deployment/verification.ts';
import { userId } from '../domain/ids.ts';
import { nearestOf } from '../domain/nearest.ts';
import { isZone } from '../domain/time.ts';
import { isCron } from '../domain/working-time.ts';
import { issueWords, meantIssues } from '../issue-words.ts';
import { COUNTRY } from './holidays.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _, at most 40');
const one = <T extends z.ZodType>(item: T) => z.union([item.transform((value) => [value]), z.array(item)]);

const predicate = z.strictObject({
  type: one(z.enum(['standard', 'normal', 'hotfix', 'emergency'])).optional(),
  risk: one(z.enum(['low', 'medium', 'high', 'critical'])).optional(),
  service: one(name).optional(),
  tier: one(z.union([z.literal(1), z.literal(2), z.literal(3)])).optional(),
  schema: z.boolean().optional(),
  customers: z.boolean().optional(),
});

const rule = z.strictObject({
  name: z.string().min(1).max(60),
  when: predicate.default({}),
  groups: z.array(z.union([name, z.literal('$owners')])).default([]),
  people: z.array(z.string().transform(userId)).default([]),
  count: z.int().min(1).max(10).default(1),
  exclude: z
    .strictObject({
      requester: z.boolean().default(true),
      authors: z.boolean().default(false),
      deployer: z.boolean().default(false),
    })
    .prefault({}),
});

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const wall = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 09:00');

const tree: z.ZodType<RuleTree> = z.lazy(() =>
  z.union([z.strictObject({ all: z.array(node).min(1).max(8) }), z.strictObject({ any: z.array(node).min(1).max(4) })]),
);
const node: z.ZodType<RuleNode> = z.lazy(() => z.union([rule, tree]));

/** A gate that only steps of a strategy want, which name it. */
const STEP = 'step';

const itemText = z.string().trim().min(1, 'a few words').max(100, 'at most 100 characters: a button stands beside it');
const probe = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'an address such as https://shop.example.com/health' })
    .max(500)
    .refine((url) => !/^https?:\/\/[^/]*@/.test(url), 'an address without a name and password in it'),
  environment: name.nullable().default(null),
});
const metric = z
  .strictObject({
    metric: z.string().min(1).max(60),
    above: z.number().nullable().default(null),
    below: z.number().nullable().default(null),
  })
  .refine(({ above, below }) => above !== null || below !== null, 'a limit: above, below, or both');

const service = z.strictObject({
  owners: name,
  channel: z.string().min(2),
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
  versioning: z.enum(['semver', 'calver', 'free']).default('semver'),
  zone: z.string().refine(isZone, 'an IANA time zone such as Europe/Berlin').default('UTC'),
  start: z.record(name, z.enum(['pipeline', 'webhook', 'by-hand'])).default({}),
  compare: z.string().includes('{from}').includes('{to}').nullable().default(null),
  repository: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)+$/, 'owner/name, as GitHub or GitLab has it')
    .nullable()
    .default(null),
  policy: name.default('default'),
  rollbackPlan: z.string().max(500).nullable().default(null),
  renamed_from: name.optional(),
  deployMinutes: z.int().min(1).max(1_440).default(120),
  country: z.string().regex(COUNTRY, 'a country such as GB, or a part of one such as DE-BY').nullable().default(null),
  quiet: z
    .strictObject({
      from: wall,
      to: wall,
      days: z.array(z.enum(WEEKDAYS)).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri']),
    })
    .nullable()
    .default(null),
  strategy: name.nullable().default(null),
  health: z
    .array(
      z.union([probe, metric], { error: 'a number, { metric: errors, above: 2 }, or an address, { url: https://… }' }),
    )
    .max(10)
    .default([]),
  verify: z
    .strictObject({
      people: z.int().min(0).max(5).nullable().default(null),
      minutes: z.int().min(0).max(1_440).default(30),
      checklist: z.array(itemText).max(10).default([]),
    })
    .nullable()
    .default(null),
  runbook: z
    .array(
      z.union(
        [
          itemText.transform((text) => ({ do: text, minutes: null })),
          z.strictObject({ do: itemText, minutes: z.int().min(1).max(1_440).nullable().default(null) }),
        ],
        { error: 'a text of at most 100 characters in quotes, or { do: text, minutes: 5 }' },
      ),
    )
    .max(15)
    .default([]),
});

const environment = z.union([
  name.transform((value) => ({
    name: value,
    protected: false,
    requires: null,
    region: null,
    renamed_from: undefined,
  })),
  z.strictObject({
    name,
    protected: z.boolean().default(false),
    requires: name.nullable().default(null),
    region: name.nullable().default(null),
    renamed_from: name.optional(),
  }),
]);

const groupSchema = z.strictObject({
  people: z.array(z.string().min(3)).default([]),
  slack: z.string().startsWith('@').nullable().default(null),
});

const PRESETS = ['light', 'standard', 'strict'] as const;

export const catalogDocument = z.strictObject({
  preset: z.enum(PRESETS).default('standard'),
  // A list to choose one from has a hundred.
  environments: z.array(environment).min(1).max(100),
  groups: z.record(name, groupSchema),
  roles: z
    .strictObject({
      admin: z.array(name).default([]),
      release_manager: z.array(name).default([]),
      deployer: z.array(name).default([]),
      creator: z.array(name).default([]),
      on_call: z.array(name).default([]),
    })
    .prefault({}),
  services: z.record(name, service).refine((services) => Object.keys(services).length > 0, 'at least one service'),
  service_groups: z.record(name, z.array(name).min(1)).default({}),
  policies: z.record(name, tree).optional(),
  gates: z
    .array(
      z.strictObject({
        name,
        when: predicate.default({}),
        before: name,
        owners: z.array(z.union([name, z.literal('$owners')])).default(['$owners']),
        waive: z.enum(['admin', 'release_manager', 'deployer']).default('release_manager'),
      }),
    )
    .default([]),
  strategies: z
    .record(
      name,
      z.strictObject({
        steps: z
          .array(
            z.strictObject({
              name: z.string().min(1).max(60),
              percent: z.number().min(0).max(100).nullable().default(null),
              bake: z.int().min(0).max(10_080).default(0),
              auto: z.boolean().default(false),
              gate: name.nullable().default(null),
            }),
          )
          .min(2)
          .max(20),
        afterwards: z
          .strictObject({ do: itemText, days: z.int().min(1).max(90).default(5) })
          .nullable()
          .default(null),
      }),
    )
    .default({}),
  windows: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60),
        services: z.array(name).default([]),
        environments: z.array(name).default([]),
        days: z.array(z.enum(WEEKDAYS)).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri']),
        from: wall,
        to: wall,
        zone: z.string().refine(isZone, 'an IANA time zone such as Europe/Berlin').nullable().default(null),
        exempt: z.array(z.enum(['standard', 'normal', 'hotfix', 'emergency'])).default(['emergency']),
      }),
    )
    .default([]),
  announce: z
    .array(
      z.strictObject({
        when: predicate.default({}),
        to: z.array(z.string().min(2)).min(1),
        audience: z.literal('stakeholders').default('stakeholders'),
      }),
    )
    .default([]),
  reviews: z
    .strictObject({
      prompt: z.string().refine(isCron, 'five cron fields, for example "0 10 * * 1-5"').default('0 10 * * 1-5'),
    })
    .prefault({}),
});

export type CatalogDocument = z.output<typeof catalogDocument>;
export type CatalogProblem = { line: number; path: string; problem: string };
export type ReadCatalog = { ok: true; document: CatalogDocument } | { ok: false; problems: readonly CatalogProblem[] };

/** An environment that, by way of others, waits for itself: nothing could ever be deployed there. */
const circles = (environments: CatalogDocument['environments']): { path: (string | number)[]; message: string }[] => {
  const requires = new Map(environments.map((item) => [item.name, item.requires]));
  return environments.flatMap((item, index) => {
    const way = [item.name];
    for (let next = item.requires; next != null && !way.includes(next); next = requires.get(next) ?? null)
      way.push(next);
    const last = requires.get(way.at(-1) ?? '');
    return last === item.name
      ? [
          {
            path: ['environments', index, 'requires'],
            message: `it waits for itself: ${[...way, item.name].join(' → ')}`,
          },
        ]
      : [];
  });
};

/** References between the parts that zod cannot see. */
const crossProblems = (document: CatalogDocument): { path: (string | number)[]; message: string }[] => {
  const groups = new Set(Object.keys(document.groups));
  const environments = new Set(document.environments.map((item) => item.name));
  const strategies = new Set([...Object.keys(document.strategies), ...Object.keys(STRATEGIES)]);
  const policies = new Set([...Object.keys(document.policies ?? {}), 'default', ...PRESETS]);
  const problems: { path: (string | number)[]; message: string }[] = [];
  const unknown = (what: string, value: string, known: ReadonlySet<string>): string => {
    const nearest = nearestOf(value, [...known]);
    return nearest === null
      ? `there is no ${what} “${value}”; known: ${[...known].slice(0, 20).join(', ')}`
      : `there is no ${what} “${value}”; did you mean “${nearest}”?`;
  };
  const group = (path: (string | number)[], value: string) => {
    if (value !== '$owners' && !groups.has(value)) problems.push({ path, message: unknown('group', value, groups) });
  };
  const env = (path: (string | number)[], value: string) => {
    if (!environments.has(value)) problems.push({ path, message: unknown('environment', value, environments) });
  };
  const twice = (path: string, names: readonly string[], what: string) =>
    names.forEach((value, index) => {
      if (names.indexOf(value) !== index)
        problems.push({
          path: [path, index],
          message: `there are two ${what}s “${value}”: each has a name of its own`,
        });
    });
  const when = (path: (string | number)[], { service: named = [] }: { service?: readonly string[] | undefined }) =>
    named.forEach((value) => {
      if (!services.has(value))
        problems.push({ path: [...path, 'when', 'service'], message: unknown('service', value, services) });
    });
  const services = new Set(Object.keys(document.services));
  for (const [key, item] of Object.entries(document.services)) {
    group(['services', key, 'owners'], item.owners);
    if (!policies.has(item.policy))
      problems.push({ path: ['services', key, 'policy'], message: unknown('policy', item.policy, policies) });
    for (const name of Object.keys(item.start)) env(['services', key, 'start', name], name);
    const addresses = item.health.map((rule) => ('url' in rule ? probeName(rule.url) : null));
    item.health.forEach((rule, index) => {
      if ('url' in rule && addresses.indexOf(addresses[index] ?? null) !== index)
        problems.push({
          path: ['services', key, 'health', index, 'url'],
          message: 'there are two addresses with this host and path, and nobody could tell them apart',
        });
      if ('url' in rule && rule.environment !== null)
        env(['services', key, 'health', index, 'environment'], rule.environment);
    });
    if (item.strategy !== null && !strategies.has(item.strategy))
      problems.push({ path: ['services', key, 'strategy'], message: unknown('strategy', item.strategy, strategies) });
  }
  const gates = new Set(document.gates.map((item) => item.name));
  for (const [key, item] of Object.entries(document.strategies))
    item.steps.forEach((step, index) => {
      if (step.gate !== null && !gates.has(step.gate))
        problems.push({
          path: ['strategies', key, 'steps', index, 'gate'],
          message: unknown('gate', step.gate, gates),
        });
    });
  for (const [key, members] of Object.entries(document.service_groups))
    members.forEach((value, index) => {
      if (!services.has(value))
        problems.push({ path: ['service_groups', key, index], message: unknown('service', value, services) });
    });
  document.windows.forEach((item, index) => {
    for (const value of item.environments) env(['windows', index, 'environments'], value);
    for (const value of item.services)
      if (!services.has(value))
        problems.push({ path: ['windows', index, 'services'], message: unknown('service', value, services) });
    if (item.from === item.to)
      problems.push({
        path: ['windows', index, 'to'],
        message: 'it ends when it begins: leave the window out instead',
      });
  });
  for (const [role, list] of Object.entries(document.roles))
    list.forEach((value, index) => group(['roles', role, index], value));
  const renamed = (path: (string | number)[], from: string | undefined, there: ReadonlySet<string>) => {
    if (from !== undefined && there.has(from))
      problems.push({
        path,
        message: `“${from}” still stands in this catalog: a name is given up before it is taken over`,
      });
  };
  for (const [key, item] of Object.entries(document.services))
    renamed(['services', key, 'renamed_from'], item.renamed_from, services);
  document.environments.forEach((item, index) =>
    renamed(['environments', index, 'renamed_from'], item.renamed_from, environments),
  );
  document.environments.forEach((item, index) => {
    if (item.requires !== null) env(['environments', index, 'requires'], item.requires);
  });
  twice(
    'environments',
    document.environments.map((item) => item.name),
    'environment',
  );
  twice(
    'gates',
    document.gates.map((item) => item.name),
    'gate',
  );
  twice(
    'windows',
    document.windows.map((item) => item.name),
    'window',
  );
  for (const key of Object.keys(document.service_groups))
    if (services.has(key))
      problems.push({ path: ['service_groups', key], message: `a service is called “${key}” already` });
  document.environments.forEach((item, index) => {
    if (item.name === 'approval' || item.name === STEP)
      problems.push({
        path: ['environments', index],
        message: `“${item.name}” means something else for gates: choose another name`,
      });
  });
  const given = Object.entries(document.services).flatMap(([key, item]) =>
    item.renamed_from === undefined ? [] : [{ key, from: item.renamed_from }],
  );
  given.forEach(({ key, from }, index) => {
    if (given.findIndex((other) => other.from === from) !== index)
      problems.push({
        path: ['services', key, 'renamed_from'],
        message: `another service took over “${from}” already`,
      });
  });
  for (const [key, item] of Object.entries(document.strategies))
    item.steps.forEach((step, index) => {
      const before = item.steps.slice(0, index).reduce((most, { percent }) => Math.max(most, percent ?? 0), 0);
      if (step.percent !== null && step.percent < before)
        problems.push({
          path: ['strategies', key, 'steps', index, 'percent'],
          message: `a step before it has ${before} already`,
        });
    });
  problems.push(...circles(document.environments));
  document.gates.forEach((item, index) => {
    when(['gates', index], item.when);
    if (item.before !== 'approval' && item.before !== STEP) env(['gates', index, 'before'], item.before);
    item.owners.forEach((value, place) => group(['gates', index, 'owners', place], value));
  });
  const rules = new Map<string, string>();
  const walk = (path: (string | number)[], item: RuleNode): void => {
    if ('name' in item) {
      // One rule may stand in several alternatives; another one has another name.
      const key = `${path[1]} ${item.name}`;
      if ((rules.get(key) ?? JSON.stringify(item)) !== JSON.stringify(item))
        problems.push({ path: [...path, 'name'], message: `there are two rules “${item.name}” in this policy` });
      rules.set(key, JSON.stringify(item));
      if (item.groups.length + item.people.length === 0)
        problems.push({ path: [...path, 'groups'], message: 'it names nobody: groups, or people, who may approve' });
      item.groups.forEach((value, index) => group([...path, 'groups', index], value));
      when(path, item.when);
    } else
      ('all' in item ? item.all : item.any).forEach((child, index) =>
        walk([...path, 'all' in item ? 'all' : 'any', index], child),
      );
  };
  for (const [key, item] of Object.entries(document.policies ?? {})) walk(['policies', key], item);
  document.announce.forEach((item, index) => when(['announce', index], item.when));
  return problems;
};

/** Every key that a catalog may have somewhere: what a misspelt one may have meant. */
const KEYS: readonly string[] = (() => {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) {
        if (key === 'properties' && typeof each === 'object' && each !== null)
          for (const property of Object.keys(each)) found.add(property);
        walk(each);
      }
  };
  walk(z.toJSONSchema(catalogDocument, { io: 'input', unrepresentable: 'any' }));
  return [...found];
})();

/** Reads the text. On failure every problem has its line, its path and what was expected; on success defaults are filled in. */
export const readCatalogText = (text: string): ReadCatalog => {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines });
  const [broken] = yaml.errors;
  if (broken !== undefined)
    return {
      ok: false,
      problems: [
        {
          line: lines.linePos(broken.pos[0]).line,
          path: '',
          problem: (broken.message.split('\n')[0] ?? 'not YAML').replace(/ at line \d+, column \d+:?$/, ''),
        },
      ],
    };
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const found: unknown = yaml.getIn(path.slice(0, length), true);
      const range =
        typeof found === 'object' && found !== null && 'range' in found && !isAlias(found)
          ? (found.range as [number] | null)
          : null;
      if (range != null) return lines.linePos(range[0]).line;
    }
    return 1;
  };
  const located = (path: readonly PropertyKey[], problem: string): CatalogProblem => ({
    line: lineOf(path),
    path: path.join('.'),
    problem,
  });
  const unnamed: CatalogProblem[] = [];
  visit(yaml, {
    Pair: (_, { key }) => {
      // The one key that an object cannot hold: it would vanish.
      if (isScalar(key) && key.value === '__proto__')
        unnamed.push({
          line: lines.linePos(key.range?.[0] ?? 0).line,
          path: '__proto__',
          problem: 'is not a name that can be kept: choose another one',
        });
    },
  });
  if (unnamed.length > 0) return { ok: false, problems: unnamed };
  const parsed = catalogDocument.safeParse(yaml.toJS(), { reportInput: true });
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues
        .flatMap(meantIssues)
        .map((issue) => located(issue.path, issueWords(issue, '', KEYS))),
    };
  const cross = crossProblems(parsed.data).map(({ path, message }) => located(path, message));
  return cross.length > 0 ? { ok: false, problems: cross } : { ok: true, document: parsed.data };
};

/** `line 12, services.checkout.owners: there is no group “chekout”`. */
export const problemLine = ({ line, path, problem }: CatalogProblem): string =>
  `line ${line}${path === '' ? '' : `, ${path}`}: ${problem}`;
