/** `signalbox …` as somebody installs it: from its package, in an empty folder, against the real server. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve, create } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { type Cli, installCli, urlOf } from '../support/cli.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

let cli: Cli;
beforeAll(() => {
  cli = installCli();
});
afterAll(() => cli.remove());

const THAT = ['--service', 'checkout', '--version', '2.14.0', '--env', 'production'];
const NOWHERE = { url: 'http://127.0.0.1:1', token: 'sbt_x' };

const opened = async (
  options: Parameters<typeof startTestbed>[0] = {},
): Promise<{ bed: Testbed; where: { url: string; token: string } }> => {
  const bed = await startTestbed(options);
  return { bed, where: { url: urlOf(bed), token: await makeToken(bed) } };
};

describe('the command line', () => {
  it('is one package without dependencies that imports nothing but Node', () => {
    const folder = join(cli.folder, 'node_modules', 'signalbox');
    const { dependencies, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect([dependencies, bin]).toEqual([undefined, { signalbox: 'cli/main.js' }]);
    const imports = readdirSync(join(folder, 'cli'))
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) => [...readFileSync(join(folder, 'cli', name), 'utf8').matchAll(/from ['"]([^'"]+)['"]/g)]);
    expect(imports.length).toBeGreaterThan(5);
    for (const [, from] of imports) expect(from).toMatch(/^(node:|\.\/)/);
  });

  it('asks, waits, starts, tells its steps and its end; Slack shows it under the name of the token', async () => {
    const { bed, where } = await opened();
    expect(await cli.run(where, ['check', ...THAT])).toMatchObject({
      code: 30,
      out: expect.stringContaining('there is no release checkout 2.14.0 that was asked about. Plan it with'),
    });
    await create(bed, '2.14.0');
    const waits = await cli.run(where, ['check', ...THAT]);
    expect(waits).toMatchObject({ code: 10, out: expect.stringContaining('still has to approve') });
    expect(await cli.run(where, ['start', ...THAT])).toMatchObject({ code: 10 });
    const waiting = cli.run(where, ['wait', ...THAT, '--timeout', '2m']);
    await approve(bed, '2.14.0');
    expect(await waiting).toMatchObject({ code: 0, out: expect.stringContaining('may be deployed to production') });
    const started = await cli.run(where, ['start', ...THAT, '--json', '--run', 'https://ci.example.com/1']);
    expect(JSON.parse(started.out)).toMatchObject({ release: { key: 'REL-1' }, deployment: { state: 'running' } });
    expect(started.code).toBe(0);
    expect(await cli.run(where, ['start', ...THAT])).toMatchObject({
      code: 10,
      out: expect.stringContaining('is being deployed to production by checkout-ci'),
    });
    expect(await cli.run(where, ['step', 'REL-1', 'canary', '--percent', '25'])).toMatchObject({ code: 0 });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('checkout-ci is at canary in production (25 %)');
    expect(await cli.run(where, ['finish', 'checkout@2.14.0'])).toMatchObject({ code: 0 });
    expect(await cli.run(where, ['health', 'REL-1', 'healthy'])).toMatchObject({ code: 0 });
    expect(await cli.run(where, ['release', 'REL-1'])).toMatchObject({
      code: 0,
      out: 'REL-1 · checkout 2.14.0 · deployed · Faster basket\n',
    });
    await bed.settled();
    expect(await bed.cardText()).toContain('deployed');
  });

  it('refuses a word that says nothing to what is asked', async () => {
    const { bed, where } = await opened();
    await create(bed, '2.14.0');
    for (const words of [
      ['check', 'staging', ...THAT],
      ['finish', 'REL-1', 'production'],
      ['rollback', 'REL-1', '--done', 'it is'],
      ['health', 'REL-1', 'healthy', 'all good'],
    ])
      expect([words, (await cli.run(where, words)).code]).toEqual([words, 40]);
  });

  it('ends with another code for each kind of no, and says the sentence of Slack', async () => {
    const { bed, where } = await opened();
    await create(bed, '2.14.0');
    await bed.as('bella').command('/release', 'reject REL-1 "No load test"', bed.channels.team);
    const codes = await Promise.all([
      cli.run(where, ['check', ...THAT]),
      cli.run({ ...where, token: 'sbt_no' }, ['check', ...THAT]),
      cli.run(where, ['check', '--service', 'checkout']),
      cli.run(where, ['chekc']),
      cli.run(where, ['finish', 'REL-1']),
      cli.run(where, ['finish', 'REL-9']),
      cli.run(NOWHERE, ['check', ...THAT, '--when-unreachable', 'strict']),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([20, 40, 40, 40, 20, 30, 50]);
    expect(codes[0]?.out).toContain('waiting does not help');
    expect(codes[1]?.err).toContain('This token is not known');
    expect(codes[2]?.err).toContain('say the version: --version …, or SIGNALBOX_VERSION');
    expect(codes[4]?.err).toContain('no deployment of it is under way');
    expect(codes[6]?.err).toContain('nothing goes on without its answer');
    expect((await cli.run(where, ['--help'])).out).toContain('Exit codes:');
  });

  it('goes on under light rules when nobody answers, and reports it once somebody does', async () => {
    const { bed, where } = await opened();
    await create(bed, '2.14.0');
    const env = { SIGNALBOX_STATE: join(cli.folder, 'light.json') };
    const went = await cli.run(NOWHERE, ['start', ...THAT, '--when-unreachable', 'light'], env);
    expect(went).toMatchObject({ code: 0, err: expect.stringContaining('this goes on, and is reported later') });
    expect(await cli.run(NOWHERE, ['finish', 'checkout@2.14.0', '--when-unreachable', 'light'], env)).toMatchObject({
      code: 0,
    });
    // The same address answers again.
    const kept = JSON.parse(readFileSync(env.SIGNALBOX_STATE, 'utf8'));
    execFileSync(process.execPath, [
      '-e',
      'require("fs").writeFileSync(process.argv[1], process.argv[2])',
      env.SIGNALBOX_STATE,
      JSON.stringify({ [where.url]: kept[NOWHERE.url] }),
    ]);
    const ended = await cli.run(where, ['release', 'REL-1'], env);
    expect(ended).toMatchObject({
      code: 0,
      err: expect.stringMatching(
        /Told now: checkout 2\.14\.0 was started in production[\s\S]*Told now: checkout@2\.14\.0: the deployment went through/,
      ),
      out: expect.stringContaining('deployed'),
    });
    await bed.settled();
    const team = await bed.channelText(bed.channels.team);
    expect(team).toContain('Nobody was asked about the deployment to production: “Signalbox could not be reached”');
    expect(team).toContain('In its way would have been: approval');
    expect(await bed.dm('olivia')).toContain('was deployed to production without being asked about');
    expect((await cli.run(where, ['release', 'REL-1'], env)).err).toBe('');
  });

  it('keeps what a refused token could not tell, and needs no place to keep anything', async () => {
    const { where } = await opened();
    const env = { SIGNALBOX_STATE: join(cli.folder, 'refused.json') };
    const lost = {
      kind: 'told',
      at: '2026-03-03T10:00:00Z',
      what: 'x',
      path: '/v1/releases/REL-1/hold',
      body: {},
      key: 'k',
    };
    writeFileSync(env.SIGNALBOX_STATE, JSON.stringify({ [where.url]: { rule: 'light', lost: [lost] } }));
    expect((await cli.run({ ...where, token: 'sbt_no' }, ['check', ...THAT], env)).err).toContain('Not told yet: x');
    expect(JSON.parse(readFileSync(env.SIGNALBOX_STATE, 'utf8'))[where.url].lost).toHaveLength(1);
    // A folder is no file, and a file has no folder in it: neither is touched.
    for (const SIGNALBOX_STATE of [join(cli.folder, 'node_modules'), join(cli.folder, 'package.json', 'state.json')])
      expect((await cli.run(where, ['check', ...THAT], { SIGNALBOX_STATE })).code).toBe(30);
  });

  it('sends one write under one key, however often its answer is lost', async () => {
    const { bed, where } = await opened();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await cli.run(where, ['start', ...THAT]);
    // Everything arrives, and every first answer is lost.
    const seen = new Map<string, number>();
    const between = createServer((req, res) => {
      const parts: Buffer[] = [];
      req.on('data', (part: Buffer) => parts.push(part));
      req.on('end', () => {
        const key = String(req.headers['idempotency-key']);
        const times = (seen.get(key) ?? 0) + 1;
        seen.set(key, times);
        void fetch(`${where.url}${req.url ?? ''}`, {
          method: req.method ?? 'POST',
          headers: {
            authorization: `Bearer ${where.token}`,
            'content-type': 'application/json',
            'idempotency-key': key,
          },
          body: Buffer.concat(parts).toString(),
        }).then(async (answer) => {
          const text = await answer.text();
          if (times === 1) res.destroy();
          else res.writeHead(answer.status).end(text);
        });
      });
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
    expect(await cli.run({ ...where, url }, ['finish', 'REL-1'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('the deployment went through'),
    });
    expect([...seen.values()]).toEqual([2]);
    between.close();
  });

  it('tells numbers and causes, and says what is wrong with them', async () => {
    const { bed, where } = await opened();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await cli.run(where, ['start', ...THAT]);
    expect(await cli.run(where, ['metric', 'REL-1', 'error rate', 'many'])).toMatchObject({ code: 40 });
    expect((await cli.run(where, ['metric', 'REL-1', 'error rate', '4.1'])).err).toContain('has no health rules');
    expect((await cli.run(where, ['fail', 'REL-1', 'errors', '--cause', 'weather'])).code).not.toBe(0);
    expect(await cli.run(where, ['fail', 'REL-1', 'errors', '--cause', 'config'])).toMatchObject({ code: 0 });
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain('errors · cause: config');
  });

  it('takes nothing that is not Signalbox for an answer', async () => {
    const server = createServer((_req, res) => res.writeHead(200).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const where = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' };
    for (const words of [
      ['check', ...THAT],
      ['finish', 'REL-1'],
      ['release', 'REL-1'],
    ])
      expect(await cli.run(where, [...words, '--when-unreachable', 'strict'])).toMatchObject({
        code: 50,
        err: expect.stringContaining('it is not Signalbox that answers'),
      });
    server.close();
  });

  it('remembers the rule of the workspace from its last answer', async () => {
    const { where } = await opened();
    const env = { SIGNALBOX_STATE: join(cli.folder, 'rule.json') };
    await cli.run(where, ['check', ...THAT], env);
    expect(JSON.parse(readFileSync(env.SIGNALBOX_STATE, 'utf8'))[where.url].rule).toBe('standard');
  });

  it('sends evidence for what was tested, and hears when that is another artifact', async () => {
    const { bed, where } = await opened({ gates: true });
    const call = calling(bed, where.token);
    await create(bed, '2.14.0');
    const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
    await call('POST', '/v1/releases/REL-1/record-artifact', { sha: null, digest: a });
    const link = 'https://ci.example.com/run/881';
    const other = await cli.run(where, ['gate', 'REL-1', 'regression', 'passed', '--digest', b, '--evidence', link]);
    expect(other).toMatchObject({ code: 0, err: expect.stringContaining(`Kept, and not counted: REL-1 is ${a}`) });
    expect((await cli.run(where, ['gate', 'REL-1', 'regression', 'passed', '--digest', a])).err).toBe('');
    expect(await cli.run(where, ['gate', 'REL-1', 'regresion', 'passed'])).toMatchObject({ code: 40 });
  });

  it('adds the commits between two versions as changes', async () => {
    const { bed, where } = await opened();
    await create(bed, '2.14.0');
    const repository = mkdtempSync(join(tmpdir(), 'signalbox-git-'));
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: repository });
    git('init', '-q');
    git('remote', 'add', 'origin', 'git@git.example.com:acme/checkout.git');
    git('commit', '-q', '--allow-empty', '-m', 'start');
    git('tag', 'v1');
    git('commit', '-q', '--allow-empty', '-m', 'Faster search (#881)');
    git('commit', '-q', '--allow-empty', '-m', 'Mend the basket');
    const done = await cli.run(where, ['changes', 'REL-1', '--from', 'v1'], { CWD: repository });
    expect(done).toMatchObject({ code: 0, out: '✓ REL-1: 2 changes added.\n' });
    const { body } = await calling(bed, where.token)('GET', '/v1/releases/REL-1/changes');
    expect(body['changes']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          title: 'Faster search (#881)',
          link: 'https://git.example.com/acme/checkout/pull/881',
        }),
        expect.objectContaining({
          title: 'Mend the basket',
          link: expect.stringContaining('https://git.example.com/acme/checkout/commit/'),
        }),
      ]),
    );
    git('commit', '-q', '--allow-empty', '-m', 'One more');
    expect((await cli.run(where, ['changes', 'REL-1', '--from', 'v1'], { CWD: repository })).out).toBe(
      '✓ REL-1: 1 change added, 2 there already.\n',
    );
    expect((await cli.run(where, ['changes', 'REL-1', '--from', 'v9'], { CWD: repository })).code).toBe(40);
  });
});
