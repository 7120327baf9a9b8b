//! Users as a server admin sees them, and their removal.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::ATTEMPTS;
use super::admin::{AdminError, ServerAdmin, Who, awaited, find_idp};
use super::record::RoleNames;
use crate::audit::Action;
use crate::base::Timestamp;
use crate::identity::{IdpId, IdpKey, OrganizationId, OrganizationKey, Origin, RoleId, RoleName, UserId, Username};
use crate::store::changes::{self, Change};
use crate::store::identities::{self, Awaited};
use crate::store::{StoreError, Tx, catalogue, declared, grants, users};

/// Most users listed at once: a page that people read, and a list of placeholders that both engines take.
const MAX_PAGE: u32 = 500;

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
    /// The IdP.
    pub idp: IdpId,
    /// The key there.
    pub identifier: String,
    /// The address told there.
    pub email: Option<String>,
    /// The last sign-in.
    pub last_sign_in_at: Timestamp,
}

/// A user as a server admin sees them.
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
    pub roles: Vec<(OrganizationId, RoleName, Origin)>,
}

/// Names one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserSelector {
    /// By id.
    Id(UserId),
    /// By what they are known by at an IdP, or waited for there.
    At(IdpId, Who),
}

pub(super) async fn list(
    admin: &ServerAdmin<'_>,
    limit: u32,
    after: Option<UserId>,
) -> Result<Vec<ListedUser>, StoreError> {
    let mut tx = admin.directory.db.snapshot().await?;
    let page = users::page(&mut tx, limit.min(MAX_PAGE), after).await?;
    let ids: Vec<UserId> = page.iter().map(|user| user.id).collect();
    let slugs: HashMap<IdpKey, IdpId> =
        declared::idps(&mut tx).await?.into_iter().map(|row| (row.key, row.spec.id)).collect();
    let mut listed: Vec<ListedUser> = page.into_iter().map(bare).collect();
    let admins = grants::server_admins(&mut tx, &ids).await?;
    let identities = identities::of_users(&mut tx, &ids).await?;
    let awaited = identities::awaited_by(&mut tx, &ids).await?;
    let named = grants::named(&mut tx, &ids, admin.directory.ambient.now()).await?;
    for user in &mut listed {
        user.server_admin = admins.contains(&user.id);
        user.identities = identities
            .iter()
            .filter(|identity| identity.user == user.id)
            .filter_map(|identity| {
                Some(ListedIdentity {
                    idp: slugs.get(&identity.idp)?.clone(),
                    identifier: identity.identifier.clone(),
                    email: identity.email.as_ref().map(|email| email.address.clone()),
                    last_sign_in_at: identity.last_sign_in_at,
                })
            })
            .collect();
        let mine = awaited.iter().filter(|(other, ..)| *other == user.id);
        user.awaited = mine.filter_map(|(_, idp, who)| Some((slugs.get(idp)?.clone(), shown(who)))).collect();
        let mine = named.iter().filter(|grant| grant.user == user.id).cloned();
        user.roles = mine.map(|grant| (grant.organization, grant.role, grant.origin)).collect();
        user.state = state(user);
    }
    Ok(listed)
}

fn bare(user: users::UserRow) -> ListedUser {
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

impl ServerAdmin<'_> {
    /// Removes a user with everything that is theirs; their sessions end.
    ///
    /// # Errors
    /// When nobody or more than one is meant, or the database fails.
    pub async fn remove_user(&self, selector: &UserSelector) -> Result<UserId, AdminError> {
        let mut attempt = 1;
        loop {
            match self.remove_once(selector).await {
                Err(AdminError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                Ok(user) => {
                    tracing::info!(actor = %self.actor, %user, "user removed");
                    return Ok(user);
                }
                result => return result,
            }
        }
    }

    async fn remove_once(&self, selector: &UserSelector) -> Result<UserId, AdminError> {
        let directory = self.directory;
        let now = directory.ambient.now();
        let mut tx = directory.db.begin().await?;
        let user = select(&mut tx, selector).await?;
        if !users::lock(&mut tx, user).await? {
            return Err(AdminError::NoSuchUser);
        }
        let held = grants::of_user(&mut tx, user).await?;
        let organizations: BTreeSet<OrganizationKey> = held.iter().map(|row| row.organization).collect();
        grants::lock(&mut tx, &organizations.into_iter().collect::<Vec<_>>()).await?;
        let row = users::get(&mut tx, user).await?;
        let roles: Vec<RoleId> = held.iter().map(|row| row.role).collect();
        let names = RoleNames::of(&mut tx, &roles).await?;
        let username = row.map(|row| row.username.to_string());
        let before = json!({ "username": username, "roles": names.told(&roles) });
        users::delete(&mut tx, user).await?;
        changes::append(&mut tx, now, &[Change::User(user)]).await?;
        self.record(&mut tx, Action::UserRemoved, user, None, Some((before, json!({})))).await?;
        tx.commit().await?;
        Ok(user)
    }
}

async fn select(tx: &mut Tx, selector: &UserSelector) -> Result<UserId, AdminError> {
    let (id, who) = match selector {
        UserSelector::Id(user) => return Ok(*user),
        UserSelector::At(id, who) => (id, who),
    };
    let live = catalogue::load(tx).await?;
    let idp = find_idp(&live, id)?.key;
    let awaited = awaited(who)?;
    let mut found: BTreeSet<UserId> = identities::expected(tx, idp, &awaited).await?.into_iter().collect();
    match &awaited {
        Awaited::Identifier(identifier) => {
            found.extend(identities::find(tx, idp, identifier).await?.map(|identity| identity.user));
        }
        Awaited::Email(address) => found.extend(identities::users_by_email(tx, idp, address).await?),
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(AdminError::NoSuchUser),
        (Some(user), None) => Ok(user),
        (Some(_), Some(_)) => Err(AdminError::Ambiguous),
    }
}
