/**
 * The command line as a package of its own: what `src/cli` is compiled to, and nothing else. `npm run pack:cli` writes the folder
 * `dist/cli-package`, or the one that is named; `npm publish` or `npm pack` there.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INTO = process.argv[2] ?? join(ROOT, 'dist', 'cli-package');

await build();
const { name, version, license, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
rmSync(INTO, { recursive: true, force: true });
mkdirSync(INTO, { recursive: true });
cpSync(join(ROOT, 'dist', 'cli'), join(INTO, 'cli'), { recursive: true });
cpSync(join(ROOT, 'LICENSE'), join(INTO, 'LICENSE'));
cpSync(join(ROOT, 'docs', 'ci.md'), join(INTO, 'README.md'));
const description = 'Ask Signalbox before you deploy, and say how it goes.';
const bin = { signalbox: 'cli/main.js' };
writeFileSync(
  join(INTO, 'package.json'),
  `${JSON.stringify({ name, version, description, license, type: 'module', bin, engines }, null, 2)}\n`,
);
