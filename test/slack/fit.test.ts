import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMessage } from '../../src/sandbox/check-blocks.ts';
import { fitting, rowsThatFit } from '../../src/slack/fit.ts';
import { ACTIONS } from '../../src/slack/ids.ts';
import { actions, context, divider, section } from '../../src/slack/kit.ts';
import { cutMarkup, link, md, mention, textOf } from '../../src/slack/mrkdwn.ts';
import { OWNER } from '../support/builders.ts';

const nasty = fc
  .array(fc.constantFrom('&', '<', '>', 'a', ' ', '\n', '🔥', '*', '`'), { minLength: 1, maxLength: 40 })
  .map((parts) => parts.join(''));
const markup = fc
  .array(
    fc.oneof(
      nasty.map((text) => md`${text}`),
      fc.constant(mention(OWNER)),
      fc.constant(link('https://x.example/a?b=1&c=2', 'a & b')),
      fc.constant(md`line\n`),
    ),
    { maxLength: 60 },
  )
  .map((parts) => textOf(md`${parts}`));

describe('markup that is cut', () => {
  it('never ends inside a character, an entity or a token, and is never longer than asked for', () => {
    fc.assert(
      fc.property(markup, fc.integer({ min: 10, max: 400 }), (text, most) => {
        const cut = cutMarkup(text, most);
        expect(cut.length).toBeLessThanOrEqual(Math.max(most, 0));
        if (text.length <= most) {
          expect(cut).toBe(text);
          return;
        }
        const body = cut.replace(/\s?…$/, '');
        expect(text.startsWith(body.trimEnd()) || text.startsWith(body)).toBe(true);
        expect(body).not.toMatch(/&[a-z]{0,3}$/);
        expect(body.lastIndexOf('<')).toBeLessThanOrEqual(body.lastIndexOf('>'));
        expect(/[\ud800-\udbff]$/.test(body)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a message', () => {
  const block = fc.oneof(
    fc.integer({ min: 1, max: 400 }).map((n) => section([md`${'word & '.repeat(n)}`])),
    nasty.map((text) => context(md`${text}`)),
    fc.constant(divider()),
  );
  const button = { text: 'Older', action: ACTIONS.listPage, value: 'x' } as const;

  it('of any blocks is one that Slack takes, and keeps its last buttons', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 80 }), fc.boolean(), (blocks, way) => {
        const all = way ? [...blocks, ...actions([button])] : blocks;
        const fits = fitting(all);
        expect(checkMessage(fits)).toBeNull();
        if (way) expect(fits.at(-1)).toEqual(all.at(-1));
      }),
      { numRuns: 300 },
    );
  });

  it('that fits stays as it is', () => {
    const blocks = [section([md`One`]), ...actions([button])];
    expect(fitting(blocks)).toBe(blocks);
  });
});

describe('rows with buttons of their own', () => {
  const button = actions([{ text: 'Done', action: ACTIONS.actionDone, value: 'x' }]);
  const row = (n: number) => [section([md`${'a'.repeat(n)}`]), ...button];

  it('leave none of their buttons behind where they are cut off', () => {
    const cut = fitting(Array.from({ length: 30 }, () => row(600)).flat());
    const last = cut.findLastIndex(({ type }) => type === 'actions');
    expect(cut.at(-1)?.type).toBe('context');
    expect(cut[last - 1]?.type).toBe('section');
    expect(cut.filter(({ type }) => type === 'actions').length).toBeLessThanOrEqual(
      cut.filter(({ type }) => type === 'section').length,
    );
  });

  it('are counted before, so that a page has as many as one message holds', () => {
    const rows = Array.from({ length: 30 }, () => row(600));
    const fit = rowsThatFit(rows);
    expect(fit).toBeGreaterThan(10);
    expect(fit).toBeLessThan(30);
    expect(fitting(rows.slice(0, fit).flat())).toHaveLength(fit * 2);
    expect(rowsThatFit([row(20)])).toBe(1);
    expect(rowsThatFit(Array.from({ length: 4 }, () => row(9_000)))).toBe(2);
  });
});
