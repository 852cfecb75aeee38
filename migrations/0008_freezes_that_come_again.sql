-- Freezes come again by a rule: the row is what was declared, its occurrences are computed, and what was changed about single ones stands beside.
alter table freezes
  add column repeats jsonb,
  add column changes jsonb not null default '{}',
  add column exempt_groups jsonb not null default '[]';

-- An exception from a freeze that comes again is from one of its days.
alter table exceptions add column freeze_day text;
