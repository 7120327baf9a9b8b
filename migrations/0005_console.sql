-- Where an organization's admins may publish applications: host suffixes and upstream networks, as JSON. Null: nowhere.
alter table organizations add column allotment text;
