//! The sessions of this process: recognised by token, kept in memory, swept. How they come about and end is told in
//! [`life`].

mod life;

use std::collections::BTreeMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::shared::Shared;
use super::timeouts::Timeouts;
use super::unknown::Unknown;
use super::{Changes, Evidence, Liveness, Principal, SessionSettings, Unavailable};
use crate::base::{Ambient, Keyed, QuickHasher, Table, Timestamp, Token, TokenHash, TokenHasher};
use crate::identity::{Host, SessionId};
use crate::store::handoff;
use crate::store::sessions;
use crate::store::{Db, changes, users};
use crate::telemetry::{Ended, Known, Metrics};

/// Tokens and sessions kept in memory, at about half a kilobyte for each session; past that, they are read again from the
/// store.
const MAX_CACHED: usize = 1_200_000;
/// Activity of a session is written at most this often.
const ACTIVITY_INTERVAL: Duration = Duration::from_secs(60);
/// And at most this often in the time that a session may idle: what is read anew must not look older than it is.
const IDLE_SHARE: u32 = 4;

/// One host's token for a session.
struct HostToken {
    hash: TokenHash,
    host: Arc<Host>,
    /// Read no later than the token was: what replaces the token makes this stale.
    principal: Arc<Principal>,
}

impl Keyed for Principal {
    type Key = Evidence;

    fn key(&self) -> &Evidence {
        &self.evidence
    }
}

impl Keyed for HostToken {
    type Key = TokenHash;

    fn key(&self) -> &TokenHash {
        &self.hash
    }
}

/// Recognises, opens and ends sessions.
pub struct Sessions {
    db: Db,
    ambient: Ambient,
    timeouts: Timeouts,
    changes: Arc<Changes>,
    tokens: Table<HostToken, BuildHasherDefault<TokenHasher>>,
    /// By what they are: ids are ours, so nobody can choose them.
    principals: Table<Arc<Principal>, BuildHasherDefault<QuickHasher>>,
    shared: Shared,
    unknown: Unknown,
    active: Mutex<BTreeMap<SessionId, Timestamp>>,
    metrics: Arc<Metrics>,
}

impl Sessions {
    /// The sessions kept in `db`.
    pub fn new(db: Db, ambient: Ambient, settings: SessionSettings, changes: Arc<Changes>) -> Self {
        Self {
            db,
            ambient,
            timeouts: Timeouts::new(settings),
            changes,
            tokens: Table::new(MAX_CACHED),
            principals: Table::new(MAX_CACHED),
            shared: Shared::default(),
            unknown: Unknown::new(),
            active: Mutex::default(),
            metrics: Arc::default(),
        }
    }

    /// These sessions, counted in `metrics`.
    #[must_use]
    pub fn counted_in(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// How many are held in memory.
    pub fn in_memory(&self) -> usize {
        self.principals.count()
    }

    /// Lets sessions live so long from now on. When those that there are end at the latest stays as it was said.
    pub fn take(&self, settings: SessionSettings) {
        self.timeouts.set(settings);
    }

    /// A session that was last seen by then is over.
    pub fn idle_since(&self) -> Timestamp {
        self.ambient.now().minus(self.timeouts.idle())
    }

    /// How long a session lives at most.
    pub fn absolute_timeout(&self) -> Duration {
        self.timeouts.absolute()
    }

    /// Who holds `token` on `host`, if it opens a live session; counts as activity. From memory in the usual case.
    ///
    /// # Errors
    /// When the store had to be asked and could not.
    pub async fn recognise(&self, host: &Host, token: &Token) -> Result<Option<Arc<Principal>>, Unavailable> {
        let now = self.ambient.now();
        let principal = self.live(host, token, now).await?;
        if let Some(principal) = &principal {
            self.note_activity(principal, now);
        }
        Ok(principal)
    }

    /// As [`Sessions::recognise`], but no activity: for what asks by itself, with no request behind it.
    ///
    /// # Errors
    /// When the store had to be asked and could not.
    pub async fn observe(&self, host: &Host, token: &Token) -> Result<Option<Arc<Principal>>, Unavailable> {
        self.live(host, token, self.ambient.now()).await
    }

    async fn live(&self, host: &Host, token: &Token, now: Timestamp) -> Result<Option<Arc<Principal>>, Unavailable> {
        self.changes.heard_lately().await?;
        let hash = token.hash();
        let principal_of = |known: &HostToken| {
            let opens = *known.host == *host && self.is_live(&known.principal, now);
            opens.then(|| Arc::clone(&known.principal))
        };
        match self.tokens.look(&hash, principal_of).flatten() {
            Some(principal) => {
                self.metrics.sessions.looked_up(Known::Memory);
                Ok(Some(principal))
            }
            None if self.unknown.holds(hash, host, self.changes.number()) => {
                self.metrics.sessions.looked_up(Known::Nobody);
                Ok(None)
            }
            // Boxed, like all that is rare: every request carries the room its future would take.
            None => Box::pin(self.load(host, hash)).await,
        }
    }

    /// Whether the session and all its grants are in time, and nothing of it has changed since it was read.
    fn is_live(&self, principal: &Principal, now: Timestamp) -> bool {
        principal.liveness.is_in_time(now, self.timeouts.idle())
            && self.changes.is_fresh(principal.liveness.number(), principal.user, principal.session())
    }

    async fn load(&self, host: &Host, hash: TokenHash) -> Result<Option<Arc<Principal>>, Unavailable> {
        self.metrics.sessions.looked_up(Known::Database);
        self.tokens.remove(&hash);
        let number = self.changes.number();
        let Some(row) = sessions::by_token(&self.db, &hash, host).await? else {
            self.unknown.remember(hash, host, number);
            return Ok(None);
        };
        let now = self.ambient.now();
        let evidence = Evidence::Session(row.id, row.identity);
        if let Some(principal) = self.principals.get(&evidence).filter(|principal| self.is_live(principal, now)) {
            // Whoever was read since may not speak for a token that has been replaced meanwhile.
            if principal.liveness.number() <= number {
                self.keep(hash, host, &principal);
            }
            return Ok(Some(principal));
        }
        let last_seen = row.last_seen_at.max(self.unwritten_activity(row.id).unwrap_or(row.last_seen_at));
        if now >= row.expires_at || now.since(last_seen) >= self.timeouts.idle() {
            return Ok(None);
        }
        let rows = users::principal(&self.db, row.user, row.identity, now).await?;
        let Some(rows) = rows.filter(|rows| rows.idp_live && !rows.disabled) else { return Ok(None) };
        // A grant still counts at the very instant until which it is kept.
        let grant_ends = rows.kept_until.map(|until| until.plus(Duration::from_micros(1)));
        let stale_at = grant_ends.map_or(row.expires_at, |ends| ends.min(row.expires_at));
        let mut principal = Principal::new(row.user, evidence, rows, self.changes.generation());
        principal.holdings = self.shared.holdings.one(principal.holdings);
        principal.liveness = Liveness::new(number, stale_at, last_seen, row.last_seen_at);
        let principal = Arc::new(principal);
        self.principals.insert(Arc::clone(&principal));
        self.keep(hash, host, &principal);
        Ok(Some(principal))
    }

    fn keep(&self, hash: TokenHash, host: &Host, principal: &Arc<Principal>) {
        let host = self.shared.hosts.one(Arc::new(host.clone()));
        self.tokens.insert(HostToken { hash, host, principal: Arc::clone(principal) });
    }

    fn unwritten_activity(&self, session: SessionId) -> Option<Timestamp> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).get(&session).copied()
    }

    fn activity_interval(&self) -> Duration {
        ACTIVITY_INTERVAL.min(self.timeouts.idle() / IDLE_SHARE)
    }

    fn note_activity(&self, principal: &Principal, now: Timestamp) {
        if principal.liveness.see(now, self.activity_interval())
            && let Some(session) = principal.session()
        {
            self.active.lock().unwrap_or_else(PoisonError::into_inner).insert(session, now);
        }
    }

    /// Writes the activity noted since the last call. What could not be written is kept for the next.
    ///
    /// # Errors
    /// When the store could not write it.
    pub async fn write_activity(&self) -> Result<(), Unavailable> {
        let noted = std::mem::take(&mut *self.active.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.is_empty() {
            return Ok(());
        }
        if let Err(error) = sessions::touch_many(&self.db, &noted).await {
            // What was noted meanwhile is later.
            let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
            for (session, at) in noted {
                active.entry(session).or_insert(at);
            }
            return Err(error.into());
        }
        Ok(())
    }

    /// Deletes what has run out: sessions, codes, spent states, old entries of the change log.
    ///
    /// # Errors
    /// When the store could not.
    pub async fn sweep(&self) -> Result<(), Unavailable> {
        let now = self.ambient.now();
        self.tokens.retain(|known| self.is_live(&known.principal, now)).await;
        self.principals.retain(|principal| self.is_live(principal, now)).await;
        // Activity reaches the store late: an hour of grace costs nothing, since idleness is judged at each use.
        let idle_since = now.minus(self.timeouts.idle()).minus(Duration::from_secs(3600));
        let expired = sessions::sweep(&self.db, now, idle_since).await?;
        self.metrics.sessions.ended(Ended::Expired, expired as u64);
        let live = sessions::count(&self.db, self.idle_since()).await?;
        self.metrics.sessions.live.set(live);
        handoff::sweep(&self.db, now).await?;
        changes::prune(&self.db, now).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
