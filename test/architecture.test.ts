/** The rules of the house, each printed when it is broken. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
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
const isSlice = (name: string): boolean =>
  ['catalog', 'releases', 'approvals', 'freezes', 'deployments', 'reviews', 'announcements', 'home'].includes(name);

it('the core imports only itself and the named pure libraries', () => {
  const pure = new Set(['temporal-polyfill', 'cron-parser', 'node:crypto']);
  broken(
    'domain imports domain, temporal-polyfill, cron-parser and node:crypto only',
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

it('SQL is written in stores and in the machinery', () => {
  const mayImportKysely = ({ file }: Import): boolean =>
    ['db', 'courier', 'journal', 'situation', 'jobs', 'http'].includes(folder(file)) ||
    file.endsWith('-store.ts') ||
    file === 'start.ts' ||
    file === 'open-database.ts';
  broken(
    'kysely is for stores',
    all.filter((item) => item.target === 'kysely' && !mayImportKysely(item)),
  );
});

it('Slack’s packages stay at the edge', () => {
  const atTheEdge = ({ file, typeOnly }: Import): boolean =>
    ['slack', 'courier', 'sandbox'].includes(folder(file)) ||
    (typeOnly && /-(card|modal|messages|slack)\.ts$|show\.ts$/.test(file));
  broken(
    '@slack belongs to slack, courier and sandbox; cards and forms may use its types',
    all.filter((item) => item.target.startsWith('@slack/') && !atTheEdge(item)),
  );
});

it('only verbs, jobs and the machinery open transactions', () => {
  const opens =
    /(^|\/)(transact|change-release|create-release|change-freeze|apply-catalog|admin-slack|install|undeliverable|open-home|tick|people)\.ts$/;
  const users = files.filter((file) => /\btransact\(/.test(readFileSync(join(SRC, file), 'utf8')) && !opens.test(file));
  expect(users).toEqual([]);
});

it('a slice does not import the Slack listeners of another slice, but the shared answers about a release', () => {
  const foreign = all.filter(
    ({ file, target }) =>
      isSlice(folder(file)) &&
      target.endsWith('-slack.ts') &&
      folder(target) !== folder(file) &&
      target !== 'releases/releases-slack.ts',
  );
  broken('listeners belong to their slice', foreign);
});

it('there is no default export, and no file called utils', () => {
  expect(files.filter((file) => /export default/.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|index|misc)\.ts$/.test(file))).toEqual([]);
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
