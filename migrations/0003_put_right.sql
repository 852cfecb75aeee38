-- A request for approval remembers what it was before, and since when nobody is left who could give it.
alter table rounds
  add column stuck_since timestamptz,
  add column trail jsonb not null default '[]',
  add column earlier jsonb;
update releases set changes = (select coalesce(jsonb_agg(change || '{"addedBy": null}'), '[]') from jsonb_array_elements(changes) change)
  where changes <> '[]';

-- What a rollback brings back is found by what had replaced it.
create index releases_replaced on releases (workspace_id, (state ->> 'replacedBy')) where status = 'cancelled';
update releases set state = state || '{"from": null}' where status = 'cancelled';

-- A deployment that went through may turn out not to be healthy.
alter table deployments
  add column unhealthy_at timestamptz,
  add column unhealthy_by text;

-- A request for approval is one message a release and person: those of open requests become the release's, and are shown anew.
update messages
  set occurrence = subject || case when occurrence = '' then '' else ' ' || occurrence end, subject = release_id, wanted = wanted + 1
  where kind = 'approval-ask' and release_id is not null and subject <> release_id
    and exists (select from rounds r where r.workspace_id = messages.workspace_id and r.id = messages.subject and r.state = 'open');
