-- What is planned for a time, of what is open: the others, most of them, are not walked through at every act.
create index releases_planned on releases (workspace_id, number desc)
  where status not in ('closed', 'cancelled') and planned ->> 'kind' = 'at';
