/** Slack's limits on blocks and views, one row each. The checker walks every row; the tests try each at the limit and one past it. */

export type Unit = 'characters' | 'items';
/** `path` starts at an object of the type; `[]` means every item. Several types share a row where Slack's limit is the same. */
export type Limit = { types: readonly string[]; path: string; unit: Unit; most: number; least?: number };

const SELECTS = ['static_select', 'multi_static_select'];
const PLACEHOLDERS = [
  ...SELECTS,
  'plain_text_input',
  'users_select',
  'datepicker',
  'timepicker',
  'conversations_select',
  'channels_select',
  'external_select',
  'multi_external_select',
  'multi_users_select',
];
const WITH_OPTIONS = [...SELECTS, 'checkboxes', 'radio_buttons', 'overflow'];

const chars = (types: readonly string[], path: string, most: number, least?: number): Limit => ({
  types,
  path,
  unit: 'characters',
  most,
  ...(least === undefined ? {} : { least }),
});
const items = (types: readonly string[], path: string, most: number, least?: number): Limit => ({
  types,
  path,
  unit: 'items',
  most,
  ...(least === undefined ? {} : { least }),
});

export const LIMITS: readonly Limit[] = [
  chars(['section'], 'text.text', 3_000, 1),
  items(['section'], 'fields', 10, 1),
  chars(['section'], 'fields[].text', 2_000, 1),
  chars(['header'], 'text.text', 150, 1),
  items(['actions'], 'elements', 25, 1),
  items(['context'], 'elements', 10, 1),
  chars(['context'], 'elements[].text', 3_000, 1),
  chars(['image'], 'alt_text', 2_000),
  chars(['image'], 'title.text', 2_000),
  chars(['image'], 'image_url', 3_000),
  chars(['input'], 'label.text', 2_000, 1),
  chars(['input'], 'hint.text', 2_000, 1),
  chars(['button'], 'text.text', 75, 1),
  chars(['button'], 'value', 2_000),
  chars(['button'], 'url', 3_000),
  chars(['button'], 'accessibility_label', 75),
  chars(['button'], 'confirm.title.text', 100, 1),
  chars(['button'], 'confirm.text.text', 300, 1),
  chars(['button'], 'confirm.confirm.text', 30, 1),
  chars(['button'], 'confirm.deny.text', 30, 1),
  chars(WITH_OPTIONS, 'options[].text.text', 75, 1),
  chars(WITH_OPTIONS, 'options[].description.text', 75, 1),
  chars(WITH_OPTIONS, 'options[].value', 150),
  items(SELECTS, 'options', 100, 1),
  items(SELECTS, 'option_groups', 100, 1),
  items(['checkboxes', 'radio_buttons'], 'options', 10, 1),
  items(['overflow'], 'options', 5, 1),
  chars(PLACEHOLDERS, 'placeholder.text', 150, 1),
  chars(['plain_text_input'], 'initial_value', 3_000),
  items(['table'], 'rows', 100, 1),
  items(['table'], 'rows[]', 20, 1),
  chars(['modal'], 'title.text', 24, 1),
  chars(['modal'], 'submit.text', 24, 1),
  chars(['modal'], 'close.text', 24, 1),
  items(['modal', 'home'], 'blocks', 100),
  chars(['modal', 'home'], 'private_metadata', 3_000),
  chars(['modal', 'home'], 'callback_id', 255),
  chars(['modal', 'home'], 'external_id', 255),
];

/** On every block and every element. */
export const ID_MAX = 255;
export const MESSAGE_BLOCKS = 50;
/** Undocumented at Slack and seen between 9.6 and 11.3 thousand: fixed here at the strict side. */
export const MESSAGE_CHARACTERS = 10_000;
export const UPDATE_TEXT = 4_000;
export const POST_TEXT = 40_000;
export const VIEW_BYTES = 250_000;
export const STACK = 3;
export const TRIGGER_MS = 3_000;
export const RESPONSE_URL_USES = 5;
export const RESPONSE_URL_MS = 30 * 60_000;
export const ACK_MS = 3_000;
export const METADATA_BYTES = 8_000;
