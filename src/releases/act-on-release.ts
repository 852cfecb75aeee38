/** The one way from a click, a form or a command to a verb on a release, and back: the answer is what the verb left, as its reader may see it. */
import { parseId, type ReleaseId } from '../domain/ids.ts';
import { type Decision, refuse } from '../domain/refusal.ts';
import { command, say } from '../domain/words.ts';
import { perform, type Receipt } from '../situation/perform.ts';
import { cardBlocks, cardParts } from '../situation/release-card.ts';
import type { Seen, SeenRelease } from '../situation/seen-by.ts';
import type { ReleaseVerb } from '../situation/verbs.ts';
import { ACTIONS, unpackValue } from '../slack/ids.ts';
import { actions, context, section } from '../slack/kit.ts';
import { channelMention, EMPTY, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type ActRoute,
  type Answer,
  type Bare,
  type CommandRequest,
  type Route,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import { namedRelease } from './find-release.ts';

/** The card, privately, with what was done above it. */
export const cardAnswer = (request: Bare, s: Seen, first: Mrkdwn = EMPTY): Extract<Answer, { kind: 'say' }> => {
  const parts = cardParts(s, request.ctx.now, request.voice);
  // Nobody has to be told where they are.
  const where =
    s.card === null || s.card.channel === request.channel
      ? []
      : [context(md`Its card stands in ${channelMention(s.card.channel)}.`)];
  return {
    kind: 'say',
    text: parts.text,
    blocks: [...(first === EMPTY ? [] : [section([first])]), ...cardBlocks(s, parts), ...where],
  };
};

/** The ts of the message that was clicked. */
const clickedIn = (request: Bare): string | null =>
  'message' in request ? (request as Bare<ActionRequest>).message : null;

/** The card that was clicked, and the message to whoever clicked, show it themselves; the private card is shown anew. */
const withCard = (request: Bare, s: Seen, done: Mrkdwn): Answer =>
  (s.card !== null && clickedIn(request) === s.card.ts) || s.theirs.includes(clickedIn(request) ?? '')
    ? { kind: 'done' }
    : { ...cardAnswer(request, s, done), replaces: true };

/** In a direct message the message itself changes, and nothing else is said; in a channel, and in an older copy that nobody changes, one line answers. */
const inOneLine = (request: Bare, s: Seen, done: Mrkdwn): Answer =>
  s.theirs.includes(clickedIn(request) ?? '')
    ? { kind: 'done' }
    : { ...tell([done], actions([{ text: 'Open', action: ACTIONS.show, value: s.release.id }])), replaces: true };

/** What was done, in words that may name the release. */
type Done<Incoming = Bare> = string | Mrkdwn | ((release: SeenRelease, request: Incoming, s: Seen) => Mrkdwn | string);

const wordsOf = <Incoming>(done: Done<Incoming>, s: Seen, request: Incoming): Mrkdwn => {
  const words = typeof done === 'function' ? done(s.release, request, s) : done;
  return typeof words === 'string' ? md`${words}` : words;
};

type Manner = 'card' | 'line';

/** Runs the verb; where it names somebody whom we never met, Slack is asked who that is, and it is run again. */
export const performMeeting = async <Input, Result = null>(
  { deps, ctx, slack }: Bare,
  verb: ReleaseVerb<Input>,
  subject: Parameters<typeof perform<Input, Result>>[3],
  input: unknown,
): Promise<Decision<Receipt<Result>>> => {
  const first = await perform(deps, ctx, verb, subject, input);
  if (first.ok || first.refusal.code !== 'unknown_people') return first;
  await Promise.all(first.refusal.people.map((id) => slack.meet(id)));
  return perform(deps, ctx, verb, subject, input);
};

/** Runs the verb on the release and answers with what it became. */
export const actOn = async <Input, Incoming extends Bare>(
  request: Incoming,
  verb: ReleaseVerb<Input>,
  release: ReleaseId,
  input: NoInfer<Input>,
  done: Done<Incoming>,
  manner: Manner = 'card',
): Promise<Answer> => {
  const answerOf = manner === 'card' ? withCard : inOneLine;
  const decision = await performMeeting(
    request,
    verb,
    { release, answer: (s) => answerOf(request, s, wordsOf(done, s, request)) },
    input,
  );
  return answerFrom(decision);
};

/** Who gave a private draft away does not see any more what they did. */
const answerFrom = (decision: Decision<Receipt<Answer>>): Answer =>
  decision.ok ? (decision.value.answer ?? tell([md`Done.`])) : refused(decision.refusal);

const ofThisButton = refuse({
  code: 'not_found',
  what: 'release',
  reference: 'of this button',
  fix: say`List them with ${command('list')}.`,
});

/** The id of a release in a button or in a form's metadata: its first part. */
export const releaseIdIn = (value: string): Decision<ReleaseId> => {
  const id = parseId('release', unpackValue(value)[0] ?? '');
  return id === null ? ofThisButton : { ok: true, value: id as ReleaseId };
};

type Reads<Input, Incoming> = (request: Incoming) => NoInfer<Input | Decision<Input>>;

const decisionOf = <Input>(read: Input | Decision<Input>): Decision<Input> =>
  typeof read === 'object' && read !== null && 'ok' in read ? read : { ok: true, value: read };

const acts = <Incoming extends Bare, Input>(
  id: (request: Incoming) => Decision<ReleaseId>,
  verb: ReleaseVerb<Input>,
  input: Reads<Input, Incoming>,
  done: Done<Incoming>,
  manner: Manner,
): { act: (request: Incoming) => Promise<Answer> } => ({
  act: async (request) => {
    const release = id(request);
    if (!release.ok) return refused(release.refusal);
    const read = decisionOf(input(request));
    return read.ok ? actOn(request, verb, release.value, read.value, done, manner) : refused(read.refusal);
  },
});

/** A button runs the verb on the release that its value begins with. */
export const onClick = <Input>(
  verb: ReleaseVerb<Input>,
  input: Reads<Input, Bare<ActionRequest>>,
  done: Done<Bare<ActionRequest>>,
  manner: Manner = 'card',
): ActRoute<ActionRequest> => acts(({ value }) => releaseIdIn(value), verb, input, done, manner);

/** A form runs the verb on the release that its metadata begins with. */
export const onSubmit = <Input>(
  verb: ReleaseVerb<Input>,
  input: Reads<Input, Bare<ViewRequest>>,
  done: Done<Bare<ViewRequest>>,
  manner: Manner = 'card',
): ActRoute<ViewRequest> => acts(({ metadata }) => releaseIdIn(metadata), verb, input, done, manner);

/** A command runs the verb on the release that its first word names. */
export const onCommand = <Input>(
  verb: ReleaseVerb<Input>,
  input: Reads<Input, CommandRequest>,
  done: Done<CommandRequest>,
  find: (request: CommandRequest) => Promise<Decision<SeenRelease>> = namedRelease,
): Route<CommandRequest> => ({
  run: async (request) => {
    const found = await find(request);
    if (!found.ok) return refused(found.refusal);
    return acts(() => ({ ok: true, value: found.value.id }), verb, input, done, 'card').act(request);
  },
});
