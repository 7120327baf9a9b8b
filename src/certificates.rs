//! The certificates of this server: ordered from an authority for every host that is served and has none in files (ACME,
//! RFC 8555), renewed in time, and told of when they end. Ordering goes on beside serving and holds nothing up. What comes
//! of it is kept in the database for all processes: one of them orders at a time, every one shows what the authority
//! looks for, and every one serves what was made.
//!
//! Only hosts that are published here are ordered for. Nothing that a client sends leads to an order.

mod authority;
mod failed;
mod made;
mod notice;
mod order;
mod schedule;
mod settings;
mod shelf;
mod stock;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

pub use notice::Notice;
pub use settings::{AcmeSettings, ChallengeKind, ExternalAccount};

use crate::base::{Ambient, HttpClient, Timestamp};
use crate::identity::Host;
use crate::listener::Certificates;
use crate::session::HandoffKeys;
use crate::store::Db;
use crate::telemetry::{CertificateSource, Metrics, Ordered};
use authority::Authority;
use failed::Failed;
use made::Made;
use notice::Trouble;
use shelf::{Shelf, ShelfError};
use stock::Stock;

/// How often a process looks whether there is anything new in the database.
const POLL: Duration = Duration::from_millis(500);
/// How often it looks what is to be ordered, if nothing is new.
const LOOK: Duration = Duration::from_secs(2);
/// How long one order may take, waiting for the authority included.
const PATIENCE: Duration = Duration::from_secs(150);

/// What is told of certificates, for who asks on behalf of an admin. Clones tell the same.
#[derive(Clone)]
pub struct Notices {
    certificates: Arc<Certificates>,
    ambient: Ambient,
    troubles: Arc<ArcSwap<Vec<Trouble>>>,
}

impl Notices {
    /// Tells of these.
    pub fn new(certificates: Arc<Certificates>, ambient: Ambient) -> Self {
        Self { certificates, ambient, troubles: Arc::default() }
    }

    /// What needs attention now.
    pub fn all(&self) -> Vec<Notice> {
        let now = self.ambient.now();
        let files = self.certificates.of_files();
        let files = files.iter().filter_map(|(chain, certificate)| notice::of_file(chain, certificate, now));
        let troubles = self.troubles.load();
        notice::bounded(files.chain(troubles.iter().map(|trouble| trouble.notice(now))).collect())
    }
}

/// Where the keeper works.
pub struct Place {
    /// The database.
    pub db: Db,
    /// Seals keys.
    pub keys: Arc<HandoffKeys>,
    /// What is served.
    pub certificates: Arc<Certificates>,
    /// What is told.
    pub notices: Notices,
    /// The way to the authority.
    pub http: HttpClient,
    /// Counts orders.
    pub metrics: Arc<Metrics>,
    /// Time and chance.
    pub ambient: Ambient,
    /// The sign-in host: its certificate is for who asks for none.
    pub sign_in_host: Host,
}

/// Orders and renews.
pub struct Keeper {
    place: Place,
    authority: Arc<Authority>,
    shelf: Arc<Shelf>,
    stock: Stock,
    version: Option<i64>,
    looked_at: Option<Instant>,
    /// The host that an order is under way for.
    ordering: Option<String>,
    under_way: JoinSet<Result<Made, Failed>>,
}

impl Keeper {
    /// A keeper that orders as the settings say.
    pub fn new(settings: AcmeSettings, place: Place) -> Self {
        let shelf = Shelf {
            db: place.db.clone(),
            keys: Arc::clone(&place.keys),
            ambient: place.ambient.clone(),
            directory: settings.directory.clone(),
            holder: place.ambient.uuid().to_string(),
        };
        Self {
            stock: Stock::of(settings.directory.clone()),
            authority: Arc::new(Authority { settings, http: place.http.clone() }),
            shelf: Arc::new(shelf),
            place,
            version: None,
            looked_at: None,
            ordering: None,
            under_way: JoinSet::new(),
        }
    }

    /// Goes on for ever: takes what is new, and orders what is missing of `published`, the hosts of applications.
    pub async fn run(mut self, published: impl Fn() -> Vec<Host> + Send + Sync) {
        let mut ticks = interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            let done = tokio::select! {
                _ = ticks.tick() => self.turn(&published).await,
                Some(ended) = self.under_way.join_next() => self.finish(ended).await,
            };
            match done {
                Ok(()) => failing = false,
                Err(cause) if !failing => {
                    failing = true;
                    tracing::error!(%cause, "certificates cannot be kept; those that are served stay");
                }
                Err(_) => {}
            }
        }
    }

    async fn turn(&mut self, published: &(impl Fn() -> Vec<Host> + Sync)) -> Result<(), ShelfError> {
        let news = self.take().await?;
        if !news && self.looked_at.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(());
        }
        self.looked_at = Some(Instant::now());
        let (wanted, now) = (self.wanted(published()), self.place.ambient.now());
        self.tell(&wanted, now);
        if let Some((directory, host)) = self.stock.spent(&wanted, now) {
            self.shelf.forget(&directory, &host).await?;
            self.stock.remove(&directory, &host);
        }
        match self.stock.due(&wanted, now) {
            Some(host) if self.ordering.is_none() && self.shelf.begin().await? => self.begin(host).await,
            _ => Ok(()),
        }
    }

    /// The hosts that certificates are ordered for, the sign-in host first: names that an authority can look at, and that
    /// no certificate from files is for.
    fn wanted(&self, published: Vec<Host>) -> Vec<String> {
        let all = std::iter::once(self.place.sign_in_host.clone()).chain(published);
        let named = all.filter(|host| host.address().is_none() && !host.is_loopback());
        self.place.certificates.without_file(named.map(|host| host.as_str().to_owned()).collect())
    }

    /// Takes in what is new in the database. Says whether anything is.
    async fn take(&mut self) -> Result<bool, ShelfError> {
        let Some(news) = self.shelf.news(self.version).await? else { return Ok(false) };
        self.version = Some(news.version);
        self.place.certificates.show(news.challenges);
        if !news.hosts.is_empty() {
            self.stock.take(news.hosts);
            self.place.certificates.take_ordered(self.stock.served(self.place.sign_in_host.as_str()));
        }
        Ok(true)
    }

    fn tell(&self, wanted: &[String], now: Timestamp) {
        let troubles = self.stock.troubles(wanted, now);
        let told = &self.place.metrics.certificates;
        told.in_trouble.set(i64::try_from(troubles.len()).unwrap_or(i64::MAX));
        told.first_end(CertificateSource::Authority, self.stock.first_end(wanted).map(Timestamp::secs));
        self.place.notices.troubles.store(Arc::new(troubles));
    }

    async fn begin(&mut self, host: &str) -> Result<(), ShelfError> {
        // Another process may have been quicker.
        self.take().await?;
        if !self.stock.is_due(host, self.place.ambient.now()) {
            return self.shelf.end().await;
        }
        self.ordering = Some(host.to_owned());
        let (authority, shelf, host) = (Arc::clone(&self.authority), Arc::clone(&self.shelf), host.to_owned());
        // A task of its own, so that no answer of an authority can stop us: at worst the order is lost.
        self.under_way.spawn(async move {
            let late = |_| Err(Failed::Host("the authority took too long".to_owned()));
            timeout(PATIENCE, order::order(&authority, &shelf, &host)).await.unwrap_or_else(late)
        });
        Ok(())
    }

    async fn finish(&mut self, ended: Result<Result<Made, Failed>, JoinError>) -> Result<(), ShelfError> {
        let Some(host) = self.ordering.take() else { return Ok(()) };
        let lost = |_| Err(Failed::Authority("what it answers cannot be read".to_owned()));
        let noted = match ended.unwrap_or_else(lost) {
            Ok(made) => self.keep(&host, &made).await,
            Err(failed) => self.fail(&host, failed).await,
        };
        // Others may be due.
        self.looked_at = None;
        self.shelf.end().await?;
        noted?;
        self.take().await.map(drop)
    }

    async fn keep(&self, host: &str, made: &Made) -> Result<(), ShelfError> {
        self.shelf.keep(host, made).await?;
        self.place.metrics.certificates.ordered(Ordered::Made);
        tracing::info!(host, ends_at = %made.certificate.ends_at(), "a certificate was ordered");
        Ok(())
    }

    async fn fail(&self, host: &str, failed: Failed) -> Result<(), ShelfError> {
        let (ambient, failures) = (&self.place.ambient, self.stock.failures(host));
        let after = |too_much| ambient.now().plus(schedule::pause(failures, too_much, ambient));
        let (outcome, cause, retry_at) = match failed {
            Failed::Authority(cause) => (Ordered::Authority, cause, self.shelf.rest().await?),
            Failed::Stranger(cause) => {
                // The next order makes another account.
                self.shelf.forget_account().await?;
                (Ordered::Authority, cause, self.shelf.rest().await?)
            }
            Failed::Host(cause) => (Ordered::Refused, cause, after(false)),
            Failed::TooMuch(cause) => (Ordered::Refused, cause, after(true)),
        };
        self.place.metrics.certificates.ordered(outcome);
        tracing::error!(host, cause, %retry_at, "a certificate could not be ordered");
        self.shelf.fail(host, retry_at, &cause).await
    }
}
