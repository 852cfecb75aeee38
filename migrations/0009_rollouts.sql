-- Deployments in steps (`run_by` is empty where whoever started it runs it), who runs one now, why one failed, and how many have failed in a row.
alter table deployments
  add column run_by text,
  add column cause text,
  add column in_a_row integer,
  add column rollout jsonb;
