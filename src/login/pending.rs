//! Pending sign-ins: between leaving for a provider and coming back, everything lives sealed in the browser's own
//! cookies, one per sign-in, so that several tabs can sign in at once and a flood of them costs us nothing.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use super::Login;
use crate::base::cookies::MAX_FORGOTTEN;
use crate::base::{Timestamp, TokenHash};
use crate::identity::IdpKey;
use crate::oidc::Attempt;
use crate::session::HandoffRequest;

/// How long a person may take at the provider.
const LIFETIME: Duration = Duration::from_secs(600);
/// Pending sign-ins of one browser; the oldest make room.
const MAX_PENDING: usize = 5;
/// Most bytes that they take in a request, all together: common servers in front of us refuse a header of more than
/// 8 KiB, and then nobody signs in at all.
const MAX_PENDING_BYTES: usize = 6 * 1024;
/// Longest `Set-Cookie` of ours: browsers drop what has more than 4,096 bytes without a word.
const MAX_COOKIE: usize = 4_000;
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
    /// To show an admin what comes of it. Nobody is signed in, and nothing is written down.
    Test {
        /// The hash of the token of the admin's session, which alone is shown it.
        asked_by: String,
    },
}

impl Pending {
    pub(super) fn new(idp: IdpKey, attempt: Attempt, purpose: Purpose, at: Timestamp) -> Self {
        Self { idp, attempt, purpose, at }
    }
}

impl Login {
    /// The cookies that keep `pending` in this browser and make room for it.
    pub(super) fn keep_pending(&self, pending: Pending, headers: &HeaderMap) -> Vec<HeaderValue> {
        let names = &self.web.cookies;
        let what = pending_cookie(&pending.attempt.state);
        let Some((cookie, bytes)) = self.seal_pending(&what, pending) else { return Vec::new() };
        let mut cookies: Vec<HeaderValue> =
            self.excess(headers, bytes).into_iter().take(MAX_FORGOTTEN).map(|what| names.expire(what)).collect();
        cookies.push(cookie);
        cookies
    }

    /// The cookie and what it will take in a request. A page whose address is too long to be carried is given up for
    /// one nearby.
    fn seal_pending(&self, what: &str, mut pending: Pending) -> Option<(HeaderValue, usize)> {
        let names = &self.web.cookies;
        loop {
            let sealed = self.keys.sealing.seal(&self.web.ambient, PURPOSE, &pending)?;
            let cookie = names.set(what, &sealed, Some(LIFETIME));
            if cookie.len() <= MAX_COOKIE {
                return Some((cookie, names.sent_bytes(what, &sealed)));
            }
            let Purpose::SignIn { request: Some(request) } = &mut pending.purpose else { return None };
            if !request.shorten() {
                return None;
            }
        }
    }

    /// The pending sign-in of this browser that was started with `state`, if it is not too old.
    pub(super) fn pending(&self, state: &str, headers: &HeaderMap) -> Option<Pending> {
        let name = pending_cookie(state);
        let candidates = self.web.cookies.values(headers, &name);
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

    /// The cookies to forget beside a new one of `bytes`: the oldest of those that are too many or too large together,
    /// then what is of no use any more.
    fn excess<'a>(&self, headers: &'a HeaderMap, mut bytes: usize) -> Vec<&'a str> {
        let names = &self.web.cookies;
        let mut live: Vec<(Timestamp, &str, usize)> = Vec::new();
        let mut dead = Vec::new();
        for (what, value) in names.held(headers).filter(|(what, _)| what.starts_with(COOKIE_PREFIX)) {
            match self.open_pending(value) {
                Some(pending) => live.push((pending.at, what, names.sent_bytes(what, value))),
                None => dead.push(what),
            }
        }
        live.sort_unstable_by(|one, other| other.cmp(one));
        let fits = |(_, _, size): &&(Timestamp, &str, usize)| {
            bytes += size;
            bytes <= MAX_PENDING_BYTES
        };
        let kept = live.iter().take(MAX_PENDING - 1).take_while(fits).count();
        live.split_off(kept).into_iter().rev().map(|(_, what, _)| what).chain(dead).collect()
    }
}

/// What the cookie of a pending sign-in holds: a name that the state alone tells, without telling the state.
fn pending_cookie(state: &str) -> String {
    let hash = TokenHash::of(state.as_bytes()).to_string();
    format!("{COOKIE_PREFIX}{}", &hash[..16])
}
