/** Everything that is wired, by name: each slice's routes and every renderer. A missing one does not compile, or does not start. */

import { deploymentOutcome, deploymentPost } from './announcements/deployment-posts.ts';
import { card, stakeholderPost, stakeholderProblem, threadLine } from './announcements/release-posts.ts';
import { goOnIn, trouble } from './announcements/undeliverable.ts';
import { approvalAsk, question } from './approvals/approval-messages.ts';
import { approvalVerbs } from './approvals/approval-verbs.ts';
import { approvalRoutes } from './approvals/approvals-slack.ts';
import { ownerNotice } from './approvals/owner-notice.ts';
import { releaseNews } from './approvals/release-news.ts';
import { askedLatelyPart, roundPart } from './approvals/round-store.ts';
import { adminRoutes } from './catalog/admin-slack.ts';
import { catalogAsk, welcome } from './catalog/catalog-messages.ts';
import { catalogRoutes } from './catalog/catalog-slack.ts';
import { catalogs } from './catalog/catalog-store.ts';
import { catalogVerbs } from './catalog/catalog-verbs.ts';
import { findInvited } from './catalog/find-channels.ts';
import { unconfigured } from './catalog/setup-slack.ts';
import { ofOther, type Renderers } from './courier/message.ts';
import { checklist } from './deployments/checklist-messages.ts';
import { checklistRoutes } from './deployments/checklist-slack.ts';
import {
  busyPart,
  deploymentsPart,
  emergencyPart,
  failuresPart,
  locksPart,
  successesPart,
} from './deployments/deployment-store.ts';
import { deploymentVerbs } from './deployments/deployment-verbs.ts';
import { deploymentRoutes } from './deployments/deployments-slack.ts';
import { emergencyJudge, emergencyPost } from './deployments/emergency-messages.ts';
import { emergencyRoutes } from './deployments/emergency-slack.ts';
import { failureAsk } from './deployments/failure-ask.ts';
import { lockNotice } from './deployments/lock-notice.ts';
import { lockVerbs } from './deployments/lock-verbs.ts';
import { lockRoutes } from './deployments/locks-slack.ts';
import { promoteRoutes } from './deployments/promote-slack.ts';
import { rollbackRoutes } from './deployments/rollback-slack.ts';
import { rolloutRoutes } from './deployments/rollout-slack.ts';
import type { Deps } from './deps.ts';
import type { ChannelId } from './domain/ids.ts';
import type { Situation, Surroundings } from './domain/situation.ts';
import { declareFreezeRoutes } from './freezes/declare-freeze-slack.ts';
import { exceptionVerbs } from './freezes/exception-verbs.ts';
import { exceptionRoutes } from './freezes/exceptions-slack.ts';
import { exceptionAsk, freezeHeld } from './freezes/freeze-messages.ts';
import { freezeNotice } from './freezes/freeze-notices.ts';
import { exceptionsPart, freezesPart } from './freezes/freeze-store.ts';
import { freezeVerbs } from './freezes/freeze-verbs.ts';
import { freezeRoutes } from './freezes/freezes-slack.ts';
import { gateAsk } from './gates/gate-messages.ts';
import { gatesPart } from './gates/gate-store.ts';
import { gateVerbs } from './gates/gate-verbs.ts';
import { gateRoutes } from './gates/gates-slack.ts';
import { calendarRoutes } from './home/calendar-slack.ts';
import { environmentRoutes } from './home/environments-slack.ts';
import { helpRoutes } from './home/help-slack.ts';
import { home } from './home/home-messages.ts';
import { homeRoutes } from './home/home-slack.ts';
import { morning } from './home/morning.ts';
import { openHome } from './home/open-home.ts';
import { lookUp } from './releases/find-release.ts';
import { newRelease } from './releases/new-release-verb.ts';
import { linksPart, plansPart, releasePart, siblingsPart } from './releases/release-store.ts';
import { releaseVerbs } from './releases/release-verbs.ts';
import { releaseRoutes } from './releases/releases-slack.ts';
import { actionRoutes } from './reviews/actions-slack.ts';
import { actionReminder, reviewPrompt } from './reviews/review-messages.ts';
import { reviewsPart } from './reviews/review-store.ts';
import { reviewVerbs } from './reviews/review-verbs.ts';
import { reviewRoutes } from './reviews/reviews-slack.ts';
import { cardPart } from './situation/card-part.ts';
import { type Part, type Situations, situationsOf } from './situation/parts.ts';
import { peoplePart } from './situation/people-part.ts';
import { shown } from './situation/show.ts';
import type { VerbTable } from './situation/verbs.ts';
import type { Entrance } from './slack/asking.ts';
import { ACTIONS, VERBS, VIEWS } from './slack/ids.ts';
import type { Routes } from './slack/requests.ts';
import type { Tenant } from './slack/tenants.ts';
import { tokenVerbs } from './tokens/token-verbs.ts';
import { tokenRoutes } from './tokens/tokens-slack.ts';
import { unheardStarts } from './webhooks/unheard.ts';
import { webhookVerbs } from './webhooks/webhook-verbs.ts';
import { webhookRoutes } from './webhooks/webhooks-slack.ts';

/** Everything that a situation is made of. A kind of row that is missing here does not compile. */
const PARTS = [
  roundPart,
  gatesPart,
  deploymentsPart,
  emergencyPart,
  reviewsPart,
  exceptionsPart,
  locksPart,
  cardPart,
  freezesPart,
  busyPart,
  successesPart,
  failuresPart,
  siblingsPart,
  linksPart,
  plansPart,
  peoplePart,
  askedLatelyPart,
];

type FilledBy<Item> = Item extends Part<infer Fills> ? Fills : never;
type Filled = FilledBy<(typeof PARTS)[number]>;
type KeysOf<Fills, Key extends string> = Fills extends { [K in Key]: infer Value } ? keyof Value : never;
/** What a situation has and no part fills in. */
type Gaps = {
  own: Exclude<keyof Situation, 'release' | 'around' | KeysOf<Filled, 'own'>>;
  around: Exclude<keyof Surroundings, 'catalog' | KeysOf<Filled, 'around'>>;
};
const NO_GAP: Gaps extends { own: never; around: never } ? true : Gaps = true;

export const SITUATIONS: Situations = situationsOf(catalogs, releasePart, NO_GAP ? PARTS : []);

/** Everything that anybody can do, by what it is about. */
export const VERB_TABLE: VerbTable = {
  plan: [newRelease, ...Object.values(releaseVerbs)],
  approve: [...Object.values(approvalVerbs), ...Object.values(gateVerbs)],
  freeze: [...Object.values(freezeVerbs), ...Object.values(exceptionVerbs)],
  deploy: [...Object.values(deploymentVerbs), ...Object.values(lockVerbs)],
  review: Object.values(reviewVerbs),
  admin: [...Object.values(catalogVerbs), ...Object.values(tokenVerbs), ...Object.values(webhookVerbs)],
};

export const RENDERERS: Renderers = {
  card: shown(card),
  'thread-line': shown(threadLine),
  'deployment-post': shown(deploymentPost),
  'deployment-outcome': shown(deploymentOutcome),
  checklist: shown(checklist),
  'failure-ask': shown(failureAsk),
  'stakeholder-post': shown(stakeholderPost),
  'stakeholder-problem': shown(stakeholderProblem),
  'approval-ask': shown(approvalAsk),
  question: shown(question),
  notice: shown(ownerNotice),
  news: shown(releaseNews),
  'gate-ask': shown(gateAsk),
  'emergency-post': shown(emergencyPost),
  'exception-ask': shown(exceptionAsk),
  'emergency-judge': shown(emergencyJudge),
  'freeze-notice': ofOther(freezeNotice(SITUATIONS, catalogs)),
  'lock-notice': ofOther(lockNotice),
  'freeze-held': ofOther(freezeHeld(SITUATIONS, catalogs)),
  'review-prompt': ofOther(reviewPrompt),
  'action-reminder': shown(actionReminder),
  'catalog-ask': ofOther(catalogAsk),
  home: ofOther(home(SITUATIONS)),
  morning: ofOther(morning(SITUATIONS)),
  welcome: ofOther(welcome),
  trouble: ofOther(trouble),
};

const SLICES: readonly Routes[] = [
  releaseRoutes,
  approvalRoutes,
  gateRoutes,
  deploymentRoutes,
  emergencyRoutes,
  rollbackRoutes,
  rolloutRoutes,
  checklistRoutes,
  promoteRoutes,
  lockRoutes,
  environmentRoutes,
  freezeRoutes,
  declareFreezeRoutes,
  exceptionRoutes,
  reviewRoutes,
  actionRoutes,
  homeRoutes,
  calendarRoutes,
  helpRoutes(VERB_TABLE),
  adminRoutes([unheardStarts]),
  catalogRoutes,
  tokenRoutes,
  webhookRoutes,
];

/** Ids that only hold a value, or are answered by the router itself. */
const WITHOUT_ROUTE: ReadonlySet<string> = new Set([ACTIONS.more, ACTIONS.link, VIEWS.shown]);

/** The whole Slack surface as one table. Throws when an id has no route. */
export const buildRoutes = (): Routes => {
  const routes: Routes = {
    verbs: Object.assign({}, ...SLICES.map(({ verbs }) => verbs)),
    actions: Object.assign({}, ...SLICES.map(({ actions }) => actions)),
    views: Object.assign({}, ...SLICES.map(({ views }) => views)),
  };
  const gaps = [
    ...VERBS.filter((verb) => routes.verbs[verb] === undefined),
    ...Object.values(ACTIONS).filter((id) => routes.actions[id] === undefined && !WITHOUT_ROUTE.has(id)),
    ...Object.values(VIEWS).filter((id) => routes.views[id] === undefined && !WITHOUT_ROUTE.has(id)),
  ];
  if (gaps.length > 0) throw new Error(`No route for ${gaps.join(', ')}.`);
  return routes;
};

export const homeOpened: Entrance['homeOpened'] = async (deps, ctx) => {
  await openHome(deps, ctx, null);
};

/** The app was invited to a channel: what was meant for it goes out. */
export const invited = async (deps: Deps, tenant: Tenant, channel: ChannelId): Promise<void> => {
  try {
    await findInvited(deps, tenant, channel);
  } finally {
    await goOnIn(deps, tenant.workspace, channel);
  }
};

export { lookUp, unconfigured };
