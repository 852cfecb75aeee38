/** The seeded workspace of `npm start`: people in different zones and roles, channels, a catalog, and a day in which everything has happened once. */

import type { Driver } from './driver.ts';
import type { Sandbox } from './sandbox.ts';
import { messageText } from './transcript.ts';
import { messagesIn, type StoredMessage } from './world.ts';

const HOUR = 3_600_000;

export const SEEDED_PEOPLE = [
  { id: 'U0OLIVIA', name: 'olivia', tz: 'Europe/London', about: 'engineer, owns checkout' },
  { id: 'U0ADAM', name: 'adam', tz: 'Europe/Berlin', about: 'approves for checkout' },
  { id: 'U0BELLA', name: 'bella', tz: 'America/New_York', about: 'approves for checkout, from New York' },
  { id: 'U0QUINN', name: 'quinn', tz: 'Europe/London', about: 'quality: owns the regression gate of ledger' },
  { id: 'U0RITA', name: 'rita', tz: 'Europe/London', about: 'release manager and admin' },
  { id: 'U0STAN', name: 'stan', tz: 'Asia/Tokyo', about: 'stakeholder, reads #releases' },
] as const;

const CHANNELS = [
  { id: 'C0CHECKOUT', name: 'team-checkout' },
  { id: 'C0SEARCH', name: 'team-search' },
  { id: 'C0RELEASES', name: 'releases' },
] as const;

export const SEEDED_CATALOG = `preset: standard
environments:
  - staging
  - { name: production, protected: true }
groups:
  checkout-owners: { people: [U0OLIVIA, U0ADAM, U0BELLA] }
  qa: { people: [U0QUINN] }
  release-managers: { people: [U0RITA, U0ADAM] }
roles: { admin: [release-managers], release_manager: [release-managers], creator: [qa] }
services:
  checkout: { owners: checkout-owners, channel: "#team-checkout", tier: 2, zone: Europe/London, rollbackPlan: "Redeploy the version before, 5 min" }
  search: { owners: checkout-owners, channel: "#team-search", tier: 3, zone: Europe/London, rollbackPlan: "Redeploy the version before, 2 min" }
  ledger: { owners: checkout-owners, channel: "#team-checkout", tier: 1, zone: Europe/London, start: { production: pipeline } }
  payments:
    owners: checkout-owners
    channel: "#team-checkout"
    tier: 1
    zone: Europe/London
    strategy: canary
    health: [{ metric: error rate, above: 2 }]
    runbook: [{ do: Tell the bank’s desk, minutes: 5 }, { do: Watch the settlement queue, minutes: 15 }]
    verify: { people: 2, checklist: [Pay one order with a test card] }
    rollbackPlan: "Switch traffic back, 1 min"
gates:
  - { name: regression, when: { service: ledger }, before: approval, owners: [qa] }
announce:
  - { when: { customers: true }, to: ["#releases"] }
reviews: { prompt: "0 10 * * 1-5" }
`;

export const addSeededPeople = (sandbox: Sandbox): void => {
  for (const { id, name, tz } of SEEDED_PEOPLE) sandbox.addUser(name, { id, tz, realName: name });
  for (const { id, name } of CHANNELS) sandbox.addChannel(name, { id });
};

/** What the seeding needs of whoever runs beside it: the bot's own pace. */
export type Pace = { settled: () => Promise<void>; tick: () => Promise<unknown> };

const find = (sandbox: Sandbox, channel: string, words: string): StoredMessage => {
  const found = messagesIn(sandbox.world, channel).findLast((message) =>
    messageText(sandbox.world, message).includes(words),
  );
  if (found === undefined) throw new Error(`The seeded day expected “${words}” in ${channel}.`);
  return found;
};

const ask = (driver: Driver, sandbox: Sandbox, words: string): StoredMessage => {
  const found = driver.dms().findLast((message) => messageText(sandbox.world, message).includes(words));
  if (found === undefined) throw new Error(`The seeded day expected a message with “${words}” to ${driver.id}.`);
  return found;
};

/** Hours of London's day in which a newcomer may come: later there is no time left in it for what they try out. */
const DESK_HOURS = { from: 9, to: 14 };
const LONDON = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  weekday: 'short',
  hour: '2-digit',
  hourCycle: 'h23',
});

const areAtTheirDesks = (at: number): boolean => {
  const { weekday = '', hour } = Object.fromEntries(LONDON.formatToParts(at).map(({ type, value }) => [type, value]));
  return weekday !== 'Sat' && weekday !== 'Sun' && Number(hour) >= DESK_HOURS.from && Number(hour) < DESK_HOURS.to;
};

/** The moment at which the seeded people are at their desks: now, or the next full hour of which that is true. */
export const atTheirDesks = (now: number): number => {
  let at = now;
  while (!areAtTheirDesks(at)) at = (Math.floor(at / HOUR) + 1) * HOUR;
  return at;
};

/** Acts a day through the real commands and buttons: one release in each status, a freeze, a review that is due. */
export const seedDay = async (sandbox: Sandbox, { settled, tick }: Pace, command: string): Promise<void> => {
  const [olivia, adam, rita, quinn] = ['U0OLIVIA', 'U0ADAM', 'U0RITA', 'U0QUINN'].map((id) => sandbox.as(id)) as [
    Driver,
    Driver,
    Driver,
    Driver,
  ];
  const type = (driver: Driver, text: string, channel = 'C0CHECKOUT') => driver.command(command, text, channel);
  const pass = async (ms: number): Promise<void> => {
    sandbox.clock.advance(ms);
    await tick();
    await settled();
  };
  const approved = async (name: string): Promise<void> => {
    await settled();
    await adam.click(ask(adam, sandbox, `Approve ${name}`), 'Approve');
    await settled();
  };
  const deployed = async (name: string, channel: string): Promise<void> => {
    await approved(name);
    await olivia.click(find(sandbox, channel, `${name}  ·  approved`), 'I am starting');
    await pass(HOUR / 4);
  };

  await type(olivia, 'new search 4.1.9 "Typo in the empty state"', 'C0SEARCH');
  await deployed('search 4.1.9', 'C0SEARCH');
  await olivia.click(find(sandbox, 'C0SEARCH', 'search 4.1.9  ·  deploying'), 'It went through');
  await settled();
  await type(olivia, 'new checkout 2.13.1 "Currency rounding"');
  await deployed('checkout 2.13.1', 'C0CHECKOUT');
  await olivia.click(find(sandbox, 'C0CHECKOUT', 'checkout 2.13.1  ·  deploying'), 'It went through');
  await settled();
  await pass(HOUR);
  await type(olivia, 'review checkout@2.13.1');
  await olivia.fill('change', 'Check the cache size before deploying');
  await olivia.submit();
  await settled();

  await type(olivia, 'new checkout 2.14.0 "Faster basket"');
  await deployed('checkout 2.14.0', 'C0CHECKOUT');
  await olivia.click(find(sandbox, 'C0CHECKOUT', 'checkout 2.14.0  ·  deploying'), 'Roll back…');
  await olivia.fill('reason', 'Error rate 4 %');
  await olivia.submit();
  await settled();
  await olivia.click(find(sandbox, 'C0CHECKOUT', 'checkout 2.14.0  ·  going back'), 'It is back');
  await settled();

  await type(olivia, 'new search 4.2.0 "Synonyms"', 'C0SEARCH');
  await deployed('search 4.2.0', 'C0SEARCH');
  await olivia.click(find(sandbox, 'C0SEARCH', 'search 4.2.0  ·  deploying'), 'It failed…');
  await olivia.fill('reason', 'The index was not built');
  await olivia.submit();
  await settled();

  await type(quinn, 'new ledger 8.9.0 "Quarterly statements"');
  await type(olivia, 'new checkout 2.14.1 "Faster basket, with the cache fix"');
  await approved('checkout 2.14.1');
  await type(olivia, 'new checkout 2.15.0 "Gift cards"');
  await type(olivia, 'new checkout 2.16.0 "Dark mode"');
  await type(olivia, 'cancel checkout@2.16.0 "Waits for the new design"');
  await type(olivia, 'new payments 3.2.0 "Retries for declined cards"');
  await deployed('payments 3.2.0', 'C0CHECKOUT');
  await olivia.click(find(sandbox, 'C0CHECKOUT', 'payments 3.2.0  ·  deploying'), 'Next: 10 %');
  await settled();
  await olivia.click(find(sandbox, 'C0CHECKOUT', 'Tell the bank’s desk'), 'Done');
  await declareFreeze(rita, sandbox);
  await settled();
  // What only the actors saw, and the forms that they left open, would be in a newcomer's way.
  sandbox.world.messages = sandbox.world.messages.filter(({ onlyFor }) => onlyFor === null);
  sandbox.world.stacks.clear();
};

const declareFreeze = async (rita: Driver, sandbox: Sandbox): Promise<void> => {
  const day = (offset: number): string => new Date(sandbox.clock.now() + offset * 24 * HOUR).toISOString().slice(0, 10);
  await rita.command('/freeze', 'new', 'C0RELEASES');
  await rita.fill('name', 'Quarter end');
  await rita.fill('reason', 'Books are closed');
  await rita.fill('scope', ['checkout', 'ledger']);
  await rita.fill('start', day(1));
  await rita.fill('end', day(3));
  for (let turn = 0; turn < 2 && rita.modal()?.callbackId === 'new_freeze'; turn += 1) await rita.submit();
};
