-- What Slack refused as it was rendered: its words were sent, and what it shows next is tried anew.
alter table messages drop constraint messages_trouble_check;
alter table messages add constraint messages_trouble_check check (trouble in ('dead', 'ambiguous', 'paused', 'refused'));
