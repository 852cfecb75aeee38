/** Every registered renderer with hostile text in every string that a person writes: no mention, link or special that a template did not write, and Slack takes it. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RENDERERS } from '../../src/app.ts';
import { MESSAGE_KINDS, type MessageKind } from '../../src/courier/messages.ts';
import { renderAll } from '../../src/courier/render.ts';
import { DAY, HOUR, instant } from '../../src/domain/time.ts';
import { say } from '../../src/domain/words.ts';
import { checkMessage } from '../../src/sandbox/check-blocks.ts';
import { escapeText, md, plainText, quoteText, sentenceMarkup, textOf } from '../../src/slack/mrkdwn.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const NASTY = '<!channel> <@U0EVIL> <https://evil.example|click> *bold* _it_ `code` > quote & "@here" \u202Eabc 🙈';
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(NASTY, '<!here>', '&lt;!channel&gt;', '```', '@everyone', '|', '\n>x\n* y', '\u0000\u0007'),
);

/** Tokens of Slack's markup in a text. */
const tokens = (text: string): readonly string[] => text.match(/<[^>]*>/g) ?? [];

/** Every text that Slack reads as markup; plain text objects are shown as they are. */
const markupIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(markupIn);
  if (typeof value !== 'object' || value === null) return [];
  const thing = value as { type?: unknown; text?: unknown };
  const own = thing.type === 'mrkdwn' && typeof thing.text === 'string' ? [thing.text] : [];
  return [...own, ...Object.values(value).flatMap(markupIn)];
};

describe('the escaping template', () => {
  it('lets nothing of a text become markup', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const out of [
          textOf(md`${text}`),
          textOf(quoteText(text)),
          textOf(sentenceMarkup(say`${text}`, { names: {}, command: '/release' })),
          escapeText(text),
        ]) {
          expect(out).not.toMatch(/[<>]/);
          expect([...out].every((sign) => sign >= ' ' && !(sign >= '\u202a' && sign <= '\u202e'))).toBe(true);
          expect(out.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
        }
        expect(plainText(text)).not.toMatch(/@(here|channel|everyone)\b/i);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes away marks at the edges of words, and leaves those inside', () => {
    expect(escapeText('*bold* _it_ `code` snake_case 2*3')).toBe('∗bold∗ ˍitˍ ˋcodeˋ snake_case 2*3');
  });

  it('never halves an emoji, and cuts before escaping', () => {
    expect(textOf(quoteText('🙈🙈🙈', 2))).toBe('🙈…');
    expect(textOf(quoteText('&&&&', 3))).toBe('&amp;&amp;…');
  });
});

describe('every renderer with hostile text', () => {
  let bed: Testbed;
  const seen = new Map<MessageKind, string>();

  /** Acts through everything that posts, with the hostile text wherever a person can write. */
  const actItAll = async (): Promise<void> => {
    const { as, channels, settled, pass } = bed;
    const team = channels.team;
    const olivia = as('olivia');
    const click = async (who: 'olivia' | 'adam' | 'rita' | 'quinn', label: string) =>
      as(who).click(await bed.card(), label);
    const answer = async (who: 'olivia' | 'adam' | 'rita' | 'quinn', field: string) => {
      await as(who).fill(field, NASTY);
      const act = await as(who).submit();
      expect(act.errors).toEqual({});
      await settled();
    };
    await olivia.command('/release', 'new', team);
    await olivia.fill('version_checkout', '1.0.0');
    for (const field of ['title', 'customers', 'rollbackPlan']) await olivia.fill(field, NASTY);
    await olivia.submit();
    await settled();
    await as('adam').command('/release', `approve REL-1`, team);
    await olivia.command('/deploy', 'REL-1', team);
    await olivia.command('/release', 'show REL-1', team);
    await click('olivia', 'It went through');
    await settled();
    await pass(2 * DAY);

    await olivia.command('/release', 'new', team);
    await olivia.fill('version_checkout', '1.1.0');
    for (const field of ['title', 'customers', 'rollbackPlan']) await olivia.fill(field, NASTY);
    await olivia.submit();
    await olivia.command('/release', `change add REL-2 ${NASTY}`, team);
    await as('adam').command('/release', `ask REL-2 ${NASTY}`, team);
    await settled();
    const question = await bed.dmWith('olivia', 'asks about checkout 1.1.0');
    await olivia.click(question, 'Answer');
    await answer('olivia', 'answer');
    await as('rita').command('/freeze', 'new', team);
    await as('rita').fill('start', '2026-03-05');
    await as('rita').fill('start_time', '09:00');
    await as('rita').fill('end', '2026-03-06');
    for (const field of ['name', 'reason']) await as('rita').fill(field, NASTY);
    for (let turn = 0; turn < 2 && as('rita').modal()?.callbackId === 'new_freeze'; turn += 1)
      await as('rita').submit();
    await settled();
    await as('adam').command('/release', `approve REL-2 ${NASTY}`, team);
    await olivia.command('/release', 'exception REL-2', team);
    await olivia.fill('blastRadius', NASTY);
    await answer('olivia', 'reason');
    await olivia.command('/release', 'emergency REL-2', team);
    await answer('olivia', 'reason');
    await pass(HOUR);
    await olivia.command('/deploy', 'REL-2', team);
    await settled();
    const card = bed.sandbox
      .messagesIn(team)
      .findLast((message) => message.text.startsWith('checkout 1.1.0 is deploying'));
    if (card === undefined) throw new Error(bed.sandbox.channelText(team));
    await olivia.click(card, 'It failed…');
    await answer('olivia', 'reason');
    await olivia.command('/release', `lock checkout staging "${NASTY}"`, team);
    await olivia.command('/release', `action REL-2 ${NASTY.replace('<@U0EVIL>', '')} by tomorrow`, team);
    await pass(3 * DAY);
  };

  beforeAll(async () => {
    bed = await startTestbed({ keep: true, raw: true });
    const list = `runbook: [${JSON.stringify(NASTY)}],`;
    await bed.useCatalog(catalogText(bed.ids).replace('repository:', `${list} repository:`));
    await actItAll();
    await bed.as('adam').openHome();
    await bed.useCatalog(catalogText(bed.ids, { gates: true }));
    await bed.as('olivia').command('/release', 'new search', bed.channels.team);
    for (const field of ['title', 'rollbackPlan']) await bed.as('olivia').fill(field, NASTY);
    await bed.as('olivia').submit();
    await bed.settled();
    await bed.as('quinn').command('/release', `gate REL-3 regression fail "${NASTY}"`, bed.channels.team);
    await bed.settled();
    // Rules that a second admin has to look at.
    const strict = catalogText(bed.ids, { preset: 'strict', gates: true });
    await bed.useCatalog(strict);
    await bed.useCatalog(strict.replace(`qa: { people: [`, `qa: { people: [${bed.ids.stan}, `));
    // A message that nobody can deliver makes the last kind.
    await bed.app.deps.database.kysely
      .updateTable('messages')
      .set({ trouble: 'dead', error: NASTY })
      .where('workspace_id', '<>', '' as never)
      .where('kind', '=', 'question')
      .execute();
  });
  afterAll(async () => bed.close());

  it.each(MESSAGE_KINDS)('%s', async (kind) => {
    const { database } = bed.app.deps;
    const rows = await database.db
      .selectFrom('messages')
      .selectAll()
      .where('workspace_id', '<>', '' as never)
      .where('kind', '=', kind)
      .execute();
    const [workspace] = await database.db.selectFrom('workspaces').select('id').execute();
    const admin = bed.ids.rita;
    const subjects =
      kind === 'trouble' || kind === 'welcome'
        ? [{ workspace_id: workspace?.id as never, subject: kind, audience: admin, occurrence: '' }]
        : rows;
    expect(subjects.length, `the generator makes no ${kind}`).toBeGreaterThan(0);
    for (const row of subjects) {
      for (const now of [bed.app.deps.clock.now(), instant('2026-03-05T12:00:00Z')]) {
        const courier = {
          deps: { ...bed.app.deps, clock: { now: () => now } },
          renderers: RENDERERS,
        } as unknown as Parameters<typeof renderAll>[0];
        const claimed = { release_id: null, ...row, kind, newest: true, parent_ts: null, doubtful: false, zone: null };
        const [rendered] = await renderAll(courier, [claimed as never]);
        if (rendered === undefined) throw new Error('nothing was rendered');
        if ('error' in rendered) throw new Error('it cannot be rendered', { cause: rendered.error });
        const message = rendered.content;
        if (message === null) continue;
        expect(checkMessage(message.blocks)).toBeNull();
        const text = markupIn(message.blocks).join('\n');
        for (const token of tokens(text))
          expect(token).toMatch(/^<(@U[0-9A-Z]+|#C[0-9A-Z]+|!date\^\d+\^[^|<>]*\|[^<>]*|https?:[^|<>]+\|[^<>]*)>$/);
        expect(text).not.toContain('U0EVIL>');
        seen.set(kind, message.text);
      }
    }
    expect(seen.get(kind), `${kind} rendered nothing`).toBeDefined();
  });

  it('what stands in the workspace has no markup in its notification text', () => {
    const texts = bed.sandbox.world.messages.map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(50);
    for (const text of texts) expect(text).not.toMatch(/[<>]|@(here|channel|everyone)\b|[\u202E]/);
  });
});
