/**
 * `npm run docs:pictures`: starts the sandbox, acts the story in a browser, and writes the pictures and the animation of the README into
 * docs/pictures. With `all` it also takes every card status, form and Home in light, dark, wide and narrow, for somebody to look at.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import gifenc from 'gifenc';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';

const { applyPalette, GIFEncoder, quantize } = gifenc;
const OUT = 'docs/pictures';
const everything = process.argv.includes('all');
const elsewhere = everything ? mkdtempSync(join(tmpdir(), 'signalbox-pictures-')) : null;

const executablePath =
  process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (executablePath === undefined)
  throw new Error('The pictures need a Chromium: install one, or set CHROMIUM to its path.');

const folder = mkdtempSync(join(tmpdir(), 'signalbox-pictures-data-'));
const child = spawn(process.execPath, ['dist/main.js'], {
  env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn' },
});
const url = await new Promise((resolve, reject) => {
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
    const found = /Open (http:[^\s"]+)/.exec(output)?.[1];
    if (found !== undefined) resolve(found);
  });
  child.once('exit', (code) => reject(new Error(`Signalbox ended with ${code}:\n${output}`)));
});
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});

const open = async (hash, { dark = false, width = 1280, height = 800 } = {}) => {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  await page.goto(`${url}#${hash}`);
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  await page.waitForTimeout(600);
  return page;
};
const message = (page, words) => page.getByRole('article').filter({ hasText: words }).last();

mkdirSync(OUT, { recursive: true });

/** Frames of the story, as people act it. */
const animate = async () => {
  const page = await open('as=U0OLIVIA&place=C0SEARCH', { width: 1000, height: 640 });
  const frames = [];
  const take = async (ms) => frames.push({ png: PNG.sync.read(await page.screenshot()), ms });
  const box = page.getByLabel('Message team-search');
  await box.fill('/release new');
  await take(1400);
  await box.press('Enter');
  const form = page.getByRole('dialog', { name: 'New release' });
  await form.getByLabel('Version').fill('5.0.0');
  await form.getByLabel('What changes').fill('Synonyms in the search box');
  await form.getByLabel('What will customers notice?').fill('Searching for “sofa” now also finds “couch”.');
  await take(2200);
  await form.getByRole('button', { name: 'Create release' }).click();
  await page.getByText('waits for approval. You get').waitFor();
  await page.getByRole('button', { name: 'Close' }).first().click();
  await message(page, 'search 5.0.0  ·  waiting').waitFor();
  await page.waitForTimeout(300);
  await take(2200);
  await page.getByLabel('Act as').selectOption('U0ADAM');
  await page.getByRole('navigation').getByRole('button', { name: 'Signalbox' }).click();
  await message(page, 'Approve search 5.0.0').waitFor();
  await page.waitForTimeout(300);
  await take(2400);
  await message(page, 'Approve search 5.0.0').getByRole('button', { name: 'Approve' }).click();
  await message(page, 'You approved search 5.0.0').waitFor();
  await page.waitForTimeout(300);
  await take(1600);
  await page.getByLabel('Act as').selectOption('U0OLIVIA');
  await page.getByRole('navigation').getByRole('button', { name: 'team-search' }).click();
  await message(page, 'search 5.0.0  ·  approved').getByRole('button', { name: 'I am starting' }).click();
  await page.waitForTimeout(200);
  await take(1800);
  await page.getByRole('alertdialog').getByRole('button', { name: 'I am starting' }).click();
  await message(page, 'search 5.0.0  ·  deploying').getByRole('button', { name: 'It went through' }).click();
  await message(page, 'search 5.0.0  ·  deployed').waitFor();
  await page.waitForTimeout(300);
  await take(2000);
  await page.getByLabel('Act as').selectOption('U0STAN');
  await page.getByRole('navigation').getByRole('button', { name: 'releases' }).click();
  await message(page, 'search 5.0.0 is live').waitFor();
  await page.waitForTimeout(300);
  await take(3000);
  await page.close();
  const gif = GIFEncoder();
  for (const { png, ms } of frames) {
    const palette = quantize(png.data, 128);
    gif.writeFrame(applyPalette(png.data, palette), png.width, png.height, { palette, delay: ms });
  }
  gif.finish();
  writeFileSync(join(OUT, 'story.gif'), gif.bytes());
};

const picture = async (name, hash, options, act = async () => undefined) => {
  const page = await open(hash, options);
  await act(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(options.out ?? OUT, `${name}.png`) });
  // A form that stays open would cover the next picture of the same person.
  for (let turn = 0; turn < 3 && (await page.getByRole('dialog').count()) > 0; turn += 1) {
    await page.keyboard.press('Escape');
    await page.waitForTimeout(300);
  }
  await page.close();
};

await animate();
await picture('channel', 'as=U0ADAM&place=C0CHECKOUT', { height: 860 });
await picture('home', 'as=U0ADAM&place=home', { height: 860 });

const openForm = (text) => async (page) => {
  const box = page.getByRole('textbox', { name: /^Message/ });
  await box.fill(text);
  await box.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.waitForTimeout(500);
};

if (elsewhere !== null) {
  const looks = [
    { look: 'light', options: {} },
    { look: 'dark', options: { dark: true } },
    { look: 'narrow', options: { width: 420, height: 900 } },
  ];
  for (const { look, options } of looks) {
    const there = { ...options, out: elsewhere };
    for (const [channel, n] of Object.entries({ C0CHECKOUT: 6, C0SEARCH: 3, C0RELEASES: 1, D0ADAM: 3, D0OLIVIA: 3 }))
      for (let turn = 0; turn < n; turn += 1)
        await picture(
          `${look}-${channel}-${turn}`,
          `as=${channel === 'D0ADAM' ? 'U0ADAM' : 'U0OLIVIA'}&place=${channel}`,
          there,
          async (page) => {
            await page
              .getByRole('log', { name: 'Messages' })
              .evaluate(
                (log, share) => log.scrollTo(0, (log.scrollHeight - log.clientHeight) * share),
                n === 1 ? 1 : turn / (n - 1),
              );
          },
        );
    await picture(`${look}-home`, 'as=U0OLIVIA&place=home', there);
    for (const [who, forms] of Object.entries({
      U0OLIVIA: [
        'new',
        'edit checkout@2.15.0',
        'hotfix search@4.2.0',
        'review checkout@2.14.0',
        'emergency checkout@2.15.0',
      ],
      U0RITA: ['freeze new', 'setup', 'token new', 'webhook new'],
    }))
      for (const form of forms)
        await picture(
          `${look}-form-${form.replace(/\W+/g, '-')}`,
          `as=${who}&place=C0CHECKOUT`,
          there,
          openForm(`/release ${form}`),
        ).catch((error) => console.log(form, error.message.split('\n')[0]));
    for (const words of ['', 'tick payments@3.2.0', 'why checkout@2.15.0', 'env', 'calendar', 'freeze status', 'list'])
      await picture(
        `${look}-answer-${words.replace(/\W+/g, '-')}`,
        'as=U0OLIVIA&place=C0CHECKOUT',
        there,
        async (page) => {
          const box = page.getByRole('textbox', { name: /^Message/ });
          await box.fill(`/release ${words}`);
          await box.press('Enter');
          await page.waitForTimeout(1_200);
        },
      );
    await picture(`${look}-clock`, 'as=U0OLIVIA&place=C0CHECKOUT', there, (page) =>
      page.getByRole('tab', { name: 'Faults' }).click(),
    );
    await picture(`${look}-traffic`, 'as=U0OLIVIA&place=C0CHECKOUT', there, (page) =>
      page.getByRole('tab', { name: 'Traffic' }).click(),
    );
  }
  console.log(`Everything is in ${elsewhere}`);
}
await browser.close();
child.kill('SIGTERM');
await new Promise((resolve) => child.once('exit', resolve));
rmSync(folder, { recursive: true, force: true });
console.log(`Written to ${OUT}`);
