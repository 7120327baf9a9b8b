-- Service accounts: users that are no people. Each is one organization's, holds roles of that one alone, and goes with
-- it. They are in no index of people.
alter table users add column service_of text references organizations (key) on delete cascade;
create index users_service on users (service_of, id) where service_of is not null;

-- Whom a JWT of a configured issuer speaks of, where it is a service account: in each organization another, so that
-- none can take a subject from another. `claim` is the claim that names the subject.
create table service_subjects (
    organization_key text not null references organizations (key) on delete cascade,
    issuer text not null,
    claim text not null,
    subject text not null,
    user_id text not null references users (id) on delete cascade,
    created_at bigint not null,
    primary key (organization_key, issuer, claim, subject)
);
create index service_subjects_user on service_subjects (user_id);

-- Tokens for applications; only hashes are kept. Whoever presents one comes as `user_id`, with what counts in a session
-- of `identity_id`; a service account has no identity. `applications` is a JSON list of keys; null: every application
-- that takes tokens.
create table application_tokens (
    id text primary key,
    name text not null,
    hash text not null unique,
    user_id text not null references users (id) on delete cascade,
    identity_id text references identities (id) on delete cascade,
    applications text,
    made_by text not null,
    created_at bigint not null,
    expires_at bigint not null,
    last_used_at bigint
);
create index application_tokens_user on application_tokens (user_id, id);
create index application_tokens_identity on application_tokens (identity_id);
create index application_tokens_expiry on application_tokens (expires_at);
