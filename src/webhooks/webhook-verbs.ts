/** Webhooks are made, given another secret and stopped by admins; what could not be delivered is sent again by one. */
import { z } from 'zod';
import type { EventDraft } from '../domain/events.ts';
import { type Id, parseId } from '../domain/ids.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import {
  makeWebhook,
  rotateWebhook,
  stopWebhook,
  TOPIC_NAMES,
  type Topic,
  type Webhook,
} from '../domain/webhook/webhook.ts';
import { command, say } from '../domain/words.ts';
import { appendEvents, named } from '../journal/append.ts';
import { text, type WorkspaceUnit, workspaceVerb } from '../situation/verbs.ts';
import { insertWebhook, replayDelivery, saveWebhook, webhookNamed, webhooksOf } from './webhook-store.ts';

const meant = async ({ tx, ctx }: WorkspaceUnit, name: string): Promise<Decision<Webhook>> => {
  const webhook = await webhookNamed(tx, ctx.workspace, name);
  return webhook === null
    ? refuse({ code: 'not_found', what: 'webhook', reference: name, fix: say`See them with ${command('webhook')}.` })
    : allow(webhook);
};

/** What was made of a webhook is kept, and told. */
const kept = async (
  { deps, ctx, tx, writer }: WorkspaceUnit,
  { webhook, events }: { webhook: Webhook; events: readonly EventDraft[] },
) => {
  await saveWebhook(tx, ctx.workspace, webhook);
  await appendEvents(tx, deps, ctx, writer, named(deps, events));
  return allow({ id: webhook.id, name: webhook.name, generation: webhook.generation });
};

export const webhookVerbs = {
  make: workspaceVerb('make webhook', {
    input: z.object({
      name: text,
      url: text,
      topics: z.array(z.enum(TOPIC_NAMES as [Topic, ...Topic[]])).readonly(),
      services: z.array(text).readonly(),
    }),
    may: 'administer',
    token: null,
    says: 'tells another system what happens',
    typed: 'webhook new',
    run: async ({ deps, ctx, tx, writer, catalog, act }, input) => {
      const taken = (await webhooksOf(tx, ctx.workspace)).map(({ name }) => name);
      const made = makeWebhook(input, taken, catalog, writer.journal.seq, act);
      if (!made.ok) return made;
      const { webhook, events } = made.value;
      await insertWebhook(tx, ctx.workspace, webhook);
      await appendEvents(tx, deps, ctx, writer, named(deps, events));
      return allow({ id: webhook.id, name: webhook.name, generation: webhook.generation });
    },
  }),
  rotate: workspaceVerb('rotate webhook', {
    input: z.object({ name: text }),
    may: 'administer',
    token: null,
    says: 'gives a webhook another secret',
    typed: 'webhook rotate NAME',
    run: async (unit, { name }) => {
      const found = await meant(unit, name);
      if (!found.ok) return found;
      const rotated = rotateWebhook(found.value);
      return rotated.ok ? kept(unit, rotated.value) : rotated;
    },
  }),
  stop: workspaceVerb('stop webhook', {
    input: z.object({ name: text }),
    may: 'administer',
    token: null,
    says: 'tells another system nothing any more',
    typed: 'webhook stop NAME',
    run: async (unit, { name }) => {
      const found = await meant(unit, name);
      if (!found.ok) return found;
      const stopped = stopWebhook(found.value, 'an admin stopped it', unit.act.now);
      return stopped.ok ? kept(unit, stopped.value) : stopped;
    },
  }),
  replay: workspaceVerb('replay delivery', {
    input: z.object({ delivery: text }),
    may: 'administer',
    token: null,
    says: 'sends what a webhook missed once more',
    typed: 'webhook log NAME',
    run: async ({ deps, tx, ctx, writer }, { delivery }) => {
      const id: Id<'delivery'> | null = parseId('delivery', delivery);
      const sent = id === null ? null : await replayDelivery(tx, ctx.workspace, id);
      if (sent === null)
        return refuse({
          code: 'not_found',
          what: 'delivery to send again',
          reference: 'of this button',
          fix: say`See them with ${command('webhook')}.`,
        });
      const webhook = (await webhooksOf(tx, ctx.workspace)).find((each) => each.id === sent.webhook_id);
      const data = { webhook: webhook?.name ?? 'of a hook', event: sent.event };
      const event: EventDraft = {
        kind: 'webhook.replayed',
        data,
        release: null,
        subject: delivery,
        words: null,
        due: null,
      };
      await appendEvents(tx, deps, ctx, writer, named(deps, [event]));
      return allow({ sent: 1 });
    },
  }),
};
