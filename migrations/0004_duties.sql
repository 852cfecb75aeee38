-- What waits for a person is found by what they were asked.
create index messages_asking on messages (workspace_id, audience, seq)
  where kind in ('gate-ask', 'exception-ask', 'emergency-judge', 'failure-ask') and not over;

-- What went through and then was not healthy is a failure as well.
drop index deployments_failed;
create index deployments_failed on deployments (workspace_id, service, finished_at desc) where state = 'failed' or unhealthy_at is not null;

-- A release manager has one message a morning.
alter table people add column wake_at timestamptz;
create index people_wake on people (wake_at) where wake_at is not null;
