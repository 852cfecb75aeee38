/** What is asked of the gate, and what it answers: the checks of the card, in its words. */
import { z } from '@hono/zod-openapi';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type PipelineAnswer, pipelineAnswer } from '../domain/deployment/pipeline.ts';
import { keyOf } from '../domain/release/release.ts';
import type { Situation } from '../domain/situation.ts';
import { between, type Instant } from '../domain/time.ts';
import { tokenRefusal } from '../domain/token/token.ts';
import { command, type Sentence, say } from '../domain/words.ts';
import { type Seen } from '../situation/seen-by.ts';
import { text } from '../situation/verbs.ts';
import { type Caller } from './caller.ts';
import { wholeSentence } from './release-json.ts';
import { speaking } from './speech.ts';
import { makePass } from './start-pass.ts';

const LONGEST_WAIT = 60;

const short = text.max(80).trim();
/** What is asked about, here and when it is started. */
export const what = {
  service: short.openapi({ example: 'checkout' }),
  version: short.openapi({ example: '2.14.0' }),
  environment: short.openapi({ example: 'production' }),
  sha: z
    .string()
    .regex(/^[0-9a-fA-F]{7,64}$/, 'is no commit: write 7 to 64 hexadecimal digits')
    .nullable()
    .default(null)
    .describe('The commit that is to be deployed.'),
  digest: z
    .string()
    .regex(/^[a-zA-Z0-9]+:[0-9a-fA-F]{32,128}$/, 'is no digest: write it like sha256: and its hexadecimal digits')
    .nullable()
    .default(null)
    .describe('The digest of what is to be deployed.'),
};

export const gateInput = z
  .strictObject({
    ...what,
    title: text
      .max(120)
      .optional()
      .describe('Of a version that is not known yet, where the rules let a pipeline bring it.'),
    wait: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_WAIT, `waits for at most ${LONGEST_WAIT} seconds`)
      .default(0)
      .describe('Seconds to wait for another answer than wait.'),
  })
  .openapi('GateQuestion');

const reasonSchema = z.object({
  code: z.string().openapi({ example: 'freeze.active' }),
  kind: z.enum(['wait', 'deny']),
  message: z.string(),
  until: z.string().nullable(),
  fix: z.string(),
});

export const gateSchema = z
  .object({
    decision: z.enum(['allow', 'wait', 'deny']),
    release: z.string().nullable().openapi({ example: 'REL-142' }),
    service: z.string(),
    version: z.string(),
    environment: z.string(),
    reasons: z.array(reasonSchema),
    until: z.string().nullable().describe('When time alone will have cured everything.'),
    approvedUntil: z.string().nullable(),
    retryAfterSeconds: z.number().int().nullable(),
    url: z.string().nullable().describe('The card in Slack.'),
    whenUnreachable: z
      .enum(['light', 'standard', 'strict'])
      .describe('What holds when Signalbox cannot be asked: go on and report it, wait ten minutes, or fail.'),
    startToken: z.string().nullable().describe('For one start of this artifact there, within 15 minutes.'),
  })
  .openapi('GateAnswer');
export type GateJson = z.infer<typeof gateSchema>;

export type Asked = z.infer<typeof gateInput>;
export type Preset = Catalog['preset'];

/** Where the card stands, for a browser or the app. */
const cardUrl = (team: string | null, s: Pick<Situation, 'card'>): string | null =>
  s.card === null || team === null
    ? null
    : `https://app.slack.com/client/${team}/${s.card.channel}/thread/${s.card.channel}-${s.card.ts}`;

const retryAfter = ({ decision, until }: Pick<PipelineAnswer, 'decision' | 'until'>, now: Instant): number | null =>
  decision !== 'wait' ? null : Math.min(60, until === null ? 60 : Math.max(1, Math.ceil(between(now, until) / 1_000)));

/** Not planned, or a draft that nobody has asked about. */
export const notThere = ({ service, version }: Pick<Asked, 'service' | 'version'>): Unknown => ({
  code: 'release.unknown',
  sentence: say`there is no release ${service} ${version} that was asked about`,
  fix: say`Plan it with ${command(`new ${service} ${version}`)}, and ask for approval.`,
});

export type Unknown = { code: string; sentence: Sentence; fix: Sentence };

/** What is not there, or not for this caller, in the words of the gate. */
export const unknownAnswer = async (
  deps: Deps,
  caller: Caller,
  asked: Asked,
  whenUnreachable: Preset,
  { code, sentence, fix }: Unknown,
): Promise<GateJson> => {
  const speak = await speaking(deps, caller.workspace, [sentence, fix]);
  return {
    decision: 'deny',
    release: null,
    service: asked.service,
    version: asked.version,
    environment: asked.environment,
    reasons: [{ code, kind: 'deny', message: speak(sentence), until: null, fix: speak(fix) }],
    until: null,
    approvedUntil: null,
    retryAfterSeconds: null,
    url: null,
    whenUnreachable,
    startToken: null,
  };
};

export const answerFor = async (
  deps: Deps,
  caller: Caller,
  asked: Asked,
  s: Seen,
  team: string | null,
): Promise<GateJson> => {
  const now = deps.clock.now();
  const given = { sha: asked.sha, digest: asked.digest };
  const answer = pipelineAnswer(s, asked.environment, given, now, caller.actor);
  const speak = await speaking(
    deps,
    caller.workspace,
    answer.reasons.flatMap((check) => [wholeSentence(check), check.fix]),
  );
  const { release } = s;
  const mayStart =
    answer.decision === 'allow' &&
    tokenRefusal(caller.token, { scope: 'deploy', services: [release.service], environment: asked.environment }) ===
      null;
  return {
    decision: answer.decision,
    release: keyOf(release),
    service: release.service,
    version: release.version,
    environment: asked.environment,
    reasons: answer.reasons.map((check) => ({
      code: check.code,
      kind: check.state === 'deny' ? 'deny' : 'wait',
      message: speak(wholeSentence(check)),
      until: check.until,
      fix: speak(check.fix),
    })),
    until: answer.until,
    approvedUntil: release.state.status === 'approved' ? release.state.validUntil : null,
    retryAfterSeconds: retryAfter(answer, now),
    url: cardUrl(team, s),
    whenUnreachable: s.around.catalog.preset,
    startToken: mayStart
      ? makePass(
          deps.journalKey,
          {
            workspace: caller.workspace,
            token: caller.token.id,
            release: release.id,
            service: release.service,
            version: release.version,
            revision: release.artifact.revision,
            environment: asked.environment,
            ...given,
          },
          now,
        )
      : null,
  };
};
