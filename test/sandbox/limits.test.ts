/** The sandbox refuses what Slack refuses: every row of the limits at the limit and one past it, and what cannot be a row. */
import { describe, expect, it } from 'vitest';
import { checkMessage, checkView } from '../../src/sandbox/check-blocks.ts';
import { LIMITS, type Limit, MESSAGE_BLOCKS, MESSAGE_CHARACTERS, STACK } from '../../src/sandbox/limits.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { call, SlackRefusal } from '../../src/sandbox/web-api.ts';

type Thing = Record<string, unknown>;
const plain = (text = 'x') => ({ type: 'plain_text', text });
const option = (n = 0) => ({ text: plain(`o${n}`), value: `v${n}` });
const button = (n = 0) => ({
  type: 'button',
  action_id: `b${n}`,
  text: plain(),
  value: 'x',
  url: 'https://example.com',
  accessibility_label: 'x',
  confirm: { title: plain(), text: plain(), confirm: plain(), deny: plain() },
});
const fill = (n: number, make: (index: number) => unknown): unknown[] =>
  Array.from({ length: n }, (_, index) => make(index));

/** One valid object of each type, with every field that a row speaks of. */
const EXAMPLES: Readonly<Record<string, () => Thing>> = {
  section: () => ({ type: 'section', text: { type: 'mrkdwn', text: 'x' }, fields: [plain()] }),
  header: () => ({ type: 'header', text: plain() }),
  actions: () => ({ type: 'actions', elements: [button()] }),
  context: () => ({ type: 'context', elements: [plain()] }),
  image: () => ({ type: 'image', image_url: 'https://example.com/x.png', alt_text: 'x', title: plain() }),
  input: () => ({
    type: 'input',
    label: plain(),
    hint: plain(),
    element: { type: 'plain_text_input', action_id: 'a' },
  }),
  button,
  static_select: () => ({
    type: 'static_select',
    action_id: 'a',
    options: [{ ...option(), description: plain() }],
    placeholder: plain(),
  }),
  multi_static_select: () => ({
    type: 'multi_static_select',
    action_id: 'a',
    options: [{ ...option(), description: plain() }],
    placeholder: plain(),
  }),
  checkboxes: () => ({ type: 'checkboxes', action_id: 'a', options: [{ ...option(), description: plain() }] }),
  radio_buttons: () => ({ type: 'radio_buttons', action_id: 'a', options: [{ ...option(), description: plain() }] }),
  overflow: () => ({ type: 'overflow', action_id: 'a', options: [{ ...option(), description: plain() }] }),
  plain_text_input: () => ({ type: 'plain_text_input', action_id: 'a', initial_value: 'x', placeholder: plain() }),
  users_select: () => ({ type: 'users_select', action_id: 'a', placeholder: plain() }),
  datepicker: () => ({ type: 'datepicker', action_id: 'a', placeholder: plain() }),
  timepicker: () => ({ type: 'timepicker', action_id: 'a', placeholder: plain() }),
  conversations_select: () => ({ type: 'conversations_select', action_id: 'a', placeholder: plain() }),
  channels_select: () => ({ type: 'channels_select', action_id: 'a', placeholder: plain() }),
  external_select: () => ({ type: 'external_select', action_id: 'a', placeholder: plain() }),
  multi_external_select: () => ({ type: 'multi_external_select', action_id: 'a', placeholder: plain() }),
  multi_users_select: () => ({ type: 'multi_users_select', action_id: 'a', placeholder: plain() }),
  table: () => ({ type: 'table', rows: [[{ type: 'raw_text', text: 'x' }]] }),
  modal: () => ({
    type: 'modal',
    callback_id: 'c',
    external_id: 'e',
    private_metadata: 'm',
    title: plain(),
    submit: plain(),
    close: plain(),
    blocks: [{ type: 'divider' }],
  }),
  home: () => ({
    type: 'home',
    callback_id: 'c',
    external_id: 'e',
    private_metadata: 'm',
    blocks: [{ type: 'divider' }],
  }),
};

const ITEM: Readonly<Record<string, (index: number) => unknown>> = {
  fields: () => plain(),
  'actions elements': (index) => ({ type: 'button', action_id: `b${index}`, text: plain() }),
  'context elements': () => plain(),
  options: option,
  option_groups: (index) => ({ label: plain(), options: [option(index)] }),
  rows: () => [{ type: 'raw_text', text: 'x' }],
  'rows[]': () => ({ type: 'raw_text', text: 'x' }),
  blocks: () => ({ type: 'divider' }),
};

/** The example with the row's field at a size. */
const sized = (type: string, limit: Limit, size: number): Thing => {
  const make = EXAMPLES[type];
  if (make === undefined) throw new Error(`There is no example of ${type}.`);
  const thing = make();
  const steps = limit.path.replaceAll('[]', '.0').split('.');
  if (limit.path === 'option_groups') delete thing['options'];
  let place: Thing = thing;
  for (const step of steps.slice(0, -1)) place = place[step] as Thing;
  const name = steps.at(-1) ?? '';
  const item = ITEM[limit.path] ?? ITEM[`${type} ${limit.path}`];
  // A web address has to stay one.
  const text = name === 'url' || name === 'image_url' ? `https://example.com/`.padEnd(size, 'x') : 'x'.repeat(size);
  place[name] = limit.unit === 'characters' ? text : fill(size, item ?? (() => plain()));
  return thing;
};

const VIEWS = new Set(['modal', 'home']);
const ELEMENT_HOSTS: Readonly<Record<string, (element: Thing) => Thing>> = {
  plain_text_input: (element) => ({ type: 'input', label: plain(), element }),
};
const BLOCKS = new Set(['section', 'header', 'actions', 'context', 'image', 'input', 'table']);

const problemOf = (type: string, thing: Thing): string => {
  const block = BLOCKS.has(type) ? thing : (ELEMENT_HOSTS[type]?.(thing) ?? { type: 'actions', elements: [thing] });
  const result = VIEWS.has(type) ? checkView(thing) : checkMessage([block]);
  return result === null ? '' : `${result.error} ${result.problems.map(({ message }) => message).join('; ')}`;
};

describe('every row of the limits', () => {
  const rows = LIMITS.flatMap((limit) => limit.types.map((type) => [type, limit.path, limit] as const));

  it.each(rows)('%s %s', (type, _, limit) => {
    expect(problemOf(type, sized(type, limit, limit.most))).toBe('');
    expect(problemOf(type, sized(type, limit, limit.most + 1))).toContain(
      `must be less than ${limit.most + 1} ${limit.unit}`,
    );
    if (limit.least !== undefined) expect(problemOf(type, sized(type, limit, limit.least - 1))).not.toBe('');
  });

  it('blocks of a message, and their hidden size', () => {
    const divider = { type: 'divider' };
    expect(checkMessage(fill(MESSAGE_BLOCKS, () => divider))).toBeNull();
    expect(checkMessage(fill(MESSAGE_BLOCKS + 1, () => divider))?.error).toBe('invalid_blocks');
    const text = (size: number) =>
      fill(4, () => ({ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(size) } }));
    expect(checkMessage(text(MESSAGE_CHARACTERS / 4))).toBeNull();
    expect(checkMessage(text(MESSAGE_CHARACTERS / 4 + 1))?.error).toBe('msg_blocks_too_long');
  });

  it.each([
    ['an unknown key', { type: 'divider', colour: 'red' }],
    ['an unknown type', { type: 'marquee' }],
    ['markup in a header', { type: 'header', text: { type: 'mrkdwn', text: 'x' } }],
    ['a button without text', { type: 'actions', elements: [{ type: 'button', action_id: 'a' }] }],
    ['a section with nothing in it', { type: 'section' }],
    [
      'an initial option that is none of the options',
      {
        type: 'actions',
        elements: [{ type: 'static_select', action_id: 'a', options: [option()], initial_option: option(9) }],
      },
    ],
    [
      'a date-time picker beside a section',
      { type: 'section', text: plain(), accessory: { type: 'datetimepicker', action_id: 'a' } },
    ],
  ])('%s is refused', (_, block) => expect(checkMessage([block])?.error).toBe('invalid_blocks'));

  it('ids twice in a message are refused', () => {
    const twice = (id: object) =>
      checkMessage([
        { type: 'divider', ...id },
        { type: 'divider', ...id },
      ])?.error;
    expect(twice({ block_id: 'a' })).toBe('invalid_blocks');
  });

  it('a form with inputs needs a submit', () => {
    expect(checkView({ type: 'modal', title: plain(), blocks: [EXAMPLES['input']?.()] })?.error).toBe(
      'invalid_arguments',
    );
  });
});

describe('the Web API of the sandbox', () => {
  const refusal = (
    world: Parameters<typeof call>[0],
    method: string,
    args: Thing,
    token: string | null = world.botToken,
  ): string => {
    try {
      call(world, method, token, args);
      return 'ok';
    } catch (error) {
      if (error instanceof SlackRefusal) return error.message;
      throw error;
    }
  };

  it('refuses as Slack does: tokens, scopes, methods, places', async () => {
    const sandbox = await startSandbox();
    const { world } = sandbox;
    const user = sandbox.addUser('ana');
    const open = sandbox.addChannel('open');
    const secret = sandbox.addChannel('secret', { kind: 'private', members: new Set([user]) });
    const gone = sandbox.addChannel('gone', { archived: true });
    world.conversations.get(open)?.members.delete(world.botUserId);
    expect(refusal(world, 'chat.postMessage', {}, null)).toBe('not_authed');
    expect(refusal(world, 'chat.postMessage', {}, 'xoxb-other')).toBe('invalid_auth');
    expect(refusal(world, 'chat.postMessage', {}, world.appToken)).toBe('not_allowed_token_type');
    expect(refusal(world, 'files.upload', {})).toBe('unknown_method');
    expect(refusal(world, 'chat.postMessage', { channel: open, text: 'x' })).toBe('not_in_channel');
    expect(refusal(world, 'chat.postMessage', { channel: secret, text: 'x' })).toBe('channel_not_found');
    expect(refusal(world, 'chat.postMessage', { channel: gone, text: 'x' })).toBe('is_archived');
    expect(refusal(world, 'users.lookupByEmail', { email: 'x' })).toBe('missing_scope');
    expect(refusal(world, 'conversations.history', { channel: open })).toBe('missing_scope');
    expect(refusal(world, 'chat.update', { channel: open, ts: '1.1', text: 'x' })).toBe('message_not_found');
    expect(
      refusal(world, 'views.open', { trigger_id: 'none', view: { type: 'modal', title: plain(), blocks: [] } }),
    ).toBe('invalid_trigger_id');
    await sandbox.close();
  });

  it('takes a trigger once and for three seconds, three views in a stack, and a hash that fits', async () => {
    const sandbox = await startSandbox();
    const { world } = sandbox;
    const user = sandbox.addUser('ana');
    const trigger = (id: string, ago = 0): string => {
      world.triggers.set(id, { user, issuedAt: Date.now() - ago, used: false });
      return id;
    };
    const view = { type: 'modal', title: plain(), blocks: [] };
    expect(refusal(world, 'views.open', { trigger_id: trigger('a', 3_100), view })).toBe('expired_trigger_id');
    expect(refusal(world, 'views.open', { trigger_id: trigger('b'), view })).toBe('ok');
    expect(refusal(world, 'views.open', { trigger_id: 'b', view })).toBe('exchanged_trigger_id');
    for (let depth = 1; depth < STACK; depth += 1)
      expect(refusal(world, 'views.push', { trigger_id: trigger(`c${depth}`), view })).toBe('ok');
    expect(refusal(world, 'views.push', { trigger_id: trigger('d'), view })).toBe('push_limit_reached');
    const id = world.stacks.get(user)?.at(-1)?.id;
    expect(refusal(world, 'views.update', { view_id: id, hash: 'old', view })).toBe('hash_conflict');
    await sandbox.close();
  });
});
