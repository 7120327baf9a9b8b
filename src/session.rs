//! What we know of a browser: its session, its tokens, who is behind them, and the hand-off that carries a session
//! from the sign-in host to an application's host. One session per sign-in; each host holds a token of its own; the
//! store holds only hashes. It decides nothing: whether somebody may enter is `decision`'s to say.

mod changes;
mod handoff;
mod liveness;
mod principal;
mod shared;
mod table;
mod timeouts;
mod unknown;

use std::time::Duration;

pub use changes::{Changes, Generation, MAX_SILENCE, POLL_INTERVAL};
pub use handoff::{HandoffError, HandoffKeys, HandoffRequest, MAX_ATTEMPTS};
pub use liveness::Liveness;
pub use principal::{Evidence, Holdings, Principal, Profile};
pub use table::Sessions;

use crate::identity::{IdentityId, IdpKey, UserId};
use crate::store::StoreError;
pub use crate::store::sessions::{AtProvider, Due, EndedSession, Refresh};

/// How long sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// A session without a request on any host for this long ends.
    pub idle_timeout: Duration,
    /// A session ends this long after its sign-in, whatever happens.
    pub absolute_timeout: Duration,
}

/// The store could not be asked, so nobody can be recognised: answer 503.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unavailable(#[from] StoreError);

/// A completed sign-in, about to become a session.
#[derive(Clone)]
pub struct SignedIn {
    /// Who signed in.
    pub user: UserId,
    /// The identity they signed in with.
    pub identity: IdentityId,
    /// The IdP of that identity.
    pub idp: IdpKey,
    /// What is kept of the provider's side of it.
    pub there: AtProvider,
}
