-- The audit log of one identity provider, from its end.
create index audit_idp on audit (idp_key, at, id) where idp_key is not null;
