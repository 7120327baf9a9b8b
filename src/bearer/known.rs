//! What is kept in memory of a token.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use crate::base::{Keyed, Timestamp, TokenHash};
use crate::identity::{ApplicationKey, Machines, TokenId, TokenIssuerId, UserId};
use crate::session::{Evidence, Principal};
use crate::store::users::PrincipalRows;

/// What the store says of a token.
pub(super) struct Found {
    pub(super) user: UserId,
    pub(super) evidence: Evidence,
    /// Its holder, if they are there.
    pub(super) rows: Option<PrincipalRows>,
    pub(super) scope: Scope,
    pub(super) expires_at: Timestamp,
    /// The change number it was read at.
    pub(super) number: i64,
    /// When a use was last noted.
    pub(super) noted_at: Option<Timestamp>,
}

/// A token that opened something when it was last looked up.
pub(super) struct Known {
    /// Of the token, as one application sees it.
    pub(super) key: TokenHash,
    pub(super) principal: Arc<Principal>,
    pub(super) scope: Scope,
    pub(super) expires_at: Timestamp,
    /// Until when the principal is as it was read, if one of its grants ends by itself.
    pub(super) good_until: Option<Timestamp>,
    /// The change number it was read at.
    pub(super) number: i64,
    /// When a use was last noted, in microseconds since the Unix epoch.
    pub(super) noted_at: AtomicI64,
}

impl Keyed for Known {
    type Key = TokenHash;

    fn key(&self) -> &TokenHash {
        &self.key
    }
}

/// Where a token counts.
pub(super) enum Scope {
    /// Issued here: wherever such tokens are taken, or in these applications alone.
    Token(TokenId, Option<Vec<ApplicationKey>>),
    /// Of an issuer, as it was in that epoch: wherever that issuer's are taken.
    Issuer(TokenIssuerId, u64),
}

impl Scope {
    /// Whether what is known by it answers for these applications at all.
    pub(super) fn is_taken(&self, machines: &Machines) -> bool {
        match self {
            Self::Token(..) => true,
            Self::Issuer(issuer, _) => machines.issuers.contains(issuer),
        }
    }
}
