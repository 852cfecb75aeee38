/** Tokens, from Slack: who has one, a new one, another secret, taken back. The secret is shown once, to the one who made it. */

import { after, DAY, type Instant } from '../domain/time.ts';
import { isLive, madeByWords, SCOPES, type Scope, type Token, tokenWords } from '../domain/token/token.ts';
import { command, say } from '../domain/words.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { forAdmins } from '../slack/for-admins.ts';
import { chosen, textOf, ticked } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import { actions, form, multiSelectInput, section, selectInput, textInput } from '../slack/kit.ts';
import { fromList } from '../slack/lists.ts';
import { code, dateToken, type Mrkdwn, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type Answer,
  type CommandRequest,
  type Request,
  type Routes,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { calendarKey, secretFor, signingText, tokensOf, tokenWithHook } from './token-store.ts';
import { tokenVerbs } from './token-verbs.ts';

const LASTING: readonly { value: string; text: string; days: number | null }[] = [
  { value: '90', text: '90 days', days: 90 },
  { value: '365', text: 'A year', days: 365 },
  { value: 'never', text: 'Until it is revoked', days: null },
];

const tokenForm = ({ catalog }: Request): Answer => ({
  kind: 'form',
  view: form({
    id: VIEWS.newToken,
    title: 'New token',
    submit: 'Make it',
    metadata: '',
    blocks: [
      section([
        md`A token lets a pipeline, a script or an assistant in. It never approves anything, and what it does stands under its name.`,
      ]),
      textInput({ id: 'name', label: 'Name', placeholder: 'checkout-ci', hint: 'Small letters, digits and dashes.' }),
      multiSelectInput({
        id: 'scopes',
        label: 'What it may do',
        choices: (Object.keys(SCOPES) as Scope[]).map((value) => ({ text: SCOPES[value], value })),
        hint: 'Reading comes with it.',
      }),
      multiSelectInput({
        id: 'service',
        label: 'Services',
        ...fromList('services', catalog),
        optional: true,
        hint: 'Leave empty for all services.',
      }),
      multiSelectInput({
        id: 'environments',
        label: 'Environments',
        ...fromList('environments', catalog),
        optional: true,
        hint: 'Leave empty for all. They limit where it deploys; a plan, or a hold, is of the whole release.',
      }),
      selectInput({
        id: 'until',
        label: 'For how long',
        choices: LASTING.map(({ value, text }) => ({ text, value })),
        initial: '365',
      }),
    ],
  }),
});

const line = (token: Token, request: Request): Mrkdwn => {
  const used = token.usedAt === null ? md`never used` : md`last used ${dateToken(token.usedAt)}`;
  const state = isLive(token, request.ctx.now)
    ? token.expiresAt === null
      ? md`${used}`
      : md`${used}, until ${dateToken(token.expiresAt, '{date_long}')}`
    : token.revokedAt === null
      ? md`expired ${token.expiresAt === null ? '' : dateToken(token.expiresAt)}`
      : md`revoked ${dateToken(token.revokedAt)}`;
  return md`*${token.name}*  ·  ${tokenWords(token)}  ·  ${state}  ·  ${sentenceMarkup(madeByWords(token), request.voice)}`;
};

const MOST = 30;

const list = async (request: Request): Promise<Answer> => {
  const tokens = await tokensOf(request.deps.database.db, request.ctx.workspace);
  const how = sentenceMarkup(
    say`Another secret with ${command('token rotate NAME')}, taken back with ${command('token revoke NAME')}.`,
    request.voice,
  );
  return tell(
    tokens.length === 0
      ? [md`No pipeline has a token yet. It asks the gate before it deploys, and says how it goes.`]
      : [
          md`*Tokens*`,
          ...tokens.slice(0, MOST).map((token) => line(token, request)),
          ...(tokens.length > MOST ? [md`and ${tokens.length - MOST} older`] : []),
          how,
        ],
    actions([{ text: 'New token', action: ACTIONS.newToken, value: 'new', style: 'primary' }]),
  );
};

/** What was made, once: it is nowhere to be read again. */
const shownOnce = ({ deps: { url }, voice }: Request, name: string, secret: string): Answer =>
  tell([
    md`*Token ${name}*: copy it now, it is shown once.`,
    code(secret),
    md`Keep it where your pipeline keeps its secrets, as SIGNALBOX_TOKEN, and ${url ?? 'the address of this Signalbox'} as SIGNALBOX_URL. What can be asked is listed under \`/v1/docs\` there; an assistant connects to \`/v1/mcp\`.`,
    sentenceMarkup(say`For GitHub, GitLab and others that sign: ${command(`token hooks ${name}`)}.`, voice),
  ]);

const actorCtx = (request: Request) => ({ ...request.ctx, actor: request.actor });
/** What makes the secret of this request its own. */
const requestOf = ({ ctx, actor }: Request, name: string): string => `${ctx.requestKey ?? ''}\n${actor}\n${name}`;

const make = async (request: ViewRequest): Promise<Answer> => {
  const { deps, ctx, values } = request;
  const name = textOf(values, 'name') ?? '';
  const { text, hash } = secretFor(deps.journalKey, ctx.workspace, requestOf(request, name));
  const days = LASTING.find(({ value }) => value === chosen(values, 'until'))?.days ?? null;
  const expiresAt: Instant | null = days === null ? null : after(ctx.now, days * DAY);
  const made = await performOnWorkspace(deps, actorCtx(request), tokenVerbs.make, {
    name,
    scopes: ticked(values, 'scopes'),
    services: ticked(values, 'service'),
    environments: ticked(values, 'environments'),
    expiresAt,
    hash,
  });
  return made.ok ? shownOnce(request, name, text) : refused(made.refusal);
};

const rotate = async (request: Request, name: string): Promise<Answer> => {
  const { text, hash } = secretFor(request.deps.journalKey, request.ctx.workspace, requestOf(request, name));
  const done = await performOnWorkspace(request.deps, actorCtx(request), tokenVerbs.rotate, { name, hash });
  return done.ok ? shownOnce(request, name, text) : refused(done.refusal);
};

/** Where others send their messages for it, and what signs them. It is another secret after a rotation. */
const hooks = async (request: Request, name: string): Promise<Answer> => {
  const { deps, ctx } = request;
  const found = await tokenWithHook(deps.database.db, deps.journalKey, ctx.workspace, { name });
  if (found === null)
    return refused({ code: 'not_found', what: 'token', reference: name, fix: say`See them with ${command('token')}.` });
  const base = deps.url ?? 'https://(the address of this Signalbox)';
  const at = `${base}/hooks`;
  const rest = `${ctx.workspace.slice('wsp_'.length)}/${name}`;
  const signing = signingText(found.secret);
  return tell([
    md`*Hooks of ${name}*: what comes to these addresses is done in its name, and only what it may.`,
    md`GitHub: ${code(`${at}/github/${rest}`)}, content type application/json, secret ${code(found.secret)}`,
    md`GitLab: ${code(`${at}/gitlab/${rest}`)}, secret token ${code(found.secret)}, or signing token ${code(signing)}`,
    md`Others, by Standard Webhooks: ${code(`${at}/signed/${rest}`)}, secret ${code(signing)}`,
    md`Calendar, for Google, Outlook and others to subscribe to: ${code(`${base}/v1/calendar.ics?token=${calendarKey(deps.journalKey, ctx.workspace, found)}`)}`,
    sentenceMarkup(
      say`Another secret comes with ${command(`token rotate ${name}`)}. What to set up there: docs/ci.md.`,
      request.voice,
    ),
  ]);
};

const revoke = async (request: Request, name: string): Promise<Answer> => {
  const done = await performOnWorkspace(request.deps, actorCtx(request), tokenVerbs.revoke, { name });
  return done.ok
    ? tell([md`Token ${name} is revoked: whoever still uses it is refused from now on.`])
    : refused(done.refusal);
};

const byWord = (request: CommandRequest): Answer | Promise<Answer> => {
  const [what = '', name = ''] = request.words;
  if (what === 'new') return tokenForm(request);
  if ((what === 'rotate' || what === 'revoke' || what === 'hooks') && name === '')
    return refused({ code: 'ambiguous', what: 'token', examples: [`token ${what} checkout-ci`] });
  if (what === 'rotate') return rotate(request, name);
  if (what === 'hooks') return hooks(request, name);
  return what === 'revoke' ? revoke(request, name) : list(request);
};

export const tokenRoutes: Routes = {
  verbs: { token: { run: forAdmins(byWord) } },
  actions: { [ACTIONS.newToken]: { opens: 'New token', run: forAdmins(tokenForm) } },
  views: { new_token: { run: make } },
};
