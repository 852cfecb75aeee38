/** The five steps of a release, as a newcomer acts them: what to do, whether it is done, and how it is done for somebody in a hurry. */
import type { Driver } from './driver.ts';
import type { PageStep } from './page/types.ts';
import type { Sandbox } from './sandbox.ts';
import { messageText } from './transcript.ts';
import { imWith, messagesIn, type StoredMessage } from './world.ts';

const SERVICE = 'search';
const VERSION = '5.0.0';
const NAME = `${SERVICE} ${VERSION}`;
const TEAM = 'C0SEARCH';
const STAKEHOLDERS = 'C0RELEASES';
const DAY = 86_400_000;

export type Step = Omit<PageStep, 'done'> & {
  done: (sandbox: Sandbox) => boolean;
  run: (sandbox: Sandbox, command: string) => Promise<void>;
};

const find = (sandbox: Sandbox, channel: string, words: string): StoredMessage | undefined =>
  messagesIn(sandbox.world, channel).findLast((message) => messageText(sandbox.world, message).includes(words));

/** How often is looked, and how long it is between two looks, in milliseconds: a minute, and some. */
const TURNS = 1_500;
const TURN = 50;

/** The bot posts a moment after it has answered, or in the next minute when it has edited much in this one: waits for the message. */
const eventually = async (sandbox: Sandbox, channel: string, words: string): Promise<StoredMessage> => {
  for (let turn = 0; turn < TURNS; turn += 1) {
    const found = find(sandbox, channel, words);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, TURN));
  }
  throw new Error(`This step waits for “${words}” in ${channel}. Do the steps before it first.`);
};

const dm = (sandbox: Sandbox, person: string): string => imWith(sandbox.world, person).id;

const closeAll = async (driver: Driver): Promise<void> => {
  while (driver.modal() !== null) await driver.close();
};

const createIt = async (olivia: Driver, command: string): Promise<void> => {
  await olivia.command(command, `new`, TEAM);
  await olivia.fill('service', SERVICE);
  for (let turn = 0; turn < 60 && !olivia.modalText().includes(SERVICE); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await olivia.fill(`version_${SERVICE}`, VERSION);
  await olivia.fill('title', 'Synonyms in the search box');
  await olivia.fill('customers', 'Searching for “sofa” now also finds “couch”.');
  await olivia.submit();
  await closeAll(olivia);
};

export const STORY: readonly Step[] = [
  {
    title: 'Ask for a release',
    text: `As olivia, whose team owns ${SERVICE} and checkout, type “/release new” in #team-search. Choose ${SERVICE}, version ${VERSION}, say what changes, and under “What will customers notice?” one sentence for them. Creating it asks for approval.`,
    as: 'U0OLIVIA',
    place: TEAM,
    done: (sandbox) => find(sandbox, TEAM, NAME) !== undefined,
    run: (sandbox, command) => createIt(sandbox.as('U0OLIVIA'), command),
  },
  {
    title: 'Approve it',
    text: 'As adam, open the message from Signalbox and press Approve. Nobody else is asked any more.',
    as: 'U0ADAM',
    place: 'D0ADAM',
    done: (sandbox) => find(sandbox, dm(sandbox, 'U0ADAM'), `You approved ${NAME}`) !== undefined,
    run: async (sandbox) => {
      const ask = await eventually(sandbox, dm(sandbox, 'U0ADAM'), `Approve ${NAME}`);
      await sandbox.as('U0ADAM').click(ask, 'Approve');
    },
  },
  {
    title: 'Deploy it',
    text: 'As olivia, press “I am starting” on the card in #team-search, confirm it, then press “It went through”. The same card follows; its deployment has one post of its own. Then act as stan and open #releases: what he reads of it is one message, without a button.',
    as: 'U0OLIVIA',
    place: TEAM,
    done: (sandbox) => find(sandbox, STAKEHOLDERS, `${NAME} is live`) !== undefined,
    run: async (sandbox) => {
      const olivia = sandbox.as('U0OLIVIA');
      await olivia.click(await eventually(sandbox, TEAM, `${NAME}  ·  approved`), 'I am starting');
      await olivia.click(await eventually(sandbox, TEAM, `${NAME}  ·  deploying`), 'It went through');
      await eventually(sandbox, STAKEHOLDERS, `${NAME} is live`);
    },
  },
  {
    title: 'Wait for a freeze to end',
    text: 'The freeze “Quarter end” will stop checkout. Press “To the next event” below until #releases says that changes go live again: about five times.',
    as: 'U0STAN',
    place: STAKEHOLDERS,
    done: (sandbox) => find(sandbox, STAKEHOLDERS, 'go live again') !== undefined,
    run: async (sandbox) => {
      for (let days = 0; days < 8 && find(sandbox, STAKEHOLDERS, 'go live again') === undefined; days += 1) {
        sandbox.clock.advance(DAY);
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
    },
  },
  {
    title: 'Answer the review',
    text: 'At ten on the next working morning Signalbox asks olivia how it went: move the clock there, below. As olivia, open the message from Signalbox and press “Both fine” (or “All fine”): two releases share it.',
    as: 'U0OLIVIA',
    place: 'D0OLIVIA',
    done: (sandbox) => find(sandbox, TEAM, `${NAME}  ·  closed`) !== undefined,
    run: async (sandbox, command) => {
      const olivia = sandbox.as('U0OLIVIA');
      await olivia.command(command, `review ${SERVICE}@${VERSION}`, TEAM);
      await olivia.submit();
      await closeAll(olivia);
      await eventually(sandbox, TEAM, `${NAME}  ·  closed`);
    },
  },
];

export const stepsNow = (sandbox: Sandbox): readonly PageStep[] =>
  STORY.map(({ title, text, as, place, done }) => ({ title, text, as, place, done: done(sandbox) }));
