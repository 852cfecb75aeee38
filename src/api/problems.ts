/** Refusals over HTTP: a problem document (RFC 9457) with the stable code and the same sentence that Slack shows. */
import { z } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { type Refusal, refusalSentence } from '../domain/refusal.ts';
import { type Sentence, say } from '../domain/words.ts';
import { speaking } from './speech.ts';

export const problemSchema = z
  .object({
    type: z.string().describe('Always about:blank: the code says what it is.'),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('Stable, for programs.'),
    detail: z.string().describe('What did not happen, why, and the way out: the sentence that people read in Slack.'),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .describe('One for each input that was not right.'),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof problemSchema>;

/** Where it is wrong; a name that is not known is itself where. */
export const fieldOf = (issue: z.core.$ZodIssue): string => {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return [...issue.path, ...unknown].join('.') || 'body';
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not this way',
  409: 'In the way',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Not understood',
  429: 'Too many requests',
  500: 'Failed',
  503: 'Busy',
};

export const problem = (status: number, code: string, detail: string, errors?: Problem['errors']): Problem => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Refused',
  status,
  code,
  detail,
  ...(errors === undefined ? {} : { errors }),
});

/** Names that were sent and that nobody asks for here. */
export class NotKnown extends Error {
  readonly names: readonly string[];
  constructor(names: readonly string[]) {
    super(`Nothing done: ${names.join(', ')} is not known here: see /v1/docs.`);
    this.names = names;
  }
}

export const notKnownProblem = ({ message, names }: NotKnown): Problem =>
  problem(
    422,
    'fields',
    message,
    names.map((field) => ({ field, detail: 'is not known here: see /v1/docs' })),
  );

/** The status of each refusal: what was written wrong, what there is not, what one may not, what is in the way, and what comes back by itself. */
const statusOf = ({ code }: Refusal): number => {
  switch (code) {
    case 'fields':
    case 'ambiguous':
    case 'unknown_people':
    case 'gate.unknown':
    case 'idempotency.reused':
      return 422;
    case 'not_found':
    case 'unknown_verb':
      return 404;
    case 'forbidden':
    case 'approval.requester':
    case 'approval.author':
    case 'approval.deployer':
    case 'approval.joined_late':
    case 'approval.not_eligible':
    case 'exception.own':
    case 'exception.not_approver':
      return 403;
    case 'busy':
    case 'crowded':
    case 'stale_facts':
      return 503;
    case 'status':
    case 'not_ready':
    case 'step.stopped':
    case 'not_asked.gates':
    case 'not_asked.several':
    case 'not_asked.unsatisfiable':
    case 'approval.already':
    case 'approval.not_yours':
    case 'approval.changed':
    case 'approval.no_round':
    case 'changed_meanwhile':
    case 'remind.too_soon':
    case 'exception.none':
    case 'breakglass.blocked':
    case 'not_closed':
    case 'no_rollback':
    case 'unconfigured':
    case 'startToken.used':
      return 409;
  }
};

/** A refusal as its document. Every obstacle of a start is named, where Slack points at *why*. */
export const refusalProblem = async (deps: Deps, workspace: WorkspaceId, refusal: Refusal): Promise<Problem> => {
  const whole: Sentence =
    refusal.code === 'not_ready'
      ? say`Not started: ${refusal.obstacles.flatMap(({ sentence, fix }): Sentence => say`${sentence}. ${fix} `)}`
      : refusalSentence(refusal);
  const fields = refusal.code === 'fields' ? refusal.problems : [];
  const speak = await speaking(deps, workspace, [whole, ...fields.map((each) => each.problem)]);
  return problem(
    statusOf(refusal),
    refusal.code,
    speak(whole).trim(),
    fields.length === 0
      ? undefined
      : fields.map(({ field, problem: sentence }) => ({ field, detail: speak(sentence) })),
  );
};
