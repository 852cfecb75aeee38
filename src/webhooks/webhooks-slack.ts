/** Webhooks, from Slack: which there are, a new one, what was delivered, sent again. The secret is shown once, to the one who made it. */

import { TOPICS, type Topic, type Webhook } from '../domain/webhook/webhook.ts';
import { command, count, person, say } from '../domain/words.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { forAdmins } from '../slack/for-admins.ts';
import { textOf, ticked } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import { actions, form, multiSelectInput, section, textInput } from '../slack/kit.ts';
import { fromList } from '../slack/lists.ts';
import { code, dateToken, type Mrkdwn, md, quoteText, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type Answer,
  type CommandRequest,
  type Request,
  type Routes,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { type Delivery, deliveriesOf, signingSecret, webhookNamed, webhooksOf } from './webhook-store.ts';
import { webhookVerbs } from './webhook-verbs.ts';

const webhookForm = ({ catalog }: Request): Answer => ({
  kind: 'form',
  view: form({
    id: VIEWS.newWebhook,
    title: 'New webhook',
    submit: 'Make it',
    metadata: '',
    blocks: [
      section([
        md`Another system is told what happens, signed by Standard Webhooks, and told again for a day where it does not answer. Private drafts and the words of restricted releases are not told.`,
      ]),
      textInput({ id: 'name', label: 'Name', placeholder: 'data-warehouse' }),
      textInput({ id: 'url', label: 'Address', placeholder: 'https://hooks.example.com/signalbox' }),
      multiSelectInput({
        id: 'topics',
        label: 'What it is told of',
        choices: (Object.keys(TOPICS) as Topic[]).map((value) => ({ text: `${value}: ${TOPICS[value]}`, value })),
      }),
      multiSelectInput({
        id: 'service',
        label: 'Services',
        ...fromList('services', catalog),
        optional: true,
        hint: 'Leave empty for everything, also what is about no service.',
      }),
    ],
  }),
});

const lastWords = (last: Delivery | undefined): Mrkdwn => {
  if (last === undefined) return md`nothing told yet`;
  if (last.state === 'delivered') return md`last told ${dateToken(last.madeAt)}`;
  const why = last.error ?? (last.status === null ? 'not tried yet' : `HTTP ${last.status}`);
  return last.state === 'waiting'
    ? last.attempts === 0
      ? md`telling now`
      : md`:warning: does not take it (${quoteText(why, 80)}), tried again`
    : md`:warning: given up: ${quoteText(why, 80)}`;
};

const line = async (request: Request, webhook: Webhook): Promise<Mrkdwn> => {
  const [last] = await deliveriesOf(request.deps.database.db, request.ctx.workspace, webhook.id, 1);
  const services = webhook.services.length === 0 ? 'all services' : webhook.services.join(', ');
  return md`*${webhook.name}*  ·  ${quoteText(webhook.url, 120)}  ·  ${webhook.topics.join(', ')}  ·  ${services}  ·  ${lastWords(last)}  ·  ${sentenceMarkup(say`made by ${person(webhook.madeBy)}`, request.voice)}`;
};

const MOST = 15;

const list = async (request: Request): Promise<Answer> => {
  const webhooks = await webhooksOf(request.deps.database.db, request.ctx.workspace);
  const lines = await Promise.all(webhooks.slice(0, MOST).map((webhook) => line(request, webhook)));
  const how = sentenceMarkup(
    say`What was told: ${command('webhook log NAME')}; another secret: ${command('webhook rotate NAME')}; no more: ${command('webhook stop NAME')}.`,
    request.voice,
  );
  return tell(
    lines.length === 0
      ? [md`No other system is told what happens here.`]
      : [md`*Webhooks*`, ...lines, ...(webhooks.length > MOST ? [md`and ${webhooks.length - MOST} older`] : []), how],
    actions([{ text: 'New webhook', action: ACTIONS.newWebhook, value: 'new', style: 'primary' }]),
  );
};

const STATES: Readonly<Record<Delivery['state'], string>> = { delivered: '✓', waiting: '…', failed: '✗' };

const deliveryLine = ({ state, event, madeAt, status, error, attempts, id }: Delivery): Mrkdwn => {
  const tries = attempts > 1 ? `, ${count(attempts, 'attempt')}` : '';
  const said = [status === null ? '' : `HTTP ${status}`, error ?? ''].filter((text) => text !== '').join(' ');
  return md`${STATES[state]} ${event}  ·  ${dateToken(madeAt)}${tries}${said === '' ? '' : md`  ·  ${quoteText(said, 100)}`}  ·  ${id}`;
};

const LOGGED = 10;

/** What was told last; what was not taken can be sent again. */
const log = async (request: Request, name: string): Promise<Answer> => {
  const { db } = request.deps.database;
  const webhook = await webhookNamed(db, request.ctx.workspace, name);
  if (webhook === null)
    return refused({
      code: 'not_found',
      what: 'webhook',
      reference: name,
      fix: say`See them with ${command('webhook')}.`,
    });
  const deliveries = await deliveriesOf(db, request.ctx.workspace, webhook.id, LOGGED);
  const stopped = webhook.stoppedAt === null ? '' : md` It was stopped: ${webhook.stoppedBecause ?? ''}.`;
  return tell(
    [md`*${name}*: the last ${count(deliveries.length, 'delivery', 'deliveries')}, newest first.${stopped}`],
    deliveries.flatMap((delivery) => [
      section([deliveryLine(delivery)]),
      ...(delivery.state === 'waiting' || webhook.stoppedAt !== null
        ? []
        : actions([{ text: 'Replay', action: ACTIONS.replayDelivery, value: delivery.id }])),
    ]),
  );
};

const actorCtx = (request: Request) => ({ ...request.ctx, actor: request.actor });

/** What was made, once: it is nowhere to be read again. */
const shownOnce = ({ deps, ctx }: Request, made: Pick<Webhook, 'id' | 'name' | 'generation'>): Answer =>
  tell([
    md`*Webhook ${made.name}*: copy its secret now, it is shown once.`,
    code(signingSecret(deps.journalKey, ctx.workspace, made)),
    md`Verify every request with it by the rules of Standard Webhooks (there is a library for your language), and answer within 10 seconds. The form of what is told stands in \`/v1/docs\`.`,
  ]);

const make = async (request: ViewRequest): Promise<Answer> => {
  const { deps, values } = request;
  const made = await performOnWorkspace(deps, actorCtx(request), webhookVerbs.make, {
    name: textOf(values, 'name') ?? '',
    url: (textOf(values, 'url') ?? '').trim(),
    topics: ticked(values, 'topics'),
    services: ticked(values, 'service'),
  });
  if (!made.ok) return refused(made.refusal);
  deps.send();
  return shownOnce(request, made.value);
};

const rotate = async (request: Request, name: string): Promise<Answer> => {
  const done = await performOnWorkspace(request.deps, actorCtx(request), webhookVerbs.rotate, { name });
  return done.ok ? shownOnce(request, done.value) : refused(done.refusal);
};

const stop = async (request: Request, name: string): Promise<Answer> => {
  const done = await performOnWorkspace(request.deps, actorCtx(request), webhookVerbs.stop, { name });
  return done.ok ? tell([md`Webhook ${name} is told nothing any more.`]) : refused(done.refusal);
};

const replay = async (request: ActionRequest): Promise<Answer> => {
  const done = await performOnWorkspace(request.deps, actorCtx(request), webhookVerbs.replay, {
    delivery: request.value,
  });
  if (!done.ok) return refused(done.refusal);
  request.deps.send();
  return tell([md`It is sent again now, with the same id.`]);
};

const NAMED = { log, rotate, stop } as const;
const isNamed = (word: string): word is keyof typeof NAMED => Object.hasOwn(NAMED, word);

const byWord = (request: CommandRequest): Answer | Promise<Answer> => {
  const [what = '', name = ''] = request.words;
  if (what === 'new') return webhookForm(request);
  if (!isNamed(what)) return list(request);
  return name === ''
    ? refused({ code: 'ambiguous', what: 'webhook', examples: [`webhook ${what} data-warehouse`] })
    : NAMED[what](request, name);
};

export const webhookRoutes: Routes = {
  verbs: { webhook: { run: forAdmins(byWord) } },
  actions: {
    [ACTIONS.newWebhook]: { opens: 'New webhook', run: forAdmins(webhookForm) },
    [ACTIONS.replayDelivery]: { run: forAdmins(replay) },
  },
  views: { new_webhook: { run: make } },
};
