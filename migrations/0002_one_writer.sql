-- One writer for each workspace: its row is the lock, and carries what every act needs. Guards and the journal's heads of their own are gone.

alter table workspaces
  -- The version that is in force: a catalog kept in memory is compared with it.
  add column catalog_version integer,
  add column journal_seq bigint not null default 0,
  add column journal_hash text not null default repeat('0', 64);
update workspaces set journal_seq = heads.seq, journal_hash = heads.hash
  from journal_heads heads where heads.workspace_id = workspaces.id;
update workspaces set catalog_version =
  (select max(version) from catalogs where catalogs.workspace_id = workspaces.id and active_at is not null);
drop table journal_heads;
drop table guards;

-- The last reminder of a round decides when the next may go; the journal is not searched for it.
alter table rounds add column reminded_at timestamptz;
update rounds set reminded_at =
  (select max((canonical::jsonb ->> 'at')::timestamptz) from journal
    where journal.workspace_id = rounds.workspace_id and journal.release_id = rounds.release_id
      and kind = 'round.reminded' and (canonical::jsonb -> 'data' ->> 'round')::integer = rounds.n)
  where state = 'open';

alter table releases drop column fixes;

-- A message knows the release that it is about: the messages of a release are claimed, read and rendered together.
alter table messages add column release_id text;
update messages set release_id = subject where kind in ('card', 'stakeholder-post', 'stakeholder-problem');
update messages m set release_id = r.release_id from rounds r
  where r.workspace_id = m.workspace_id and r.id = m.subject and m.kind = 'approval-ask';
update messages m set release_id = r.release_id from questions q join rounds r on r.workspace_id = q.workspace_id and r.id = q.round_id
  where q.workspace_id = m.workspace_id and q.id = m.subject and m.kind = 'question';
update messages m set release_id = d.release_id from deployments d
  where d.workspace_id = m.workspace_id and d.id = m.subject and m.kind in ('deployment-post', 'deployment-outcome', 'failure-ask');
update messages m set release_id = e.release_id from exceptions e
  where e.workspace_id = m.workspace_id and e.id = m.subject and m.kind = 'exception-ask';
update messages m set release_id = b.release_id from break_glass b
  where b.workspace_id = m.workspace_id and b.id = m.subject and m.kind = 'emergency-judge';
update messages m set release_id = a.release_id from actions a
  where a.workspace_id = m.workspace_id and a.id = m.subject and m.kind = 'action-reminder';
update messages m set release_id = j.release_id from journal j
  where j.workspace_id = m.workspace_id and j.id = m.subject and m.kind in ('thread-line', 'notice');

-- What was shown and is over (an ask that was answered, a notice that was told) goes after 90 days.
alter table messages
  add column shown_at timestamptz,
  add column over boolean not null default false;
update messages set shown_at = clock_timestamp() where shown > 0;
create index messages_shown on messages (shown_at) where over;

-- A lane was a place all along. Its pace, and that of a workspace's edits, stand in a table of their own.
drop index messages_lane;
alter table messages drop column lane;
create index messages_unposted on messages (workspace_id, place, seq) where ts is null and wanted > shown and trouble is null;
drop table lanes;
create table paces (
  workspace_id text not null,
  -- A channel or person to post to; 'edits' for the edits of a whole workspace.
  place text not null,
  next_at timestamptz not null,
  primary key (workspace_id, place)
);

-- Sessions look things up by an index, always: what is asked at every look for work has one.
create index workspaces_paused on workspaces (id) where paused_at is not null;
