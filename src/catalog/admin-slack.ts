/** Operation, from Slack: what is missing and how to mend it, the journal's verification, set-aside messages, help. */

import { replayMessage } from '../courier/messages.ts';
import { transact } from '../db/transact.ts';
import { parseId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import { allow, refuse } from '../domain/refusal.ts';
import { command, count, say } from '../domain/words.ts';
import { verifyJournal } from '../journal/verify.ts';
import { helpLines } from '../slack/help.ts';
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
  run: async (request) => {
    const permitted = mayAct('administer', request.catalog, request.actor, null);
    if (!permitted.ok) return refused(permitted.refusal);
    const id = parseId('message', request.value);
    const decision = await transact(request.deps, request.ctx, 'replay message', request.value, async (tx) => {
      const found = id !== null && (await replayMessage(tx, request.ctx.workspace, id));
      return found
        ? allow(null)
        : refuse({
            code: 'not_found',
            what: 'message',
            reference: 'to replay',
            fix: say`See them with ${command('doctor')}.`,
          });
    });
    return decision.ok ? tell([md`It is tried again now.`]) : refused(decision.refusal);
  },
};

export const adminRoutes: Routes = {
  verbs: {
    audit: { run: audit },
    help: { run: (request) => Promise.resolve(tell(helpLines(request.voice.command, request.words[0]))) },
  },
  actions: {
    [ACTIONS.replay]: replay,
  },
  views: {},
};
