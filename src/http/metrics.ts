/** Metrics in Prometheus' format, in a registry of their own so that two apps in one process do not meet. */

import { sql } from 'kysely';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../db/connection.ts';
import type { Deps, Metrics } from '../deps.ts';
import type { Instant } from '../domain/time.ts';

export type MetricsRegistry = Metrics & {
  text: () => Promise<string>;
  /** Asks the database how messages stand: by the clock, so that a scrape costs it nothing. */
  refresh: () => Promise<void>;
};

type Waiting = { waiting: number; resting: number; oldest: number; dead: number; ambiguous: number };

/** What waits for its reader's morning is not late, and nothing that anybody has to look after. */
const readWaiting = async (database: Database, now: Instant): Promise<Waiting> => {
  const due = sql`wanted > shown and trouble is null and (rests_until is null or rests_until <= ${now}::timestamptz)`;
  const { rows } = await sql<Waiting>`
    select count(*) filter (where ${due})::int as waiting,
      count(*) filter (where wanted > shown and trouble is null and rests_until > ${now}::timestamptz)::int as resting,
      coalesce(extract(epoch from max(
        case when rests_until is null then clock_timestamp() - next_at else ${now}::timestamptz - rests_until end) filter (where ${due})), 0)::float8 as oldest,
      count(*) filter (where trouble in ('dead', 'refused'))::int as dead,
      count(*) filter (where trouble = 'ambiguous')::int as ambiguous
    from messages
    where ((wanted > shown and trouble is null) or trouble is not null)
      and workspace_id not in (select id from workspaces where paused_at is not null)`.execute(database.kysely);
  return rows[0] ?? { waiting: 0, resting: 0, oldest: 0, dead: 0, ambiguous: 0 };
};

export const createMetrics = ({ database, clock }: Pick<Deps, 'database' | 'clock'>): MetricsRegistry => {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  collectDefaultMetrics({ register: registry, prefix: 'signalbox_' });
  const ack = new Histogram({
    name: 'signalbox_ack_ms',
    help: 'Milliseconds from receipt to acknowledgement, after the commit',
    labelNames: ['kind'],
    buckets: [5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 3_000],
    registers,
  });
  const useCases = new Counter({
    name: 'signalbox_use_cases_total',
    help: 'Use cases by outcome',
    labelNames: ['name', 'outcome'],
    registers,
  });
  const calls = new Counter({
    name: 'signalbox_slack_calls_total',
    help: 'Calls to Slack by outcome; limited is a 429',
    labelNames: ['method', 'outcome'],
    registers,
  });
  const skipped = new Counter({
    name: 'signalbox_skipped_ticks_total',
    help: 'Ticks left out because the one before still ran',
    labelNames: ['job'],
    registers,
  });
  const messages = new Gauge({
    name: 'signalbox_messages',
    help: 'Messages by state; resting: it comes when its reader begins to work',
    labelNames: ['state'],
    registers,
  });
  const oldest = new Gauge({
    name: 'signalbox_messages_oldest_seconds',
    help: 'Age of the oldest message that waits',
    registers,
  });
  const lookedAt = new Gauge({
    name: 'signalbox_messages_looked_at_seconds',
    help: 'When the figures of messages were last read, in seconds since 1970',
    registers,
  });
  return {
    ack: (kind, ms) => ack.observe({ kind }, ms),
    useCase: (name, outcome) => useCases.inc({ name, outcome }),
    slackCall: (method, outcome) => calls.inc({ method, outcome }),
    skippedTick: (job) => skipped.inc({ job }),
    text: () => registry.metrics(),
    refresh: async () => {
      const waiting = await readWaiting(database, clock.now());
      messages.set({ state: 'waiting' }, waiting.waiting);
      messages.set({ state: 'resting' }, waiting.resting);
      messages.set({ state: 'dead' }, waiting.dead);
      messages.set({ state: 'ambiguous' }, waiting.ambiguous);
      oldest.set(waiting.oldest);
      lookedAt.setToCurrentTime();
    },
  };
};
