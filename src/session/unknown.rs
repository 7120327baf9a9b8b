//! Tokens that open nothing, remembered for a moment: a stream of junk costs memory of ours and no reads of the store.

use std::time::Duration;

use moka::sync::Cache;

use crate::base::TokenHash;
use crate::identity::Host;

/// Most of them; at under 200 bytes each, a few megabytes.
const MAX_UNKNOWN: u64 = 10_000;
/// How long one is remembered at most, should nothing change.
const LIFETIME: Duration = Duration::from_secs(60);

/// What the store did not have, as of a change number.
///
/// Adding a token appends no change, so the number alone would not tell that one has come into being. It need not: a
/// token is 32 random bytes that are first told after they are stored, so nobody can have presented it before. And
/// only what the store does not have at all is remembered: never that a session is too old or its user disabled.
pub(super) struct Unknown {
    tokens: Cache<(TokenHash, Host), i64>,
}

impl Unknown {
    pub(super) fn new() -> Self {
        Self { tokens: Cache::builder().max_capacity(MAX_UNKNOWN).time_to_live(LIFETIME).build() }
    }

    /// Remembers that the store, asked after `number` was read, has no such token on that host.
    pub(super) fn remember(&self, hash: TokenHash, host: &Host, number: i64) {
        self.tokens.insert((hash, host.clone()), number);
    }

    /// Whether the store did not have it, and nothing at all has changed since.
    pub(super) fn holds(&self, hash: TokenHash, host: &Host, number: i64) -> bool {
        self.tokens.get(&(hash, host.clone())) == Some(number)
    }
}
