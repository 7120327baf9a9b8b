-- Who put a version of a policy in force. Null: from before this was written down. History is read by place, the last
-- version first.
alter table policies add column author text;
create index policies_history on policies (idp_key, organization_key, created_at, id);
