-- Certificates ordered from an authority (ACME). Keys are sealed, of accounts and of certificates.

-- One row: what all processes have to agree on. `version` goes up with every change of the other tables. Who holds the
-- lease is the one that orders; so many orders have begun since `hour_began`, and after setbacks of the authority nothing
-- is ordered before `rest_until`.
create table acme_head (
    id bigint primary key,
    version bigint not null,
    holder text not null,
    leased_until bigint not null,
    hour_began bigint not null,
    orders bigint not null,
    setbacks bigint not null,
    rest_until bigint not null
);
insert into acme_head (id, version, holder, leased_until, hour_began, orders, setbacks, rest_until)
values (1, 0, '', 0, 0, 0, 0, 0);

create table acme_accounts (
    directory text primary key,
    sealed text not null,
    created_at bigint not null
);

-- Of each host the last good certificate of a directory, and how ordering goes since. `version` is the head's at its last
-- change.
create table acme_hosts (
    directory text not null,
    host text not null,
    version bigint not null,
    chain text,
    sealed text,
    failures bigint not null,
    retry_at bigint not null,
    cause text,
    primary key (directory, host)
);
create index acme_hosts_version on acme_hosts (version);

-- What the authority is shown that looks whether a host is ours, whichever process it meets.
create table acme_challenges (
    host text primary key,
    token text not null,
    proof text not null,
    expires_at bigint not null
);
