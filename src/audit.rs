//! The audit log: what happened, who did it, and what it changed. Whoever changes state records it in the same
//! transaction; refused requests are counted in memory and written behind ([`Denials`]). Nothing here is ever secret: no
//! token, code or query goes in, and of claims the identifier alone, of somebody who has no account to be named by.
//! Imports store, identity and base.

mod denials;

use serde_json::Value;

use crate::base::{Ambient, Reference};
use crate::identity::{Actor, AuditId};
use crate::store::audit::AuditRow;
use crate::store::{self, StoreError, Tx};

pub use crate::store::audit::About;
pub use denials::{Denials, EntryDenied};

/// Longest detail, in characters: a line that people read.
const MAX_DETAIL: usize = 1_000;

/// Declares the actions, so that none is missing from [`Action::ALL`] or without a word.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Everything that can happen.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As the table stores it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in.
    SignIn = "sign-in",
    /// Somebody whom a provider vouched for was not let in.
    SignInRefused = "sign-in-refused",
    /// What an IdP says of somebody was fetched again, and changed something.
    ClaimsRefreshed = "claims-refreshed",
    /// An admin tried an IdP out.
    SignInTested = "sign-in-tested",
    /// Somebody signed in was refused a page of an application.
    EntryDenied = "entry-denied",
    /// A user was made beforehand.
    UserAdded = "user-added",
    /// A user was removed with all that was theirs.
    UserRemoved = "user-removed",
    /// A user may enter no more.
    UserDisabled = "user-disabled",
    /// A user may enter again.
    UserEnabled = "user-enabled",
    /// Two users became one.
    UsersMerged = "users-merged",
    /// A user was given other roles of an organization by hand.
    RolesChanged = "roles-changed",
    /// Sessions of a user were ended.
    SessionsEnded = "sessions-ended",
    /// The configuration file was applied.
    ConfigurationApplied = "configuration-applied",
    /// An organization, IdP, policy or application was changed by hand.
    CatalogueEdited = "catalogue-edited",
    /// A link that opens the console once was made.
    LoginLinkMade = "login-link-made",
    /// Such a link was used.
    BreakGlass = "break-glass",
    /// The session it opened was ended.
    BreakGlassEnded = "break-glass-ended",
    /// What policies give no longer was taken away at once.
    LossesApplied = "losses-applied",
    /// A token of the REST API was made.
    TokenMade = "token-made",
    /// A token of the REST API opens nothing any more.
    TokenEnded = "token-ended",
    /// A service account was made.
    ServiceAccountAdded = "service-account-added",
    /// A service account holds something else, or may enter with tokens that speak of other subjects than before.
    ServiceAccountChanged = "service-account-changed",
    /// A service account was removed with all that was its.
    ServiceAccountRemoved = "service-account-removed",
    /// A token for applications was made.
    ApplicationTokenMade = "application-token-made",
    /// A token for applications opens nothing any more.
    ApplicationTokenEnded = "application-token-ended",
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
        about: entry.about,
        count: 1,
        detail: entry.detail.map(|detail| detail.chars().take(MAX_DETAIL).collect()),
        before,
        after,
    }
}
