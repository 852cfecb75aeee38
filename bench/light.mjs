/** How light it is: memory of a real process after a short story, and the time until it can be used. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEEDED_CATALOG } from '../dist/sandbox/seed.js';
import { newFolder, postgres } from './engines.mjs';
import { send } from './load.mjs';
import { wait } from './measure.mjs';
import { startProcess } from './processes.mjs';
import { report } from './table.mjs';
import { JOURNAL_KEY, SECRET, slackStub, TOKEN } from './workspace.mjs';

const RELEASES = 20;

const memoryOf = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1_024;
  return { VmRSS_MB: megabytes('VmRSS'), VmHWM_MB: megabytes('VmHWM') };
};

const command = (user, text) => ({
  team_id: 'T0BENCH',
  user_id: user,
  command: '/release',
  text,
  trigger_id: `${user} ${text}`,
  channel_id: 'C0SEARCH',
  response_url: 'https://hooks.slack.com/x',
  api_app_id: 'A',
  is_enterprise_install: 'false',
});

/** Twenty releases that are planned and approved by commands. */
const story = async (url, round) => {
  const versions = Array.from({ length: RELEASES }, (_, n) => `7.${round}.${n}`);
  const { answers } = await send(
    null,
    url,
    versions.map((version) => command('U0OLIVIA', `new search ${version} "Bench"`)),
    1,
  );
  if (!answers.every((answer) => answer.includes('7.'))) throw new Error(`The story was not understood: ${answers[0]}`);
  await send(
    null,
    url,
    versions.map((version) => command('U0ADAM', `approve search@${version}`)),
    4,
  );
  await wait(2_000);
};

/** The product itself: a process against the stub of Slack, started, used, stopped. */
const started = async (engine, what, env, round) => {
  const child = await startProcess(process.execPath, ['dist/main.js'], env, /"port":(\d+).*Signalbox runs/);
  const idle = memoryOf(child.pid);
  await story(`http://127.0.0.1:${child.what}/slack/events`, round);
  const { VmRSS_MB, VmHWM_MB } = memoryOf(child.pid);
  await child.stop();
  report('light', engine, what, {
    figures: {
      'ready-after_ms': child.ms,
      'VmRSS-at-first_MB': idle.VmRSS_MB,
      'VmRSS-after-the-story_MB': VmRSS_MB,
      VmHWM_MB,
    },
  });
};

const product = async () => {
  const folder = newFolder();
  const catalogFile = join(folder, 'catalog.yml');
  writeFileSync(catalogFile, SEEDED_CATALOG);
  const SLACK_API_URL = await slackStub().ask('url');
  await slackStub().ask('become', {});
  const slack = { SLACK_API_URL, SLACK_BOT_TOKEN: TOKEN, SLACK_SIGNING_SECRET: SECRET };
  const env = { ...slack, CATALOG_FILE: catalogFile, PORT: '0', HOST: '127.0.0.1' };
  const DATA_DIR = newFolder();
  await started('embedded', 'node dist/main.js, first start (creates the folder)', { ...env, DATA_DIR }, 1);
  await started('embedded', 'node dist/main.js, second start (migrated)', { ...env, DATA_DIR }, 2);
  const { database } = await postgres();
  const onServer = { ...env, DATABASE_URL: await database(), SIGNALBOX_JOURNAL_KEY: JOURNAL_KEY };
  await started('postgres', 'node dist/main.js, first start (empty database)', onServer, 1);
  await started('postgres', 'node dist/main.js, second start (migrated)', onServer, 2);
};

/** Signalbox itself: what npm started, or what that became. */
const lowest = (pid) => {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return child === undefined ? pid : lowest(child);
};

/** What a newcomer types, in a sandbox workspace with its seeded day. */
const newcomer = async () => {
  const env = { DATA_DIR: newFolder(), PORT: '0', LOG_LEVEL: 'info' };
  for (const what of ['npm start, first time, until its address is printed', 'npm start, second time']) {
    const child = await startProcess('npm', ['start'], env, /Open (http:[^\s"]+)/);
    report('light', 'embedded', what, { figures: { after_s: child.ms / 1_000, ...memoryOf(lowest(child.pid)) } });
    await child.stop();
  }
};

export const light = async () => {
  await product();
  await newcomer();
};
