/** Everything about a release in one place: what the card leaves out, behind its *Details*. */
import { dismissedSentence, evaluate } from '../domain/approval/policy.ts';
import { eventSentence } from '../domain/events.ts';
import { gateStates } from '../domain/gate/gate.ts';
import { nextEnvironment, readiness } from '../domain/readiness.ts';
import { keyOf } from '../domain/release/release.ts';
import { person } from '../domain/words.ts';
import { readTimeline } from '../journal/read.ts';
import { headline } from '../situation/release-card.ts';
import {
  affectsWords,
  artifactWords,
  changeLines,
  changesWords,
  rollbackWords,
  whenWords,
} from '../situation/release-facts.ts';
import { eventSeen, type Seen, type SeenRelease } from '../situation/seen-by.ts';
import { divider, fact, sections } from '../slack/kit.ts';
import {
  dateToken,
  EMPTY,
  isEmpty,
  joined,
  type Mrkdwn,
  md,
  quoteText,
  sentenceMarkup,
  type Voice,
} from '../slack/mrkdwn.ts';
import { type Answer, type Request, refused } from '../slack/requests.ts';
import { checkLine, situationFor } from './release-answers.ts';

const ANSWER_WORDS = {
  schema: 'it changes data or schema',
  irreversible: 'it cannot be undone by a redeploy',
  downtime: 'it needs downtime',
  restricted: 'only those named on it read what it is',
} as const;

const riskLine = (s: Seen): Mrkdwn => {
  const { risk } = s.release;
  if (risk === null) return EMPTY;
  const parts = risk.parts.map(({ label, points }) => md`${label} ${points}`);
  return md`${risk.level}, ${risk.score} of 100${parts.length === 0 ? EMPTY : md`: ${joined(parts, ', ')}`}`;
};

const gateLine = (s: Seen, now: Request['ctx']['now']): Mrkdwn =>
  joined(
    gateStates(s, now).map(({ rule, state }) => md`${rule.name} ${state}`),
    ' · ',
  );

const plan = (s: Seen, request: Request): readonly Mrkdwn[] => {
  const { release } = s;
  const who = (id: typeof release.owner): Mrkdwn => sentenceMarkup([person(id)], request.voice);
  const says = (Object.keys(ANSWER_WORDS) as (keyof typeof ANSWER_WORDS)[]).filter((key) => release.answers[key]);
  return [
    md`${headline(s, request.ctx.now)}`,
    quoteText(release.title),
    fact('Customers notice', release.customers === null ? EMPTY : quoteText(release.customers, 800)),
    fact('When', whenWords(release)),
    fact('Risk', riskLine(s)),
    fact('The owner says', md`${says.map((key) => ANSWER_WORDS[key]).join(', ')}`),
    fact('Also affects', affectsWords(release)),
    fact('Artifact', artifactWords(release)),
    fact('Gates', gateLine(s, request.ctx.now)),
    fact('If it fails', rollbackWords(s)),
    fact('Owner', who(release.owner)),
    fact('Deployer', release.deployer === null ? EMPTY : who(release.deployer)),
    fact('Change number', release.changeNumber === null ? EMPTY : md`${release.changeNumber}`),
    md`${keyOf(release)}`,
  ];
};

const approvals = (s: Seen, voice: Voice): readonly Mrkdwn[] => {
  const { round } = s;
  if (round === null) return [];
  const evaluation = evaluate(s, round);
  const given = round.decisions
    .filter(({ retractedAt }) => retractedAt === null)
    .map(({ actor, verdict, at, comment }) => {
      const words = comment === null || comment === '' ? EMPTY : md`: “${quoteText(comment, 200)}”`;
      return md`${verdict === 'approve' ? '✓' : '✗'} ${sentenceMarkup([person(actor)], voice)} ${dateToken(at)}${words}`;
    });
  return [
    md`*Approval*`,
    ...given,
    evaluation.satisfied ? EMPTY : md`Still needed: ${sentenceMarkup(evaluation.sentence, voice)}`,
    sentenceMarkup(dismissedSentence(evaluation), voice),
  ];
};

/** As many as a form of Slack's holds beside the rest. */
const MOST_CHANGES = 100;
const MOST_EVENTS = 12;

const block = (lines: readonly Mrkdwn[]) => {
  const some = lines.filter((line) => !isEmpty(line));
  return some.length < 2 ? [] : [divider(), ...sections(some)];
};

export const details = async (request: Request, release: SeenRelease): Promise<Answer> => {
  const s = await situationFor(request, release.id);
  if (s === null) return refused({ code: 'not_found', what: 'release', reference: keyOf(release), fix: [] });
  const { now } = request.ctx;
  const target = nextEnvironment(s);
  const events = await readTimeline(request.deps.database.db, request.ctx.workspace, release.id, MOST_EVENTS);
  const lines = events
    .map((event) => eventSeen(event, release))
    .reverse()
    .map((event) => md`${dateToken(event.at)}  ${sentenceMarkup(eventSentence(event), request.voice)}`);
  const checks = readiness(s, target, now, request.actor).checks;
  const passed = checks.filter(({ state }) => state === 'pass').map(({ label }) => label.toLowerCase());
  const blocks = [
    ...sections(plan(s, request)),
    ...block([md`*Changes* · ${changesWords(s)}`, ...changeLines(s, MOST_CHANGES, request.voice)]),
    ...block([
      md`*Before it can start in ${target}*`,
      ...checks.map((check) => checkLine(request.voice, check)),
      passed.length === 0 ? EMPTY : md`✓ ${passed.join(', ')}`,
    ]),
    ...block(approvals(s, request.voice)),
    ...block([md`*What happened*`, ...lines]),
  ];
  return { kind: 'say', text: `Details of ${keyOf(release)}`, blocks };
};
