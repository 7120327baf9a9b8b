-- The provider's side of a session: whom it signed in there (`sub`; the identifier of an identity may be another claim),
-- and the ID token, sealed, where signing out here is to be signing out there.
alter table sessions add column idp_sub text;
alter table sessions add column id_token text;
create index sessions_idp_sub on sessions (idp_key, idp_sub);
update sessions set idp_sub = (
    select i.identifier from identities i where i.id = sessions.identity_id and i.identifier_path = 'sub'
);
