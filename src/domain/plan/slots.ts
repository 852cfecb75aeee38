/** The hours that are best for a deployment: offered, never enforced. */
import { membersOf } from '../catalog/catalog.ts';
import type { Slot } from '../freeze/calendar.ts';
import { openMoment } from '../freeze/caught.ts';
import { awake } from '../hours.ts';
import { riskyTime } from '../release/risky-time.ts';
import type { Situation } from '../situation.ts';
import { after, fromWallTime, HOUR, type Instant, inZone } from '../time.ts';
import { freeMoment } from './moving.ts';

const USUAL = { from: '06:00', to: '07:00', days: [1, 2, 3, 4, 5] };
const AHEAD_DAYS = 60;

/** Somebody who owns the service is at work then. */
const attended = (s: Situation, at: Instant): boolean => {
  return membersOf(s.around.catalog, ['$owners'], s.release.service).some((id) => awake(s, id, at));
};

/**
 * The best times to deploy: in the quiet hours of the service (06:00 where it has none) on days that are no risk, free of freezes, windows and
 * other releases of it, within two months. First those at which an owner is at work; in the order of time.
 */
export const bestSlots = (s: Situation, now: Instant, most: number): readonly Slot[] => {
  const service = s.around.catalog.services[s.release.service];
  const zone = service?.zone ?? 'UTC';
  const { from, to, days = USUAL.days } = service?.quiet ?? USUAL;
  const today = inZone(now, zone).toPlainDate();
  const found: { slot: Slot; attended: boolean }[] = [];
  for (let n = 0; n < AHEAD_DAYS; n += 1) {
    const day = today.add({ days: n });
    if (!days.includes(day.dayOfWeek)) continue;
    const start = fromWallTime(`${day.toString()}T${from}`, zone, 'start');
    const till = fromWallTime(`${(to > from ? day : day.add({ days: 1 })).toString()}T${to}`, zone, 'end');
    const end = till > start ? till : after(start, HOUR);
    if (start <= now || riskyTime(s, start) !== null) continue;
    if (openMoment(s, start) !== start || freeMoment(s, start) !== start) continue;
    found.push({ slot: { start, end }, attended: attended(s, start) });
    if (found.filter((each) => each.attended).length >= most) break;
  }
  const best = [...found.filter((each) => each.attended), ...found.filter((each) => !each.attended)].slice(0, most);
  return best.map(({ slot }) => slot).sort((a, b) => (a.start < b.start ? -1 : 1));
};
