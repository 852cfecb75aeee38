/** Times as people type them: `Thu 06:00`, `tomorrow 10:00`, `2026-12-18 18:00`, read in the person's zone. */
import { type ParsedResult, parse } from 'chrono-node';
import { fromWallTime, type Instant, inZone } from '../domain/time.ts';

const wall = (parts: ParsedResult['start'], hourWhenMissing: number): string => {
  const two = (value: number | null | undefined): string => String(value ?? 0).padStart(2, '0');
  const hour = parts.isCertain('hour') ? parts.get('hour') : hourWhenMissing;
  return `${parts.get('year')}-${two(parts.get('month'))}-${two(parts.get('day'))}T${two(hour)}:${two(parts.isCertain('hour') ? parts.get('minute') : 0)}`;
};

export type TypedTime = { start: Instant; end: Instant | null };

/** Reads a time or a window; `null` when there is none in the text. A day without an hour is its morning, 09:00. */
export const typedTime = (text: string, zone: string, now: Instant): TypedTime | null => {
  // The parser thinks in the machine's zone: it is given the wall time of the person's as if it were UTC.
  const here = inZone(now, zone);
  const reference = {
    instant: new Date(`${here.toPlainDateTime().toString({ smallestUnit: 'second' })}Z`),
    timezone: 0,
  };
  const [found] = parse(text, reference, { forwardDate: true });
  if (found === undefined) return null;
  return {
    start: fromWallTime(wall(found.start, 9), zone, 'start'),
    end: found.end == null ? null : fromWallTime(wall(found.end, 18), zone, 'end'),
  };
};
