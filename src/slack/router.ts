/** The one way in. Every payload is reduced to a request: who (from the verified payload only), where, with which key; then its route runs. */

import { userId } from '../domain/ids.ts';
import { cut, say, UNSTORABLE } from '../domain/words.ts';
import { viewOf } from './answers.ts';
import { bareRequest, type Entrance, forReader, isElsewhere, type Router, requestOf, STRANGER } from './asking.ts';
import { flagIn, inOurWords, isVerb, meantBy, wordsOf } from './command-words.ts';
import type { RawValues } from './form-values.ts';
import type { CommandVerb, ViewId } from './ids.ts';
import { ACTIONS, type ActionId, RETIRED_ACTIONS, unpackValue, VIEWS } from './ids.ts';
import { loading } from './kit.ts';
import { type Choice, choicesOf, fittingChoices, isList } from './lists.ts';
import { md } from './mrkdwn.ts';
import { confirmedPerson } from './people.ts';
import { mayActAtAll } from './people-store.ts';
import {
  type ActRoute,
  type Answer,
  type Bare,
  type LookedUp,
  type Request,
  type Route,
  refused,
  tell,
  type Unconfigured,
} from './requests.ts';
import { failed, type Incoming, respond } from './respond.ts';
import { type Tenant } from './tenants.ts';

const formLoadingFirst = async <Incoming_ extends Pick<Request, 'voice'>>(
  router: Router,
  incoming: Incoming,
  route: Route<Incoming_>,
  request: Incoming_,
): Promise<Answer> => {
  if (route.opens === undefined) {
    const answer = await route.run(request);
    if (answer.kind !== 'form' || incoming.kind !== 'command') return answer;
    await router.tenant.client.views.open({ trigger_id: incoming.triggerId, view: answer.view });
    return { kind: 'done' };
  }
  const opened = await router.tenant.client.views.open({ trigger_id: incoming.triggerId, view: loading(route.opens) });
  const { id, hash } = opened.view ?? {};
  if (id === undefined) throw new Error('Slack opened a view and did not say which.');
  const answer = await route.run(request).catch((error: unknown): Answer => failed(router.deps, incoming, error));
  const view = viewOf(answer, route.opens, request.voice);
  await router.tenant.client.views.update({ view_id: id, ...(hash === undefined ? {} : { hash }), view });
  return { kind: 'done' };
};

type Configured = (request: Request, router: Router, lookedUp: LookedUp | null) => Promise<Answer>;
type WithoutCatalog = (request: Unconfigured, router: Router) => Promise<Answer>;

const identified = async (
  router: Router,
  bare: Bare,
  run: Configured,
  without: WithoutCatalog,
  words: readonly string[] = [],
): Promise<Answer> => {
  const found = await requestOf(router, bare, words);
  switch (found.kind) {
    case 'refused':
      return refused(found.refusal);
    case 'unconfigured':
      return without(found.request, router);
    case 'request':
      return run(found.request, router, found.lookedUp);
  }
};

const guarded = (
  entrance: Entrance,
  incoming: Incoming,
  run: Configured,
  without: WithoutCatalog = entrance.unconfigured.show,
  words: readonly string[] = [],
): Promise<void> =>
  respond(entrance, incoming, async (tenant) => {
    const router: Router = { ...entrance, tenant };
    if (isElsewhere(tenant, incoming)) return refused(STRANGER);
    const bare = bareRequest(router, incoming);
    return forReader(router, bare.actor, await identified(router, bare, run, without, words));
  });

/**
 * What only runs a verb. The verb looks behind its lock at who it is and whether there are rules; when Slack has to be asked first, it is
 * asked, and the verb is run again.
 */
const acting = async <Incoming_ extends Request>(
  router: Router,
  { act }: ActRoute<Incoming_>,
  bare: Bare<Incoming_>,
  without: WithoutCatalog,
): Promise<Answer> => {
  const answer = await act(bare);
  if (answer.kind !== 'refused') return answer;
  if (answer.refusal.code === 'unconfigured') return identified(router, bare, () => act(bare), without);
  if (answer.refusal.code !== 'stale_facts') return answer;
  const person = await confirmedPerson(router.deps, router.tenant, bare.actor);
  if (person === null) return answer;
  return act({ ...bare, ctx: { ...bare.ctx, slackAway: true } });
};

/** Where a payload of another team may do nothing, and everybody else's is served by its tenant. */
const served = (
  entrance: Entrance,
  incoming: Incoming,
  serve: (router: Router, bare: Bare) => Promise<Answer>,
): Promise<void> =>
  respond(entrance, incoming, async (tenant) => {
    const router: Router = { ...entrance, tenant };
    if (isElsewhere(tenant, incoming)) return refused(STRANGER);
    const bare = bareRequest(router, incoming);
    return forReader(router, bare.actor, await serve(router, bare));
  });

export type SlashCommand = Incoming & { alias: CommandVerb | null; text: string };

/** The verb and its words; an alias is the first of them. */
const commandWords = ({ alias, text }: SlashCommand): readonly string[] => {
  const typed = wordsOf(text);
  return inOurWords(alias === null ? typed : [alias, ...typed]);
};

const runCommand = (
  router: Router,
  incoming: SlashCommand,
  request: Request,
  lookedUp: LookedUp | null,
): Answer | Promise<Answer> => {
  if (UNSTORABLE.test(incoming.text))
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'text',
          problem: say`Nothing done: the command holds a character that cannot be stored, or half of one. Type it anew.`,
        },
      ],
    });
  const flag = flagIn(incoming.text);
  if (flag !== null)
    return refused({
      code: 'not_found',
      what: 'option',
      reference: cut(flag, 40),
      fix: say`What belongs to a reason or a title goes in quotes.`,
    });
  const [first, ...rest] = commandWords(incoming);
  const verb = first?.toLowerCase() ?? 'home';
  if (!isVerb(verb)) {
    return refused({ code: 'unknown_verb', verb, nearest: meantBy(first ?? '', rest, request.catalog) });
  }
  // Alone, the command shows what waits for the caller.
  const chosen = first === undefined ? 'home' : verb;
  const route = router.routes.verbs[chosen];
  if (route === undefined) throw new Error(`Verb ${chosen} has no route: the table in app.ts has a gap.`);
  const opens = rest.length >= (route.opensFrom ?? 0) && rest.length <= (route.opensUpTo ?? Infinity);
  const direct = opens ? route : { run: route.run };
  return formLoadingFirst(router, incoming, direct, {
    ...request,
    verb: chosen,
    words: rest,
    text: incoming.text,
    lookedUp,
  });
};

/** Without a catalog there is one form, for those who ask for it; everybody else is told what is missing. */
const withoutCatalog =
  (incoming: Incoming, wantsForm: boolean) =>
  (request: Unconfigured, router: Router): Promise<Answer> =>
    wantsForm
      ? formLoadingFirst(router, incoming, { opens: 'Set up Signalbox', run: router.unconfigured.open }, request)
      : router.unconfigured.show(request);

export const routeCommand = (entrance: Entrance, incoming: SlashCommand): Promise<void> =>
  guarded(
    entrance,
    incoming,
    async (request, router, lookedUp) => runCommand(router, incoming, request, lookedUp),
    withoutCatalog(incoming, commandWords(incoming)[0]?.toLowerCase() === 'setup'),
    commandWords(incoming).slice(1),
  );

export type Click = Incoming & {
  actionId: string;
  /** The ts of the message in which it stands. */
  message: string | null;
  value: string;
  values: RawValues;
  view: { id: string; metadata: string; callback: string } | null;
};

const KNOWN_ACTIONS: ReadonlySet<string> = new Set(Object.values(ACTIONS));

/** The action and its value: from a button, or from the chosen line of an overflow menu. */
const clicked = (incoming: Click): { id: string; value: string } => {
  const id = incoming.actionId.split(':')[0] ?? '';
  if (id !== ACTIONS.more) return { id, value: incoming.value };
  const [action = '', ...value] = unpackValue(incoming.value);
  return { id: action, value: value.join('~') };
};

const SETUP_ACTIONS: ReadonlySet<string> = new Set([ACTIONS.setupOpen, ACTIONS.setup]);

export const routeClick = (entrance: Entrance, incoming: Click): Promise<void> =>
  served(entrance, incoming, (router, bare) => {
    const { id, value } = clicked(incoming);
    if (id === ACTIONS.link) return Promise.resolve({ kind: 'done' });
    const known = KNOWN_ACTIONS.has(id) && !RETIRED_ACTIONS.includes(id);
    const action = known ? (id as ActionId) : ACTIONS.show;
    const route = router.routes.actions[action];
    if (route === undefined) throw new Error(`Action ${action} has no route: the table in app.ts has a gap.`);
    const { values, message, view } = incoming;
    const more = { action, value, values, message, view };
    const without = withoutCatalog(incoming, SETUP_ACTIONS.has(id));
    return 'act' in route
      ? acting(router, route, { ...bare, ...more }, without)
      : identified(
          router,
          bare,
          (request) => formLoadingFirst(router, incoming, route, { ...request, ...more }),
          without,
        );
  });

export type Submission = Incoming & { callback: string; metadata: string; values: RawValues };

const OLD_FORM = tell([md`This form is from an earlier version of Signalbox. Open it again; nothing was changed.`]);

export const routeSubmission = (entrance: Entrance, incoming: Submission): Promise<void> =>
  served(entrance, incoming, (router, bare) => {
    const { callback, metadata, values } = incoming;
    const route = Object.hasOwn(entrance.routes.views, callback)
      ? entrance.routes.views[callback as ViewId]
      : undefined;
    const more = { callback: callback as ViewId, metadata, values };
    const without: WithoutCatalog = (request) =>
      callback === VIEWS.setup
        ? entrance.unconfigured.submit({ ...request, values })
        : entrance.unconfigured.show(request);
    if (route === undefined) return Promise.resolve(OLD_FORM);
    return 'act' in route
      ? acting(router, route, { ...bare, ...more }, without)
      : identified(router, bare, (request) => route.run({ ...request, ...more }), without);
  });

/** What a form asks for while somebody types in a long list. */
export type Asked = Pick<Incoming, 'source' | 'user' | 'userTeam'> & { actionId: string; typed: string };

/** What fits; nothing is offered to whoever may not act here. */
export const routeOptions = async ({ deps, tenants }: Entrance, asked: Asked): Promise<readonly Choice[]> => {
  const tenant = await tenants.at(asked.source);
  const list = asked.actionId.split(':')[1] ?? '';
  if (tenant === null || isElsewhere(tenant, asked) || !isList(list)) return [];
  const [person, catalog] = await Promise.all([
    confirmedPerson(deps, tenant, userId(asked.user)),
    deps.catalogs.current(deps.database.db, tenant.workspace),
  ]);
  if (person === null || !mayActAtAll(person) || catalog === null) return [];
  return fittingChoices(choicesOf(list, catalog), asked.typed);
};

/** Home is for members only; it is shown to whom the event names, and nobody acts by looking. */
export const routeHome = async ({ deps, homeOpened }: Entrance, tenant: Tenant, user: string): Promise<void> => {
  const actor = userId(user);
  const { workspace } = tenant;
  const person = await confirmedPerson(deps, tenant, actor);
  if (person === null || !mayActAtAll(person)) return;
  await homeOpened(deps, { workspace, actor, surface: 'home', now: deps.clock.now(), requestKey: null });
};

export const routeShortcut = (entrance: Entrance, incoming: Incoming): Promise<void> =>
  guarded(entrance, incoming, async (request, router) => {
    const route = router.routes.actions[ACTIONS.new];
    if (route === undefined || 'act' in route) throw new Error('The shortcut has no form.');
    return formLoadingFirst(router, incoming, route, {
      ...request,
      action: ACTIONS.new,
      value: '',
      values: {},
      message: null,
      view: null,
    });
  });
