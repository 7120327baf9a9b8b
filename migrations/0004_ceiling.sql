-- The most a policy may give, whatever its selectors say: the roles its author could give when it was saved, as a JSON
-- list of role ids. Null: every role there is, as for what the configuration file declares.
alter table policies add column ceiling text;
