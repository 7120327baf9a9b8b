//! Why a sign-in does not succeed, from whichever step: for the person, the log and the record.

use super::{Login, counted};
use crate::base::Reference;
use crate::identity::Idp;
use crate::oidc::OidcError;
use crate::session::{HandoffRequest, Unavailable};
use crate::web::{Cause, Failure, SignInWish};

/// Why a sign-in did not succeed: what the person is told, and what the log keeps.
pub(super) struct Refusal {
    pub(super) cause: Cause,
    /// For the log and the record; holds no secret, code or token, and no content of a claim.
    pub(super) why: String,
    /// What went wrong in organizations' selectors, for the log alone: it may quote names that were asked for.
    pub(super) notes: String,
    /// Under which it is recorded, if it is.
    pub(super) reference: Option<Reference>,
}

impl Refusal {
    pub(super) fn new(cause: Cause, why: impl ToString) -> Self {
        Self { cause, why: why.to_string(), notes: String::new(), reference: None }
    }
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        Self::new(Cause::Unavailable, error)
    }
}

impl From<OidcError> for Refusal {
    fn from(error: OidcError) -> Self {
        let cause = match error {
            OidcError::Unavailable(_) => Cause::ProviderUnavailable,
            OidcError::Refused(_) | OidcError::Misconfigured(_) => Cause::SignInRefused,
        };
        Self::new(cause, error)
    }
}

impl Login {
    /// Logs why a sign-in did not succeed, and gives the failure that leads there. Signing in again leads to where the
    /// person was going.
    pub(super) fn log_refusal(
        &self,
        idp: Option<&Idp>,
        refusal: &Refusal,
        request: Option<&HandoffRequest>,
    ) -> Failure {
        let failure = match refusal.reference.clone() {
            Some(reference) => self.web.failure_under(refusal.cause, reference),
            None => self.web.failure(refusal.cause),
        };
        if let Some(idp) = idp {
            self.meter(idp).ended(counted::outcome(refusal.cause));
        }
        tracing::warn!(
            reference = %failure.reference,
            idp = idp.map(|idp| tracing::field::display(&idp.spec.id)),
            outcome = ?refusal.cause,
            cause = %with_notes(&refusal.why, &refusal.notes),
            "sign-in refused"
        );
        let again = SignInWish { as_someone_else: true, login_hint: None };
        failure.with_link("Sign in again", again.path(None, self.seal_anew(request).as_deref()))
    }
}

/// A cause, with what went wrong beside it.
pub(super) fn with_notes(cause: &str, notes: &str) -> String {
    if notes.is_empty() { cause.to_owned() } else { format!("{cause}; {notes}") }
}
