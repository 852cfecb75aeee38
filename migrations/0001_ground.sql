-- The ground: workspaces, people, the catalog, releases with everything that belongs to them, messages, the inbox and the journal.
-- Every row carries workspace_id; constraints carry the invariants, so that a bug in the code is refused by the database.

create table workspaces (
  id text primary key,
  -- Slack's team (T…), or its organisation (E…) where the app is installed for all of it.
  slack_id text not null unique,
  name text not null,
  bot_user_id text,
  -- While it is set nothing is sent, settled or answered here: the app was removed, or its token revoked.
  paused_at timestamptz,
  next_release integer not null default 1,
  next_freeze integer not null default 1,
  created_at timestamptz not null
);

-- Who installed the app, and the tokens that Slack gave for it: sealed with a key that is not in the database, null once they are revoked.
create table installations (
  workspace_id text primary key references workspaces (id),
  bot_id text not null,
  scopes jsonb not null,
  installed_by text not null,
  installed_at timestamptz not null,
  token text,
  refresh_token text,
  expires_at timestamptz,
  -- A refresh token works once: whoever holds this uses it, everybody else waits for what comes of it.
  refreshing_until timestamptz,
  check (refresh_token is null or (token is not null and expires_at is not null))
);

-- One row that a start takes `for share` and a freeze, lock, exception or catalog takes `for update`: neither can believe it came first.
create table guards (
  workspace_id text primary key references workspaces (id)
);

create table people (
  workspace_id text not null references workspaces (id),
  id text not null,
  name text not null,
  email text,
  zone text not null,
  active boolean not null,
  kind text not null check (kind in ('member', 'guest', 'bot', 'stranger')),
  dm_channel text,
  home_view text check (home_view in ('mine', 'services', 'everything')),
  confirmed_at timestamptz not null,
  primary key (workspace_id, id)
);

create table catalogs (
  workspace_id text not null references workspaces (id),
  version integer not null check (version > 0),
  source text not null,
  source_hash text not null,
  -- json, not jsonb: the order in which the team wrote its services is the order in which people see them.
  document json not null,
  applied_by text not null,
  applied_at timestamptz not null,
  -- Null while it waits for a second admin.
  active_at timestamptz,
  activated_by text,
  primary key (workspace_id, version),
  unique (workspace_id, source_hash)
);

create table releases (
  workspace_id text not null references workspaces (id),
  id text not null,
  number integer not null,
  service text not null,
  affects jsonb not null,
  version text not null,
  type text not null check (type in ('standard', 'normal', 'hotfix', 'emergency')),
  title text not null check (char_length(title) between 1 and 120),
  customers text,
  owner text not null,
  creator text not null,
  submitter text,
  deployer text,
  revision integer not null check (revision > 0),
  sha text,
  digest text,
  targets jsonb not null,
  answers jsonb not null,
  planned jsonb not null,
  rollback_plan text,
  rehearsed_on text check (rehearsed_on ~ '^\d{4}-\d{2}-\d{2}$'),
  change_number text check (char_length(change_number) <= 40),
  ask_when_ready boolean not null,
  changes jsonb not null,
  status text not null check (status in
    ('draft', 'awaiting_approval', 'approved', 'deploying', 'deployed', 'failed', 'rolled_back', 'closed', 'cancelled')),
  state jsonb not null,
  hold jsonb,
  risk jsonb,
  fixes text,
  ever_asked boolean not null,
  created_at timestamptz not null,
  wake_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, number)
);
-- A cancelled draft that was never asked for frees its version; anything ever submitted does not.
create unique index releases_version on releases (workspace_id, service, version) where status <> 'cancelled' or ever_asked;
-- The unique one above is partial, so it cannot find a version by itself.
create index releases_by_version on releases (workspace_id, service, version);
create index releases_of_service on releases (workspace_id, service, number desc);
create index releases_of_status on releases (workspace_id, status, number desc);
create index releases_of_owner on releases (workspace_id, owner, number desc);
create index releases_open on releases (workspace_id, service, number desc) where status not in ('closed', 'cancelled');
create index releases_open_newest on releases (workspace_id, number desc) where status not in ('closed', 'cancelled');
create index releases_page on releases (workspace_id, number desc);
create index releases_wake on releases (wake_at) where wake_at is not null;

create table rounds (
  workspace_id text not null,
  id text not null,
  release_id text not null,
  n integer not null check (n > 0),
  state text not null check (state in ('open', 'approved', 'rejected', 'expired', 'withdrawn', 'invalidated', 'lapsed', 'consumed')),
  opened_at timestamptz not null,
  opened_by text not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  valid_until timestamptz,
  remind_at timestamptz not null,
  snapshot jsonb not null,
  hash text not null,
  policy text not null,
  rules jsonb not null,
  gates jsonb not null,
  members jsonb,
  catalog_version integer not null,
  primary key (workspace_id, id),
  unique (workspace_id, release_id, n),
  foreign key (workspace_id, release_id) references releases (workspace_id, id)
);
create unique index rounds_open on rounds (workspace_id, release_id) where state = 'open';

create table decisions (
  workspace_id text not null,
  id text not null,
  round_id text not null,
  actor text not null,
  on_behalf_of text,
  verdict text not null check (verdict in ('approve', 'reject')),
  comment text,
  hash text not null,
  at timestamptz not null,
  retracted_at timestamptz,
  carried_from text,
  primary key (workspace_id, id),
  foreign key (workspace_id, round_id) references rounds (workspace_id, id)
);
create index decisions_of_round on decisions (workspace_id, round_id);
create unique index decisions_one_vote on decisions (workspace_id, round_id, actor) where retracted_at is null;
create unique index decisions_one_vote_for on decisions (workspace_id, round_id, on_behalf_of) where retracted_at is null and on_behalf_of is not null;

create table questions (
  workspace_id text not null,
  id text not null,
  round_id text not null,
  asker text not null,
  text text not null,
  asked_at timestamptz not null,
  answer text,
  answered_by text,
  answered_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, round_id) references rounds (workspace_id, id)
);
create index questions_of_round on questions (workspace_id, round_id);

create table asks (
  workspace_id text not null,
  round_id text not null,
  person text not null,
  at timestamptz not null,
  wave text not null check (wave in ('first', 'rest')),
  primary key (workspace_id, round_id, person),
  foreign key (workspace_id, round_id) references rounds (workspace_id, id)
);
create index asks_lately on asks (workspace_id, person, at);

create table gate_results (
  workspace_id text not null,
  id text not null,
  release_id text not null,
  gate text not null,
  revision integer not null,
  outcome text not null check (outcome in ('passed', 'failed', 'waived')),
  actor text not null,
  comment text,
  at timestamptz not null,
  expires_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, release_id) references releases (workspace_id, id),
  check (outcome <> 'waived' or (comment is not null and expires_at is not null))
);
create index gate_results_of_release on gate_results (workspace_id, release_id);

create table freezes (
  workspace_id text not null references workspaces (id),
  id text not null,
  number integer not null,
  name text not null,
  reason text not null,
  severity text not null check (severity in ('hard', 'soft')),
  scope jsonb not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  zone text not null,
  exempt_types jsonb not null,
  approvers text not null,
  created_by text not null,
  created_at timestamptz not null,
  ended_early_at timestamptz,
  wake_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, number),
  check (starts_at < ends_at)
);
create index freezes_live on freezes (workspace_id, ends_at) where ended_early_at is null;
create index freezes_wake on freezes (wake_at) where wake_at is not null;

create table exceptions (
  workspace_id text not null,
  id text not null,
  freeze_id text not null,
  release_id text not null,
  environment text not null,
  reason text not null,
  requested_by text not null,
  requested_at timestamptz not null,
  verdict text not null check (verdict in ('requested', 'granted', 'denied')),
  decided_by text,
  decided_at timestamptz,
  valid_until timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, release_id) references releases (workspace_id, id),
  foreign key (workspace_id, freeze_id) references freezes (workspace_id, id),
  check (decided_by is null or decided_by <> requested_by)
);
create index exceptions_of_release on exceptions (workspace_id, release_id);

create table deployments (
  workspace_id text not null,
  id text not null,
  release_id text not null,
  service text not null,
  environment text not null,
  version text not null,
  revision integer not null,
  kind text not null check (kind in ('deploy', 'rollback')),
  attempt integer not null,
  state text not null check (state in ('running', 'succeeded', 'failed', 'aborted')),
  started_by text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  finished_by text,
  deadline timestamptz not null,
  reason text,
  before text,
  primary key (workspace_id, id),
  foreign key (workspace_id, release_id) references releases (workspace_id, id),
  check ((state = 'running') = (finished_at is null))
);
-- The lock of an environment: one running deployment for each service.
create unique index deployments_running on deployments (workspace_id, service, environment) where state = 'running';
create index deployments_of_release on deployments (workspace_id, release_id);
create index deployments_succeeded on deployments (workspace_id, service, environment, finished_at desc) where state = 'succeeded';
create index deployments_failed on deployments (workspace_id, service, finished_at desc) where state = 'failed';

create table locks (
  workspace_id text not null,
  id text not null,
  service text not null,
  environment text not null,
  release_id text not null,
  reason text not null,
  holder text not null,
  since timestamptz not null,
  lifted_at timestamptz,
  lifted_by text,
  primary key (workspace_id, id)
);
create unique index locks_held on locks (workspace_id, service, environment) where lifted_at is null;

create table break_glass (
  workspace_id text not null,
  id text not null,
  release_id text not null,
  environment text not null,
  justification text not null,
  incident text,
  granted_to text not null,
  second text,
  granted_at timestamptz not null,
  expires_at timestamptz not null,
  used_by text,
  judge_by timestamptz not null,
  verdict text check (verdict in ('justified', 'not justified')),
  judged_by text,
  judged_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, release_id) references releases (workspace_id, id),
  check (judged_by is null or judged_by <> granted_to)
);
create index break_glass_of_release on break_glass (workspace_id, release_id);
create unique index break_glass_unjudged on break_glass (workspace_id, granted_to) where verdict is null and used_by is not null;

create table reviews (
  workspace_id text not null,
  id text not null,
  release_id text not null,
  form text not null check (form in ('short', 'full', 'failure')),
  state text not null check (state in ('due', 'submitted', 'skipped')),
  owner text not null,
  opened_at timestamptz not null,
  due_at timestamptz not null,
  outcome text,
  answers jsonb not null,
  submitted_by text,
  submitted_at timestamptz,
  wake_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, release_id) references releases (workspace_id, id)
);
create index reviews_of_release on reviews (workspace_id, release_id);
create unique index reviews_due on reviews (workspace_id, release_id) where state = 'due';
create index reviews_of_owner on reviews (workspace_id, owner, due_at) where state = 'due';
create index reviews_wake on reviews (wake_at) where wake_at is not null;

create table actions (
  workspace_id text not null,
  id text not null,
  release_id text not null,
  text text not null,
  owner text,
  due timestamptz,
  state text not null check (state in ('open', 'done', 'won''t do')),
  reason text,
  created_at timestamptz not null,
  done_at timestamptz,
  wake_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, release_id) references releases (workspace_id, id)
);
create index actions_of_release on actions (workspace_id, release_id);
create index actions_of_owner on actions (workspace_id, owner, due) where state = 'open';
create index actions_wake on actions (wake_at) where wake_at is not null;

-- What is to be seen in Slack. `wanted` is raised with every change, `shown` is what the courier rendered; `ts` once it is posted.
create table messages (
  workspace_id text not null references workspaces (id),
  id text not null,
  seq bigint generated always as identity,
  subject text not null,
  kind text not null,
  audience text not null,
  place text not null,
  occurrence text not null,
  thread_of text,
  broadcast boolean not null default false,
  lane text not null,
  wanted integer not null default 1,
  shown integer not null default 0,
  content_hash text,
  channel text,
  ts text,
  attempts integer not null default 0,
  next_at timestamptz not null,
  lease_until timestamptz,
  leased_by text,
  sending_since timestamptz,
  looked integer not null default 0,
  trouble text check (trouble in ('dead', 'ambiguous', 'paused')),
  error text,
  primary key (workspace_id, id),
  unique (workspace_id, subject, kind, audience, place, occurrence)
);
create index messages_pending on messages (next_at) where wanted > shown and trouble is null;
create index messages_lane on messages (workspace_id, lane, seq) where ts is null and wanted > shown and trouble is null;
create index messages_subject on messages (workspace_id, subject);
create index messages_trouble on messages (workspace_id) where trouble is not null;

-- When a channel may take its next post.
create table lanes (
  workspace_id text not null,
  lane text not null,
  next_at timestamptz not null,
  primary key (workspace_id, lane)
);

-- A request that had an effect, with the answer that it got: a duplicate gets the same one.
create table inbox (
  workspace_id text not null references workspaces (id),
  key text not null,
  answer jsonb not null,
  at timestamptz not null,
  primary key (workspace_id, key)
);
create index inbox_at on inbox (at);

create table journal (
  workspace_id text not null references workspaces (id),
  seq bigint not null check (seq > 0),
  id text not null,
  release_id text,
  kind text not null,
  canonical text not null,
  prev text not null,
  hash text not null,
  primary key (workspace_id, seq),
  unique (workspace_id, id)
);
create index journal_of_release on journal (workspace_id, release_id, seq) where release_id is not null;

-- People's own words, beside the chain: the chain holds their salted hash, so that erasing them keeps it valid.
create table journal_words (
  workspace_id text not null,
  seq bigint not null,
  salt text not null,
  words text,
  primary key (workspace_id, seq)
);

create table journal_heads (
  workspace_id text primary key references workspaces (id),
  seq bigint not null,
  hash text not null
);

create function journal_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only: % refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger journal_rows_stay before update or delete on journal for each row execute function journal_is_append_only();
create trigger journal_stays before truncate on journal for each statement execute function journal_is_append_only();
