/** `npm start` as a newcomer starts it, and a browser that opens its page. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export type Opened = {
  url: string;
  browser: Browser;
  page: (options?: { dark?: boolean; width?: number }) => Promise<Page>;
  /** What the app and the page said so far: printed when a test fails. */
  said: () => string;
  close: () => Promise<void>;
};

/** Its address, once it has one. */
export const started = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = '';
    const read = (data: Buffer): void => {
      output += data.toString('utf8');
      const url = /Open (http:[^\s"]+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`Signalbox ended with ${code}:\n${output}`)));
  });

export const openSandbox = async (settings: Readonly<Record<string, string>> = {}): Promise<Opened> => {
  const executablePath = process.env['CHROMIUM'] ?? CHROMIUMS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('No Chromium was found. Install one, or set CHROMIUM to its path.');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-page-'));
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { PATH: process.env['PATH'], DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn', ...settings },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => (said += data.toString('utf8')));
  const url = await started(child);
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
  const browser = await chromium.launch({ executablePath, args });
  return {
    url,
    browser,
    page: async ({ dark = false, width = 1_400 } = {}) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light' });
      page.on('pageerror', (error) => {
        throw error;
      });
      page.on('console', (message) => {
        if (message.type() === 'error') said += `page: ${message.text()}\n`;
      });
      await page.goto(url);
      await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
      return page;
    },
    said: () => said,
    close: async () => {
      await browser.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Somebody of the workspace, at the page. */
export const actAs = async (page: Page, name: string): Promise<void> => {
  const select = page.getByLabel('Act as');
  const value = await select.locator('option', { hasText: new RegExp(`^${name} \\(`) }).getAttribute('value');
  await select.selectOption(value ?? '');
};

export const goTo = (page: Page, place: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Workspace' }).getByRole('button', { name: place }).click();

export const say = async (page: Page, channel: string, text: string): Promise<void> => {
  const box = page.getByLabel(`Message ${channel}`);
  await box.fill(text);
  await box.press('Enter');
};

/** The newest message that contains the words. */
export const messageWith = (page: Page, words: string | RegExp) =>
  page.getByRole('article').filter({ hasText: words }).last();
