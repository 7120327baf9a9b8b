-- One text for SQLite and PostgreSQL: ids and hashes are text, instants are microseconds since the Unix epoch.

-- Counts every change of organizations, roles, IdPs, policies and applications.
create table catalogue_head (
    id bigint primary key check (id = 1),
    version bigint not null
);
insert into catalogue_head (id, version) values (1, 0);

-- The change log: every write that can narrow access takes the next number in its own transaction, so that commit
-- order is number order, and every process follows it.
create table change_head (
    id bigint primary key check (id = 1),
    number bigint not null
);
insert into change_head (id, number) values (1, 0);

create table changes (
    number bigint primary key,
    at bigint not null,
    kind text not null,
    subject text not null
);

-- Keys of our own: what seals, what signs.
create table server_keys (
    purpose text primary key,
    material text not null,
    created_at bigint not null
);

-- `undeclared_at` is set on what has gone from the configuration file: kept, but of no effect.
create table organizations (
    key text primary key,
    id text not null unique,
    name text not null,
    declared boolean not null,
    undeclared_at bigint,
    version bigint not null,
    created_at bigint not null
);

create table roles (
    id text primary key,
    organization_key text not null references organizations (key) on delete cascade,
    name text not null,
    admin boolean not null,
    undeclared_at bigint,
    created_at bigint not null,
    unique (organization_key, name)
);

create table idps (
    key text primary key,
    id text not null unique,
    owner_key text references organizations (key) on delete cascade,
    spec text not null,
    declared boolean not null,
    undeclared_at bigint,
    created_at bigint not null
);
create index idps_owner on idps (owner_key);

-- Immutable versions. Without an organization: the default policy of the IdP.
create table policies (
    id text primary key,
    idp_key text not null references idps (key) on delete cascade,
    organization_key text references organizations (key) on delete cascade,
    org_selector text,
    role_selector text,
    created_at bigint not null,
    retired_at bigint
);
create unique index policies_default on policies (idp_key) where organization_key is null and retired_at is null;
create unique index policies_organization on policies (idp_key, organization_key) where retired_at is null;
create index policies_by_organization on policies (organization_key);

create table applications (
    key text primary key,
    id text not null unique,
    organization_key text not null references organizations (key) on delete cascade,
    spec text not null,
    declared boolean not null,
    undeclared_at bigint,
    created_at bigint not null
);
create index applications_organization on applications (organization_key);

create table users (
    id text primary key,
    username text not null,
    username_folded text not null unique,
    display_name text,
    email text,
    disabled_at bigint,
    version bigint not null,
    created_at bigint not null
);

-- A user's account at one IdP, with the issuer and the identifier path it came from.
create table identities (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    idp_key text not null references idps (key) on delete cascade,
    identifier text not null,
    issuer text not null,
    identifier_path text not null,
    display_name text,
    email text,
    email_verified boolean not null,
    created_at bigint not null,
    last_sign_in_at bigint not null,
    unique (idp_key, identifier)
);
create index identities_user on identities (user_id);

-- Whom a user made beforehand waits for: the first identity at that IdP with that identifier, or with that verified
-- address (folded).
create table expectations (
    idp_key text not null references idps (key) on delete cascade,
    kind text not null check (kind in ('identifier', 'email')),
    value text not null,
    user_id text not null references users (id) on delete cascade,
    created_at bigint not null,
    primary key (idp_key, kind, value)
);
create index expectations_user on expectations (user_id);

-- A user is in an organization exactly when they hold a grant of one of its roles. `evaluated_at` is the last good
-- evaluation behind a grant of a policy. `kept_until` is set while a grant outlives a selector that failed: after that
-- instant it is of no effect.
create table grants (
    user_id text not null references users (id) on delete cascade,
    role_id text not null references roles (id) on delete cascade,
    origin text not null,
    created_at bigint not null,
    evaluated_at bigint not null,
    kept_until bigint,
    primary key (user_id, role_id, origin)
);
create index grants_role on grants (role_id);
create index grants_origin on grants (origin);

create table server_admins (
    user_id text not null references users (id) on delete cascade,
    origin text not null,
    created_at bigint not null,
    primary key (user_id, origin)
);
