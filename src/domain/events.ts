/** What can happen, as the journal keeps it. Timeline, thread lines and announcements are readings of these. */

import type { Id, ReleaseId, UserId } from './ids.ts';
import type { Instant } from './time.ts';
import { at, command, count, listing, people, person, type Sentence, say, took } from './words.ts';

/** The data of each kind of event. Free text never stands here: it goes to `words`, which can be erased without breaking the chain. */
export type EventData = {
  'release.created': { version: string; service: string };
  'release.edited': { fields: readonly string[] };
  'release.assigned': { role: string; to: UserId };
  'release.held': { until: Instant | null };
  'release.resumed': Record<string, never>;
  'release.hold_ended': Record<string, never>;
  /** `version` is of what replaced it; not in events from before it was kept. */
  'release.cancelled': { replacedBy: string | null; version?: string };
  'release.came_back': { status: string };
  /** `on`: as it was called then. */
  'release.depends': { on: string; kind: 'before' | 'together'; added: boolean };
  'release.fixed': { by: string; version: string };
  'release.unfixed': { by: string; version: string; how: 'failed' | 'was rolled back' };
  'release.closed': { outcome: string };
  'release.reopened': Record<string, never>;
  'release.reworked': { revision: number };
  'change.added': { change: string };
  'change.removed': { change: string };
  'round.opened': { round: number; hash: string; risk: string; asked: readonly UserId[] };
  'round.approved': { round: number; validUntil: Instant };
  'round.withdrawn': { round: number };
  /** `passed`: its planned time came first. Not in events from before this was kept. */
  'round.expired': { round: number; passed?: boolean };
  'round.invalidated': { round: number; differences: readonly string[]; carried: readonly UserId[] };
  /** `who`: whose approval does not count any more; earlier ones do not say. */
  'round.reopened': { round: number; who?: readonly UserId[] };
  'round.widened': { round: number; asked: readonly UserId[] };
  'round.reminded': { round: number };
  /** `fixed`: who joins later does not count. */
  'round.stuck': { round: number; rule: string; needs: number; left: number; fixed?: boolean };
  'approval.by_policy': { policy: string; catalogVersion: number };
  'approval.lapsed': { round: number | null };
  'approval.given': { round: number; hash: string };
  'approval.undone': { round: number };
  'approval.rejected': { round: number; hash: string };
  'risk.raised': { round: number; from: string; to: string };
  'question.asked': { round: number };
  'question.answered': { round: number };
  /** `ofAnother`: the artifact that it was made for, where that is not the one of the release. Not in events from before this was kept. */
  'gate.recorded': { gate: string; outcome: string; revision: number; ofAnother?: string | null };
  'gate.waived': { gate: string; until: Instant };
  'deployment.started': {
    environment: string;
    version: string;
    before: string | null;
    attempt: number;
    reasons: readonly string[];
    /** Names of the freezes that it was started in: by an exemption, an exception, a reason. Not in earlier events. */
    passed?: readonly string[];
  };
  /** Labels of what would have been in its way; `artifact`: what it was, where that is not what is known. */
  'deployment.unasked': {
    environment: string;
    version: string;
    inTheWay: readonly string[];
    artifact: string | null;
    /** What was known, where that is another one. */
    known?: string | null;
  };
  'deployment.succeeded': { environment: string; version: string; before: string | null; minutes: number };
  'deployment.failed': { environment: string; version: string; timedOut: boolean; cause?: string; rollback?: true };
  'deployment.aborted': { environment: string; version: string };
  'deployment.rolled_back': { environment: string; version: string; to: string; minutes: number };
  /** It does not go on to the places that are left. `back`: where it went back, which somebody decides about. */
  /** `stopped`: somebody had it go no further. */
  'deployment.ended_in_part': {
    came: readonly string[];
    left: readonly string[];
    back: string | null;
    stopped?: true;
  };
  /** `by`: nobody said so. `environment`: of one of several places. */
  'health.reported': { healthy: boolean; by?: 'probes' | 'checks'; environment?: string };
  /** One of several who have to say so. */
  'health.confirmed': { said: number; needed: number };
  'health.signal': { environment: string; signal: string; ok: boolean; said: string };
  /** `item`: as it is counted in the list, from 1; its text are the words. */
  'checklist.ticked': { environment: string; item: number; done: boolean };
  /** With `service`: by hand. */
  'lock.set': { environment: string; service?: string; until?: Instant | null };
  'lock.lifted': { environment: string; service?: string };
  'freeze.declared': { freeze: number; startsAt: Instant; endsAt: Instant; repeats?: string };
  /** With `day`: only the one that begins on that day. */
  'freeze.ended': { freeze: number; day?: string };
  'freeze.moved': { freeze: number; endsAt: Instant; before: Instant };
  /** Earlier ones do not have the name of the freeze. */
  'exception.requested': { freeze: number; name?: string; environment: string };
  'exception.decided': { freeze: number; name?: string; environment: string; verdict: string };
  'exception.revoked': { freeze: number; name: string; environment: string };
  'breakglass.granted': { environment: string; second: UserId | null; until: Instant };
  'breakglass.confirmed': { environment: string };
  'breakglass.judged': { verdict: string };
  'review.opened': { form: string; dueAt: Instant };
  'review.submitted': { outcome: string };
  'action.added': { owner: UserId | null; due: Instant | null };
  'action.finished': { state: string };
  'artifact.recorded': { revision: number; artifact: string };
  /** `against`: it went on although it was paused, barred or baking. */
  'deployment.step': { environment: string; percent: number | null; against?: boolean };
  /** `against`: before it had baked, or against a rule, with a reason. */
  'rollout.moved': { environment: string; step: string; percent: number | null; against: boolean };
  'rollout.paused': { environment: string; step: string };
  'rollout.resumed': { environment: string; step: string };
  'rollout.stopped': { environment: string; metric: string; value: number; rule: string };
  'rollout.recovered': { environment: string; metric: string; value: number; rule: string };
  'deployment.handed_over': { environment: string; to: UserId };
  'token.made': { token: string; scopes: readonly string[] };
  'token.rotated': { token: string };
  'token.revoked': { token: string };
  'webhook.made': { webhook: string; topics: readonly string[] };
  'webhook.rotated': { webhook: string };
  'webhook.stopped': { webhook: string; because: string };
  /** `event`: what it tells. */
  'webhook.replayed': { webhook: string; event: string };
  'catalog.applied': { version: number };
  'catalog.proposed': { version: number; parts: readonly string[] };
  'groups.changed': { version: number; groups: readonly string[]; joined: readonly UserId[]; left: readonly UserId[] };
  /** They may act here no more, or again: whoever counted on them counts anew. */
  'person.left': { person: UserId };
  'person.came_back': { person: UserId };
  'workspace.installed': { scopes: readonly string[] };
  'workspace.paused': { because: string };
  'message.undeliverable': { kind: string; error: string; asText?: boolean };
  'message.resumed': { channel: string };
};

export type EventKind = keyof EventData;

export type EventDraft = {
  [Kind in EventKind]: {
    kind: Kind;
    data: EventData[Kind];
    release: ReleaseId | null;
    subject: string;
    /** A person's own words: a reason, a comment, a question. */
    words: string | null;
    /** When it fell due, for what time did and nobody: an expiry is dated by its due time. */
    due: Instant | null;
    /** It followed by itself from what somebody did: nobody did it. */
    byItself?: true;
  };
}[EventKind];

export type StoredEvent = EventDraft & {
  id: Id<'event'>;
  seq: number;
  at: Instant;
  actor: UserId | 'signalbox';
  surface: string;
};

/** An event about a release. */
export const happened = <Kind extends EventKind>(
  release: ReleaseId,
  kind: Kind,
  data: EventData[Kind],
  more: { words?: string | null; due?: Instant; subject?: string } = {},
): EventDraft =>
  ({
    kind,
    data,
    release,
    subject: more.subject ?? release,
    words: more.words ?? null,
    due: more.due ?? null,
  }) as EventDraft;

/** What somebody wrote, before the stop of our own sentence: theirs would be a second one. */
const quoted = (words: string | null): string =>
  words === null || words === '' ? '' : `: “${words.replace(/(?<!\.)\.$/, '')}”`;
const by = (event: StoredEvent): Sentence => (event.actor === 'signalbox' ? ['Signalbox'] : [person(event.actor)]);

const inFreezes = (names: readonly string[]): Sentence =>
  names.length === 0 ? [] : say` in the freeze ${listing(names)}`;

/** One line for the thread and the timeline. */
export const eventSentence = (event: StoredEvent): Sentence => {
  const who = by(event);
  const words = quoted(event.words);
  switch (event.kind) {
    case 'release.created':
      return say`${who} created ${event.data.service} ${event.data.version}.`;
    case 'release.edited':
      return say`${who} changed ${listing([...event.data.fields])}${words}.`;
    case 'release.assigned':
      return say`${who} made ${person(event.data.to)} the ${event.data.role}.`;
    case 'release.held':
      return event.data.until === null
        ? say`${who} put it on hold${words}.`
        : say`${who} put it on hold until ${at(event.data.until)}${words}.`;
    case 'release.resumed':
      return say`${who} ended the hold.`;
    case 'release.hold_ended':
      return say`The hold ended at its time.`;
    case 'release.cancelled':
      return event.data.replacedBy === null
        ? say`${who} cancelled it${words}.`
        : event.data.version === undefined
          ? say`Replaced by ${event.data.replacedBy}: a newer version was deployed.`
          : say`Replaced by ${event.data.version} (${event.data.replacedBy}), which was deployed. It comes back by itself if that one is rolled back.`;
    case 'release.came_back':
      if (event.data.status === 'deploying')
        return say`It goes on: the version that had taken its place was rolled back.`;
      return event.data.status === 'approved'
        ? say`It is back: the version that replaced it was rolled back. Its approval still counts.`
        : say`It is back as a draft: the version that replaced it was rolled back. Ask for approval with ${command('submit')}.`;
    case 'release.depends':
      return event.data.added
        ? say`${who} made it ${event.data.kind === 'before' ? 'wait for' : 'go together with'} ${event.data.on}.`
        : say`${who} made it wait for ${event.data.on} no more.`;
    case 'release.fixed':
      return say`Fixed forward: ${event.data.version} (${event.data.by}) is deployed where it failed.`;
    case 'release.unfixed':
      return say`It is not fixed any more: ${event.data.version} (${event.data.by}) ${event.data.how}.`;
    case 'release.closed':
      return say`${who} closed it as ${event.data.outcome}.`;
    case 'release.reopened':
      return say`${who} reopened it${words}.`;
    case 'release.reworked':
      return say`${who} took it back to draft, to be reworked.`;
    case 'change.added':
      return say`${who} added a change${words}.`;
    case 'change.removed':
      return say`${who} removed a change${words}.`;
    case 'round.opened':
      return event.data.round === 1
        ? say`${who} asked for approval (${event.data.risk} risk).`
        : say`Asked for approval again (${event.data.risk} risk).`;
    case 'round.approved':
      return say`Approved, valid until ${at(event.data.validUntil)}.`;
    case 'round.withdrawn':
      return say`${who} withdrew the request${words}.`;
    case 'round.expired':
      return event.data.passed === true
        ? say`The request expired: its planned time passed before it was decided. Pick a new one with ${command('schedule')}, then ask again with ${command('submit')}.`
        : say`The request expired: nobody decided in time. Ask again with ${command('submit')}.`;
    case 'round.invalidated':
      return say`Changed since approval was asked for, so it is asked for again: ${event.words ?? listing([...event.data.differences])}.`;
    case 'round.reopened':
      return event.data.who === undefined || event.data.who.length === 0
        ? say`It waits for approval again: somebody whose approval counted does not count any more.`
        : say`It waits for approval again: the approval of ${people(event.data.who)} does not count any more.`;
    case 'round.widened':
      return event.data.asked.length === 0
        ? say`Those who were asked were reminded; nobody else can decide.`
        : say`${count(event.data.asked.length, 'more person was', 'more people were')} asked.`;
    case 'round.stuck':
      return say`Nobody is left who could approve it: rule “${event.data.rule}” wants ${event.data.needs}, ${event.data.left} can. ${event.data.fixed === true ? 'Whoever is added now counts from the next request on: an admin adds a person, then it is withdrawn and asked again.' : 'Ask an admin to add a person; then it goes on by itself.'}`;
    case 'round.reminded':
      return say`${who} reminded the people who were asked.`;
    case 'approval.by_policy':
      return say`Free to go by policy ${event.data.policy} v${event.data.catalogVersion}, which asks nobody.`;
    case 'approval.lapsed':
      return say`The approval lapsed before it was deployed.`;
    case 'approval.given':
      return say`${who} approved${words}.`;
    case 'approval.undone':
      return say`${who} took their approval back.`;
    case 'approval.rejected':
      return say`${who} rejected it${words}.`;
    case 'risk.raised':
      return say`${who} raised the risk from ${event.data.from} to ${event.data.to}${words}.`;
    case 'question.asked':
      return say`${who} asks${words}.`;
    case 'question.answered':
      return say`${who} answers${words}.`;
    case 'gate.recorded':
      return event.data.ofAnother == null
        ? say`${who} recorded gate ${event.data.gate} as ${event.data.outcome}${words}.`
        : say`${who} recorded gate ${event.data.gate} as ${event.data.outcome} for ${event.data.ofAnother}, which is not the artifact of this release: it does not count${words}.`;
    case 'gate.waived':
      return say`${who} waived gate ${event.data.gate} until ${at(event.data.until)}${words}.`;
    case 'deployment.started':
      if (event.data.reasons.includes('rollback'))
        return say`${who} started going back to ${event.data.version} in ${event.data.environment}${words}.`;
      if (event.data.reasons.includes('unasked'))
        return say`A deployment to ${event.data.environment} has started${words}.`;
      return say`${who} started the deployment to ${event.data.environment}${inFreezes(event.data.passed ?? [])}${words}.`;
    case 'deployment.unasked':
      return say`Nobody was asked about the deployment to ${event.data.environment}${words}. ${event.data.inTheWay.length === 0 ? 'Nothing would have been in its way.' : say`In its way would have been: ${listing([...event.data.inTheWay])}.`}${event.data.known == null || event.data.artifact === null ? '' : ` Known is ${event.data.known}; deployed was ${event.data.artifact}.`}`;
    case 'deployment.succeeded':
      return say`${event.data.version} is in ${event.data.environment}, took ${took(event.data.minutes)}.`;
    case 'deployment.failed':
      return event.data.timedOut
        ? say`${event.data.rollback === true ? 'Going back in' : 'The deployment to'} ${event.data.environment} counts as failed: nobody finished it in time.`
        : say`${who} reported that ${event.data.rollback === true ? 'going back in' : 'the deployment to'} ${event.data.environment} failed${words}.`;
    case 'deployment.aborted':
      return say`${who} aborted the deployment to ${event.data.environment} before anything was touched${words}.`;
    case 'deployment.rolled_back':
      return say`${who} rolled ${event.data.environment} back to ${event.data.to} in ${took(event.data.minutes)}${words}.`;
    case 'deployment.ended_in_part': {
      const { came, left, back, stopped } = event.data;
      if (stopped === true)
        return say`${who} left it in ${listing(came, 'and')}, and it does not come to ${listing(left, 'or')}${words}.`;
      const it = say`It is in ${listing(came, 'and')}`;
      return back === null
        ? say`It came to ${listing(came, 'and')}, and goes no further: a newer version came before it was in ${listing(left, 'and')}.`
        : came.length === 0
          ? say`It went back in ${back}: somebody decides what becomes of it.`
          : say`${it}, and went back in ${back}: somebody decides what becomes of it.`;
    }
    case 'health.reported':
      if (event.data.by === 'probes') return say`It is healthy: its probes have answered well.`;
      if (event.data.by === 'checks') return say`It is healthy: all of its list was looked at.`;
      return say`${who} says it is ${event.data.healthy ? 'healthy' : 'not healthy'}${event.data.environment === undefined ? '' : ` in ${event.data.environment}`}${words}.`;
    case 'health.confirmed':
      return say`${who} says it is healthy: ${event.data.said} of ${event.data.needed}.`;
    case 'health.signal':
      return event.data.ok
        ? say`${event.data.signal} is well again in ${event.data.environment}: it ${event.data.said}.`
        : say`${event.data.signal} ${event.data.said} in ${event.data.environment}.`;
    case 'checklist.ticked':
      return say`${who} ${event.data.done ? 'ticked' : 'took back'} item ${event.data.item} of the list in ${event.data.environment}${words}.`;
    case 'lock.set':
      return event.data.service === undefined
        ? say`Locked in ${event.data.environment} until the cause is known.`
        : say`${who} locked ${event.data.service} ${event.data.environment}${event.data.until == null ? '' : say` until ${at(event.data.until)}`}${words}.`;
    case 'lock.lifted':
      return say`${who} lifted the lock of ${event.data.service === undefined ? '' : `${event.data.service} `}${event.data.environment}${words}.`;
    case 'freeze.declared':
      return say`${who} declared freeze ${event.data.freeze} from ${at(event.data.startsAt)} to ${at(event.data.endsAt)}${event.data.repeats === undefined ? '' : `, ${event.data.repeats}`}${words}.`;
    case 'freeze.ended':
      return say`${who} ended freeze ${event.data.freeze}${event.data.day === undefined ? '' : ` of ${event.data.day}`} early${words}.`;
    case 'freeze.moved':
      return say`${who} moved the end of freeze ${event.data.freeze} from ${at(event.data.before)} to ${at(event.data.endsAt)}${words}.`;
    case 'exception.requested':
      return say`${who} asked for an exception from ${event.data.name ?? `freeze ${event.data.freeze}`}${words}.`;
    case 'exception.decided':
      return say`${who} ${event.data.verdict} the exception from ${event.data.name ?? `freeze ${event.data.freeze}`}${words}.`;
    case 'exception.revoked':
      return say`${who} took the exception from ${event.data.name} back${words}.`;
    case 'breakglass.granted':
      return say`${who} declared an emergency: it may start in ${event.data.environment} past what is in the way until ${at(event.data.until)}${words}.`;
    case 'breakglass.confirmed':
      return say`${who} confirmed the emergency in ${event.data.environment}.`;
    case 'breakglass.judged':
      return say`${who} judged the emergency ${event.data.verdict}${words}.`;
    case 'review.opened':
      return say`A ${event.data.form} review is due ${at(event.data.dueAt)}.`;
    case 'review.submitted':
      return say`${who} reviewed it: ${event.data.outcome}.`;
    case 'action.added':
      return say`${who} added an action${event.data.owner === null ? '' : say` for ${person(event.data.owner)}`}${event.data.due === null ? '' : say`, by ${at(event.data.due)}`}${words}.`;
    case 'action.finished':
      return say`${who} marked an action as ${event.data.state}${words}.`;
    case 'artifact.recorded':
      return say`${who} recorded its artifact: ${event.data.artifact}.`;
    case 'rollout.moved':
      return say`${who} went on to ${event.data.step} in ${event.data.environment}${event.data.against ? ' all the same' : ''}${words}.`;
    case 'rollout.paused':
      return say`${who} paused it at ${event.data.step} in ${event.data.environment}${words}.`;
    case 'rollout.resumed':
      return say`${who} let it go on at ${event.data.step} in ${event.data.environment}.`;
    case 'rollout.stopped':
      return say`${who} reported that ${event.data.metric} is ${String(event.data.value)} in ${event.data.environment}, and the rule is ${event.data.rule}: it should not go on.`;
    case 'rollout.recovered':
      return say`${who} reported that ${event.data.metric} is ${String(event.data.value)} in ${event.data.environment} again: it may go on.`;
    case 'deployment.handed_over':
      return say`${who} handed the deployment to ${event.data.environment} over to ${person(event.data.to)}.`;
    case 'deployment.step':
      return say`${who} is at ${event.words ?? 'the next step'} in ${event.data.environment}${event.data.percent === null ? '' : ` (${event.data.percent} %)`}${event.data.against === true ? ', although it should have waited' : ''}.`;
    case 'token.made':
      return say`${who} made token ${event.data.token}, which may ${listing([...event.data.scopes])}.`;
    case 'token.rotated':
      return say`${who} gave token ${event.data.token} another secret.`;
    case 'token.revoked':
      return say`${who} revoked token ${event.data.token}.`;
    case 'webhook.made':
      return say`${who} made webhook ${event.data.webhook}, which is told of ${listing([...event.data.topics])}.`;
    case 'webhook.rotated':
      return say`${who} gave webhook ${event.data.webhook} another secret.`;
    case 'webhook.stopped':
      return say`Webhook ${event.data.webhook} was stopped: ${event.data.because}.`;
    case 'webhook.replayed':
      return say`${who} sent ${event.data.event} to webhook ${event.data.webhook} once more.`;
    case 'catalog.applied':
      return say`${who} applied catalog version ${event.data.version}.`;
    case 'catalog.proposed':
      return say`${who} proposed catalog version ${event.data.version} (${listing([...event.data.parts])}); it waits for a second admin.`;
    case 'groups.changed':
      return say`Slack changed who is in ${listing([...event.data.groups])}: ${event.data.joined.length} joined, ${event.data.left.length} left.`;
    case 'person.left':
      return say`${person(event.data.person)} left, or became somebody who cannot act here.`;
    case 'person.came_back':
      return say`${person(event.data.person)} can act here again.`;
    case 'workspace.installed':
      return say`${who} installed Signalbox.`;
    case 'workspace.paused':
      return say`Signalbox was taken out of Slack (${event.data.because}); everything waits until it is installed again.`;
    case 'message.resumed':
      return say`Signalbox was invited to the channel: what waited for it is posted now.`;
    case 'message.undeliverable':
      return event.data.asText === true
        ? say`A request for approval arrived as its words alone, without buttons; the admins are told why.`
        : say`A request for approval could not be delivered; the admins are told why.`;
  }
};
