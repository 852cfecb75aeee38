/** A person at a Slack client. Does what a client lets a person do and nothing else: a button has to stand in the message, a required field has to be filled. */
import { setTimeout as pause } from 'node:timers/promises';
import { checkMessage, checkOptions, checkView, problemText } from './check-blocks.ts';
import {
  blocksOf,
  chosenState,
  clickable,
  elementAt,
  impossible,
  isEmpty,
  notOffered,
  type Place,
  type Typed,
  valuesOf,
} from './client-state.ts';
import type { Acknowledgement, Deliver } from './delivery.ts';
import { addPrivate } from './server.ts';
import { blockLines, messageText, readable, transcript } from './transcript.ts';
import { newView, replaceView, viewReply } from './web-api.ts';
import { imWith, messagesIn, newTs, type Option, type StoredMessage, type StoredView, type World } from './world.ts';

/** What one act led to: the acknowledgement, and the field errors that the client shows. */
export type Act = Acknowledgement & { errors: Readonly<Record<string, string>> };

export type Driver = {
  id: string;
  command: (command: string, text: string, channel: string) => Promise<Act>;
  /** `shown` is an earlier copy that still stands on the person's screen. */
  click: (message: StoredMessage, label: string, shown?: readonly unknown[]) => Promise<Act>;
  clickInModal: (label: string) => Promise<Act>;
  /** Presses what stands in this place of a message, of the top modal or of Home. */
  press: (where: StoredMessage | 'modal' | 'home', at: Place) => Promise<Act>;
  openHome: () => Promise<Act>;
  /** Says something oneself; the bot hears it only when it is mentioned. */
  say: (channel: string, text: string, threadTs: string | null) => Promise<Act | null>;
  shortcut: (callbackId: string) => Promise<Act>;
  mention: (channel: string, text: string) => Promise<Act>;
  fill: (block: string, value: Typed) => Promise<Act | null>;
  /** Types into a list that the bot loads, and sees what it offers. */
  suggest: (block: string, typed: string) => Promise<readonly Option[]>;
  /** Types without leaving the field: the bot is not told of it before the form is submitted. */
  type: (block: string, value: Typed) => void;
  submit: () => Promise<Act>;
  close: () => Promise<Act | null>;
  /** Invites the bot to the channel. */
  invite: (channel: string) => Promise<Act>;
  modal: () => StoredView | null;
  modalText: () => string;
  dms: () => readonly StoredMessage[];
  dmText: () => string;
  privately: (channel: string) => readonly StoredMessage[];
  lastPrivate: (channel: string) => string;
};

export type DriverParts = {
  world: World;
  deliver: Deliver;
  responseBase: () => string;
  onAck: (act: Acknowledgement, what: string) => void;
};

/** An event as Slack sends it. */
export const eventPayload = (world: World, event: Record<string, unknown>): Record<string, unknown> => ({
  token: 'unused',
  team_id: world.teamId,
  enterprise_id: world.organisation?.id ?? null,
  api_app_id: world.appId,
  type: 'event_callback',
  event_id: world.next('Ev'),
  event_time: Math.floor(Date.now() / 1_000),
  authorizations: [
    {
      team_id: world.organisation === null ? world.teamId : null,
      enterprise_id: world.organisation?.id ?? null,
      user_id: world.botUserId,
      is_bot: true,
      is_enterprise_install: world.organisation !== null,
    },
  ],
  event: { ...event, event_ts: String(Date.now() / 1_000) },
});

/** A person of the workspace, at a client. */
export const createDriver = (parts: DriverParts, id: string): Driver => {
  const { world } = parts;
  const person = () => world.users.get(id) ?? impossible(`there is nobody called ${id}`);
  const trigger = (): string => {
    const triggerId = `${world.next('trigger.')}.${Math.random().toString(36).slice(2)}`;
    world.triggers.set(triggerId, { user: id, issuedAt: Date.now(), used: false });
    return triggerId;
  };
  const responseUrl = (channel: string, messageTs: string | null): string => {
    const key = `${world.next('R')}${Math.random().toString(36).slice(2)}`;
    world.responseUrls.set(key, { user: id, channel, messageTs, issuedAt: Date.now(), uses: 0 });
    return `${parts.responseBase()}response/${key}`;
  };
  const user = () => ({ id, username: person().name, name: person().name, team_id: person().teamId });
  const team = { id: world.teamId, domain: 'sandbox' };
  const envelope = () => ({
    token: 'unused',
    api_app_id: world.appId,
    is_enterprise_install: world.organisation !== null,
    enterprise: world.organisation === null ? null : { id: world.organisation.id, name: world.organisation.name },
    team,
    user: user(),
  });

  const deliver = async (
    kind: Parameters<Deliver>[0],
    payload: Record<string, unknown>,
    what: string,
  ): Promise<Act> => {
    const ack = await parts.deliver(kind, payload);
    parts.onAck(ack, `${id}: ${what}`);
    return { ...ack, errors: {} };
  };

  const stack = (): readonly StoredView[] => world.stacks.get(id) ?? [];
  const top = (): StoredView => stack().at(-1) ?? impossible('no modal is open');

  const conversationIn = (channel: string) => {
    const known = world.conversations.get(channel) ?? impossible(`there is no conversation ${channel}`);
    return known.members.has(id) || known.kind === 'public' ? known : impossible(`${id} is not in ${channel}`);
  };

  const command: Driver['command'] = async (name, text, channel) => {
    const where = conversationIn(channel);
    const escaped = text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/@(\w+)/g, (whole, handle: string) => {
        const mentioned = [...world.users.values()].find(({ name: known }) => known === handle);
        return mentioned === undefined ? whole : `<@${mentioned.id}|${mentioned.name}>`;
      });
    const payload = {
      token: 'unused',
      team_id: person().teamId,
      team_domain: 'sandbox',
      channel_id: channel,
      channel_name: where.name,
      user_id: id,
      user_name: person().name,
      command: name,
      text: escaped,
      api_app_id: world.appId,
      ...(world.organisation === null ? {} : { enterprise_id: world.organisation.id }),
      is_enterprise_install: String(world.organisation !== null),
      response_url: responseUrl(channel, null),
      trigger_id: trigger(),
    };
    const seen = (): string =>
      `${world.messages.filter(({ onlyFor }) => onlyFor === id).length} ${stack().at(-1)?.hash ?? ''}`;
    const earlier = seen();
    const act = await deliver('command', payload, `${name} ${text}`);
    const silent = act.body === null || Object.keys(act.body).length === 0;
    // A person waits until an answer is there, or a form has opened, or half a second.
    for (let turn = 0; silent && turn < 50 && seen() === earlier; turn += 1) await pause(10);
    if (act.body !== null && Object.keys(act.body).length > 0) {
      const problem = checkMessage((act.body['blocks'] as readonly unknown[] | undefined) ?? []);
      if (problem !== null)
        throw new Error(
          `The answer to ${name} ${text} is not a valid message: ${problem.error} ${problem.problems.map(problemText).join('; ')}`,
        );
      addPrivate(world, id, channel, act.body);
    }
    return act;
  };

  const click: Driver['click'] = async (message, label, shown) => {
    const current =
      world.messages.find(({ channel, ts }) => channel === message.channel && ts === message.ts) ??
      impossible('the message is gone');
    const found =
      clickable(shown ?? current.blocks, label) ??
      impossible(`“${label}” does not stand in: ${messageText(world, current)}`);
    return clickElement(found, inMessage(current), label);
  };

  const inMessage = (current: StoredMessage) => ({
    container: {
      type: 'message',
      message_ts: current.ts,
      channel_id: current.channel,
      is_ephemeral: current.onlyFor !== null,
    },
    channel: { id: current.channel, name: world.conversations.get(current.channel)?.name ?? '' },
    message: {
      ts: current.ts,
      text: current.text,
      blocks: current.blocks,
      user: world.botUserId,
      bot_id: world.botId,
    },
    response_url: responseUrl(current.channel, current.ts),
    state: { values: {} },
  });

  const press: Driver['press'] = (where, at) => {
    if (where !== 'modal' && where !== 'home') {
      const current =
        world.messages.find(({ channel, ts }) => channel === where.channel && ts === where.ts) ??
        impossible('the message is gone');
      return clickElement(elementAt(current.blocks, at), inMessage(current), 'a button');
    }
    const view = where === 'modal' ? top() : (world.homes.get(id) ?? impossible('Home is empty'));
    return clickElement(elementAt(view.body['blocks'] as readonly unknown[], at), inView(view), 'a button');
  };

  const event = (body: Record<string, unknown>, what: string): Promise<Act> =>
    deliver('event', eventPayload(world, { ...body, user: id }), what);

  const mention: Driver['mention'] = (channel, text) =>
    event({ type: 'app_mention', text, channel, ts: String(Date.now() / 1_000) }, 'mentions the bot');

  const say: Driver['say'] = async (channel, text, threadTs) => {
    conversationIn(channel);
    world.messages.push({
      channel,
      ts: newTs(),
      user: id,
      text,
      blocks: [],
      threadTs,
      broadcast: false,
      metadata: null,
      onlyFor: null,
      edits: 0,
      storedAt: Date.now(),
      at: world.clock.now(),
    });
    return text.includes(`@${world.users.get(world.botUserId)?.name ?? ''}`) ? mention(channel, text) : null;
  };

  const clickElement = (
    { element, blockId, option }: NonNullable<ReturnType<typeof clickable>>,
    where: Record<string, unknown>,
    label: string,
  ): Promise<Act> => {
    const action = {
      type: element.type,
      action_id: element.action_id,
      block_id: blockId,
      action_ts: String(Date.now() / 1_000),
      ...(option === null ? { value: element.value, text: element.text } : { selected_option: option }),
    };
    return deliver(
      'interactive',
      { ...envelope(), type: 'block_actions', trigger_id: trigger(), actions: [action], ...where },
      `clicks ${label}`,
    );
  };

  const inView = (view: StoredView) => ({
    container: { type: 'view', view_id: view.id },
    view: { ...viewReply(world, view), type: view.type, state: { values: valuesOf(view) } },
  });

  const inputOf = (view: StoredView, label: string) => {
    const block = blocksOf(view.body['blocks'] as readonly unknown[]).find(
      ({ block_id, label: known }) => block_id === label || known?.text === label,
    );
    const element = block?.element;
    if (block?.block_id === undefined || element === undefined)
      return impossible(
        `there is no field “${label}” in: ${blockLines(view.body['blocks'] as readonly unknown[]).join(' / ')}`,
      );
    return { block: block.block_id, element, dispatches: block.dispatch_action === true };
  };

  const suggest: Driver['suggest'] = async (label, typed) => {
    const view = top();
    const { block, element } = inputOf(view, label);
    const asked = { type: 'block_suggestion', action_id: element.action_id, block_id: block, value: typed };
    const ack = await deliver('interactive', { ...envelope(), ...asked, ...inView(view) }, `types in ${label}`);
    const options = (ack.body?.['options'] ?? impossible('the bot offered nothing')) as readonly Option[];
    const problem = options.length === 0 ? null : checkOptions(options);
    if (problem !== null) throw new Error(`What is offered for ${label} is not valid: ${problemText(problem)}`);
    view.offered[block] = [...(view.offered[block] ?? []), ...options];
    return options;
  };

  const type: Driver['type'] = (label, value) => {
    const view = top();
    const { block, element } = inputOf(view, label);
    view.state[block] = { [element.action_id]: chosenState(element, value, view.offered[block]) };
  };

  const fill: Driver['fill'] = async (label, value) => {
    const view = top();
    const { block, element, dispatches } = inputOf(view, label);
    for (const wanted of notOffered(element, value, view.offered[block] ?? [])) await suggest(label, wanted);
    const state = chosenState(element, value, view.offered[block]);
    view.state[block] = { [element.action_id]: state };
    if (!dispatches) return null;
    const { hash } = view;
    const act = await deliver(
      'interactive',
      {
        ...envelope(),
        type: 'block_actions',
        trigger_id: trigger(),
        actions: [{ ...state, action_id: element.action_id, block_id: block, action_ts: String(Date.now() / 1_000) }],
        ...inView(view),
      },
      `chooses ${label}`,
    );
    // A person waits until the form has changed, or half a second.
    for (let turn = 0; turn < 50 && view.hash === hash; turn += 1) await pause(10);
    return act;
  };

  /** `sent`: the inputs of the form as it was submitted; it may have changed since. */
  const applyAnswer = (
    view: StoredView,
    sent: ReadonlySet<string>,
    body: Record<string, unknown> | null,
  ): Readonly<Record<string, string>> => {
    const answer = body?.['response_action'];
    if (answer === undefined || answer === 'clear') {
      world.stacks.set(id, answer === 'clear' ? [] : stack().slice(0, -1));
      return {};
    }
    if (answer === 'errors') {
      const errors = (body?.['errors'] ?? {}) as Record<string, string>;
      for (const block of Object.keys(errors))
        if (!sent.has(block)) throw new Error(`The errors name “${block}”, which is not an input of the view.`);
      return errors;
    }
    const next = (body?.['view'] ?? {}) as Record<string, unknown>;
    const problem = checkView(next);
    if (problem !== null)
      throw new Error(`The answer to the form is not a valid view: ${problem.problems.map(problemText).join('; ')}`);
    if (answer === 'push') world.stacks.set(id, [...stack(), newView(world, id, next, view)]);
    else replaceView(world, view, next);
    return {};
  };

  const submit: Driver['submit'] = async () => {
    const view = top();
    if (view.body['submit'] === undefined) return impossible('this modal has nothing to submit');
    const values = valuesOf(view);
    for (const block of blocksOf(view.body['blocks'] as readonly unknown[])) {
      if (block.type !== 'input' || block.optional === true || block.element === undefined) continue;
      if (isEmpty(values[block.block_id ?? '']?.[block.element.action_id] as Record<string, unknown>))
        return impossible(`“${block.label?.text}” is required`);
    }
    const body = { ...viewReply(world, view), type: view.type, state: { values } };
    const act = await deliver(
      'interactive',
      { ...envelope(), type: 'view_submission', trigger_id: trigger(), view: body, response_urls: [] },
      `submits ${view.callbackId}`,
    );
    return act.acknowledged ? { ...act, errors: applyAnswer(view, new Set(Object.keys(values)), act.body) } : act;
  };

  const close: Driver['close'] = async () => {
    const view = top();
    world.stacks.set(id, stack().slice(0, -1));
    if (view.body['notify_on_close'] !== true) return null;
    return deliver(
      'interactive',
      { ...envelope(), type: 'view_closed', view: viewReply(world, view), is_cleared: false },
      'closes a modal',
    );
  };

  const dms = (): readonly StoredMessage[] => messagesIn(world, imWith(world, id).id, id);
  const privately = (channel: string): readonly StoredMessage[] =>
    messagesIn(world, channel, id).filter(({ onlyFor }) => onlyFor === id);
  const zone = (): string => person().tz;

  return {
    id,
    command,
    click,
    clickInModal: (label) => {
      const view = top();
      const found =
        clickable(view.body['blocks'] as readonly unknown[], label) ??
        impossible(`“${label}” does not stand in the modal`);
      return clickElement(found, inView(view), label);
    },
    shortcut: (callbackId) =>
      deliver(
        'interactive',
        {
          ...envelope(),
          type: 'shortcut',
          callback_id: callbackId,
          trigger_id: trigger(),
          action_ts: String(Date.now() / 1_000),
        },
        `shortcut ${callbackId}`,
      ),
    mention,
    press,
    say,
    invite: (channel) => {
      conversationIn(channel);
      const { members } = world.conversations.get(channel) ?? impossible('there is no such channel');
      members.add(world.botUserId);
      const joined = { type: 'member_joined_channel', user: world.botUserId, channel, inviter: id };
      return deliver('event', eventPayload(world, joined), 'invites the bot');
    },
    openHome: () => event({ type: 'app_home_opened', channel: imWith(world, id).id, tab: 'home' }, 'opens Home'),
    type,
    fill,
    suggest,
    submit,
    close,
    modal: () => stack().at(-1) ?? null,
    modalText: () => {
      const view = top();
      return readable(world, blockLines(view.body['blocks'] as readonly unknown[]).join('\n'), zone());
    },
    dms,
    dmText: () => transcript(world, imWith(world, id).id, id, zone()),
    privately,
    lastPrivate: (channel) => {
      const last = privately(channel).at(-1);
      return last === undefined ? '' : messageText(world, last, zone());
    },
  };
};
