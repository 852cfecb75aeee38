/**
 * One question, one answer: whatever state a release is in, the answer to `why` and to a start in Slack, the API's readiness and gate, the command
 * line, an assistant's tool and the job that waits at GitHub say the same, at the same moment.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Webhooks } from '@octokit/webhooks';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { create, freeze } from '../support/acting.ts';
import { type Called, calling, makeToken } from '../support/api.ts';
import { type Cli, installCli, urlOf } from '../support/cli.ts';
import { APP_KEY, type Elsewhere, startElsewhere } from '../support/elsewhere.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

let cli: Cli;
let github: Elsewhere;
beforeAll(async () => {
  cli = installCli();
  github = await startElsewhere();
});
afterAll(() => {
  cli.remove();
  github.close();
});

const SHA = 'c0ffee'.padEnd(40, '0');
const WHAT = { service: 'checkout', version: '2.14.0', environment: 'production' };
const DAY = { start: '2026-03-03', start_time: '09:00', end: '2026-03-05', end_time: '02:00' };

type Call = Surfaces['call'];
const tells = (call: Call, verb: string, body?: object) => call('POST', `/v1/releases/REL-1/${verb}`, body);
const PLACE = { environment: 'production' };

/** What happens to it, by whom it is done in Slack, or by its pipeline: what does not fit is refused, and the answers still agree. */
const ACTS: Readonly<Record<string, (bed: Testbed, call: Call) => Promise<unknown>>> = {
  approve: (bed) => typed(bed, 'adam', 'approve REL-1'),
  reject: (bed) => typed(bed, 'bella', 'reject REL-1 "No load test"'),
  'ask again': (bed) => typed(bed, 'olivia', 'submit REL-1'),
  withdraw: (bed) => typed(bed, 'olivia', 'withdraw REL-1'),
  hold: (bed) => typed(bed, 'olivia', 'hold REL-1 "The DBA is away"'),
  resume: (bed) => typed(bed, 'olivia', 'resume REL-1'),
  'hard freeze': (bed) => freeze(bed, { name: 'Quarter end', reason: 'x', ...DAY }),
  'soft freeze': (bed) => freeze(bed, { name: 'Few people', reason: 'x', severity: 'soft', ...DAY }),
  'freeze ends': (bed) => typed(bed, 'rita', 'freeze end 1 "it is over"'),
  'another one runs': async (bed) => {
    await typed(bed, 'olivia', 'new checkout 2.13.9 "Before it"');
    await typed(bed, 'adam', 'approve checkout@2.13.9');
    await typed(bed, 'olivia', 'deploy checkout@2.13.9 production');
  },
  'a newer one goes out': async (bed) => {
    await typed(bed, 'olivia', 'new checkout 2.15.0 "After it"');
    await typed(bed, 'adam', 'approve checkout@2.15.0');
    await typed(bed, 'olivia', 'deploy checkout@2.15.0 production');
  },
  'an hour passes': (bed) => bed.pass(3_600_000),
  starts: (bed) => typed(bed, 'olivia', 'deploy REL-1 production'),
  'goes through': (_bed, call) => tells(call, 'deployment-succeeded', PLACE),
  fails: (_bed, call) => tells(call, 'deployment-failed', { ...PLACE, reason: 'Error rate 4 %' }),
  'goes back': (_bed, call) => tells(call, 'roll-back', { reason: 'Error rate 4 %' }),
  'is back': (_bed, call) => tells(call, 'rollback-succeeded'),
};
const typed = async (bed: Testbed, who: Parameters<Testbed['as']>[0], words: string): Promise<void> => {
  const person = bed.as(who);
  await person.command('/release', words, bed.channels.team);
  while (person.modal() !== null) await person.close();
};

/** Times are told to each reader in their own zone. */
const timeless = (text: string): string =>
  text
    .replaceAll(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun|today|tomorrow|yesterday)( \d+ \w+)?( at)? \d\d:\d\d( \w+)?/gi, 'T')
    .replaceAll('@', '')
    .replaceAll(/\s+/g, ' ')
    .toLowerCase();

type Reasons = { decision: string; reasons: { code: string; kind: string; message: string; fix: string }[] };
type Checks = { checks: { code: string; state: string; message: string }[] };

type Surfaces = {
  bed: Testbed;
  call: (method: string, path: string, body?: unknown) => Promise<Called>;
  token: string;
  agent: Client;
  hook: { url: string; secret: string };
};

const opened = async (): Promise<Surfaces> => {
  const bed = await startTestbed({
    github: { config: { appId: '1', privateKey: APP_KEY, apiUrl: github.url }, api: github.url },
  });
  const token = await makeToken(bed);
  const agent = new Client({ name: 'an-assistant', version: '1' });
  await agent.connect(
    new StreamableHTTPClientTransport(new URL(`${urlOf(bed)}/v1/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  await bed.as('rita').command('/release', 'token hooks checkout-ci', bed.channels.team);
  const shown = bed.as('rita').lastPrivate(bed.channels.team);
  const path = /\/hooks\/github\/[\w-]+\/[\w-]+/.exec(shown)?.[0] ?? '';
  const secret = /[0-9a-f]{64}/.exec(shown)?.[0] ?? '';
  return { bed, token, call: calling(bed, token), agent, hook: { url: `${urlOf(bed)}${path}`, secret } };
};

let runs = 0;
/** What the job of GitHub is told, of a run of its own. */
const answerOnGitHub = async ({ bed, hook }: Surfaces): Promise<{ state?: string; comment: string }> => {
  runs += 1;
  const callback = `/repos/acme/checkout/actions/runs/${runs}/deployment_protection_rule`;
  const body = JSON.stringify({
    action: 'requested',
    environment: 'production',
    deployment_callback_url: `${github.url}${callback}`,
    deployment: { id: runs, ref: 'v2.14.0', sha: SHA, environment: 'production' },
    repository: { full_name: 'acme/checkout' },
    installation: { id: 5 },
  });
  await fetch(hook.url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'deployment_protection_rule',
      'x-github-delivery': `run-${runs}`,
      'x-hub-signature-256': await new Webhooks({ secret: hook.secret }).sign(body),
    },
  });
  await bed.app.webhooks.idle();
  return github.posted(callback).at(-1) as { state?: string; comment: string };
};

const VERDICTS: Readonly<Record<string, string | undefined>> = { deny: 'rejected', wait: undefined };
const CODES: Readonly<Record<string, number>> = { allow: 0, wait: 10, deny: 20 };

/** Everything that can be asked. `last`: also the job at GitHub, which starts by itself once it may. */
const agree = async (surfaces: Surfaces, last = false): Promise<Reasons> => {
  const { bed, call, agent, token } = surfaces;
  const gate = (await call('POST', '/v1/gate', WHAT)).body as unknown as Reasons;
  const told = await agent.callTool({ name: 'ask_gate', arguments: WHAT });
  expect(told.structuredContent).toMatchObject({ decision: gate.decision, reasons: gate.reasons });
  const ran = await cli.run({ url: urlOf(bed), token }, [
    'check',
    '--service',
    'checkout',
    '--version',
    '2.14.0',
    '--env',
    'production',
    '--json',
  ]);
  expect(JSON.parse(ran.out)).toMatchObject({ decision: gate.decision, reasons: gate.reasons });
  expect([gate.decision, ran.code]).toEqual([gate.decision, CODES[gate.decision]]);
  for (const { message } of gate.reasons) expect(ran.err).toContain(message);
  const { checks } = (await call('GET', '/v1/releases/REL-1/readiness?environment=production'))
    .body as unknown as Checks;
  const inTheWay = checks.filter(({ state }) => state !== 'pass');
  expect(gate.reasons.map(({ message }) => message)).toEqual(inTheWay.map(({ message }) => message));
  for (const asked of ['why REL-1 production', 'why REL-1']) {
    await bed.as('olivia').command('/release', asked, bed.channels.team);
    const why = timeless(bed.as('olivia').lastPrivate(bed.channels.team));
    for (const { message } of inTheWay) expect(why).toContain(timeless(message));
    if (inTheWay.length === 0) expect(why).toMatch(/nothing in the way/);
    else expect(why).not.toMatch(/nothing in the way/);
  }
  if (last && gate.decision !== 'allow') {
    const answer = await answerOnGitHub(surfaces);
    expect([gate.decision, answer.state]).toEqual([gate.decision, VERDICTS[gate.decision]]);
    for (const { message } of gate.reasons) expect(answer.comment).toContain(message);
  }
  return gate;
};

const starts = async ({ call }: Surfaces): Promise<number> => {
  const { body } = await call('GET', '/v1/releases/REL-1');
  return (body['deployments'] as unknown[]).length;
};

/** Left to chance, few of them would ever be deployed. */
const BEGINNINGS = [[], ['approve', 'starts'], ['approve', 'starts', 'fails'], ['approve', 'starts', 'goes through']];
const ANY = { minLength: 2, maxLength: 5 };

it('every surface gives the same verdict and sentence, and a start does what they say', async () => {
  const names = Object.keys(ACTS);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...BEGINNINGS), fc.array(fc.constantFrom(...names), ANY), async (begun, more) => {
      const life = [...begun, ...more];
      const surfaces = await opened();
      const { bed } = surfaces;
      await create(bed, '2.14.0');
      await agree(surfaces);
      for (const name of life) {
        await ACTS[name]?.(bed, surfaces.call);
        await bed.settled();
        await agree(surfaces);
      }
      const gate = await agree(surfaces, true);
      const before = await starts(surfaces);
      await typed(bed, 'olivia', 'deploy REL-1 production');
      await bed.settled();
      const started = (await starts(surfaces)) > before;
      expect([life, gate.decision, started]).toEqual([life, gate.decision, gate.decision === 'allow']);
      await surfaces.agent.close();
      await bed.close();
    }),
    { numRuns: 10 },
  );
}, 240_000);
