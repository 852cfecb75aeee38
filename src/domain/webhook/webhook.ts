/** Webhooks: other systems are told what happened, by the topics and services that an admin chose. */
import type { Catalog } from '../catalog/catalog.ts';
import type { EventDraft, EventKind } from '../events.ts';
import type { Id, UserId } from '../ids.ts';
import { noService } from '../nearest.ts';
import { allow, type Decision, type Field, refuse } from '../refusal.ts';
import type { Act } from '../situation.ts';
import { HOUR, type Instant, MINUTE } from '../time.ts';
import { command, type Sentence, say } from '../words.ts';

/** What one can be told of; each kind of event belongs to one, by the beginning of its name. */
export const TOPICS = {
  releases: 'planned, changed, held, replaced, closed',
  approvals: 'asked for, given, rejected, expired; questions and risk',
  gates: 'results and waivers, artifacts',
  deployments: 'started, steps, how they ended, health, locks',
  freezes: 'declared, moved and ended, exceptions, emergencies',
  reviews: 'opened and answered, actions',
  administration: 'catalog, tokens, webhooks, groups, who left, what could not be delivered',
} as const;
export type Topic = keyof typeof TOPICS;
export const TOPIC_NAMES = Object.keys(TOPICS) as readonly Topic[];

const TOPIC_OF: Readonly<Record<string, Topic>> = {
  release: 'releases',
  change: 'releases',
  round: 'approvals',
  approval: 'approvals',
  risk: 'approvals',
  question: 'approvals',
  gate: 'gates',
  artifact: 'gates',
  deployment: 'deployments',
  health: 'deployments',
  lock: 'deployments',
  freeze: 'freezes',
  exception: 'freezes',
  breakglass: 'freezes',
  review: 'reviews',
  action: 'reviews',
};

export const topicOf = (kind: EventKind): Topic => TOPIC_OF[kind.split('.')[0] ?? ''] ?? 'administration';

export type Webhook = {
  id: Id<'webhook'>;
  name: string;
  url: string;
  topics: readonly Topic[];
  /** Empty: all, and what is about no service. */
  services: readonly string[];
  /** Which secret signs: another one after each rotation. */
  generation: number;
  /** The journal was read for it up to here. */
  toldSeq: number;
  madeBy: UserId;
  madeAt: Instant;
  stoppedAt: Instant | null;
  stoppedBecause: string | null;
};

/** Whether it is told of this; `service`: whose release it is about, `null` where about none. */
export const isToldOf = ({ topics, services }: Webhook, kind: EventKind, service: string | null): boolean =>
  topics.includes(topicOf(kind)) && (services.length === 0 || (service !== null && services.includes(service)));

const SECOND = 1_000;
/** Between the attempts, in milliseconds: a day in all. */
const PAUSES = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  10 * HOUR,
] as const;

/** Milliseconds until it is tried again after so many attempts; `null`: not any more. */
export const againIn = (attempts: number): number | null => PAUSES[attempts - 1] ?? null;

export type WebhookInput = {
  name: string;
  url: string;
  topics: readonly Topic[];
  services: readonly string[];
};

const NAME = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/;
const LONGEST_URL = 500;

/** As the platform reads it, and without what would stand in every log: a name or a password. */
const isAddress = (url: string): boolean =>
  url.length <= LONGEST_URL && /^https?:\/\/[^\s/?#@]+([/?#]\S*)?$/.test(url) && URL.canParse(url);

/** Makes a webhook. Refuses a name that is none or taken, an address that is none, nothing to tell, services that there are not. */
export const makeWebhook = (
  input: WebhookInput,
  taken: readonly string[],
  catalog: Catalog,
  toldSeq: number,
  act: Act,
): Decision<{ webhook: Webhook; events: readonly EventDraft[] }> => {
  const unknown = input.services.find((name) => catalog.services[name] === undefined);
  const problem = (field: Field, sentence: Sentence | null) =>
    sentence === null ? [] : [{ field, problem: sentence }];
  const problems = [
    ...problem(
      'name',
      !NAME.test(input.name)
        ? say`Write a name of 3 to 40 small letters, digits and dashes, for example data-warehouse.`
        : taken.includes(input.name)
          ? say`There is a webhook ${input.name} already. Stop it first, or take another name.`
          : null,
    ),
    ...problem(
      'url',
      isAddress(input.url)
        ? null
        : say`Write an address like https://hooks.example.com/signalbox, without a name or a password in it.`,
    ),
    ...problem('topics', input.topics.length === 0 ? say`Say what it is told of.` : null),
    ...problem('service', unknown === undefined ? null : noService(unknown, Object.keys(catalog.services))),
  ];
  if (problems.length > 0) return refuse({ code: 'fields', problems });
  const webhook: Webhook = {
    id: act.newId('webhook'),
    ...input,
    generation: 1,
    toldSeq,
    madeBy: act.by,
    madeAt: act.now,
    stoppedAt: null,
    stoppedBecause: null,
  };
  return allow({ webhook, events: [webhookHappened(webhook, 'webhook.made', { topics: webhook.topics })] });
};

const webhookHappened = <Kind extends 'webhook.made' | 'webhook.rotated' | 'webhook.stopped'>(
  { id, name }: Webhook,
  kind: Kind,
  data: Omit<Extract<EventDraft, { kind: Kind }>['data'], 'webhook'>,
): EventDraft =>
  ({ kind, data: { webhook: name, ...data }, release: null, subject: id, words: null, due: null }) as EventDraft;

const stoppedAlready = ({ name }: Webhook): Decision<never> =>
  refuse({
    code: 'status',
    did: 'Nothing changed',
    name: `webhook ${name}`,
    status: 'stopped already',
    fix: say`Make another one with ${command('webhook new')}.`,
  });

type Changed = { webhook: Webhook; events: readonly EventDraft[] };

/** Another secret signs from now on. Refuses one that was stopped. */
export const rotateWebhook = (webhook: Webhook): Decision<Changed> =>
  webhook.stoppedAt !== null
    ? stoppedAlready(webhook)
    : allow({
        webhook: { ...webhook, generation: webhook.generation + 1 },
        events: [webhookHappened(webhook, 'webhook.rotated', {})],
      });

/** It is told nothing any more: by an admin, or because its receiver said that it is gone. */
export const stopWebhook = (webhook: Webhook, because: string, now: Instant): Decision<Changed> =>
  webhook.stoppedAt !== null
    ? stoppedAlready(webhook)
    : allow({
        webhook: { ...webhook, stoppedAt: now, stoppedBecause: because },
        events: [webhookHappened(webhook, 'webhook.stopped', { because })],
      });
