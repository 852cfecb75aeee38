-- What is said of an exception when it is asked for (how urgent, who is hit, how to go back), which start has used it, and that one may be taken back.
alter table exceptions
  add column urgency text,
  add column blast_radius text,
  add column rollback text,
  add column used_by text,
  drop constraint exceptions_verdict_check,
  add constraint exceptions_verdict_check check (verdict in ('requested', 'granted', 'denied', 'revoked'));
