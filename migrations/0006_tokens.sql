-- Tokens act for pipelines and scripts; whoever waits for an answer hears of every change; deployments tell how far they are.
create table tokens (
  workspace_id text not null references workspaces (id),
  id text not null,
  name text not null,
  scopes jsonb not null,
  services jsonb not null,
  environments jsonb not null,
  hash text not null,
  made_by text not null,
  made_at timestamptz not null,
  expires_at timestamptz,
  used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  primary key (workspace_id, id)
);
-- Its name is who it is in the journal, so that it is never given twice.
create unique index tokens_name on tokens (workspace_id, name);
create unique index tokens_hash on tokens (hash);

alter table deployments add column step jsonb;
alter table deployments add column run text;

-- Every act moves the head of the journal: that is the moment at which an answer may have become another.
create function signalbox_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('signalbox_changed', new.id);
  return null;
end $$;
create trigger workspaces_changed after update of journal_seq on workspaces
  for each row when (old.journal_seq is distinct from new.journal_seq) execute function signalbox_changed();
