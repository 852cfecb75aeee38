/** What can be asked and told, one function each; every one ends with its exit. */
import { duration, needed, type Typed } from './arguments.ts';
import { type Client, type Json, textIn } from './client.ts';
import { type Exit, Stop, Unreachable } from './exit.ts';
import { commitsBetween } from './git.ts';
import { asGate, exitOfGate, type Gate, gateLines, type Speak, sameAnswer } from './speak.ts';
import { type Memory, type Missed, PATIENCE, type Rule } from './unreachable.ts';

export type Run = {
  typed: Typed;
  client: Client;
  memory: Memory;
  rule: Rule;
  speak: Speak;
  /** Milliseconds that pass while nobody answers; tests shorten them. */
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
  const kept = memory.read();
  if (kept.rule !== gate.whenUnreachable) memory.write({ ...kept, rule: gate.whenUnreachable });
  return gate;
};

/** Tries for as long as the rule says. `null`: nobody answered, and the rule is to go on. */
const reaching = async <T>({ rule, speak, sleep }: Run, ask: () => Promise<T>): Promise<T | null> => {
  const until = Date.now() + PATIENCE[rule];
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
      if (Date.now() >= until)
        throw new Stop(
          'unreachable',
          `Not allowed: Signalbox cannot be asked: ${error.message}. ${rule === 'strict' ? 'The rules are strict: nothing is deployed without its answer.' : 'It was tried for ten minutes.'}`,
        );
      if (!told) speak.warn(`… ${error.message}; tried for ten minutes.`);
      told = true;
      await sleep(AGAIN_MS);
    }
  }
};

/** The answer of somebody who could not be asked. */
const wentOn = ({ typed, speak }: Run): Exit => {
  speak.json({ decision: 'allow', unreachable: true, ...what(typed) });
  return 'allowed';
};

const check = async (run: Run): Promise<Exit> => {
  const gate = await reaching(run, () => askGate(run, 0));
  if (gate === null) return wentOn(run);
  for (const line of gateLines(gate)) run.speak.line(line);
  run.speak.json(gate);
  return exitOfGate(gate);
};

/** Until it may, or will never, or the time is over. Prints an answer only where it is another one. */
const wait = async (run: Run): Promise<Exit> => {
  const until = Date.now() + duration(run.typed.said('timeout') ?? '30m');
  let before: Gate | null = null;
  for (;;) {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
    const gate: Gate | null = await reaching(run, () =>
      askGate(run, before === null ? 0 : Math.min(LONGEST_WAIT_S, left)),
    );
    if (gate === null) return wentOn(run);
    if (before === null || !sameAnswer(before, gate)) for (const line of gateLines(gate)) run.speak.line(line);
    before = gate;
    if (gate.decision !== 'wait' || left <= 0) {
      if (gate.decision === 'wait') run.speak.warn('The time to wait is over.');
      run.speak.json(gate);
      return exitOfGate(gate);
    }
  }
};

const missed = (run: Run): Exit => {
  const kept = run.memory.read();
  const item: Missed = { ...what(run.typed), run: run.typed.said('run'), at: new Date().toISOString() };
  run.memory.write({ ...kept, missed: [...kept.missed, item] });
  return wentOn(run);
};

const started = (run: Run, body: Json): Exit => {
  const { key = '', service = '', version = '' } = (body['release'] ?? {}) as Record<string, string>;
  const { environment = '' } = (body['deployment'] ?? {}) as Record<string, string>;
  run.speak.line(`✓ ${service} ${version} (${key}) is being deployed to ${environment}.`);
  run.speak.json(body);
  return 'allowed';
};

/** Asks, and starts with what the answer allows; or with the pass of an answer that was asked for before. */
const start = async (run: Run): Promise<Exit> => {
  const pass = run.typed.said('start-token');
  const more = { run: run.typed.said('run') };
  if (pass !== null)
    return started(run, await run.client.call('POST', '/v1/deployments', { startToken: pass, ...more }));
  const gate = await reaching(run, () => askGate(run, 0));
  if (gate === null) return missed(run);
  if (gate.decision !== 'allow') {
    for (const line of gateLines(gate)) run.speak.line(line);
    run.speak.json(gate);
    return exitOfGate(gate);
  }
  const asked = gate.startToken === null ? what(run.typed) : { startToken: gate.startToken };
  return started(run, await run.client.call('POST', '/v1/deployments', { ...asked, ...more }));
};

/** `REL-142` as the next word, else what service and version name. */
const reference = (run: Run): { ref: string; rest: readonly string[] } => {
  const [, first, ...rest] = run.typed.words;
  if (first !== undefined && /^(?:REL-)?\d+$|^[^\s@]+@\S+$/i.test(first)) return { ref: first, rest };
  return {
    ref: `${needed(run.typed, 'service')}@${needed(run.typed, 'version')}`,
    rest: first === undefined ? rest : [first, ...rest],
  };
};

const told = async (run: Run, verb: string, body: unknown, done: string): Promise<Exit> => {
  const { ref } = reference(run);
  const answer = await run.client.call('POST', `/v1/releases/${encodeURIComponent(ref)}/${verb}`, body);
  run.speak.line(`✓ ${textIn((answer['release'] ?? {}) as Json, 'key', ref)}: ${done}`);
  const note = answer['note'];
  if (typeof note === 'string') run.speak.warn(`! ${note}`);
  run.speak.json(answer);
  return 'allowed';
};

const reasonOf = (run: Run, example: string): string => {
  const reason = reference(run).rest.join(' ');
  if (reason.trim() === '') throw new Stop('misused', `say why: signalbox ${example}`);
  return reason;
};

const environmentOf = ({ typed }: Run) => ({ environment: typed.said('environment') });

const step = (run: Run): Promise<Exit> => {
  const percent = run.typed.said('percent');
  const words = reasonOf(run, 'step REL-142 "canary" --percent 25');
  const share = percent === null ? null : Number(percent.replace(/%$/, ''));
  if (Number.isNaN(share)) throw new Stop('misused', '--percent is a number from 0 to 100');
  return told(run, 'report-step', { ...environmentOf(run), step: words, percent: share }, words);
};

const finish = (run: Run): Promise<Exit> =>
  told(run, 'deployment-succeeded', environmentOf(run), 'the deployment went through.');

const fail = (run: Run): Promise<Exit> => {
  const reason = reasonOf(run, 'fail REL-142 "the migration failed"');
  return told(run, 'deployment-failed', { ...environmentOf(run), reason }, `the deployment failed: ${reason}`);
};

const health = (run: Run): Promise<Exit> => {
  const [verdict, ...why] = reference(run).rest;
  if (verdict !== 'healthy' && verdict !== 'unhealthy')
    throw new Stop('misused', 'say which: signalbox health REL-142 healthy, or unhealthy "errors at 4 %"');
  const reason = why.join(' ');
  return told(
    run,
    'report-health',
    { healthy: verdict === 'healthy', reason: reason === '' ? null : reason },
    verdict === 'healthy' ? 'it is healthy.' : `it is not healthy: ${reason}`,
  );
};

const rollback = (run: Run): Promise<Exit> => {
  if (run.typed.flag('done')) return told(run, 'rollback-succeeded', undefined, 'it is back.');
  const reason = reasonOf(run, 'rollback REL-142 "errors at 4 %"');
  return run.typed.flag('failed')
    ? told(run, 'rollback-failed', { reason }, `going back failed: ${reason}`)
    : told(run, 'roll-back', { reason }, 'it goes back to the version before.');
};

const gate = (run: Run): Promise<Exit> => {
  const [name, outcome, ...comment] = reference(run).rest;
  if (name === undefined || (outcome !== 'passed' && outcome !== 'failed'))
    throw new Stop('misused', 'say which: signalbox gate REL-142 regression passed --evidence https://…');
  return told(
    run,
    'record-gate',
    {
      gate: name,
      outcome,
      comment: comment.length === 0 ? null : comment.join(' '),
      evidence: run.typed.said('evidence'),
      digest: run.typed.said('digest'),
    },
    `${name} ${outcome}.`,
  );
};

/** The commits between two versions, as changes of the release. */
const changes = async (run: Run): Promise<Exit> => {
  const { ref } = reference(run);
  const commits = commitsBetween(needed(run.typed, 'from'), run.typed.said('to') ?? 'HEAD');
  for (const { title, link } of commits)
    await run.client.call('POST', `/v1/releases/${encodeURIComponent(ref)}/add-change`, {
      title,
      link,
      type: 'other',
      author: null,
      customers: false,
    });
  run.speak.line(`✓ ${ref}: ${commits.length} ${commits.length === 1 ? 'change' : 'changes'} added.`);
  run.speak.json({ release: ref, changes: commits });
  return 'allowed';
};

/** Plans a version; or shows one that there is. */
const release = async (run: Run): Promise<Exit> => {
  const [, service, version, ...title] = run.typed.words;
  if (service !== undefined && version === undefined) {
    const shown = await run.client.call('GET', `/v1/releases/${encodeURIComponent(service)}`);
    const { key, service: name, version: of, status, title: words } = shown['release'] as Record<string, string>;
    run.speak.line(`${key} · ${name} ${of} · ${String(status).replaceAll('_', ' ')} · ${words}`);
    run.speak.json(shown);
    return 'allowed';
  }
  const planned = {
    service: service ?? needed(run.typed, 'service'),
    version: version ?? needed(run.typed, 'version'),
  };
  const words = title.length === 0 ? run.typed.said('title') : title.join(' ');
  const owner = run.typed.said('owner');
  const made = await run.client.call('POST', '/v1/create-release', {
    ...planned,
    title: words ?? `${planned.service} ${planned.version}`,
    customers: null,
    rollbackPlan: null,
    sha: run.typed.said('sha'),
    digest: run.typed.said('digest'),
    ...(owner === null ? {} : { owner }),
  });
  const key = textIn(made, 'release');
  run.speak.line(`✓ ${key}: ${planned.service} ${planned.version} is planned.`);
  if (run.typed.flag('submit')) {
    await run.client.call('POST', `/v1/releases/${key}/submit`, {});
    run.speak.line(`✓ ${key}: approval is asked for.`);
  }
  run.speak.json(made);
  return 'allowed';
};

export const COMMANDS: Readonly<Record<string, (run: Run) => Promise<Exit>>> = {
  check,
  wait,
  start,
  step,
  finish,
  fail,
  health,
  rollback,
  gate,
  changes,
  release,
};

/** Tells what was deployed while nobody could be told. What cannot be told is kept, and said. */
export const reportMissed = async ({
  client,
  memory,
  speak,
}: Pick<Run, 'client' | 'memory' | 'speak'>): Promise<void> => {
  const kept = memory.read();
  if (kept.missed.length === 0) return;
  const left: Missed[] = [];
  for (const item of kept.missed) {
    const { service, version, environment, sha, digest, run, at } = item;
    const name = `${service} ${version} in ${environment}`;
    try {
      await client.call('POST', '/v1/gate', { service, version, environment, sha, digest });
      await client.call('POST', `/v1/releases/${encodeURIComponent(`${service}@${version}`)}/report-deployment`, {
        environment,
        secondsAgo: Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1_000)),
        reason: 'Signalbox could not be reached',
        sha,
        digest,
        run,
      });
      speak.warn(`✓ Reported: ${name} was started at ${at} without an answer.`);
    } catch (error) {
      if (error instanceof Unreachable) left.push(item);
      // What is refused now is refused the next time: it is told here and to nobody else.
      speak.warn(
        `! ${name} was started at ${at} without an answer, and could not be reported: ${(error as Error).message}`,
      );
    }
  }
  memory.write({ ...memory.read(), missed: left });
};
