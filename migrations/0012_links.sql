-- What a hotfix fixes, and which releases have to go before another one, or together with it.
alter table releases
  add column fixes text,
  add column needs jsonb;
create index releases_needing on releases using gin (needs jsonb_path_ops)
  where needs is not null and status not in ('closed', 'cancelled');
