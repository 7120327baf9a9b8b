-- How often each thing happened, by days of UTC since 1970, so that nobody has to count a log of millions. Each line of the
-- audit log leaves a row here in its own transaction, and waits for nobody else's; what a day comes to is their sum, and
-- now and then they are added up into one.
create table audit_counts (
    day bigint not null,
    action text not null,
    count bigint not null
);
create index audit_counts_action on audit_counts (action, day, count);
insert into audit_counts (day, action, count)
    select at / 86400000000, action, cast(sum(count) as bigint) from audit group by at / 86400000000, action;

-- Roles that ended, until everything that follows for those who held them is done: `unsettled_from` is the last of these for
-- whom it is. They are nobody's from that moment. One that was removed goes for good then; its name is free at once.
alter table roles add column removed_at bigint;
alter table roles add column unsettled_from text;
create index roles_unsettled on roles (id) where unsettled_from is not null;
