/** Tables and alerts where Slack takes them, and the same content as text where it does not. */
import type { KnownBlock } from '@slack/types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { after, HOUR } from '../../src/domain/time.ts';
import { checkMessage, checkView } from '../../src/sandbox/check-blocks.ts';
import { blockLines } from '../../src/sandbox/transcript.ts';
import { alert, form, table, textInput } from '../../src/slack/kit.ts';
import { md } from '../../src/slack/mrkdwn.ts';
import { plainBlocks } from '../../src/slack/newer-blocks.ts';
import { create, freeze, shipped } from '../support/acting.ts';
import { NOW, OWNER } from '../support/builders.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const NASTY = '<!channel> *bold* & <https://x.example|y>';
const aTable = (rows = 2) =>
  table(
    ['Release', 'Since', 'What'],
    Array.from({ length: rows }, () => [[{ bold: NASTY }], [{ at: NOW }, ' by ', { person: OWNER }], [NASTY]]),
  );

describe('a table', () => {
  it('is what Slack takes, with an empty cell, and with more rows than fit', () => {
    expect(checkMessage(aTable())).toBeNull();
    expect(checkMessage(table(['One'], [[[]], [['']]]))).toBeNull();
    expect(checkMessage(aTable(500))).toBeNull();
    expect(blockLines(aTable(500)).at(-1)).toBe('401 more: name what you look for.');
  });

  it('becomes lines that say the same, and in which nobody is called', () => {
    const lines = blockLines(plainBlocks(aTable())).join('\n').split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('&lt;!channel&gt;');
    expect(lines[0]).not.toContain('<!channel>');
    expect(lines[0]).toContain(`<@${OWNER}>`);
    expect(lines[0]).toMatch(/<!date\^\d+\^/);
  });

  it('of any size becomes sections that Slack takes', () => {
    expect(checkMessage(plainBlocks(aTable(99)))).toBeNull();
  });
});

describe('an alert', () => {
  const view = form({
    id: 'shown',
    title: 'A form',
    submit: 'Save',
    metadata: '',
    blocks: [alert(md`${NASTY}`, 'warning'), textInput({ id: 'a', label: 'A' })],
  });

  it('is what Slack takes in a form, and becomes a section with the same words', () => {
    expect(checkView(view)).toBeNull();
    const plain = { ...view, blocks: [...plainBlocks(view.blocks as readonly KnownBlock[])] };
    expect(checkView(plain)).toBeNull();
    expect(blockLines(plain.blocks)).toEqual(blockLines(view.blocks));
  });
});

describe('in a workspace', () => {
  let bed: Testbed;
  beforeAll(async () => {
    bed = await startTestbed({ keep: true });
    await shipped(bed, '2.13.1');
    await create(bed, '2.14.0');
    await freeze(bed, {
      name: 'Quarter end',
      reason: 'Books close',
      start: '2026-03-04',
      start_time: '10:00',
      end: '2026-03-05',
      end_time: '07:00',
    });
    await bed.settled();
  });
  afterAll(() => bed.close());

  const asked = async (text: string): Promise<string> => {
    await bed.as('stan').command('/release', text, bed.channels.team);
    await bed.settled();
    return bed.as('stan').lastPrivate(bed.channels.team);
  };

  it.each(['list', 'env checkout'])('%s says the same where tables are refused', async (text) => {
    const rich = await asked(text);
    bed.sandbox.faults.plan('response_url', { kind: 'error', error: 'invalid_blocks' }, 1, (body) =>
      JSON.stringify(body).includes('"table"'),
    );
    const plain = await asked(text);
    expect(rich).toContain(' | ');
    expect(plain).not.toContain(' | ');
    for (const words of ['checkout', '2.13.1']) {
      expect(rich).toContain(words);
      expect(plain).toContain(words);
    }
  });

  /** The form as it stands after a start was picked. */
  const picked = async (hours: number): Promise<string> => {
    const olivia = bed.as('olivia');
    await olivia.command('/release', 'new', bed.channels.team);
    await olivia.fill('When', 'At a time…');
    await olivia.fill('Start', String(Math.floor(Date.parse(after(NOW, hours * HOUR)) / 1_000)));
    const words = olivia.modalText();
    await olivia.close();
    return words;
  };

  it('the form says what stands against a start as soon as it is picked, also where alerts are refused', async () => {
    expect(await picked(30)).toContain('Production is frozen then (Quarter end): it would be held. Free from');
    expect(await picked(60)).not.toContain('frozen then');
    expect(await picked(-2)).toContain('That time is past.');
    bed.sandbox.faults.plan('views.update', { kind: 'error', error: 'invalid_arguments' }, 1, (args) =>
      JSON.stringify(args).includes('alert'),
    );
    expect(await picked(30)).toContain('Production is frozen then (Quarter end)');
  });
});
