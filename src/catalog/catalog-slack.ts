/** The catalog of a workspace that has one: read, edited where no file decides, put in force. */

import { membersOf } from '../domain/catalog/catalog.ts';
import { mayAct } from '../domain/permissions.ts';
import { refuse } from '../domain/refusal.ts';
import { command, count, say } from '../domain/words.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { textOf } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import { form, textInput } from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';
import { type Answer, type Request, type Routes, refused, tell, type ViewRequest } from '../slack/requests.ts';
import { applyCatalog } from './apply-catalog.ts';
import { catalogVersion } from './catalog-store.ts';
import { catalogVerbs } from './catalog-verbs.ts';
import { EDITABLE } from './setup-slack.ts';

/** The catalog as it stands: to be edited here, or, where a file decides, to be read. */
const setup = async (request: Request): Promise<Answer> => {
  const { deps, ctx, catalog } = request;
  const permitted = mayAct('administer', catalog, request.actor, null);
  if (!permitted.ok) return refused(permitted.refusal);
  const active = await catalogVersion(deps.database.db, ctx.workspace, catalog.version);
  const source = active?.source ?? '';
  if (deps.catalogFile !== null || source.length > EDITABLE)
    return tell([
      md`*Catalog version ${catalog.version}*, preset ${catalog.preset}, ${count(Object.keys(catalog.services).length, 'service')}.`,
      deps.catalogFile === null
        ? md`It is too long for a form of Slack (3,000 characters). With a token of its own Signalbox reads it from a file: set CATALOG_FILE and start again.`
        : md`It comes from the file behind CATALOG_FILE, so nothing is changed here: commit the change there and start again. It is applied once.`,
    ]);
  return {
    kind: 'form',
    view: form({
      id: VIEWS.catalog,
      title: 'Catalog',
      submit: 'Apply',
      metadata: String(catalog.version),
      blocks: [
        textInput({
          id: 'text',
          label: `Version ${catalog.version}, as YAML`,
          multiline: true,
          initial: source,
          hint: 'Applied as the next version. A mistake is refused with its line and what was expected.',
        }),
      ],
    }),
  };
};

const applyText = async (request: ViewRequest): Promise<Answer> => {
  const { deps, ctx, catalog } = request;
  const permitted = mayAct('administer', catalog, request.actor, null);
  if (!permitted.ok) return refused(permitted.refusal);
  if (deps.catalogFile !== null)
    return refused({
      code: 'forbidden',
      did: 'Not applied',
      because: say`the rules come from the file behind CATALOG_FILE`,
      can: say`Commit the change there and start again.`,
    });
  if (Number(request.metadata) !== catalog.version)
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'text',
          problem: say`Not applied: version ${catalog.version} took effect while you were writing. Copy your text, open it again with ${command('setup')}, and put in what you changed.`,
        },
      ],
    });
  const source = `${textOf(request.values, 'text') ?? ''}\n`;
  const applied = await applyCatalog(
    deps,
    { ...ctx, requestKey: null },
    source,
    // Where it names no admins, those that there are stay: installing the app again makes nobody one.
    membersOf(catalog, catalog.roles.admin, ''),
    request.slack.directory,
    { again: true },
  );
  if (!applied.ok)
    return refused({
      code: 'fields',
      problems: [{ field: 'text', problem: say`Not applied: ${applied.problems.slice(0, 3).join('; ')}.` }],
    });
  await request.slack.meetEverybody();
  const { version, fresh, waitsFor } = applied.applied;
  return tell([
    waitsFor !== null
      ? md`Version ${version} changes ${waitsFor.join(', ')}: it waits for a second admin, who has a message.`
      : fresh
        ? md`Catalog version ${version} is active.`
        : md`Nothing changed: this text is version ${version} already.`,
  ]);
};

const activate = async (request: Request, version: string): Promise<Answer> => {
  if (!/^\d+$/.test(version))
    return refused({ code: 'ambiguous', what: 'catalog version', examples: ['setup activate 3'] });
  const ctx = { ...request.ctx, actor: request.actor };
  const decision = await performOnWorkspace(request.deps, ctx, catalogVerbs.activate, { version: Number(version) });
  return decision.ok ? tell([md`Catalog version ${decision.value.version} is active.`]) : refused(decision.refusal);
};

export const catalogRoutes: Routes = {
  verbs: {
    setup: {
      opens: 'Catalog',
      opensUpTo: 0,
      run: (request) => (request.words[0] === 'activate' ? activate(request, request.words[1] ?? '') : setup(request)),
    },
  },
  actions: {
    [ACTIONS.activateCatalog]: { run: (request) => activate(request, request.value) },
    [ACTIONS.setup]: { opens: 'Catalog', run: setup },
    // The form is for a workspace without a catalog; whoever presses its button later gets the catalog.
    [ACTIONS.setupOpen]: { opens: 'Catalog', run: setup },
  },
  views: {
    setup: {
      run: () =>
        Promise.resolve(
          refused(
            refuse({
              code: 'status',
              did: 'Not set up again',
              name: 'this workspace',
              status: 'set up already',
              fix: say`Change its rules with ${command('setup')}.`,
            }).refusal,
          ),
        ),
    },
    catalog: { run: applyText },
  },
};
