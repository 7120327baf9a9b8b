//! Users in lists: who they are, where they sign in, what they hold.

use std::collections::{BTreeSet, HashMap};

use super::Hands;
use crate::base::Timestamp;
use crate::directory::admin::{ServerAdmin, Who};
use crate::identity::{IdentityId, IdpId, IdpKey, OrganizationId, OrganizationKey, Origin, RoleName, UserId, Username};
use crate::store::identities::{self, Awaited, Whereabouts};
use crate::store::users::UserRow;
use crate::store::{StoreError, Tx, grants, users};

/// Most users listed at once: a page that people read, and a list of placeholders that both engines take.
pub(super) const MAX_PAGE: u32 = 500;

/// How it stands with a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    /// May not enter.
    Disabled,
    /// Has never signed in.
    Waiting,
    /// Signs in, and holds a role.
    Active,
    /// Signs in, and holds none.
    WithoutOrganization,
}

/// An identity of a listed user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedIdentity {
    /// The identity.
    pub id: IdentityId,
    /// The IdP.
    pub idp: IdpId,
    /// The key there.
    pub identifier: String,
    /// The address told there.
    pub email: Option<String>,
    /// Whether that IdP says that it is theirs.
    pub email_verified: bool,
    /// The last sign-in.
    pub last_sign_in_at: Timestamp,
}

/// A live role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRole {
    /// The organization's row.
    pub key: OrganizationKey,
    /// The organization.
    pub organization: OrganizationId,
    /// The role.
    pub role: RoleName,
    /// Who gave it.
    pub origin: Origin,
    /// Present while it outlives a selector that failed: how long it counts.
    pub kept_until: Option<Timestamp>,
}

/// A user as an admin sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUser {
    /// The user.
    pub id: UserId,
    /// What applications call them; provisional while they wait.
    pub username: Username,
    /// The name people go by.
    pub display_name: Option<String>,
    /// The address last heard of.
    pub email: Option<String>,
    /// How it stands with them.
    pub state: UserState,
    /// Whether they are a server admin.
    pub server_admin: bool,
    /// When they were made.
    pub created_at: Timestamp,
    /// Their identities.
    pub identities: Vec<ListedIdentity>,
    /// Where and as whom they are waited for.
    pub awaited: Vec<(IdpId, Who)>,
    /// The live roles they hold, with who gave them.
    pub roles: Vec<ListedRole>,
}

/// Names one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserSelector {
    /// By id.
    Id(UserId),
    /// By what they are known by at an IdP, or waited for there.
    At(IdpId, Who),
}

impl ServerAdmin<'_> {
    /// The next users after `after`, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_users(&self, limit: u32, after: Option<UserId>) -> Result<Vec<ListedUser>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let page = users::page(&mut tx, limit.min(MAX_PAGE), after).await?;
        Hands::from(self).listed(&mut tx, page).await
    }
}

impl Hands<'_> {
    /// These users with what these hands may know of them: of an organization's, what is its own. A constant number of
    /// statements.
    pub(super) async fn listed(self, tx: &mut Tx, page: Vec<UserRow>) -> Result<Vec<ListedUser>, StoreError> {
        let ids: Vec<UserId> = page.iter().map(|user| user.id).collect();
        let admins = if self.within.is_none() { grants::server_admins(tx, &ids).await? } else { Vec::new() };
        let identities = identities::of_users(tx, &ids).await?;
        let awaited = identities::awaited_by(tx, &ids).await?;
        let named = grants::named(tx, &ids, self.directory.ambient.now()).await?;
        let mut idps: BTreeSet<IdpKey> = identities.iter().map(|identity| identity.idp).collect();
        idps.extend(awaited.iter().map(|(_, idp, _)| *idp));
        let mut called = match self.within {
            Some(within) => identities::called(tx, &ids, within).await?,
            None => HashMap::new(),
        };
        let idps = identities::whereabouts(tx, &idps.into_iter().collect::<Vec<_>>()).await?;
        let reached = idps.into_iter().filter(|idp| self.reaches(idp.owner)).map(|idp| (idp.idp, idp));
        let reached: HashMap<IdpKey, Whereabouts> = reached.collect();
        let listed = page.into_iter().map(|row| {
            let mut user = bare(row);
            user.server_admin = admins.contains(&user.id);
            let mine = identities.iter().filter(|identity| identity.user == user.id);
            user.identities = mine
                .filter_map(|identity| {
                    Some(ListedIdentity {
                        id: identity.id,
                        idp: reached.get(&identity.idp)?.id.clone(),
                        identifier: identity.identifier.clone(),
                        email: identity.email.as_ref().map(|email| email.address.clone()),
                        email_verified: identity.email.as_ref().is_some_and(|email| email.verified),
                        last_sign_in_at: identity.last_sign_in_at,
                    })
                })
                .collect();
            let mine = awaited.iter().filter(|(other, ..)| *other == user.id);
            user.awaited = mine.filter_map(|(_, idp, who)| Some((reached.get(idp)?.id.clone(), shown(who)))).collect();
            let mine = named.iter().filter(|grant| grant.user == user.id);
            let mine = mine.filter(|grant| self.within.is_none_or(|within| within == grant.key));
            let since = mine.clone().map(|grant| grant.created_at).min();
            user.roles = mine.cloned().map(role).collect();
            user.state = state(&user);
            let strange = self.within.is_some() && user.identities.is_empty();
            if strange { as_awaited(ListedUser { display_name: called.remove(&user.id), ..user }, since) } else { user }
        });
        Ok(listed.collect())
    }
}

/// Somebody who has not signed in where this organization could know them: by what it waits for and calls them, and since
/// when, for the rest was perhaps said by another.
fn as_awaited(mut user: ListedUser, since: Option<Timestamp>) -> ListedUser {
    let told = user.awaited.iter().find_map(|(_, Who::Identifier(told) | Who::Email(told))| Username::parse(told).ok());
    if let Some(told) = told {
        user.username = told;
    }
    user.email = user.awaited.iter().find_map(|(_, who)| match who {
        Who::Email(address) => Some(address.clone()),
        Who::Identifier(_) => None,
    });
    ListedUser { created_at: since.unwrap_or(user.created_at), ..user }
}

fn bare(user: UserRow) -> ListedUser {
    ListedUser {
        id: user.id,
        username: user.username,
        display_name: user.display_name,
        email: user.email,
        state: if user.disabled_at.is_some() { UserState::Disabled } else { UserState::Waiting },
        server_admin: false,
        created_at: user.created_at,
        identities: Vec::new(),
        awaited: Vec::new(),
        roles: Vec::new(),
    }
}

fn role(grant: grants::NamedGrant) -> ListedRole {
    ListedRole {
        key: grant.key,
        organization: grant.organization,
        role: grant.role,
        origin: grant.origin,
        kept_until: grant.kept_until,
    }
}

fn state(user: &ListedUser) -> UserState {
    if user.state == UserState::Disabled {
        UserState::Disabled
    } else if user.identities.is_empty() {
        UserState::Waiting
    } else if user.roles.is_empty() {
        UserState::WithoutOrganization
    } else {
        UserState::Active
    }
}

fn shown(awaited: &Awaited) -> Who {
    match awaited {
        Awaited::Identifier(identifier) => Who::Identifier(identifier.clone()),
        Awaited::Email(address) => Who::Email(address.clone()),
    }
}
