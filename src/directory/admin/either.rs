//! Whichever admin it is: what those of the server and those of one organization do alike, so that a door is written once
//! for both. What each may see and do of it is their own handle's to say.

use std::time::Duration;

use super::{AdminError, NewUser, OrganizationAdmin, ServerAdmin};
use crate::base::Timestamp;
use crate::directory::{
    Edit, EditError, ExplainError, Explanation, Foresight, FoundPeople, IdpSummary, ListedToken, ListedUser, Live,
    LogLines, LogPage, LogPlace, MadeToken, ManagedIdp, Person, Place, PolicyVersion, RecallError, Recalled, Sought,
    SoughtLines, StandingPolicy, Subject, Terms, TokenError,
};
use crate::identity::{
    Catalogue, Idp, IdpId, IdpKey, OrganizationKey, PolicyId, SessionId, TokenId, TokenName, UserId, Username,
};
use crate::store::StoreError;

/// A server admin, or the admin of one organization.
#[derive(Clone, Copy, Debug)]
pub enum Admin<'a> {
    /// May do everything.
    Server(ServerAdmin<'a>),
    /// May do what concerns one organization.
    Organization(OrganizationAdmin<'a>),
}

/// Where a policy stands: at an IdP, an organization's own; without an organization, the IdP's default policy.
pub type PolicyPlace = (IdpKey, Option<OrganizationKey>);

/// Asks whichever it is.
macro_rules! either {
    ($either:ident, $admin:ident => $asked:expr) => {
        match $either {
            Admin::Server($admin) => $asked,
            Admin::Organization($admin) => $asked,
        }
    };
}

impl Admin<'_> {
    /// Whether they may do everything.
    pub const fn is_of_server(self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// See [`ServerAdmin::foresee`].
    ///
    /// # Errors
    /// When it cannot be made, reaches too far, or the database fails.
    pub async fn foresee(self, edit: &Edit) -> Result<Foresight, EditError> {
        either!(self, admin => admin.foresee(edit).await)
    }

    /// See [`ServerAdmin::edit`].
    ///
    /// # Errors
    /// When it cannot be made, or the database fails: then nothing has changed.
    pub async fn edit(self, edit: &Edit, terms: &Terms) -> Result<(), EditError> {
        either!(self, admin => admin.edit(edit, terms).await)
    }

    /// The global IdPs, or the organization's own; in order of name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn idps(self) -> Result<Vec<IdpSummary>, StoreError> {
        either!(self, admin => admin.idps().await)
    }

    /// The one of them that has that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn idp(self, id: &IdpId) -> Result<Option<ManagedIdp>, StoreError> {
        either!(self, admin => admin.idp(id).await)
    }

    /// The policy as it stands there. An organization's admin sees their own, whatever the place names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_policy(self, place: PolicyPlace) -> Result<Option<StandingPolicy>, StoreError> {
        match self {
            Self::Server(admin) => admin.standing_policy(place).await,
            Self::Organization(admin) => admin.standing_policy(place.0).await,
        }
    }

    /// The versions of that policy before `before`; the last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_versions(
        self,
        place: PolicyPlace,
        before: Option<(Timestamp, PolicyId)>,
        limit: u32,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        match self {
            Self::Server(admin) => admin.policy_versions(place, before, limit).await,
            Self::Organization(admin) => admin.policy_versions(place.0, before, limit).await,
        }
    }

    /// One version of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_version(self, place: PolicyPlace, id: PolicyId) -> Result<Option<PolicyVersion>, StoreError> {
        match self {
            Self::Server(admin) => admin.policy_version(place, id).await,
            Self::Organization(admin) => admin.policy_version(place.0, id).await,
        }
    }

    /// Takes at once what that policy no longer gives; says how many grants went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apply_losses_of(self, place: PolicyPlace) -> Result<u64, StoreError> {
        match self {
            Self::Server(admin) => admin.apply_losses_of(place).await,
            Self::Organization(admin) => admin.apply_losses_of(place.0).await,
        }
    }

    /// What the last sign-in of a user at that IdP said, as far as they may know.
    ///
    /// # Errors
    /// When there is none or nothing is kept of it, or the database fails.
    pub async fn recall(self, idp: &Idp, username: &Username) -> Result<Recalled, RecallError> {
        either!(self, admin => admin.recall(idp, username).await)
    }

    /// See [`ServerAdmin::find_people`].
    ///
    /// # Errors
    /// When a name is unknown, or the database fails.
    pub async fn find_people(
        self,
        catalogue: &Catalogue,
        sought: &Sought,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<FoundPeople, AdminError> {
        either!(self, admin => admin.find_people(catalogue, sought, after, limit).await)
    }

    /// Everything they may know of somebody.
    ///
    /// # Errors
    /// When there is no such user for them, or the database fails.
    pub async fn person(self, live: &Live, user: UserId) -> Result<Person, AdminError> {
        either!(self, admin => admin.person(&live.catalogue, &live.policies, user).await)
    }

    /// The user of that id as a list shows them.
    ///
    /// # Errors
    /// When there is no such user for them, or the database fails.
    pub async fn listed(self, user: UserId) -> Result<ListedUser, AdminError> {
        either!(self, admin => admin.listed(user).await)
    }

    /// Makes a user before their first sign-in.
    ///
    /// # Errors
    /// When they cannot be made so, or the database fails.
    pub async fn pre_provision(self, new: &NewUser) -> Result<UserId, AdminError> {
        either!(self, admin => admin.pre_provision(new).await)
    }

    /// Ends sessions of a user: one, or all that are theirs to end. Says how many there were.
    ///
    /// # Errors
    /// When there is no such user for them, or the database fails.
    pub async fn end_sessions(self, user: UserId, only: Option<SessionId>) -> Result<usize, AdminError> {
        either!(self, admin => admin.end_sessions(user, only).await)
    }

    /// The tokens that open what they administer, the newest first, each with what its maker is called.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens(self) -> Result<Vec<(ListedToken, Option<Username>)>, StoreError> {
        either!(self, admin => admin.tokens().await)
    }

    /// Makes such a token.
    ///
    /// # Errors
    /// When a token asks for it, it would live too long, there are too many, or the database fails.
    pub async fn make_token(self, name: &TokenName, lifetime: Duration) -> Result<MadeToken, TokenError> {
        either!(self, admin => admin.make_token(name, lifetime).await)
    }

    /// Ends such a token.
    ///
    /// # Errors
    /// When there is none of that id among them, or the database fails.
    pub async fn end_token(self, id: TokenId) -> Result<(), TokenError> {
        either!(self, admin => admin.end_token(id).await)
    }

    /// The next lines of the audit log before `before`, the newest first, as far as they may see it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(
        self,
        sought: &SoughtLines,
        before: Option<LogPlace>,
        limit: u32,
    ) -> Result<LogPage, StoreError> {
        either!(self, admin => admin.latest(sought, before, limit).await)
    }

    /// The next of these lines after `after`, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(
        self,
        sought: &SoughtLines,
        after: Option<LogPlace>,
        limit: u32,
    ) -> Result<LogLines, StoreError> {
        either!(self, admin => admin.audit_log(sought, after, limit).await)
    }

    /// Explains what somebody holds, or what became of a request, as far as they may know of it.
    ///
    /// # Errors
    /// When there is nothing to explain, or the database fails.
    pub async fn explain(self, live: &Live, subject: &Subject) -> Result<Explanation, ExplainError> {
        either!(self, admin => admin.explain_by(&live.catalogue, &live.policies, subject).await)
    }
}
