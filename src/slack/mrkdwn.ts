/**
 * Slack's markup, made only here. An `Mrkdwn` comes from the escaping template and from nowhere else: whatever is interpolated as text
 * cannot mention, link or format.
 */

import type { UserId } from '../domain/ids.ts';
import { epochMs, type Instant, instant, plainTime } from '../domain/time.ts';
import { tokenName } from '../domain/token/token.ts';
import { cut, type Part, type Sentence } from '../domain/words.ts';

const made = Symbol('made by the escaping template');
export type Mrkdwn = { readonly [made]: string };

const trusted = (text: string): Mrkdwn => ({ [made]: text });
export const textOf = (markup: Mrkdwn): string => markup[made];

// oxlint-disable-next-line no-control-regex -- control and direction characters are what has to go
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const LOOKALIKES: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ' };
const AT_A_WORD_EDGE = /(?<![\p{L}\p{N}])[*_~`]|[*_~`](?![\p{L}\p{N}])/gu;

/** One line of a person's text: no control or direction characters, no line breaks, formatting marks replaced by look-alikes, then `& < >` escaped. */
export const escapeText = (text: string): string =>
  text
    .replace(INVISIBLE, '')
    .replace(/\s+/g, ' ')
    .replace(/^>+/, (marks) => '›'.repeat(marks.length))
    .replace(AT_A_WORD_EDGE, (mark) => LOOKALIKES[mark] ?? mark)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

/** Same for places without markup: nothing to escape, but `@channel` must not ring in a notification. */
export const plainText = (text: string): string =>
  text
    .replace(INVISIBLE, '')
    .replace(/\s+/g, ' ')
    .replace(/@(here|channel|everyone)\b/gi, '@\u2009$1')
    .trim();

/**
 * The text of a message beside its blocks, from a plain sentence. Slack reads it as markup, so it is escaped here, once, on its way out;
 * notifications and screen readers show it.
 */
export const notificationText = (text: string): string =>
  plainText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Markup of at most `most` characters: at the end of a line where one is near, else of a whole character, entity and token. Half of one would
 * be shown raw, or swallow what comes after it.
 */
export const cutMarkup = (text: string, most: number): string => {
  if (text.length <= most) return text;
  const room = text.slice(0, most - 2);
  const line = room.lastIndexOf('\n');
  if (line > most / 2) return `${room.slice(0, line)}\n…`;
  const whole = room
    .replace(/[\ud800-\udbff]$/, '')
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/<[^>]*$/, '');
  return `${whole} …`;
};

type Value = string | number | Mrkdwn | readonly Mrkdwn[];

const isMrkdwn = (value: Value): value is Mrkdwn => typeof value === 'object' && !Array.isArray(value);

const piece = (value: Value): string => {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value);
  return isMrkdwn(value) ? textOf(value) : value.map(textOf).join('');
};

/** The escaping template. Strings and numbers are text; only an Mrkdwn goes in as markup. */
export const md = (strings: TemplateStringsArray, ...values: readonly Value[]): Mrkdwn =>
  trusted(
    strings.map((literal, index) => literal + (values[index] === undefined ? '' : piece(values[index]))).join(''),
  );

export const joined = (parts: readonly Mrkdwn[], separator: string): Mrkdwn =>
  trusted(
    parts
      .map(textOf)
      .filter((part) => part !== '')
      .join(separator),
  );
export const EMPTY = trusted('');
export const isEmpty = (markup: Mrkdwn): boolean => textOf(markup) === '';

/** A person's longer text, cut by code point before escaping makes it longer. */
export const quoteText = (text: string, most = 500): Mrkdwn => trusted(escapeText(cut(text, most)));

export const mention = (id: UserId): Mrkdwn =>
  /^[UW][A-Z0-9]+$/.test(id) ? trusted(`<@${id}>`) : trusted(escapeText(tokenName(id) ?? id));

export const groupMention = (id: string): Mrkdwn => (/^S[A-Z0-9]+$/.test(id) ? trusted(`<!subteam^${id}>`) : EMPTY);

export const channelMention = (id: string): Mrkdwn =>
  /^[CGD][A-Z0-9]+$/.test(id) ? trusted(`<#${id}>`) : trusted(escapeText(id));

/** A date in the viewer's zone, with a fallback in UTC for what cannot show it. */
export const dateToken = (at: Instant, format = '{date_short_pretty} {time}'): Mrkdwn =>
  trusted(`<!date^${Math.floor(epochMs(at) / 1_000)}^${format}|${plainTime(at, 'UTC')}>`);

/**
 * Text to be copied as it stands: nothing formats in a code span, so that no mark of it is replaced. A backtick would end it, and a line break does.
 */
export const code = (text: string): Mrkdwn => {
  const inside = text
    .replace(INVISIBLE, '')
    .replace(/\s+/g, ' ')
    .replaceAll('`', LOOKALIKES['`'] ?? '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  return trusted(`\`${inside}\``);
};

/** A link to an http(s) address; any other address is shown as text. */
export const link = (url: string, label: string): Mrkdwn => {
  if (!/^https?:\/\/[^\s|<>]+$/.test(url)) return trusted(escapeText(label));
  return trusted(`<${url.replaceAll('&', '&amp;')}|${escapeText(label).replaceAll('|', '¦')}>`);
};

/** Markup as a screen reader, or a lock screen, says it: times in `zone`, other tokens by their label, marks left out. */
export const readAloud = (markup: Mrkdwn, zone = 'UTC'): string =>
  plainText(
    textOf(markup)
      .replace(/<!date\^(\d+)[^>]*>/g, (_token, seconds: string) => plainTime(instant(Number(seconds) * 1_000), zone))
      .replace(/<https?:[^|>]*\|([^>]*)>/g, '$1')
      .replace(/<@[^>]*>/g, 'somebody')
      .replace(/<!subteam[^>]*>/g, 'a group')
      .replace(/<#[^>]*>/g, 'its channel')
      .replace(/[*`]/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  );

/** How a message speaks: whether people are mentioned (they must act) or named, and the command's name here. */
export type Voice = { names: Readonly<Record<string, string>> | 'mention'; command: string };

/** A token is its own name. */
const nameIn = (names: Readonly<Record<string, string>>, id: UserId): string =>
  tokenName(id) ?? names[id] ?? 'somebody';

const partMarkup = (part: Part, voice: Voice): Mrkdwn => {
  if (typeof part === 'string') return trusted(escapeText(part).replace(/^ /, ' '));
  if ('person' in part)
    return voice.names === 'mention' ? mention(part.person) : md`${nameIn(voice.names, part.person)}`;
  if ('group' in part) return md`${`@${part.group}`}`;
  if ('at' in part) return dateToken(part.at);
  if ('command' in part) return code(`${voice.command} ${part.command}`);
  return md`${part.release}`;
};

/** A sentence as markup. */
export const sentenceMarkup = (sentence: Sentence, voice: Voice): Mrkdwn =>
  joined(
    sentence.map((part) => partMarkup(part, voice)),
    '',
  );

/** A sentence as plain text: notifications, field errors, logs. Times in `zone`. */
/** Who reads plain text: the names that people have there, and the zone in which times are said. */
export type PlainVoice = Pick<Voice, 'command'> & { names: Readonly<Record<string, string>>; zone: string };

export const sentenceText = (sentence: Sentence, voice: PlainVoice): string =>
  plainText(
    sentence
      .map((part) => {
        if (typeof part === 'string') return part;
        if ('person' in part) return nameIn(voice.names, part.person);
        if ('group' in part) return `@${part.group}`;
        if ('at' in part) return plainTime(part.at, voice.zone);
        return 'command' in part ? `${voice.command} ${part.command}` : part.release;
      })
      .join(''),
  );

/** Beside a time that is shown by its reader's clock: what they typed, where they named another zone. */
export const typedBeside = (typed: string | null): Mrkdwn =>
  typed === null ? EMPTY : md` your time (you typed “${typed}”)`;
