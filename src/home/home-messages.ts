/** Home as a person reads it: one sentence first, then what waits, what is theirs, what happens, what comes. Always far below 100 blocks. */

import type { KnownBlock } from '@slack/types';
import { MOST_ASKED } from '../approvals/round-store.ts';
import type { OtherRenderer } from '../courier/message.ts';
import { endOf, type Freeze, phaseOf } from '../domain/freeze/calendar.ts';
import { catches } from '../domain/freeze/caught.ts';
import { userId } from '../domain/ids.ts';
import { nameOf } from '../domain/release/release.ts';
import { count, enumerated } from '../domain/words.ts';
import { oneOfEach } from '../freezes/freeze-store.ts';
import { liftButton } from '../situation/card-look.ts';
import type { Situations } from '../situation/parts.ts';
import { cardParts, headline } from '../situation/release-card.ts';
import type { Seen } from '../situation/seen-by.ts';
import { statusLook } from '../situation/status-look.ts';
import { ACTIONS, NEWEST, packValue } from '../slack/ids.ts';
import { actions, type ButtonSpec, buttonOf, divider, section } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, mention, quoteText, type Voice } from '../slack/mrkdwn.ts';
import type { HomeView } from '../slack/people-store.ts';
import { dutyRow, type HomeRow } from './duty-rows.ts';
import { type HomeFacts, readHome } from './read-home.ts';

const show = (s: Seen): ButtonSpec => ({ text: 'Open', action: ACTIONS.show, value: s.release.id });

/** Everything that waits for this person, the most pressing first. */
export const waitingRows = (facts: HomeFacts): readonly HomeRow[] => [
  ...facts.duties
    .filter(({ s, duty }) => duty.kind !== 'leave freeze' || !isHeldTogether(s, facts))
    .map((each) => {
      const { line, buttons } = dutyRow(each, facts.now, facts.person);
      return { line: md`${statusLook(each.s, facts.now).mark} ${line}`, buttons };
    }),
  ...heldRows(facts),
  ...facts.locks
    .filter(({ holder }) => holder === facts.person)
    .map((lock) =>
      lock.release === null
        ? {
            line: md`:lock: You keep *${lock.service}* ${lock.environment} locked${lock.expiresAt === null ? '' : md` until ${dateToken(lock.expiresAt)}`}: ${quoteText(lock.reason, 100)}`,
            buttons: [{ text: 'Unlock', action: ACTIONS.unlock, value: lock.id }],
          }
        : {
            line: md`:lock: Say what the cause was: *${lock.service}* is locked in ${lock.environment}`,
            buttons: [liftButton(lock.release, lock.environment)],
          },
    ),
  ...facts.actions
    .filter(({ due }) => due !== null)
    .map((action) => ({
      line: md`Do “${quoteText(action.text, 120)}”${action.due === null ? EMPTY : md`${action.due < facts.now ? ', late since' : ' by'} ${dateToken(action.due, '{date_short_pretty}')}`}`,
      buttons: [{ text: 'Done', action: ACTIONS.actionDone, value: action.id }],
    })),
];

/** What of theirs this freeze catches, where that is so much that it is moved together. */
const heldBy = (freeze: Freeze, facts: HomeFacts): readonly Seen[] => {
  // What a soft one catches may start with a reason, and waits for nobody.
  const mine = freeze.severity === 'hard' ? facts.planned.filter((s) => s.release.owner === facts.person) : [];
  const held = mine.filter((s) => catches(freeze, s, facts.now));
  return held.length < 3 ? [] : held;
};

const isHeldTogether = ({ release }: Seen, facts: HomeFacts): boolean =>
  facts.freezes.some((freeze) => heldBy(freeze, facts).some((s) => s.release.id === release.id));

/** Three or more that one freeze catches are one row. */
const heldRows = (facts: HomeFacts): readonly HomeRow[] =>
  facts.freezes.flatMap((freeze) => {
    const held = heldBy(freeze, facts);
    return held.length === 0
      ? []
      : [
          {
            line: md`:snowflake: ${held.length} of yours are inside the freeze ${quoteText(freeze.name, 80)}, until ${dateToken(endOf(freeze))}`,
            buttons: [{ text: 'Move all to their first slot…', action: ACTIONS.moveAll, value: freeze.id }],
          },
        ];
  });

const releaseLine = (s: Seen, facts: HomeFacts, voice: Voice): Mrkdwn => {
  const { next } = cardParts(s, facts.now, voice);
  return md`${headline(s, facts.now)}  ·  ${next}`;
};

/** What exactly is frozen: a place, of all services or of those that are named. */
const frozenWords = ({ scope }: Freeze): string => {
  const where = scope.environments.length === 0 ? 'every environment' : enumerated(scope.environments);
  const frozen = `${where} ${scope.environments.length > 1 ? 'are' : 'is'} frozen`;
  return scope.services.length === 0 ? frozen : `${frozen} for ${enumerated(scope.services)}`;
};

/** The fewer it names, the more it freezes. */
const width = ({ scope: { services, environments } }: Freeze): number =>
  (services.length === 0 ? 0 : 1_000 / services.length) + (environments.length === 0 ? 0 : 1 / environments.length);

/** The sentence that says it all: what waits, and whether production is open. */
const homeHead = (facts: HomeFacts): Mrkdwn => {
  const waiting = waitingRows(facts).length;
  const { failed } = facts;
  const first =
    waiting === 0
      ? md`Nothing waits for you${failed === 0 ? '' : md`, but ${count(failed, 'release')} failed`}`
      : md`${facts.asked >= MOST_ASKED ? `${waiting} things or more wait` : md`${count(waiting, 'thing')} ${waiting === 1 ? 'waits' : 'wait'}`} for you`;
  const soft = ({ severity }: Freeze): number => (severity === 'soft' ? 1 : 0);
  // What freezes hardest, most, and longest.
  const [frozen] = facts.freezes
    .filter((freeze) => phaseOf(freeze, facts.now) === 'active')
    .sort((a, b) => soft(a) - soft(b) || width(a) - width(b) || (endOf(a) < endOf(b) ? 1 : -1));
  const [next] = facts.soon;
  const second =
    frozen !== undefined
      ? md`${frozenWords(frozen)} until ${dateToken(endOf(frozen))}`
      : waiting === 0 && next?.when.kind === 'at'
        ? md`next: ${nameOf(next)} ${dateToken(next.when.start)}`
        : EMPTY;
  return joined([first, second], ' · ');
};

const MOST = 5;
const VIEWS: readonly { view: HomeView; text: string }[] = [
  { view: 'mine', text: 'Mine' },
  { view: 'services', text: 'My services' },
  { view: 'everything', text: 'Everything' },
];

const part = (title: string, lines: readonly Mrkdwn[], command: string): readonly KnownBlock[] =>
  lines.length === 0
    ? []
    : [
        divider(),
        section([
          md`*${title}*`,
          ...lines.slice(0, MOST),
          lines.length > MOST ? md`${lines.length - MOST} more: \`${command}\`` : EMPTY,
        ]),
      ];

const happening = (facts: HomeFacts): readonly Mrkdwn[] => [
  ...facts.running.map(
    (d) => md`${d.service} ${d.version} → ${d.environment} since ${dateToken(d.startedAt)} (${mention(d.runBy)})`,
  ),
  ...facts.locks.map((lock) => md`:lock: ${lock.service} ${lock.environment} locked: ${quoteText(lock.reason, 100)}`),
];

const environmentLines = (facts: HomeFacts): readonly Mrkdwn[] =>
  facts.services.map((service) => {
    const places = facts.catalog.environments.map(({ name }) => {
      const live = facts.successes.filter((row) => row.service === service && row.environment === name).at(-1);
      return md`${name} ${live === undefined ? 'nothing yet' : md`${live.version} since ${dateToken(live.since, '{date_short_pretty}')}${live.unhealthy ? md`, :red_circle: not healthy` : EMPTY}`}`;
    });
    return md`${service}   ${joined(places, ' · ')}`;
  });

const freezeLines = (facts: HomeFacts): readonly Mrkdwn[] =>
  oneOfEach(facts.freezes).map(
    (freeze) =>
      md`${quoteText(freeze.name, 80)}   ${phaseOf(freeze, facts.now)}, ${dateToken(freeze.startsAt)} – ${dateToken(endOf(freeze))}`,
  );

/** The list behind the view, whole. */
const seeAll = ({ view, services, total }: HomeFacts): ButtonSpec => {
  const named = `open ${services.join(' ')}`;
  // The list behind a button is named in its value, which Slack keeps short.
  const words = view === 'mine' ? 'mine open' : view === 'services' && named.length < 1_500 ? named : 'open';
  return {
    text: `See all ${total}${total === 200 ? ' and more' : ''}`,
    action: ACTIONS.listPage,
    value: packValue(String(NEWEST), words),
  };
};

/** Everything that waits, where there is no room for it. */
export const allWaiting = (waiting: number): ButtonSpec => ({
  text: `See all ${waiting}`,
  action: ACTIONS.allWaiting,
  value: 'all',
});

/** One row: its words, with its button beside them, or its buttons below. */
export const rowBlocks = ({ line, buttons }: HomeRow): readonly KnownBlock[] => {
  const [only, second] = buttons;
  return only !== undefined && second === undefined
    ? [section([line], buttonOf(only))]
    : [section([line]), ...actions(buttons)];
};

const homeBlocks = (facts: HomeFacts, voice: Voice): readonly KnownBlock[] => {
  const waiting = waitingRows(facts);
  const listed = facts.listed.slice(0, 2 * MOST);
  return [
    section([md`*${homeHead(facts)}*`]),
    ...actions([
      { text: 'New release', action: ACTIONS.new, value: 'new', style: 'primary' },
      ...VIEWS.map(({ view, text }) => ({
        text: view === facts.view ? `● ${text}` : `○ ${text}`,
        action: ACTIONS.homeView,
        value: view,
      })),
    ]),
    ...(waiting.length === 0 ? [] : [divider(), section([md`*Waiting on you*`])]),
    ...waiting.slice(0, 2 * MOST).flatMap(rowBlocks),
    ...(waiting.length > 2 * MOST ? actions([allWaiting(waiting.length)]) : []),
    ...(listed.length === 0
      ? []
      : [
          divider(),
          section([
            md`*${VIEWS.find(({ view }) => view === facts.view)?.text === 'Mine' ? 'Yours' : 'Open releases'}*`,
          ]),
        ]),
    ...listed.map((s) => section([releaseLine(s, facts, voice)], buttonOf(show(s)))),
    ...(facts.total > listed.length ? actions([seeAll(facts)]) : []),
    ...part('Happening now', happening(facts), `${voice.command} env all`),
    ...part(
      'Next 7 days',
      facts.soon.map((release) =>
        release.when.kind === 'at' ? md`${dateToken(release.when.start)}   ${nameOf(release)}` : EMPTY,
      ),
      `${voice.command} calendar`,
    ),
    ...part('Environments', environmentLines(facts), `${voice.command} env all`),
    ...part('Freezes', freezeLines(facts), `${voice.command} freeze list`),
  ];
};

/** The Home tab, rendered like every other living message and published instead of posted. */
export const home =
  (situations: Situations): OtherRenderer =>
  async (db, what) => {
    const facts = await readHome(situations, db, what.workspace, userId(what.audience), what.now);
    if (facts === null)
      return {
        text: 'Signalbox is not set up here',
        blocks: [
          section([md`*Signalbox is not set up here.*`, md`An admin can start with \`${what.command} setup\`.`]),
          ...actions([{ text: 'Set up', action: ACTIONS.setup, value: 'setup', style: 'primary' }]),
        ],
      };
    return { text: 'Home', blocks: homeBlocks(facts, { names: 'mention', command: what.command }) };
  };
