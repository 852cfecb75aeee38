/** Creating a release, and asking for its approval in the same step when that is wanted and nothing is missing. */
import { z } from 'zod';
import { submit } from '../domain/approval/submit.ts';
import { protectedEnvironments } from '../domain/catalog/catalog.ts';
import { gatesInTheWay } from '../domain/gate/gate.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { createRelease } from '../domain/plan/plan.ts';
import type { Decision, Refusal } from '../domain/refusal.ts';
import { allow } from '../domain/refusal.ts';
import { useNumber } from '../situation/numbers.ts';
import { writesOf } from '../situation/perform.ts';
import { text, textOrNull, workspaceVerb } from '../situation/verbs.ts';
import { readVersionFacts } from './release-store.ts';
import { answers, aWhen } from './release-verbs.ts';

/** `notAsked` says why it stayed a draft although asking was wanted. */
export type Created = { release: ReleaseId; notAsked: Refusal | null };

export const newRelease = workspaceVerb('create release', {
  input: z.object({
    service: text,
    version: text,
    title: text,
    customers: textOrNull,
    when: aWhen,
    rollbackPlan: textOrNull,
    answers,
    hotfix: z.boolean(),
    askWhenReady: z.boolean(),
  }),
  may: 'create',
  says: 'plans a release',
  typed: 'new [service [version]] ["title"]',
  run: async ({ deps, ctx, tx, writer, catalog, act }, input): Promise<Decision<Created>> => {
    const { workspace, actor, now } = ctx;
    const environment = protectedEnvironments(catalog)[0] ?? '';
    const [facts, found] = await Promise.all([
      readVersionFacts(tx, workspace, input.service, input.version, environment),
      deps.situations.read(tx, { workspace, releases: [], services: [input.service], actor, now }),
    ]);
    const identity = { workspace, id: deps.newId('release'), number: writer.nextRelease };
    const created = createRelease(input, facts, catalog, identity, act);
    if (!created.ok) return created;
    if (found === null) throw new Error('The catalog vanished behind the lock.');
    await useNumber(tx, workspace, 'next_release');
    const fresh = found.around(created.value.release);
    const waits = gatesInTheWay(fresh, 'approval', now).length > 0;
    const asked = input.askWhenReady && !waits ? submit(fresh, act) : null;
    const after = asked?.ok === true ? asked.value.after : { ...fresh };
    const events = [...created.value.events, ...(asked?.ok === true ? asked.value.events : [])];
    await Promise.all(writesOf(deps, ctx, writer, fresh, { after, events }).map((query) => tx.executeQuery(query)));
    return allow({ release: created.value.release.id, notAsked: asked?.ok === false ? asked.refusal : null });
  },
});
