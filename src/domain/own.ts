/** Records by what people type, or by their ids as strangers send them. */

/** A record that knows its own keys alone: `constructor` or `toString` is a name like any other, there when it was put there and not otherwise. */
export const own = <Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
  Object.assign(Object.create(null) as Record<string, Value>, record);

/** The same of entries. */
export const ownFrom = <Value>(
  entries: readonly (readonly [key: string, value: Value])[],
): Readonly<Record<string, Value>> => own(Object.fromEntries(entries));
