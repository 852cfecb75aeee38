/** People who press at the same moment, over real Slack protocol, on both transports and both engines: one effect each. */
import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/domain/time.ts';
import { tick } from '../../src/jobs/tick.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const ROUNDS = 4;

/** What the journal tells of it, in its order. */
const told = async (bed: Testbed, kinds: readonly string[]): Promise<readonly string[]> => {
  const { db } = bed.app.deps.database;
  const [workspace] = await db.selectFrom('workspaces').select('id').execute();
  if (workspace === undefined) throw new Error('There is no workspace.');
  const rows = await db
    .selectFrom('journal')
    .select('kind')
    .where('workspace_id', '=', workspace.id)
    .where('kind', 'in', [...kinds])
    .orderBy('seq')
    .execute();
  return rows.map(({ kind }) => kind);
};

const create = async (bed: Testbed, version: string): Promise<void> => {
  await bed.as('olivia').command('/release', `new checkout ${version} "Faster basket"`, bed.channels.team);
  await bed.settled();
};

/** The newest card, as it stands now. */
const newestCard = async (bed: Testbed) => {
  await bed.settled();
  const card = bed.sandbox
    .messagesIn(bed.channels.team)
    .findLast(({ text, threadTs, onlyFor }) => threadTs === null && onlyFor === null && /REL-\d+$/.test(text));
  if (card === undefined) throw new Error('There is no card.');
  return card;
};

/** Rita's form, as far as the one press that declares it. */
const freezeReady = async (bed: Testbed): Promise<void> => {
  const rita = bed.as('rita');
  await rita.command('/freeze', 'new', bed.channels.team);
  const fields = { name: 'Quarter end', reason: 'Books', start: '2026-03-03', start_time: '09:00', end: '2026-03-04' };
  for (const [field, value] of Object.entries(fields)) await rita.fill(field, value);
  await rita.submit();
  expect(rita.modalText()).toContain('Press Declare again');
};

describe.each([
  { transport: 'http', engine: 'embedded' },
  { transport: 'http', engine: 'postgres' },
  { transport: 'socket', engine: 'embedded' },
  { transport: 'socket', engine: 'postgres' },
] as const)('at the same moment, on $transport and $engine', ({ transport, engine }) => {
  it('two approvers count once', async () => {
    const bed = await startTestbed({ transport, engine });
    for (let round = 1; round <= ROUNDS; round += 1) {
      await create(bed, `2.${13 + round}.0`);
      const card = await newestCard(bed);
      const acts = await Promise.all([
        bed.as('adam').click(card, 'Approve', card.blocks),
        bed.as('bella').click(card, 'Approve', card.blocks),
      ]);
      expect(acts.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
      await bed.settled();
      expect(await told(bed, ['approval.given'])).toHaveLength(round);
      expect(await told(bed, ['round.approved'])).toHaveLength(round);
    }
  });

  it('a start and a freeze: whichever was first, never a start behind the freeze', async () => {
    const bed = await startTestbed({ transport, engine });
    const team = bed.channels.team;
    for (let round = 1; round <= ROUNDS; round += 1) {
      await create(bed, `2.${13 + round}.0`);
      await bed.as('adam').click(await newestCard(bed), 'Approve');
      await bed.settled();
      await freezeReady(bed);
      const before = await told(bed, ['deployment.started', 'freeze.declared']);
      const card = await newestCard(bed);
      await Promise.all([bed.as('olivia').click(card, 'I am starting'), bed.as('rita').submit()]);
      await bed.settled();
      const order = (await told(bed, ['deployment.started', 'freeze.declared'])).slice(before.length);
      expect(order.at(-1)).toBe('freeze.declared');
      if (order.length === 2) await bed.as('olivia').click(await newestCard(bed), 'It went through');
      else {
        expect(order).toEqual(['freeze.declared']);
        expect(bed.as('olivia').lastPrivate(team)).toContain('Not started: production is frozen until');
        await bed.as('olivia').command('/release', `cancel REL-${round} "next"`, team);
      }
      while (bed.as('rita').modal() !== null) await bed.as('rita').close();
      await bed.as('rita').command('/freeze', `end ${round} "over"`, team);
      expect(bed.as('rita').lastPrivate(team)).toContain('Ended: Quarter end.');
      await bed.settled();
    }
  });

  it('two ticks do what is due once', async () => {
    const bed = await startTestbed({ transport, engine });
    await create(bed, '2.14.0');
    bed.sandbox.clock.advance(14 * DAY);
    // Not the app's own, which waits for the one before: two at once, as two replicas would.
    await Promise.all([tick(bed.app.deps), tick(bed.app.deps)]);
    await bed.settled();
    expect(await told(bed, ['round.expired'])).toEqual(['round.expired']);
  });
});
