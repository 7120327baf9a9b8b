//! Tokens for applications: made by people for themselves, and by an organization's admins for its service accounts;
//! shown once, ended by the same. A token never opens more than its holder may at that moment.

use std::time::Duration;

use serde_json::json;

use super::MachineError;
use crate::audit::{self, About, Action, Entry};
use crate::base::Ambient;
use crate::directory::TokenError;
use crate::directory::admin::OrganizationAdmin;
use crate::directory::people::Own;
use crate::directory::tokens::{ListedToken, MAX_TOKENS, check};
use crate::identity::{
    Actor, ApplicationId, ApplicationKey, ApplicationToken, Catalogue, IdentityId, OrganizationKey, TokenId, TokenName,
    UserId,
};
use crate::store::application_tokens::{self, ApplicationTokenRow};
use crate::store::changes::{self, Change};
use crate::store::{StoreError, Tx, users};

/// Where a token may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationScope {
    /// Wherever tokens are taken and its holder may enter.
    Everywhere,
    /// In these applications alone.
    Only(Vec<ApplicationId>),
}

impl ApplicationScope {
    /// That application alone; without one, everywhere.
    pub fn of(place: Option<&ApplicationId>) -> Self {
        place.map_or(Self::Everywhere, |id| Self::Only(vec![id.clone()]))
    }

    /// The applications' rows; with `within`, of that organization alone. The rows count, so that nothing reaches an
    /// application that is called so later.
    fn keys(
        &self,
        catalogue: &Catalogue,
        within: Option<OrganizationKey>,
    ) -> Result<Option<Vec<ApplicationKey>>, MachineError> {
        let Self::Only(ids) = self else { return Ok(None) };
        let key = |id: &ApplicationId| {
            let mut here = catalogue.applications.iter().filter(|one| within.is_none_or(|key| one.organization == key));
            let found = here.find(|one| one.spec.id == *id && one.spec.machines.tokens);
            found.map(|one| one.key).ok_or_else(|| MachineError::NoSuchApplication(id.to_string()))
        };
        ids.iter().map(key).collect::<Result<_, _>>().map(Some)
    }
}

/// A token for applications, as its holder or an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedApplicationToken {
    /// What all tokens have.
    pub token: ListedToken,
    /// The applications it may be used in; none: wherever tokens are taken. Some may be gone.
    pub applications: Option<Vec<ApplicationKey>>,
}

impl From<ApplicationTokenRow> for ListedApplicationToken {
    fn from(row: ApplicationTokenRow) -> Self {
        let token = ListedToken {
            id: row.id,
            name: row.name,
            made_by: row.made_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        };
        Self { token, applications: row.applications }
    }
}

/// A token just made. What it is presented as is told here and never again.
#[derive(Debug)]
pub struct MadeApplicationToken {
    /// The token.
    pub id: TokenId,
    secret: ApplicationToken,
}

impl MadeApplicationToken {
    /// What programs present.
    pub fn expose(&self) -> String {
        self.secret.expose()
    }
}

/// Whose tokens are meant, and by whom they are made and ended.
struct Holder {
    user: UserId,
    identity: Option<IdentityId>,
    organization: Option<OrganizationKey>,
    actor: Actor,
}

impl Holder {
    async fn make(
        &self,
        tx: &mut Tx,
        ambient: &Ambient,
        name: &TokenName,
        lifetime: Duration,
        applications: Option<Vec<ApplicationKey>>,
    ) -> Result<MadeApplicationToken, MachineError> {
        if application_tokens::count(tx, self.user).await? >= i64::from(MAX_TOKENS) {
            return Err(TokenError::TooMany.into());
        }
        let now = ambient.now();
        let made =
            MadeApplicationToken { id: TokenId::new(ambient.uuid()), secret: ApplicationToken::new(ambient.token()) };
        let row = ApplicationTokenRow {
            id: made.id,
            name: name.clone(),
            user: self.user,
            identity: self.identity,
            applications,
            made_by: self.actor,
            created_at: now,
            expires_at: now.plus(lifetime),
            last_used_at: None,
        };
        application_tokens::insert(tx, &row, &made.secret.hash()).await?;
        self.record(tx, ambient, Action::ApplicationTokenMade, &row).await?;
        Ok(made)
    }

    async fn end(&self, tx: &mut Tx, ambient: &Ambient, id: TokenId) -> Result<(), MachineError> {
        let row = application_tokens::delete(tx, id, self.user).await?.ok_or(TokenError::NoSuchToken)?;
        self.record(tx, ambient, Action::ApplicationTokenEnded, &row).await?;
        // What is kept of its holder in memory is read again, and their tokens with it.
        changes::append(tx, ambient.now(), &[Change::User(self.user)]).await?;
        Ok(())
    }

    async fn record(
        &self,
        tx: &mut Tx,
        ambient: &Ambient,
        action: Action,
        row: &ApplicationTokenRow,
    ) -> Result<(), StoreError> {
        let told = json!({ "token": row.id, "name": row.name, "expires_at": row.expires_at.to_string() });
        let change = if action == Action::ApplicationTokenMade { (json!({}), told) } else { (told, json!({})) };
        let about = About {
            user: Some(self.user),
            identity: self.identity,
            organization: self.organization,
            ..About::default()
        };
        let entry = Entry { action, actor: self.actor, about, reference: None, detail: None, change: Some(change) };
        audit::record(tx, ambient, entry).await
    }
}

impl OrganizationAdmin<'_> {
    /// The tokens of a service account, the newest first.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn service_tokens(&self, account: UserId) -> Result<Vec<ListedApplicationToken>, MachineError> {
        self.service_account(account).await?;
        let mut tx = self.directory.db.snapshot().await?;
        let rows = application_tokens::of_user(&mut tx, account, MAX_TOKENS).await?;
        Ok(rows.into_iter().map(ListedApplicationToken::from).collect())
    }

    /// Makes a token for a service account.
    ///
    /// # Errors
    /// When there is no such account or application, a token asks for it, it would live too long, there are too many,
    /// or the database fails.
    pub async fn make_service_token(
        &self,
        catalogue: &Catalogue,
        account: UserId,
        name: &TokenName,
        lifetime: Duration,
        scope: &ApplicationScope,
    ) -> Result<MadeApplicationToken, MachineError> {
        check(self.actor, lifetime)?;
        let applications = scope.keys(catalogue, Some(self.organization))?;
        let mut tx = self.directory.db.begin().await?;
        self.lock_account(&mut tx, account).await?;
        let holder = self.holder(account);
        let made = holder.make(&mut tx, &self.directory.ambient, name, lifetime, applications).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %account, token = %made.id, "token for applications made");
        Ok(made)
    }

    /// Ends a token of a service account.
    ///
    /// # Errors
    /// When there is no such account or token, or the database fails.
    pub async fn end_service_token(&self, account: UserId, token: TokenId) -> Result<(), MachineError> {
        let mut tx = self.directory.db.begin().await?;
        self.lock_account(&mut tx, account).await?;
        self.holder(account).end(&mut tx, &self.directory.ambient, token).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %account, %token, "token for applications ended");
        Ok(())
    }

    const fn holder(&self, account: UserId) -> Holder {
        Holder { user: account, identity: None, organization: Some(self.organization), actor: self.actor }
    }
}

impl Own<'_> {
    /// Their tokens for applications, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens(&self) -> Result<Vec<ListedApplicationToken>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let rows = application_tokens::of_user(&mut tx, self.user, MAX_TOKENS).await?;
        Ok(rows.into_iter().map(ListedApplicationToken::from).collect())
    }

    /// Makes a token. What counts in sessions of `identity`, through which they are signed in, counts with it.
    ///
    /// # Errors
    /// When there is no such application, it would live too long, there are too many, or the database fails.
    pub async fn make_token(
        &self,
        catalogue: &Catalogue,
        identity: IdentityId,
        name: &TokenName,
        lifetime: Duration,
        scope: &ApplicationScope,
    ) -> Result<MadeApplicationToken, MachineError> {
        let holder = self.holder(Some(identity));
        check(holder.actor, lifetime)?;
        let applications = scope.keys(catalogue, None)?;
        let mut tx = self.directory.db.begin().await?;
        if !users::lock(&mut tx, self.user).await? {
            return Err(TokenError::NoSuchToken.into());
        }
        let made = holder.make(&mut tx, &self.directory.ambient, name, lifetime, applications).await?;
        tx.commit().await?;
        tracing::info!(user = %self.user, token = %made.id, "token for applications made");
        Ok(made)
    }

    /// Ends one of their tokens.
    ///
    /// # Errors
    /// When there is no such token, or the database fails.
    pub async fn end_token(&self, token: TokenId) -> Result<(), MachineError> {
        let mut tx = self.directory.db.begin().await?;
        self.holder(None).end(&mut tx, &self.directory.ambient, token).await?;
        tx.commit().await?;
        tracing::info!(user = %self.user, %token, "token for applications ended");
        Ok(())
    }

    const fn holder(&self, identity: Option<IdentityId>) -> Holder {
        Holder { user: self.user, identity, organization: None, actor: Actor::User(self.user) }
    }
}
