/** What Slack takes as one message: so many blocks, and so many characters in all of them together. What is more is left out, and said so. */
import type { KnownBlock } from '@slack/types';
import { context } from './kit.ts';
import { md } from './mrkdwn.ts';

const MOST_BLOCKS = 50;

/** Slack documents no limit; 50 blocks with 9,600 characters were taken, 45 with 11,300 refused. */
const MOST_CHARACTERS = 9_500;

/** As many of these rows, each of some blocks, as fit into a message with this much room. */
export const rowsThatFit = (rows: readonly (readonly KnownBlock[])[], room = MOST_CHARACTERS - 500): number => {
  let characters = 0;
  let blocks = 3;
  const end = rows.findIndex((row) => {
    characters += charactersOf(row);
    blocks += row.length;
    return characters > room || blocks > MOST_BLOCKS;
  });
  return end < 0 ? rows.length : Math.max(1, end);
};

/** Every text in a block, whatever it stands in. */
const charactersOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + charactersOf(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, each]) => sum + (key === 'text' && typeof each === 'string' ? each.length : charactersOf(each)),
    0,
  );
};

/** Buttons of the whole: the only ones, not those of the last of many rows. */
const ofTheWhole = (blocks: readonly KnownBlock[]): boolean =>
  blocks.filter(({ type }) => type === 'actions').length === 1;

/** The blocks that fit, from the first; buttons of the whole stay, because they are the way on. What is cut off leaves no buttons behind. */
export const fitting = (blocks: readonly KnownBlock[]): readonly KnownBlock[] => {
  if (blocks.length <= MOST_BLOCKS && charactersOf(blocks) <= MOST_CHARACTERS) return blocks;
  const last = blocks.at(-1);
  const way = last?.type === 'actions' && ofTheWhole(blocks) ? [last] : [];
  let left = MOST_CHARACTERS - charactersOf(way);
  const body = way.length === 0 ? blocks : blocks.slice(0, -1);
  const room = MOST_BLOCKS - way.length - 1;
  const end = body.findIndex((block, index) => {
    left -= charactersOf(block);
    return left < 0 || index >= room;
  });
  if (end < 0) return blocks;
  return [...body.slice(0, end), context(md`Cut here: more than one message can hold.`), ...way];
};
