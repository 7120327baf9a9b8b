//! The hand-off: how an application's host asks the sign-in host for a session without either trusting the browser in
//! between. The application's host leaves a verifier in the browser and sends only its hash; the code that comes back
//! is worth nothing without that verifier, on any other host, or a second time.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Unavailable;
use crate::base::{Ambient, SealingKey, Timestamp, Token, TokenHash};
use crate::identity::Host;

/// How long a request may travel: as long as a pending sign-in.
const REQUEST_LIFETIME: Duration = Duration::from_secs(600);
/// How long a code may travel: one redirect.
pub(super) const CODE_LIFETIME: Duration = Duration::from_secs(30);
/// Longest return path that is carried; beyond it the browser comes back to the path without its query, or to `/`.
const MAX_RETURN_PATH: usize = 2048;
/// How often one request may be started over on its own before a person is asked to.
pub const MAX_ATTEMPTS: u8 = 2;
const PURPOSE: &str = "hand-off request";

/// What an application's host asks of the sign-in host, sealed in between.
#[derive(Clone, Serialize, Deserialize)]
pub struct HandoffRequest {
    /// The host that asks.
    pub host: Host,
    /// Where the browser wants to be: path and query on that host.
    pub return_path: String,
    /// How often this request was started over.
    pub attempt: u8,
    #[serde(with = "hex")]
    binding: TokenHash,
    at: Timestamp,
}

/// Seals and opens requests.
#[derive(Debug)]
pub struct HandoffKeys {
    /// The server's sealing key.
    pub sealing: SealingKey,
    /// Time and chance.
    pub ambient: Ambient,
}

/// Why a code was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// It is unknown, used, too old, or its session has ended.
    #[error("the hand-off code is unknown, used or too old")]
    Spent,
    /// It was made for another host or another browser.
    #[error("the hand-off code was made for another browser or host")]
    Foreign,
    /// The store could not be asked.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl HandoffRequest {
    /// The request of a browser that holds `verifier` on `host` and wants to be at `return_path`.
    pub fn new(host: Host, return_path: &str, verifier: &Token, now: Timestamp) -> Self {
        let fits = |path: &&str| path.len() <= MAX_RETURN_PATH;
        let bare = return_path.split('?').next();
        let return_path = Some(return_path).filter(fits).or(bare.filter(fits)).unwrap_or("/").to_owned();
        Self { host, return_path, attempt: 0, binding: verifier.hash(), at: now }
    }

    /// The same request, as if it were made now: for who has to begin again on our own page.
    pub fn renewed(&self, now: Timestamp) -> Self {
        Self { at: now, ..self.clone() }
    }

    /// Gives up part of the return path: its query, or the rest. `false` if there is nothing left to give up.
    pub fn shorten(&mut self) -> bool {
        let shorter = match self.return_path.split_once('?') {
            Some((path, _)) => path.to_owned(),
            None if self.return_path != "/" => "/".to_owned(),
            None => return false,
        };
        self.return_path = shorter;
        true
    }

    /// What the code will be bound to: the hash of the verifier.
    pub(super) const fn binding(&self) -> TokenHash {
        self.binding
    }

    /// Whether `verifier` is the one this request was made with.
    pub fn is_of(&self, verifier: &Token) -> bool {
        self.binding == verifier.hash()
    }
}

impl HandoffKeys {
    /// The request as it travels through the browser. `None` only if it cannot be sealed.
    pub fn seal(&self, request: &HandoffRequest) -> Option<String> {
        self.sealing.seal(&self.ambient, PURPOSE, request)
    }

    /// A request of ours that is not too old.
    pub fn open(&self, sealed: &str) -> Option<HandoffRequest> {
        let request: HandoffRequest = self.sealing.open(PURPOSE, sealed)?;
        (self.ambient.now().since(request.at) <= REQUEST_LIFETIME).then_some(request)
    }
}

impl fmt::Debug for HandoffRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandoffRequest({})", self.host)
    }
}

/// A hash travels as text.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    use crate::base::TokenHash;

    pub(super) fn serialize<S: Serializer>(hash: &TokenHash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TokenHash, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
