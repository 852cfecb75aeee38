-- Whose tokens planned a release or asked for it: they answer for it as whoever asks does. And what was deployed, as far as it was said.
alter table releases add column vouched_by jsonb;
alter table deployments add column sha text, add column digest text;
