/** The rules of the house, each printed when it is broken. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { VERB_TABLE } from '../src/app.ts';
import { VERBS } from '../src/slack/ids.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

type Import = { file: string; target: string; typeOnly: boolean };

const importsOf = (file: string): readonly Import[] => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = [
    ...text.matchAll(/^(import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'/gms),
    ...text.matchAll(/(import)\((\s*)'([^']+)'\)/g),
  ];
  return found.map(([, , type, target = '']) => ({
    file,
    target: target.startsWith('.') ? relative(SRC, join(SRC, dirname(file), target)) : target,
    typeOnly: type?.trim() === 'type',
  }));
};

const all = files.flatMap(importsOf);
const broken = (rule: string, list: readonly Import[]): void => {
  expect(list.map(({ file, target }) => `${file} imports ${target}: ${rule}`)).toEqual([]);
};
const folder = (file: string): string => file.split('/')[0] ?? '';
const FEATURES = [
  'announcements',
  'approvals',
  'catalog',
  'deployments',
  'freezes',
  'gates',
  'releases',
  'reviews',
  'tokens',
  'home',
];
const isFeature = (file: string): boolean => FEATURES.includes(folder(file));

it('the core imports only itself and the named pure libraries', () => {
  const pure = new Set(['temporal-polyfill', 'cron-parser', 'semver', 'node:crypto']);
  broken(
    'domain imports domain, temporal-polyfill, cron-parser, semver and node:crypto only',
    all.filter(({ file, target }) => folder(file) === 'domain' && folder(target) !== 'domain' && !pure.has(target)),
  );
});

it('the core has no clock, no randomness and nothing to wait for', () => {
  const impure = files.filter(
    (file) =>
      folder(file) === 'domain' &&
      /Date\.now\(|new Date\(\)|Math\.random\(|process\.|\bawait\b/.test(readFileSync(join(SRC, file), 'utf8')),
  );
  expect(impure).toEqual([]);
});

it('nothing of the bot imports the sandbox, but main', () => {
  broken(
    'only main.ts may, and only dynamically',
    all.filter(({ file, target }) => folder(target) === 'sandbox' && folder(file) !== 'sandbox' && file !== 'main.ts'),
  );
  broken(
    'the sandbox knows nothing of the bot',
    all.filter(
      ({ file, target }) => folder(file) === 'sandbox' && target.endsWith('.ts') && folder(target) !== 'sandbox',
    ),
  );
});

it('the command line is a client: it imports Node and itself, and nothing imports it', () => {
  broken(
    'only node: and cli/',
    all.filter(({ file, target }) => folder(file) === 'cli' && !target.startsWith('node:') && folder(target) !== 'cli'),
  );
  broken(
    'it is a program of its own',
    all.filter(({ file, target }) => folder(target) === 'cli' && folder(file) !== 'cli'),
  );
});

it('SQL is written in stores and in the machinery', () => {
  const mayImportKysely = ({ file, typeOnly }: Import): boolean =>
    ['db', 'courier', 'journal', 'situation', 'jobs', 'http'].includes(folder(file)) ||
    file.endsWith('-store.ts') ||
    (typeOnly && ['deps.ts', 'start.ts', 'open-database.ts'].includes(file));
  broken(
    'kysely is for stores',
    all.filter((item) => item.target === 'kysely' && !mayImportKysely(item)),
  );
});

it('a list is one text for every length', () => {
  // A constant list is one text; `= any($1)` is one for all others.
  const lists = files.filter((file) =>
    /'(not )?in', (\[\.\.\.[a-z]|[a-z]\w*(Ids|s)\))/.test(readFileSync(join(SRC, file), 'utf8')),
  );
  expect(lists).toEqual([]);
});

it('Slack’s packages stay at the edge', () => {
  const atTheEdge = ({ file, typeOnly }: Import): boolean =>
    ['slack', 'install', 'courier', 'sandbox'].includes(folder(file)) ||
    (typeOnly && /-(card|modal|messages|slack)\.ts$|\/show\.ts$/.test(file));
  broken(
    '@slack belongs to slack, courier and sandbox; cards and forms may use its types',
    all.filter((item) => item.target.startsWith('@slack/') && !atTheEdge(item)),
  );
});

it('only perform, jobs and the machinery open transactions', () => {
  // Besides them: a catalog is applied by a file too, installing and people are told by Slack, a message is set aside by the courier, a receiver says that it is gone.
  const opens =
    /^(db|jobs|install)\/|^situation\/perform\.ts$|(^|\/)(apply-catalog|admin-slack|undeliverable|open-home|people|gone)\.ts$/;
  const users = files.filter(
    (file) => /\b(transact|inUnit)\(/.test(readFileSync(join(SRC, file), 'utf8')) && !opens.test(file),
  );
  expect(users).toEqual([]);
});

/** From the bottom up. What stands higher may import what stands lower; on one level nothing imports its neighbour both ways. */
const LEVELS: readonly (readonly string[])[] = [
  ['domain'],
  ['db'],
  ['slack', 'courier', 'journal', 'http'],
  ['situation'],
  FEATURES.filter((name) => name !== 'home'),
  ['home', 'api'],
  ['webhooks', 'hooks'],
  ['install', 'jobs'],
];
const levelOf = (file: string): number => LEVELS.findIndex((names) => names.includes(folder(file)));

it('arrows go down', () => {
  broken(
    `the order is ${LEVELS.map((names) => names.join(', ')).join(' < ')}`,
    all.filter(({ file, target }) => levelOf(target) > levelOf(file) && levelOf(file) >= 0),
  );
});

it('no two folders import each other', () => {
  const subject = (file: string): string => (/^domain\/.+\//.test(file) ? file.split('/').slice(0, 2).join('/') : '');
  for (const nameOf of [(file: string) => (file.includes('/') ? folder(file) : ''), subject]) {
    const arrows = new Map<string, Import>();
    for (const item of all) {
      const [from, to] = [nameOf(item.file), nameOf(item.target)];
      if (from !== '' && to !== '' && from !== to && item.target.endsWith('.ts')) arrows.set(`${from} ${to}`, item);
    }
    const both = [...arrows].filter(([arrow]) => arrows.has(arrow.split(' ').reverse().join(' ')));
    broken(
      'its folder imports this one as well',
      both.map(([, item]) => item),
    );
  }
});

it('no file imports itself by way of others', () => {
  const next = new Map(files.map((file) => [file, all.filter((item) => item.file === file && !item.typeOnly)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (path.includes(file) || done.has(file)) return;
    for (const { target } of next.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(cycles).toEqual([]);
});

it('a feature takes from another its store or its verbs; what several show stands in situation', () => {
  // The lowest feature: releases are found and acted on by all others in one way.
  const shared = [
    'releases/act-on-release.ts',
    'releases/find-release.ts',
    'releases/reason-and-end.ts',
    'releases/reason-form.ts',
    'releases/release-answers.ts',
  ];
  broken(
    'never from its listeners, cards or messages',
    all.filter(
      ({ file, target }) =>
        isFeature(file) &&
        isFeature(target) &&
        folder(target) !== folder(file) &&
        !/-(store|verbs?)\.ts$/.test(target) &&
        !shared.includes(target),
    ),
  );
});

it('every rule of the domain has a test file beside it that imports it, and all of them say more than the rules', () => {
  const TESTS = fileURLToPath(new URL('./domain/', import.meta.url));
  const tests = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const texts = new Map(tests.map((name) => [name, readFileSync(join(TESTS, name), 'utf8')]));
  const rules = files.filter((file) => folder(file) === 'domain').map((file) => file.slice('domain/'.length));
  // Types alone: what can be done to them is tested where it is done.
  const withoutRules = new Set(['situation.ts', 'check.ts']);
  const untested = rules.filter((rule) => {
    const beside = rule.replace(/\.ts$/, '');
    const own = tests.filter((name) => name === `${beside}.test.ts` || name.startsWith(`${beside}-`));
    return !withoutRules.has(rule) && !own.some((name) => texts.get(name)?.includes(`src/domain/${rule}'`));
  });
  expect(untested).toEqual([]);
  const lines = (all_: readonly string[]): number => all_.reduce((sum, text) => sum + text.split('\n').length, 0);
  const source = rules.map((rule) => readFileSync(join(SRC, 'domain', rule), 'utf8'));
  expect(lines([...texts.values()]) / lines(source)).toBeGreaterThanOrEqual(1);
});

it('there is no default export, and no file called utils', () => {
  expect(files.filter((file) => /export default/.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|index|misc)\.ts$/.test(file))).toEqual([]);
});

it('every verb has a name of its own, and is typed by a command that exists', () => {
  const rows = Object.values(VERB_TABLE).flat();
  const names = rows.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const commands: readonly string[] = VERBS;
  const typed = rows.flatMap((row) =>
    row.typed === null ? [] : row.typed.split(' · ').map((way) => way.split(' ')[0]),
  );
  expect(typed.filter((word) => word === undefined || !commands.includes(word))).toEqual([]);
});

it('every command that a sentence names exists', () => {
  const verbs: readonly string[] = VERBS;
  const named = files
    .filter((file) => folder(file) !== 'sandbox')
    .flatMap((file) =>
      [...readFileSync(join(SRC, file), 'utf8').matchAll(/\bcommand(?:\(|: )['`]([a-z]+)/g)].map(([, verb = '']) => ({
        file,
        verb,
      })),
    );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ verb }) => !verbs.includes(verb))).toEqual([]);
});
