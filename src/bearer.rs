//! Programs: who comes with a bearer token, where an application takes any. Tokens issued here, of users and service
//! accounts, and access tokens of other issuers ([`issuers`]). Known ones are recognised from memory, as sessions are,
//! until the change log says otherwise; unknown ones cost a bounded number of looks into the store. It decides nothing:
//! whether somebody may enter is `decision`'s to say, by the grants they hold at that moment.

mod guesses;
mod issuers;
mod known;
mod sent;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use moka::sync::Cache;

use crate::base::{Ambient, HttpClient, Table, Timestamp, TokenHash, TokenHasher};
use crate::identity::{ApplicationKey, ApplicationToken, Catalogue, Machines, OrganizationKey, TokenId, TokenIssuer};
use crate::session::{Changes, Evidence, Principal, Unavailable};
use crate::store::application_tokens::{self, ApplicationTokenRow};
use crate::store::{Db, StoreError, service_accounts, users};

pub use sent::{Sent, sent};

use guesses::Guesses;
use issuers::Issuers;
use known::{Found, Known, Scope};

/// Tokens kept in memory; past that, they are read and verified again.
const MAX_KNOWN: usize = 100_000;
/// Tokens that open nothing, remembered for a moment: a program that repeats one costs no reads of the store.
const MAX_UNKNOWN: u64 = 10_000;
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(60);
/// How often the last use of a token is written down: a busy program costs one write an hour.
const USE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// A bearer token, and where it is presented.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The token, as it came.
    pub token: &'a str,
    /// The application it is presented at.
    pub application: ApplicationKey,
    /// Whose it is.
    pub organization: OrganizationKey,
    /// What it takes.
    pub machines: &'a Machines,
    /// Who sent it.
    pub client: Option<IpAddr>,
}

/// What a token is.
#[derive(Debug)]
pub enum Recognised {
    /// It is somebody's.
    As(Arc<Principal>),
    /// It is none that this application takes from us: the upstream's own business.
    Foreign,
}

/// Why nobody is recognised by a token of ours.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It opens nothing. The cause is for the log.
    #[error("{0}")]
    Invalid(String),
    /// It is good, and not for this application.
    #[error("the token is not for this application")]
    OutOfScope(Arc<Principal>),
    /// Too many that opened nothing came from there: the next is looked at in so many seconds.
    #[error("too many tokens from there opened nothing")]
    TooMany(u64),
    /// The keys that it says to be signed with cannot be had.
    #[error("{0}")]
    WithoutKeys(String),
    /// The store could not be asked.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

fn invalid(cause: impl Into<String>) -> Refused {
    Refused::Invalid(cause.into())
}

/// Recognises programs.
pub struct Bearers {
    db: Db,
    ambient: Ambient,
    changes: Arc<Changes>,
    http: HttpClient,
    issuers: ArcSwap<Issuers>,
    known: Table<Arc<Known>, BuildHasherDefault<TokenHasher>>,
    /// The change number at which the store had no such token. One that is made later is another: nobody can have
    /// presented it before.
    unknown: Cache<TokenHash, i64>,
    guesses: Guesses,
    used: Mutex<HashMap<TokenId, Timestamp>>,
}

impl Bearers {
    /// The tokens kept in `db`; keys of issuers are asked for by `http`.
    pub fn new(db: Db, ambient: Ambient, changes: Arc<Changes>, http: HttpClient) -> Self {
        Self {
            db,
            guesses: Guesses::new(ambient.clone()),
            ambient,
            changes,
            http,
            issuers: ArcSwap::default(),
            known: Table::new(MAX_KNOWN),
            unknown: Cache::builder().max_capacity(MAX_UNKNOWN).time_to_live(UNKNOWN_LIFETIME).build(),
            used: Mutex::default(),
        }
    }

    /// Takes in the issuers that the configuration declares.
    pub fn take(&self, issuers: &[TokenIssuer]) {
        self.issuers.rcu(|before| before.with(issuers, &self.http, &self.ambient));
    }

    /// Takes in a change of the catalogue.
    pub fn reload(&self, catalogue: &Catalogue) {
        self.issuers.rcu(|before| before.beside(catalogue));
    }

    /// Whose a token is. From memory in the usual case.
    ///
    /// # Errors
    /// When it is one of ours, and nobody may come with it.
    pub async fn recognise(&self, presented: &Presented<'_>) -> Result<Recognised, Refused> {
        self.changes.heard_lately().await?;
        let key = key(presented);
        let usable = |known: &Arc<Known>| known.scope.is_taken(presented.machines) && self.is_good(known);
        let known = match self.known.get(&key).filter(usable) {
            Some(known) => known,
            // Boxed, like all that is rare: every request carries the room its future would take.
            None => match Box::pin(self.load(presented, key)).await? {
                Some(known) => known,
                None => return Ok(Recognised::Foreign),
            },
        };
        match &known.scope {
            Scope::Token(_, Some(only)) if !only.contains(&presented.application) => {
                return Err(Refused::OutOfScope(Arc::clone(&known.principal)));
            }
            Scope::Token(..) if !presented.machines.tokens => {
                return Err(invalid("the application takes no such tokens"));
            }
            Scope::Token(token, _) => self.note_use(&known, *token),
            Scope::Issuer(..) => {}
        }
        Ok(Recognised::As(Arc::clone(&known.principal)))
    }

    /// Whether the token and all grants are in time, and nothing about its holder has changed.
    fn is_good(&self, known: &Known) -> bool {
        let now = self.ambient.now();
        let in_force = match known.scope {
            Scope::Token(..) => true,
            Scope::Issuer(_, epoch) => epoch == self.issuers.load().epoch,
        };
        in_force
            && now < known.expires_at
            && known.good_until.is_none_or(|until| now <= until)
            && self.changes.is_fresh(known.number, known.principal.user, None)
    }

    /// Reads who comes with a token; nobody, if it is none of ours.
    async fn load(&self, presented: &Presented<'_>, key: TokenHash) -> Result<Option<Arc<Known>>, Refused> {
        let issuers = self.issuers.load_full();
        let ours = ApplicationToken::is_like(presented.token);
        let candidates = if ours { Vec::new() } else { issuers.of(presented) };
        if !ours && candidates.is_empty() {
            return Ok(None);
        }
        self.known.remove(&key);
        self.guesses.check(presented.client).map_err(Refused::TooMany)?;
        let loaded = match ours {
            true => self.token(presented.token).await,
            false => self.access_token(presented, &issuers, &candidates).await,
        };
        match loaded.and_then(|found| self.known(key, found)) {
            Ok(known) => {
                let known = Arc::new(known);
                self.known.insert(Arc::clone(&known));
                Ok(Some(known))
            }
            Err(refused) => {
                if matches!(refused, Refused::Invalid(_)) {
                    self.guesses.count(presented.client);
                }
                Err(refused)
            }
        }
    }

    /// A token issued here.
    async fn token(&self, text: &str) -> Result<Found, Refused> {
        let token = ApplicationToken::parse(text).ok_or_else(|| invalid("it is no token for applications"))?;
        let (hash, number) = (token.hash(), self.changes.number());
        let absent = || invalid("there is no such token, or it has run out");
        if self.unknown.get(&hash) == Some(number) {
            return Err(absent());
        }
        let now = self.ambient.now();
        let Some(row) = application_tokens::presented(&self.db, &hash, now).await? else {
            self.unknown.insert(hash, number);
            return Err(absent());
        };
        let ApplicationTokenRow { id, user, identity, applications, expires_at, last_used_at, .. } = row;
        let rows = match identity {
            Some(identity) => users::principal(&self.db, user, identity, now).await?,
            None => service_accounts::principal(&self.db, user, now).await?,
        };
        let (evidence, scope) = (Evidence::Token(id, identity), Scope::Token(id, applications));
        Ok(Found { user, evidence, rows, scope, expires_at, number, noted_at: last_used_at })
    }

    fn known(&self, key: TokenHash, found: Found) -> Result<Known, Refused> {
        let Found { user, evidence, rows, scope, expires_at, number, noted_at } = found;
        let rows = rows.filter(|rows| rows.idp_live && !rows.disabled);
        let rows = rows.ok_or_else(|| invalid("whoever it speaks of may not enter any more"))?;
        let good_until = rows.kept_until;
        let principal = Arc::new(Principal::new(user, evidence, rows, self.changes.generation()));
        let noted_at = AtomicI64::new(noted_at.map_or(0, Timestamp::micros));
        Ok(Known { key, principal, scope, expires_at, good_until, number, noted_at })
    }

    fn note_use(&self, known: &Known, token: TokenId) {
        let now = self.ambient.now();
        let noted = known.noted_at.load(Ordering::Relaxed);
        let due = now.since(Timestamp::from_micros(noted)) >= USE_INTERVAL;
        let first =
            due && known.noted_at.compare_exchange(noted, now.micros(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if first {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(token, now);
        }
    }

    /// Writes down the uses noted since the last call. What could not be written is kept for the next.
    ///
    /// # Errors
    /// When the store could not write it.
    pub async fn write_uses(&self) -> Result<(), Unavailable> {
        let noted: Vec<_> = self.used.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        if noted.is_empty() {
            return Ok(());
        }
        if let Err(error) = application_tokens::touch_many(&self.db, &noted).await {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(noted);
            return Err(error.into());
        }
        Ok(())
    }

    /// Lets go of what is good no more.
    pub async fn sweep(&self) {
        self.known.retain(|known| self.is_good(known)).await;
    }
}

/// A token as one application sees it: which issuers it takes decides whose the token is, and so does its organization,
/// whatever the token was used for before.
fn key(presented: &Presented<'_>) -> TokenHash {
    let mut both = [0; 48];
    both[..32].copy_from_slice(TokenHash::of(presented.token.as_bytes()).as_bytes());
    both[32..].copy_from_slice(presented.application.uuid().as_bytes());
    TokenHash::of(&both)
}
