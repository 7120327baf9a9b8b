//! The directory: the single writer of users, identities, organizations, roles, grants, IdPs, policies and
//! applications. What may happen, in which order and all or nothing, is decided here; the SQL is the store's.
//!
//! Locks are taken in one order everywhere: the catalogue's head, an IdP's row, a user's row, organizations' rows, the
//! head of the change log.

mod admin;
mod audit_log;
mod break_glass;
mod crowd;
mod danger;
mod declare;
mod difference;
mod edit;
mod explain;
mod foresee;
mod idps;
mod live;
mod losses;
mod machines;
mod overview;
mod people;
mod plan;
mod policies;
mod provider_logout;
mod provision;
mod reconcile;
mod record;
mod secret;
mod tokens;
mod username;

#[cfg(test)]
mod kit;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::base::Ambient;
use crate::identity::{Catalogue, OrganizationKey};
use crate::store::{self, Db};

pub use admin::{Admin, AdminError, NewUser, OrganizationAdmin, PolicyPlace, ServerAdmin, Who};
pub use audit_log::{BadFilters, LogFilters, LogPage, LogPlace};
pub use break_glass::{BREAK_GLASS_LIFETIME, LINK_LIFETIME};
pub use danger::{Approval, Danger, DangerKind, IdentityChoice};
pub use declare::Declared;
pub use difference::{Becomes, Difference};
pub use edit::{Edit, EditError, Expected, Revision, SecretEdit, Terms};
pub use explain::{
    Event, ExplainError, ExplainedSignIn, ExplainedUser, Explanation, Fate, Held, Now, RefusedApplication, Subject,
    verdict_detail,
};
pub use foresee::{Effect, Foresight, Impact, What};
pub use idps::{IdpSummary, MANY_PEOPLE, ManagedIdp};
pub use live::{Current, Live};
pub use machines::{
    ApplicationScope, ListedApplicationToken, MAX_SERVICE_ACCOUNTS, MachineError, MadeApplicationToken, ServiceAccount,
    ServiceAccountState,
};
pub use overview::{Day, MANY_WAITING, Outlook, TOLD_DAYS};
pub use people::{
    FoundPeople, ListedIdentity, ListedRole, ListedUser, MergeError, NO_WORD, Own, OwnSession, Person, PersonSession,
    Sought, UserSelector, UserState,
};
pub use plan::{DeclareError, Gone};
pub use policies::{Author, PolicyVersion, RecallError, Recalled, StandingPolicy};
pub use provider_logout::ProviderLogout;
pub use provision::{ProvisionError, Provisioned, SignIn};
pub use reconcile::Desired;
pub use record::{Record, RecordSettings, RefusedSignIn};
pub use secret::{SealedSecret, SealedSecrets};
pub use tokens::{Bearer, ListedToken, MAX_TOKEN_LIFETIME, MAX_TOKENS, MadeToken, TokenError};
// What callers handle, from rooms that not all of them know.
pub use crate::identity::Actor;
pub use crate::policy::Profile;
pub use crate::store::StoreError;
pub use crate::store::audit::{AuditRow as AuditLine, Lines as LogLines, Sought as SoughtLines};
pub use crate::store::people::{Place, State as SoughtState};
pub use crate::store::sessions::EndedThere;

/// How often a transaction is tried when somebody else was faster each time. Twice is what two sign-ins of one new
/// person need; more is for several who ask for one username at once, at different IdPs.
const ATTEMPTS: usize = 5;

/// The single writer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory {
    db: Db,
    ambient: Ambient,
    records: Arc<ArcSwap<RecordSettings>>,
    outlook: Arc<overview::Remembered>,
}

impl Directory {
    /// The directory in that database, with the usual settings of what is kept.
    pub fn new(db: Db, ambient: Ambient) -> Self {
        Self { db, ambient, records: Arc::default(), outlook: Arc::default() }
    }

    /// This directory, keeping what these settings say.
    #[must_use]
    pub fn keeping(self, records: RecordSettings) -> Self {
        self.keep(records);
        self
    }

    /// Keeps what these settings say from now on, as do all clones.
    pub fn keep(&self, records: RecordSettings) {
        self.records.store(Arc::new(records));
    }

    /// Everything that is live, of one piece.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catalogue(&self) -> Result<Catalogue, StoreError> {
        let mut tx = self.db.brief_snapshot().await?;
        store::catalogue::load(&mut tx).await
    }

    /// The version of what is live.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn version(&self) -> Result<i64, StoreError> {
        let mut tx = self.db.brief_snapshot().await?;
        store::catalogue::version(&mut tx).await
    }

    /// The handle of whoever may do everything.
    pub fn server_admin(&self, actor: Actor) -> ServerAdmin<'_> {
        ServerAdmin::new(self, actor)
    }

    /// The handle of whoever administers one organization.
    pub const fn organization_admin(&self, actor: Actor, organization: OrganizationKey) -> OrganizationAdmin<'_> {
        OrganizationAdmin { directory: self, actor, organization, seen: None }
    }
}
