-- What sign-ins told and what became of it. Of each identity the last one, and those that were refused before there
-- was an identity: for explanations, and for the preview of a changed policy.
--
-- `claims` is null when they are not kept; `redacted` names, as a JSON list, the top-level claims that were left out.
-- `verdicts` are those that granted or failed, as JSON.
create table sign_ins (
    id text primary key,
    idp_key text not null references idps (key) on delete cascade,
    identity_id text references identities (id) on delete cascade,
    identifier text not null,
    reference text not null unique,
    refused text,
    at bigint not null,
    catalogue_version bigint not null,
    claims text,
    redacted text not null,
    verdicts text not null
);
create unique index sign_ins_last on sign_ins (idp_key, identifier, coalesce(identity_id, ''));
create unique index sign_ins_identity on sign_ins (identity_id);
-- What is to be forgotten in time, and nothing else.
create index sign_ins_kept on sign_ins (at) where claims is not null or verdicts <> '[]';
create index sign_ins_refused on sign_ins (at) where identity_id is null;

-- The audit log: what happened, who did it, what it changed. Rows outlive what they speak of, so nothing is
-- referenced; ids are those of then. `before` and `after` are JSON.
create table audit (
    id text primary key,
    at bigint not null,
    action text not null,
    actor text not null,
    reference text unique,
    user_id text,
    identity_id text,
    idp_key text,
    organization_key text,
    application_key text,
    session_id text,
    count bigint not null,
    detail text,
    before text,
    after text
);
create index audit_at on audit (at, id);

-- New accounts are counted per IdP and hour.
create index identities_created on identities (idp_key, created_at);
