/** The main job from end to end, over real Slack protocol: on both transports and both engines. */
import { describe, expect, it } from 'vitest';
import type { WorkspaceId } from '../../src/domain/ids.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const createCheckout = async (bed: Testbed): Promise<void> => {
  const olivia = bed.as('olivia');
  await olivia.command('/release', 'new', bed.channels.team);
  await olivia.fill('version_checkout', '2.14.0');
  await olivia.fill('title', 'Faster basket');
  await olivia.fill('customers', 'A new basket page.');
  const act = await olivia.submit();
  expect(act.errors).toEqual({});
};

const declareFreeze = async (bed: Testbed): Promise<void> => {
  const rita = bed.as('rita');
  await rita.command('/freeze', 'new', bed.channels.team);
  await rita.fill('name', 'Quarter end');
  await rita.fill('reason', 'Books are closed');
  await rita.fill('start', '2026-03-03');
  await rita.fill('start_time', '10:00');
  await rita.fill('end', '2026-03-04');
  await rita.fill('end_time', '07:00');
  expect((await rita.submit()).errors).toEqual({});
  // The first submission shows what it hits; the second saves it.
  if (rita.modalText().includes('Press Declare again')) expect((await rita.submit()).errors).toEqual({});
};

describe.each([
  { transport: 'http', engine: 'embedded' },
  { transport: 'http', engine: 'postgres' },
  { transport: 'socket', engine: 'embedded' },
  { transport: 'socket', engine: 'postgres' },
] as const)('the main story on $transport and $engine', ({ transport, engine }) => {
  it('is planned, approved, held by a freeze, deployed, reviewed and closed', async () => {
    const bed = await startTestbed({ transport, engine });
    const { channels } = bed;

    await createCheckout(bed);
    expect(bed.as('olivia').modalText()).toContain('checkout 2.14.0 (REL-1) waits for approval.');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  waiting for approval');

    const ask = await bed.dmWith('adam', 'Approve checkout 2.14.0 → production?');
    await declareFreeze(bed);
    expect(await bed.channelText(channels.releases)).toContain('No planned changes go live until');

    await bed.as('adam').click(ask, 'Approve');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  approved');
    expect(await bed.cardText()).toContain(
      '1 thing before it can start: production is frozen until Wed 4 Mar 07:00 (Quarter end).',
    );
    expect(await bed.dm('adam')).toContain('You approved checkout 2.14.0, ');
    expect(await bed.dm('olivia')).toContain('checkout 2.14.0  ·  approved · frozen');
    expect(await bed.dm('bella')).toContain('No longer needed: adam approved checkout 2.14.0, ');

    await bed.as('olivia').command('/deploy', 'REL-1 production', channels.team);
    expect(bed.as('olivia').lastPrivate(channels.team)).toContain('Not started: production is frozen until');

    await bed.restart();
    await bed.pass(21 * HOUR + 10 * MINUTE);
    expect(await bed.channelText(channels.releases)).toContain('Planned changes go live again');

    await bed.as('olivia').click(await bed.card(), 'I am starting');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deploying to production');
    expect(await bed.channelText(channels.team)).toContain('checkout 2.14.0 → production started');
    expect(await bed.channelText(channels.releases)).toContain(
      'checkout 2.14.0 is going live now.\nWhat changes: A new basket page.',
    );

    await bed.pass(12 * MINUTE);
    await bed.as('olivia').click(await bed.card(), 'It went through');
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
    expect(await bed.channelText(channels.team)).toContain('checkout 2.14.0 is in production');
    expect(await bed.channelText(channels.releases)).toContain('checkout 2.14.0 is live since');

    await bed.pass(2 * DAY + 4 * HOUR);
    const prompt = await bed.dmWith('olivia', '1 release to review');
    await bed
      .as('olivia')
      .click(
        prompt,
        prompt.blocks.length > 0 && bed.as('olivia').dmText().includes('[All fine]') ? 'All fine' : 'Review…',
      );
    if (bed.as('olivia').modal()?.callbackId === 'review') {
      await bed.as('olivia').fill('change', 'Check the cache size earlier');
      expect((await bed.as('olivia').submit()).errors).toEqual({});
    }
    expect(await bed.cardText()).toContain('checkout 2.14.0  ·  closed, success');

    const { db } = bed.app.deps.database;
    const [workspace] = await db.selectFrom('workspaces').select('id').execute();
    const verdict = await verifyJournal(db, workspace?.id as WorkspaceId, bed.app.deps.journalKey);
    expect(verdict.ok).toBe(true);
    expect(bed.sandbox.unacknowledged).toEqual([]);
    const refused = bed.sandbox.api.calls.filter(({ reply }) => reply?.['ok'] === false);
    expect(refused).toEqual([]);
  });
});
