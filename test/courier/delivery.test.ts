/** The courier against a Slack that fails: nothing is lost, nothing is told twice, and what cannot be delivered is said. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const POST = 'chat.postMessage';
const HISTORY = ['channels:history', 'groups:history', 'im:history'];

const create = async (bed: Testbed, version = '2.14.0'): Promise<void> => {
  const act = await bed.as('olivia').command('/release', `new checkout ${version} "Faster basket"`, bed.channels.team);
  expect(act.acknowledged).toBe(true);
};
const toTeam =
  (bed: Testbed) =>
  (args: Record<string, unknown>): boolean =>
    args['channel'] === bed.channels.team;
const cards = (bed: Testbed): number =>
  bed.sandbox
    .messagesIn(bed.channels.team)
    .filter(
      ({ threadTs, onlyFor, text }) => threadTs === null && onlyFor === null && text.startsWith('checkout 2.14.0 is'),
    ).length;
const rows = (bed: Testbed) =>
  bed.app.deps.database.db
    .selectFrom('messages')
    .selectAll()
    .where('workspace_id', '<>', '' as never)
    .execute();

describe('an answer that is lost', () => {
  const lost: readonly Fault[] = [{ kind: 'status after' }, { kind: 'reset after' }];

  it.each(lost)('$kind: with the history scopes it is found again, and posted once', async (fault) => {
    const bed = await startTestbed({ history: true });
    for (const scope of HISTORY) bed.sandbox.world.scopes.add(scope);
    bed.sandbox.faults.plan(POST, fault, 1, toTeam(bed));
    await create(bed);
    await bed.settled();
    expect(cards(bed)).toBe(1);
    expect((await rows(bed)).every(({ trouble }) => trouble === null)).toBe(true);
  });

  it('with history that lags it is still posted once', async () => {
    const { HISTORY_LAG } = await import('../../src/sandbox/web-api.ts');
    const bed = await startTestbed({ history: true, overrides: { lookAfter: [30, 400] } });
    for (const scope of HISTORY) bed.sandbox.world.scopes.add(scope);
    HISTORY_LAG.ms = 200;
    bed.sandbox.faults.plan(POST, { kind: 'status after' }, 1, toTeam(bed));
    await create(bed);
    await bed.settled();
    HISTORY_LAG.ms = 0;
    expect(cards(bed)).toBe(1);
  });

  it('that was never stored is posted after two looks', async () => {
    const bed = await startTestbed({ history: true });
    for (const scope of HISTORY) bed.sandbox.world.scopes.add(scope);
    bed.sandbox.faults.plan(POST, { kind: 'status before' }, 1, toTeam(bed));
    await create(bed);
    await bed.settled();
    expect(cards(bed)).toBe(1);
    expect(bed.sandbox.api.calls.filter(({ method }) => method === 'conversations.history')).toHaveLength(2);
  });

  it('is found again with what it showed then, and follows what happened since', async () => {
    const bed = await startTestbed({ history: true, overrides: { lookAfter: [600, 600] } });
    for (const scope of HISTORY) bed.sandbox.world.scopes.add(scope);
    bed.sandbox.faults.plan(POST, { kind: 'status after' }, 1, toTeam(bed));
    await create(bed);
    await bed.as('adam').command('/release', 'approve checkout@2.14.0', bed.channels.team);
    await bed.settled();
    expect(cards(bed)).toBe(1);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it.each(['not_in_channel', 'an_error_of_another_day'])(
    '%s to the look: what somebody acts on is posted again, and nothing waits for an admin',
    async (error) => {
      const bed = await startTestbed({ history: true });
      for (const scope of HISTORY) bed.sandbox.world.scopes.add(scope);
      bed.sandbox.faults.plan(POST, { kind: 'status after' }, 1, toTeam(bed));
      bed.sandbox.faults.plan('conversations.history', { kind: 'error', error });
      await create(bed);
      await bed.settled();
      expect(cards(bed)).toBe(2);
      expect((await rows(bed)).every(({ trouble }) => trouble === null)).toBe(true);
    },
  );

  it('without the scopes a card and an ask come at least once, and the older copy answers truthfully when it is pressed', async () => {
    const bed = await startTestbed();
    const toAdam = (args: Record<string, unknown>): boolean => JSON.stringify(args).includes('Approve checkout 2.14.0');
    bed.sandbox.faults.plan(POST, { kind: 'status after' }, 1, toTeam(bed));
    bed.sandbox.faults.plan(POST, { kind: 'reset after' }, 1, toAdam);
    await create(bed);
    await bed.settled();
    expect(cards(bed)).toBe(2);
    expect((await rows(bed)).every(({ trouble }) => trouble === null)).toBe(true);
    const asks = bed.sandbox.world.messages.filter(
      ({ channel, text }) => channel.startsWith('D') && text.startsWith('Approve checkout 2.14.0'),
    );
    expect(asks.length).toBeGreaterThanOrEqual(3);
    const [older] = bed.sandbox
      .messagesIn(bed.channels.team)
      .filter(({ text, onlyFor }) => onlyFor === null && text.startsWith('checkout 2.14.0 is'));
    if (older === undefined) throw new Error('there is no card');
    await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    await bed.settled();
    await bed.as('adam').click(older, 'Approve', older.blocks);
    await bed.settled();
    expect(bed.as('adam').lastPrivate(bed.channels.team)).toContain('Nothing changed: you approved it Tue 3 Mar 10:00');
  });

  it('of two copies of a request the one that nobody keeps up to date says what its first press did', async () => {
    const bed = await startTestbed();
    const toAdam = (args: Record<string, unknown>): boolean => JSON.stringify(args).includes('Approve checkout 2.14.0');
    bed.sandbox.faults.plan(POST, { kind: 'reset after' }, 1, toAdam);
    await create(bed);
    await bed.settled();
    const toBoth = bed.sandbox.world.messages.filter(
      ({ channel, text }) => channel.startsWith('D') && text.startsWith('Approve checkout 2.14.0'),
    );
    const [older, newer] = toBoth.filter(({ channel }) => toBoth.filter((one) => one.channel === channel).length === 2);
    if (older === undefined || newer === undefined) throw new Error('it came once');
    const members = bed.sandbox.world.conversations.get(older.channel)?.members;
    const who = (['adam', 'bella'] as const).find((name) => members?.has(bed.ids[name]) === true) ?? 'olivia';
    await bed.as(who).click(older, 'Approve');
    await bed.settled();
    expect(bed.as(who).lastPrivate(older.channel)).toContain('Counted: you approved checkout 2.14.0.');
    expect(newer.text).toContain('You approved');
    await bed.as(who).click(newer, 'Undo');
    await bed.settled();
    expect(bed.as(who).lastPrivate(older.channel)).not.toContain('Taken back');
  });

  it('a post to stakeholders comes at most once: what nobody can look up is one line to an admin, with one button', async () => {
    const bed = await startTestbed();
    await create(bed);
    await bed.as('olivia').command('/release', 'edit REL-1', bed.channels.team);
    await bed.as('olivia').fill('customers', 'A new basket page');
    await bed.as('olivia').submit();
    await bed.settled();
    const toReleases = (args: Record<string, unknown>): boolean => args['channel'] === bed.channels.releases;
    bed.sandbox.faults.plan(POST, { kind: 'status after' }, 1, toReleases);
    await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    await bed.settled();
    expect(bed.sandbox.messagesIn(bed.channels.releases)).toHaveLength(1);
    expect((await rows(bed)).filter(({ trouble }) => trouble === 'ambiguous')).toHaveLength(1);
    expect(await bed.dm('rita')).toContain(
      '✗ 1 message to #releases: Slack never said whether it arrived: look there first',
    );
    expect(await bed.dm('rita')).toContain('[Try all again]');
  });
});

describe('a refusal of Slack', () => {
  it('429: waits as long as it says, keeps the order, counts no attempt', async () => {
    const bed = await startTestbed();
    bed.sandbox.faults.plan(POST, { kind: 'limited', retryAfterS: 1 }, 1, toTeam(bed));
    const started = Date.now();
    await create(bed);
    await bed.settled();
    expect(Date.now() - started).toBeGreaterThanOrEqual(950);
    const order = bed.sandbox.messagesIn(bed.channels.team).filter(({ onlyFor }) => onlyFor === null);
    expect(order[0]?.text).toContain('checkout 2.14.0 is waiting for approval');
    expect((await rows(bed)).every(({ attempts }) => attempts === 0)).toBe(true);
  });

  it('not in the channel: set aside at once, others go on, an admin is told, and it can be tried again', async () => {
    const bed = await startTestbed();
    bed.sandbox.world.conversations.get(bed.channels.team)?.members.delete(bed.sandbox.world.botUserId);
    await create(bed);
    expect(await bed.dm('adam')).toContain('Approve checkout 2.14.0');
    const notice = await bed.dmWith('rita', 'could not be delivered');
    expect(await bed.dm('rita')).toContain(
      'Signalbox is not in that channel: invite it, and what waits goes out by itself',
    );
    bed.sandbox.world.conversations.get(bed.channels.team)?.members.add(bed.sandbox.world.botUserId);
    await bed.as('rita').click(notice, 'Try all again');
    await bed.settled();
    expect(cards(bed)).toBe(1);
    expect(await bed.dm('rita')).toContain('nothing waits for you');
  });

  it('not in the channel: invited, what waited goes out by itself and the owner knows', async () => {
    const bed = await startTestbed();
    bed.sandbox.world.conversations.get(bed.channels.team)?.members.delete(bed.sandbox.world.botUserId);
    await create(bed);
    await bed.settled();
    expect(cards(bed)).toBe(0);
    await bed.as('olivia').invite(bed.channels.team);
    await bed.settled();
    expect(cards(bed)).toBe(1);
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0: what waited for a channel is posted');
    expect((await rows(bed)).every(({ trouble }) => trouble === null)).toBe(true);
  });

  it('blocks that Slack does not take: people get the text, the lane goes on', async () => {
    const bed = await startTestbed();
    bed.sandbox.faults.plan(POST, { kind: 'error', error: 'invalid_blocks' }, 1, toTeam(bed));
    await create(bed);
    await bed.settled();
    const [first] = bed.sandbox.messagesIn(bed.channels.team).filter(({ onlyFor }) => onlyFor === null);
    expect(first).toMatchObject({ blocks: [] });
    expect(await bed.channelText(bed.channels.team)).toContain('olivia asked for approval');
  });

  it('a message that is gone is posted anew', async () => {
    const bed = await startTestbed();
    await create(bed);
    const card = await bed.card();
    bed.sandbox.world.messages.splice(bed.sandbox.world.messages.indexOf(card), 1);
    await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
  });

  it('a revoked token pauses the workspace, and after a restart everything is delivered', async () => {
    const bed = await startTestbed();
    bed.sandbox.faults.plan(POST, { kind: 'error', error: 'token_revoked' }, 1);
    await create(bed);
    await bed.settled();
    expect((await rows(bed)).some(({ trouble }) => trouble === 'paused')).toBe(true);
    await bed.restart();
    expect(await bed.cardText()).toContain('waiting for approval');
    expect((await rows(bed)).every(({ trouble }) => trouble === null)).toBe(true);
  });

  it('an ask that cannot be delivered is told to the owner', async () => {
    const bed = await startTestbed();
    const adam = bed.sandbox.world.users.get(bed.ids.adam);
    await create(bed);
    await bed.settled();
    if (adam !== undefined) adam.deleted = true;
    bed.sandbox.faults.plan(POST, { kind: 'error', error: 'user_disabled' }, 1, (args) =>
      String(args['text']).startsWith('Approve'),
    );
    await create(bed, '2.15.0');
    expect(await bed.dm('olivia')).toContain('A request about checkout 2.15.0 could not be delivered');
  });
});

describe('what Slack refuses as it is', () => {
  it.each(['invalid_blocks', 'msg_too_long', 'accesslimited'])(
    '%s: an edit shows its words at once, and the next state as it should be',
    async (error) => {
      const bed = await startTestbed();
      await create(bed, '2.1.0');
      bed.sandbox.faults.plan('chat.update', { kind: 'error', error }, 1, toTeam(bed));
      await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
      await bed.settled();
      const shown = (): string =>
        bed.sandbox
          .messagesIn(bed.channels.team)
          .filter(({ onlyFor, threadTs }) => onlyFor === null && threadTs === null)
          .map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`)
          .join(' | ');
      expect(shown()).toContain('checkout 2.1.0 is approved');
      expect(shown()).not.toContain('waiting for approval');
      const notice = await bed.dmWith('rita', 'arrived without its buttons');
      expect(JSON.stringify(notice.blocks)).toContain('what changes next is tried as it should be');
      await bed.as('olivia').command('/release', 'deploy REL-1 production', bed.channels.team);
      await bed.settled();
      expect(shown()).toContain('It went through');
      expect((await rows(bed)).every(({ trouble }) => trouble === null)).toBe(true);
      expect(await bed.dm('rita')).toContain('every message was delivered');
    },
  );

  it('a request arrives as its words with the way to its buttons, and its owner is told so', async () => {
    const bed = await startTestbed();
    const asks = (args: Record<string, unknown>): boolean => JSON.stringify(args).includes('Approve checkout 2.2.0');
    bed.sandbox.faults.plan(POST, { kind: 'error', error: 'invalid_blocks' }, 1, asks);
    await create(bed, '2.2.0');
    await bed.settled();
    const told = [await bed.dm('adam'), await bed.dm('bella')].join('\n');
    expect(told).toContain('(Slack refused its buttons: /release shows what waits for you, with them.)');
    expect(await bed.dm('olivia')).toContain('A request about checkout 2.2.0 arrived without its buttons');
    expect(await bed.dm('olivia')).not.toMatch(/approval-ask|invalid_blocks/);
    expect(await bed.dm('rita')).toContain('1 message arrived without its buttons');
    await bed.as('rita').click(await bed.dmWith('rita', 'arrived without its buttons'), 'Try all again');
    await bed.settled();
    expect([await bed.dm('adam'), await bed.dm('bella')].join('\n')).not.toContain('Slack refused');
  });
});

describe('the rates of Slack', () => {
  it('are kept by pacing: not one 429 with one post a second', async () => {
    const bed = await startTestbed({ limits: true });
    await create(bed);
    await bed.as('adam').command('/release', 'approve REL-1', bed.channels.team);
    await bed.settled();
    expect(bed.sandbox.api.calls.filter(({ fault }) => fault === 'limited')).toEqual([]);
  });

  it('are kept for the edits of a workspace: what is too much for a minute waits, and is not tried', async () => {
    const pace = { postEveryMs: 0, editEveryMs: 0, editsAMinute: 3, leaseMs: 5_000 };
    const bed = await startTestbed({ overrides: { pace } });
    const edits = (): number => bed.sandbox.api.calls.filter(({ method }) => method === 'chat.update').length;
    await bed.as('olivia').command('/release', 'new checkout 2.14.0 "x"', bed.channels.team);
    for (let n = 0; n < 12; n += 1) {
      await bed.as('olivia').command('/release', `change add REL-1 https://git.example.com/${n}`, bed.channels.team);
      await pause(50);
    }
    await expect.poll(edits, { timeout: 20_000 }).toBe(3);
    await pause(500);
    expect(edits()).toBe(3);
  });
});
