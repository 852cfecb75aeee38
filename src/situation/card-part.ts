/** Where the card of each release stands in Slack, once it is posted. */

import { sql } from 'kysely';
import { build } from '../db/prepared.ts';
import { asked, part } from './parts.ts';

export const cardPart = part(
  {
    cards: build
      .selectFrom('messages')
      .select(['subject', 'channel', 'ts'])
      .where('workspace_id', '=', asked.workspace)
      .where(sql<boolean>`subject = any(${asked.releases}::text[])`)
      .where('kind', '=', 'card')
      .where('ts', 'is not', null),
  },
  ({ cards }) =>
    ({ id }) => {
      const row = cards.find(({ subject }) => subject === id);
      return { own: { card: row?.channel == null || row.ts === null ? null : { channel: row.channel, ts: row.ts } } };
    },
);
