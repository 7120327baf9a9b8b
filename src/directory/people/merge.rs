//! Two users become one: by an explicit act of a server admin, never by themselves.

use std::collections::BTreeSet;

use serde_json::json;

use super::Hands;
use super::hands::tried;
use super::listed::ListedUser;
use crate::audit::{About, Action};
use crate::directory::AdminError;
use crate::directory::admin::ServerAdmin;
use crate::identity::{IdpKey, OrganizationKey, UserId};
use crate::store::changes::{self, Change};
use crate::store::{Tx, grants, identities, search, users};

/// Why two users stay two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// They are one already.
    #[error("this is the same user")]
    Same,
    /// Whoever runs an organization's IdP can be anybody in it: no other account may hang on its word.
    #[error(
        "one of them signs in, or is awaited, at an organization's own identity provider, and the other elsewhere: \
         whoever runs that provider could enter as both"
    )]
    Owners,
    /// Applications know the other name.
    #[error("the one who stays has never signed in, and the other has: merge them the other way round")]
    Waiting,
    /// Merging would let somebody in who was shut out, or shut out somebody who was not.
    #[error("one of them is disabled: enable or delete that one first")]
    Disabled,
    /// Who would go is the admin themselves.
    #[error("you cannot merge yourself away: merge the other user into yours")]
    Yourself,
}

impl ServerAdmin<'_> {
    /// What a merge would bring together: who goes, and who stays.
    ///
    /// # Errors
    /// When they cannot be merged, there is no such user, or the database fails.
    pub async fn foresee_merge(&self, goes: UserId, stays: UserId) -> Result<(ListedUser, ListedUser), AdminError> {
        let mut tx = self.directory.db.snapshot().await?;
        let hands = Hands::from(self);
        let rows = hands.mergeable(&mut tx, goes, stays).await?;
        let [goes, stays] = <[ListedUser; 2]>::try_from(hands.listed(&mut tx, rows.into()).await?)
            .map_err(|_| AdminError::NoSuchUser)?;
        Ok((goes, stays))
    }

    /// Gives everything of one user to another: identities, grants, what they are awaited by. Who goes is no more, and
    /// their sessions end; who stays keeps name and username.
    ///
    /// # Errors
    /// When they cannot be merged, there is no such user, or the database fails.
    pub async fn merge_users(&self, goes: UserId, stays: UserId) -> Result<(), AdminError> {
        tried!(Hands::from(self).merge(goes, stays))?;
        tracing::info!(actor = %self.actor, user = %stays, merged = %goes, "users merged");
        Ok(())
    }
}

impl Hands<'_> {
    async fn merge(self, goes: UserId, stays: UserId) -> Result<(), AdminError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        for user in BTreeSet::from([goes, stays]) {
            if !users::lock(&mut tx, user).await? {
                return Err(AdminError::NoSuchUser);
            }
        }
        self.must_be_as_seen(&mut tx).await?;
        let [gone, _] = self.mergeable(&mut tx, goes, stays).await?;
        let held = grants::of_user(&mut tx, goes).await?;
        let organizations: BTreeSet<OrganizationKey> = held.iter().map(|row| row.organization).collect();
        grants::lock(&mut tx, &organizations.into_iter().collect::<Vec<_>>()).await?;
        let roles: Vec<_> = held.iter().map(|row| row.role).collect();
        let names = crate::directory::record::RoleNames::of(&mut tx, &roles).await?;
        identities::hand_over(&mut tx, goes, stays).await?;
        grants::hand_over(&mut tx, goes, stays).await?;
        users::delete(&mut tx, goes).await?;
        search::refresh(&mut tx, &[stays]).await?;
        changes::append(&mut tx, now, &[Change::User(goes), Change::User(stays)]).await?;
        let before =
            json!({ "user": goes.to_string(), "username": gone.username.as_str(), "roles": names.told(&roles) });
        let about = About { user: Some(stays), ..About::default() };
        self.record(&mut tx, Action::UsersMerged, about, Some((before, json!({ "user": stays.to_string() })))).await?;
        Ok(tx.commit().await?)
    }

    /// Who goes and who stays, if they may become one.
    async fn mergeable(self, tx: &mut Tx, goes: UserId, stays: UserId) -> Result<[users::UserRow; 2], AdminError> {
        if goes == stays {
            return Err(MergeError::Same.into());
        }
        self.not_oneself(goes).map_err(|_| MergeError::Yourself)?;
        let (Some(gone), Some(staying)) = (users::get(tx, goes).await?, users::get(tx, stays).await?) else {
            return Err(AdminError::NoSuchUser);
        };
        if gone.disabled_at.is_some() || staying.disabled_at.is_some() {
            return Err(MergeError::Disabled.into());
        }
        let known = identities::of_users(tx, &[goes, stays]).await?;
        let awaited = identities::awaited_by(tx, &[goes, stays]).await?;
        let idps = known.iter().map(|identity| identity.idp).chain(awaited.iter().map(|(_, idp, _)| *idp));
        let idps: Vec<IdpKey> = idps.collect::<BTreeSet<_>>().into_iter().collect();
        let owners: BTreeSet<Option<OrganizationKey>> =
            identities::whereabouts(tx, &idps).await?.into_iter().map(|idp| idp.owner).collect();
        if owners.len() > 1 {
            return Err(MergeError::Owners.into());
        }
        let has_signed_in = |user| known.iter().any(|identity| identity.user == user);
        if has_signed_in(goes) && !has_signed_in(stays) {
            return Err(MergeError::Waiting.into());
        }
        Ok([gone, staying])
    }
}
