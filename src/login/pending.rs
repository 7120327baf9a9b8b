//! Pending sign-ins: between leaving for a provider and coming back, everything lives sealed in the browser's own
//! cookies, one per sign-in, so that several tabs can sign in at once and a flood of them costs us nothing.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use super::Login;
use crate::base::{Timestamp, TokenHash};
use crate::identity::IdpKey;
use crate::oidc::Attempt;
use crate::session::HandoffRequest;

/// How long a person may take at the provider.
const LIFETIME: Duration = Duration::from_secs(600);
/// Pending sign-ins of one browser; the oldest make room. Their cookies must fit the headers of any server.
const MAX_PENDING: usize = 5;
const PURPOSE: &str = "pending sign-in";
const COOKIE_PREFIX: &str = "pending-";

/// One pending sign-in.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// The provider it went to.
    pub(super) idp: IdpKey,
    /// What is checked when it comes back.
    pub(super) attempt: Attempt,
    /// What it is for.
    pub(super) purpose: Purpose,
    at: Timestamp,
}

/// What a pending sign-in is for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// To sign in, and then to go where the request says, or home.
    SignIn {
        /// The application host's request.
        request: Option<HandoffRequest>,
    },
}

impl Pending {
    pub(super) fn new(idp: IdpKey, attempt: Attempt, purpose: Purpose, at: Timestamp) -> Self {
        Self { idp, attempt, purpose, at }
    }
}

impl Login {
    /// The cookies that keep `pending` in this browser and make room for it.
    pub(super) fn keep_pending(&self, pending: &Pending, headers: &HeaderMap) -> Vec<HeaderValue> {
        let names = &self.web.cookies;
        let Some(sealed) = self.keys.sealing.seal(&self.web.ambient, PURPOSE, pending) else { return Vec::new() };
        let mut cookies = self.drop_excess(headers);
        cookies.push(names.set(&pending_cookie(&pending.attempt.state), &sealed, Some(LIFETIME)));
        cookies
    }

    /// The pending sign-in of this browser that was started with `state`, if it is not too old.
    pub(super) fn pending(&self, state: &str, headers: &HeaderMap) -> Option<Pending> {
        let candidates = self.web.cookies.values(headers, &pending_cookie(state)).into_iter();
        candidates.filter_map(|value| self.open_pending(value)).find(|pending| pending.attempt.state_matches(state))
    }

    /// The cookie that forgets the pending sign-in of `state`.
    pub(super) fn forget_pending(&self, state: &str) -> HeaderValue {
        self.web.cookies.expire(&pending_cookie(state))
    }

    fn open_pending(&self, sealed: &str) -> Option<Pending> {
        let pending: Pending = self.keys.sealing.open(PURPOSE, sealed)?;
        (self.web.ambient.now().since(pending.at) <= LIFETIME).then_some(pending)
    }

    fn drop_excess(&self, headers: &HeaderMap) -> Vec<HeaderValue> {
        let names = &self.web.cookies;
        let mut kept: Vec<(Timestamp, &str)> = Vec::new();
        let mut cookies = Vec::new();
        for (what, value) in names.held(headers).filter(|(what, _)| what.starts_with(COOKIE_PREFIX)) {
            match self.open_pending(value) {
                Some(pending) => kept.push((pending.at, what)),
                None => cookies.push(names.expire(what)),
            }
        }
        kept.sort_unstable();
        let excess = (kept.len() + 1).saturating_sub(MAX_PENDING);
        cookies.extend(kept.into_iter().take(excess).map(|(_, what)| names.expire(what)));
        cookies
    }
}

/// What the cookie of a pending sign-in holds: a name that the state alone tells, without telling the state.
fn pending_cookie(state: &str) -> String {
    let hash = TokenHash::of(state.as_bytes()).to_string();
    format!("{COOKIE_PREFIX}{}", &hash[..16])
}
