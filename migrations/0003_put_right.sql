-- A request for approval remembers what it was before, and since when nobody is left who could give it.
alter table rounds
  add column stuck_since timestamptz,
  add column trail jsonb not null default '[]',
  add column since jsonb;
update releases set changes = (select coalesce(jsonb_agg(change || '{"addedBy": null}'), '[]') from jsonb_array_elements(changes) change)
  where changes <> '[]';
