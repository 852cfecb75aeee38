/** A reason that is typed, and when it ends: `"load test" until Thu 18:00`, `"flaky" for 2 hours`. */
import { allow, type Decision, refuseField } from '../domain/refusal.ts';
import { cut, say } from '../domain/words.ts';
import { quotedApart } from '../slack/command-words.ts';
import type { CommandRequest } from '../slack/requests.ts';
import { type TypedTime, typedTime } from '../slack/typed-time.ts';
import { asText } from './find-release.ts';

export type ReasonAndEnd = { reason: string; end: TypedTime | null };

const MARK = /^(?:until|till|for)$/i;

/**
 * `words`: what stands after what the command is about. What is beside a reason in quotes has to be its end, and is asked back where it is none; words without
 * quotes are the reason, but for an end that they close with. `did`: what did not happen.
 */
export const reasonAndEnd = (
  request: CommandRequest,
  words: readonly string[],
  did: string,
): Decision<ReasonAndEnd> => {
  const { quoted } = quotedApart(request.text);
  // Quotes within quotes are words.
  const marks = request.text.match(/["“”„]/g)?.length ?? 0;
  const place = quoted === null || marks !== 2 ? -1 : words.indexOf(quoted);
  const around = words.filter((_, index) => index !== place);
  const mark = around.findLastIndex((word) => MARK.test(word));
  const said = around.slice(mark + 1).join(' ');
  const lasting = around[mark]?.toLowerCase() === 'for';
  const read = mark === -1 ? null : typedTime(lasting ? `in ${said}` : said, request.person.zone, request.ctx.now);
  if (place === -1) {
    if (read === null || (lasting && !read.ok)) return allow({ reason: asText(words), end: null });
    return read.ok
      ? allow({ reason: asText(around.slice(0, mark)), end: read.time })
      : refuseField('until', say`${did}: ${read.problem}`);
  }
  const reason = asText([quoted ?? '']);
  const stray = around.slice(0, Math.max(mark, 0));
  if (around.length === 0) return allow({ reason, end: null });
  if (read === null || stray.length > 0)
    return refuseField(
      'until',
      say`${did}: “${cut(asText(read === null ? around : stray), 80)}” beside the reason is not understood. Say how long with “until Thu 18:00” or “for 2 hours”.`,
    );
  if (read.ok) return allow({ reason, end: read.time });
  // How long is read as a time from now, which nobody typed.
  const problem = lasting
    ? say`“for ${cut(said, 80)}” is not understood. Write “for 2 hours” or “until Thu 18:00”.`
    : read.problem;
  return refuseField('until', say`${did}: ${problem}`);
};
