import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowRule } from '../../../src/domain/catalog/catalog.ts';
import { openMoment, plannedIntoSentence, plannedOutside } from '../../../src/domain/freeze/caught.ts';
import {
  closedUntil,
  firstOpenWindow,
  hasWindows,
  nextEdge,
  openedAt,
  windowWords,
} from '../../../src/domain/freeze/window.ts';
import { againstStart } from '../../../src/domain/plan/moving.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import { after, HOUR, type Instant, instant, MINUTE } from '../../../src/domain/time.ts';
import { turnOf } from '../../../src/domain/turn.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { aCatalog, aFreeze, aRelease, aSituation, NOW } from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';

const office: WindowRule = {
  name: 'office hours',
  services: [],
  environments: ['production'],
  days: [1, 2, 3, 4, 5],
  from: '09:00',
  to: '17:00',
  zone: 'Europe/London',
  exempt: ['emergency'],
};
const having = (...windows: readonly WindowRule[]) => aCatalog({ windows });
const question = (at: Instant, more: { services?: string[]; environment?: string; type?: string } = {}) => ({
  services: ['checkout'],
  environment: 'production',
  type: 'normal',
  at,
  ...more,
});
const first = (text: string, ...windows: readonly WindowRule[]) =>
  firstOpenWindow(having(...(windows.length === 0 ? [office] : windows)), question(instant(text)));

describe('a window', () => {
  it.each([
    ['open now', '2026-03-03T10:00:00Z', '2026-03-03T10:00:00.000Z'],
    ['at its opening', '2026-03-03T09:00:00Z', '2026-03-03T09:00:00.000Z'],
    ['before it', '2026-03-03T08:59:00Z', '2026-03-03T09:00:00.000Z'],
    ['at its end', '2026-03-03T17:00:00Z', '2026-03-04T09:00:00.000Z'],
    ['on Friday evening', '2026-03-06T17:00:00Z', '2026-03-09T09:00:00.000Z'],
    ['after the clocks went forward', '2026-03-28T12:00:00Z', '2026-03-30T08:00:00.000Z'],
  ])('%s', (_, at, open) => expect(first(at)).toBe(open));

  it('of several is their union, and of several services where all are open', () => {
    const evening: WindowRule = { ...office, name: 'evening', from: '20:00', to: '22:00' };
    expect(first('2026-03-03T18:00:00Z', office, evening)).toBe('2026-03-03T20:00:00.000Z');
    const search: WindowRule = { ...office, services: ['search'], from: '11:00', to: '12:00' };
    const both = question(instant('2026-03-03T09:30:00Z'), { services: ['checkout', 'search'] });
    expect(firstOpenWindow(having({ ...office, services: ['checkout'] }, search), both)).toBe(
      '2026-03-03T11:00:00.000Z',
    );
    const never = { ...search, from: '18:00', to: '19:00' };
    expect(firstOpenWindow(having({ ...office, services: ['checkout'] }, never), both)).toBeNull();
  });

  it('over midnight ends on the day after', () => {
    const night: WindowRule = { ...office, days: [5], from: '22:00', to: '04:00' };
    expect(first('2026-03-07T03:00:00Z', night)).toBe('2026-03-07T03:00:00.000Z');
    expect(first('2026-03-07T04:00:00Z', night)).toBe('2026-03-13T22:00:00.000Z');
  });

  it('says nothing of other places, other services and exempt types', () => {
    const night = instant('2026-03-03T03:00:00Z');
    const catalog = having({ ...office, services: ['search'] });
    for (const [of, more] of [
      [having(office), { environment: 'staging' }],
      [having(office), { type: 'emergency' }],
      [catalog, {}],
      [aCatalog(), {}],
    ] as const) {
      expect(hasWindows(of, question(night, more))).toBe(false);
      expect(closedUntil(of, question(night, more))).toBeNull();
    }
  });

  it('is named with its days, hours and zone', () => {
    const words = (rule: Partial<WindowRule>) =>
      sentenceText(windowWords(having({ ...office, ...rule }), question(NOW)), {
        names: {},
        command: '',
        zone: 'UTC',
      });
    expect(words({})).toBe('office hours, Mon–Fri 09:00–17:00 London');
    expect(words({ days: [1, 3] })).toBe('office hours, Mon, Wed 09:00–17:00 London');
  });

  it('is found by walking the clock minute by minute, whatever the zone does with it', () => {
    const zones = [
      'Europe/London',
      'America/New_York',
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Asia/Kathmandu',
      'America/St_Johns',
    ];
    const time = fc.integer({ min: 0, max: 95 }).map((quarter) => {
      const [hour, minute] = [Math.floor(quarter / 4), (quarter % 4) * 15];
      return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
        time,
        time,
        fc.integer({ min: Date.UTC(2026, 0, 1) / 900_000, max: Date.UTC(2031, 0, 1) / 900_000 }),
        (zone, days, from, to, quarter) => {
          fc.pre(from !== to);
          const rule: WindowRule = { ...office, zone, days, from, to };
          const start = instant(quarter * 900_000);
          const found = firstOpenWindow(having(rule), question(start));
          // By the platform's own clock: the wall time of each quarter, compared as text.
          const wall = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone,
            weekday: 'short',
            hour: '2-digit',
            minute: '2-digit',
            hourCycle: 'h23',
          });
          const dayOf = (text: string) => ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(text) + 1;
          const openAt = (at: Instant): boolean => {
            const parts = Object.fromEntries(wall.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
            const day = dayOf(parts['weekday'] ?? '');
            const clock = `${parts['hour']}:${parts['minute']}`;
            const before = day === 1 ? 7 : day - 1;
            if (from < to) return days.includes(day) && clock >= from && clock < to;
            return (days.includes(day) && clock >= from) || (days.includes(before) && clock < to);
          };
          if (found === null) throw new Error('a window of every week was not found');
          let walked = start;
          while (!openAt(walked)) walked = after(walked, 15 * MINUTE);
          // Where the clocks change an edge may be an hour away from what the wall says; never more, and never closed for longer.
          expect(Math.abs(Date.parse(found) - Date.parse(walked))).toBeLessThanOrEqual(HOUR);
          const named = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
          const offset = (at: Instant) => named.formatToParts(new Date(at)).find(({ type }) => type === 'timeZoneName');
          const changes = [after(start, -24 * HOUR), after(found, 24 * HOUR), after(found, 48 * HOUR)].some(
            (at) => offset(at)?.value !== offset(found)?.value,
          );
          if (!changes) expect(found).toBe(walked);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a release', () => {
  const night = instant('2026-03-03T03:00:00Z');
  const s = aSituation({ release: aRelease({ state: approved }), around: { catalog: having(office) } });

  it('waits for its window, is told which and until when, and starts in it', () => {
    const [check, ...more] = obstacles(readiness(s, 'production', night));
    expect([check?.code, check?.state, check?.until, more.length]).toEqual([
      'window.closed',
      'wait',
      '2026-03-03T09:00:00.000Z',
      0,
    ]);
    expect(readiness(s, 'production', night).earliest).toBe('2026-03-03T09:00:00.000Z');
    expect(obstacles(readiness(s, 'production', instant('2026-03-03T12:00:00Z')))).toEqual([]);
    expect(obstacles(readiness(s, 'staging', night)).map(({ code }) => code)).not.toContain('window.closed');
  });

  it('that is frozen in its window starts in the first one that no freeze touches', () => {
    const freeze = aFreeze({ startsAt: instant('2026-03-03T08:00:00Z'), endsAt: instant('2026-03-03T18:00:00Z') });
    const frozen = { ...s, around: { ...s.around, freezes: [freeze] } };
    expect(readiness(frozen, 'production', night).earliest).toBe('2026-03-04T09:00:00.000Z');
    expect(openMoment(frozen, night)).toBe('2026-03-04T09:00:00.000Z');
  });

  it('that is planned outside of its window is told so, with the first moment inside', () => {
    const planned = {
      ...s,
      release: { ...s.release, when: { kind: 'at' as const, start: instant('2026-03-07T10:00:00Z'), end: null } },
    };
    expect(plannedOutside(planned, ['production'], NOW)).toMatchObject({ slot: '2026-03-09T09:00:00.000Z' });
    const said = sentenceText(plannedIntoSentence(planned, ['production'], NOW), {
      names: {},
      command: '/release',
      zone: 'Europe/London',
    });
    expect(said).toContain('when no deploy window of production is open: move it to Mon 9 Mar 09:00');
    expect(againstStart(s, instant('2026-03-07T10:00:00Z'), NOW)).toMatchObject({
      why: 'closed',
      free: '2026-03-09T09:00:00.000Z',
    });
  });

  it('is somebody’s turn once the window opened, not where it was open when it was approved', () => {
    const early = aSituation({
      release: aRelease({ state: { ...approved, since: night } }),
      around: { catalog: having(office) },
    });
    expect(turnOf(early, instant('2026-03-03T08:59:00Z'))).toBeNull();
    expect(turnOf(early, instant('2026-03-03T09:30:00Z'))).toEqual({ at: '2026-03-03T09:00:00.000Z', why: 'opened' });
    const late = {
      ...early,
      release: { ...early.release, state: { ...approved, since: instant('2026-03-03T09:30:00Z') } },
    };
    expect(turnOf(late, instant('2026-03-03T10:00:00Z'))).toBeNull();
  });

  it('is looked at again at each edge of its windows', () => {
    const at = (text: string) => nextEdge(having(office), question(instant(text)));
    expect(at('2026-03-03T03:00:00Z')).toBe('2026-03-03T09:00:00.000Z');
    expect(at('2026-03-03T09:00:00Z')).toBe('2026-03-03T17:00:00.000Z');
    expect(at('2026-03-06T18:00:00Z')).toBe('2026-03-09T09:00:00.000Z');
    expect(openedAt(having(office), question(night))).toBeNull();
    expect(nextEdge(aCatalog(), question(night))).toBeNull();
  });

  it('never starts outside of its windows, whatever else is true of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 * 96 }), (quarter) => {
        const at = after(instant('2026-03-02T00:00:00Z'), quarter * 15 * MINUTE);
        const free = obstacles(readiness(s, 'production', at)).length === 0;
        const [day, hour] = [new Date(at).getUTCDay(), new Date(at).getUTCHours()];
        expect(free).toBe(day >= 1 && day <= 5 && hour >= 9 && hour < 17);
      }),
    );
  });
});
