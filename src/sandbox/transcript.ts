/** What a person reads, as plain text: mentions by name, dates in a zone, buttons in brackets. Stable, so that tests can compare it. */
import { messagesIn, type StoredMessage, type World } from './world.ts';

type Block = {
  type: string;
  text?: { text?: string };
  elements?: readonly Element[];
  label?: { text?: string };
  block_id?: string;
  rows?: readonly (readonly Cell[])[];
};
type Cell = { text?: string; elements?: readonly { elements?: readonly Piece[] }[] };
type Piece = { type: string; text?: string; name?: string; user_id?: string; timestamp?: number };
type Element = { type: string; text?: string | { text?: string }; options?: readonly { text?: { text?: string } }[] };

const dateIn = (seconds: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
    .format(new Date(seconds * 1_000))
    .replaceAll(',', '');

/** Markup as it is read. */
export const readable = (world: World, markup: string, zone = 'UTC'): string =>
  markup
    .replace(/<!date\^(\d+)\^[^|>]*\|[^>]*>/g, (_, seconds: string) => dateIn(Number(seconds), zone))
    .replace(/<@([UW][A-Z0-9]+)>/g, (_, id: string) => `@${world.users.get(id)?.name ?? id}`)
    .replace(/<#([CGD][A-Z0-9]+)>/g, (_, id: string) => `#${world.conversations.get(id)?.name ?? id}`)
    .replace(/<(https?:[^|>]+)\|([^>]+)>/g, '$2 ($1)')
    .replace(/[*`]([^*`\n]+)[*`]/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const words = (text: Element['text']): string => (typeof text === 'string' ? text : (text?.text ?? ''));

const elementLine = (element: Element): string =>
  element.type === 'overflow'
    ? `⋯ ${(element.options ?? []).map((option) => option.text?.text ?? '').join(', ')}`
    : element.type === 'button'
      ? `[${words(element.text)}]`
      : words(element.text);

/** As markup, which is read like all other. */
const pieceLine = ({ type, text, name, user_id, timestamp }: Piece): string =>
  type === 'emoji'
    ? `:${name ?? ''}:`
    : type === 'user'
      ? `<@${user_id ?? ''}>`
      : type === 'date'
        ? `<!date^${timestamp ?? 0}^|>`
        : (text ?? '');

const cellLine = ({ text, elements }: Cell): string =>
  text ?? (elements ?? []).flatMap((part) => (part.elements ?? []).map(pieceLine)).join('');

export const blockLines = (blocks: readonly unknown[]): readonly string[] =>
  (blocks as readonly Block[]).flatMap((block) => {
    if (block.type === 'input') return [`(${block.label?.text ?? ''})`];
    if (block.type === 'divider') return ['———'];
    if (block.type === 'table') return (block.rows ?? []).map((row) => row.map(cellLine).join(' | '));
    if (block.elements !== undefined) return [block.elements.map(elementLine).join(' ')];
    return [block.text?.text ?? ''];
  });

export const messageText = (world: World, message: StoredMessage, zone = 'UTC'): string =>
  readable(world, message.blocks.length === 0 ? message.text : blockLines(message.blocks).join('\n'), zone);

/** A conversation, oldest first; replies are indented under what they answer. */
export const transcript = (world: World, channel: string, viewer: string | null = null, zone = 'UTC'): string => {
  const all = messagesIn(world, channel, viewer);
  const lines = (message: StoredMessage, indent: string): string =>
    messageText(world, message, zone)
      .split('\n')
      .map((line) => `${indent}${line}`)
      .join('\n');
  return all
    .filter(({ threadTs }) => threadTs === null)
    .map((message) =>
      [
        lines(message, message.onlyFor === null ? '' : '· '),
        ...all.filter(({ threadTs }) => threadTs === message.ts).map((reply) => lines(reply, '    ')),
      ].join('\n'),
    )
    .join('\n\n');
};
