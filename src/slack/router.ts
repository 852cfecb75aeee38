/** The one way in. Every payload is reduced to a request: who (from the verified payload only), where, with which key; then its route runs. */
import type { KnownBlock, ModalView } from '@slack/types';
import { currentCatalog } from '../catalog/catalog-store.ts';
import type { Ctx } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { channelId, type UserId, userId } from '../domain/ids.ts';
import { nearestOf } from '../domain/nearest.ts';
import { type Refusal, refusalSentence } from '../domain/refusal.ts';
import { say } from '../domain/wording.ts';
import { slackFacts } from './directory.ts';
import type { RawValues } from './form-values.ts';
import type { CommandVerb, ViewId } from './ids.ts';
import { ACTIONS, type ActionId, RETIRED_ACTIONS, unpackValue, VERBS, VIEWS } from './ids.ts';
import { loading, notice, section } from './kit.ts';
import { md, sentenceText, type Voice } from './mrkdwn.ts';
import { confirmedPerson, mayActAtAll } from './people.ts';
import type { Person } from './people-store.ts';
import {
  type Answer,
  type Request,
  type Route,
  type Routes,
  refusalMarkup,
  refused,
  tell,
  type Unconfigured,
} from './requests.ts';
import { failed, type Incoming, mentionVoice, respond } from './respond.ts';
import { isOrganisation, type Tenant, type Tenants } from './tenants.ts';

/** What is the same for every workspace. */
export type Entrance = {
  deps: Deps;
  tenants: Tenants;
  routes: Routes;
  /** What a workspace without a catalog answers, and its one form. */
  unconfigured: {
    show: (request: Unconfigured) => Promise<Answer>;
    open: (request: Unconfigured) => Promise<Answer>;
    submit: (request: Unconfigured & { values: RawValues }) => Promise<Answer>;
  };
  /** Somebody opened the Home tab. */
  homeOpened: (deps: Deps, ctx: Ctx & { actor: UserId }) => Promise<void>;
};

/** Within the workspace whose payload it is. */
type Router = Entrance & { tenant: Tenant };

export type Identity = { actor: UserId; person: Person; ctx: Ctx };

/** Of another team than the one that has the app. In an organisation that has it as a whole, people are looked at instead. */
const isElsewhere = ({ slackId }: Tenant, { userTeam }: Incoming): boolean =>
  !isOrganisation(slackId) && userTeam !== null && userTeam !== slackId;

const identify = async (
  router: Router,
  incoming: Incoming,
): Promise<{ ok: true; value: Identity } | { ok: false; refusal: Refusal }> => {
  const { deps, tenant } = router;
  const { workspace } = tenant;
  const actor = userId(incoming.user);
  const ctx: Ctx = {
    workspace,
    actor,
    surface: incoming.surface,
    now: deps.clock.now(),
    requestKey: `${incoming.kind}:${incoming.triggerId}`,
  };
  const stranger: Refusal = {
    code: 'forbidden',
    did: 'Nothing done',
    because: say`guests, bots, deactivated people and people of other workspaces cannot act here`,
    can: say`Ask a member of this workspace.`,
  };
  if (isElsewhere(tenant, incoming)) return { ok: false, refusal: stranger };
  const person = await confirmedPerson(deps, tenant, actor);
  if (person === null) return { ok: false, refusal: { code: 'stale_facts', did: 'Nothing done' } };
  return mayActAtAll(person) ? { ok: true, value: { actor, person, ctx } } : { ok: false, refusal: stranger };
};

const requestOf = async (router: Router, incoming: Incoming, identity: Identity): Promise<Request | null> => {
  const catalog = await currentCatalog(router.deps.database.db, router.tenant.workspace);
  if (catalog === null) return null;
  const channel = incoming.channel === null ? null : channelId(incoming.channel);
  const voice = mentionVoice(router.deps);
  return {
    deps: router.deps,
    ...identity,
    catalog,
    channel,
    voice,
    slack: slackFacts(router.deps, router.tenant),
    admins: router.tenant.admins,
  };
};

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

/** Any answer as a modal. */
export const viewOf = (answer: Answer, title: string, voice: Voice): ModalView => {
  switch (answer.kind) {
    case 'form':
      return answer.view;
    case 'say':
      return notice(title, answer.blocks);
    case 'refused':
      return notice(title, [section([refusalMarkup(answer.refusal, voice)])]);
    case 'done':
      return notice(title, [section([md`Done.`])]);
  }
};

/** Any answer as a private message. */
export const messageOf = (answer: Answer, voice: Voice): { text: string; blocks: readonly KnownBlock[] } => {
  switch (answer.kind) {
    case 'say':
      return { text: answer.text, blocks: answer.blocks };
    case 'refused':
      return {
        text: sentenceText(refusalSentence(answer.refusal), { names: {}, command: voice.command }),
        blocks: [section([refusalMarkup(answer.refusal, voice)])],
      };
    case 'form':
    case 'done':
      return { text: 'Done.', blocks: [section([md`Done.`])] };
  }
};

const guarded = (
  entrance: Entrance,
  incoming: Incoming,
  run: (request: Request, router: Router) => Promise<Answer>,
  bare: (request: Unconfigured, router: Router) => Promise<Answer> = entrance.unconfigured.show,
): Promise<void> =>
  respond(entrance, incoming, async (tenant) => {
    const router: Router = { ...entrance, tenant };
    const identity = await identify(router, incoming);
    if (!identity.ok) return refused(identity.refusal);
    const request = await requestOf(router, incoming, identity.value);
    if (request !== null) return run(request, router);
    const unconfigured: Unconfigured = {
      deps: router.deps,
      ...identity.value,
      voice: mentionVoice(router.deps),
      slack: slackFacts(router.deps, router.tenant),
      admins: router.tenant.admins,
    };
    return bare(unconfigured, router);
  });

/** Words of a command; quotes (also curly ones) hold several together; Slack's escapes are undone. */
export const wordsOf = (text: string): readonly string[] => {
  const plain = text.replace(/[“”„]/g, '"');
  return [...plain.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => unescape(quoted ?? word ?? ''));
};

const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const isVerb = (word: string): word is CommandVerb => (VERBS as readonly string[]).includes(word);

export type SlashCommand = Incoming & { alias: CommandVerb | null; text: string };

/** The verb and its words; an alias is the first of them. */
const commandWords = ({ alias, text }: SlashCommand): readonly string[] => {
  const typed = wordsOf(text);
  return alias === null ? typed : [alias, ...typed];
};

const runCommand = (router: Router, incoming: SlashCommand, request: Request): Answer | Promise<Answer> => {
  const [first, ...rest] = commandWords(incoming);
  const verb = first?.toLowerCase() ?? 'home';
  if (!isVerb(verb)) {
    const nearest = nearestOf(verb, VERBS);
    return refused({ code: 'unknown_verb', verb, nearest: nearest === null ? null : [nearest, ...rest].join(' ') });
  }
  // Alone, the command shows what waits for the caller.
  const chosen = first === undefined ? 'home' : verb;
  const route = router.routes.verbs[chosen];
  if (route === undefined) throw new Error(`Verb ${chosen} has no route: the table in app.ts has a gap.`);
  const direct = route.bareOnly === true && rest.length > 0 ? { run: route.run } : route;
  return formLoadingFirst(router, incoming, direct, { ...request, verb: chosen, words: rest, text: incoming.text });
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
    async (request, router) => runCommand(router, incoming, request),
    withoutCatalog(incoming, commandWords(incoming)[0]?.toLowerCase() === 'setup'),
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
  guarded(
    entrance,
    incoming,
    async (request, router) => {
      const { id, value } = clicked(incoming);
      if (id === ACTIONS.link) return { kind: 'done' };
      const known = KNOWN_ACTIONS.has(id) && !RETIRED_ACTIONS.includes(id);
      const action = known ? (id as ActionId) : ACTIONS.show;
      const route = router.routes.actions[action];
      if (route === undefined) throw new Error(`Action ${action} has no route: the table in app.ts has a gap.`);
      return formLoadingFirst(router, incoming, route, {
        ...request,
        action,
        value,
        values: incoming.values,
        message: incoming.message,
        view: incoming.view,
      });
    },
    withoutCatalog(incoming, SETUP_ACTIONS.has(clicked(incoming).id)),
  );

export type Submission = Incoming & { callback: string; metadata: string; values: RawValues };

export const routeSubmission = (entrance: Entrance, incoming: Submission): Promise<void> =>
  guarded(
    entrance,
    incoming,
    async (request) => {
      const route = entrance.routes.views[incoming.callback as ViewId];
      if (route === undefined)
        return tell([md`This form is from an earlier version of Signalbox. Open it again; nothing was changed.`]);
      return route.run({
        ...request,
        callback: incoming.callback as ViewId,
        metadata: incoming.metadata,
        values: incoming.values,
      });
    },
    (request) =>
      incoming.callback === VIEWS.setup
        ? entrance.unconfigured.submit({ ...request, values: incoming.values })
        : entrance.unconfigured.show(request),
  );

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
    if (route === undefined) throw new Error('The shortcut has no route.');
    return formLoadingFirst(router, incoming, route, {
      ...request,
      action: ACTIONS.new,
      value: '',
      values: {},
      message: null,
      view: null,
    });
  });
