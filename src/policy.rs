//! Who gets what: a pure function of claims, compiled policies and organizations, giving a decision with its reasons.
//! Whatever has to know it calls this one function: a sign-in, an explanation, a preview, a trial. `directory` alone
//! writes what it says. No I/O, no clock. Imports claims, identity and base.
//!
//! Told in order: a [`Selector`] is an expression over [`claims`](crate::claims); [`ProfilePaths`] read a person with
//! selectors; a [`Snapshot`] holds every policy of one version of the catalogue, compiled; [`decide`] asks it.

mod case;
mod compare;
mod decide;
mod draft;
mod guide;
mod lint;
mod profile;
mod reach;
mod record;
mod selector;
mod sight;
mod snapshot;
#[cfg(test)]
mod tests;
mod words;
mod written;

pub use case::{Case, Expected, Mismatch, in_short};
pub use compare::{Piece, compare};
pub use decide::{Decision, Given, LeftOut, MAX_SHOWN, Outcome, Verdict, decide, explain, show};
pub use guide::{Chosen, ClaimPath, Condition, Gives, MAX_ROWS, Row, read_org, read_role, write_org, write_role};
pub use lint::{Judged, lint_org, lint_role};
pub use profile::{Profile, ProfileError, ProfilePaths};
pub use reach::Reach;
pub use record::{QUOTED, to_json};
pub use selector::{EvaluationError, PreparedClaims, Returned, Selector, SelectorError};
pub use sight::check_reads;
pub use snapshot::{Applied, IdpPolicies, Snapshot};
pub use written::{IdpFlaw, idp_flaws};

/// Checks the text of an org or role selector, as it is about to be saved. `{{orgId}}` may stand in quotes.
///
/// # Errors
/// When it is no selector; says where and what to do.
pub fn check_selector(text: &str) -> Result<(), SelectorError> {
    Selector::parse(text).map(drop)
}

/// Checks the text of a path of [`crate::identity::ProfilePaths`], its server admin selector included. These are about
/// a person, not an organization: `{{orgId}}` stands for nothing in them.
///
/// # Errors
/// When it is no selector, or uses `{{orgId}}`.
pub fn check_path(text: &str) -> Result<(), SelectorError> {
    profile::parse_path(text).map(drop)
}
