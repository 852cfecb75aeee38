/** `npm start` with a catalog of one's own: it starts, and no day is acted under rules that nobody knows. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { started } from './browser.ts';

const CATALOG = `
preset: light
environments:
  - { name: production, protected: true }
groups:
  owners: { people: [U0OLIVIA, U0ADAM] }
roles: { admin: [owners] }
services:
  website: { owners: owners, channel: "#team-checkout", zone: Europe/London }
`;

it('starts, and acts no day', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-own-'));
  writeFileSync(join(folder, 'catalog.yml'), CATALOG);
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      CATALOG_FILE: join(folder, 'catalog.yml'),
    },
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString('utf8')));
  const url = await started(child);
  expect((await fetch(url)).status).toBe(200);
  expect(said).not.toContain('Acting a day');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
