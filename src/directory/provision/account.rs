//! Whose account a sign-in is: known, made beforehand, or new.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Occasion, ProvisionError, SignIn};
use crate::base::{Ambient, Timestamp};
use crate::directory::username;
use crate::identity::{IdentityId, UserId};
use crate::store::identities::{self, IdentityRow, Match};
use crate::store::users::{self, UserRow};
use crate::store::{StoreError, Tx, catalogue, grants};

/// The time in which new accounts are counted.
const HOUR: Duration = Duration::from_secs(3_600);

/// The account of a sign-in, before anything is written.
pub(super) struct Account {
    /// How it was found.
    pub(super) how: How,
    /// The user as stored, or as they will be.
    pub(super) user: UserRow,
    /// The identity as stored, or as it will be, with what this sign-in told.
    pub(super) identity: IdentityRow,
    /// Whether this sign-in told another name or address than the last.
    pub(super) profile_changed: bool,
    /// Whether the user has never signed in anywhere: then the username is taken now.
    pub(super) first: bool,
    /// Others who were made beforehand for the same person, and become one with the user.
    pub(super) merged: Vec<UserId>,
}

/// How an account was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By its identity.
    Known,
    /// Made beforehand, and bound to the identity now.
    Bound,
    /// Not at all: it is new.
    Created,
}

impl Account {
    /// The users there are already, in the order in which they are locked.
    pub(super) fn existing_users(&self) -> BTreeSet<UserId> {
        let user = (self.how != How::Created).then_some(self.user.id);
        self.merged.iter().copied().chain(user).collect()
    }
}

/// Finds the account. Reads alone, but for the IdP's row, which is held while an identity is added or while those who
/// wait become one with its user.
pub(super) async fn find(
    tx: &mut Tx,
    sign_in: &SignIn<'_>,
    occasion: Occasion,
    ambient: &Ambient,
    now: Timestamp,
) -> Result<Account, ProvisionError> {
    let idp = sign_in.idp;
    let (mut known, mut matches) = look(tx, sign_in).await?;
    if known.is_none() || !matches.is_empty() {
        catalogue::hold_idp(tx, idp.key).await?;
        // Again, now that nobody else can be bound or added: only the first identity is whom somebody waits for.
        (known, matches) = look(tx, sign_in).await?;
    }
    check_current(tx, sign_in).await?;
    let (how, user) = match (&known, matches.first()) {
        (Some(identity), _) => (How::Known, users::get(tx, identity.user).await?.ok_or(ProvisionError::Stale)?),
        (None, Some(first)) => (How::Bound, first.user.clone()),
        (None, None) if sign_in.desired().is_some() => {
            check_flood(tx, sign_in, now).await?;
            (How::Created, new_user(sign_in, ambient, now))
        }
        (None, None) => return Err(ProvisionError::Unknown),
    };
    if user.disabled_at.is_some() {
        return Err(ProvisionError::Disabled);
    }
    let identity = known.clone().unwrap_or_else(|| new_identity(sign_in, user.id, ambient, now));
    if identity.issuer != idp.spec.issuer.as_str() || identity.identifier_path != idp.spec.profile.identifier {
        return Err(ProvisionError::Stale);
    }
    let mut identity = told(identity, sign_in);
    if occasion == Occasion::SignIn {
        identity.last_sign_in_at = now;
    }
    let profile_changed =
        known.is_none_or(|old| old.display_name != identity.display_name || old.email != identity.email);
    let is_other = |other: &&Match| other.user.id != user.id && other.waiting && other.user.disabled_at.is_none();
    let merged = matches.iter().filter(is_other).map(|other| other.user.id).collect();
    let first = match how {
        How::Known => false,
        How::Bound => matches.first().is_some_and(|first| first.waiting),
        How::Created => true,
    };
    Ok(Account { how, user, identity, profile_changed, first, merged })
}

/// The identity as stored, and who waits for it.
async fn look(tx: &mut Tx, sign_in: &SignIn<'_>) -> Result<(Option<IdentityRow>, Vec<Match>), StoreError> {
    let (idp, identifier) = (sign_in.idp.key, &sign_in.profile.identifier);
    let known = identities::find(tx, idp, identifier).await?;
    let matches = identities::awaiting(tx, idp, identifier, sign_in.verified_email()).await?;
    Ok((known, matches))
}

/// Whether the IdP may bring another account. Its row is held, so nobody else brings one meanwhile.
async fn check_flood(tx: &mut Tx, sign_in: &SignIn<'_>, now: Timestamp) -> Result<(), ProvisionError> {
    let most = sign_in.idp.spec.new_accounts_per_hour;
    let recent = identities::accounts_since(tx, sign_in.idp.key, now.minus(HOUR), most).await?;
    if recent < most { Ok(()) } else { Err(ProvisionError::TooManyNew(most)) }
}

/// Whether the catalogue is still the one the sign-in was decided with.
pub(super) async fn check_current(tx: &mut Tx, sign_in: &SignIn<'_>) -> Result<(), ProvisionError> {
    let head = catalogue::head(tx, sign_in.idp.key).await?;
    let same_idp = head.idp.is_some_and(|(spec, owner)| spec == sign_in.idp.spec && owner == sign_in.idp.owner);
    let same_version = sign_in.desired().is_none_or(|desired| desired.version == head.version);
    if same_idp && same_version { Ok(()) } else { Err(ProvisionError::Stale) }
}

fn new_user(sign_in: &SignIn<'_>, ambient: &Ambient, now: Timestamp) -> UserRow {
    UserRow {
        id: UserId::new(ambient.uuid()),
        username: sign_in.profile.username.clone(),
        display_name: None,
        email: None,
        disabled_at: None,
        created_at: now,
    }
}

fn new_identity(sign_in: &SignIn<'_>, user: UserId, ambient: &Ambient, now: Timestamp) -> IdentityRow {
    IdentityRow {
        id: IdentityId::new(ambient.uuid()),
        user,
        idp: sign_in.idp.key,
        identifier: sign_in.profile.identifier.clone(),
        issuer: sign_in.idp.spec.issuer.as_str().to_owned(),
        identifier_path: sign_in.idp.spec.profile.identifier.clone(),
        display_name: None,
        email: None,
        created_at: now,
        last_sign_in_at: now,
    }
}

/// The identity with what this sign-in told of it; what it did not tell stays.
fn told(mut identity: IdentityRow, sign_in: &SignIn<'_>) -> IdentityRow {
    let profile = &sign_in.profile;
    identity.display_name = profile.display_name.clone().or(identity.display_name);
    identity.email = profile.email.clone().or(identity.email);
    identity
}

/// Writes user and identity. The username is taken when an account first signs in, so somebody made beforehand gets
/// theirs now: no application has seen the provisional one.
pub(super) async fn write(
    tx: &mut Tx,
    account: &mut Account,
    sign_in: &SignIn<'_>,
    ambient: &Ambient,
) -> Result<(), StoreError> {
    let user = account.user.id;
    if account.first {
        account.user.username = username::free(tx, ambient, &sign_in.profile.username, Some(user)).await?;
    }
    match account.how {
        How::Known => identities::update(tx, &account.identity).await?,
        How::Bound => {
            if account.first {
                users::rename(tx, user, &account.user.username).await?;
            }
            identities::insert(tx, &account.identity).await?;
        }
        How::Created => {
            users::insert(tx, &account.user).await?;
            identities::insert(tx, &account.identity).await?;
        }
    }
    if account.profile_changed {
        let email = account.identity.email.as_ref().map(|email| email.address.as_str());
        users::update_profile(tx, user, account.identity.display_name.as_deref(), email).await?;
    }
    Ok(())
}

/// Makes one account of those that wait for the same person. An organization's own IdP brings together only what that
/// organization gave.
pub(super) async fn merge(tx: &mut Tx, account: &Account, sign_in: &SignIn<'_>) -> Result<(), StoreError> {
    let user = account.user.id;
    for other in &account.merged {
        grants::copy_manual(tx, *other, user, sign_in.idp.owner).await?;
        users::delete(tx, *other).await?;
    }
    if account.how == How::Bound {
        identities::met(tx, sign_in.idp.key, user).await?;
        if let Some(owner) = sign_in.idp.owner.filter(|_| account.first) {
            grants::confine(tx, user, owner).await?;
        }
    }
    Ok(())
}
