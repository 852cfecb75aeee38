/** What is asked: whether it may, until it may, and the start that follows. */
import { duration, needed, type Typed } from './arguments.ts';
import { type Json, newKey, partOf, textIn } from './client.ts';
import { type Exit, Stop, Unreachable } from './exit.ts';
import { type Keeping, keepLost } from './lost.ts';
import { asGate, exitOfGate, type Gate, gateLines, sameAnswer } from './speak.ts';
import { PATIENCE, type Rule } from './unreachable.ts';

export type Run = Keeping & {
  typed: Typed;
  rule: Rule;
  sleep: (ms: number) => Promise<void>;
};

const LONGEST_WAIT_S = 60;
const AGAIN_MS = 5_000;

const what = (typed: Typed) => ({
  service: needed(typed, 'service'),
  version: needed(typed, 'version'),
  environment: needed(typed, 'environment'),
  sha: typed.said('sha'),
  digest: typed.said('digest'),
});

/** Asks the gate, and remembers what is to be done when it cannot be asked. */
const askGate = async ({ client, memory, typed }: Run, wait: number): Promise<Gate> => {
  const title = typed.said('title');
  const asked = { ...what(typed), ...(title === null ? {} : { title }), wait };
  const gate = asGate(await client.call('POST', '/v1/gate', asked, { patienceMs: (wait + 15) * 1_000 }));
  // A machine that keeps nothing says the rule itself.
  if (memory.read().rule !== gate.whenUnreachable) memory.change((kept) => ({ ...kept, rule: gate.whenUnreachable }));
  return gate;
};

/** Tries for as long as the rule says, and no longer than until `last`. `null`: nobody answered, and the rule is to go on. */
export const reaching = async <T>(
  { rule, speak, sleep }: Run,
  ask: () => Promise<T>,
  last = Number.POSITIVE_INFINITY,
): Promise<T | null> => {
  const until = Math.min(last, Date.now() + PATIENCE[rule]);
  let told = false;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (rule === 'light') {
        speak.warn(
          `! Signalbox cannot be asked: ${error.message}. The rules are light: this goes on, and is reported later.`,
        );
        return null;
      }
      if (Date.now() >= until) {
        const why =
          rule === 'strict' ? 'The rules are strict: nothing goes on without its answer.' : 'The time to try is over.';
        throw new Stop('unreachable', `Signalbox cannot be asked: ${error.message}. ${why}`, { unreachable: true });
      }
      if (!told) speak.warn(`… ${error.message}; trying again, for ten minutes.`);
      told = true;
      await sleep(AGAIN_MS);
    }
  }
};

/** The answer of somebody who could not be asked. */
export const wentOn = ({ speak }: Run, more: object): Exit => {
  speak.json({ decision: 'allow', unreachable: true, ...more });
  return 'allowed';
};

export const check = async (run: Run): Promise<Exit> => {
  const gate = await reaching(run, () => askGate(run, 0));
  if (gate === null) return wentOn(run, what(run.typed));
  for (const line of gateLines(gate)) run.speak.line(line);
  run.speak.json(gate);
  return exitOfGate(gate);
};

/** Until it may, or will never, or the time is over. Prints an answer only where it is another one. */
export const wait = async (run: Run): Promise<Exit> => {
  const until = Date.now() + duration(run.typed.said('timeout') ?? '30m');
  let before: Gate | null = null;
  for (;;) {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
    const gate: Gate | null = await reaching(
      run,
      () => askGate(run, before === null ? 0 : Math.min(LONGEST_WAIT_S, left)),
      until,
    );
    if (gate === null) return wentOn(run, what(run.typed));
    if (before === null || !sameAnswer(before, gate)) for (const line of gateLines(gate)) run.speak.line(line);
    before = gate;
    if (gate.decision !== 'wait' || left <= 0) {
      if (gate.decision === 'wait') run.speak.warn('The time to wait is over.');
      run.speak.json(gate);
      return exitOfGate(gate);
    }
  }
};

const startedUnasked = (run: Run): Exit => {
  keepLost(run, { kind: 'started', at: new Date().toISOString(), ...what(run.typed), run: run.typed.said('run') });
  return wentOn(run, what(run.typed));
};

const started = (run: Run, body: Json): Exit => {
  const release = partOf(body, 'release');
  const [service, version, key] = ['service', 'version', 'key'].map((name) => textIn(release, name));
  const environment = textIn(partOf(body, 'deployment'), 'environment');
  run.speak.line(`✓ ${service} ${version} (${key}) is being deployed to ${environment}.`);
  run.speak.json(body);
  return 'allowed';
};

/** Asks, and starts with what the answer allows; or with the pass of an answer that was asked for before. */
export const start = async (run: Run): Promise<Exit> => {
  const pass = run.typed.said('start-token');
  const more = { run: run.typed.said('run') };
  const key = newKey();
  const begin = (asked: object) => run.client.call('POST', '/v1/deployments', { ...asked, ...more }, { key });
  if (pass !== null) {
    const body = await reaching(run, () => begin({ startToken: pass }));
    return body === null ? startedUnasked(run) : started(run, body);
  }
  const gate = await reaching(run, () => askGate(run, 0));
  if (gate === null) return startedUnasked(run);
  if (gate.decision !== 'allow') {
    for (const line of gateLines(gate)) run.speak.line(line);
    run.speak.json(gate);
    return exitOfGate(gate);
  }
  const asked = gate.startToken === null ? what(run.typed) : { startToken: gate.startToken };
  const body = await reaching(run, () => begin(asked));
  return body === null ? startedUnasked(run) : started(run, body);
};
