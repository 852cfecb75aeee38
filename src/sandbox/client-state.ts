/** What a client keeps of blocks and forms: what can be pressed, what was typed, and the state that it sends. */
import { type Option, type StoredView } from './world.ts';

class ImpossibleAct extends Error {
  override readonly name = 'ImpossibleAct';
}

type Element = {
  type: string;
  action_id: string;
  text?: { text: string };
  value?: string;
  options?: readonly Option[];
  option_groups?: readonly { options: readonly Option[] }[];
  initial_value?: string;
  initial_option?: Option;
  initial_options?: readonly Option[];
  initial_date?: string;
  initial_time?: string;
  initial_date_time?: number;
  initial_user?: string;
  initial_users?: readonly string[];
  initial_conversation?: string;
  confirm?: unknown;
};

type Block = {
  type: string;
  block_id?: string;
  elements?: readonly Element[];
  accessory?: Element;
  element?: Element;
  label?: { text: string };
  optional?: boolean;
  dispatch_action?: boolean;
};

export type Typed = string | readonly string[] | number | null;

/** A block by its place, an element in it, and an option of a menu. */
export type Place = { block: number; element: number; option: number | null };

export const impossible = (why: string): never => {
  throw new ImpossibleAct(why);
};

export const blocksOf = (blocks: readonly unknown[]): readonly Block[] => blocks as readonly Block[];

export const clickable = (
  blocks: readonly unknown[],
  label: string,
): { element: Element; blockId: string; option: Option | null } | null => {
  for (const [index, block] of blocksOf(blocks).entries()) {
    const elements = [...(block.elements ?? []), ...(block.accessory === undefined ? [] : [block.accessory])];
    for (const element of elements) {
      const blockId = block.block_id ?? `b${index}`;
      if (element.type === 'button' && element.text?.text === label) return { element, blockId, option: null };
      const option = element.type === 'overflow' ? element.options?.find(({ text }) => text.text === label) : undefined;
      if (option !== undefined) return { element, blockId, option };
    }
  }
  return null;
};

export const elementAt = (
  blocks: readonly unknown[],
  { block: index, element: place, option }: Place,
): NonNullable<ReturnType<typeof clickable>> => {
  const block = blocksOf(blocks)[index];
  const element = [...(block?.elements ?? []), ...(block?.accessory === undefined ? [] : [block.accessory])][place];
  if (element === undefined) return impossible('nothing stands in this place any more');
  const chosen = option === null ? null : (element.options?.[option] ?? impossible('there is no such option'));
  return { element, blockId: block?.block_id ?? `b${index}`, option: chosen };
};

const initialState = (element: Element): Record<string, unknown> => {
  const { type } = element;
  switch (type) {
    case 'plain_text_input':
      return { type, value: element.initial_value ?? null };
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: element.initial_option ?? null };
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return { type, selected_options: element.initial_options ?? [] };
    case 'datepicker':
      return { type, selected_date: element.initial_date ?? null };
    case 'timepicker':
      return { type, selected_time: element.initial_time ?? null };
    case 'datetimepicker':
      return { type, selected_date_time: element.initial_date_time ?? null };
    case 'users_select':
      return { type, selected_user: element.initial_user ?? null };
    case 'multi_users_select':
      return { type, selected_users: element.initial_users ?? [] };
    case 'conversations_select':
      return { type, selected_conversation: element.initial_conversation ?? null };
    default:
      return { type };
  }
};

export const isEmpty = (state: Record<string, unknown>): boolean =>
  Object.entries(state).every(
    ([key, value]) =>
      key === 'type' ||
      value === null ||
      value === undefined ||
      value === '' ||
      (Array.isArray(value) && value.length === 0),
  );

/** The state that a client sends: what was typed, else the initial values. */
export const valuesOf = (view: StoredView): Record<string, Record<string, unknown>> =>
  Object.fromEntries(
    blocksOf(view.body['blocks'] as readonly unknown[]).flatMap((block) => {
      const element = block.element;
      if (block.type !== 'input' || element === undefined || block.block_id === undefined) return [];
      return [
        [
          block.block_id,
          { [element.action_id]: view.state[block.block_id]?.[element.action_id] ?? initialState(element) },
        ],
      ];
    }),
  );

/** What can be chosen: for a list that the bot loads, what it offered so far and what was chosen at first. */
const offeredBy = (element: Element, offered: readonly Option[]): readonly Option[] =>
  element.options ??
  element.option_groups?.flatMap((group) => group.options) ?? [
    ...offered,
    ...(element.initial_option === undefined ? [] : [element.initial_option]),
    ...(element.initial_options ?? []),
  ];

/** What of this a person cannot choose before the bot has offered it. */
export const notOffered = (element: Element, value: Typed, offered: readonly Option[]): readonly string[] =>
  element.type.endsWith('external_select')
    ? (typeof value === 'string' ? [value] : Array.isArray(value) ? (value as readonly string[]) : []).filter(
        (wanted) => !offeredBy(element, offered).some(({ value: known, text }) => [known, text.text].includes(wanted)),
      )
    : [];

export const chosenState = (
  element: Element,
  value: Typed,
  offered: readonly Option[] = [],
): Record<string, unknown> => {
  const options = offeredBy(element, offered);
  const named = (wanted: unknown): Option =>
    options.find((option) => option.value === wanted || option.text.text === wanted) ??
    impossible(`there is no option “${String(wanted)}”`);
  const { type } = element;
  switch (type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: value === null ? null : named(value) };
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return { type, selected_options: (Array.isArray(value) ? value : []).map(named) };
    case 'datepicker':
      return { type, selected_date: value };
    case 'timepicker':
      return { type, selected_time: value };
    case 'datetimepicker':
      return { type, selected_date_time: value };
    case 'users_select':
      return { type, selected_user: value };
    case 'multi_users_select':
      return { type, selected_users: Array.isArray(value) ? value : [] };
    case 'conversations_select':
      return { type, selected_conversation: value };
    default:
      return { type, value };
  }
};
