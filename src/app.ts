/** Everything that is wired, by name: each slice's routes and every renderer. A missing one does not compile, or does not start. */

import {
  card,
  deploymentOutcome,
  deploymentPost,
  stakeholderPost,
  stakeholderProblem,
  threadLine,
} from './announcements/release-posts.ts';
import { approvalAsk, ownerNotice, question } from './approvals/approval-messages.ts';
import { approvalRoutes } from './approvals/approvals-slack.ts';
import { gateRoutes } from './approvals/gates-slack.ts';
import { adminRoutes } from './catalog/admin-slack.ts';
import { catalogAsk, welcome } from './catalog/catalog-messages.ts';
import { setupRoutes, unconfigured } from './catalog/setup-slack.ts';
import type { Renderers } from './courier/message.ts';
import { deploymentRoutes } from './deployments/deployments-slack.ts';
import { failureAsk } from './deployments/failure-ask.ts';
import { exceptionRoutes } from './freezes/exceptions-slack.ts';
import { emergencyJudge, exceptionAsk, freezeHeld, freezeNotice } from './freezes/freeze-messages.ts';
import { freezeRoutes } from './freezes/freezes-slack.ts';
import { home } from './home/home-messages.ts';
import { homeRoutes } from './home/home-slack.ts';
import { openHome } from './home/open-home.ts';
import { releaseRoutes } from './releases/releases-slack.ts';
import { actionReminder, reviewPrompt, trouble } from './reviews/review-messages.ts';
import { reviewRoutes } from './reviews/reviews-slack.ts';
import { ACTIONS, VERBS, VIEWS } from './slack/ids.ts';
import type { Routes } from './slack/requests.ts';
import type { Entrance } from './slack/router.ts';

export const RENDERERS: Renderers = {
  card,
  'thread-line': threadLine,
  'deployment-post': deploymentPost,
  'deployment-outcome': deploymentOutcome,
  'failure-ask': failureAsk,
  'stakeholder-post': stakeholderPost,
  'stakeholder-problem': stakeholderProblem,
  'approval-ask': approvalAsk,
  question,
  notice: ownerNotice,
  'exception-ask': exceptionAsk,
  'emergency-judge': emergencyJudge,
  'freeze-notice': freezeNotice,
  'freeze-held': freezeHeld,
  'review-prompt': reviewPrompt,
  'action-reminder': actionReminder,
  'catalog-ask': catalogAsk,
  home,
  welcome,
  trouble,
};

const SLICES: readonly Routes[] = [
  releaseRoutes,
  approvalRoutes,
  gateRoutes,
  deploymentRoutes,
  freezeRoutes,
  exceptionRoutes,
  reviewRoutes,
  homeRoutes,
  adminRoutes,
  setupRoutes,
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

export { unconfigured };
