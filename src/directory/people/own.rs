//! What people may see and end by themselves: their own sessions.

use super::hands::{Hands, tried};
use crate::base::Timestamp;
use crate::directory::{AdminError, Directory};
use crate::identity::{Actor, IdpKey, SessionId, UserId};
use crate::store::StoreError;
use crate::store::sessions::{self, SessionRow};

/// Most sessions shown at once: more nobody tells apart. All of them end together all the same.
const SHOWN: u32 = 50;

/// The handle of a user for what is theirs. Made by [`Directory::own`].
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    pub(in crate::directory) directory: &'a Directory,
    pub(in crate::directory) user: UserId,
}

/// A session as its user sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSession {
    /// The session.
    pub id: SessionId,
    /// The IdP it was opened through.
    pub idp: IdpKey,
    /// The sign-in.
    pub created_at: Timestamp,
    /// The last activity that is written down.
    pub last_seen_at: Timestamp,
}

impl From<SessionRow> for OwnSession {
    fn from(row: SessionRow) -> Self {
        Self { id: row.id, idp: row.idp, created_at: row.created_at, last_seen_at: row.last_seen_at }
    }
}

impl Directory {
    /// The handle of a user for what is theirs.
    pub const fn own(&self, user: UserId) -> Own<'_> {
        Own { directory: self, user }
    }
}

impl Own<'_> {
    /// Their sessions that are still in time and were seen after `idle_since`, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(&self, idle_since: Timestamp) -> Result<Vec<OwnSession>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let rows = sessions::of_user(&mut tx, self.user, self.directory.ambient.now(), SHOWN).await?;
        let live = rows.into_iter().filter(|row| row.last_seen_at > idle_since);
        Ok(live.map(OwnSession::from).collect())
    }

    /// Ends one of their sessions, or all. Says how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_sessions(&self, only: Option<SessionId>) -> Result<usize, AdminError> {
        let hands = Hands { directory: self.directory, actor: Actor::User(self.user), within: None, seen: None };
        tried!(hands.end_sessions(self.user, only))
    }
}
