/**
 * Compiles what is not compiled yet: a build that is up to date is kept. What counts is the text of the sources, not when a checkout wrote
 * them. `npm run build` by hand; `npm start` calls it first.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [SRC, DIST] = [join(ROOT, 'src'), join(ROOT, 'dist')];
const STAMP = join(DIST, '.built');
const TSC = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc');

const sources = () => [
  ...readdirSync(SRC, { recursive: true })
    .filter((name) => /\.(ts|tsx|json)$/.test(name))
    .map((name) => join('src', name)),
  'tsconfig.json',
  'tsconfig.page.json',
  'package-lock.json',
];

const fingerprint = () => {
  const hash = createHash('sha256');
  for (const name of sources().sort())
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(ROOT, name)))
      .update('\0');
  return hash.digest('hex');
};

const compile = (project) =>
  promisify(execFile)(process.execPath, [TSC, '-p', join(ROOT, project)]).catch((error) => {
    process.stderr.write(`${error.stdout}${error.stderr}`);
    process.exit(1);
  });

/** What was renamed or deleted must not be left behind and found. */
const removeOrphans = () => {
  for (const name of readdirSync(DIST, { recursive: true })) {
    const source = name.replace(/\.js$/, '');
    if (name.endsWith('.js') && !existsSync(join(SRC, `${source}.ts`)) && !existsSync(join(SRC, `${source}.tsx`)))
      rmSync(join(DIST, name));
  }
};

/** Builds when a source changed since the last build; says so first, because it takes seconds. */
export const build = async (say = () => undefined) => {
  const wanted = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  say('Compiling, which is done once …');
  await Promise.all([compile('tsconfig.json'), compile('tsconfig.page.json')]);
  removeOrphans();
  writeFileSync(STAMP, wanted);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
