/** How a release stands now: what time has done since anybody looked is done first, as it is before every act. Nothing is written. */
import type { Deps } from '../deps.ts';
import { settle } from '../domain/settle.ts';
import type { Situation } from '../domain/situation.ts';
import type { Instant } from '../domain/time.ts';

export const asOf = ({ newId }: Pick<Deps, 'newId'>, s: Situation, now: Instant): Situation =>
  settle(s, now, newId).after;
