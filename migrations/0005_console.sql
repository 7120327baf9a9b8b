-- Who put a version of a policy in force. Null: from before this was written down. History is read by place, the last
-- version first.
alter table policies add column author text;
create index policies_history on policies (idp_key, organization_key, created_at, id);

-- What a changed policy does is asked of everybody at its IdP, in the order of identities.
create index identities_at_idp on identities (idp_key, id);

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

-- Identity providers by hand. Of one that the file does not declare, `undeclared_at` says since when it is disabled.
-- `delegates` are the keys of the organizations whose admins may write policies at it, as a JSON list; `public_only`
-- is set where an organization's admin typed the issuer: requests go to addresses of the public internet alone.
alter table idps add column delegates text not null default '[]';
alter table idps add column public_only boolean not null default false;

-- Client secrets typed in the console, sealed; those of the configuration file never come here.
create table client_secrets (
    idp_key text primary key references idps (key) on delete cascade,
    sealed text not null,
    changed_at bigint not null
);

-- Tokens of the REST API; only hashes are kept. Without an organization: what server admins may do. `user_id` is who
-- made it, if it was a person: it opens nothing any more when they may not do what it opens.
create table api_tokens (
    id text primary key,
    name text not null,
    hash text not null unique,
    organization_key text references organizations (key) on delete cascade,
    made_by text not null,
    user_id text references users (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null,
    last_used_at bigint
);
create index api_tokens_scope on api_tokens (coalesce(organization_key, ''), id);
create index api_tokens_organization on api_tokens (organization_key);
create index api_tokens_user on api_tokens (user_id);
create index api_tokens_expiry on api_tokens (expires_at);
-- People: found among a million. Of each user one row per scope and term. A scope is '' for everyone, an organization's
-- key for those who hold a role in it, or the name of a state. A term is the beginning of a word of username, name or
-- address, spelled so that every collation orders it alike (`store::search`); the empty one stands for the user
-- themselves. This is an index: who is in an organization says `grants` alone, and every list asks it again.
create table search_terms (
    scope text not null,
    term text not null,
    user_id text not null references users (id) on delete cascade,
    primary key (scope, term, user_id)
);
create index search_terms_user on search_terms (user_id);

-- Users of before this table, until they are in it.
alter table users add column searchable boolean not null default false;
create index users_not_searchable on users (id) where not searchable;

-- Lists of those who hold a role, or are known at an IdP, in order.
drop index grants_role;
create index grants_role on grants (role_id, user_id);
create index identities_idp on identities (idp_key, user_id);
create index identities_email on identities (idp_key, email);
create index identities_email_folded on identities (idp_key, lower(email));
create index expectations_idp on expectations (idp_key, user_id);
-- What happened to a user.
create index audit_user on audit (user_id, at, id) where user_id is not null;

-- The audit log is read from its end: of everything, of an organization, and each of one action.
create index audit_action on audit (action, at, id);
create index audit_organization on audit (organization_key, at, id) where organization_key is not null;
create index audit_organization_action on audit (organization_key, action, at, id) where organization_key is not null;

-- Where an organization's admins may publish applications: host suffixes and upstream networks, as JSON. Null: nowhere.
alter table organizations add column allotment text;
