/** A message to one person, as the planners of messages ask for it. */
import type { Wanted } from '../courier/messages.ts';
import type { UserId } from '../domain/ids.ts';

export type Actor = UserId | 'signalbox';

export const toPerson = (subject: string, kind: Wanted['kind'], person: UserId, occurrence = ''): Wanted => ({
  subject,
  kind,
  audience: person,
  place: person,
  occurrence,
});

export const atAnyHour = (wanted: Wanted): Wanted => ({ ...wanted, anyHour: true });

export const others =
  (actor: Actor, kind: Wanted['kind']) =>
  (subject: string, occurrence: string, people: readonly (UserId | null)[]): readonly Wanted[] =>
    [...new Set(people)]
      .filter((id) => id !== null && id !== actor)
      .map((id) => toPerson(subject, kind, id as UserId, occurrence));
