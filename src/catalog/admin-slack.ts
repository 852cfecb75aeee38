/** Operation, from Slack: what is missing and how to mend it, the journal's verification, set-aside messages. */

import { mayAct } from '../domain/permissions.ts';
import { count } from '../domain/words.ts';
import { verifyJournal } from '../journal/verify.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { ACTIONS } from '../slack/ids.ts';
import { md } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type Answer,
  type Request,
  type Route,
  type Routes,
  refused,
  tell,
} from '../slack/requests.ts';
import { catalogVerbs } from './catalog-verbs.ts';
import { doctor, type Finding } from './doctor.ts';

const audit = async (request: Request): Promise<Answer> => {
  const permitted = mayAct('administer', request.catalog, request.actor, null);
  if (!permitted.ok) return refused(permitted.refusal);
  const verdict = await verifyJournal(request.deps.database.db, request.ctx.workspace, request.deps.journalKey);
  return verdict.ok
    ? tell([md`The journal is whole: ${count(verdict.rows, 'row')} verified.`])
    : tell([
        md`*The journal is broken at row ${verdict.seq}:* ${verdict.broken}. The ${count(verdict.rows, 'row')} before it ${verdict.rows === 1 ? 'is' : 'are'} whole. Keep a copy of the database before anything else.`,
      ]);
};

const replay: Route<ActionRequest> = {
  run: async ({ deps, ctx, actor }) => {
    const decision = await performOnWorkspace(deps, { ...ctx, actor }, catalogVerbs.replay, null);
    return decision.ok
      ? tell([md`${count(decision.value.messages, 'message is', 'messages are')} tried again now.`])
      : refused(decision.refusal);
  },
};

/** `findings`: what other parts add to what the doctor finds. */
export const adminRoutes = (findings: readonly Finding[]): Routes => ({
  verbs: {
    audit: { run: audit },
    doctor: { run: (request) => doctor(request, findings) },
  },
  actions: {
    [ACTIONS.replay]: replay,
  },
  views: {},
});
