-- The locks of a service that hold or were lifted lately, by one index: without it every act walks through all locks that there ever were.
create index locks_of_service on locks (workspace_id, service, coalesce(lifted_at, 'infinity'::timestamptz) desc);
drop index locks_lately;

-- What a unique constraint's own index finds as well: each of these was written to at every act, and never needed.
drop index releases_page;
drop index messages_subject;

-- Emergencies that nobody has judged yet.
create index break_glass_open on break_glass (workspace_id) where verdict is null;
