-- What an organization's admins call somebody who waits for their first sign-in: theirs alone, for another organization
-- may have entered the same person under a name of its own.
create table awaited_names (
    user_id text not null references users (id) on delete cascade,
    organization_key text not null references organizations (key) on delete cascade,
    name text not null,
    primary key (user_id, organization_key)
);
create index awaited_names_organization on awaited_names (organization_key);
