/** What makes the page feel like the real thing: who speaks, what is new, what a message offers, where the focus goes, rules that can be edited. */
import { afterAll, beforeAll, beforeEach, expect, it, onTestFailed } from 'vitest';
import { actAs, goTo, messageWith, type Opened, openSandbox, say } from './browser.ts';

/** What a browser knows beside this process, of which the tests have no types. */
type Shown = { value: string; textContent: string; click: () => void; dispatchEvent: (event: unknown) => void };
type Browser = {
  getComputedStyle: (of: unknown) => { opacity: string };
  document: {
    activeElement: unknown;
    querySelector: (selector: string) => Shown;
    querySelectorAll: (selector: string) => Iterable<Shown>;
  };
  Event: new (name: string, options: { bubbles: boolean }) => unknown;
};

let sandbox: Opened;
beforeAll(async () => {
  sandbox = await openSandbox();
});
beforeEach(() => onTestFailed(() => void process.stderr.write(sandbox.said())));
afterAll(() => sandbox.close());

it('says in a sentence what it is, and shows who speaks: people by a letter, the app by its mark', async () => {
  const page = await sandbox.page();
  await page.locator('.what').first().waitFor();
  expect((await page.locator('.what').first().innerText()).split(/(?<=[.!?])\s/).length).toBeLessThanOrEqual(2);
  await actAs(page, 'olivia');
  await goTo(page, 'team-search');
  await say(page, 'team-search', 'Good morning');
  const mine = messageWith(page, 'Good morning');
  await mine.waitFor();
  expect(await mine.locator('.avatar').innerText()).toBe('O');
  const card = page.getByRole('article').filter({ hasText: 'REL-' }).last();
  expect(await card.locator('.avatar.bot').innerText()).toBe('◆');
  expect(await card.getByText('APP', { exact: true }).isVisible()).toBe(true);
  await page.close();
});

it('counts what Slack counts: messages to oneself. A channel in which something is new is bold, and reading it ends that', async () => {
  const page = await sandbox.page();
  await actAs(page, 'adam');
  await goTo(page, 'Signalbox');
  const direct = page.getByRole('navigation', { name: 'Workspace' }).getByRole('button', { name: 'Signalbox' });
  const channel = page.getByRole('navigation', { name: 'Workspace' }).getByRole('button', { name: 'team-search' });
  await goTo(page, 'team-search');
  await goTo(page, 'team-checkout');
  await expect.poll(() => channel.getAttribute('class')).toBe('');
  await actAs(page, 'olivia');
  await goTo(page, 'team-search');
  await say(page, 'team-search', '/release new search 7.0.0 "Counted"');
  await messageWith(page, 'search 7.0.0').waitFor();
  // Whoever looks at the place as somebody else has read it for them.
  await goTo(page, 'team-checkout');
  await actAs(page, 'adam');
  await direct.locator('.badge').waitFor();
  await expect.poll(() => channel.getAttribute('class')).toBe('unread');
  expect(await channel.locator('.badge').count()).toBe(0);
  await goTo(page, 'Signalbox');
  await expect.poll(() => direct.locator('.badge').count()).toBe(0);
  await goTo(page, 'team-search');
  await expect.poll(() => channel.getAttribute('class')).toBe('');
  await page.close();
});

it('follows whoever moves faster than it draws, and the browser’s way back', async () => {
  const page = await sandbox.page();
  await actAs(page, 'adam');
  await goTo(page, 'team-search');
  await page.getByLabel('Message team-search').waitFor();
  // Two moves within a frame: a click, and somebody else chosen before the page has drawn the click.
  await page.evaluate(async () => {
    const { document, Event } = globalThis as unknown as Browser;
    const named = (selector: string, words: string) =>
      [...document.querySelectorAll(selector)].find(({ textContent }) => textContent.includes(words));
    named('.sidebar li button', 'team-checkout')?.click();
    await Promise.resolve();
    const people = document.querySelector('.act-as select');
    people.value = named('.act-as option', 'olivia (')?.value ?? '';
    people.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await page.getByLabel('Message team-checkout').waitFor();
  await page.waitForTimeout(500);
  const where = async () => `${await page.getByLabel('Act as').inputValue()} ${new URL(page.url()).hash}`;
  await expect.poll(where).toBe('U0OLIVIA #as=U0OLIVIA&place=C0CHECKOUT');
  await page.goBack();
  await expect.poll(where).toBe('U0ADAM #as=U0ADAM&place=C0CHECKOUT');
  await page.goBack();
  await page.getByLabel('Message team-search').waitFor();
  await page.close();
});

it('offers a thread under the pointer and to the keyboard, and gives the focus back after a dialog', async () => {
  const page = await sandbox.page();
  await actAs(page, 'olivia');
  await goTo(page, 'team-search');
  const card = messageWith(page, 'REL-');
  const reply = card.getByRole('button', { name: 'Reply in thread' });
  // What arrives meanwhile moves the messages: whoever points at one that moves points at it again.
  const shownAfter = (act: () => Promise<void>) =>
    expect.poll(async () => {
      await act();
      return card
        .locator('.hovered')
        .evaluate((place) => (globalThis as unknown as Browser).getComputedStyle(place).opacity);
    });
  const away = () => page.mouse.move(0, 0);
  await shownAfter(away).toBe('0');
  await shownAfter(() => card.hover()).toBe('1');
  await shownAfter(away).toBe('0');
  await shownAfter(() => reply.focus()).toBe('1');
  await reply.press('Enter');
  await page.getByRole('complementary', { name: 'Thread' }).waitFor();
  const box = page.getByLabel('Message team-search');
  await say(page, 'team-search', '/release new');
  const form = page.getByRole('dialog', { name: 'New release' });
  await form.waitFor();
  // The focus stays inside, however often one goes on.
  for (let turn = 0; turn < 40; turn += 1) await page.keyboard.press('Tab');
  expect(
    await form.evaluate((dialog) =>
      (dialog as unknown as { contains: (of: unknown) => boolean }).contains(
        (globalThis as unknown as Browser).document.activeElement,
      ),
    ),
  ).toBe(true);
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
  expect(
    await box.evaluate((element) => (element as unknown) === (globalThis as unknown as Browser).document.activeElement),
  ).toBe(true);
  await page.close();
});

it('opens a menu within a narrow page, and gives the focus back when it is left', async () => {
  const page = await sandbox.page({ width: 390 });
  await actAs(page, 'olivia');
  await goTo(page, 'team-checkout');
  const dots = page.getByRole('article').getByRole('button', { name: 'More actions' });
  await dots.first().waitFor();
  for (let card = 0; card < (await dots.count()); card += 1) {
    await dots.nth(card).click();
    const box = await page.getByRole('menu').boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    expect(
      await dots.nth(card).evaluate((node) => node === (globalThis as unknown as Browser).document.activeElement),
    ).toBe(true);
  }
  await page.close();
});

it('has rules that can be edited: a mistake names its line and keeps what was typed, and what is saved counts', async () => {
  const page = await sandbox.page();
  await actAs(page, 'rita');
  await goTo(page, 'team-search');
  await say(page, 'team-search', '/release setup');
  const form = page.getByRole('dialog');
  await form.waitFor();
  const text = form.getByRole('textbox').first();
  const before = await text.inputValue();
  expect(before).toContain('services:');
  await text.fill(before.replace('services:', 'servises:'));
  await form.getByRole('button', { name: 'Apply' }).click();
  await form
    .getByRole('alert')
    .getByText(/line \d+/)
    .waitFor();
  expect(await text.inputValue()).toContain('servises:');
  await text.fill(before.replace('preset: standard', 'preset: light'));
  await form.getByRole('button', { name: 'Apply' }).click();
  await page
    .getByText(/preset light|version 2/i)
    .first()
    .waitFor();
  await page.close();
});
