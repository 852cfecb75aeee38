/** GitHub, GitLab and others: signed by their own libraries, answered where they wait, and seen in Slack as what a person does. */
import { Webhooks } from '@octokit/webhooks';
import { Webhook as Signature } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { approve, clickCard, create, freeze, shipped, typed } from '../support/acting.ts';
import { makeToken } from '../support/api.ts';
import { urlOf } from '../support/cli.ts';
import { APP_KEY, type Elsewhere, startElsewhere } from '../support/elsewhere.ts';
import { startTestbed, type Testbed, type TestbedOptions } from '../support/testbed.ts';

const opened: Elsewhere[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

type Hooks = { github: string; gitlab: string; signed: string; secret: string; signing: string };
type World = { bed: Testbed; there: Elsewhere; hooks: Hooks };

const started = async (options: TestbedOptions = {}, token: Parameters<typeof makeToken>[1] = {}): Promise<World> => {
  const there = await startElsewhere();
  opened.push(there);
  const bed = await startTestbed({
    ...options,
    github: { config: { appId: '1', privateKey: APP_KEY, apiUrl: there.url }, api: there.url },
    gitlab: { token: 'glpat-1', url: there.url },
  });
  await makeToken(bed, token);
  await bed.as('rita').command('/release', 'token hooks checkout-ci', bed.channels.team);
  const shown = bed.as('rita').lastPrivate(bed.channels.team);
  const path = (system: string): string =>
    `${urlOf(bed)}${new RegExp(`/hooks/${system}/[\\w-]+/[\\w-]+`).exec(shown)?.[0] ?? ''}`;
  return {
    bed,
    there,
    hooks: {
      github: path('github'),
      gitlab: path('gitlab'),
      signed: path('signed'),
      secret: /[0-9a-f]{64}/.exec(shown)?.[0] ?? '',
      signing: /whsec_[\w+/=]+/.exec(shown)?.[0] ?? '',
    },
  };
};

let deliveries = 0;
const fromGitHub = async (
  { hooks }: Pick<World, 'hooks'>,
  event: string,
  payload: unknown,
  delivery = `d-${(deliveries += 1)}`,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const body = JSON.stringify(payload);
  const response = await fetch(hooks.github, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': delivery,
      'x-hub-signature-256': await new Webhooks({ secret: hooks.secret }).sign(body),
    },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const SHA = 'c0ffee'.padEnd(40, '0');
const deployment = { id: 1, ref: 'v2.14.0', sha: SHA, environment: 'production' };
const repository = { full_name: 'acme/checkout' };
const rule = ({ url }: Elsewhere, more: Record<string, unknown> = {}) => ({
  action: 'requested',
  environment: 'production',
  deployment_callback_url: `${url}/repos/acme/checkout/actions/runs/7/deployment_protection_rule`,
  deployment,
  repository,
  installation: { id: 5 },
  ...more,
});
const status = (state: string, more: Record<string, unknown> = {}, of: Record<string, unknown> = {}) => ({
  deployment_status: { state, description: '', log_url: '', ...more },
  deployment: { ...deployment, ...of },
  repository,
});
const CALLBACK = '/actions/runs/7/deployment_protection_rule';

const done = async ({ bed }: World): Promise<void> => {
  await bed.settled();
  await bed.app.jobs.lookNow();
  await bed.app.webhooks.idle();
  await bed.settled();
};
const answers = (world: World): readonly Record<string, unknown>[] => world.there.posted(CALLBACK);

describe('a deployment protection rule of GitHub', () => {
  it.each(['embedded', 'postgres'] as const)(
    'waits with the reasons of the card, is approved on its callback once it may, and Slack shows that it runs (%s)',
    async (engine) => {
      const world = await started({ engine });
      const { bed, there } = world;
      await create(bed, '2.14.0');
      expect(await fromGitHub(world, 'deployment_protection_rule', rule(there))).toMatchObject({ status: 200 });
      await done(world);
      expect(answers(world)).toMatchObject([
        { environment_name: 'production', comment: expect.stringContaining('still has to approve') },
      ]);
      expect(answers(world)[0]).not.toHaveProperty('state');
      await approve(bed, '2.14.0');
      await done(world);
      expect(answers(world).at(-1)).toMatchObject({
        state: 'approved',
        environment_name: 'production',
        comment: 'Signalbox lets checkout 2.14.0 go to production.',
      });
      expect(there.asked.find(({ path }) => path.includes(CALLBACK))?.headers['authorization']).toContain(
        'ghs_of_the_installation',
      );
      expect(await bed.cardText()).toContain('deploying to production');
      const before = answers(world).length;
      await fromGitHub(world, 'deployment_status', status('in_progress', { description: 'canary 25 %' }));
      await fromGitHub(world, 'deployment_status', status('success'));
      await done(world);
      expect(await bed.channelText(bed.channels.team)).toContain('checkout-ci is at canary 25 % in production');
      expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
      expect(answers(world).length).toBe(before);
    },
  );

  it('is rejected with the reason where waiting does not help', async () => {
    const world = await started();
    const { bed, there } = world;
    await fromGitHub(world, 'deployment_protection_rule', rule(there));
    await done(world);
    expect(answers(world)).toMatchObject([
      { state: 'rejected', comment: expect.stringContaining('there is no release checkout 2.14.0') },
    ]);
    await create(bed, '2.14.0');
    await bed.as('bella').command('/release', 'reject REL-1 "No load test"', bed.channels.team);
    await fromGitHub(world, 'deployment_protection_rule', rule(there, { deployment: { ...deployment, id: 2 } }));
    await done(world);
    expect(answers(world).at(-1)).toMatchObject({ state: 'rejected' });
  });

  it('under light rules lets an unknown version go at once; under a freeze it says until when', async () => {
    const world = await started({ preset: 'light' });
    await fromGitHub(world, 'deployment_protection_rule', rule(world.there));
    await done(world);
    expect(answers(world)).toMatchObject([{ state: 'approved' }]);
    await fromGitHub(world, 'deployment_status', status('success'));
    await freeze(world.bed, {
      name: 'Sale',
      reason: 'x',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '02:00',
    });
    await fromGitHub(
      world,
      'deployment_protection_rule',
      rule(world.there, { deployment: { ...deployment, id: 2, ref: 'v2.15.0' } }),
    );
    await done(world);
    expect(answers(world).at(-1)).toMatchObject({ comment: expect.stringContaining('Sale') });
  });

  it('is answered by itself once it may, without anybody looking', async () => {
    const world = await started();
    await create(world.bed, '2.14.0');
    await fromGitHub(world, 'deployment_protection_rule', rule(world.there));
    await approve(world.bed, '2.14.0');
    await expect.poll(() => answers(world).at(-1)?.['state'], { timeout: 10_000, interval: 50 }).toBe('approved');
  });

  it('delivered twice, under whatever id, is one job', async () => {
    const world = await started();
    const { bed, there } = world;
    await create(bed, '2.14.0');
    there.fail(502);
    await fromGitHub(world, 'deployment_protection_rule', rule(there));
    await fromGitHub(world, 'deployment_protection_rule', rule(there));
    await done(world);
    there.fail(null);
    await approve(bed, '2.14.0');
    await done(world);
    expect(answers(world).filter((body) => body['state'] === 'approved')).toHaveLength(1);
  });

  it('answers nowhere but at GitHub, and only for the repository that it came from', async () => {
    const world = await started({ preset: 'light' });
    for (const url of [
      'https://evil.example.com/repos/acme/checkout/actions/runs/7/deployment_protection_rule',
      `${world.there.url}/repos/acme/other/actions/runs/7/deployment_protection_rule`,
      `${world.there.url}/repos/acme/checkout/actions/runs/7/deployment_protection_rule/../../x`,
    ])
      expect(
        await fromGitHub(world, 'deployment_protection_rule', rule(world.there, { deployment_callback_url: url })),
      ).toMatchObject({ status: 200, body: { done: expect.stringContaining('is not of a run of acme/checkout') } });
    await done(world);
    expect(world.there.asked).toEqual([]);
  });
});

describe('what comes late, twice, or of another run', () => {
  it('changes nothing: a start after its end, an old failure again, a failure of another run', async () => {
    const world = await started({ preset: 'light' });
    const { bed } = world;
    const runs = async (): Promise<readonly unknown[]> => {
      const { db } = bed.app.deps.database;
      return db
        .selectFrom('deployments')
        .select(['version', 'state'])
        .where('workspace_id', 'is not', null)
        .orderBy('started_at')
        .execute();
    };
    const page = (run: number) => ({ log_url: `https://github.com/acme/checkout/actions/runs/${run}/job/1` });
    await fromGitHub(world, 'deployment_status', status('in_progress', page(7), { id: 7 }));
    await fromGitHub(world, 'deployment_status', status('failure', page(7), { id: 7 }));
    await fromGitHub(world, 'deployment_status', status('in_progress', page(8), { id: 8 }));
    await fromGitHub(world, 'deployment_status', status('failure', page(7), { id: 7 }));
    await fromGitHub(world, 'deployment_status', status('failure', page(9), { id: 9 }));
    expect(await runs()).toMatchObject([{ state: 'failed' }, { state: 'running' }]);
    const wrong = await fromGitHub(
      world,
      'deployment_status',
      status('success', page(8), { id: 8, sha: 'dead'.padEnd(40, '0') }),
    );
    expect(wrong.body).toMatchObject({ refused: expect.stringContaining(`is ${SHA}, and GitHub speaks of dead`) });
    await Promise.all([
      fromGitHub(world, 'deployment_status', status('success', page(8), { id: 8 })),
      fromGitHub(world, 'deployment_status', status('in_progress', page(8), { id: 8 })),
    ]);
    await fromGitHub(world, 'deployment_status', status('in_progress', page(8), { id: 8 }));
    expect(await runs()).toMatchObject([{ state: 'failed' }, { state: 'succeeded' }]);
  });

  it('a failure of what was never here plans nothing, and an empty address accuses nobody', async () => {
    const world = await started();
    expect((await fromGitHub(world, 'deployment_status', status('failure'))).body).toEqual({
      done: 'nothing of it runs',
    });
    await world.bed.as('rita').command('/release', 'list', world.bed.channels.team);
    expect(world.bed.as('rita').lastPrivate(world.bed.channels.team)).toContain('No release fits');
    const light = await started({ preset: 'light' });
    await fromGitHub(light, 'deployment_status', status('in_progress', { log_url: '', target_url: '' }));
    await done(light);
    expect(await light.bed.channelText(light.bed.channels.team)).not.toContain('Nobody was asked');
  });

  it('a long step is cut between its characters', async () => {
    const world = await started({ preset: 'light' });
    const said = await fromGitHub(
      world,
      'deployment_status',
      status('in_progress', { description: `${'x'.repeat(119)}🚀🚀` }),
    );
    expect(said.body).toMatchObject({ done: expect.stringContaining('xxx') });
  });
});

describe('an answer that cannot be given', () => {
  const running = (bed: Testbed) => bed.cardText().then((text) => text.includes('deploying to production'));

  it('starts nothing where nobody can answer', async () => {
    const bed = await startTestbed({ preset: 'light' });
    await makeToken(bed);
    await bed.as('rita').command('/release', 'token hooks checkout-ci', bed.channels.team);
    const shown = bed.as('rita').lastPrivate(bed.channels.team);
    const github = `${urlOf(bed)}${/\/hooks\/github\/[\w-]+\/[\w-]+/.exec(shown)?.[0] ?? ''}`;
    const secret = /[0-9a-f]{64}/.exec(shown)?.[0] ?? '';
    const hooks = { github, secret, gitlab: '', signed: '', signing: '' };
    const payload = rule({ url: 'https://api.github.com' } as Elsewhere);
    expect((await fromGitHub({ hooks }, 'deployment_protection_rule', payload)).body).toEqual({
      refused: 'nobody can answer GitHub: GITHUB_APP_ID is not set',
    });
  });

  it('takes the start back where GitHub knows the job no more, and the card says why', async () => {
    const world = await started({ preset: 'light' });
    world.there.fail(404);
    await fromGitHub(world, 'deployment_protection_rule', rule(world.there));
    await done(world);
    expect(await running(world.bed)).toBe(false);
    expect(await world.bed.channelText(world.bed.channels.team)).toContain('Its job could not be let go on');
  });

  it('is looked at once more before it is given: what was aborted meanwhile gets no leave', async () => {
    const world = await started();
    const { bed, there } = world;
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    there.fail(502);
    await fromGitHub(world, 'deployment_protection_rule', rule(there));
    await done(world);
    expect(await running(bed)).toBe(true);
    await clickCard(bed, 'olivia', '2.14.0', 'Abort: nothing was touched');
    await bed.settled();
    there.fail(null);
    await bed.app.deps.database.kysely
      .updateTable('deliveries')
      .set({ next_at: '2020-01-01T00:00:00.000Z' as never })
      .where('workspace_id', 'is not', null)
      .execute();
    await done(world);
    expect(answers(world).at(-1)).toMatchObject({
      state: 'rejected',
      comment: expect.stringContaining('was stopped before this job could be told'),
    });
    expect(answers(world).filter(({ state }) => state === 'approved')).toEqual([]);
  });
});

describe('what is sent wrong', () => {
  it('is told so, and nothing fails', async () => {
    const world = await started();
    const { hooks } = world;
    const post = async (url: string, body: string, type = 'application/json') =>
      (
        await fetch(url, {
          method: 'POST',
          body,
          headers: {
            'content-type': type,
            'x-github-event': 'push',
            'x-hub-signature-256': await new Webhooks({ secret: hooks.secret }).sign(body),
          },
        })
      ).status;
    expect(await post(hooks.github, 'payload=%7B%7D', 'application/x-www-form-urlencoded')).toBe(415);
    expect(await post(hooks.github, '{"ref":"\\u0000"}')).toBe(200);
    expect(await post(hooks.github, '{"ref":"\\ud800"}')).toBe(200);
    expect(await post(hooks.github, 'null')).toBe(200);
    expect(await post(`${hooks.github}%00`, '{}')).toBe(401);
    expect(await post(hooks.github.replace(/\/[\w-]+\/[\w-]+$/, '/%00/a'), '{}')).toBe(401);
  });
});

describe('a deployment that nobody was asked about', () => {
  it('of another commit than is known is recorded, and names both', async () => {
    const world = await started();
    const { bed } = world;
    const bad = 'badbad'.padEnd(40, '0');
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', `artifact REL-1 ${SHA}`);
    await fromGitHub(world, 'deployment_status', status('in_progress', {}, { id: 5, sha: bad }));
    await fromGitHub(world, 'deployment_status', status('success', {}, { id: 5, sha: bad }));
    await bed.settled();
    expect(await bed.channelText(bed.channels.team)).toContain(`Known is ${SHA}; deployed was ${bad}`);
  });

  it('is recorded and announced, with what would have been in its way', async () => {
    const world = await started();
    const { bed } = world;
    await create(bed, '2.14.0');
    await fromGitHub(world, 'deployment_status', status('success'));
    await done(world);
    const team = await bed.channelText(bed.channels.team);
    expect(team).toContain('Nobody was asked about the deployment to production: “GitHub started it without waiting');
    expect(await bed.cardText()).toContain('deployed');
    expect(await bed.dm('rita')).toContain('was deployed to production without being asked about');
    expect((await fromGitHub(world, 'deployment_status', status('success'))).body).toEqual({
      done: 'it has ended already',
    });
  });

  it('fails as any other does', async () => {
    const world = await started({ preset: 'light' });
    await fromGitHub(world, 'deployment_status', status('in_progress'));
    await fromGitHub(world, 'deployment_status', status('failure', { description: 'The migration failed' }));
    await done(world);
    expect(await world.bed.channelText(world.bed.channels.team)).toContain('The migration failed');
  });
});

describe('a tag', () => {
  const push = (ref: string) => ({ ref, after: SHA, deleted: false, repository, installation: { id: 5 } });

  it('plans its version with its commit, and each pull request since what runs as a change', async () => {
    const world = await started();
    const { bed, there } = world;
    await shipped(bed, '2.13.0');
    const tagged = await fromGitHub(world, 'push', push('refs/tags/v2.14.0'));
    expect(tagged.body).toEqual({ done: 'checkout 2.14.0 is planned' });
    await bed.app.hooks.drained();
    expect(there.asked.some(({ path }) => path.includes('/compare/v2.13.0...v2.14.0'))).toBe(true);
    const changes = async (): Promise<readonly unknown[]> => {
      const { db } = bed.app.deps.database;
      const row = await db
        .selectFrom('releases')
        .select('changes')
        .where('workspace_id', 'is not', null)
        .where('version', '=', '2.14.0')
        .executeTakeFirstOrThrow();
      return row.changes;
    };
    expect(await changes()).toMatchObject([{ title: 'Faster search' }, { title: 'Mend the basket' }]);
    const again = await fromGitHub(world, 'push', push('refs/tags/v2.14.0'));
    expect(again.body).toEqual({ done: 'checkout 2.14.0 is known already' });
    await bed.app.hooks.drained();
    expect(await changes()).toHaveLength(2);
  });

  it.each([
    ['a branch', push('refs/heads/main'), 'only a new tag is a version'],
    ['no version', push('refs/tags/latest'), 'refs/tags/latest is no version of checkout'],
    [
      'another repository',
      { ...push('refs/tags/v1.0.0'), repository: { full_name: 'acme/other' } },
      'no service of the catalog has “repository: acme/other”',
    ],
  ])('of %s is none', async (_, payload, because) => {
    const world = await started();
    expect((await fromGitHub(world, 'push', payload)).body).toMatchObject({ done: expect.stringContaining(because) });
  });
});

describe('GitLab', () => {
  const payload = (state: string) => ({
    object_kind: 'deployment',
    status: state,
    deployment_id: 15,
    deployable_id: 796,
    deployable_url: 'https://gitlab.com/acme/checkout/-/jobs/796',
    environment: 'production',
    ref: 'v2.14.0',
    short_sha: SHA.slice(0, 8),
    commit_url: `https://gitlab.com/acme/checkout/-/commit/${SHA}`,
    project: { id: 30, path_with_namespace: 'acme/checkout' },
  });
  const send = async ({ hooks }: World, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(hooks.gitlab, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        'x-gitlab-token': hooks.secret,
        'x-gitlab-event-uuid': 'u-1',
        ...headers,
      },
    });
    return { status: response.status, body: await response.json() };
  };

  it('has its blocked deployment approved and its job played once it may, and says how it goes', async () => {
    const world = await started();
    const { bed, there } = world;
    await create(bed, '2.14.0');
    await send(world, payload('blocked'));
    await done(world);
    expect(there.posted('/approval')).toEqual([]);
    await approve(bed, '2.14.0');
    await done(world);
    expect(there.posted('/projects/acme%2Fcheckout/deployments/15/approval')).toEqual([
      { status: 'approved', comment: 'Signalbox lets checkout 2.14.0 go to production.' },
    ]);
    expect(there.posted('/projects/acme%2Fcheckout/jobs/796/play')).toHaveLength(1);
    expect(there.asked.at(-1)?.headers['private-token']).toBe('glpat-1');
    await send(world, payload('running'));
    await send(world, payload('success'));
    await done(world);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
  });

  it('tells how far its pipeline is: its running jobs are the step, once', async () => {
    const world = await started();
    const { bed } = world;
    const pipeline = (jobs: readonly string[], more: object = {}) => ({
      object_kind: 'pipeline',
      object_attributes: { id: 31, ref: 'v2.14.0', tag: true, sha: SHA, status: 'running', ...more },
      project: { path_with_namespace: 'acme/checkout', web_url: 'https://gitlab.com/acme/checkout' },
      builds: [
        { stage: 'test', name: 'unit', status: 'success' },
        ...jobs.map((name) => ({ stage: 'deploy', name, status: 'running' })),
      ],
    });
    expect((await send(world, pipeline(['canary']))).body).toEqual({ done: 'no release of it is known' });
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    expect((await send(world, pipeline(['canary']))).body).toEqual({ done: 'nothing of it runs' });
    await send(world, payload('running'));
    await done(world);
    expect((await send(world, pipeline(['canary', 'warm-up']))).body).toEqual({
      done: 'deploy: canary, deploy: warm-up',
    });
    expect((await send(world, pipeline(['canary', 'warm-up']))).body).toEqual({ done: 'it is known already' });
    await done(world);
    expect(await bed.cardText()).toContain('deploy: canary, deploy: warm-up');
    for (const [nothing, because] of [
      [pipeline([]), 'no job of this pipeline runs'],
      [pipeline(['canary'], { status: 'success' }), 'no job of this pipeline runs'],
      [{ object_kind: 'pipeline', builds: 'x' }, 'does not look like one of GitLab'],
    ] as const)
      expect((await send(world, nothing)).body).toEqual({ done: expect.stringContaining(because) });
  });

  it('is turned away with another secret', async () => {
    const world = await started();
    expect(await send(world, payload('running'), { 'x-gitlab-token': 'x' })).toMatchObject({ status: 401 });
  });
});

describe('a signed hook', () => {
  const send = async ({ hooks }: World, message: unknown, id = 'msg_1', secret = hooks.signing) => {
    const body = JSON.stringify(message);
    const now = new Date();
    const response = await fetch(hooks.signed, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Signature(secret).sign(id, now, body),
      },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const passed = { verb: 'record-gate', release: 'REL-1', input: { gate: 'regression', outcome: 'passed' } };

  it('does what the API does, once for each message, and nothing that its token may not', async () => {
    const world = await started({ gates: true });
    await create(world.bed, '2.14.0');
    expect(await send(world, passed)).toMatchObject({ status: 200, body: { release: { key: 'REL-1' } } });
    expect(await send(world, passed)).toMatchObject({ status: 200 });
    await done(world);
    expect((await world.bed.channelText(world.bed.channels.team)).split('recorded gate regression').length - 1).toBe(1);
    expect(await send(world, { verb: 'approve', release: 'REL-1', input: {} }, 'msg_2')).toMatchObject({ status: 404 });
    expect(await send(world, { verb: '../gate' }, 'msg_3')).toMatchObject({ status: 422 });
    expect(await send(world, passed, 'msg_4', `whsec_${Buffer.from('other').toString('base64')}`)).toMatchObject({
      status: 401,
    });
  });

  it('counts no more after its token was rotated or revoked', async () => {
    const world = await started();
    await world.bed.as('rita').command('/release', 'token rotate checkout-ci', world.bed.channels.team);
    expect(await send(world, passed)).toMatchObject({ status: 401 });
    await world.bed.as('rita').command('/release', 'token revoke checkout-ci', world.bed.channels.team);
    expect(await send(world, passed)).toMatchObject({ status: 401 });
  });

  it('may only what its token may', async () => {
    const world = await started({}, { scopes: ['evidence'] });
    await create(world.bed, '2.14.0');
    await approve(world.bed, '2.14.0');
    await fromGitHub(world, 'deployment_protection_rule', rule(world.there));
    await done(world);
    expect(answers(world)).toMatchObject([
      { state: 'rejected', comment: expect.stringContaining('may not start deployments') },
    ]);
    expect(await world.bed.cardText()).not.toContain('deploying');
    await clickCard(world.bed, 'olivia', '2.14.0', 'I am starting');
  });
});
