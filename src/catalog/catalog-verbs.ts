/** What only admins can do: let a proposed version of the rules take effect, send a message again. */
import { z } from 'zod';
import { refresh, replayTroubled } from '../courier/messages.ts';
import { allow, refuse } from '../domain/refusal.ts';
import { command, say } from '../domain/words.ts';
import { workspaceVerb } from '../situation/verbs.ts';
import { readCatalogText } from './catalog-document.ts';
import { catalogVersion, isOvertaken, setActive } from './catalog-store.ts';
import {
  catalogSubject,
  dropped,
  droppedRefusal,
  effective,
  renamesOf,
  takeEffect,
  withCurrentMembers,
} from './take-effect.ts';

/** A second admin lets a waiting version take effect. Refused to whoever proposed it, to others than admins, and when it is overtaken. */
const activate = workspaceVerb('activate catalog', {
  input: z.object({ version: z.number() }),
  may: 'administer',
  token: null,
  says: 'lets a proposed version of the rules take effect',
  typed: 'setup activate VERSION',
  run: async ({ deps, ctx, tx, writer, catalog: current }, { version }) => {
    const waiting = await catalogVersion(tx, ctx.workspace, version);
    const late = waiting !== null && (await isOvertaken(tx, ctx.workspace, version));
    if (waiting === null || waiting.activeAt !== null || late)
      return refuse({
        code: 'not_found',
        what: 'waiting catalog version',
        reference: String(version),
        fix: say`Version ${current.version} is active; see ${command('doctor')}.`,
      });
    if (waiting.by === ctx.actor)
      return refuse({
        code: 'forbidden',
        did: 'Not activated',
        because: say`you proposed it, and it needs a second admin`,
        can: say`Ask another admin; they have a message.`,
      });
    const read = readCatalogText(waiting.source);
    const renames = effective(read.ok ? renamesOf(read.document) : [], current);
    const missing = await dropped(tx, ctx, waiting.document, renames);
    if (missing.length > 0) return droppedRefusal(missing);
    await setActive(tx, ctx.workspace, version, ctx.actor, ctx.now);
    if (version < current.version) await withCurrentMembers(tx, ctx, waiting, current);
    await takeEffect(tx, deps, ctx, writer, waiting.document, renames);
    await refresh(tx, ctx.workspace, [catalogSubject(version)]);
    return allow({ version });
  },
});

/** What was set aside is sent once more, all of it. */
const replay = workspaceVerb('replay message', {
  input: z.null(),
  may: 'administer',
  token: null,
  says: 'sends again what was set aside',
  typed: null,
  run: async ({ ctx, tx }) => {
    const again = await replayTroubled(tx, ctx.workspace, null);
    await refresh(tx, ctx.workspace, ['trouble']);
    return again.length > 0
      ? allow({ messages: again.length })
      : refuse({
          code: 'not_found',
          what: 'message',
          reference: 'to send again',
          fix: say`Every message was delivered, or is being tried again now.`,
        });
  },
});

export const catalogVerbs = { activate, replay };
