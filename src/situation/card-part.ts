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
  },
  ({ cards }) =>
    ({ id }) => {
      const about = cards.filter(({ subject }) => subject === id);
      const row = about.find(({ kind }) => kind === 'card');
      const card = row?.channel == null || row.ts === null ? null : { channel: row.channel, ts: row.ts };
      return { own: { card, theirs: about.flatMap(({ kind, ts }) => (kind === 'card' ? [] : (ts ?? []))) } };
    },
);
