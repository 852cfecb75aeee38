/** A receiver that answered that it is gone is told nothing any more, and the journal says why. */
import { transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { allow } from '../domain/refusal.ts';
import { stopWebhook } from '../domain/webhook/webhook.ts';
import { appendEvents, named } from '../journal/append.ts';
import type { Stop } from './send.ts';
import { readWebhook, saveWebhook } from './webhook-store.ts';

export const stopGone =
  (deps: Deps): Stop =>
  async ({ workspace, webhook: id }, because) => {
    if (id === null) return;
    const now = deps.clock.now();
    const ctx = { workspace, actor: 'signalbox', surface: 'clock', now, requestKey: null } as const;
    await transact(deps, ctx, 'stop a webhook that is gone', id, async (tx, writer) => {
      const webhook = await readWebhook(tx, workspace, id);
      const stopped = webhook === null ? null : stopWebhook(webhook, because, now);
      if (stopped?.ok !== true) return allow(null);
      await saveWebhook(tx, workspace, stopped.value.webhook);
      await appendEvents(tx, deps, ctx, writer, named(deps, stopped.value.events));
      return allow(null);
    });
  };
