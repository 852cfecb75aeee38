/** The command line as a pipeline has it: packed, installed into an empty folder, run by Node. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Testbed } from './testbed.ts';

export type Ran = { code: number; out: string; err: string };
export type Cli = {
  folder: string;
  /** The folder of the command, for a PATH. */
  bin: string;
  run: (where: { url: string; token: string }, args: readonly string[], env?: Record<string, string>) => Promise<Ran>;
  remove: () => void;
};

export const urlOf = (bed: Testbed): string => `http://127.0.0.1:${bed.app.port}`;

export const installCli = (): Cli => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'));
  // Of its own: several tests install it at the same time.
  const made = mkdtempSync(join(tmpdir(), 'signalbox-packed-'));
  execFileSync(process.execPath, ['scripts/pack-cli.mjs', made]);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: made });
  const [packed = ''] = readdirSync(folder);
  rmSync(made, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', join(folder, packed)], {
    cwd: folder,
  });
  const bin = join(folder, 'node_modules', '.bin');
  return {
    folder,
    bin,
    run: ({ url, token }, args, env = {}) =>
      new Promise((resolve) => {
        const all = {
          PATH: process.env['PATH'] ?? '',
          SIGNALBOX_URL: url,
          SIGNALBOX_TOKEN: token,
          SIGNALBOX_STATE: join(folder, 'state.json'),
          ...env,
        };
        execFile(join(bin, 'signalbox'), args, { cwd: env['CWD'] ?? folder, env: all }, (error, out, err) => {
          resolve({ code: error === null ? 0 : Number(error.code), out, err });
        });
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
