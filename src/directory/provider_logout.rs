//! Sessions that end here because they ended at their provider.

use super::{Directory, StoreError};
use crate::audit::{self, About, Action, Entry};
use crate::base::{Timestamp, TokenHash};
use crate::identity::{Actor, IdpKey};
use crate::store::sessions::{self, EndedThere};
use crate::store::{changes, handoff};
use serde_json::json;

/// What a provider says has ended there.
#[derive(Clone, Copy, Debug)]
pub struct ProviderLogout<'a> {
    /// The IdP that says so.
    pub idp: IdpKey,
    /// Whose sessions.
    pub ended: EndedThere<'a>,
    /// The name of what it said and until when that is remembered, if it counts but once: said again, it would end
    /// sessions of later.
    pub once: Option<(&'a str, Timestamp)>,
    /// Why, for the audit log.
    pub why: &'a str,
}

impl Directory {
    /// Ends the sessions that ended at their provider, on every host. Says how many there were.
    ///
    /// # Errors
    /// When the database fails: then none has ended, and it may be said again.
    pub async fn end_with_provider(&self, logout: &ProviderLogout<'_>) -> Result<usize, StoreError> {
        let now = self.ambient.now();
        let mut tx = self.db.begin().await?;
        if let Some((name, until)) = logout.once {
            let hash = TokenHash::of(format!("logout token of {}: {name}", logout.idp).as_bytes());
            if !handoff::spend(&mut tx, &hash, until).await? {
                return Ok(0);
            }
        }
        let ended = sessions::delete_ended_there(&mut tx, logout.idp, logout.ended).await?;
        // One person as a rule; who several are is told by none.
        let first = ended.first().map(|(user, _)| *user);
        let user = first.filter(|first| ended.iter().all(|(user, _)| user == first));
        if !ended.is_empty() {
            let entry = Entry {
                action: Action::SessionsEnded,
                actor: Actor::Provider,
                about: About { user, idp: Some(logout.idp), ..About::default() },
                reference: None,
                detail: Some(logout.why.to_owned()),
                change: Some((json!({ "sessions": ended.len() }), json!({ "sessions": 0 }))),
            };
            audit::record(&mut tx, &self.ambient, entry).await?;
        }
        let log: Vec<_> = ended.iter().map(|(_, change)| *change).collect();
        changes::append(&mut tx, now, &log).await?;
        tx.commit().await?;
        Ok(ended.len())
    }
}
