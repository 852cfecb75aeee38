/** The sandbox's page: how long until it paints, and how long a click takes there and back. Needs a Chromium; says so when there is none. */
import { existsSync } from 'node:fs';
import { newFolder } from './engines.mjs';
import { percentile } from './measure.mjs';
import { startProcess } from './processes.mjs';
import { report } from './table.mjs';

const VISITS = 5;
const CLICKS = 20;

const halfAndMost = (times) => ({ figures: { p50_ms: percentile(times, 0.5), p99_ms: percentile(times, 0.99) } });

const opened = async (browser, url) => {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  return page;
};

const paints = async (browser, url) => {
  const times = [];
  for (let turn = 0; turn < VISITS; turn += 1) {
    const page = await opened(browser, url);
    times.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0));
    await page.close();
  }
  return times;
};

const clicks = async (browser, url) => {
  const page = await opened(browser, `${url}#as=U0OLIVIA&place=C0CHECKOUT`);
  const times = [];
  for (let turn = 0; turn < CLICKS; turn += 1) {
    const began = performance.now();
    await page.getByRole('button', { name: 'Details' }).first().click();
    await page.getByRole('dialog').waitFor();
    times.push(performance.now() - began);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
  return times;
};

export const page = async () => {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
  if (executablePath === undefined) throw new Error('there is no Chromium; install one, or set CHROMIUM');
  const { chromium } = await import('playwright-core');
  const env = { DATA_DIR: newFolder(), PORT: '0', LOG_LEVEL: 'info' };
  const child = await startProcess(process.execPath, ['dist/main.js'], env, /Open (http:[^\s"]+)/);
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath, args });
  try {
    report('page', 'embedded', 'first paint', halfAndMost(await paints(browser, child.what)));
    report('page', 'embedded', 'a click, until its answer is drawn', halfAndMost(await clicks(browser, child.what)));
  } finally {
    await browser.close();
    await child.stop();
  }
};
