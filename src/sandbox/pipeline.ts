/**
 * A small pipeline beside the workspace: it has a token that an admin made for it in Slack, asks the gate, deploys nothing in four steps, and says
 * how it goes. It knows the bot by its HTTP API alone.
 */
import type { PagePipeline } from './page/types.ts';
import type { Sandbox } from './sandbox.ts';

const ADMIN = 'U0RITA';
const CHANNEL = 'C0CHECKOUT';
const NAME = 'sandbox-ci';
const PLACE = 'production';
/** Of which it plans a release of its own. */
const SERVICE = 'search';
const STEPS = [
  ['canary 10 %', 10],
  ['half of them', 50],
  ['all of them', 100],
] as const;
/** Milliseconds that a step takes. */
const STEP_MS = 1_500;
const WAIT_S = 20;
const MOST_LINES = 40;

type Body = Record<string, unknown>;
export type Pipeline = {
  state: () => PagePipeline;
  /** A token, with one press: rita makes it in Slack. */
  connect: () => Promise<void>;
  look: () => Promise<void>;
  /** A release of its own, planned by the API; people approve it. */
  plan: () => Promise<void>;
  run: (release: string, fails: boolean) => void;
  stop: () => void;
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What an admin sees once, in the answer to making a token or to another secret for it. */
const secretIn = (text: string): string | null => /sbt_\w+/.exec(text)?.[0] ?? null;

/** Rita makes the token in Slack; where there is one of that name, it gets another secret. */
const makeToken = async (sandbox: Sandbox, command: string): Promise<string> => {
  const rita = sandbox.as(ADMIN);
  const closeAll = async (): Promise<void> => {
    while (rita.modal() !== null) await rita.close();
  };
  await closeAll();
  await rita.command(command, `token rotate ${NAME}`, CHANNEL);
  for (let turn = 0; turn < 40; turn += 1) {
    const again = secretIn(rita.lastPrivate(CHANNEL));
    if (again !== null) return again;
    if (rita.lastPrivate(CHANNEL).includes(NAME)) break;
    await sleep(50);
  }
  await rita.command(command, 'token new', CHANNEL);
  for (let turn = 0; turn < 40 && rita.modal()?.body['submit'] === undefined; turn += 1) await sleep(50);
  await rita.fill('name', NAME);
  await rita.fill('scopes', ['plan', 'evidence', 'deploy']);
  await rita.submit();
  const secret = secretIn(JSON.stringify(rita.modal()?.body ?? {}));
  await closeAll();
  if (secret === null)
    throw new Error('Rita could not make a token: see what Signalbox answered her in #team-checkout.');
  return secret;
};

export const pipelineOf = (sandbox: Sandbox, command: string, url: () => string | null): Pipeline => {
  let token: string | null = null;
  let releases: PagePipeline['releases'] = [];
  let lines: readonly string[] = [];
  let running: string | null = null;
  let turn = 0;
  const say = (line: string): void => {
    lines = [...lines, line].slice(-MOST_LINES);
  };
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> => {
    const response = await fetch(`${url() ?? ''}${path}`, {
      method,
      headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };

  const look = async (): Promise<void> => {
    if (token === null) return;
    const { body } = await call('GET', '/v1/releases');
    const found = (body['releases'] ?? []) as { key: string; service: string; version: string; status: string }[];
    releases = found
      .filter(({ status }) => !['closed', 'cancelled', 'deployed', 'rolled_back'].includes(status))
      .map(({ key, service, version, status }) => ({ key, service, version, status: status.replaceAll('_', ' ') }));
  };

  const reasonsOf = (body: Body): string =>
    ((body['reasons'] ?? []) as { message: string; fix: string }[])
      .map(({ message, fix }) => `${message}. ${fix}`)
      .join(' ') || String(body['detail'] ?? '');

  /** Waits until it may; `null` when it will not, or was stopped. */
  const allowed = async (what: Body, mine: number): Promise<string | null> => {
    let said = '';
    while (mine === turn) {
      const { status, body } = await call('POST', '/v1/gate', { ...what, wait: said === '' ? 0 : WAIT_S });
      const line =
        body['decision'] === 'allow'
          ? `✓ it may`
          : body['decision'] === 'wait'
            ? `… it waits: ${reasonsOf(body)}`
            : `✗ not deployed: ${reasonsOf(body)}`;
      if (line !== said) say(line);
      said = line;
      if (body['decision'] === 'allow') return typeof body['startToken'] === 'string' ? body['startToken'] : null;
      if (status >= 400 || body['decision'] === 'deny') return null;
    }
    return null;
  };

  const deploy = async (release: PagePipeline['releases'][number], fails: boolean, mine: number): Promise<void> => {
    const { key, service, version } = release;
    say(`$ signalbox wait --service ${service} --version ${version} --env ${PLACE}`);
    const pass = await allowed({ service, version, environment: PLACE }, mine);
    if (pass === null) return;
    const started = await call('POST', '/v1/deployments', { startToken: pass });
    if (started.status !== 201) return say(`✗ not started: ${reasonsOf(started.body)}`);
    say('✓ started: its card in Slack shows it');
    for (const [step, percent] of STEPS) {
      await sleep(STEP_MS);
      if (mine !== turn) return say('■ stopped: nobody has said how it ended, and its card still shows it running');
      if (fails && percent === 50) {
        const reason = 'errors rose to 4 % at half of them';
        await call('POST', `/v1/releases/${key}/deployment-failed`, { environment: PLACE, reason });
        return say(`✗ failed: ${reason}`);
      }
      await call('POST', `/v1/releases/${key}/report-step`, { environment: PLACE, step, percent });
      say(`  ${step}`);
    }
    await call('POST', `/v1/releases/${key}/deployment-succeeded`, { environment: PLACE });
    say(`✓ ${service} ${version} is in ${PLACE}`);
  };

  return {
    state: () => ({ url: url(), token, releases, lines, running, environment: PLACE }),
    connect: async () => {
      token = await makeToken(sandbox, command);
      say(`rita made token ${NAME} in Slack, with “${command} token new”`);
      await look();
    },
    look,
    plan: async () => {
      const { body } = await call('GET', `/v1/releases?service=${SERVICE}`);
      const versions = ((body['releases'] ?? []) as { version: string }[]).map(({ version }) => version);
      const minor = Math.max(0, ...versions.map((version) => Number(version.split('.')[1] ?? 0)));
      const major = Math.max(1, ...versions.map((version) => Number(version.split('.')[0] ?? 0)));
      const version = `${major}.${minor + 1}.0`;
      const title = 'Something small, for a pipeline to deploy';
      const rollbackPlan = 'The pipeline deploys the version before, 2 min';
      say(`$ signalbox release ${SERVICE} ${version} "${title}" --submit`);
      const planned = { service: SERVICE, version, title, customers: null, rollbackPlan };
      const made = await call('POST', '/v1/create-release', planned);
      const key = made.body['release'];
      if (typeof key !== 'string') return say(`✗ ${reasonsOf(made.body)}`);
      if (made.body['notAsked'] !== null) say(`… ${String((made.body['notAsked'] as Body)['detail'])}`);
      say(`✓ ${key} is planned; as adam, approve it on its card in #team-search`);
      await look();
    },
    run: (key, fails) => {
      const release = releases.find((each) => each.key === key);
      if (release === undefined || running !== null) return;
      turn += 1;
      const mine = turn;
      running = key;
      deploy(release, fails, mine)
        .catch((error: unknown) => say(`✗ ${error instanceof Error ? error.message : String(error)}`))
        .then(look)
        .catch(() => say('✗ Signalbox does not answer'))
        .finally(() => {
          running = null;
        });
    },
    stop: () => {
      turn += 1;
    },
  };
};
