/**
 * The one use case. In one transaction, alone in the workspace: read the situation, settle what time has done, check who may, decide,
 * settle what follows by itself, write, ask for messages, append to the journal. Two trips to the database.
 */
import type { CompiledQuery } from 'kysely';
import { enqueueing, noLongerResting, refreshing, refreshingWords } from '../courier/messages.ts';
import { type Ctx, inUnit, transact, type Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import type { EventDraft } from '../domain/events.ts';
import { awake } from '../domain/hours.ts';
import type { ReleaseId, UserId } from '../domain/ids.ts';
import { mayAct, maySee } from '../domain/permissions.ts';
import { linkedOf } from '../domain/plan/links.ts';
import { allow, type Decision, type Field, type Refusal, refuse } from '../domain/refusal.ts';
import { roleHolders } from '../domain/release/release.ts';
import { settle } from '../domain/settle.ts';
import type { Act, Effect, Situation } from '../domain/situation.ts';
import { type Token, tokenRefusal } from '../domain/token/token.ts';
import { person, say } from '../domain/words.ts';
import { appending, named } from '../journal/append.ts';
import { standing } from '../slack/people-store.ts';
import { messagesFor, subjectsOf } from './messages-for.ts';
import type { Found } from './parts.ts';
import { type Seen, seenBy, withoutWords } from './seen-by.ts';
import { parsed, type ReleaseVerb, type WorkspaceVerb } from './verbs.ts';

/**
 * What a release's use case answers. `answer` is what the caller made of the situation that it left, as far as the actor sees it: JSON, kept
 * for duplicates of the request.
 */
export type Receipt<Answer = null> = { release: ReleaseId; answer: Answer | null };

/** The release that is acted on, and what is to be answered from the situation that the act leaves. */
type Subject<Answer> = { release: ReleaseId; answer?: (after: Seen) => Answer };

const noRelease = refuse({
  code: 'not_found',
  what: 'release',
  reference: '',
  fix: say`See them with ${{ command: 'list' }}.`,
});

/** The statements that write an effect: rows, messages wanted, journal last. */
export const writesOf = (
  deps: Deps,
  ctx: Ctx,
  writer: Writer,
  before: Situation,
  effect: Effect,
): readonly CompiledQuery[] => {
  if (effect.after === before && effect.events.length === 0) return [];
  const { workspace } = ctx;
  const events = named(deps, effect.events);
  const moved = effect.after.deployments !== before.deployments || effect.after.locks !== before.locks;
  const went = effect.after.release.state.status !== before.release.state.status;
  const waiting = effect.after.around.neededBy.map(({ release }) => release);
  const hidden = effect.after.release.answers.restricted !== before.release.answers.restricted;
  return [
    ...deps.situations.saving(before, effect.after, ctx.now),
    ...(hidden ? [refreshingWords(workspace, effect.after.release.id)] : []),
    ...(moved || (went && effect.after.release.fixes !== null)
      ? deps.waking.siblings(effect.after.release, ctx.now)
      : []),
    ...(went ? deps.waking.releases(workspace, waiting, ctx.now) : []),
    ...enqueueing(deps, workspace, messagesFor(before, effect.after, events, ctx.actor, ctx.now)),
    ...refreshing(workspace, subjectsOf(before, effect.after, ctx.now)),
    ...appending(deps, ctx, writer, events),
  ];
};

const byItself = (events: readonly EventDraft[]): readonly EventDraft[] =>
  events.map((event) => ({ ...event, byItself: true as const }));

/** What follows by itself from the verb belongs to the same step: a gate that passes asks for approval at once. */
const continued = (settled: Effect, decided: Effect, act: Act): Effect => {
  const next = settle(decided.after, act.now, act.newId);
  const events = [...settled.events, ...decided.events, ...byItself(next.events)];
  return { after: next.after, events };
};

/** Who made a token answers for what it plans and asks for. */
const vouching = ({ token }: Ctx): Pick<Act, 'vouches'> => (token === undefined ? {} : { vouches: token.madeBy });

/** People act as whom Slack described lately; the clock acts for the owner. */
const actorOf = (ctx: Ctx, s: Situation): UserId => (ctx.actor === 'signalbox' ? s.release.owner : ctx.actor);

/** A person who may not act here, or of whom we do not know lately enough. Everybody else has no refusal. */
const refusedPerson = (ctx: Ctx, { actor }: Found): Decision<null> => {
  return ctx.actor === 'signalbox' || ctx.token !== undefined ? allow(null) : standing(actor, ctx.slackAway === true);
};

/** Something to do is given to members who can do it: strangers are asked about, people who left, guests and bots refused. */
const refusedPeople = (named: readonly UserId[], { around, release }: Situation, input: unknown): Refusal | null => {
  const fieldOf = (id: UserId): { field: Field } | null => {
    const field = Object.entries(input ?? {}).find(([, value]) => value === id)?.[0];
    return field === undefined ? null : { field: field as Field };
  };
  // Who has a role on it keeps it: a form that changes something else is not refused for that.
  const people = named.filter((id) => !roleHolders(release).includes(id));
  const unknown = people.filter((id) => around.names[id] === undefined);
  const [first] = unknown;
  if (first !== undefined) return { code: 'unknown_people', people: unknown, ...fieldOf(first) };
  const [cannot] = people.filter((id) => around.inactive.includes(id));
  if (cannot === undefined) return null;
  const because = say`${person(cannot)} is a guest, a bot, deactivated, unknown or of another workspace, and cannot act here`;
  const can = say`Name a member of this workspace.`;
  const there = fieldOf(cannot);
  return there === null
    ? { code: 'forbidden', did: 'Nothing changed', because, can }
    : { code: 'fields', problems: [{ ...there, problem: say`Nothing changed: ${because}. ${can}` }] };
};

/** Where an effect has changed what runs, or how it is; every place of the release where it does not say. */
const placesOf = (s: Situation, { after }: Effect): readonly string[] => {
  const known = new Set<unknown>([...s.deployments, ...s.locks]);
  const places = [...after.deployments, ...after.locks].filter((row) => !known.has(row)).map((row) => row.environment);
  return places.length > 0 ? [...new Set(places)] : s.release.targets;
};

/** A token may what it was made for, where it was made for: what was decided says where. */
const byToken = <Input>(
  verb: ReleaseVerb<Input>,
  s: Situation,
  input: Input,
  act: Act,
  token: Token,
): Decision<Effect> => {
  // What is linked is held by it as well.
  const linked = (verb.links?.(input) ?? []).flatMap((other) => linkedOf(s, other)?.service ?? []);
  const wanted = { scope: verb.token, services: [s.release.service, ...linked] };
  const stopped = tokenRefusal(token, wanted);
  if (stopped !== null) return refuse(stopped);
  const decision = verb.decide(s, input, act);
  if (!decision.ok || verb.token !== 'deploy') return decision;
  const there = placesOf(s, decision.value).map((environment) => tokenRefusal(token, { ...wanted, environment }));
  const elsewhere = there.find((refusal) => refusal !== null);
  return elsewhere == null ? decision : refuse(elsewhere);
};

const decided = <Input>(
  verb: ReleaseVerb<Input>,
  s: Situation,
  input: Input,
  act: Act,
  token: Token | undefined,
): Decision<Effect> => {
  // What has to be found out before anybody is asked is found out about drafts.
  const evidence = token !== undefined && verb.token === 'evidence' && s.release.state.status === 'draft';
  if (!evidence && !maySee(s.around.catalog, s.release, act.by)) return noRelease;
  if (token !== undefined) return byToken(verb, s, input, act, token);
  const may = typeof verb.may === 'function' ? verb.may(s, input, act) : verb.may;
  const permitted = may === 'by rule' ? allow(null) : mayAct(may, s.around.catalog, act.by, s.release);
  return permitted.ok ? verb.decide(s, input, act) : permitted;
};

/** A refusal says no more than whoever is refused may read: it is made once more of what they see. */
const readable = (s: Situation, by: UserId, decide: (s: Situation) => Decision<Effect>): Decision<Effect> => {
  const decision = decide(s);
  const seen = decision.ok ? null : seenBy(s, by);
  return seen?.release.withheld === true ? decide(seen) : decision;
};

/** Outside of their hours somebody is there after all. */
const atNight = ({ workspace, actor, token, now }: Ctx, s: Situation): readonly CompiledQuery[] =>
  actor === 'signalbox' || token !== undefined || awake(s, actor, now) ? [] : [noLongerResting(workspace, actor)];

/** Runs one verb on one release. Settling is written even when the verb is refused: time has passed either way. */
export const perform = <Input, Answer = null>(
  deps: Deps,
  ctx: Ctx,
  verb: ReleaseVerb<Input>,
  { release, answer }: Subject<Answer>,
  input: unknown,
): Promise<Decision<Receipt<Answer>>> => {
  const read = parsed(verb.input, input);
  if (!read.ok) return Promise.resolve(read);
  const actor = ctx.actor === 'signalbox' ? null : ctx.actor;
  const people = [...new Set((verb.people?.(read.value) ?? []).filter((id) => id != null))];
  const services = verb.services?.(read.value) ?? [];
  const linked = verb.links?.(read.value) ?? [];
  const scope = { workspace: ctx.workspace, releases: [release], services, linked, actor, people, now: ctx.now };
  return inUnit<Receipt<Answer>>(deps, ctx, verb.name, release, {
    reads: [deps.situations.reading(scope)],
    work: async (tx, writer, [rows = []]) => {
      const found = await deps.situations.found(tx, scope, rows);
      if (found === null) return { decision: refuse({ code: 'unconfigured' }), writes: [] };
      const person = refusedPerson(ctx, found);
      if (!person.ok) return { decision: person, writes: [] };
      const [before] = found.situations;
      if (before === undefined) return { decision: noRelease, writes: [] };
      const named = refusedPeople(people, before, read.value);
      if (named !== null) return { decision: refuse(named), writes: [] };
      const act: Act = { by: actorOf(ctx, before), now: ctx.now, newId: deps.newId, ...vouching(ctx) };
      const first = settle(before, ctx.now, deps.newId);
      const settled: Effect = { ...first, events: byItself(first.events) };
      const decision = readable(settled.after, act.by, (s) => decided(verb, s, read.value, act, ctx.token));
      const effect = decision.ok ? continued(settled, decision.value, act) : settled;
      const writes = [...writesOf(deps, ctx, writer, before, effect), ...atNight(ctx, effect.after)];
      if (!decision.ok) return { decision, writes };
      // Whoever brings evidence for a private draft hears how its gates stand.
      const evidence = ctx.token !== undefined && verb.token === 'evidence';
      const seen = seenBy(effect.after, act.by) ?? (evidence ? withoutWords(effect.after) : null);
      const told = answer === undefined || seen === null ? null : answer(seen);
      return { decision: allow({ release, answer: told }), writes };
    },
  });
};

const mayOnWorkspace = <Input, Value>(
  { actor, token }: Ctx & { actor: UserId },
  verb: WorkspaceVerb<Input, Value>,
  catalog: Catalog,
  input: Input,
): Decision<unknown> => {
  if (token === undefined) return mayAct(verb.may, catalog, actor, null, verb.touches?.(input)[0] ?? null);
  const place = verb.place?.(input);
  const stopped = tokenRefusal(token, {
    scope: verb.token,
    services: verb.touches?.(input) ?? [],
    ...(place === undefined ? {} : { environment: place }),
  });
  return stopped === null ? allow(null) : refuse(stopped);
};

/** Runs one verb on the workspace. */
export const performOnWorkspace = <Input, Value>(
  deps: Deps,
  ctx: Ctx & { actor: UserId },
  verb: WorkspaceVerb<Input, Value>,
  input: unknown,
): Promise<Decision<Value>> => {
  const read = parsed(verb.input, input);
  if (!read.ok) return Promise.resolve(read);
  return transact(deps, ctx, verb.name, ctx.workspace, async (tx, writer) => {
    if (writer.catalogVersion === null) return refuse({ code: 'unconfigured' });
    const catalog = await deps.catalogs.at(tx, ctx.workspace, writer.catalogVersion);
    const permitted = mayOnWorkspace(ctx, verb, catalog, read.value);
    if (!permitted.ok) return permitted;
    const act: Act = { by: ctx.actor, now: ctx.now, newId: deps.newId, ...vouching(ctx) };
    return verb.run({ deps, ctx, tx, writer, catalog, act }, read.value);
  });
};
