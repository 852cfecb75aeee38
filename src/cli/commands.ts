/** What can be asked and told, one function each; every one ends with its exit. */
import { duration, needed, type Typed } from './arguments.ts';
import { type Json, partOf, textIn } from './client.ts';
import { type Exit, Stop, Unreachable } from './exit.ts';
import { commitsBetween } from './git.ts';
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
const reaching = async <T>(
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
      if (!told) speak.warn(`… ${error.message}; tried for ten minutes.`);
      told = true;
      await sleep(AGAIN_MS);
    }
  }
};

/** The answer of somebody who could not be asked. */
const wentOn = ({ speak }: Run, more: object): Exit => {
  speak.json({ decision: 'allow', unreachable: true, ...more });
  return 'allowed';
};

const check = async (run: Run): Promise<Exit> => {
  const gate = await reaching(run, () => askGate(run, 0));
  if (gate === null) return wentOn(run, what(run.typed));
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
const start = async (run: Run): Promise<Exit> => {
  const pass = run.typed.said('start-token');
  const more = { run: run.typed.said('run') };
  const begin = (asked: object) => run.client.call('POST', '/v1/deployments', { ...asked, ...more });
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

/** `REL-142` as the next word, else what service and version name. */
const reference = (run: Run): { ref: string; rest: readonly string[] } => {
  const [, first, ...rest] = run.typed.words;
  if (first !== undefined && /^REL-\d+$|^[^\s@]+@\S+$/i.test(first)) return { ref: first, rest };
  return {
    ref: `${needed(run.typed, 'service')}@${needed(run.typed, 'version')}`,
    rest: first === undefined ? rest : [first, ...rest],
  };
};

/** Tells something of a release. Under light rules what cannot be told now is told later. */
const told = async (run: Run, verb: string, body: unknown, done: string): Promise<Exit> => {
  const { ref } = reference(run);
  const path = `/v1/releases/${encodeURIComponent(ref)}/${verb}`;
  const answer = await reaching(run, () => run.client.call('POST', path, body));
  if (answer === null) {
    keepLost(run, { kind: 'told', at: new Date().toISOString(), what: `${ref}: ${done}`, path, body });
    return wentOn(run, { release: ref });
  }
  run.speak.line(`✓ ${textIn(partOf(answer, 'release'), 'key', ref)}: ${done}`);
  const { note } = answer;
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

/** The commits between two versions, as changes of the release: what is there already is left as it is. */
const changes = async (run: Run): Promise<Exit> => {
  const { ref } = reference(run);
  const path = `/v1/releases/${encodeURIComponent(ref)}`;
  const commits = commitsBetween(needed(run.typed, 'from'), run.typed.said('to') ?? 'HEAD');
  const listed = (await run.client.call('GET', `${path}/changes`))['changes'];
  const known = new Set(
    ((listed ?? []) as { link: string | null; title: string }[]).flatMap(({ link, title }) => [link, title]),
  );
  const added: (typeof commits)[number][] = [];
  for (const commit of commits) {
    const { title, link } = commit;
    if (known.has(link ?? title)) continue;
    known.add(link ?? title);
    await run.client.call('POST', `${path}/add-change`, { title, link, type: 'other', author: null, customers: false });
    added.push(commit);
  }
  const there = commits.length - added.length;
  run.speak.line(
    `✓ ${ref}: ${added.length} ${added.length === 1 ? 'change' : 'changes'} added${there === 0 ? '' : `, ${there} there already`}.`,
  );
  run.speak.json({ release: ref, added });
  return 'allowed';
};

/** Plans a version; or shows one that there is. */
const release = async (run: Run): Promise<Exit> => {
  const [, service, version, ...title] = run.typed.words;
  if (service !== undefined && version === undefined) {
    const shown = await run.client.call('GET', `/v1/releases/${encodeURIComponent(service)}`);
    const [key, name, of, status, words] = ['key', 'service', 'version', 'status', 'title'].map((each) =>
      textIn(partOf(shown, 'release'), each),
    );
    run.speak.line(`${key} · ${name} ${of} · ${(status ?? '').replaceAll('_', ' ')} · ${words}`);
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
