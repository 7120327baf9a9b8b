//! A sign-in becomes an account and its grants: one transaction, from what the IdP said and the policies decided.
//!
//! The order is that of the mission: whose account it is (the identity's, one made beforehand, or a new one), its name
//! and address, then the grants of this identity's origin. Before anything is written it is clear whether the sign-in
//! is refused.

mod account;
mod settle;

use super::reconcile::Desired;
use super::{ATTEMPTS, Directory, Record};
use crate::identity::{IdentityId, Idp, RoleId, UserId, Username};
use crate::policy::Profile;
use crate::store::StoreError;

/// A sign-in to be written down.
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    /// The IdP that vouches for it, of the catalogue it was decided with.
    pub idp: &'a Idp,
    /// Who signs in.
    pub profile: Profile,
    /// What the policies decided; `None` with auto provision off: no policy runs, no account is made, and nobody
    /// becomes or ceases to be a server admin.
    pub decision: Option<Desired>,
    /// What is kept of it.
    pub record: &'a Record,
}

/// Why claims were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    /// Somebody signs in.
    SignIn,
    /// They did before, and are asked about again.
    Refresh,
}

/// A sign-in that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// Whose account it is.
    pub user: UserId,
    /// The identity signed in with.
    pub identity: IdentityId,
    /// What applications call the user.
    pub username: Username,
    /// Whether the user is new.
    pub created: bool,
    /// The roles this sign-in gave that the last one had not.
    pub added: Vec<RoleId>,
    /// The roles earlier sign-ins gave that this one did not.
    pub removed: Vec<RoleId>,
    /// In how many organizations the user holds a live grant that counts in this identity's sessions.
    pub organizations: usize,
}

/// Why a sign-in did not go through.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// Nobody was made beforehand for this identity, and the IdP makes no accounts by itself.
    #[error("nobody is known by this identity")]
    Unknown,
    /// The IdP asks for a grant, and there would be none. What was revoked is written down, and the sessions of this
    /// identity have ended.
    #[error("no organization takes this identity")]
    NoMatch,
    /// The user may not enter.
    #[error("the user is disabled")]
    Disabled,
    /// So many accounts came of this IdP within an hour that another is not made; it may be later.
    #[error("{0} accounts were made through this IdP within an hour, the most that new_accounts_per_hour allows")]
    TooManyNew(u32),
    /// The catalogue has changed since the decision: decide again with the one of now.
    #[error("the configuration has changed meanwhile")]
    Stale,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Writes a sign-in down: account, name and address, grants. Nothing of it if it is refused, but for
    /// [`ProvisionError::NoMatch`] of somebody known.
    ///
    /// # Errors
    /// When the sign-in is refused, was decided with another catalogue, or the database fails.
    pub async fn provision(&self, sign_in: &SignIn<'_>) -> Result<Provisioned, ProvisionError> {
        self.provision_on(Occasion::SignIn, sign_in).await
    }

    /// The same of claims that were fetched again while a session lasts: of somebody known, or nothing is written.
    ///
    /// # Errors
    /// As [`Directory::provision`], and [`ProvisionError::Unknown`] of anybody new.
    pub async fn provision_again(&self, sign_in: &SignIn<'_>) -> Result<Provisioned, ProvisionError> {
        self.provision_on(Occasion::Refresh, sign_in).await
    }

    async fn provision_on(&self, occasion: Occasion, sign_in: &SignIn<'_>) -> Result<Provisioned, ProvisionError> {
        let mut attempt = 1;
        loop {
            match settle::run(self, sign_in, occasion).await {
                Err(ProvisionError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }
}

impl SignIn<'_> {
    /// The decision, unless the IdP leaves provisioning to people.
    fn desired(&self) -> Option<&Desired> {
        self.decision.as_ref().filter(|_| self.idp.spec.auto_provision)
    }

    /// Whether the sign-in makes a server admin. An organization's own IdP never does.
    fn makes_server_admin(&self) -> bool {
        self.profile.server_admin && self.idp.owner.is_none()
    }

    fn verified_email(&self) -> Option<&str> {
        self.profile.email.as_ref().filter(|email| email.verified).map(|email| email.address.as_str())
    }
}

#[cfg(test)]
mod tests;
