//! Requests to applications that were refused to somebody signed in: one line per session (or program), application and
//! minute, with a count. A refusal costs a look into a map; the lines are written behind, many in one statement.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{About, Action, Entry, row};
use crate::base::{Ambient, Reference, TokenHash};
use crate::identity::{Actor, ApplicationKey, IdentityId, OrganizationKey, SessionId, UserId};
use crate::store::audit::AuditRow;
use crate::store::{self, Db, StoreError};

/// Most lines that wait to be written. One per session, application and minute: more than this between two writes is
/// an attack by many sessions at once, and the log is not what shall fall to it.
const MAX_WAITING: usize = 10_000;
/// Longest path that a line tells of, in characters.
const MAX_PATH: usize = 200;

/// A refused request.
#[derive(Clone, Copy, Debug)]
pub struct EntryDenied<'a> {
    /// Who was refused.
    pub user: UserId,
    /// Through which identity they are known; a service account has none.
    pub identity: Option<IdentityId>,
    /// In which session; a program has none.
    pub session: Option<SessionId>,
    /// What they asked for.
    pub application: ApplicationKey,
    /// Whose it is.
    pub organization: OrganizationKey,
    /// The path, without its query.
    pub path: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Whose session, or what user without one.
type Key = (Result<SessionId, UserId>, ApplicationKey, i64);

/// Refusals that wait to be written.
#[derive(Debug)]
pub struct Denials {
    db: Db,
    ambient: Ambient,
    waiting: Mutex<HashMap<Key, AuditRow>>,
    /// Held while lines are written, so that none is written twice.
    writing: tokio::sync::Mutex<()>,
}

impl Denials {
    /// Refusals that go to that database.
    pub fn new(db: Db, ambient: Ambient) -> Self {
        Self { db, ambient, waiting: Mutex::default(), writing: Default::default() }
    }

    /// Counts a refusal, and gives the reference of its line: the same for the whole minute, in every process.
    pub fn count(&self, denied: &EntryDenied<'_>) -> Reference {
        let minute = self.ambient.now().secs().div_euclid(60);
        let key = (denied.session.ok_or(denied.user), denied.application, minute);
        let reference = reference(key);
        let mut waiting = self.waiting();
        let room = waiting.len() < MAX_WAITING;
        match waiting.entry(key) {
            Slot::Occupied(mut slot) => slot.get_mut().count += 1,
            Slot::Vacant(slot) if room => {
                slot.insert(row(&self.ambient, entry(denied, reference.clone())));
            }
            Slot::Vacant(_) => {}
        }
        reference
    }

    /// Writes what waits. What cannot be written waits on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write(&self) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let mut lines: Vec<(Key, AuditRow)> = self.waiting().iter().map(|(key, row)| (*key, row.clone())).collect();
        if lines.is_empty() {
            return Ok(());
        }
        lines.sort_unstable_by(|(_, one), (_, other)| one.reference.cmp(&other.reference));
        let rows: Vec<AuditRow> = lines.iter().map(|(_, row)| row.clone()).collect();
        store::audit::count(&self.db, &rows).await?;
        // Only now do they leave: what was counted meanwhile stays.
        let mut waiting = self.waiting();
        for (key, written) in lines {
            if let Slot::Occupied(mut slot) = waiting.entry(key) {
                slot.get_mut().count -= written.count;
                if slot.get().count == 0 {
                    slot.remove();
                }
            }
        }
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Key, AuditRow>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What session, application and minute make: every process says the same, and nobody learns from it what they are.
fn reference((who, application, minute): Key) -> Reference {
    let session = who.map_or_else(|user| user.to_string(), |session| session.to_string());
    let hash = TokenHash::of(format!("entry-denied {session} {application} {minute}").as_bytes());
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&hash.as_bytes()[..10]);
    Reference::of_bytes(bytes)
}

fn entry(denied: &EntryDenied<'_>, reference: Reference) -> Entry {
    let path: String = denied.path.chars().take(MAX_PATH).collect();
    Entry {
        action: Action::EntryDenied,
        actor: Actor::User(denied.user),
        about: About {
            user: Some(denied.user),
            identity: denied.identity,
            idp: None,
            organization: Some(denied.organization),
            application: Some(denied.application),
            session: denied.session,
        },
        reference: Some(reference),
        detail: Some(format!("{path}: {}", denied.reason)),
        change: None,
    }
}

#[cfg(test)]
mod tests;
