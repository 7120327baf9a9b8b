//! The audit log: what happened, who did it, and what it changed. Whoever changes state records it in the same
//! transaction; refused requests are counted in memory and written behind ([`Denials`]). Nothing here is ever secret:
//! no token, code, query or claim goes in. Imports store, identity and base.

mod denials;

use serde_json::Value;

use crate::base::{Ambient, Reference};
use crate::identity::{Actor, ApplicationKey, AuditId, IdentityId, IdpKey, OrganizationKey, SessionId, UserId};
use crate::store::audit::AuditRow;
use crate::store::{self, StoreError, Tx};

pub use denials::{Denials, EntryDenied};

/// Longest detail, in characters: a line that people read.
const MAX_DETAIL: usize = 1_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Somebody signed in.
    SignIn,
    /// Somebody whom a provider vouched for was not let in.
    SignInRefused,
    /// Somebody signed in was refused a page of an application.
    EntryDenied,
    /// A user was made beforehand, or given roles.
    UserAdded,
    /// A user was removed with all that was theirs.
    UserRemoved,
    /// The configuration file was applied.
    ConfigurationApplied,
    /// What policies give no longer was taken away at once.
    LossesApplied,
}

impl Action {
    /// As the table stores it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignInRefused => "sign-in-refused",
            Self::EntryDenied => "entry-denied",
            Self::UserAdded => "user-added",
            Self::UserRemoved => "user-removed",
            Self::ConfigurationApplied => "configuration-applied",
            Self::LossesApplied => "losses-applied",
        }
    }
}

/// Whom and what a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The user.
    pub user: Option<UserId>,
    /// Which of their identities.
    pub identity: Option<IdentityId>,
    /// The IdP.
    pub idp: Option<IdpKey>,
    /// The organization.
    pub organization: Option<OrganizationKey>,
    /// The application.
    pub application: Option<ApplicationKey>,
    /// The session.
    pub session: Option<SessionId>,
}

/// One line to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What happened.
    pub action: Action,
    /// Who did it.
    pub actor: Actor,
    /// Whom and what it is about.
    pub about: About,
    /// What the page showed, if there was one.
    pub reference: Option<Reference>,
    /// Why, in words.
    pub detail: Option<String>,
    /// What was and what is now, of what changed.
    pub change: Option<(Value, Value)>,
}

/// Writes a line in the transaction of what it tells of.
///
/// # Errors
/// When the database fails.
pub async fn record(tx: &mut Tx, ambient: &Ambient, entry: Entry) -> Result<(), StoreError> {
    store::audit::insert(tx, &row(ambient, entry)).await
}

fn row(ambient: &Ambient, entry: Entry) -> AuditRow {
    let (before, after) = entry.change.unzip();
    AuditRow {
        id: AuditId::new(ambient.uuid()),
        at: ambient.now(),
        action: entry.action.word().to_owned(),
        actor: entry.actor,
        reference: entry.reference.map(|reference| reference.to_string()),
        user: entry.about.user,
        identity: entry.about.identity,
        idp: entry.about.idp,
        organization: entry.about.organization,
        application: entry.about.application,
        session: entry.about.session,
        count: 1,
        detail: entry.detail.map(|detail| detail.chars().take(MAX_DETAIL).collect()),
        before,
        after,
    }
}
