/** What is printed: sentences for people, or one JSON document with `--json` and the sentences beside it on the error stream. */
import { type Json, textIn } from './client.ts';
import { type Exit, Unreachable } from './exit.ts';
import { RULES, type Rule } from './unreachable.ts';

export type Speak = { line: (text: string) => void; warn: (text: string) => void; json: (body: unknown) => void };

export const speaking = (asJson: boolean, out: NodeJS.WritableStream, err: NodeJS.WritableStream): Speak => ({
  line: (text) => void (asJson ? err : out).write(`${text}\n`),
  warn: (text) => void err.write(`${text}\n`),
  json: (body) => {
    if (asJson) out.write(`${JSON.stringify(body)}\n`);
  },
});

const DECISIONS = ['allow', 'wait', 'deny'] as const;

type Reason = { code: string; message: string; fix: string };
export type Gate = {
  decision: (typeof DECISIONS)[number];
  reasons: readonly Reason[];
  release: string | null;
  service: string;
  version: string;
  environment: string;
  url: string | null;
  startToken: string | null;
  whenUnreachable: Rule;
};

const HEADS: Readonly<Record<Gate['decision'], (gate: Gate) => string>> = {
  allow: ({ service, version, environment }) => `✓ ${service} ${version} may be deployed to ${environment}`,
  wait: ({ service, version, environment }) =>
    `… ${service} ${version} has to wait before it is deployed to ${environment}`,
  deny: ({ service, version, environment }) =>
    `✗ ${service} ${version} is not deployed to ${environment}: waiting does not help`,
};

/** The answer of the gate, in the sentences of the card. */
export const gateLines = (gate: Gate): readonly string[] => [
  `${HEADS[gate.decision](gate)}${gate.release === null ? '' : ` (${gate.release})`}.`,
  ...gate.reasons.map(({ message, fix }) => `  • ${message}. ${fix}`),
  ...(gate.url === null ? [] : [`  ${gate.url}`]),
];

/** By what two answers differ for whoever reads them. */
export const sameAnswer = (a: Gate, b: Gate): boolean =>
  a.decision === b.decision &&
  a.reasons.map((each) => each.message).join('\n') === b.reasons.map((each) => each.message).join('\n');

export const exitOfGate = (gate: Gate): Exit => {
  if (gate.decision === 'allow') return 'allowed';
  if (gate.decision === 'wait') return 'wait';
  return gate.release === null && gate.reasons.some(({ code }) => code === 'release.unknown') ? 'unknown' : 'denied';
};

const isOneOf = <Name extends string>(names: readonly Name[], value: unknown): value is Name =>
  names.some((name) => name === value);
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const asReason = (value: unknown): Reason => {
  const said: Json = typeof value === 'object' && value !== null ? (value as Json) : {};
  return { ...said, code: textIn(said, 'code'), message: textIn(said, 'message'), fix: textIn(said, 'fix') };
};

/** The answer as it came, with what is read of it; what has no decision is no answer of the gate. */
export const asGate = (body: Json): Gate => {
  const { decision, reasons, whenUnreachable } = body;
  if (!Array.isArray(reasons) || !isOneOf(DECISIONS, decision))
    throw new Unreachable('the answer has no decision: it is not Signalbox that answers');
  return {
    ...body,
    decision,
    reasons: reasons.map(asReason),
    release: textOrNull(body['release']),
    service: textIn(body, 'service'),
    version: textIn(body, 'version'),
    environment: textIn(body, 'environment'),
    url: textOrNull(body['url']),
    startToken: textOrNull(body['startToken']),
    whenUnreachable: isOneOf(RULES, whenUnreachable) ? whenUnreachable : 'standard',
  };
};
