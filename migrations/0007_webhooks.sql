-- Gates keep where their evidence is and what it was made for; webhooks tell other systems what happened; GitHub waits for answers.
alter table gate_results add column evidence text;
alter table gate_results add column digest text;

-- The journal is what is told: a webhook remembers how far it has read, so that nothing is written for it in the transaction of an act.
create table webhooks (
  workspace_id text not null references workspaces (id),
  id text not null,
  name text not null,
  url text not null,
  topics jsonb not null,
  services jsonb not null,
  generation integer not null,
  told_seq bigint not null,
  made_by text not null,
  made_at timestamptz not null,
  stopped_at timestamptz,
  stopped_because text,
  primary key (workspace_id, id)
);
create unique index webhooks_name on webhooks (workspace_id, name) where stopped_at is null;

-- One request to be made to somebody else: an event for a webhook, an answer for GitHub. Tried again for a day.
create table deliveries (
  workspace_id text not null references workspaces (id),
  id text not null,
  webhook_id text,
  kind text not null,
  event text not null,
  body text not null,
  target jsonb,
  made_at timestamptz not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null,
  next_at timestamptz not null,
  lease_until timestamptz,
  tried_at timestamptz,
  status integer,
  error text,
  primary key (workspace_id, id),
  foreign key (workspace_id, webhook_id) references webhooks (workspace_id, id)
);
create index deliveries_waiting on deliveries (next_at) where state = 'waiting';
create index deliveries_of on deliveries (workspace_id, webhook_id, made_at desc);
create index deliveries_old on deliveries (tried_at) where state <> 'waiting';

-- A job elsewhere that stands still until it may deploy.
create table waiting_jobs (
  workspace_id text not null references workspaces (id),
  id text not null,
  token_id text not null,
  system text not null,
  what jsonb not null,
  run text,
  target jsonb not null,
  asked_at timestamptz not null,
  told text,
  answered_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, token_id) references tokens (workspace_id, id)
);
create index waiting_jobs_open on waiting_jobs (workspace_id, asked_at) where answered_at is null;

-- How far deployments of other systems are known to be: what comes late, or again, is known by it.
create table outside_deployments (
  workspace_id text not null references workspaces (id),
  id text not null,
  state text not null,
  told_at timestamptz not null,
  primary key (workspace_id, id)
);
create index outside_deployments_old on outside_deployments (told_at);
