/**
 * A message was set aside: its release's owner is told when it was an ask, an admin always, and the journal keeps it. Once the app is invited to
 * the channel that refused it, what waited goes out by itself.
 */

import type { Claimed } from '../courier/claim.ts';
import type { OtherRenderer } from '../courier/message.ts';
import { enqueue, refresh, replayTroubled, troubledMessages, type Wanted } from '../courier/messages.ts';
import type { Undelivered } from '../courier/send.ts';
import { type Ctx, transact } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { membersOf } from '../domain/catalog/catalog.ts';
import type { EventDraft } from '../domain/events.ts';
import type { ChannelId, WorkspaceId } from '../domain/ids.ts';
import { allow } from '../domain/refusal.ts';
import { count } from '../domain/words.ts';
import { appendEvents, named } from '../journal/append.ts';
import { readReleases } from '../releases/release-store.ts';
import { message, noLongerNeeded } from '../situation/show.ts';
import { toPerson } from '../situation/to-person.ts';
import { TRY_ALL, troubledLines } from '../situation/troubled.ts';
import { actions } from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';

const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;

/** One notice to each admin and hour, whatever is set aside in it. A notice that itself cannot be delivered tells nobody again. */
export const undeliverable = async (deps: Deps, failed: Claimed, { error, asText }: Undelivered): Promise<void> => {
  if (failed.kind === 'trouble') return;
  const now = deps.clock.now();
  const ctx: Ctx = { workspace: failed.workspace_id, actor: 'signalbox', surface: 'clock', now, requestKey: null };
  await transact(deps, ctx, 'report an undeliverable message', failed.id, async (tx, writer) => {
    const catalog = await deps.catalogs.current(tx, failed.workspace_id);
    const release = failed.kind === 'approval-ask' ? failed.release_id : null;
    const [subject] = release === null ? [] : await readReleases(tx, failed.workspace_id, [release]);
    const draft = {
      kind: 'message.undeliverable',
      data: { kind: failed.kind, error, ...(asText ? { asText } : {}) },
      release,
      subject: failed.id,
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
    await enqueue(tx, deps, failed.workspace_id, [...toAdmins, ...toOwner]);
    await appendEvents(tx, deps, ctx, writer, events);
    return allow(null);
  });
};

/** What was meant for this channel and refused there is posted now; the owners of the releases that it is about are told. */
export const goOnIn = async (deps: Deps, workspace: WorkspaceId, channel: ChannelId): Promise<void> => {
  const now = deps.clock.now();
  const ctx: Ctx = { workspace, actor: 'signalbox', surface: 'clock', now, requestKey: null };
  await transact(deps, ctx, 'go on in a channel', channel, async (tx, writer) => {
    const again = await replayTroubled(tx, workspace, channel);
    const ids = [...new Set(again)].filter((id) => id !== null);
    const releases = await readReleases(tx, workspace, ids);
    const events = named(
      deps,
      releases.map(
        ({ id }) =>
          ({
            kind: 'message.resumed',
            data: { channel },
            release: id,
            subject: id,
            words: null,
            due: null,
          }) satisfies EventDraft,
      ),
    );
    const told = events.flatMap((event): Wanted[] => {
      const release = releases.find(({ id }) => id === event.release);
      return release === undefined
        ? []
        : [{ ...toPerson(release.id, 'notice', release.owner, event.id), release: release.id }];
    });
    await enqueue(tx, deps, workspace, told);
    await refresh(tx, workspace, ['trouble']);
    await appendEvents(tx, deps, ctx, writer, events);
    return allow(null);
  });
};

/** To an admin: everything that was set aside, with one button. */
export const trouble: OtherRenderer = async (db, what) => {
  const rows = await troubledMessages(db, what.workspace);
  if (rows.length === 0)
    return noLongerNeeded(
      'Every message was delivered',
      md`nothing waits for you: every message was delivered, or is being tried again now.`,
    );
  const head = rows.every(({ arrived }) => arrived)
    ? `${count(rows.length, 'message')} arrived without ${rows.length === 1 ? 'its' : 'their'} buttons`
    : `${count(rows.length, 'message')} could not be delivered`;
  return message(head, [md`*${head}*`, ...troubledLines(rows)], actions([TRY_ALL]));
};
