-- What waits for a person is found by what they were asked.
create index messages_asking on messages (workspace_id, audience, seq)
  where kind in ('gate-ask', 'exception-ask', 'emergency-judge', 'failure-ask') and not over;
