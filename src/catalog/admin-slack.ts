/** Operation, from Slack: what is missing and how to mend it, the journal's verification, set-aside messages, help. */

import { replayMessage, troubledMessages } from '../courier/messages.ts';
import { transact } from '../db/transact.ts';
import { hasRole } from '../domain/catalog.ts';
import { parseId } from '../domain/ids.ts';
import { mayAct } from '../domain/permissions.ts';
import { allow, refuse } from '../domain/refusal.ts';
import { command, count, say } from '../domain/wording.ts';
import { verifyJournal } from '../journal/verify.ts';
import { helpLines } from '../slack/help.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, section } from '../slack/kit.ts';
import { md, quoteText } from '../slack/mrkdwn.ts';
import {
  type Answer,
  type Request,
  type Route,
  type Routes,
  refused,
  tell,
  type Unconfigured,
} from '../slack/requests.ts';
import { activateCatalog } from './apply-catalog.ts';
import { CATALOG_TEMPLATE } from './template.ts';

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

/** What hinders Signalbox here, each with the fix. */
const doctor = async (request: Request): Promise<Answer> => {
  const { catalog, deps, ctx } = request;
  const empty = Object.entries(catalog.groups)
    .filter(([, group]) => group.people.length === 0)
    .map(([name]) => md`✗ Group ${name} is empty: nobody can act for it. Add people in the catalog.`);
  const troubled = await troubledMessages(deps.database.db, ctx.workspace);
  const messages = troubled
    .slice(0, 8)
    .flatMap((row) => [
      section([md`✗ A ${row.kind} to ${row.place} was set aside (${row.trouble}): ${quoteText(row.error ?? '', 200)}`]),
      ...actions([{ text: 'Try again', action: ACTIONS.replay, value: row.id }]),
    ]);
  const head =
    empty.length + troubled.length === 0
      ? md`✓ Nothing hinders Signalbox here.`
      : md`*${count(empty.length + troubled.length, 'thing')} to mend*`;
  return tell(
    [head, md`Catalog version ${catalog.version}, preset ${catalog.preset}.`, ...empty],
    hasRole(catalog, 'admin', request.actor) ? messages : [],
  );
};

const replay: Route<Parameters<NonNullable<Routes['actions']['message_replay']>['run']>[0]> = {
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

const activate = async (request: Request, version: string): Promise<Answer> => {
  const decision = await activateCatalog(request.deps, request.ctx, Number(version));
  return decision.ok ? tell([md`Catalog version ${decision.value.version} is active.`]) : refused(decision.refusal);
};

const setup = (request: Request): Answer =>
  tell([
    md`Signalbox is set up here: catalog version ${request.catalog.version}, preset ${request.catalog.preset}, ${count(Object.keys(request.catalog.services).length, 'service')}. Change the file behind CATALOG_FILE and restart; it is applied once.`,
  ]);

/** In a workspace without a catalog every command answers with the way to one. */
export const unconfigured: Route<Unconfigured> = {
  run: () =>
    Promise.resolve(
      tell(
        [
          md`*Signalbox is not set up here.*`,
          md`Save this as a file, put your services and people in, set CATALOG_FILE to its path, and start Signalbox again:`,
        ],
        [{ type: 'section', expand: true, text: { type: 'plain_text', text: CATALOG_TEMPLATE } }],
      ),
    ),
};

export const adminRoutes: Routes = {
  verbs: {
    audit: { run: audit },
    doctor: { run: doctor },
    setup: {
      run: (request) =>
        request.words[0] === 'activate' ? activate(request, request.words[1] ?? '') : Promise.resolve(setup(request)),
    },
    help: { run: (request) => Promise.resolve(tell(helpLines(request.voice.command, request.words[0]))) },
  },
  actions: {
    [ACTIONS.replay]: replay,
    [ACTIONS.activateCatalog]: { run: (request) => activate(request, request.value) },
    [ACTIONS.setup]: { run: (request) => Promise.resolve(setup(request)) },
  },
  views: {},
};
