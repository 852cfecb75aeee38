/** A message was set aside: its release's owner is told when it was an ask, an admin always, and the journal keeps it. */
import type { Claimed } from '../courier/claim.ts';
import { enqueue, type Wanted } from '../courier/messages.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { membersOf } from '../domain/catalog/catalog.ts';
import type { EventDraft } from '../domain/events.ts';
import { allow } from '../domain/refusal.ts';
import { appendEvents, named } from '../journal/append.ts';
import { readReleases } from '../releases/release-store.ts';

const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;

/** One notice to each admin and hour, whatever is set aside in it. A notice that itself cannot be delivered tells nobody again. */
export const undeliverable = async (deps: Deps, message: Claimed, error: string): Promise<void> => {
  if (message.kind === 'trouble') return;
  const now = deps.clock.now();
  const ctx: Ctx = { workspace: message.workspace_id, actor: 'signalbox', surface: 'clock', now, requestKey: null };
  await transact(deps, ctx, 'report an undeliverable message', message.id, async (tx, writer) => {
    const catalog = await deps.catalogs.current(tx, message.workspace_id);
    const release = message.kind === 'approval-ask' ? message.release_id : null;
    const [subject] = release === null ? [] : await readReleases(tx, message.workspace_id, [release]);
    const draft = {
      kind: 'message.undeliverable',
      data: { kind: message.kind, error },
      release,
      subject: message.id,
      words: null,
      due: null,
    } satisfies EventDraft;
    const events = named(deps, [draft]);
    const admins = catalog === null ? [] : membersOf(catalog, catalog.roles.admin, '');
    const toAdmins = admins.map(
      (id): Wanted => ({
        subject: 'trouble',
        kind: 'trouble',
        audience: id,
        place: id,
        occurrence: now.slice(0, HOUR_LENGTH),
      }),
    );
    const toOwner =
      subject === undefined
        ? []
        : events.map(
            ({ id }): Wanted => ({
              subject: id,
              kind: 'notice',
              audience: subject.owner,
              place: subject.owner,
              release: subject.id,
            }),
          );
    await enqueue(tx, deps, message.workspace_id, [...toAdmins, ...toOwner]);
    await appendEvents(tx, deps, ctx, writer, events);
    return allow(null);
  });
};
