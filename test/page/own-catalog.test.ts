/** `npm start` with a catalog of one's own: it starts, and no day is acted under rules that nobody knows. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { actAs, goTo, openSandbox, say, started } from './browser.ts';

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

it('finds a service among more than a hundred while one types, and keeps what is chosen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-own-'));
  const more = Array.from(
    { length: 150 },
    (_, n) => `  service-${n}: { owners: owners, channel: "#team-checkout", zone: Europe/London }`,
  );
  writeFileSync(join(folder, 'catalog.yml'), `${CATALOG}${more.join('\n')}\n`);
  const sandbox = await openSandbox({ CATALOG_FILE: join(folder, 'catalog.yml') });
  const page = await sandbox.page();
  await actAs(page, 'olivia');
  await goTo(page, 'team-checkout');
  await say(page, 'team-checkout', '/release new');
  const form = page.getByRole('dialog', { name: 'New release' });
  const service = form.getByRole('combobox', { name: 'Service' });
  await service.click();
  await form.getByRole('option', { name: 'service-0', exact: true }).waitFor();
  await service.fill('ice-14');
  await form.getByRole('option', { name: 'service-149' }).waitFor();
  expect(await form.getByRole('option').count()).toBe(11);
  await service.fill('nothing such');
  await form.getByText('Nothing fits “nothing such”.').waitFor();
  await service.fill('ice-149');
  await form.getByRole('option', { name: 'service-149' }).waitFor();
  const followed = page.waitForResponse((answer) => answer.request().postData()?.includes('"choose"') ?? false);
  await service.press('Enter');
  await followed;
  await form.getByLabel('What changes').fill('The last of many');
  await form.getByRole('button', { name: 'Create release' }).click();
  await page.getByText('service-149 0.1.0 (REL-1)').first().waitFor();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
