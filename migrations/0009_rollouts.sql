-- Deployments in steps, who runs one now, why one failed, and how many have failed in a row.
alter table deployments
  add column run_by text,
  add column cause text,
  add column in_a_row integer,
  add column rollout jsonb;
update deployments set run_by = started_by;
alter table deployments alter column run_by set not null;
