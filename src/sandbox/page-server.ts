/**
 * The page of the sandbox: its files, what it shows, what a person does in it. On the loopback interface only; a foreign page in the same
 * browser is refused by its host (in server.ts) and its content type.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Place, Typed } from './client-state.ts';
import { HOME, type PageCall, type PageCommand, type PageFaults } from './page/types.ts';
import { callOf, type Seen, stateOf } from './page-state.ts';
import { pipelineOf } from './pipeline.ts';
import type { Delivered, Sandbox } from './sandbox.ts';
import type { Handler } from './server.ts';
import { STORY, stepsNow } from './story.ts';
import { messagesIn } from './world.ts';

const root = new URL('../../', import.meta.url);
const file = (path: string): string => fileURLToPath(new URL(path, root));
const packaged = createRequire(import.meta.url);

const SCRIPT = 'text/javascript; charset=utf-8';
const VENDOR: Readonly<Record<string, string>> = {
  'preact.js': 'preact',
  'hooks.js': 'preact/hooks',
  'jsx-runtime.js': 'preact/jsx-runtime',
};

type Served = { type: string; path: string };

/** The packages' ES modules stand beside the CommonJS ones that Node resolves. */
const moduleOf = (name: string): string => packaged.resolve(name).replace(/\.js$/, '.mjs');

const served = (path: string): Served | null => {
  if (path === '/') return { type: 'text/html; charset=utf-8', path: file('src/sandbox/page/index.html') };
  if (path === '/page.css') return { type: 'text/css; charset=utf-8', path: file('src/sandbox/page/page.css') };
  const script = /^\/page\/([a-z-]+\.js)$/.exec(path)?.[1];
  if (script !== undefined) return { type: SCRIPT, path: file(`dist/sandbox/page/${script}`) };
  const vendor = VENDOR[/^\/vendor\/([a-z-]+\.js)$/.exec(path)?.[1] ?? ''];
  return vendor === undefined ? null : { type: SCRIPT, path: moduleOf(vendor) };
};

/** The page loads nothing from elsewhere, and nothing else may show it in a frame. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; connect-src 'self'; frame-ancestors 'none'",
} as const;

const reply = (res: ServerResponse, status: number, type: string, body: string | Buffer): void => {
  res.writeHead(status, { ...HEADERS, 'content-type': type });
  res.end(body);
};
const sayJson = (res: ServerResponse, status: number, body: unknown): void =>
  reply(res, status, 'application/json; charset=utf-8', JSON.stringify(body));

const typed = z.union([z.string(), z.array(z.string()), z.number(), z.null()]);
const place = z.object({ block: z.int(), element: z.int(), option: z.int().nullable() });
const values = z.record(z.string(), typed);
const ACT = z.discriminatedUnion('act', [
  z.object({ act: z.literal('command'), as: z.string(), channel: z.string(), command: z.string(), text: z.string() }),
  z.object({
    act: z.literal('say'),
    as: z.string(),
    channel: z.string(),
    text: z.string(),
    thread: z.string().nullable(),
  }),
  z.object({ act: z.literal('shortcut'), as: z.string(), id: z.string() }),
  z.object({ act: z.literal('press'), as: z.string(), channel: z.string(), ts: z.string(), at: place }),
  z.object({ act: z.literal('press in view'), as: z.string(), view: z.enum(['modal', 'home']), at: place, values }),
  z.object({ act: z.literal('choose'), as: z.string(), block: z.string(), values }),
  z.object({ act: z.literal('suggest'), as: z.string(), block: z.string(), typed: z.string() }),
  z.object({ act: z.literal('submit'), as: z.string(), values }),
  z.object({ act: z.literal('close'), as: z.string() }),
  z.object({ act: z.literal('open home'), as: z.string() }),
  z.object({ act: z.literal('clock'), move: z.union([z.literal('now'), z.literal('next'), z.int().positive()]) }),
  z.object({ act: z.literal('faults'), limits: z.boolean(), outage: z.boolean(), lost: z.boolean() }),
  z.object({ act: z.literal('disconnect') }),
  z.object({ act: z.literal('do step'), step: z.int() }),
  z.object({ act: z.literal('pipeline connect') }),
  z.object({ act: z.literal('pipeline look') }),
  z.object({ act: z.literal('pipeline plan') }),
  z.object({ act: z.literal('pipeline run'), release: z.string(), fails: z.boolean() }),
  z.object({ act: z.literal('pipeline stop') }),
]);
type PageAct = z.infer<typeof ACT>;

/** Field errors of a form, and what the page says when an act was not possible. */
type Outcome = {
  errors?: Readonly<Record<string, string>>;
  problem?: string;
  /** What the bot offers for a list that loads. */
  offered?: readonly { text: string; value: string }[];
};

const MANIFEST = z.object({
  features: z.object({
    slash_commands: z.array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string() })),
    shortcuts: z.array(z.object({ name: z.string(), callback_id: z.string() })),
  }),
});

/** Times beyond it are no dates for somebody who tries a product. */
const LAST_DAY = Date.UTC(2100, 0, 1);

const ALL_METHODS = [
  'chat.postMessage',
  'chat.update',
  'chat.postEphemeral',
  'views.open',
  'views.push',
  'views.update',
];
const CALM: PageFaults = { limits: true, outage: false, lost: false };

const deliveryOf = ({ kind, payload, ack }: Delivered, n: number): PageCall => {
  const what = String(payload['command'] ?? payload['type'] ?? kind);
  const outcome =
    ack === null ? 'under way' : ack.acknowledged ? `acknowledged, ${Math.round(ack.ms)} ms` : 'not acknowledged';
  const detail = JSON.stringify({ payload, answer: ack?.body ?? null }, null, 2).slice(0, 6_000);
  return { n, direction: 'to the bot', what, outcome, problem: ack?.acknowledged === false, detail };
};

/** `api`: where the bot's HTTP API is, once it has started. */
export type PageOptions = {
  command: string;
  about: Readonly<Record<string, string>>;
  api?: () => string | null;
};

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
};

/** Null for a file that is not there: a script of the page that no build has. */
const contentOf = ({ path }: Served): Buffer | null => {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

/** The handler to give to the sandbox's server. */
export const servePage = (sandbox: Sandbox, options: PageOptions): Handler => {
  const { world, clock } = sandbox;
  const seen: Seen = new Map();
  let faults = CALM;
  const pipeline = pipelineOf(sandbox, options.command, options.api ?? (() => null));
  const manifest = MANIFEST.parse(parse(readFileSync(file('manifest.yml'), 'utf8')));
  const commands: PageCommand[] = manifest.features.slash_commands.map(
    ({ command, description, usage_hint: hint }) => ({
      command: command === '/release' ? options.command : command,
      description,
      hint,
    }),
  );
  const shortcuts = manifest.features.shortcuts.map(({ name, callback_id: id }) => ({ name, id }));

  const traffic = (): readonly PageCall[] => {
    const calls = sandbox.api.calls.slice(-80).map((call) => ({ at: call.at, show: (n: number) => callOf(call, n) }));
    const brought = sandbox.deliveries
      .slice(-80)
      .map((one) => ({ at: one.at, show: (n: number) => deliveryOf(one, n) }));
    return [...calls, ...brought]
      .sort((a, b) => b.at - a.at)
      .slice(0, 80)
      .map(({ show }, n) => show(n));
  };

  const state = (as: string, where: string) =>
    stateOf(world, as, where, seen, {
      about: options.about,
      moved: Math.abs(clock.now() - Date.now()) > 60_000,
      faults,
      traffic: traffic(),
      pipeline: pipeline.state(),
      steps: stepsNow(sandbox),
      commands,
      shortcuts,
    });

  const setFaults = (wanted: PageFaults): void => {
    faults = wanted;
    sandbox.rates.enabled = wanted.limits;
    sandbox.faults.clear();
    if (wanted.outage) sandbox.faults.atRandom(1, 1, ALL_METHODS, [{ kind: 'status before' }]);
    else if (wanted.lost)
      sandbox.faults.atRandom(1, 0.5, ['chat.postMessage', 'chat.update'], [{ kind: 'reset after' }]);
  };

  const moveClock = (move: 'now' | 'next' | number): Outcome => {
    if (move === 'now') {
      if (clock.now() > Date.now()) return { problem: 'The clock only goes forward: what happened has happened.' };
      clock.set(Date.now());
      return {};
    }
    if (typeof move === 'number') {
      if (clock.now() + move > LAST_DAY) return { problem: 'The clock goes as far as the end of 2099.' };
      clock.advance(move);
    } else {
      const { next } = state([...world.users.keys()][0] ?? '', HOME);
      if (next === null) return { problem: 'Nothing in the workspace names a time that is still to come.' };
      clock.set(next + 1_000);
    }
    return {};
  };

  const typeAll = (as: string, all: Readonly<Record<string, Typed>>): void => {
    const blocks = (sandbox.as(as).modal()?.body['blocks'] ?? []) as readonly { block_id?: string }[];
    // A form that changed on the way has let go of the rest.
    for (const [block, value] of Object.entries(all))
      if (blocks.some(({ block_id }) => block_id === block)) sandbox.as(as).type(block, value);
  };

  const act = async (wanted: PageAct): Promise<Outcome> => {
    switch (wanted.act) {
      case 'command':
        return told(await sandbox.as(wanted.as).command(wanted.command, wanted.text, wanted.channel));
      case 'say':
        if (/^\/\w/.test(wanted.text)) return { problem: noCommand(wanted.text, commands) };
        await sandbox.as(wanted.as).say(wanted.channel, wanted.text, wanted.thread);
        return {};
      case 'shortcut':
        return told(await sandbox.as(wanted.as).shortcut(wanted.id));
      case 'press': {
        const message = messagesIn(world, wanted.channel, wanted.as).find(({ ts }) => ts === wanted.ts);
        if (message === undefined) return { problem: 'This message is gone.' };
        return told(await sandbox.as(wanted.as).press(message, wanted.at as Place));
      }
      case 'press in view':
        typeAll(wanted.as, wanted.values);
        return told(await sandbox.as(wanted.as).press(wanted.view, wanted.at as Place));
      case 'choose': {
        const { [wanted.block]: chosen, ...others } = wanted.values;
        typeAll(wanted.as, others);
        await sandbox.as(wanted.as).fill(wanted.block, chosen ?? null);
        return {};
      }
      case 'suggest': {
        const offered = await sandbox.as(wanted.as).suggest(wanted.block, wanted.typed);
        return { offered: offered.map(({ text, value }) => ({ text: text.text, value })) };
      }
      case 'submit': {
        typeAll(wanted.as, wanted.values);
        const { errors, ...ack } = await sandbox.as(wanted.as).submit();
        return Object.keys(errors).length > 0 ? { errors } : told(ack);
      }
      case 'close':
        await sandbox.as(wanted.as).close();
        return {};
      case 'open home':
        return told(await sandbox.as(wanted.as).openHome());
      case 'clock':
        return moveClock(wanted.move);
      case 'faults':
        setFaults(wanted);
        return {};
      case 'disconnect':
        sandbox.socket.drop();
        return {};
      case 'do step':
        await STORY[wanted.step]?.run(sandbox, options.command);
        return {};
      case 'pipeline connect':
        await pipeline.connect();
        return {};
      case 'pipeline look':
        await pipeline.look();
        return {};
      case 'pipeline plan':
        await pipeline.plan();
        return {};
      case 'pipeline run':
        pipeline.run(wanted.release, wanted.fails);
        return {};
      case 'pipeline stop':
        pipeline.stop();
        return {};
    }
  };

  /** Changes whenever something that the page shows changes. Cheap enough to be asked ten times a second. */
  const signature = (): string => {
    const stacks = [...world.stacks.values()].flat().map(({ hash }) => hash);
    const homes = [...world.homes.values()].map(({ hash }) => hash);
    const edits = world.messages.reduce((sum, message) => sum + message.edits, 0);
    const offset = Math.round((clock.now() - Date.now()) / 1_000);
    const acked = sandbox.deliveries.filter(({ ack }) => ack !== null).length;
    const { lines, running } = pipeline.state();
    const beside = [lines.join('\n'), running];
    return [world.messages.length, edits, stacks, homes, offset, sandbox.api.calls.length, acked, beside].join('/');
  };

  const changes = (req: IncomingMessage, res: ServerResponse): void => {
    res.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    let last = '';
    const timer = setInterval(() => {
      const now = signature();
      if (now !== last) res.write('data: changed\n\n');
      last = now;
    }, 100);
    req.once('close', () => clearInterval(timer));
  };

  const perform = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (!(req.headers['content-type'] ?? '').startsWith('application/json'))
      return sayJson(res, 415, { problem: 'JSON only.' });
    const parts: Buffer[] = [];
    for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
    const wanted = ACT.safeParse(parsed(Buffer.concat(parts).toString('utf8')));
    if (!wanted.success) return sayJson(res, 400, { problem: wanted.error.message });
    // What a client would not let a person do is said on the page; it is no failure of the server.
    const outcome = await act(wanted.data).catch(
      (error: unknown): Outcome => ({ problem: error instanceof Error ? error.message : String(error) }),
    );
    return sayJson(res, 200, outcome);
  };

  return async (req, res) => {
    const url = new URL(`http://localhost${req.url ?? '/'}`);
    const asset = req.method === 'GET' ? served(url.pathname) : null;
    const content = asset === null ? null : contentOf(asset);
    const known = asset !== null || url.pathname.startsWith('/sandbox/');
    if (!known) return false;
    if (asset !== null && content !== null) reply(res, 200, asset.type, content);
    else if (url.pathname === '/sandbox/state')
      sayJson(res, 200, state(url.searchParams.get('as') ?? '', url.searchParams.get('place') ?? ''));
    else if (url.pathname === '/sandbox/changes') changes(req, res);
    else if (url.pathname === '/sandbox/act' && req.method === 'POST') await perform(req, res);
    else sayJson(res, 404, { problem: 'There is nothing here.' });
    return true;
  };
};

const noCommand = (text: string, commands: readonly PageCommand[]): string =>
  `${text.split(' ')[0]} is no command of this workspace. There are ${commands.map(({ command }) => command).join(', ')}.`;

const told = (ack: { acknowledged: boolean; status: number }): Outcome =>
  ack.acknowledged
    ? {}
    : { problem: 'Signalbox did not answer within three seconds. Nothing may have happened; try again.' };
