-- One-time links for whoever runs commands on the server, and the sessions they open: console only, an hour at most.
-- Hashes alone are kept.
create table login_links (
    hash text primary key,
    expires_at bigint not null
);
create table break_glass_sessions (
    hash text primary key,
    created_at bigint not null,
    expires_at bigint not null
);

-- Where an organization's admins may publish applications: host suffixes and upstream networks, as JSON. Null: nowhere.
alter table organizations add column allotment text;
