/** What Slack, Bolt and the network do to a bot: each trap once. */
import { describe, expect, it, vi } from 'vitest';
import { nearestOf } from '../../src/domain/nearest.ts';
import { HOUR } from '../../src/domain/time.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { asText } from '../../src/releases/find-release.ts';
import { sign } from '../../src/sandbox/delivery.ts';
import type { Driver } from '../../src/sandbox/driver.ts';
import { wordsOf } from '../../src/slack/command-words.ts';
import { ACTIONS, COMMANDS, RETIRED_ACTIONS, VERBS } from '../../src/slack/ids.ts';
import { create, userChange } from '../support/acting.ts';
import { NOW } from '../support/builders.ts';
import { freePort } from '../support/postgres-server.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const post = async (
  bed: Testbed,
  body: string,
  more: { secret?: string; aheadS?: number; type?: string } = {},
): Promise<Response> => {
  const at = Math.floor(Date.now() / 1_000) + (more.aheadS ?? 0);
  const headers = {
    'content-type': more.type ?? 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': sign(more.secret ?? bed.sandbox.world.signingSecret, at, body),
  };
  return fetch(`http://127.0.0.1:${bed.app.port}/slack/events`, { method: 'POST', headers, body });
};
const command = (bed: Testbed, text: string, more: Record<string, string> = {}): string =>
  new URLSearchParams({
    team_id: bed.sandbox.world.teamId,
    channel_id: bed.channels.team,
    user_id: bed.ids.olivia,
    command: '/release',
    text,
    trigger_id: `t${Math.random()}`,
    response_url: 'https://hooks.slack.com/x',
    api_app_id: 'A',
    is_enterprise_install: 'false',
    ...more,
  }).toString();
const releases = async (bed: Testbed): Promise<number> =>
  (
    await bed.app.deps.database.db
      .selectFrom('releases')
      .select('id')
      .where('workspace_id', '<>', '' as never)
      .execute()
  ).length;

describe('copies of one delivery', () => {
  it.each([
    ['a refusal', 'approve REL-1'],
    ['a success', 'new checkout 2.15.0 "Once"'],
    ['what is no command', 'aprove REL-1'],
  ])('at the same moment all get one answer: %s', async (_, text) => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    const body = command(bed, text, { trigger_id: 't.copy' });
    const answers = await Promise.all(Array.from({ length: 30 }, async () => (await post(bed, body)).text()));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).not.toBe('');
  });
});

describe('more at once than can be answered', () => {
  it('each is either done or refused as it came, and what was refused changed nothing', async () => {
    const bed = await startTestbed();
    const answers = await Promise.all(
      Array.from({ length: 160 }, async (_, n) => (await post(bed, command(bed, `new checkout 3.${n}.0 "x"`))).text()),
    );
    const saying = (words: string): number => answers.filter((text) => text.includes(words)).length;
    const done = saying('waits for approval');
    const late = saying('Working on it');
    const refused = saying('more requests came at this moment') + saying('did not answer in 2 seconds');
    expect(done + late + refused).toBe(160);
    await bed.settled();
    const made = await releases(bed);
    expect(made).toBeGreaterThanOrEqual(done);
    expect(made).toBeLessThanOrEqual(done + late);
  }, 180_000);
});

describe('who may say something', () => {
  it.each([
    ['a wrong signature', { secret: 'another' }],
    ['a request of six minutes ago', { aheadS: -360 }],
    ['a request dated six minutes ahead', { aheadS: 360 }],
    ['a request dated for ever', { aheadS: Number.POSITIVE_INFINITY }],
    ['a request dated in words', { aheadS: Number.NaN }],
  ] as const)('%s is refused with 401 and changes nothing', async (_, more) => {
    const bed = await startTestbed();
    const response = await post(bed, command(bed, 'new checkout 2.14.0 "x"'), more);
    expect(response.status).toBe(401);
    expect(await releases(bed)).toBe(0);
  });

  it.each([
    ['a guest', { restricted: true }],
    ['a deactivated person', { deleted: true }],
    ['a bot', { isBot: true }],
    ['a stranger of Slack Connect', { stranger: true }],
    ['somebody of another workspace', { teamId: 'T0OTHER' }],
  ] as const)('%s changes nothing and is told so', async (_, more) => {
    const bed = await startTestbed();
    const id = bed.sandbox.addUser('mallory', more);
    const mallory: Driver = bed.sandbox.as(id);
    await mallory.command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    expect(mallory.lastPrivate(bed.channels.team)).toContain(
      'Nothing done: guests, bots, deactivated people and people of other workspaces cannot act here.',
    );
    expect(await releases(bed)).toBe(0);
  });

  it('a member of a connected workspace, whom Slack does not call a stranger, gets no role', async () => {
    const bed = await startTestbed();
    bed.sandbox.addUser('mallory', { teamId: 'T0OTHER' });
    await create(bed, '2.14.0');
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'assign REL-1 owner @mallory', bed.channels.team);
    await bed.settled();
    expect(olivia.lastPrivate(bed.channels.team)).toContain('of another workspace, and cannot act here');
  });

  it('somebody deactivated between the request and the click does not count, also when an older event comes last', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    const ask = await bed.dmWith('adam', 'Approve checkout 2.14.0');
    const adam = bed.sandbox.world.users.get(bed.ids.adam);
    if (adam !== undefined) adam.deleted = true;
    await bed.sandbox.deliver('event', userChange(bed, 'Ev2', 'adam', { deleted: true }));
    await bed.sandbox.deliver('event', userChange(bed, 'Ev1', 'adam', { deleted: false }));
    await bed.settled();
    await bed.as('adam').click(ask, 'Approve');
    expect(await bed.cardText()).toContain('waiting for approval');
  });
});

describe('what the platform does', () => {
  it('delivers a request again: one effect, the same answer', async () => {
    const bed = await startTestbed();
    const body = command(bed, 'new checkout 2.14.0 "x"', { trigger_id: 'same' });
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await post(bed, body)).text()));
    expect(await releases(bed)).toBe(1);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('REL-1');
  });

  it('sends app_rate_limited: answered at once with 200', async () => {
    const bed = await startTestbed();
    const response = await post(
      bed,
      JSON.stringify({
        token: 'x',
        type: 'app_rate_limited',
        team_id: bed.sandbox.world.teamId,
        minute_rate_limited: 1,
        api_app_id: 'A',
      }),
      { type: 'application/json' },
    );
    expect(response.status).toBe(200);
  });

  it('sends the same over Socket Mode: the process lives on', async () => {
    const bed = await startTestbed({ transport: 'socket' });
    await bed.sandbox.deliver('event', {
      type: 'app_rate_limited',
      team_id: bed.sandbox.world.teamId,
      minute_rate_limited: 1,
    });
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('REL-1');
  });

  it('disconnects the socket: it comes back, and nothing that was acknowledged is lost', async () => {
    const bed = await startTestbed({ transport: 'socket' });
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    bed.sandbox.socket.disconnect('refresh_requested');
    bed.sandbox.socket.drop();
    // A person whose command was not taken types it again.
    let act = await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    for (let turn = 0; turn < 200 && !act.acknowledged; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      act = await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    }
    expect(act.acknowledged).toBe(true);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  }, 30_000);

  it('sends what is no request, signed: 400, and the process lives on', async () => {
    const bed = await startTestbed();
    const ended = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', ended);
    const form = 'application/x-www-form-urlencoded';
    for (const body of ['payload=null', 'payload=', 'payload=%7B', 'payload=[1]'])
      expect([body, (await post(bed, body, { type: form })).status]).toEqual([body, 400]);
    for (const body of ['null', '17', '"text"', '[]', '{', ''])
      expect([body, (await post(bed, body, { type: 'application/json' })).status]).toEqual([body, 400]);
    expect((await post(bed, 'null', { type: 'text/plain' })).status).toBe(400);
    // A payload that is an object and says nothing is Bolt's to answer; one without what its kind is about is none.
    expect((await post(bed, new URLSearchParams({ payload: '{}' }).toString())).status).toBeGreaterThanOrEqual(400);
    for (const payload of [
      '{"type":"block_actions"}',
      '{"type":"block_actions","actions":null}',
      '{"type":"block_actions","actions":[null]}',
      '{"type":"view_submission","view":null}',
    ])
      expect([payload, (await post(bed, new URLSearchParams({ payload }).toString())).status]).toEqual([payload, 400]);
    const event = '{"type":"event_callback","event":null}';
    expect((await post(bed, event, { type: 'application/json' })).status).toBe(400);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', ended);
    expect(ended).not.toHaveBeenCalled();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('REL-1');
  });

  it('is asked with another method than POST: 405, and what may be done', async () => {
    const bed = await startTestbed();
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const response = await fetch(`http://127.0.0.1:${bed.app.port}/slack/events`, {
        method,
        headers: { authorization: 'Bearer secret', cookie: 'secret' },
      });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
    }
    // Nothing of what was sent stands in the log.
    expect(bed.logs.join('')).not.toMatch(/Bearer|secret|cookie/i);
  });

  it('sends more than a megabyte: 413', async () => {
    const bed = await startTestbed();
    expect((await post(bed, 'x'.repeat(1_100_000))).status).toBe(413);
  });

  it('lets a button of an earlier version be clicked: the current state is the answer', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    const card = await bed.card();
    const [release] = await bed.app.deps.database.db
      .selectFrom('releases')
      .select('id')
      .where('workspace_id', '<>', '' as never)
      .execute();
    for (const action of [RETIRED_ACTIONS[0] ?? '', 'never_existed']) {
      const old = [
        {
          type: 'actions',
          elements: [
            { type: 'button', action_id: action, text: { type: 'plain_text', text: 'Old' }, value: release?.id },
          ],
        },
      ];
      await bed.as('adam').click(card, 'Old', old);
      await bed.settled();
      expect(bed.as('adam').lastPrivate(bed.channels.team)).toContain('checkout 2.14.0  ·  waiting for approval');
    }
    expect(await bed.cardText()).toContain('waiting for approval');
  });

  it('takes a slow database: acknowledged at two seconds, and the answer follows', async () => {
    const bed = await startTestbed();
    const db = bed.app.deps.database;
    const { unit } = db;
    let slow = true;
    const late: typeof unit = async (...of) => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 2_400));
      return unit(...of);
    };
    Object.assign(db, { unit: late });
    const act = await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    slow = false;
    expect(act.acknowledged).toBe(true);
    expect(JSON.stringify(act.body)).toContain('Working on it');
    await bed.settled();
    expect(bed.as('olivia').lastPrivate(bed.channels.team)).toContain('REL-1');
  });

  it('cannot read what was committed: nobody is told that nothing was done', async () => {
    const bed = await startTestbed();
    const { situations } = bed.app.deps;
    const read = situations.read;
    let reads = 0;
    // The form's facts and the use case read for themselves; what fails is the answer's own reading, after the commit.
    Object.assign(situations, {
      read: (...args: Parameters<typeof read>) => {
        reads += 1;
        return reads <= 2 ? read(...args) : Promise.reject(new Error('the database is too slow'));
      },
    });
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "Faster basket"', bed.channels.team);
    Object.assign(situations, { read });
    await bed.settled();
    expect(reads).toBeGreaterThan(2);
    const said = bed.as('olivia').lastPrivate(bed.channels.team);
    expect(said).toContain('Done, but Signalbox could not show what came of it.');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  waiting for approval');
  });

  it('stops: what is under way ends and is answered, then the process is quiet', async () => {
    let begun: () => void = () => undefined;
    const bed = await startTestbed({ overrides: { at: (point) => point === 'before ack' && begun() } });
    const underWay = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const acting = bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    // However long it takes on its way: it is stopped once it is about to be answered.
    await underWay;
    await bed.app.stop();
    const leased = await bed.app.deps.database.db
      .selectFrom('messages')
      .select('id')
      .where('workspace_id', '<>', '' as never)
      .where('leased_by', 'is not', null)
      .execute();
    expect(leased).toEqual([]);
    await bed.restart();
    expect((await acting).acknowledged).toBe(true);
    expect(await releases(bed)).toBe(1);
  });

  it('says how it is: healthy, ready, metrics', async () => {
    const bed = await startTestbed();
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${bed.app.port}${path}`)).text();
    expect(await get('/healthz')).toBe('ok');
    expect(await get('/readyz')).toBe('ready');
    const metrics = await get('/metrics');
    for (const name of [
      'signalbox_ack_ms_count',
      'signalbox_use_cases_total{name="create release",outcome="ok"} 1',
      'signalbox_slack_calls_total',
      'signalbox_messages{state="waiting"}',
      'signalbox_nodejs_eventloop_lag',
    ])
      expect(metrics).toContain(name);
  });

  it('does not count as late what waits for its reader’s morning', async () => {
    const bed = await startTestbed();
    await bed.pass(12 * HOUR);
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    await bed.settled();
    const metrics = createMetrics(bed.app.deps);
    await metrics.refresh();
    const figures = await metrics.text();
    expect(figures).toContain('signalbox_messages{state="waiting"} 0');
    expect(figures).toContain('signalbox_messages{state="resting"} 2');
    expect(figures).toContain('signalbox_messages_oldest_seconds 0');
  });

  it('is asked for its metrics at an address of their own, where there is nothing else, without asking the database', async () => {
    const free = await freePort();
    const bed = await startTestbed({ metrics: { host: '127.0.0.1', port: free } });
    const front = await fetch(`http://127.0.0.1:${bed.app.port}/metrics`);
    expect(front.status).toBe(404);
    const aside = `http://127.0.0.1:${free}`;
    expect((await fetch(`${aside}/readyz`)).status).toBe(404);
    const asked = vi.spyOn(
      Object.getPrototypeOf(Object.getPrototypeOf(bed.app.deps.database.kysely.getExecutor())),
      'executeQuery',
    );
    const calls = (): number => asked.mock.calls.length;
    await bed.settled();
    const least: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const before = calls();
      expect(await (await fetch(`${aside}/metrics`)).text()).toContain('signalbox_messages{state="waiting"}');
      least.push(calls() - before);
    }
    asked.mockRestore();
    expect(Math.min(...least)).toBe(0);
  });
});

describe('every button and verb with another workspace’s ids', () => {
  it('finds nothing and changes nothing', async () => {
    const bed = await startTestbed({ raw: true });
    const { kysely } = bed.app.deps.database;
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    const card = await bed.card();
    const [mine] = await bed.app.deps.database.db
      .selectFrom('releases')
      .selectAll()
      .where('workspace_id', '<>', '' as never)
      .execute();
    if (mine === undefined) throw new Error('no release');
    await kysely
      .insertInto('workspaces')
      .values({ id: 'wsp_other' as never, slack_id: 'T0OTHER', name: 'Other', bot_user_id: null, created_at: NOW })
      .execute();
    const text = (value: unknown) => JSON.stringify(value);
    await kysely
      .insertInto('releases')
      .values({
        ...mine,
        workspace_id: 'wsp_other' as never,
        id: 'rel_foreign' as never,
        number: 77,
        affects: text(mine.affects),
        targets: text(mine.targets),
        answers: text(mine.answers),
        planned: text(mine.planned),
        changes: text(mine.changes),
        state: text(mine.state),
        needs: null,
        vouched_by: null,
        hold: null,
        risk: null,
      })
      .execute();
    const before = await bed.app.deps.database.db
      .selectFrom('journal')
      .select('seq')
      .where('workspace_id', '<>', '' as never)
      .execute();
    const values = [
      'rel_foreign',
      'rel_foreign~rnd_x~hash',
      'rel_foreign~production',
      'rel_foreign~exc_x',
      'rel_foreign~2026-03-09T09:00:00.000Z',
    ];
    for (const action of Object.values(ACTIONS)) {
      for (const value of values) {
        const blocks = [
          {
            type: 'actions',
            elements: [{ type: 'button', action_id: `${action}:x`, text: { type: 'plain_text', text: 'Go' }, value }],
          },
        ];
        expect((await bed.as('rita').click(card, 'Go', blocks)).acknowledged).toBe(true);
      }
    }
    for (const verb of VERBS)
      expect(
        (await bed.as('rita').command('/release', `${verb} REL-77 production pass`, bed.channels.team)).acknowledged,
      ).toBe(true);
    await bed.settled();
    expect(
      bed
        .as('rita')
        .privately(bed.channels.team)
        .every((message) => !JSON.stringify(message).includes('rel_foreign')),
    ).toBe(true);
    const after = await bed.app.deps.database.db
      .selectFrom('journal')
      .select('seq')
      .where('workspace_id', '<>', '' as never)
      .execute();
    expect(after.length).toBe(before.length);
  });
});

describe('words', () => {
  it('keeps quoted words together, curly quotes too, and undoes Slack’s escapes', () => {
    expect(wordsOf('new checkout “Faster &amp; better” x')).toEqual(['new', 'checkout', 'Faster & better', 'x']);
    // A text is kept as its writer saw it: a mention in it would ring for whoever reads it.
    expect(asText(['ask', '<@U0STAN|stan>', 'in', '<#C0DEV|dev>,', '<!subteam^S1|@qa>', '<https://a.example|a>'])).toBe(
      'ask @stan in #dev, @qa https://a.example',
    );
  });

  it('suggests the nearest verb', () => {
    expect([nearestOf('aprove', VERBS), nearestOf('lsit', VERBS), nearestOf('xyzzy', VERBS)]).toEqual([
      'approve',
      'list',
      null,
    ]);
    expect(Object.keys(COMMANDS)).toEqual(['/release', '/freeze', '/deploy']);
  });
});
