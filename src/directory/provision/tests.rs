mod accounts;
mod beforehand;
mod grants;
mod races;
