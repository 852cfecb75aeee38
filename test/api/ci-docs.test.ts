/** Every snippet of docs/ci.md, run as it stands there, with the command line as a pipeline installs it. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { approve, create } from '../support/acting.ts';
import { makeToken } from '../support/api.ts';
import { type Cli, installCli, urlOf } from '../support/cli.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const text = readFileSync('docs/ci.md', 'utf8');
/** The snippets under a heading, of one language. */
const under = (heading: string, language: string): readonly string[] => {
  const part = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (part === undefined) throw new Error(`docs/ci.md has nothing under ${heading}.`);
  const found = [...part.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code = '']) => code,
  );
  if (found.length === 0) throw new Error(`docs/ci.md has no ${language} under ${heading}.`);
  return found;
};

let cli: Cli;
let tools: string;
beforeAll(() => {
  cli = installCli();
  tools = mkdtempSync(join(tmpdir(), 'signalbox-tools-'));
  // Of a registry: here it is installed already.
  writeFileSync(join(tools, 'npx'), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(tools, 'npx'), 0o755);
});
afterAll(() => cli.remove());

type World = { bed: Testbed; env: Record<string, string>; folder: string };
type Ran = { code: number; out: string };

/** A release that waits for approval, and a repository in which deploying goes well or does not. */
const opened = async (deploys: 'well' | 'badly'): Promise<World> => {
  const bed = await startTestbed();
  const token = await makeToken(bed);
  await create(bed, '2.14.0');
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-repository-'));
  writeFileSync(join(folder, 'deploy.sh'), `#!/bin/sh\n${deploys === 'well' ? 'true' : 'exit 3'}\n`);
  chmodSync(join(folder, 'deploy.sh'), 0o755);
  return {
    bed,
    folder,
    env: {
      PATH: `${tools}:${cli.bin}:${process.env['PATH'] ?? ''}`,
      SIGNALBOX_URL: urlOf(bed),
      SIGNALBOX_TOKEN: token,
      SIGNALBOX_STATE: join(folder, 'state.json'),
    },
  };
};

const sh = ({ env, folder }: World, script: string, more: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    execFile('sh', ['-ec', script], { env: { ...env, ...more }, cwd: folder }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: `${out}${err}` });
    });
  });

/** One after another, until one fails. */
const inOrder = async (world: World, steps: readonly string[], env: Record<string, string>): Promise<Ran> => {
  let last: Ran = { code: 0, out: '' };
  for (const step of steps) {
    const ran = await sh(world, step, env);
    last = { code: ran.code, out: `${last.out}${ran.out}` };
    if (last.code !== 0) break;
  }
  return last;
};

const WHAT = {
  SIGNALBOX_SERVICE: 'checkout',
  SIGNALBOX_VERSION: '2.14.0',
  SIGNALBOX_ENVIRONMENT: 'production',
};

type Pipeline = {
  env: Record<string, string>;
  steps: readonly string[];
  onFailure: string;
};

const gitHub = (): Pipeline => {
  const [code = ''] = under('GitHub Actions', 'yaml');
  const { deploy } = parse(code).jobs as Record<
    string,
    { env: Record<string, string>; steps: { run?: string; if?: string }[] }
  >;
  const steps = deploy?.steps ?? [];
  expect(Object.keys(deploy?.env ?? {})).toEqual(['SIGNALBOX_URL', 'SIGNALBOX_TOKEN', ...Object.keys(WHAT)]);
  return {
    env: { ...WHAT, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'acme/checkout', GITHUB_RUN_ID: '7' },
    steps: steps.filter((step) => step.if === undefined).flatMap(({ run }) => run ?? []),
    onFailure: steps.find((step) => step.if !== undefined)?.run ?? '',
  };
};

const gitLab = (): Pipeline => {
  const [code = ''] = under('GitLab CI', 'yaml');
  const { deploy } = parse(code) as { deploy: { variables: object; script: string[]; after_script: string[] } };
  expect(Object.keys(deploy.variables)).toEqual(Object.keys(WHAT));
  return {
    env: { ...WHAT, CI_JOB_URL: 'https://gitlab.com/acme/checkout/-/jobs/7', CI_JOB_STATUS: 'failed' },
    steps: deploy.script,
    onFailure: deploy.after_script.join('\n'),
  };
};

const jenkins = (): Pipeline => {
  const [code = ''] = under('Jenkins', 'groovy');
  const steps = [...code.matchAll(/sh '(.*)'/g)].map(([, step = '']) => step);
  return {
    env: { ...WHAT, BUILD_URL: 'https://jenkins.example.com/job/7' },
    steps: steps.slice(0, -1),
    onFailure: steps.at(-1) ?? '',
  };
};

const argo = (): Pipeline => {
  const [code = ''] = under('Argo CD', 'yaml');
  const jobs = parseAllDocuments(code).map((document) => document.toJS());
  const [before = '', done = '', failed = ''] = jobs.map(
    (job) => job.spec.template.spec.containers[0].args[0] as string,
  );
  const hooks = jobs.map((job) => job.metadata.annotations['argocd.argoproj.io/hook']);
  expect(hooks).toEqual(['PreSync', 'PostSync', 'SyncFail']);
  return { env: WHAT, steps: [before, './deploy.sh', done], onFailure: failed };
};

describe.each([
  ['GitHub Actions', gitHub],
  ['GitLab CI', gitLab],
  ['Jenkins', jenkins],
  ['Argo CD', argo],
])('%s', (_, pipelineOf) => {
  it('waits for approval, then deploys', async () => {
    const world = await opened('well');
    const { env, steps } = pipelineOf();
    const run = inOrder(world, steps, env);
    await approve(world.bed, '2.14.0');
    expect(await run).toMatchObject({
      code: 0,
      out: expect.stringContaining('checkout 2.14.0 may be deployed to production (REL-1)'),
    });
    await world.bed.settled();
    expect(await world.bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
  });

  it('tells that it failed', async () => {
    const world = await opened('badly');
    await approve(world.bed, '2.14.0');
    const { env, steps, onFailure } = pipelineOf();
    expect(await inOrder(world, steps, env)).toMatchObject({ code: 3 });
    expect(await sh(world, onFailure, env)).toMatchObject({ code: 0 });
    await world.bed.settled();
    expect(await world.bed.channelText(world.bed.channels.team)).toMatch(/the (job|build|sync) failed/);
  });
});

describe('curl alone', () => {
  const [script = ''] = under('With curl alone', 'sh');
  const env = { VERSION: '2.14.0', WAIT: '0', MOST_TRIES: '2' };

  it('waits for approval, then deploys, and a failure is one', async () => {
    const world = await opened('well');
    expect(await sh(world, script, { ...env, VERSION: '9.9.9' })).toMatchObject({
      code: 20,
      out: expect.stringContaining('there is no release checkout 9.9.9'),
    });
    expect(await sh(world, script, env)).toMatchObject({
      code: 10,
      out: expect.stringContaining('still has to approve'),
    });
    await approve(world.bed, '2.14.0');
    expect(await sh(world, script, env)).toMatchObject({ code: 0 });
    await world.bed.settled();
    expect(await world.bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
    await create(world.bed, '2.15.0');
    await approve(world.bed, '2.15.0');
    expect(await sh(world, script, { ...env, VERSION: '2.15.0', DEPLOY: 'false' })).toMatchObject({ code: 1 });
    await world.bed.settled();
    expect(await world.bed.channelText(world.bed.channels.team)).toContain('the pipeline failed');
  });
});

describe('what can only sign', () => {
  it('passes a gate', async () => {
    const bed = await startTestbed({ gates: true });
    await makeToken(bed);
    await create(bed, '2.14.0');
    await bed.as('rita').command('/release', 'token hooks checkout-ci', bed.channels.team);
    const shown = bed.as('rita').lastPrivate(bed.channels.team);
    const path = /\/hooks\/signed\/[\w-]+\/[\w-]+/.exec(shown)?.[0] ?? '';
    const secret = /whsec_[\w+/=]+/.exec(shown)?.[0] ?? '';
    const [script = ''] = under('Anything that can sign', 'sh');
    const world = { bed, folder: tools, env: { PATH: process.env['PATH'] ?? '' } };
    const ran = await sh(world, script, { SIGNALBOX_HOOK: `${urlOf(bed)}${path}`, SIGNALBOX_HOOK_SECRET: secret });
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('"key":"REL-1"') });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('recorded gate regression as passed');
  });
});

describe('the other snippets', () => {
  it('names the commands that there are', async () => {
    const bed = await startTestbed();
    const { out } = await cli.run({ url: urlOf(bed), token: 'x' }, ['--help']);
    const [typed = ''] = under('The command line', 'text');
    for (const [, command = ''] of typed.matchAll(/^signalbox (\w+)/gm)) expect(out).toContain(`signalbox ${command} `);
  });

  it('verifies what a webhook is told', async () => {
    const [code = ''] = under('What happens, told to others', 'js');
    const file = join(process.cwd(), 'dist', 'ci-docs-snippet.mjs');
    writeFileSync(file, code);
    const { read } = (await import(pathToFileURL(file).href)) as {
      read: (secret: string, body: string, headers: Record<string, string>) => unknown;
    };
    const secret = `whsec_${Buffer.from('a secret of the test').toString('base64')}`;
    const now = new Date();
    const headers = {
      'webhook-id': 'dlv_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign('dlv_1', now, '{"type":"x"}'),
    };
    expect(read(secret, '{"type":"x"}', headers)).toEqual({ type: 'x' });
    expect(() => read(secret, '{"type":"y"}', headers)).toThrow();
  });

  it('is JSON where it says so', () => {
    const [code = ''] = under('Assistants', 'json');
    expect(JSON.parse(code).mcpServers.signalbox.url).toMatch(/\/v1\/mcp$/);
  });
});
