-- Whom it wakes: a direct message waits for its reader's hours, but for what may reach them at any hour. In business time, unlike the other times here.
alter table messages
  add column any_hour boolean not null default false,
  add column rests_until timestamptz;
