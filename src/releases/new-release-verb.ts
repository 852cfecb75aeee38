/** Creating a release, and asking for its approval in the same step when that is wanted and nothing is missing. */
import { z } from 'zod';
import type { Tx } from '../db/connection.ts';
import { submit } from '../domain/approval/submit.ts';
import { protectedEnvironments } from '../domain/catalog/catalog.ts';
import { gatesInTheWay } from '../domain/gate/gate.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import { linkedOf } from '../domain/plan/links.ts';
import { createRelease } from '../domain/plan/plan.ts';
import type { Decision, Refusal } from '../domain/refusal.ts';
import { allow, refuse, refuseField } from '../domain/refusal.ts';
import { keyOf } from '../domain/release/release.ts';
import { versionMeant } from '../domain/release/version.ts';
import type { Situation } from '../domain/situation.ts';
import { person as personPart, say } from '../domain/words.ts';
import { useNumber } from '../situation/numbers.ts';
import { writesOf } from '../situation/perform.ts';
import { aPerson, text, textIfSaid, textOrNull, type WorkspaceUnit, workspaceVerb } from '../situation/verbs.ts';
import { mayActAtAll, readPerson } from '../slack/people-store.ts';
import { readVersionFacts } from './release-store.ts';
import { answers, aWhen } from './release-verbs.ts';

/** `notAsked` says why it stayed a draft although asking was wanted. */
export type Created = { release: ReleaseId; key: string; notAsked: Refusal | null };

/** Who plans it owns it. What a token plans is somebody's: of whom it names, else of whoever made it. */
const ownerOf = async (
  tx: Tx,
  { workspace, actor, token }: WorkspaceUnit['ctx'],
  named: UserId | undefined,
): Promise<Decision<UserId>> => {
  if (token === undefined) return allow(actor);
  const owner = named ?? token.madeBy;
  const person = await readPerson(tx, workspace, owner);
  if (person === null) return refuse({ code: 'unknown_people', people: [owner] });
  return mayActAtAll(person)
    ? allow(owner)
    : refuseField('owner', say`${personPart(owner)} cannot own it: name a member of this workspace who can act.`);
};

/** A hotfix fixes something of its own service; of another one it only has the name. */
const fixing = (s: Situation, reference: string): Situation => {
  const fixed = linkedOf(s, reference);
  return s.release.type !== 'hotfix' || fixed?.service !== s.release.service
    ? s
    : { ...s, release: { ...s.release, fixes: fixed.release } };
};

export const newRelease = workspaceVerb('create release', {
  input: z.object({
    service: text,
    version: text,
    title: text,
    customers: textOrNull,
    when: aWhen.default({ kind: 'asap' }),
    rollbackPlan: textOrNull,
    answers: answers.default({ schema: false, irreversible: false, downtime: false, restricted: false }),
    hotfix: z.boolean().default(false),
    /** The release that a hotfix fixes, by its id or key: of the same service. */
    fixes: text.optional(),
    askWhenReady: z.boolean().default(true),
    /** Who answers for it, where a token plans it; else whoever made the token. */
    owner: aPerson.optional(),
    sha: textIfSaid,
    digest: textIfSaid,
  }),
  may: 'create',
  touches: ({ service }) => [service],
  token: 'plan',
  says: 'plans a release',
  typed: 'new [service [version]] ["title"]',
  run: async ({ deps, ctx, tx, writer, catalog, act }, input): Promise<Decision<Created>> => {
    const { workspace, actor, now } = ctx;
    const environment = protectedEnvironments(catalog)[0] ?? '';
    const linked = input.fixes === undefined ? [] : [input.fixes];
    const scheme = catalog.services[input.service]?.versioning ?? 'free';
    const [facts, found] = await Promise.all([
      readVersionFacts(tx, workspace, input.service, versionMeant(scheme, input.version), environment),
      deps.situations.read(tx, { workspace, releases: [], services: [input.service], linked, actor, now }),
    ]);
    const owner = await ownerOf(tx, ctx, input.owner);
    if (!owner.ok) return owner;
    const identity = { workspace, id: deps.newId('release'), number: writer.nextRelease };
    const created = createRelease({ ...input, owner: owner.value }, facts, catalog, identity, act);
    if (!created.ok) return created;
    if (found === null) throw new Error('The catalog vanished behind the lock.');
    await useNumber(tx, workspace, 'next_release');
    const fresh = fixing(found.around(created.value.release), input.fixes ?? '');
    const waits = gatesInTheWay(fresh, 'approval', now).length > 0;
    const asked = input.askWhenReady && !waits ? submit(fresh, act) : null;
    const after = asked?.ok === true ? asked.value.after : { ...fresh };
    const events = [...created.value.events, ...(asked?.ok === true ? asked.value.events : [])];
    await Promise.all(writesOf(deps, ctx, writer, fresh, { after, events }).map((query) => tx.executeQuery(query)));
    return allow({
      release: created.value.release.id,
      key: keyOf(created.value.release),
      notAsked: asked?.ok === false ? asked.refusal : null,
    });
  },
});
