/** A made-up history, written by SQL: rows that look like those of releases that are long over. */

/** A release an hour, so that the last month, which is what acts look back on, is the same however long the history. */
const AT = `now() - i * interval '1 hour'`;
const SERVICE = `case i % 10 when 0 then 'checkout' else 'other' || (i % 50) end`;
const RELEASE = {
  id: `'rel_' || i`,
  number: '1000000 + i',
  service: SERVICE,
  affects: `'[]'`,
  version: `'0.' || i || '.0'`,
  type: `'normal'`,
  title: `'x'`,
  owner: `'U1'`,
  creator: `'U1'`,
  revision: 1,
  targets: `'["production"]'`,
  answers: `'{}'`,
  planned: `'{"kind":"asap"}'`,
  ask_when_ready: true,
  changes: `'[]'`,
  status: `case i % 12 when 0 then 'cancelled' else 'closed' end`,
  state: `'{"since":"2026-01-01T00:00:00.000Z"}'`,
  ever_asked: true,
  created_at: AT,
};
const DEPLOYMENT = {
  id: `'dep_' || i`,
  release_id: `'rel_' || i`,
  service: SERVICE,
  environment: `'production'`,
  version: `'0.' || i || '.0'`,
  revision: 1,
  kind: `'deploy'`,
  attempt: 1,
  state: `case i % 200 when 0 then 'failed' else 'succeeded' end`,
  started_by: `'U1'`,
  started_at: AT,
  finished_at: AT,
  deadline: AT,
};
const ROUND = {
  id: `'rnd_' || i`,
  release_id: `'rel_' || i`,
  n: 1,
  state: `'approved'`,
  opened_at: AT,
  opened_by: `'U1'`,
  expires_at: AT,
  ended_at: AT,
  remind_at: AT,
  snapshot: `'{}'`,
  hash: `'h'`,
  policy: `'default'`,
  rules: `'{}'`,
  gates: `'[]'`,
  catalog_version: 1,
};
const REVIEW = {
  id: `'rev_' || i`,
  release_id: `'rel_' || i`,
  form: `'short'`,
  state: `'submitted'`,
  owner: `'U1'`,
  opened_at: AT,
  due_at: AT,
  answers: `'{}'`,
};
const FREEZE = {
  id: `'frz_' || i`,
  number: '1000000 + i',
  name: `'x'`,
  reason: `'x'`,
  severity: `'hard'`,
  scope: `'{"services":[],"environments":[]}'`,
  starts_at: `${AT} - interval '1 day'`,
  ends_at: AT,
  zone: `'UTC'`,
  exempt_types: `'[]'`,
  approvers: `'x'`,
  created_by: `'U1'`,
  created_at: AT,
};
const MESSAGE = {
  id: `'msg_' || i`,
  subject: `'rel_' || i`,
  kind: `'card'`,
  audience: `'team'`,
  place: `'C1'`,
  occurrence: `''`,
  wanted: 1,
  shown: 1,
  next_at: AT,
};

const DECISION = {
  id: `'dcn_' || i`,
  round_id: `'rnd_' || i`,
  actor: `'U1'`,
  verdict: `'approve'`,
  hash: `'h'`,
  at: AT,
};
const ASK = { round_id: `'rnd_' || i`, person: 'person', at: AT, wave: `'first'` };
const GATE_RESULT = {
  id: `'gat_' || i`,
  release_id: `'rel_' || i`,
  gate: `'regression'`,
  revision: 1,
  outcome: `'passed'`,
  actor: `'U1'`,
  at: AT,
};
const QUESTION = {
  id: `'qst_' || i`,
  round_id: `'rnd_' || i`,
  asker: `'U1'`,
  text: `'x'`,
  asked_at: AT,
  answer: `'x'`,
  answered_by: `'U1'`,
  answered_at: AT,
};
const ACTION = {
  id: `'act_' || i`,
  release_id: `'rel_' || i`,
  text: `'x'`,
  owner: `'U1'`,
  state: `'done'`,
  created_at: AT,
  done_at: AT,
};
const EXCEPTION = {
  id: `'exc_' || i`,
  freeze_id: `'frz_' || i`,
  release_id: `'rel_' || i`,
  environment: `'production'`,
  reason: `'x'`,
  requested_by: `'U1'`,
  requested_at: AT,
  verdict: `'granted'`,
  decided_by: `'U2'`,
  decided_at: AT,
  valid_until: AT,
};
const LOCK = {
  id: `'lck_' || i`,
  service: SERVICE,
  environment: `'production'`,
  release_id: `'rel_' || i`,
  reason: `'x'`,
  holder: `'U1'`,
  since: AT,
  lifted_at: AT,
  lifted_by: `'U1'`,
};
const EMERGENCY = {
  id: `'brk_' || i`,
  release_id: `'rel_' || i`,
  environment: `'production'`,
  justification: `'x'`,
  granted_to: `'U1'`,
  granted_at: AT,
  expires_at: AT,
  used_by: `'dep_' || i`,
  judge_by: AT,
  verdict: `'justified'`,
  judged_by: `'U2'`,
  judged_at: AT,
};
const TOLD = {
  seq: '1000000 + i',
  id: `'evt_' || i`,
  kind: `'release.held'`,
  canonical: `'{}'`,
  prev: `'x'`,
  hash: `'x'`,
};

/**
 * The statements that add rows `from` + 1 to `to`. `workspace` is an expression; with `beside` each workspace of that list gets them.
 * A release is told five times in the journal.
 */
export const history = ({ workspace, beside = '', from, to, journal = 5 }) => {
  const numbers = (first, last, step = 1) => `generate_series(${first}, ${last}, ${step}) i${beside}`;
  const fill = (table, columns, rows = numbers(from + 1, to)) =>
    `insert into ${table} (workspace_id, ${Object.keys(columns).join(', ')}) select ${workspace}, ${Object.values(columns).join(', ')} from ${rows}`;
  return [
    fill('releases', RELEASE),
    fill('deployments', DEPLOYMENT),
    fill('rounds', ROUND),
    fill('decisions', DECISION),
    fill('asks', ASK, `${numbers(from + 1, to)}, (values ('U0ADAM'), ('U0STAN')) as two (person)`),
    fill('gate_results', GATE_RESULT),
    fill('reviews', REVIEW),
    fill('freezes', FREEZE, numbers(from + 100, to, 100)),
    fill('exceptions', EXCEPTION, numbers(from + 100, to, 100)),
    fill('locks', LOCK, numbers(from + 100, to, 100)),
    fill('break_glass', EMERGENCY, numbers(from + 100, to, 100)),
    fill('questions', QUESTION, numbers(from + 10, to, 10)),
    fill('actions', ACTION, numbers(from + 10, to, 10)),
    fill('messages', MESSAGE),
    fill('inbox', { key: `'key_' || i`, answer: `'{}'`, at: AT }),
    fill('journal', { ...TOLD, release_id: `'rel_' || (i / ${journal})` }, numbers(from * journal + 1, to * journal)),
  ];
};
