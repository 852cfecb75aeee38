/**
 * Blocks that some Slack does not take yet (old clients, other clouds, other surfaces): tables in messages and alerts in forms. Where they are
 * refused, the same content goes as text.
 */
import type { KnownBlock } from '@slack/types';
import { type WebAPICallResult, WebClient } from '@slack/web-api';

type Loose = {
  type?: string;
  text?: { text?: string } | string;
  rows?: readonly (readonly Loose[])[];
  elements?: unknown;
};

const NEWER: ReadonlySet<string> = new Set(['table', 'alert']);

const isNewer = (block: unknown): boolean => NEWER.has((block as Loose).type ?? '');
export const hasNewer = (blocks: readonly unknown[]): boolean => blocks.some(isNewer);

/** Kept below the limits of a section and of a message, whole lines only. */
const MOST = 2_900;
const MOST_IN_ALL = 8_000;

/** What a cell reads, as markup: its elements are ours, so nothing in them is anybody's markup. */
const cellText = (cell: Loose): string => {
  if (typeof cell.text === 'string') return escaped(cell.text);
  const pieces = Array.isArray(cell.elements) ? (cell.elements as readonly Piece[]) : [];
  return pieces
    .flatMap((part) => part.elements ?? [])
    .map(pieceText)
    .join('');
};

type Piece = {
  type?: string;
  text?: string;
  name?: string;
  user_id?: string;
  timestamp?: number;
  format?: string;
  fallback?: string;
  style?: { bold?: boolean };
  elements?: readonly Piece[];
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const pieceText = (piece: Piece): string => {
  switch (piece.type) {
    case 'emoji':
      return `:${piece.name ?? ''}:`;
    case 'user':
      return `<@${piece.user_id ?? ''}>`;
    case 'date':
      return `<!date^${piece.timestamp ?? 0}^${piece.format ?? ''}|${escaped(piece.fallback ?? '')}>`;
    default:
      return piece.style?.bold === true ? `*${escaped(piece.text ?? '')}*` : escaped(piece.text ?? '');
  }
};

const asSection = (text: string): KnownBlock => ({
  type: 'section',
  expand: true,
  text: { type: 'mrkdwn', text: text === '' ? ' ' : text, verbatim: true },
});

/** The rows of a table as lines, without its head: what stands in a column is plain from what it says. */
const tableLines = (rows: readonly (readonly Loose[])[]): readonly KnownBlock[] => {
  const sections: string[] = [''];
  const body = rows.slice(1);
  let size = 0;
  for (const [index, row] of body.entries()) {
    const said = row
      .map(cellText)
      .filter((text) => text.trim() !== '')
      .join('  ·  ');
    size += said.length;
    const full = size > MOST_IN_ALL;
    const line = full ? `and ${body.length - index} more` : said;
    const last = sections.at(-1) ?? '';
    if (last.length + line.length > MOST) sections.push(line);
    else sections[sections.length - 1] = last === '' ? line : `${last}\n${line}`;
    if (full) break;
  }
  return sections.map(asSection);
};

/** The same blocks, with text in the place of what may be refused. */
export const plainBlocks = (blocks: readonly KnownBlock[]): readonly KnownBlock[] =>
  blocks.flatMap((block): readonly KnownBlock[] => {
    const loose = block as Loose;
    if (loose.type === 'table') return tableLines(loose.rows ?? []);
    if (loose.type === 'alert') return [asSection(typeof loose.text === 'object' ? (loose.text.text ?? '') : '')];
    return [block];
  });

const REFUSED: ReadonlySet<string> = new Set(['invalid_blocks', 'invalid_blocks_format', 'invalid_arguments']);
const refusedBlocks = (error: unknown): boolean =>
  REFUSED.has((error as { data?: { error?: string } }).data?.error ?? '');

type Arguments = { blocks?: unknown; view?: { blocks?: unknown } } & Record<string, unknown>;

/** The arguments of a call without newer blocks; null where it has none. */
const inPlain = (args: Arguments): Arguments | null => {
  const { blocks, view } = args;
  if (Array.isArray(blocks) && hasNewer(blocks)) return { ...args, blocks: plainBlocks(blocks as KnownBlock[]) };
  if (view !== undefined && Array.isArray(view.blocks) && hasNewer(view.blocks))
    return { ...args, view: { ...view, blocks: plainBlocks(view.blocks as KnownBlock[]) } };
  return null;
};

/**
 * A client whose calls are made once more in plain blocks when they were refused for a newer one. A class, because the library binds its
 * methods to `apiCall` while it is made.
 */
export class BlocksClient extends WebClient {
  override async apiCall(...[method, args]: Parameters<WebClient['apiCall']>): Promise<WebAPICallResult> {
    try {
      return await super.apiCall(method, args);
    } catch (error) {
      const plain = refusedBlocks(error) ? inPlain((args ?? {}) as Arguments) : null;
      if (plain === null) throw error;
      return super.apiCall(method, plain);
    }
  }
}
