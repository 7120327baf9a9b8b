-- By what claims of a session are fetched again, sealed, and when next. One that is being fetched is due again in a while,
-- should whoever fetches it never come back.
alter table sessions add column refresh_token text;
alter table sessions add column refresh_at bigint;
create index sessions_refresh on sessions (refresh_at) where refresh_at is not null;
