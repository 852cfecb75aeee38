/** Who acts, when, and the source of new ids: what every verb needs besides the situation. */
import type { NewId, UserId } from './ids.ts';
import type { Instant } from './instant.ts';

export type Act = { by: UserId; now: Instant; newId: NewId };
