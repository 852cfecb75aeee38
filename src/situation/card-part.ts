/** Where the card of each release stands in Slack, once it is posted, and what stands with whoever acts. */

import { sql } from 'kysely';
import { build } from '../db/prepared.ts';
import { asked, part } from './parts.ts';

export const cardPart = part(
  {
    cards: build
      .selectFrom('messages')
      .select(['subject', 'kind', 'channel', 'ts'])
      .where('workspace_id', '=', asked.workspace)
      .where(sql<boolean>`subject = any(${asked.releases}::text[])`)
      .where((eb) => eb.or([eb('kind', '=', 'card'), eb('place', '=', asked.actor)]))
      .where('ts', 'is not', null),
    asks_of_actor: build
      .selectFrom('messages')
      .select(['release_id', 'ts'])
      .where('workspace_id', '=', asked.workspace)
      .where('audience', '=', asked.actor)
      // As they stand in the index, which parameters would not be known to match.
      .where(sql<boolean>`kind in ('gate-ask', 'exception-ask', 'emergency-judge', 'failure-ask') and not over`)
      .where(sql<boolean>`release_id = any(${asked.releases}::text[])`)
      .where('ts', 'is not', null),
  },
  ({ cards, asks_of_actor: asks }) =>
    ({ id }) => {
      const about = cards.filter(({ subject }) => subject === id);
      const row = about.find(({ kind }) => kind === 'card');
      const card = row?.channel == null || row.ts === null ? null : { channel: row.channel, ts: row.ts };
      const direct = about.filter(({ kind }) => kind !== 'card');
      const requests = asks.filter(({ release_id }) => release_id === id);
      return { own: { card, theirs: [...direct, ...requests].flatMap(({ ts }) => ts ?? []) } };
    },
);
