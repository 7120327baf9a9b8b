//! The policies of one place, for whoever writes them: every version with who put it in force, and what a known person's
//! last sign-in said, to try a text on before it is saved.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::explain::kept_claims;
use super::{OrganizationAdmin, Revision, ServerAdmin};
use crate::base::Timestamp;
use crate::claims::Claims;
use crate::identity::{
    Actor, Idp, IdpKey, OrganizationKey, PolicyId, PolicyText, Sight, TokenId, TokenName, UserId, Username,
};
use crate::store::policies::{self, Place, VersionRow};
use crate::store::tokens::{self, TokenRow};
use crate::store::{StoreError, Tx, holders, sign_ins, users};

/// One version of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyVersion {
    /// The version.
    pub id: PolicyId,
    /// Its selectors.
    pub text: PolicyText,
    /// When it came into force.
    pub at: Timestamp,
    /// When it ceased to be; absent: it is in force.
    pub retired_at: Option<Timestamp>,
    /// Who put it in force.
    pub by: Author,
}

/// A policy as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingPolicy {
    /// The version in force, and what whoever changes it says they saw; absent: nothing stands there.
    pub version: Option<(PolicyId, Revision)>,
    /// Its selectors.
    pub text: PolicyText,
    /// Whether the configuration file declares it, so that it is changed there.
    pub declared: bool,
}

/// Who put a version in force, as far as whoever asks may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The configuration file.
    File,
    /// Whoever runs commands on the server.
    Operator,
    /// Whoever came in by a login link.
    BreakGlass,
    /// A user.
    User(Username),
    /// A program, with a token.
    Token {
        /// What people call the token.
        name: TokenName,
        /// Who made it, if that was a user whom one may know.
        maker: Option<Username>,
    },
    /// Somebody who is gone, or whom one may not know; or it was not written down.
    Somebody,
}

/// What a known person's last sign-in at an IdP said.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// Who.
    pub username: Username,
    /// When.
    pub at: Timestamp,
    /// Everything it said, to decide by.
    pub claims: Claims,
    /// What of it whoever asks may see.
    pub shown: Map<String, Value>,
}

/// Why nothing is recalled.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// There is nobody of that name, or nobody that one may know of.
    #[error("there is nobody of that username here")]
    NoSuchUser,
    /// They never signed in there.
    #[error("they have not signed in at this provider yet")]
    NoSignIn,
    /// Nothing is kept of it.
    #[error("of their last sign-in {0}")]
    NotKept(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ServerAdmin<'_> {
    /// An organization's policy at an IdP, or its default policy, as it stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_policy(
        &self,
        place: (IdpKey, Option<OrganizationKey>),
    ) -> Result<Option<StandingPolicy>, StoreError> {
        standing(&mut self.directory.db.snapshot().await?, place).await
    }

    /// The versions of an organization's policy at an IdP, or of its default policy, before `before`; the last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_versions(
        &self,
        place: (IdpKey, Option<OrganizationKey>),
        before: Option<(Timestamp, PolicyId)>,
        limit: u32,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let rows = policies::versions(&mut tx, place, before, limit).await?;
        named(&mut tx, rows, None).await
    }

    /// One version of that place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_version(
        &self,
        place: (IdpKey, Option<OrganizationKey>),
        id: PolicyId,
    ) -> Result<Option<PolicyVersion>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        one(&mut tx, place, id, None).await
    }

    /// What the last sign-in of a user at that IdP said.
    ///
    /// # Errors
    /// When there is none or nothing is kept of it, or the database fails.
    pub async fn recall(&self, idp: &Idp, username: &Username) -> Result<Recalled, RecallError> {
        let mut tx = self.directory.db.snapshot().await?;
        let user = users::named(&mut tx, username).await?.ok_or(RecallError::NoSuchUser)?;
        recalled(&mut tx, idp, user, Sight::All).await
    }
}

impl OrganizationAdmin<'_> {
    /// The organization's policy at an IdP as it stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_policy(&self, idp: IdpKey) -> Result<Option<StandingPolicy>, StoreError> {
        standing(&mut self.directory.db.snapshot().await?, (idp, Some(self.organization))).await
    }

    /// The versions of the organization's policy at an IdP before `before`; the last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_versions(
        &self,
        idp: IdpKey,
        before: Option<(Timestamp, PolicyId)>,
        limit: u32,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let rows = policies::versions(&mut tx, (idp, Some(self.organization)), before, limit).await?;
        named(&mut tx, rows, Some((self.organization, self.directory.ambient.now()))).await
    }

    /// One version of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy_version(&self, idp: IdpKey, id: PolicyId) -> Result<Option<PolicyVersion>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let within = (self.organization, self.directory.ambient.now());
        one(&mut tx, (idp, Some(self.organization)), id, Some(within)).await
    }

    /// What the last sign-in of a present member at that IdP said; of it, the claims that this organization's admins see.
    ///
    /// # Errors
    /// As [`ServerAdmin::recall`]; who is no member is nobody.
    pub async fn recall(&self, idp: &Idp, username: &Username) -> Result<Recalled, RecallError> {
        let sight = idp.sight(self.organization);
        if sight == Sight::Nothing {
            return Err(RecallError::NoSuchUser);
        }
        let mut tx = self.directory.db.snapshot().await?;
        let user = users::named(&mut tx, username).await?.ok_or(RecallError::NoSuchUser)?;
        let held = holders::live_of(&mut tx, &[user], self.directory.ambient.now()).await?;
        if !held.iter().any(|grant| grant.organization == self.organization) {
            return Err(RecallError::NoSuchUser);
        }
        recalled(&mut tx, idp, user, sight).await
    }
}

async fn standing(tx: &mut Tx, place: Place) -> Result<Option<StandingPolicy>, StoreError> {
    let found = policies::standing(tx, place).await?;
    Ok(found.map(|row| {
        let (version, text) = row.version.map(|(id, text)| ((id, Revision::of_policy(id)), text)).unzip();
        StandingPolicy { version, text: text.unwrap_or_default(), declared: row.declared }
    }))
}

async fn recalled(tx: &mut Tx, idp: &Idp, user: UserId, sight: Sight<'_>) -> Result<Recalled, RecallError> {
    let of_user = sign_ins::of_user(tx, user).await?.into_iter().filter(|row| row.idp == idp.key);
    let row = of_user.max_by_key(|row| row.at).ok_or(RecallError::NoSignIn)?;
    let claims = kept_claims(idp, row.claims, row.redacted).map_err(RecallError::NotKept)?;
    let username = users::usernames(tx, &[user]).await?.pop().map(|(_, username)| username);
    let seen = claims.merged().iter().filter(|(name, _)| sight.sees(name));
    let shown = seen.map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(Recalled { username: username.ok_or(RecallError::NoSuchUser)?, at: row.at, claims, shown })
}

async fn one(
    tx: &mut Tx,
    place: Place,
    id: PolicyId,
    within: Option<(OrganizationKey, Timestamp)>,
) -> Result<Option<PolicyVersion>, StoreError> {
    let row = policies::version(tx, place, id).await?;
    Ok(named(tx, row.into_iter().collect(), within).await?.pop())
}

/// With the names of their authors; `within` an organization, those of present members and of its own tokens.
async fn named(
    tx: &mut Tx,
    rows: Vec<VersionRow>,
    within: Option<(OrganizationKey, Timestamp)>,
) -> Result<Vec<PolicyVersion>, StoreError> {
    let presented: BTreeSet<TokenId> = rows.iter().filter_map(|row| token(row.author)).collect();
    let mut known = tokens::some(tx, &presented.into_iter().collect::<Vec<_>>()).await?;
    known.retain(|token| within.is_none_or(|(organization, _)| token.opens.organization() == Some(organization)));
    let known: HashMap<TokenId, TokenRow> = known.into_iter().map(|token| (token.id, token)).collect();
    let authors = rows.iter().map(|row| row.author).chain(known.values().map(|token| Some(token.made_by)));
    let mut authors: Vec<UserId> = authors.filter_map(user).collect();
    if let Some((organization, now)) = within {
        let held = holders::live_of(tx, &authors, now).await?;
        authors.retain(|user| held.iter().any(|grant| grant.user == *user && grant.organization == organization));
    }
    let names: HashMap<UserId, Username> = users::usernames(tx, &authors).await?.into_iter().collect();
    let named = |author| user(author).and_then(|user| names.get(&user)).cloned();
    let by = |author: Option<Actor>| match author {
        Some(Actor::File) => Author::File,
        Some(Actor::CommandLine) => Author::Operator,
        Some(Actor::BreakGlass) => Author::BreakGlass,
        Some(Actor::Token(id)) => known.get(&id).map_or(Author::Somebody, |token| Author::Token {
            name: token.name.clone(),
            maker: named(Some(token.made_by)),
        }),
        author => named(author).map_or(Author::Somebody, Author::User),
    };
    let version = |row: VersionRow| PolicyVersion {
        id: row.id,
        text: row.text,
        at: row.at,
        retired_at: row.retired_at,
        by: by(row.author),
    };
    Ok(rows.into_iter().map(version).collect())
}

const fn user(author: Option<Actor>) -> Option<UserId> {
    match author {
        Some(Actor::User(user)) => Some(user),
        _ => None,
    }
}

const fn token(author: Option<Actor>) -> Option<TokenId> {
    match author {
        Some(Actor::Token(token)) => Some(token),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
