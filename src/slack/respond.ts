/**
 * How a payload is answered: after the commit, with the acknowledgement where it can carry the answer; at two seconds it is acknowledged
 * anyway and the answer follows.
 */
import type { WebClient } from '@slack/web-api';
import type { Surface } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import { say } from '../domain/words.ts';
import { md, type Voice } from './mrkdwn.ts';
import { type Answer, refused, tell } from './requests.ts';
import type { Source, Tenant, Tenants } from './tenants.ts';

const ACK_AT = 2_000;

/** How one kind of payload is acknowledged and answered. */
export type Reply = {
  /** Acknowledges; with an answer where the acknowledgement can carry it. Returns whether it did. */
  ack: (answer: Answer | null, voice: Voice) => Promise<boolean>;
  /** Brings an answer that the acknowledgement did not carry; without a client only where Slack gave an address for it. */
  later: (answer: Answer, voice: Voice, client: WebClient | null) => Promise<void>;
};

export type Incoming = {
  kind: 'command' | 'action' | 'view' | 'shortcut';
  source: Source;
  user: string;
  userTeam: string | null;
  channel: string | null;
  triggerId: string;
  surface: Surface;
  /** What of it was committed. */
  commits: { done: boolean };
  reply: Reply;
};

export const mentionVoice = (deps: Deps): Voice => ({ names: 'mention', command: deps.command });

/**
 * So many are answered at once: each costs some ten milliseconds, and Slack waits for three seconds. One more is refused as it comes, while
 * refusing is all that it costs, instead of being given up after everybody has waited.
 */
const MOST_AT_ONCE = 80;
/** Of one workspace: one whose Slack hangs keeps no other out. */
const MOST_OF_ONE = 60;
const CROWDED: Answer = { kind: 'refused', refusal: { code: 'crowded' } };

/** What is being answered now, by request: a copy that comes meanwhile waits for that answer, a refusal too, instead of making its own. */
const underWay = new Map<string, Promise<Answer>>();

const ofWorkspace = (workspace: string): number =>
  [...underWay.keys()].filter((key) => key.startsWith(`${workspace} `)).length;

const once = (workspace: string, request: string, run: () => Promise<Answer>): Promise<Answer> => {
  const key = `${workspace} ${request}`;
  const same = underWay.get(key);
  if (same !== undefined) return same;
  if (underWay.size >= MOST_AT_ONCE && ofWorkspace(workspace) >= MOST_OF_ONE) return Promise.resolve(CROWDED);
  const answer = run().finally(() => underWay.delete(key));
  underWay.set(key, answer);
  return answer;
};

/** By what copies of one request are known. */
export const requestKeyOf = ({ kind, triggerId }: Incoming): string => `${kind}:${triggerId}`;

/** Runs the route, acknowledging at two seconds if it takes longer. Never leaves a payload without an acknowledgement. */
export const respond = async (
  { deps, tenants }: { deps: Deps; tenants: Tenants },
  incoming: Incoming,
  run: (tenant: Tenant) => Promise<Answer>,
): Promise<void> => {
  const started = performance.now();
  const voice = mentionVoice(deps);
  let acked: Promise<boolean> | null = null;
  const ackOnce = (answer: Answer | null): Promise<boolean> => {
    if (acked !== null) return Promise.resolve(false);
    deps.at('before ack');
    deps.metrics.ack(incoming.kind, performance.now() - started);
    acked = incoming.reply.ack(answer, voice);
    return acked;
  };
  let client: WebClient | null = null;
  const timer = setTimeout(
    () =>
      void ackOnce(client === null ? UNREACHED : null).catch((error: unknown) =>
        deps.log.error({ err: error }, 'the acknowledgement failed'),
      ),
    ACK_AT,
  );
  const answered = async (): Promise<Answer> => {
    const tenant = await tenants.at(incoming.source).catch((error: unknown) => {
      deps.log.error({ err: error, kind: incoming.kind }, 'a request of a workspace that cannot be served now');
      return 'unreached' as const;
    });
    if (tenant === 'unreached') return UNREACHED;
    // It has been said that nothing was done.
    if (acked !== null) return { kind: 'done' };
    if (tenant === null) return NOT_INSTALLED;
    client = tenant.client;
    return once(tenant.workspace, requestKeyOf(incoming), () => run(tenant));
  };
  const answer = await answered().catch((error: unknown): Answer => failed(deps, incoming, error));
  clearTimeout(timer);
  const carried = await ackOnce(answer);
  if (!carried && answer.kind !== 'done') {
    await incoming.reply
      .later(answer, voice, client)
      .catch((error: unknown) =>
        deps.log.warn({ err: error, kind: incoming.kind }, 'the answer could not be shown; the state is saved'),
      );
  }
};

/** It is committed, and what came of it could not be read or shown: said so, and a form closes, because sending it again would do it twice. */
const DONE_UNSHOWN = tell([
  md`Done, but Signalbox could not show what came of it. Its card and Home show it in a moment; do not do it again.`,
]);

/** Before anything was done, and in a way that keeps what was typed. */
const UNREACHED = refused({
  code: 'forbidden',
  did: 'Nothing done',
  because: say`Signalbox has no access to this workspace right now`,
  can: say`Do it again in a minute.`,
});

const NOT_INSTALLED = tell([
  md`Nothing done: Signalbox is not installed in this workspace any more. Somebody who may add apps can install it again.`,
]);

/** No answer, a 5xx or a limit: the library names each of them. A refusal of Slack's is a bug of ours. */
const isSlackAway = (error: unknown): boolean =>
  ['slack_webapi_request_error', 'slack_webapi_http_error', 'slack_webapi_rate_limited_error'].includes(
    String((error as { code?: unknown }).code),
  );

export const failed = (deps: Deps, incoming: Incoming, error: unknown): Answer => {
  const reference = deps.newId('event').slice(-8);
  deps.log.error({ err: error, kind: incoming.kind, reference, committed: incoming.commits.done }, 'a request failed');
  if (incoming.commits.done) return DONE_UNSHOWN;
  // A refusal, so that a form stays open with what was typed.
  if (isSlackAway(error))
    return refused({
      code: 'forbidden',
      did: 'Not shown',
      because: say`Slack did not answer Signalbox`,
      can: say`Try again in a minute.`,
    });
  return refused({
    code: 'forbidden',
    did: 'Nothing done',
    because: say`Signalbox failed at this`,
    can: say`Try again in a minute; if it stays, give your admin the reference ${reference}.`,
  });
};
