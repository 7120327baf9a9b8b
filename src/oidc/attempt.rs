//! One sign-in under way: what is asked, what the browser keeps for us meanwhile, and what it comes back with.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::base::Ambient;

/// What to ask of the provider beside a sign-in.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// Who the person says to be (`login_hint`).
    pub login_hint: Option<String>,
    /// Whether the provider is to ask for the person's credentials again (`prompt=login`).
    pub reauthenticate: bool,
}

/// What the provider sent the browser back with, once its `state` has been found equal.
#[derive(Clone)]
pub struct Answer {
    /// The authorization code.
    pub code: String,
    /// The issuer that says to have answered (RFC 9207).
    pub iss: Option<String>,
}

/// The secrets of one sign-in under way, which the browser keeps for us, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// The `state`: by it the answer is known to be one to this attempt.
    pub state: String,
    pub(super) nonce: String,
    pub(super) pkce_verifier: String,
}

impl Attempt {
    pub(super) fn new(ambient: &Ambient) -> Self {
        let secret = || ambient.token().expose();
        Self { state: secret(), nonce: secret(), pkce_verifier: secret() }
    }

    /// Whether a callback's `state` is this attempt's; takes the same time whichever byte differs.
    pub fn state_matches(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(…)")
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(…)")
    }
}
