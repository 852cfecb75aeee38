/** What webhooks are told: an event of the journal as JSON, in the form that Standard Webhooks gives it, as everybody in the team's channel may read it. */
import { z } from '@hono/zod-openapi';
import { eventSentence, type StoredEvent } from '../domain/events.ts';
import type { SeenRelease } from '../situation/seen-by.ts';
import { releaseJson, releaseSchema } from './release-json.ts';
import type { Speak } from './speech.ts';

export const eventSchema = z
  .object({
    type: z.string().openapi({ example: 'deployment.succeeded' }).describe('What happened.'),
    timestamp: z.string().describe('When, ISO 8601.'),
    version: z
      .literal(1)
      .describe('Of this form. Fields may come; none goes or changes its meaning under one version.'),
    data: z.object({
      id: z.string().describe('Of the event: the same in every delivery of it.'),
      sequence: z
        .number()
        .int()
        .describe('Its place in the journal of the workspace: they grow, and not each of them is told.'),
      workspace: z.string(),
      actor: z.string().describe('A Slack id, token:NAME, or signalbox.'),
      sentence: z.string().describe('What people read of it.'),
      details: z.record(z.string(), z.unknown()).describe('What belongs to this type.'),
      release: releaseSchema.nullable().describe('As it is when this is told.'),
    }),
  })
  .openapi('Event');

export const eventJson = (
  event: StoredEvent,
  workspace: string,
  release: SeenRelease | null,
  speak: Speak,
): z.infer<typeof eventSchema> => ({
  type: event.kind,
  timestamp: event.due ?? event.at,
  version: 1,
  data: {
    id: event.id,
    sequence: event.seq,
    workspace,
    actor: event.actor,
    sentence: speak(eventSentence(event)),
    details: { ...event.data },
    release: release === null ? null : releaseJson(release),
  },
});
