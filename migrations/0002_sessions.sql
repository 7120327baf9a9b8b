-- One session per sign-in. Ending it deletes the row, and with it every token and code.
create table sessions (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    identity_id text not null references identities (id) on delete cascade,
    idp_key text not null references idps (key) on delete cascade,
    idp_sid text,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null
);
create index sessions_user on sessions (user_id);
create index sessions_identity on sessions (identity_id);
create index sessions_idp_sid on sessions (idp_key, idp_sid);
create index sessions_last_seen on sessions (last_seen_at);
create index sessions_expiry on sessions (expires_at);

-- Each host of a session holds a token of its own; only hashes are kept.
create table session_tokens (
    hash text primary key,
    host text not null,
    session_id text not null references sessions (id) on delete cascade,
    created_at bigint not null
);
create index session_tokens_session on session_tokens (session_id);

-- Codes that carry a session from the sign-in host to an application's host. `binding` is the hash of the verifier
-- that the application's host left in the browser.
create table handoff_codes (
    hash text primary key,
    host text not null,
    binding text not null,
    session_id text not null references sessions (id) on delete cascade,
    expires_at bigint not null
);
create index handoff_codes_session on handoff_codes (session_id);
create index handoff_codes_expiry on handoff_codes (expires_at);

-- `state` values whose code has been exchanged: a sign-in cannot be completed twice.
create table spent_states (
    hash text primary key,
    expires_at bigint not null
);
create index spent_states_expiry on spent_states (expires_at);
