//! Where accounts, certificates and what authorities ask for are kept for every process: in the database, keys sealed.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::made::{Kept, Made};
use super::schedule;
use crate::base::{Ambient, Timestamp};
use crate::listener::Challenge;
use crate::session::HandoffKeys;
use crate::store::certificates::{self, ChallengeRow, HostRow, Leave, NewCertificate};
use crate::store::{Db, StoreError};

/// How long the right to order lasts: longer than an order may take, so that no two processes are at it.
const LEASE: Duration = Duration::from_secs(180);
/// Most orders in an hour: far below what the best known authority takes, 300 in three hours.
const PER_HOUR: i64 = 60;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How long a challenge is of use: longer than an order may take.
const CHALLENGE: Duration = Duration::from_secs(10 * 60);

/// Why what is kept cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be sealed.
    #[error("a key cannot be sealed")]
    Unsealable,
}

/// The shelf, for one directory.
pub(super) struct Shelf {
    pub(super) db: Db,
    pub(super) keys: Arc<HandoffKeys>,
    pub(super) ambient: Ambient,
    pub(super) directory: String,
    /// What this process is known by while it orders.
    pub(super) holder: String,
}

/// What is new on the shelf.
pub(super) struct News {
    /// The state of it that this leads to.
    pub(super) version: i64,
    /// Hosts, each with its certificate, if that can be opened.
    pub(super) hosts: Vec<(HostRow, Option<Kept>)>,
    /// Everything that an authority may ask for now.
    pub(super) challenges: Vec<Challenge>,
}

impl Shelf {
    /// What is new since `known`, if anything is.
    pub(super) async fn news(&self, known: Option<i64>) -> Result<Option<News>, ShelfError> {
        let version = certificates::version(&self.db).await?;
        if known == Some(version) {
            return Ok(None);
        }
        // A database that was set back is read as a whole.
        let since = known.filter(|known| *known < version).unwrap_or(0);
        let (version, hosts, challenges) = certificates::since(&self.db, since).await?;
        let now = self.ambient.now();
        let host = |row: HostRow| {
            let kept = row.certificate.as_ref().and_then(|(chain, sealed)| {
                let key: Option<String> = self.keys.sealing.open(&of_certificate(&row.directory, &row.host), sealed);
                Some(Kept { chain: chain.clone(), key: key?.into() })
            });
            (row, kept)
        };
        let live = challenges.into_iter().filter(|row| row.expires_at > now);
        let challenge = |row: ChallengeRow| Challenge { host: row.host, token: row.token, proof: row.proof };
        Ok(Some(News {
            version,
            hosts: hosts.into_iter().map(host).collect(),
            challenges: live.map(challenge).collect(),
        }))
    }

    /// Whether an order may begin here and now. If so, no other does anywhere before [`Shelf::end`].
    pub(super) async fn begin(&self) -> Result<bool, ShelfError> {
        let now = self.ambient.now();
        let (until, hour_ago) = (now.plus(LEASE), now.minus(HOUR));
        let leave = Leave { holder: &self.holder, now, until, hour_ago, most: PER_HOUR };
        Ok(certificates::begin(&self.db, leave).await?)
    }

    /// The order is over.
    pub(super) async fn end(&self) -> Result<(), ShelfError> {
        Ok(certificates::end(&self.db, &self.holder).await?)
    }

    /// The authority itself has failed. Says until when it is left in peace.
    pub(super) async fn rest(&self) -> Result<Timestamp, ShelfError> {
        let pause = schedule::rest(certificates::setbacks(&self.db).await?);
        let until = self.ambient.now().plus(pause);
        certificates::rest(&self.db, until).await?;
        Ok(until)
    }

    /// The account, if there is one that can be opened.
    pub(super) async fn account(&self) -> Result<Option<SecretString>, ShelfError> {
        let sealed = certificates::account(&self.db, &self.directory).await?;
        let open = |sealed: String| self.keys.sealing.open::<String>(&of_account(&self.directory), &sealed);
        Ok(sealed.and_then(open).map(Into::into))
    }

    /// Keeps the account.
    pub(super) async fn keep_account(&self, account: &SecretString) -> Result<(), ShelfError> {
        let sealed = self.seal(&of_account(&self.directory), account)?;
        Ok(certificates::put_account(&self.db, &self.directory, &sealed, self.ambient.now()).await?)
    }

    /// Forgets the account.
    pub(super) async fn forget_account(&self) -> Result<(), ShelfError> {
        Ok(certificates::remove_account(&self.db, &self.directory).await?)
    }

    /// Has every process show this.
    pub(super) async fn show(&self, challenge: &Challenge) -> Result<(), ShelfError> {
        let row = ChallengeRow {
            host: challenge.host.clone(),
            token: challenge.token.clone(),
            proof: challenge.proof.clone(),
            expires_at: self.ambient.now().plus(CHALLENGE),
        };
        Ok(certificates::put_challenge(&self.db, &row).await?)
    }

    /// Keeps a new certificate.
    pub(super) async fn keep(&self, host: &str, made: &Made) -> Result<(), ShelfError> {
        let sealed = self.seal(&of_certificate(&self.directory, host), &made.kept.key)?;
        let not_again_before = self.ambient.now().plus(schedule::quiet(made.certificate.validity()));
        let new = NewCertificate { chain: &made.kept.chain, sealed: &sealed, not_again_before };
        Ok(certificates::put(&self.db, &self.directory, host, new).await?)
    }

    /// Notes why there is none, and when it is tried again.
    pub(super) async fn fail(&self, host: &str, retry_at: Timestamp, cause: &str) -> Result<(), ShelfError> {
        Ok(certificates::put_failure(&self.db, &self.directory, host, retry_at, cause).await?)
    }

    /// Forgets a host at a directory.
    pub(super) async fn forget(&self, directory: &str, host: &str) -> Result<(), ShelfError> {
        Ok(certificates::forget(&self.db, directory, host).await?)
    }

    fn seal(&self, purpose: &str, secret: &SecretString) -> Result<String, ShelfError> {
        let sealed = self.keys.sealing.seal(&self.ambient, purpose, &secret.expose_secret());
        sealed.ok_or(ShelfError::Unsealable)
    }
}

fn of_certificate(directory: &str, host: &str) -> String {
    format!("certificate for {host} from {directory}")
}

fn of_account(directory: &str) -> String {
    format!("account at {directory}")
}
