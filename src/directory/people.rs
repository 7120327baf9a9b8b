//! Users as admins see them, and what admins do to them. Everything is done by [`Hands`]: an admin's, and the
//! organization they are narrowed to, if they are.

mod beforehand;
mod find;
mod hands;
mod listed;
mod manage;
mod merge;
mod own;
mod person;

pub use find::{FoundPeople, NO_WORD, Sought};
pub use listed::{ListedIdentity, ListedRole, ListedUser, UserSelector, UserState};
pub use merge::MergeError;
pub use own::{Own, OwnSession};
pub use person::{Person, PersonSession};

use hands::Hands;

#[cfg(test)]
mod tests;
