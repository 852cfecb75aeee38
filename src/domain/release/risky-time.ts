/** Hours at which a deployment is a risk by itself: said, never enforced. */
import type { Service } from '../catalog/catalog.ts';
import { awake } from '../hours.ts';
import type { Situation } from '../situation.ts';
import { type Instant, inZone } from '../time.ts';

export type RiskyTime = {
  kind: 'holiday' | 'weekend' | 'friday' | 'eve' | 'off hours';
  /** `on a Friday afternoon`, `the day before Christmas Day`. */
  words: string;
};

const FRIDAY_FROM = 14;

const holidayOn = (s: Situation, day: string): string | null => {
  const { catalog } = s.around;
  const country = catalog.services[s.release.service]?.country ?? null;
  return country === null ? null : (catalog.holidays?.[country]?.[day] ?? null);
};

const serviceOf = (s: Situation): Service | undefined => s.around.catalog.services[s.release.service];

/** What is risky about a moment, by the clock and the calendar of the service; `null` where nothing is. */
export const riskyTime = (s: Situation, at: Instant): RiskyTime | null => {
  const here = inZone(at, serviceOf(s)?.zone ?? 'UTC');
  const day = here.toPlainDate();
  const holiday = holidayOn(s, day.toString());
  if (holiday !== null) return { kind: 'holiday', words: `on ${holiday}` };
  if (here.dayOfWeek > 5) return { kind: 'weekend', words: 'at a weekend' };
  if (here.dayOfWeek === 5 && here.hour >= FRIDAY_FROM) return { kind: 'friday', words: 'on a Friday afternoon' };
  const eve = holidayOn(s, day.add({ days: 1 }).toString());
  if (eve !== null) return { kind: 'eve', words: `the day before ${eve}` };
  return null;
};

/** Whether its owner sleeps then. Where the service has quiet hours, those were chosen. */
export const outsideHours = (s: Situation, at: Instant): boolean =>
  (serviceOf(s)?.quiet ?? null) === null && !awake(s, s.release.owner, at);
