-- What was called not healthy by mistake, and taken back, is no failure; why an exception was turned down is said where it is missed.
alter table deployments add column healthy_again_at timestamptz;
drop index deployments_failed;
create index deployments_failed on deployments (workspace_id, service, finished_at desc)
  where state = 'failed' or (unhealthy_at is not null and healthy_again_at is null);

update deployments d set healthy_again_at = (r.state ->> 'since')::timestamptz
  from releases r
  where r.workspace_id = d.workspace_id and r.id = d.release_id and r.status = 'deployed' and d.unhealthy_at is not null
    and not exists (
      select 1 from deployments later
      where later.workspace_id = d.workspace_id and later.release_id = d.release_id and later.started_at > d.started_at);

alter table exceptions add column reply text;

-- What a freeze held is told when it is over: those that ended lately are read as well.
drop index freezes_live;
create index freezes_recent on freezes (workspace_id, ends_at);

-- There are more times now at which somebody is told: the next tick finds them.
update releases set wake_at = created_at where status not in ('closed', 'cancelled');
