/** Bolt's listeners: one catch-all for each kind of payload, which reduces it and hands it to the router. */
import type { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { channelId, userId } from '../domain/ids.ts';
import { refusalSentence } from '../domain/refusal.ts';
import type { RawValues } from './form-values.ts';
import { COMMANDS, type CommandVerb } from './ids.ts';
import { loading } from './kit.ts';
import { notificationText, sentenceText, type Voice } from './mrkdwn.ts';
import { personChanged } from './people.ts';
import type { Answer } from './requests.ts';
import {
  messageOf,
  type Reply,
  type Router,
  routeClick,
  routeCommand,
  routeHome,
  routeShortcut,
  routeSubmission,
  viewOf,
} from './router.ts';
import type { Tenant } from './tenants.ts';

/** Runs a listener and counts it, so that a stop can wait for what is under way. */
export type Track = (work: Promise<void>) => Promise<void>;

const RESPONSE_HOSTS = new Set(['hooks.slack.com', 'hooks.slack-gov.com']);

/** Answers through a response_url: a capability, so only on Slack's own hosts (or the configured API's), never redirected, never stored. */
const postToResponseUrl = async (url: string, apiUrl: string | null, body: object): Promise<void> => {
  const host = new URL(url).host;
  const allowed = RESPONSE_HOSTS.has(host) || (apiUrl !== null && new URL(apiUrl).host === host);
  if (!allowed) throw new Error('The response_url is not on a host of Slack.');
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`The response_url answered ${response.status}.`);
};

const privately = (answer: Answer, voice: Voice) => {
  const { text, blocks } = messageOf(answer, voice);
  return { response_type: 'ephemeral' as const, replace_original: false, text: notificationText(text), blocks };
};

type Ack = (body?: never) => Promise<void>;
const send = (ack: unknown, body?: object): Promise<void> => (ack as (body?: object) => Promise<void>)(body);

const commandReply = (ack: unknown, responseUrl: string, apiUrl: string | null): Reply => ({
  ack: async (answer, voice) => {
    if (answer === null) await send(ack, { response_type: 'ephemeral', text: 'Working on it; the answer follows.' });
    else if (answer.kind === 'done') await send(ack);
    else await send(ack, privately(answer, voice));
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
  client: WebClient,
  triggerId: string,
  inView: InView | null,
): Reply => ({
  ack: async () => {
    await send(ack);
    return false;
  },
  later: async (answer, voice) => {
    if (responseUrl !== null) return postToResponseUrl(responseUrl, apiUrl, privately(answer, voice));
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

const REFUSED_FIELD_ZONE = 'UTC';

/** Errors under the fields that they are about; any other refusal under the first input, so that nothing typed is lost. */
const fieldErrors = (
  answer: Extract<Answer, { kind: 'refused' }>,
  blocks: readonly string[],
  voice: Voice,
): Record<string, string> => {
  const words = (sentence: Parameters<typeof sentenceText>[0]) =>
    sentenceText(sentence, { names: {}, command: voice.command }, REFUSED_FIELD_ZONE);
  const { refusal } = answer;
  const first = blocks[0];
  if (refusal.code === 'fields')
    return Object.fromEntries(
      refusal.problems.map(({ field, problem }) => [blocks.includes(field) ? field : (first ?? field), words(problem)]),
    );
  return first === undefined ? {} : { [first]: words(refusalSentence(refusal)) };
};

const submissionReply = (
  ack: unknown,
  client: WebClient,
  viewId: string,
  title: string,
  inputs: readonly string[],
): Reply => ({
  ack: async (answer, voice) => {
    if (answer === null) await send(ack, { response_action: 'update', view: loading(title) });
    else if (answer.kind === 'done') await send(ack, { response_action: 'clear' });
    else if (answer.kind === 'refused' && inputs.length > 0)
      await send(ack, { response_action: 'errors', errors: fieldErrors(answer, inputs, voice) });
    else await send(ack, { response_action: 'update', view: viewOf(answer, title, voice) });
    return answer !== null;
  },
  later: async (answer, voice) => {
    await client.views.update({ view_id: viewId, view: viewOf(answer, title, voice) });
  },
});

type Loose = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

type ActionPayload = { value?: string; selected_option?: { value?: string } | null };
const clickedValue = (action: ActionPayload): string => action.value ?? action.selected_option?.value ?? '';

/** Commands are configured names: `/release-eu` is `/release` here, its siblings keep their verb. */
const aliasOf = (command: string): CommandVerb | null => COMMANDS[command as keyof typeof COMMANDS] ?? null;

/** What is the same for every workspace. */
export type Surroundings = Omit<Router, 'tenant'> & {
  apiUrl: string | null;
  track: Track;
  /** The app was removed from a team or organisation, or its token revoked. */
  removed: (slackIds: readonly string[], because: string) => Promise<void>;
};

/** `authorize` has put it there: whose payload it is. */
const routerOf = (around: Surroundings, context: object): Router => ({
  ...around,
  tenant: (context as { tenant: Tenant }).tenant,
});

/** Slack's ids of what the event is about, the likelier one first: these two come when there is nobody left to authorize. */
const installedAt = (body: Loose): readonly string[] => {
  const [authorization] = (body['authorizations'] as readonly Loose[] | undefined) ?? [];
  const asAWhole = (authorization ?? body)['is_enterprise_install'] === true;
  const ids = [text(body['team_id']), text(body['enterprise_id'])].filter((id) => id !== '');
  return asAWhole ? ids.reverse() : ids;
};

export const registerListeners = (app: App, around: Surroundings): void => {
  const { apiUrl, track } = around;

  app.command(/.*/, ({ command, ack, context }) =>
    track(
      routeCommand(routerOf(around, context), {
        kind: 'command',
        surface: 'command',
        user: command.user_id,
        userTeam: command.team_id,
        channel: command.channel_id,
        triggerId: command.trigger_id,
        alias: aliasOf(command.command),
        text: command.text ?? '',
        reply: commandReply(ack, command.response_url, apiUrl),
      }),
    ),
  );

  app.action({ type: 'block_actions' }, ({ body, action, ack, context }) => {
    const router = routerOf(around, context);
    const view = body.view;
    const raw = body as unknown as { state?: { values?: RawValues } };
    return track(
      routeClick(router, {
        kind: 'action',
        surface: view === undefined ? 'message' : view.type === 'home' ? 'home' : 'modal',
        user: body.user.id,
        userTeam: body.user.team_id ?? null,
        channel: body.channel?.id ?? null,
        triggerId: body.trigger_id,
        actionId: action.action_id,
        value: clickedValue(action as ActionPayload),
        values: (view?.state?.values as RawValues | undefined) ?? raw.state?.values ?? {},
        view: view === undefined ? null : { id: view.id, metadata: view.private_metadata, callback: view.callback_id },
        reply: clickReply(
          ack,
          body.response_url ?? null,
          apiUrl,
          router.tenant.client,
          body.trigger_id,
          view === undefined ? null : { id: view.id, hash: view.hash, modal: view.type === 'modal' },
        ),
      }),
    );
  });

  app.view({ type: 'view_submission', callback_id: /.*/ }, ({ body, view, ack, context }) => {
    const router = routerOf(around, context);
    const inputs = view.blocks
      .filter(({ type }) => type === 'input')
      .flatMap(({ block_id }) => (block_id === undefined ? [] : [block_id]));
    const raw = body as unknown as { trigger_id?: string; user: { team_id?: string } };
    return track(
      routeSubmission(router, {
        kind: 'view',
        surface: 'modal',
        user: body.user.id,
        userTeam: raw.user.team_id ?? null,
        channel: null,
        // A second submission of the same view in the same state is the same request.
        triggerId: raw.trigger_id ?? `${view.id}.${view.hash}`,
        callback: view.callback_id,
        metadata: view.private_metadata,
        values: view.state.values as RawValues,
        reply: submissionReply(ack, router.tenant.client, view.id, view.title.text, inputs),
      }),
    );
  });

  app.view({ type: 'view_closed', callback_id: /.*/ }, ({ ack }) => track((ack as Ack)()));

  app.shortcut(/.*/, ({ body, ack, context }) => {
    const router = routerOf(around, context);
    const raw = body as unknown as Loose & { user: { id: string; team_id?: string } };
    return track(
      routeShortcut(router, {
        kind: 'shortcut',
        surface: 'shortcut',
        user: raw.user.id,
        userTeam: raw.user.team_id ?? null,
        channel: null,
        triggerId: text(raw['trigger_id']),
        reply: clickReply(ack, null, apiUrl, router.tenant.client, text(raw['trigger_id']), null),
      }),
    );
  });

  app.event('user_change', ({ event, context }) =>
    track(personChanged(around.deps, routerOf(around, context).tenant, userId(event.user.id))),
  );

  app.event('app_home_opened', async ({ event, context }) => {
    if (event.tab === 'home') await track(routeHome(routerOf(around, context), event.user));
  });

  app.event('app_mention', async ({ event, context }) => {
    // A mention shows the way in and changes nothing; in the thread, so that nobody else is disturbed.
    const { deps, tenant } = routerOf(around, context);
    await tenant.client.chat.postEphemeral({
      channel: channelId(event.channel),
      user: text((event as unknown as Loose)['user']),
      text: `Type ${deps.command} to see what waits for you, or ${deps.command} help.`,
    });
  });

  app.event('app_uninstalled', ({ body }) =>
    track(around.removed(installedAt(body as unknown as Loose), 'the app was uninstalled')),
  );

  app.event('tokens_revoked', async ({ event, body }) => {
    // Tokens of people are not ours; a bot's token is the one that we have.
    if ((event.tokens.bot ?? []).length > 0)
      await track(around.removed(installedAt(body as unknown as Loose), 'its token was revoked'));
  });
};
