//! Whose hands something is done by.

use serde_json::Value;

use crate::audit::{self, About, Action, Entry};
use crate::directory::admin::{OrganizationAdmin, ServerAdmin};
use crate::directory::{AdminError, Directory, ListedUser};
use crate::identity::{Actor, OrganizationKey, UserId};
use crate::store::{StoreError, Tx};

/// An admin, and the organization they are narrowed to.
#[derive(Clone, Copy)]
pub(super) struct Hands<'a> {
    pub(super) directory: &'a Directory,
    pub(super) actor: Actor,
    /// The one organization of which they know.
    pub(super) within: Option<OrganizationKey>,
    /// The user as they must still be when it is done.
    pub(super) seen: Option<&'a ListedUser>,
}

impl<'a> From<&ServerAdmin<'a>> for Hands<'a> {
    fn from(admin: &ServerAdmin<'a>) -> Self {
        Self { directory: admin.directory, actor: admin.actor, within: None, seen: admin.seen }
    }
}

impl<'a> From<&OrganizationAdmin<'a>> for Hands<'a> {
    fn from(admin: &OrganizationAdmin<'a>) -> Self {
        Self { directory: admin.directory, actor: admin.actor, within: Some(admin.organization), seen: admin.seen }
    }
}

impl Hands<'_> {
    /// Whether they know of an IdP: global ones are everybody's, owned ones their organization's.
    pub(super) fn reaches(self, owner: Option<OrganizationKey>) -> bool {
        self.within.is_none_or(|within| owner.is_none_or(|owner| owner == within))
    }

    /// Whoever it is, it is not the admin themselves.
    pub(super) fn not_oneself(self, user: UserId) -> Result<(), AdminError> {
        if self.actor == Actor::User(user) { Err(AdminError::Yourself) } else { Ok(()) }
    }

    /// Writes what was done into the audit log, in the transaction it was done in.
    pub(super) async fn record(
        self,
        tx: &mut Tx,
        action: Action,
        about: About,
        change: Option<(Value, Value)>,
    ) -> Result<(), StoreError> {
        let entry = Entry { action, actor: self.actor, about, reference: None, detail: None, change };
        audit::record(tx, &self.directory.ambient, entry).await
    }
}

/// Does something again while somebody else was faster. Not a function: a future that borrows from an asynchronous
/// closure cannot be promised to be `Send`, and handlers must be.
macro_rules! tried {
    ($once:expr) => {{
        let mut attempt = 1;
        loop {
            match $once.await {
                Err(AdminError::Store(error)) if error.is_worth_retrying() && attempt < $crate::directory::ATTEMPTS => {
                    attempt += 1;
                }
                result => break result,
            }
        }
    }};
}
pub(super) use tried;
