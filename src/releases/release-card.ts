/** The card: one living message for each release, rendered from state in every status. Top line, what is in the way or next, facts, buttons. */
import type { KnownBlock } from '@slack/types';
import { evaluate, liveDecisions } from '../domain/approval-policy.ts';
import { missingDetails, needsReason } from '../domain/approval-round.ts';
import { environmentNamed, startMode } from '../domain/catalog.ts';
import { gateStates, isMet } from '../domain/gates.ts';
import { between, type Instant, MINUTE, plainTime } from '../domain/instant.ts';
import { liveGrant, nextEnvironment, obstacles, readiness, warnings } from '../domain/readiness.ts';
import { keyOf, nameOf, STAGES, type StateOf, stageOf } from '../domain/release.ts';
import { dueReview } from '../domain/review.ts';
import type { Deployment, Situation } from '../domain/situation.ts';
import { zoneOf } from '../domain/traits.ts';
import { command, count, person, say } from '../domain/wording.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, type ButtonSpec, fact, type MoreItem, section } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, type Mrkdwn, md, quoteText, sentenceMarkup, type Voice } from '../slack/mrkdwn.ts';
import {
  affectsWords,
  changesWords,
  gatesWords,
  isHidden,
  riskWords,
  rollbackWords,
  STATUS_WORDS,
  titleOf,
  whenWords,
} from './release-facts.ts';

export type CardParts = {
  headline: Mrkdwn;
  next: Mrkdwn;
  facts: readonly Mrkdwn[];
  foot: Mrkdwn;
  buttons: readonly ButtonSpec[];
  more: readonly MoreItem[];
  text: string;
};

/** Everything about one viewing: the situation, the moment, how people are named. */
type Look = { s: Situation; now: Instant; voice: Voice };

const who = (id: Parameters<typeof person>[0], { voice }: Look): Mrkdwn => sentenceMarkup([person(id)], voice);

const stageLine = (look: Look): Mrkdwn => {
  const { s, now } = look;
  const open = gateStates(s, now).filter((gate) => !isMet(gate)).length;
  const here = stageOf(s.release, open);
  return joined(
    STAGES.map((stage) => (stage === here ? md`*${stage}*` : md`${stage}`)),
    ' ▸ ',
  );
};

const footLine = (look: Look, rest: Mrkdwn = EMPTY): Mrkdwn =>
  joined(
    [
      md`${keyOf(look.s.release)}`,
      who(look.s.release.owner, look),
      look.s.release.changeNumber === null ? EMPTY : md`change ${look.s.release.changeNumber}`,
      rest,
    ],
    ' · ',
  );

const approvalsWords = (look: Look): Mrkdwn => {
  const { s, voice } = look;
  const { state } = s.release;
  if (state.status === 'approved' && state.by.kind === 'policy')
    return md`none needed: decided by policy ${state.by.policy} v${state.by.catalogVersion}, which asks nobody`;
  if (s.round === null) return EMPTY;
  const { rules } = evaluate(s, s.round);
  const needed = rules.reduce((sum, { rule }) => sum + rule.count, 0);
  const given = rules.reduce((sum, { voters }) => sum + voters.length, 0);
  const parts = rules.map(({ rule, voters }) =>
    voters.length === 0
      ? md`${rule.name} none yet`
      : md`${rule.name} yes (${joined(
          voters.map((id) => sentenceMarkup([person(id)], voice)),
          ', ',
        )})`,
  );
  return md`${given} of ${needed}: ${joined(parts, ' · ')}`;
};

const obstacleLine = (look: Look): { line: Mrkdwn; free: boolean } => {
  const { s, now, voice } = look;
  const answer = readiness(s, nextEnvironment(s), now);
  const open = obstacles(answer);
  const [first] = open;
  if (first === undefined) {
    const soft = joined(
      warnings(answer).map(({ sentence }) => sentenceMarkup(sentence, voice)),
      ' · ',
    );
    if (soft === EMPTY || warnings(answer).length === 0) return { line: md`Nothing in the way.`, free: true };
    const how = sentenceMarkup(say`${command(`deploy ${keyOf(s.release)} ${answer.environment} "why"`)}`, voice);
    return { line: md`It can start with a reason (${soft}): ${how}.`, free: false };
  }
  const rest = joined(
    open.map(({ sentence }) => sentenceMarkup(sentence, voice)),
    ' · ',
  );
  return { line: md`${count(open.length, 'thing')} before it can start: ${rest}.`, free: false };
};

const value = (s: Situation): string => s.release.id;
const roundValue = (s: Situation): string => packValue(s.release.id, s.round?.id ?? '', s.round?.hash ?? '');
const more = (s: Situation, ...items: readonly (readonly [string, MoreItem['action']])[]): readonly MoreItem[] =>
  items.map(([text, action]) => ({ text, action, value: value(s) }));

const draftParts = (look: Look, state: StateOf<'draft'>): Partial<CardParts> => {
  const { s, now, voice } = look;
  const gates = gateStates(s, now)
    .filter((gate) => !isMet(gate) && gate.rule.before === 'approval')
    .map(
      ({ rule, state: gateState }) => md`gate ${rule.name} ${gateState === 'pending' ? 'has not reported' : gateState}`,
    );
  const plan =
    s.around.catalog.rollbackPlan === 'required' && s.release.rollbackPlan === null ? [md`no rollback plan`] : [];
  const details =
    s.around.catalog.planDetails === 'required' ? missingDetails(s.release).map(({ what }) => md`no ${what}`) : [];
  const missing = [...gates, ...plan, ...details];
  const returned =
    state.returned === null
      ? EMPTY
      : md`${state.returned.why === 'approval lapsed' ? 'The approval lapsed' : `Came back: ${state.returned.why}`}${state.returned.by === null ? EMPTY : md` by ${sentenceMarkup([person(state.returned.by)], voice)}`}${state.returned.reason === null ? EMPTY : md`: “${quoteText(state.returned.reason, 200)}”`}.`;
  const next =
    missing.length === 0
      ? md`Nothing is missing: it can be asked for.`
      : md`${count(missing.length, 'thing')} before you can ask: ${joined(missing, ' · ')}.`;
  return {
    next: joined([returned, next], ' '),
    facts: [
      fact('Changes', changesWords(s)),
      fact('Affects', affectsWords(s.release)),
      fact('Risk', riskWords(s)),
      fact('When', whenWords(s.release)),
      fact('Rollback', s.release.rollbackPlan === null ? EMPTY : rollbackWords(s.release)),
    ],
    buttons: [
      {
        text: state.returned === null ? 'Ask for approval' : 'Ask again',
        action: ACTIONS.submit,
        value: value(s),
        style: 'primary',
      },
      { text: 'Edit', action: ACTIONS.edit, value: value(s) },
      { text: 'Add change', action: ACTIONS.addChange, value: value(s) },
    ],
    more: more(
      s,
      ['Schedule', ACTIONS.schedule],
      ['Gates', ACTIONS.gates],
      ['Hold', ACTIONS.hold],
      ['Cancel', ACTIONS.cancel],
    ),
  };
};

const waitingParts = (look: Look): Partial<CardParts> => {
  const { s, voice, now } = look;
  const { round } = s;
  if (round === null) return {};
  const asked = round.asks
    .filter(({ person: id }) => !liveDecisions(round).some(({ actor }) => actor === id))
    .map(({ person: id }) => sentenceMarkup([person(id)], voice));
  const evaluation = evaluate(s, round);
  const then = s.release.when.kind === 'at' ? md` Then: starts ${dateToken(s.release.when.start)}.` : EMPTY;
  const widened = round.asks.some(({ wave }) => wave === 'rest');
  const open = round.questions.filter(({ answeredAt }) => answeredAt === null);
  return {
    next: md`Next: ${sentenceMarkup(evaluation.sentence, voice)}${asked.length === 0 ? EMPTY : md` (asked: ${joined(asked.slice(0, 5), ', ')})`}.${then}`,
    facts: [
      ...(open.length === 0 || isHidden(s.release)
        ? []
        : [
            fact(
              'Question',
              joined(
                open.map(
                  (question) =>
                    md`${sentenceMarkup([person(question.asker)], voice)} asks “${quoteText(question.text, 200)}”`,
                ),
                ' · ',
              ),
            ),
          ]),
      fact(
        'Changes',
        joined(
          [
            changesWords(s),
            s.release.customers === null || isHidden(s.release)
              ? EMPTY
              : md`Customers: ${quoteText(s.release.customers, 120)}`,
          ],
          ' · ',
        ),
      ),
      fact('Affects', affectsWords(s.release)),
      fact('Risk', joined([riskWords(s), md`${gatesWords(s, now)}`], ' · ')),
      fact('Approvals', approvalsWords(look)),
      fact('Rollback', rollbackWords(s.release)),
    ],
    foot: footLine(
      look,
      joined(
        [
          widened ? EMPTY : md`asks the rest of the group ${dateToken(round.remindAt)}`,
          md`expires ${dateToken(round.expiresAt)}`,
        ],
        ', ',
      ),
    ),
    buttons: [
      needsReason(round)
        ? { text: 'Decide…', action: ACTIONS.decide, value: roundValue(s), style: 'primary' }
        : { text: 'Approve', action: ACTIONS.approve, value: roundValue(s), style: 'primary' },
      { text: 'Reject…', action: ACTIONS.reject, value: roundValue(s) },
      { text: 'Why waiting?', action: ACTIONS.why, value: value(s) },
    ],
    more: more(
      s,
      ['Ask a question', ACTIONS.ask],
      ['Remind', ACTIONS.remind],
      ['Edit', ACTIONS.edit],
      ['Withdraw', ACTIONS.withdraw],
      ['Gates', ACTIONS.gates],
    ),
  };
};

const START_WORDS = { pipeline: 'Let it start', webhook: 'Start deployment', 'by-hand': 'I am starting' } as const;
const START_MEANS = {
  pipeline: 'The pipeline may go on. Signalbox copies nothing itself.',
  webhook: 'Signalbox tells the pipeline to start; nothing is copied by Signalbox.',
  'by-hand': 'You deploy it yourself; Signalbox takes the lock and tells everybody.',
} as const;

/** The start button for an environment; its confirm says what starting means here. */
const startButton = (s: Situation, environment: string): ButtonSpec => {
  const mode = startMode(s.around.catalog, s.release.service, environment);
  const text = `${nameOf(s.release)} to ${environment}. ${START_MEANS[mode]} Going back: ${s.release.rollbackPlan ?? 'no plan was written'}.`;
  return {
    text: START_WORDS[mode],
    action: ACTIONS.start,
    value: packValue(s.release.id, environment),
    style: 'primary',
    confirm: { title: `Start in ${environment}?`, text, yes: START_WORDS[mode] },
  };
};

const approvedParts = (look: Look, state: StateOf<'approved'>): Partial<CardParts> => {
  const { s, now } = look;
  const { line, free } = obstacleLine(look);
  const environment = nextEnvironment(s);
  const answer = readiness(s, environment, now);
  const frozen = obstacles(answer).find(({ code }) => code === 'freeze.active');
  const slot = answer.earliest;
  const planned = s.release.when.kind === 'at' ? md` Planned for ${dateToken(s.release.when.start)}.` : EMPTY;
  const freezeButtons: readonly ButtonSpec[] = [
    ...(slot === null
      ? []
      : [
          {
            text: `Move to ${plainTime(slot, zoneOf(s))}`,
            action: ACTIONS.moveAfterFreeze,
            value: packValue(s.release.id, slot),
          },
        ]),
    { text: 'Ask for an exception', action: ACTIONS.askException, value: packValue(s.release.id, environment) },
  ];
  const required = environmentNamed(s.around.catalog, environment)?.requires ?? null;
  const first = answer.checks.some(({ code, state: result }) => code === 'environment.order' && result !== 'pass')
    ? required
    : null;
  return {
    next: md`${line}${planned}`,
    facts: [
      fact('Approvals', md`${approvalsWords(look)} · valid until ${dateToken(state.validUntil)}`),
      fact('Risk', joined([riskWords(s), md`${gatesWords(s, now)}`, md`Changes ${changesWords(s)}`], ' · ')),
      fact('Rollback', rollbackWords(s.release)),
      fact(
        'Deployer',
        s.release.deployer === null
          ? md`${startMode(s.around.catalog, s.release.service, environment) === 'pipeline' ? 'the pipeline, when it is let' : 'whoever starts it'}`
          : who(s.release.deployer, look),
      ),
    ],
    buttons: [
      ...(free ? [startButton(s, environment)] : []),
      ...(first === null ? [] : [{ ...quiet(startButton(s, first)), text: `Deploy to ${first}` }]),
      ...(frozen === undefined ? [] : freezeButtons),
      { text: 'Why?', action: ACTIONS.why, value: value(s) },
    ],
    more: more(
      s,
      ['Hold', ACTIONS.hold],
      ['Edit', ACTIONS.edit],
      ['Cancel', ACTIONS.cancel],
      ['Undo my approval', ACTIONS.undoApproval],
      ['Gates', ACTIONS.gates],
    ),
  };
};

/** The same button without its colour: one primary button a card. */
const quiet = ({ style: _style, ...rest }: ButtonSpec): ButtonSpec => rest;

const current = (s: Situation): Deployment | null =>
  s.deployments.findLast(({ state }) => state === 'running') ?? s.deployments.at(-1) ?? null;

const rollingBack = (look: Look, rollback: Deployment): Partial<CardParts> => ({
  next: md`Going back to ${rollback.version} in ${rollback.environment} since ${dateToken(rollback.startedAt, '{time}')}, by ${who(rollback.startedBy, look)}.`,
  facts: [fact('Reason', quoteText(rollback.reason ?? '', 300))],
  buttons: [
    { text: 'It is back', action: ACTIONS.rollbackDone, value: value(look.s), style: 'primary' },
    { text: 'Rollback failed…', action: ACTIONS.rollbackFailed, value: value(look.s), style: 'danger' },
  ],
  more: [],
});

/** The buttons that say how a running deployment ended: whatever the release's status, somebody has to be able to. */
const finishButtons = (s: Situation, running: Deployment): readonly ButtonSpec[] => {
  const place = packValue(s.release.id, running.environment);
  return [
    { text: 'It went through', action: ACTIONS.succeed, value: place, style: 'primary' },
    { text: 'It failed…', action: ACTIONS.fail, value: place },
  ];
};

const deployingParts = (look: Look): Partial<CardParts> => {
  const { s, now } = look;
  const running = s.deployments.find((d) => d.state === 'running');
  const next = nextEnvironment(s);
  if (running === undefined) {
    const { line, free } = obstacleLine(look);
    const start = free || liveGrant(s, next, now) !== null ? [startButton(s, next)] : [];
    const back: ButtonSpec = { text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' };
    return {
      next: md`Next: ${next}. ${line}`,
      facts: [],
      buttons: [...start, back],
      more: more(s, ['Why?', ACTIONS.why]),
    };
  }
  return {
    headline: md`*${nameOf(s.release)} · DEPLOYING to ${running.environment} · since ${dateToken(running.startedAt)}*`,
    next: md`${who(running.startedBy, look)} says when it is through. Nobody said so by ${dateToken(running.deadline)}: it counts as failed.`,
    facts: [
      fact(
        'Before',
        running.before === null
          ? md`nothing ran there`
          : md`${running.before} (rollback: ${quoteText(s.release.rollbackPlan ?? 'no plan', 120)})`,
      ),
      fact('Deployer', md`${who(running.startedBy, look)} · attempt ${running.attempt}`),
    ],
    buttons: [
      ...finishButtons(s, running),
      { text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' },
    ],
    more: [
      {
        text: 'Abort: nothing was touched',
        action: ACTIONS.abort,
        value: packValue(s.release.id, running.environment),
      },
      ...more(s, ['Hold', ACTIONS.hold]),
    ],
  };
};

/** A deployment to an environment that changes no status runs beside it: it comes first. */
const withRunning = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { s } = look;
  const running = s.deployments.find((d) => d.state === 'running' && d.kind === 'deploy');
  if (running === undefined || s.release.state.status === 'deploying') return parts;
  const line = md`${running.version} is being deployed to ${running.environment} by ${who(running.startedBy, look)} since ${dateToken(running.startedAt)}.`;
  const others = (parts.buttons ?? []).map(quiet);
  return {
    ...parts,
    next: joined([line, parts.next ?? EMPTY], ' '),
    buttons: [...finishButtons(s, running), ...others].slice(0, 3),
  };
};

/** While the glass is broken it can start, whatever it waits for. */
const withGrant = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { s, now } = look;
  const environment = nextEnvironment(s);
  const { status } = s.release.state;
  const grant = status === 'draft' || status === 'awaiting_approval' ? liveGrant(s, environment, now) : null;
  if (grant === null) return parts;
  const line = md`The glass is broken until ${dateToken(grant.expiresAt)}.`;
  const others = (parts.buttons ?? []).map(quiet);
  return {
    ...parts,
    next: joined([line, parts.next ?? EMPTY], ' '),
    buttons: [startButton(s, environment), ...others].slice(0, 3),
  };
};

const deployedParts = (look: Look, state: StateOf<'deployed'>): Partial<CardParts> => {
  const { s, now } = look;
  const review = dueReview(s);
  const last = s.deployments.findLast((d) => d.kind === 'deploy' && d.state === 'succeeded');
  const took =
    last?.finishedAt == null ? EMPTY : md`${Math.round(between(last.startedAt, last.finishedAt) / MINUTE)} min`;
  return {
    next: joined(
      [
        review === null ? EMPTY : md`Next: review by ${who(review.owner, look)} ${dateToken(review.dueAt)}.`,
        state.healthy === true ? md`It is healthy.` : md`Say whether it is healthy.`,
      ],
      ' ',
    ),
    facts: [
      fact('Took', joined([took, state.before === null ? EMPTY : md`before: ${state.before}`], ' · ')),
      joined([md`${gatesWords(s, now)}`, md`approvals ${approvalsWords(look)}`, md`risk ${riskWords(s)}`], ' · '),
    ],
    buttons: [
      ...(state.healthy === true
        ? []
        : [
            { text: 'Healthy', action: ACTIONS.healthy, value: value(s), style: 'primary' as const },
            { text: 'Not healthy…', action: ACTIONS.unhealthy, value: value(s) },
          ]),
      { text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' },
    ],
    more: more(s, ['Review now', ACTIONS.review], ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline]),
  };
};

const failedParts = (look: Look, state: StateOf<'failed'>): Partial<CardParts> => {
  const { s } = look;
  const last = current(s);
  return {
    next: md`${who(s.release.deployer ?? s.release.owner, look)} decides: roll back, retry or fix forward.`,
    facts: [
      fact('Reason', quoteText(state.reason, 300)),
      fact(
        'Running',
        last === null ? EMPTY : md`${last.version} in ${last.environment}, before it ${last.before ?? 'nothing'}`,
      ),
      fact('Attempt', last === null ? EMPTY : md`${last.attempt} · the approval still counts for the same artifact`),
    ],
    buttons: [
      { text: 'Roll back…', action: ACTIONS.rollBack, value: value(s), style: 'danger' },
      { ...quiet(startButton(s, last?.environment ?? nextEnvironment(s))), text: 'Retry' },
      { text: 'Rework', action: ACTIONS.rework, value: value(s) },
    ],
    more: more(s, ['Hold', ACTIONS.hold], ['Review now', ACTIONS.review], ['Close', ACTIONS.close]),
  };
};

const rolledBackParts = (look: Look, state: StateOf<'rolled_back'>): Partial<CardParts> => {
  const { s } = look;
  const review = dueReview(s);
  const rollback = s.deployments.findLast((d) => d.kind === 'rollback');
  const lock = s.locks.find((held) => held.release === s.release.id && held.liftedAt === null);
  return {
    headline: md`*${nameOf(s.release)} · ROLLED BACK to ${state.to} · ${dateToken(state.since)}*`,
    next: joined(
      [
        lock === undefined
          ? EMPTY
          : md`Locked in ${lock.environment} until ${who(lock.holder, look)} says what the cause was.`,
        review === null ? EMPTY : md`Review by ${who(review.owner, look)} ${dateToken(review.dueAt)}.`,
      ],
      ' ',
    ),
    facts: [
      fact('Failed', quoteText(state.reason, 300)),
      fact(
        'Back on',
        rollback === undefined
          ? EMPTY
          : md`${state.to} since ${dateToken(state.since, '{time}')}, by ${who(rollback.finishedBy ?? rollback.startedBy, look)}`,
      ),
    ],
    buttons: [
      { text: 'Start review', action: ACTIONS.review, value: value(s), style: 'primary' },
      { text: 'Rework', action: ACTIONS.rework, value: value(s) },
      ...(lock === undefined
        ? []
        : [{ text: 'Lift lock…', action: ACTIONS.liftLock, value: packValue(s.release.id, lock.environment) }]),
    ],
    more: more(s, ['Close', ACTIONS.close], ['Timeline', ACTIONS.timeline]),
  };
};

const leadTime = (s: Situation): string => {
  const finished = s.deployments.findLast((d) => d.state === 'succeeded')?.finishedAt;
  if (finished == null) return '';
  const minutes = Math.round(between(s.release.createdAt, finished) / MINUTE);
  const hours = Math.round(minutes / 60);
  if (minutes < 120) return `${minutes} min`;
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

const closedParts = (look: Look, state: StateOf<'closed'>): Partial<CardParts> => {
  const { s } = look;
  const open = s.actions.filter((action) => action.state === 'open');
  const lesson = s.reviews.findLast((review) => review.state === 'submitted')?.answers['change'];
  return {
    headline: md`*${nameOf(s.release)} · CLOSED · ${state.outcome} · ${dateToken(state.since)}*`,
    next:
      open.length === 0
        ? md`No action is open.`
        : md`${count(open.length, 'action')} open: ${joined(
            open
              .slice(0, 3)
              .map(
                (action) =>
                  md`${quoteText(action.text, 80)}${action.due === null ? EMPTY : md` by ${dateToken(action.due, '{date_short_pretty}')}`}`,
              ),
            ' · ',
          )}`,
    facts: [
      fact('Lead time', md`${leadTime(s)}`),
      fact('Lesson', lesson === undefined || lesson === '' ? EMPTY : md`“${quoteText(lesson, 200)}”`),
    ],
    buttons: [{ text: 'Timeline', action: ACTIONS.timeline, value: value(s) }],
    more: [],
  };
};

const cancelledParts = (look: Look, state: StateOf<'cancelled'>): Partial<CardParts> => ({
  next: md`${quoteText(state.reason, 300)}. Nothing was deployed to production.`,
  facts: [],
  buttons: [{ text: 'Timeline', action: ACTIONS.timeline, value: value(look.s) }],
  more: [],
});

const partsFor = (look: Look): Partial<CardParts> => {
  const { state } = look.s.release;
  const rollback = look.s.deployments.find((d) => d.state === 'running' && d.kind === 'rollback');
  if (rollback !== undefined) return rollingBack(look, rollback);
  switch (state.status) {
    case 'draft':
      return draftParts(look, state);
    case 'awaiting_approval':
      return waitingParts(look);
    case 'approved':
      return approvedParts(look, state);
    case 'deploying':
      return deployingParts(look);
    case 'deployed':
      return deployedParts(look, state);
    case 'failed':
      return failedParts(look, state);
    case 'rolled_back':
      return rolledBackParts(look, state);
    case 'closed':
      return closedParts(look, state);
    case 'cancelled':
      return cancelledParts(look, state);
  }
};

const heldParts = (look: Look, parts: Partial<CardParts>): Partial<CardParts> => {
  const { hold } = look.s.release;
  if (hold === null) return parts;
  const until = hold.until === null ? EMPTY : md` Until ${dateToken(hold.until)}.`;
  return {
    ...parts,
    next: md`On hold since ${dateToken(hold.since)} by ${who(hold.by, look)}: ${quoteText(hold.reason, 200)}.${until}`,
    buttons: [
      { text: 'Resume', action: ACTIONS.resume, value: value(look.s) },
      ...(parts.buttons ?? []).filter(({ action }) => action !== ACTIONS.start),
    ].slice(0, 3),
  };
};

/** The full-sentence text for notifications and screen readers: its first 60 characters say what happened to what. */
const fallback = ({ s }: Look): string => {
  const { release } = s;
  const name = release.answers.restricted ? `A restricted release (${keyOf(release)})` : nameOf(release);
  const title = release.answers.restricted ? '' : ` ${release.title}.`;
  return `${name} is ${STATUS_WORDS[release.state.status].toLowerCase()}.${title} ${keyOf(release)}`;
};

export const cardParts = (s: Situation, now: Instant, voice: Voice): CardParts => {
  const look: Look = { s, now, voice };
  const headline = md`*${nameOf(s.release)} · ${STATUS_WORDS[s.release.state.status]} · since ${dateToken(s.release.state.since)}*`;
  const stage = s.around.catalog.preset === 'light' ? md`Rules: light` : stageLine(look);
  return {
    headline,
    next: EMPTY,
    facts: [],
    foot: footLine(look, stage),
    buttons: [],
    more: [],
    text: fallback(look),
    ...heldParts(look, withGrant(look, withRunning(look, partsFor(look)))),
  };
};

export const cardBlocks = (parts: CardParts, title: Mrkdwn): readonly KnownBlock[] => [
  section([parts.headline, parts.next]),
  section([title, ...parts.facts, parts.foot]),
  ...actions(parts.buttons, parts.more),
];

/** The card of a release. */
export const releaseCard = (
  s: Situation,
  now: Instant,
  voice: Voice,
): { text: string; blocks: readonly KnownBlock[] } => {
  const parts = cardParts(s, now, voice);
  return { text: parts.text, blocks: cardBlocks(parts, titleOf(s.release)) };
};
