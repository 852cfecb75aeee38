-- What was called not healthy by mistake, and taken back, is no failure; why an exception was turned down is said where it is missed.
alter table deployments add column healthy_again_at timestamptz;
drop index deployments_failed;
create index deployments_failed on deployments (workspace_id, service, finished_at desc)
  where state = 'failed' or (unhealthy_at is not null and healthy_again_at is null);

alter table exceptions add column reply text;
