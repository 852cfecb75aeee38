/** Slack's markup as elements: marks, mentions, links and date tokens. What is not a mark is text. */
import type { ComponentChildren, VNode } from 'preact';
import { dateToken } from './time.ts';
import type { PageState } from './types.ts';

/** What reading needs: whose names, whose zone, which now. */
export type Reader = Pick<PageState, 'names' | 'now' | 'me'>;

const plain = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const EMOJI: Readonly<Record<string, string>> = {
  white_check_mark: '✅',
  x: '❌',
  warning: '⚠️',
  tada: '🎉',
  lock: '🔒',
  white_circle: '⚪\uFE0F',
  large_yellow_circle: '🟡',
  large_blue_circle: '🔵',
  double_vertical_bar: '⏸️',
  snowflake: '❄️',
  arrows_counterclockwise: '🔄',
  red_circle: '🔴',
  leftwards_arrow_with_hook: '↩️',
  checkered_flag: '🏁',
  heavy_minus_sign: '➖',
  fast_forward: '⏩',
  rotating_light: '🚨',
  information_source: 'ℹ️',
};

const token = (inner: string, reader: Reader): VNode | string => {
  const [what = '', label] = inner.split('|');
  const date = /^!date\^(\d+)\^([^^|]*)/.exec(what);
  if (date !== null) {
    const at = Number(date[1]) * 1_000;
    return <time dateTime={new Date(at).toISOString()}>{dateToken(date[2] ?? '', at, reader.now, reader.me.tz)}</time>;
  }
  if (what.startsWith('@')) {
    const id = what.slice(1);
    return <span class={id === reader.me.id ? 'mention me' : 'mention'}>@{reader.names[id] ?? id}</span>;
  }
  if (what.startsWith('#')) return <span class="mention">#{reader.names[what.slice(1)] ?? what.slice(1)}</span>;
  if (what.startsWith('!')) return <span class="mention">@{label ?? what.slice(1).split('^')[0]}</span>;
  if (!/^https?:/.test(what)) return plain(label ?? what);
  return (
    <a href={plain(what)} target="_blank" rel="noreferrer noopener">
      {plain(label ?? what)}
    </a>
  );
};

const PIECES = /<([^<>\n]+)>|\*([^*\n]+)\*|_([^_\n]+)_|~([^~\n]+)~|`([^`\n]+)`|:([a-z_]+):/;

/** One line, from left to right; a mark inside a word is no mark. */
const inline = (text: string, reader: Reader): ComponentChildren => {
  const out: ComponentChildren[] = [];
  let rest = text;
  for (let found = PIECES.exec(rest); found !== null; found = PIECES.exec(rest)) {
    const [whole, angle, bold, italic, struck, code, emoji] = found;
    const before = rest.slice(0, found.index);
    const inWord = angle === undefined && emoji === undefined && /\w$/.test(before);
    if (inWord || (emoji !== undefined && EMOJI[emoji] === undefined)) {
      out.push(plain(rest.slice(0, found.index + 1)));
      rest = rest.slice(found.index + 1);
      continue;
    }
    out.push(plain(before));
    if (angle !== undefined) out.push(token(angle, reader));
    else if (bold !== undefined) out.push(<b>{inline(bold, reader)}</b>);
    else if (italic !== undefined) out.push(<i>{inline(italic, reader)}</i>);
    else if (struck !== undefined) out.push(<s>{inline(struck, reader)}</s>);
    else if (code !== undefined) out.push(<code>{plain(code)}</code>);
    else out.push(EMOJI[emoji ?? '']);
    rest = rest.slice(found.index + whole.length);
  }
  return [...out, plain(rest)];
};

/** Lines of markup; `>` quotes, three backquotes fence code. */
export const Markup = ({ text, reader }: { text: string; reader: Reader }) => (
  <>
    {text.split(/```/).map((part, index) =>
      index % 2 === 1 ? (
        <pre key={index}>{plain(part).trim()}</pre>
      ) : (
        part.split('\n').map((line, n) =>
          line.startsWith('&gt;') ? (
            <blockquote key={n}>{inline(line.slice(4).trimStart(), reader)}</blockquote>
          ) : (
            <span class="line" key={n}>
              {line === '' ? <br /> : inline(line, reader)}
            </span>
          ),
        )
      ),
    )}
  </>
);

export type TextObject = { type: 'mrkdwn' | 'plain_text'; text: string };

export const Text = ({ of, reader }: { of: TextObject; reader: Reader }) =>
  of.type === 'mrkdwn' ? <Markup text={of.text} reader={reader} /> : <span class="plain">{of.text}</span>;
