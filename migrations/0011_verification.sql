-- The list of a deployment (its runbook, and what to look at afterwards), what its probes and numbers say, and when its probes are asked next.
alter table deployments
  add column checklist jsonb,
  add column signals jsonb,
  add column probe_at timestamptz,
  add column probed_at timestamptz;
create index deployments_to_probe on deployments (probe_at) where probe_at is not null;
