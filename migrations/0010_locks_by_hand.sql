-- Environments are locked by hand as well: of no release, with an end, and by whoever takes them over.
alter table locks alter column release_id drop not null;
alter table locks
  add column expires_at timestamptz,
  add column wake_at timestamptz;
create index locks_wake on locks (wake_at) where wake_at is not null;
create index locks_lately on locks (workspace_id, service, lifted_at) where lifted_at is not null;
