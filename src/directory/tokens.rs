//! Tokens of the REST API: made by admins, shown once, ended by any admin of what they open. A token is a handle in a
//! program's hands ([`Bearer`]). Nothing of them is kept in memory, so an ended one opens nothing from then on.

use std::time::Duration;

use serde_json::json;

use super::admin::{OrganizationAdmin, ServerAdmin};
use super::{Directory, StoreError};
use crate::audit::{self, About, Action, Entry};
use crate::base::{Timestamp, Token};
use crate::identity::{API_PREFIX, Actor, Opens, OrganizationKey, TokenId, TokenName, Username};
use crate::store::tokens::{self, TokenRow};
use crate::store::{Tx, application_tokens};

/// Longest life of a token: once a year somebody has to say that it is still needed.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Most tokens of the server, and of each organization: a list that one page shows.
pub const MAX_TOKENS: u32 = 200;
/// How often the last use is written down: a busy program costs one write an hour.
const USE_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How long a token is listed after it ran out, for whoever wonders why a program has stopped.
const EXPIRED_RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why a token was not made or ended.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is no such token, or it opens something else.
    #[error("there is no such token")]
    NoSuchToken,
    /// A token asked for another: what leaked must end with it.
    #[error("a token cannot make tokens: make it in the console or on the command line")]
    ByToken,
    /// Whoever came in by a login link asked for one: that way in is open for an hour and no longer.
    #[error(
        "a login link opens the console for an hour, and a token would outlast it: make it as a server admin, or on the command line"
    )]
    ByBreakGlass,
    /// It would live too long, or not at all.
    #[error("a token lives at least a minute and at most 366 days")]
    Lifetime,
    /// There are too many.
    #[error("there are {MAX_TOKENS} tokens already: end those that nobody needs")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token as its admins or its holder see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// The token.
    pub id: TokenId,
    /// What people call it.
    pub name: TokenName,
    /// Who made it.
    pub made_by: Actor,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// When it was last presented, to the hour.
    pub last_used_at: Option<Timestamp>,
}

/// A token just made. What it is presented as is told here and never again.
#[derive(Debug)]
pub struct MadeToken {
    /// The token.
    pub id: TokenId,
    secret: Token,
}

impl MadeToken {
    /// What programs present.
    pub fn expose(&self) -> String {
        format!("{API_PREFIX}{}", self.secret.expose())
    }
}

/// Who presented a token that opens something.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The token.
    pub token: TokenId,
    /// What people call it.
    pub name: TokenName,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// Who made it.
    pub made_by: Actor,
    opens: Opens,
}

impl Bearer {
    /// What the token opens.
    pub const fn opens(&self) -> Opens {
        self.opens
    }

    /// The handle for the whole server, if the token opens that.
    pub fn server_admin<'d>(&self, directory: &'d Directory) -> Option<ServerAdmin<'d>> {
        matches!(self.opens, Opens::Server).then(|| directory.server_admin(Actor::Token(self.token)))
    }

    /// The handle for that organization, if the token opens it.
    pub fn organization_admin<'d>(
        &self,
        directory: &'d Directory,
        organization: OrganizationKey,
    ) -> Option<OrganizationAdmin<'d>> {
        let opened = self.opens.organization().is_none_or(|opened| opened == organization);
        opened.then(|| directory.organization_admin(Actor::Token(self.token), organization))
    }
}

impl Directory {
    /// Who presents this text, if it is a token that opens anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bearer(&self, presented: &str) -> Result<Option<Bearer>, StoreError> {
        let Some(Ok(token)) = presented.strip_prefix(API_PREFIX).map(str::parse::<Token>) else { return Ok(None) };
        let now = self.ambient.now();
        let Some(row) = tokens::presented(&self.db, &token.hash(), now).await? else { return Ok(None) };
        if row.last_used_at.is_none_or(|last| now.since(last) >= USE_INTERVAL) {
            tokens::touch(&self.db, row.id, now).await?;
        }
        let TokenRow { id: token, name, expires_at, made_by, opens, .. } = row;
        Ok(Some(Bearer { token, name, expires_at, made_by, opens }))
    }

    /// Forgets tokens that ran out long ago.
    pub(super) async fn sweep_tokens(&self) -> Result<(), StoreError> {
        let kept_since = self.ambient.now().minus(EXPIRED_RETENTION);
        tokens::sweep(&self.db, kept_since).await?;
        application_tokens::sweep(&self.db, kept_since).await?;
        Ok(())
    }
}

/// Whether that actor may make a token of that lifetime, of whatever kind.
pub(super) fn check(actor: Actor, lifetime: Duration) -> Result<(), TokenError> {
    match actor {
        Actor::Token(_) => return Err(TokenError::ByToken),
        Actor::BreakGlass => return Err(TokenError::ByBreakGlass),
        _ => {}
    }
    if lifetime < Duration::from_secs(60) || lifetime > MAX_TOKEN_LIFETIME {
        return Err(TokenError::Lifetime);
    }
    Ok(())
}

/// Somebody who manages the tokens that open one thing.
struct Keeper<'a> {
    directory: &'a Directory,
    actor: Actor,
    opens: Opens,
}

impl Keeper<'_> {
    async fn list(&self) -> Result<Vec<(ListedToken, Option<Username>)>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let listed = |row: TokenRow| ListedToken {
            id: row.id,
            name: row.name,
            made_by: row.made_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        };
        let rows = tokens::of(&mut tx, self.opens, MAX_TOKENS).await?;
        Ok(rows.into_iter().map(|(row, maker)| (listed(row), maker)).collect())
    }

    async fn make(&self, name: &TokenName, lifetime: Duration) -> Result<MadeToken, TokenError> {
        check(self.actor, lifetime)?;
        let ambient = &self.directory.ambient;
        let now = ambient.now();
        let made = MadeToken { id: TokenId::new(ambient.uuid()), secret: ambient.token() };
        let row = TokenRow {
            id: made.id,
            name: name.clone(),
            opens: self.opens,
            made_by: self.actor,
            created_at: now,
            expires_at: now.plus(lifetime),
            last_used_at: None,
        };
        let mut tx = self.directory.db.begin().await?;
        if tokens::count(&mut tx, self.opens).await? >= i64::from(MAX_TOKENS) {
            return Err(TokenError::TooMany);
        }
        tokens::insert(&mut tx, &row, &made.secret.hash()).await?;
        self.record(&mut tx, Action::TokenMade, &row).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, token = %made.id, "token made");
        Ok(made)
    }

    async fn end(&self, id: TokenId) -> Result<(), TokenError> {
        let mut tx = self.directory.db.begin().await?;
        let row = tokens::get(&mut tx, id, self.opens).await?.ok_or(TokenError::NoSuchToken)?;
        if !tokens::delete(&mut tx, id, self.opens).await? {
            return Err(TokenError::NoSuchToken);
        }
        self.record(&mut tx, Action::TokenEnded, &row).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, token = %id, "token ended");
        Ok(())
    }

    async fn record(&self, tx: &mut Tx, action: Action, row: &TokenRow) -> Result<(), StoreError> {
        let told = json!({ "token": row.id, "name": row.name, "expires_at": row.expires_at.to_string() });
        let change = if action == Action::TokenMade { (json!({}), told) } else { (told, json!({})) };
        let about = About { organization: self.opens.organization(), ..About::default() };
        let entry = Entry { action, actor: self.actor, about, reference: None, detail: None, change: Some(change) };
        audit::record(tx, &self.directory.ambient, entry).await
    }
}

/// What both kinds of admins do with the tokens that open what they administer.
macro_rules! keeps_tokens {
    ($admin:ident) => {
        impl $admin<'_> {
            /// The tokens, the newest first, each with what its maker is called, if it was a person.
            ///
            /// # Errors
            /// When the database fails.
            pub async fn tokens(&self) -> Result<Vec<(ListedToken, Option<Username>)>, StoreError> {
                self.keeper().list().await
            }

            /// Makes a token that opens what this admin administers.
            ///
            /// # Errors
            /// When a token asks for it, it would live too long, there are too many, or the database fails.
            pub async fn make_token(&self, name: &TokenName, lifetime: Duration) -> Result<MadeToken, TokenError> {
                self.keeper().make(name, lifetime).await
            }

            /// Ends a token: whoever presents it is refused from then on.
            ///
            /// # Errors
            /// When there is none of that id here, or the database fails.
            pub async fn end_token(&self, id: TokenId) -> Result<(), TokenError> {
                self.keeper().end(id).await
            }
        }
    };
}

keeps_tokens!(ServerAdmin);
keeps_tokens!(OrganizationAdmin);

impl ServerAdmin<'_> {
    const fn keeper(&self) -> Keeper<'_> {
        Keeper { directory: self.directory, actor: self.actor, opens: Opens::Server }
    }
}

impl OrganizationAdmin<'_> {
    const fn keeper(&self) -> Keeper<'_> {
        Keeper { directory: self.directory, actor: self.actor, opens: Opens::Organization(self.organization) }
    }
}

#[cfg(test)]
mod tests;
