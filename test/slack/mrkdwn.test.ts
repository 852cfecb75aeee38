/** What is shown to be copied is copied as it is; what people write formats nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, textOf } from '../../src/slack/mrkdwn.ts';

/** As Slack shows a code span: between its backticks, entities read. */
const copied = (markup: string): string => {
  const [, inside = ''] = /^`([^`]*)`$/.exec(markup) ?? [];
  return inside.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
};

describe('text to be copied', () => {
  it('is what was given, whatever marks stand in it', () => {
    const printable = fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((each) => String.fromCharCode(each)),
      minLength: 1,
    });
    fc.assert(
      fc.property(printable, (text) => {
        fc.pre(!text.includes('`'));
        expect(copied(textOf(code(text)))).toBe(text);
      }),
    );
    for (const text of ['whsec_+EP+Sgvf/_~*', 'https://my_host/_x_?token=a.b.-_c', '_~*'])
      expect(copied(textOf(code(text)))).toBe(text);
  });

  it('cannot leave its span, mention or link', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const markup = textOf(code(`${text}\`<!channel>\n\`<@U1>${text}`));
        expect(markup).toMatch(/^`[^`\n]*`$/);
        expect(markup).not.toMatch(/<[!@#h]/);
      }),
    );
  });
});
