mod accounts;
mod beforehand;
mod grants;
