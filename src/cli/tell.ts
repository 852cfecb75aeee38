/** What is told: steps and ends of a deployment, health, evidence, changes, plans. */
import { needed, nothingMore } from './arguments.ts';
import { type Run, reaching, wentOn } from './ask.ts';
import { newKey, partOf, textIn } from './client.ts';
import { type Exit, Stop } from './exit.ts';
import { commitsBetween } from './git.ts';
import { keepLost } from './lost.ts';

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
  const key = newKey();
  const answer = await reaching(run, () => run.client.call('POST', path, body, { key }));
  if (answer === null) {
    keepLost(run, { kind: 'told', at: new Date().toISOString(), what: `${ref}: ${done}`, path, body, key });
    return wentOn(run, { release: ref });
  }
  const { note } = answer;
  // What did not come of it takes the tick away.
  if (typeof note === 'string') run.speak.warn(`! ${note}`);
  else run.speak.line(`✓ ${textIn(partOf(answer, 'release'), 'key', ref)}: ${done}`);
  run.speak.json(answer);
  return 'allowed';
};

const reasonOf = (run: Run, example: string, what = 'why'): string => {
  const reason = reference(run).rest.join(' ');
  if (reason.trim() === '') throw new Stop('misused', `say ${what}: signalbox ${example}`);
  return reason;
};

const environmentOf = ({ typed }: Run) => ({ environment: typed.said('environment') });

export const step = (run: Run): Promise<Exit> => {
  const percent = run.typed.said('percent');
  const words = reasonOf(run, 'step REL-142 "canary" --percent 25', 'which');
  const share = percent === null ? null : Number(percent.replace(/%$/, ''));
  if (Number.isNaN(share)) throw new Stop('misused', '--percent is a number from 0 to 100');
  return told(run, 'report-step', { ...environmentOf(run), step: words, percent: share }, words);
};

export const finish = async (run: Run): Promise<Exit> => {
  nothingMore(reference(run).rest, 'finish');
  return told(run, 'deployment-succeeded', environmentOf(run), 'the deployment went through.');
};

export const fail = (run: Run): Promise<Exit> => {
  const reason = reasonOf(run, 'fail REL-142 "the migration failed"');
  const cause = run.typed.said('cause');
  const body = { ...environmentOf(run), reason, ...(cause === null ? {} : { cause }) };
  return told(run, 'deployment-failed', body, `the deployment failed: ${reason}`);
};

/** A number that was measured: one that crosses its rule stops a deployment at its step. */
export const metric = (run: Run): Promise<Exit> => {
  const [name, value, ...more] = reference(run).rest;
  nothingMore(more, 'metric');
  const number = Number(value);
  if (name === undefined || value === undefined || !Number.isFinite(number))
    throw new Stop('misused', 'name it and give the number: signalbox metric REL-142 "error rate" 4.1');
  return told(run, 'report-metric', { ...environmentOf(run), metric: name, value: number }, `${name} is ${number}.`);
};

export const health = (run: Run): Promise<Exit> => {
  const [verdict, ...why] = reference(run).rest;
  if (verdict !== 'healthy' && verdict !== 'unhealthy')
    throw new Stop('misused', 'say which: signalbox health REL-142 healthy, or unhealthy "errors at 4 %"');
  if (verdict === 'healthy') nothingMore(why, 'health healthy');
  const reason = why.join(' ');
  return told(
    run,
    'report-health',
    { ...environmentOf(run), healthy: verdict === 'healthy', reason: reason === '' ? null : reason },
    verdict === 'healthy' ? 'it is healthy.' : `it is not healthy: ${reason}`,
  );
};

export const rollback = async (run: Run): Promise<Exit> => {
  if (run.typed.flag('done')) {
    nothingMore(reference(run).rest, 'rollback --done');
    return told(run, 'rollback-succeeded', undefined, 'it is back.');
  }
  const reason = reasonOf(run, 'rollback REL-142 "errors at 4 %"');
  return run.typed.flag('failed')
    ? told(run, 'rollback-failed', { reason }, `going back failed: ${reason}`)
    : told(run, 'roll-back', { reason }, 'it goes back to the version before.');
};

export const gate = (run: Run): Promise<Exit> => {
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
export const changes = async (run: Run): Promise<Exit> => {
  const { ref, rest } = reference(run);
  nothingMore(rest, 'changes');
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
export const release = async (run: Run): Promise<Exit> => {
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
    // Planning it asks by itself where nothing is missing.
    const { release: now } = await run.client.call('GET', `/v1/releases/${key}`);
    if ((now as { status?: string } | undefined)?.status === 'draft')
      await run.client.call('POST', `/v1/releases/${key}/submit`, {});
    run.speak.line(`✓ ${key}: approval is asked for.`);
  }
  run.speak.json(made);
  return 'allowed';
};
