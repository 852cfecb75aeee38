/** Blocks, with Slack's limits kept by construction. Text goes in as Mrkdwn or as plain text that is cut to fit. */
import type { Button, KnownBlock, ModalView, PlainTextOption, RichTextBlock, RichTextElement } from '@slack/types';
import type { UserId } from '../domain/ids.ts';
import { epochMs, type Instant, plainTime } from '../domain/time.ts';
import { tokenName } from '../domain/token/token.ts';
import { cut } from '../domain/words.ts';
import type { ActionId, ViewId } from './ids.ts';
import { type Choice, type ListId, MOST_OPTIONS } from './lists.ts';
import { cutMarkup, EMPTY, isEmpty, joined, type Mrkdwn, md, plainText, textOf } from './mrkdwn.ts';

const SECTION_MAX = 3_000;
const BUTTON_MAX = 75;
const MOST_BUTTONS = 5;
const MOST_OVERFLOW = 5;
const TITLE_MAX = 24;
const OPTION_MAX = 75;
const LABEL_MAX = 150;

const mrkdwnObject = (markup: Mrkdwn) => {
  const fitting = cutMarkup(textOf(markup), SECTION_MAX);
  return { type: 'mrkdwn' as const, text: fitting === '' ? ' ' : fitting, verbatim: true };
};
const plain = (text: string, most: number) => ({
  type: 'plain_text' as const,
  text: cut(plainText(text) === '' ? '–' : plainText(text), most),
  emoji: true,
});

/** Lines of one section; empty ones are left out. */
export const section = (lines: readonly Mrkdwn[], accessory?: Button): KnownBlock => ({
  type: 'section',
  expand: true,
  text: mrkdwnObject(joined(lines, '\n')),
  ...(accessory === undefined ? {} : { accessory }),
});
/** Lines that are more than one section can hold: as many sections as they need, never split within a line. */
export const sections = (lines: readonly Mrkdwn[]): readonly KnownBlock[] => {
  const parts: Mrkdwn[][] = [[]];
  let length = 0;
  for (const line of lines.filter((each) => !isEmpty(each))) {
    const more = textOf(line).length + 1;
    if (length + more > SECTION_MAX && length > 0) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(line);
    length += more;
  }
  return parts.map((part) => section(part));
};

/** A warning in a form: shown as what it is, where Slack takes it. */
export const alert = (line: Mrkdwn, level: 'info' | 'warning'): KnownBlock => ({
  type: 'alert',
  level,
  text: mrkdwnObject(line),
});

export const context = (line: Mrkdwn): KnownBlock => ({ type: 'context', elements: [mrkdwnObject(line)] });

/** `Label  value`, a fact as a line of its own; nothing when there is no value. */
export const fact = (label: string, value: Mrkdwn): Mrkdwn => (isEmpty(value) ? EMPTY : md`*${label}*   ${value}`);

/** What stands in a cell of a table: text, a mark, a moment in the reader's zone, a person. */
export type CellPiece =
  | string
  | { bold: string }
  | { mark: Mrkdwn }
  | { at: Instant; format?: string }
  | { person: UserId };

const cellElement = (piece: CellPiece): RichTextElement => {
  // The spaces between pieces stay; those that a person typed do not.
  if (typeof piece === 'string')
    return {
      type: 'text',
      text: `${piece.startsWith(' ') ? ' ' : ''}${plainText(piece)}${piece.endsWith(' ') ? ' ' : ''}`,
    };
  if ('bold' in piece) return { type: 'text', text: plainText(piece.bold), style: { bold: true } };
  if ('person' in piece) {
    const token = tokenName(piece.person);
    return token === null ? { type: 'user', user_id: piece.person } : { type: 'text', text: token };
  }
  if ('mark' in piece) return { type: 'emoji', name: textOf(piece.mark).replaceAll(':', '') };
  return {
    type: 'date',
    timestamp: Math.floor(epochMs(piece.at) / 1_000),
    format: piece.format ?? '{date_short_pretty} {time}',
    fallback: plainTime(piece.at, 'UTC'),
  };
};

const tableCell = (pieces: readonly CellPiece[]): RichTextBlock => {
  const elements = pieces.map(cellElement).filter((each) => each.type !== 'text' || each.text !== '');
  // A cell without anything in it is refused.
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_section', elements: elements.length === 0 ? [{ type: 'text', text: '–' }] : elements },
    ],
  };
};

const MOST_ROWS = 99;
const WORDY: ReadonlySet<string> = new Set(['What changes', 'Now', 'Status', 'Against']);

/**
 * Rows under their names; a message has one table at most. Words wrap where they are many, names and keys stay whole. What Slack does not take
 * is counted beneath.
 */
export const table = (
  head: readonly string[],
  rows: readonly (readonly (readonly CellPiece[])[])[],
): readonly KnownBlock[] => [
  {
    type: 'table',
    column_settings: head.map((name) => ({ is_wrapped: WORDY.has(name) })),
    rows: [
      head.map((text) => ({ type: 'raw_text' as const, text })),
      ...rows.slice(0, MOST_ROWS).map((row) => row.map(tableCell)),
    ],
  },
  ...(rows.length > MOST_ROWS ? [context(md`${rows.length - MOST_ROWS} more: name what you look for.`)] : []),
];

export type ButtonSpec = {
  text: string;
  action: ActionId;
  value: string;
  style?: 'primary' | 'danger';
  confirm?: { title: string; text: string; yes: string };
  url?: string;
};

export const buttonOf = (spec: ButtonSpec): Button => button(spec);
export const divider = (): KnownBlock => ({ type: 'divider' });

const button = ({ text, action, value, style, confirm, url }: ButtonSpec): Button => ({
  type: 'button',
  text: plain(text, BUTTON_MAX),
  // Unique in a message even when one action stands there for several subjects; the router reads what is before the colon.
  action_id: `${action}:${value}`.slice(0, 255),
  value,
  ...(style === undefined ? {} : { style }),
  ...(url === undefined ? {} : { url }),
  ...(confirm === undefined
    ? {}
    : {
        confirm: {
          title: plain(confirm.title, 100),
          text: plain(confirm.text, 300),
          confirm: plain(confirm.yes, 30),
          deny: plain('Not now', 30),
        },
      }),
});

export type MoreItem = { text: string; action: ActionId; value: string };

const overflow = (items: readonly MoreItem[]) => ({
  type: 'overflow' as const,
  action_id: 'card_more',
  options: items.slice(0, MOST_OVERFLOW).map(
    ({ text, action, value }): PlainTextOption => ({
      text: plain(text, OPTION_MAX),
      value: `${action}~${value}`.slice(0, 150),
    }),
  ),
});

/** One of them is the likely act, and has a colour: the first that asks for one. */
const oneColoured = (buttons: readonly ButtonSpec[]): readonly ButtonSpec[] => {
  const likely = buttons.findIndex(({ style }) => style !== undefined);
  return buttons.map((each, index) => {
    const { style: _other, ...plain } = each;
    return index === likely ? each : plain;
  });
};

/** A row of buttons and, behind them, the menu of the rest. */
export const actions = (buttons: readonly ButtonSpec[], more: readonly MoreItem[] = []): readonly KnownBlock[] => {
  if (buttons.length === 0 && more.length === 0) return [];
  const elements = [
    ...oneColoured(buttons.slice(0, MOST_BUTTONS)).map(button),
    ...(more.length > 0 ? [overflow(more)] : []),
  ];
  return [{ type: 'actions', elements }];
};

export type InputSpec = { id: string; label: string; hint?: string; optional?: boolean; dispatch?: boolean };

const input = (
  { id, label, hint, optional, dispatch }: InputSpec,
  element: Extract<KnownBlock, { type: 'input' }>['element'],
): KnownBlock => ({
  type: 'input',
  block_id: id,
  label: plain(label, LABEL_MAX),
  element,
  optional: optional ?? false,
  ...(dispatch === true ? { dispatch_action: true } : {}),
  ...(hint === undefined ? {} : { hint: plain(hint, 2_000) }),
});

const VALUE = 'value';

export const textInput = (
  spec: InputSpec & { initial?: string | null; multiline?: boolean; placeholder?: string },
): KnownBlock =>
  input(spec, {
    type: 'plain_text_input',
    action_id: VALUE,
    multiline: spec.multiline ?? false,
    ...(spec.initial == null || spec.initial === '' ? {} : { initial_value: cut(spec.initial, 3_000) }),
    ...(spec.placeholder === undefined ? {} : { placeholder: plain(spec.placeholder, LABEL_MAX) }),
  });

/** As Slack takes it. */
export const option = ({ text, value }: Choice): PlainTextOption => ({
  text: plain(text, OPTION_MAX),
  value: value.slice(0, OPTION_MAX),
});

/** What is chosen from: a list that Slack's client asks for where it is longer than Slack shows at once. */
type Choosing = { choices: readonly Choice[]; list?: ListId };

const isLong = ({ choices }: Choosing): boolean => choices.length > MOST_OPTIONS;

/** By which name a client asks for it, and from the first letter on. */
const asked = ({ choices, list }: Choosing, action: ActionId | typeof VALUE) => {
  if (list === undefined) throw new Error(`A select of ${choices.length} choices has no list to load them from.`);
  return {
    action_id: `${action}:${list}`,
    min_query_length: 0,
    placeholder: plain(`Type a few letters: one of ${choices.length}`, LABEL_MAX),
  };
};

/** A select; `initial` must be one of its choices. `action` is needed where choosing changes the form. */
export const selectInput = (
  spec: InputSpec & Choosing & { initial?: string | null; action?: ActionId },
): KnownBlock => {
  const chosen = spec.choices.find(({ value }) => value === spec.initial);
  const action = spec.action ?? VALUE;
  const initial = chosen === undefined ? {} : { initial_option: option(chosen) };
  return input(
    spec,
    isLong(spec)
      ? { type: 'external_select', ...asked(spec, action), ...initial }
      : { type: 'static_select', action_id: action, options: spec.choices.map(option), ...initial },
  );
};

export const multiSelectInput = (spec: InputSpec & Choosing & { initial?: readonly string[] }): KnownBlock => {
  const chosen = spec.choices.filter(({ value }) => spec.initial?.includes(value));
  const initial = chosen.length === 0 ? {} : { initial_options: chosen.map(option) };
  return input(
    spec,
    isLong(spec)
      ? { type: 'multi_external_select', ...asked(spec, VALUE), ...initial }
      : { type: 'multi_static_select', action_id: VALUE, options: spec.choices.map(option), ...initial },
  );
};

export const checkboxesInput = (
  spec: InputSpec & { choices: readonly Choice[]; initial?: readonly string[] },
): KnownBlock => {
  const chosen = spec.choices.filter(({ value }) => spec.initial?.includes(value));
  return input(spec, {
    type: 'checkboxes',
    action_id: VALUE,
    options: spec.choices.slice(0, 10).map(option),
    ...(chosen.length === 0 ? {} : { initial_options: chosen.map(option) }),
  });
};

export const dateTimeInput = (spec: InputSpec & { initialSeconds?: number; action?: ActionId }): KnownBlock =>
  input(spec, {
    type: 'datetimepicker',
    action_id: spec.action ?? VALUE,
    ...(spec.initialSeconds === undefined ? {} : { initial_date_time: spec.initialSeconds }),
  });
export const dateInput = (spec: InputSpec & { initial?: string }): KnownBlock =>
  input(spec, {
    type: 'datepicker',
    action_id: VALUE,
    ...(spec.initial === undefined ? {} : { initial_date: spec.initial }),
  });
export const timeInput = (spec: InputSpec & { initial?: string }): KnownBlock =>
  input(spec, {
    type: 'timepicker',
    action_id: VALUE,
    ...(spec.initial === undefined ? {} : { initial_time: spec.initial }),
  });
export const personInput = (spec: InputSpec & { initial?: string | null }): KnownBlock =>
  input(spec, {
    type: 'users_select',
    action_id: VALUE,
    ...(spec.initial == null ? {} : { initial_user: spec.initial }),
  });

export const peopleInput = (spec: InputSpec & { initial?: readonly string[] }): KnownBlock =>
  input(spec, {
    type: 'multi_users_select',
    action_id: VALUE,
    ...(spec.initial === undefined || spec.initial.length === 0 ? {} : { initial_users: [...spec.initial] }),
  });
/** A channel that the bot may post to: direct messages and shared channels are not offered. */
export const channelInput = (spec: InputSpec & { initial?: string | null }): KnownBlock =>
  input(spec, {
    type: 'conversations_select',
    action_id: VALUE,
    filter: { include: ['public', 'private'], exclude_external_shared_channels: true, exclude_bot_users: true },
    ...(spec.initial == null ? {} : { initial_conversation: spec.initial }),
  });

/** A form. `metadata` carries ids only; each is authorised anew when it is submitted. */
export const form = (view: {
  id: ViewId;
  title: string;
  submit: string;
  metadata: string;
  blocks: readonly KnownBlock[];
}): ModalView => ({
  type: 'modal',
  callback_id: view.id,
  title: plain(view.title, TITLE_MAX),
  submit: plain(view.submit, TITLE_MAX),
  close: plain('Cancel', TITLE_MAX),
  private_metadata: view.metadata,
  blocks: view.blocks.slice(0, 100) as ModalView['blocks'],
});

/** A modal that only shows something: loading, working, or what came of it. */
export const notice = (title: string, blocks: readonly KnownBlock[]): ModalView => ({
  type: 'modal',
  callback_id: 'shown',
  title: plain(title, TITLE_MAX),
  close: plain('Close', TITLE_MAX),
  blocks: blocks.slice(0, 100) as ModalView['blocks'],
});

export const loading = (title: string): ModalView => notice(title, [context(md`One moment…`)]);

/** A form with one question; its answer is a reason, a comment, an answer. */
export const reasonForm = (view: {
  id: ViewId;
  title: string;
  submit: string;
  label: string;
  metadata: string;
  field?: string;
  initial?: string;
  hint?: string;
}): ModalView =>
  form({
    ...view,
    blocks: [
      textInput({
        id: view.field ?? 'reason',
        label: view.label,
        multiline: true,
        initial: view.initial ?? null,
        ...(view.hint === undefined ? {} : { hint: view.hint }),
      }),
    ],
  });
