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
