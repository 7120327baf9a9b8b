//! The way in without an IdP, and without any password: for the first start, and for the day when no provider answers.
//! Whoever runs commands on the server makes a link; it opens the console, and nothing else, for an hour.

use std::time::Duration;

use super::{ATTEMPTS, Directory};
use crate::audit::{self, About, Action, Entry};
use crate::base::Token;
use crate::identity::Actor;
use crate::store::{StoreError, Tx, break_glass};

/// How long a link may lie in a terminal.
pub const LINK_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long its session lasts, whatever happens: long enough to set things right.
pub const BREAK_GLASS_LIFETIME: Duration = Duration::from_secs(60 * 60);

impl Directory {
    /// Makes a link that opens the console once, within ten minutes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn make_login_link(&self, actor: Actor) -> Result<Token, StoreError> {
        let mut attempt = 1;
        loop {
            match self.make_login_link_once(actor).await {
                Err(error) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn make_login_link_once(&self, actor: Actor) -> Result<Token, StoreError> {
        let (token, now) = (self.ambient.token(), self.ambient.now());
        let mut tx = self.db.begin().await?;
        break_glass::add_link(&mut tx, &token.hash(), now.plus(LINK_LIFETIME), now).await?;
        self.note(&mut tx, Action::LoginLinkMade, actor).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whether a link would open the console. It does not spend it, and tells whoever has the link no more than its
    /// button would.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_good_login_link(&self, link: &Token) -> Result<bool, StoreError> {
        break_glass::is_good(&self.db, &link.hash(), self.ambient.now()).await
    }

    /// Spends a link; gives the token of the session it opens, or nothing if the link is spent, too old, or none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn break_glass(&self, link: &Token) -> Result<Option<Token>, StoreError> {
        let now = self.ambient.now();
        let mut tx = self.db.begin().await?;
        let good = break_glass::take_link(&mut tx, &link.hash(), now).await?;
        let session = self.ambient.token();
        if good {
            break_glass::add_session(&mut tx, &session.hash(), now, now.plus(BREAK_GLASS_LIFETIME)).await?;
            self.note(&mut tx, Action::BreakGlass, Actor::BreakGlass).await?;
        }
        tx.commit().await?;
        Ok(good.then_some(session))
    }

    /// Whether `session` is one that a link opened and that still lasts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_break_glass(&self, session: &Token) -> Result<bool, StoreError> {
        break_glass::is_open(&self.db, &session.hash(), self.ambient.now()).await
    }

    /// Ends such a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_break_glass(&self, session: &Token) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        if break_glass::end(&mut tx, &session.hash()).await? {
            self.note(&mut tx, Action::BreakGlassEnded, Actor::BreakGlass).await?;
        }
        tx.commit().await
    }

    async fn note(&self, tx: &mut Tx, action: Action, actor: Actor) -> Result<(), StoreError> {
        tracing::warn!(%actor, action = action.word(), "break-glass");
        let entry = Entry { action, actor, about: About::default(), reference: None, detail: None, change: None };
        audit::record(tx, &self.ambient, entry).await
    }
}
