/** Bolt's listeners: one catch-all for each kind of payload, which reduces it and hands it to the router. */
import type { App } from '@slack/bolt';
import type { KnownBlock } from '@slack/types';
import { channelId, userId } from '../domain/ids.ts';
import { refusalSentence } from '../domain/refusal.ts';
import { messageOf, plainVoice, viewOf } from './answers.ts';
import type { Entrance } from './asking.ts';
import { fitting } from './fit.ts';
import type { RawValues } from './form-values.ts';
import { COMMANDS, type CommandVerb } from './ids.ts';
import { loading, option } from './kit.ts';
import { notificationText, sentenceText, type Voice } from './mrkdwn.ts';
import { hasNewer, plainBlocks } from './newer-blocks.ts';
import { personChanged } from './people.ts';
import type { Answer } from './requests.ts';
import type { Reply } from './respond.ts';
import { routeClick, routeCommand, routeHome, routeOptions, routeShortcut, routeSubmission } from './router.ts';
import type { Source, Tenant } from './tenants.ts';

/** Runs a listener and counts it, so that a stop can wait for what is under way. */
export type Track = (work: Promise<void>) => Promise<void>;

const RESPONSE_HOSTS = new Set(['hooks.slack.com', 'hooks.slack-gov.com']);

/** Answers through a response_url: a capability, so only on Slack's own hosts (or the configured API's), never redirected, never stored. */
const postToResponseUrl = async (
  url: string,
  apiUrl: string | null,
  body: ReturnType<typeof privately>,
): Promise<void> => {
  const host = new URL(url).host;
  const allowed = RESPONSE_HOSTS.has(host) || (apiUrl !== null && new URL(apiUrl).host === host);
  if (!allowed) throw new Error('The response_url is not on a host of Slack.');
  const post = (blocks: readonly KnownBlock[]): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, blocks }),
      signal: AbortSignal.timeout(5_000),
    });
  const first = await post(body.blocks);
  const refused = !first.ok || (await first.text()).includes('invalid_blocks');
  const response = refused && hasNewer(body.blocks) ? await post(plainBlocks(body.blocks)) : first;
  if (refused && response === first) throw new Error(`The response_url refused the answer (${first.status}).`);
  if (!response.ok) throw new Error(`The response_url answered ${response.status}.`);
};

const privately = (answer: Answer, voice: Voice, inPlace = false) => {
  const { text, blocks } = messageOf(answer, voice);
  return {
    response_type: 'ephemeral' as const,
    replace_original: inPlace && answer.kind === 'say' && answer.replaces === true,
    text: notificationText(text),
    blocks: fitting(blocks),
  };
};

type Ack = (body?: never) => Promise<void>;
const send = (ack: unknown, body?: object): Promise<void> => (ack as (body?: object) => Promise<void>)(body);

const commandReply = (ack: unknown, responseUrl: string, apiUrl: string | null): Reply => ({
  ack: async (answer, voice) => {
    if (answer === null) await send(ack, { response_type: 'ephemeral', text: 'Working on it; the answer follows.' });
    else if (answer.kind === 'done') await send(ack);
    else {
      const message = privately(answer, voice);
      // What may be refused is not carried by the acknowledgement, which cannot be repeated in other blocks.
      const carried = !hasNewer(message.blocks);
      await (carried ? send(ack, message) : send(ack));
      return carried;
    }
    return answer !== null;
  },
  later: (answer, voice) => postToResponseUrl(responseUrl, apiUrl, privately(answer, voice)),
});

/** A click: acknowledged empty; answered privately beside the message, or as a modal where there is none. */
type InView = { id: string; hash: string; modal: boolean };

const clickReply = (
  ack: unknown,
  responseUrl: string | null,
  apiUrl: string | null,
  triggerId: string,
  inView: InView | null,
  isPrivate = false,
): Reply => ({
  ack: async () => {
    await send(ack);
    return false;
  },
  later: async (answer, voice, client) => {
    if (responseUrl !== null) return postToResponseUrl(responseUrl, apiUrl, privately(answer, voice, isPrivate));
    if (client === null) return;
    const view = viewOf(answer, 'Signalbox', voice);
    // A choice inside a form changes that form; what was typed stays, and a newer state of it wins.
    if (answer.kind === 'form' && inView?.modal === true)
      await client.views.update({ view_id: inView.id, hash: inView.hash, view });
    else
      await (inView?.modal === true
        ? client.views.push({ trigger_id: triggerId, view })
        : client.views.open({ trigger_id: triggerId, view }));
  },
});

/** The block of a field: its own, or one that carries more in its id (`version_checkout`, `when_kind`). */
const blockOf = (field: string, blocks: readonly string[]): string | undefined =>
  blocks.find((block) => block === field) ?? blocks.find((block) => block.startsWith(`${field}_`));

/** Errors under the fields that they are about; any other refusal under the first input, so that nothing typed is lost. */
const fieldErrors = (
  answer: Extract<Answer, { kind: 'refused' }>,
  blocks: readonly string[],
  voice: Voice,
): Record<string, string> => {
  const words = (sentence: Parameters<typeof sentenceText>[0]) => sentenceText(sentence, plainVoice(answer, voice));
  const { refusal } = answer;
  const first = blocks[0];
  if (refusal.code === 'unknown_people' && refusal.field !== undefined)
    return { [blockOf(refusal.field, blocks) ?? first ?? refusal.field]: words(refusalSentence(refusal)) };
  if (refusal.code !== 'fields') return first === undefined ? {} : { [first]: words(refusalSentence(refusal)) };
  const errors: Record<string, string> = {};
  for (const { field, problem } of refusal.problems) {
    const block = blockOf(field, blocks) ?? first ?? field;
    errors[block] = errors[block] === undefined ? words(problem) : `${errors[block]} ${words(problem)}`;
  }
  return errors;
};

const submissionReply = (ack: unknown, viewId: string, title: string, inputs: readonly string[]): Reply => ({
  ack: async (answer, voice) => {
    if (answer === null) await send(ack, { response_action: 'update', view: loading(title) });
    else if (answer.kind === 'done') await send(ack, { response_action: 'clear' });
    else if (answer.kind === 'refused' && inputs.length > 0)
      await send(ack, { response_action: 'errors', errors: fieldErrors(answer, inputs, voice) });
    else await send(ack, { response_action: 'update', view: viewOf(answer, title, voice) });
    return answer !== null;
  },
  later: async (answer, voice, client) => {
    await client?.views.update({ view_id: viewId, view: viewOf(answer, title, voice) });
  },
});

type Loose = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

type ActionPayload = { value?: string; selected_option?: { value?: string } | null };
const clickedValue = (action: ActionPayload): string => action.value ?? action.selected_option?.value ?? '';

/** Commands are configured names: `/release-eu` is `/release` here, its siblings keep their verb. */
const aliasOf = (command: string): CommandVerb | null => COMMANDS[command as keyof typeof COMMANDS] ?? null;

/** A team or organisation from which the app was removed, or whose token was revoked, and when Slack says that it was: seconds. */
export type Removal = { slackId: string; at: number; because: string };

export type Surroundings = Entrance & {
  apiUrl: string | null;
  track: Track;
  removed: (removal: Removal) => Promise<void>;
};

/** `authorize` has put it there. */
const sourceOf = (context: object): Source => (context as { source: Source }).source;

/** Exactly what was removed: an organisation may lose the app in one of its teams and keep it as a whole. */
const removalOf = (body: Loose, because: string): Removal => {
  const [authorization] = (body['authorizations'] as readonly Loose[] | undefined) ?? [];
  const whole = (authorization ?? body)['is_enterprise_install'] === true;
  return { slackId: text(body[whole ? 'enterprise_id' : 'team_id']), at: Number(body['event_time']), because };
};

export const registerListeners = (app: App, around: Surroundings): void => {
  const { apiUrl, track } = around;

  app.command(/.*/, ({ command, ack, context }) =>
    track(
      routeCommand(around, {
        kind: 'command',
        source: sourceOf(context),
        surface: 'command',
        user: command.user_id,
        userTeam: command.team_id,
        channel: command.channel_id,
        commits: { done: false },
        triggerId: command.trigger_id,
        alias: aliasOf(command.command),
        text: command.text ?? '',
        reply: commandReply(ack, command.response_url, apiUrl),
      }),
    ),
  );

  app.action({ type: 'block_actions' }, ({ body, action, ack, context }) => {
    const view = body.view;
    const raw = body as { state?: { values?: RawValues }; container?: { is_ephemeral?: boolean } };
    return track(
      routeClick(around, {
        kind: 'action',
        source: sourceOf(context),
        surface: view === undefined ? 'message' : view.type === 'home' ? 'home' : 'modal',
        user: body.user.id,
        userTeam: body.user.team_id ?? null,
        channel: body.channel?.id ?? null,
        commits: { done: false },
        triggerId: body.trigger_id,
        actionId: action.action_id,
        value: clickedValue(action as ActionPayload),
        values: (view?.state?.values as RawValues | undefined) ?? raw.state?.values ?? {},
        message: body.message?.ts ?? null,
        view: view === undefined ? null : { id: view.id, metadata: view.private_metadata, callback: view.callback_id },
        reply: clickReply(
          ack,
          body.response_url ?? null,
          apiUrl,
          body.trigger_id,
          view === undefined ? null : { id: view.id, hash: view.hash, modal: view.type === 'modal' },
          raw.container?.is_ephemeral === true,
        ),
      }),
    );
  });

  app.view({ type: 'view_submission', callback_id: /.*/ }, ({ body, view, ack, context }) => {
    const inputs = view.blocks
      .filter(({ type }) => type === 'input')
      .flatMap(({ block_id }) => (block_id === undefined ? [] : [block_id]));
    const raw = body as { trigger_id?: string; user: { team_id?: string } };
    return track(
      routeSubmission(around, {
        kind: 'view',
        source: sourceOf(context),
        surface: 'modal',
        user: body.user.id,
        userTeam: raw.user.team_id ?? null,
        channel: null,
        // A second submission of the same view in the same state is the same request.
        commits: { done: false },
        triggerId: raw.trigger_id ?? `${view.id}.${view.hash}`,
        callback: view.callback_id,
        metadata: view.private_metadata,
        values: view.state.values as RawValues,
        reply: submissionReply(ack, view.id, view.title.text, inputs),
      }),
    );
  });

  // An error is Bolt's to log; the client then shows that nothing could be loaded, and asks again at the next letter.
  app.options(/.*/, ({ body, payload, ack, context }) =>
    track(
      routeOptions(around, {
        source: sourceOf(context),
        user: body.user.id,
        userTeam: (body.user as { team_id?: string }).team_id ?? null,
        actionId: payload.action_id,
        typed: payload.value,
      }).then((choices) => send(ack, { options: choices.map(option) })),
    ),
  );

  app.view({ type: 'view_closed', callback_id: /.*/ }, ({ ack }) => track((ack as Ack)()));

  app.shortcut(/.*/, ({ body, ack, context }) => {
    const { user, trigger_id } = body;
    return track(
      routeShortcut(around, {
        kind: 'shortcut',
        source: sourceOf(context),
        surface: 'shortcut',
        user: user.id,
        userTeam: user.team_id ?? null,
        channel: null,
        commits: { done: false },
        triggerId: trigger_id,
        reply: clickReply(ack, null, apiUrl, trigger_id, null),
      }),
    );
  });

  /** Events are acknowledged by Bolt at once: there is nobody to tell where the app is not installed. */
  const inTenant = (context: object, work: (tenant: Tenant) => Promise<unknown>): Promise<void> =>
    track(
      around.tenants.at(sourceOf(context)).then(async (tenant) => {
        if (tenant !== null) await work(tenant);
      }),
    );

  app.event('user_change', ({ event, context }) =>
    inTenant(context, (tenant) => personChanged(around.deps, tenant, userId(event.user.id))),
  );

  app.event('app_home_opened', async ({ event, context }) => {
    if (event.tab === 'home') await inTenant(context, (tenant) => routeHome(around, tenant, event.user));
  });

  app.event('member_joined_channel', ({ event, context }) =>
    inTenant(context, async (tenant) => {
      if (event.user === tenant.botUserId) await around.invited(around.deps, tenant, channelId(event.channel));
    }),
  );

  app.event('app_mention', ({ event, context }) =>
    // A mention shows the way in and changes nothing.
    inTenant(context, ({ client }) =>
      client.chat.postEphemeral({
        channel: channelId(event.channel),
        user: event.user ?? '',
        text: `Type ${around.deps.command} to see what waits for you, or ${around.deps.command} help.`,
      }),
    ),
  );

  app.event('app_uninstalled', ({ body }) => track(around.removed(removalOf({ ...body }, 'the app was uninstalled'))));

  app.event('tokens_revoked', async ({ event, body }) => {
    // Tokens of people are not ours; a bot's token is the one that we have.
    if ((event.tokens.bot ?? []).length > 0)
      await track(around.removed(removalOf({ ...body }, 'its token was revoked')));
  });
};
