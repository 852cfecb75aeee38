/** A button that was shown before something changed: it means what it showed, or says that this is over. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, fails, fill, freeze, shipped, typed } from '../support/acting.ts';
import { homeText } from '../support/home.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const said = async (bed: Testbed): Promise<string> => {
  await bed.settled();
  return bed.as('olivia').lastPrivate(bed.channels.team);
};

describe('an old button', () => {
  it('Healthy, of before somebody said that it is not, does not end the failure', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    const old = structuredClone(await bed.card('2.14.0'));
    await typed(bed, 'adam', 'unhealthy REL-1 "half of the baskets are empty"');
    await bed.as('olivia').click(old, 'Healthy', old.blocks);
    expect(await said(bed)).toContain(
      'Not recorded: checkout 2.14.0 is failed by now: that button was of how it stood before. Read what was said first',
    );
    expect(await bed.cardText('2.14.0')).toContain('half of the baskets are empty');
    await clickCard(bed, 'olivia', '2.14.0', 'Healthy after all');
    expect(await bed.cardText('2.14.0')).toContain('deployed');
  });

  it('Healthy after all, of a first report, does not take back a second one', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.14.0');
    await typed(bed, 'adam', 'unhealthy REL-1 "slow"');
    const old = structuredClone(await bed.card('2.14.0'));
    await bed.pass(MINUTE);
    await clickCard(bed, 'olivia', '2.14.0', 'Healthy after all');
    await bed.pass(MINUTE);
    await typed(bed, 'adam', 'unhealthy REL-1 "wrong sums"');
    await bed.as('olivia').click(old, 'Healthy after all', old.blocks);
    expect(await said(bed)).toContain('that button was of how it stood before');
    expect(await bed.cardText('2.14.0')).toContain('wrong sums');
  });

  it.each([
    ['It went through', undefined],
    ['It failed…', { reason: 'errors' }],
    ['Abort: nothing was touched', undefined],
  ] as const)('%s, of a first attempt, says nothing of the second', async (label, form) => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
    const old = structuredClone(await bed.card('2.14.0'));
    await bed.pass(MINUTE);
    await fails(bed, '2.14.0', 'no image');
    await clickCard(bed, 'olivia', '2.14.0', 'Retry');
    await bed.as('olivia').click(old, label, old.blocks);
    for (const [field, value] of Object.entries(form ?? {})) await bed.as('olivia').fill(field, value);
    const answer = form === undefined ? await said(bed) : (await bed.as('olivia').submit()).errors['reason'];
    expect(answer).toContain(
      'is being deployed anew in production: that button was of an earlier attempt. See how this one stands',
    );
    expect(await bed.cardText('2.14.0')).toContain('olivia says when it is through');
  });

  it('It is back, of a first rollback, says nothing of the second', async () => {
    const bed = await startTestbed();
    await shipped(bed, '2.13.0');
    await shipped(bed, '2.14.0');
    await typed(bed, 'olivia', 'rollback REL-2 "errors"');
    const old = structuredClone(await bed.card('2.14.0'));
    await clickCard(bed, 'olivia', '2.14.0', 'Rollback failed…');
    await fill(bed, 'olivia', { reason: 'no image' });
    await bed.pass(MINUTE);
    await typed(bed, 'olivia', 'rollback REL-2 "errors still"');
    await bed.as('olivia').click(old, 'It is back', old.blocks);
    expect(await said(bed)).toContain('is going back anew in production: that button was of an earlier attempt');
    await clickCard(bed, 'olivia', '2.14.0', 'It is back');
    expect(await bed.cardText('2.14.0')).toContain('back on 2.13.0');
  });

  it('Move, of before it was planned anew, leaves the new plan', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await approve(bed, '2.14.0');
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'the books close',
      start: '2026-03-03',
      start_time: '09:00',
      end: '2026-03-04',
      end_time: '12:00',
    });
    await bed.settled();
    const old = structuredClone(await bed.dmWith('olivia', 'cannot start until'));
    await typed(bed, 'olivia', 'schedule REL-1 Thu 09:00');
    await bed.as('olivia').click(old, 'Move to Wed 4 Mar 12:00 London', old.blocks);
    await bed.settled();
    expect(bed.as('olivia').lastPrivate(old.channel)).toContain(
      'Not moved: since that button was shown it was planned for Thu 5 Mar 09:00. Choose another time with /release schedule REL-1.',
    );
    expect(await bed.cardText()).toContain('starts it Thu 5 Mar 09:00');
  });
});

describe('a request that nobody needed, and that is needed again', () => {
  it('comes anew, because an edit rings for nobody', async () => {
    const bed = await startTestbed();
    await create(bed, '2.14.0');
    await typed(bed, 'olivia', 'schedule REL-1 today 14:00');
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'the books close',
      start: '2026-03-03',
      start_time: '12:00',
      end: '2026-03-04',
      end_time: '12:00',
    });
    const first = await bed.dmWith('olivia', 'cannot start until');
    await typed(bed, 'olivia', 'schedule REL-1 Thu 09:00');
    await bed.pass(MINUTE);
    expect(await bed.dm('olivia')).toContain('holds nothing of yours');
    await typed(bed, 'rita', 'schedule REL-1 today 15:00');
    await bed.pass(MINUTE);
    const again = await bed.dmWith('olivia', 'cannot start until');
    expect(again.ts > first.ts).toBe(true);
    expect(await bed.dm('olivia')).not.toContain('holds nothing of yours');
    await bed.pass(HOUR);
    await bed.as('olivia').openHome();
    expect(await homeText(bed, 'olivia')).toContain('2.14.0');
  });
});
