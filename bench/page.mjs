/** The sandbox's page: how long until it paints, and how long a click takes there and back. Needs a Chromium; says so when there is none. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const percentile = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

export const benchPage = async (report) => {
  const executablePath =
    process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
  if (executablePath === undefined)
    return console.log('No Chromium: the page is not measured. Install one, or set CHROMIUM.');
  const { chromium } = await import('playwright-core');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-page-'));
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn' },
  });
  const url = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      const found = /Open (http:\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`Signalbox ended with ${code}:\n${output}`)));
  });
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  const paints = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0));
    await page.close();
  }
  const page = await browser.newPage();
  await page.goto(`${url}#as=U0OLIVIA&place=C0CHECKOUT`);
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  const clicks = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const before = await page.getByText('Only visible to you').count();
    const began = performance.now();
    await page.getByRole('button', { name: 'Timeline' }).first().click();
    await page.getByText('Only visible to you').nth(before).waitFor();
    clicks.push(performance.now() - began);
  }
  report('page', 'first paint', { p50: percentile(paints, 0.5), p99: percentile(paints, 0.99) });
  report('page', 'a click, until its answer is drawn', { p50: percentile(clicks, 0.5), p99: percentile(clicks, 0.99) });
  await browser.close();
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
};
