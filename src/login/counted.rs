//! What is counted of sign-ins, by IdP.

use std::sync::Arc;

use super::Login;
use crate::directory::Provisioned;
use crate::identity::Idp;
use crate::telemetry::{IdpMeter, SignInOutcome};
use crate::web::Cause;

impl Login {
    /// What sign-ins at this IdP are counted with.
    pub(super) fn meter(&self, idp: &Idp) -> Arc<IdpMeter> {
        self.metrics.idp(idp.spec.id.as_str())
    }

    /// Counts what a sign-in wrote.
    pub(super) fn count(&self, idp: &Idp, provisioned: &Provisioned) {
        let meter = self.meter(idp);
        meter.accounts.add(provisioned.created.into());
        meter.grants_added.add(provisioned.added.len() as u64);
        meter.grants_removed.add(provisioned.removed.len() as u64);
    }
}

/// How a sign-in ended that did not succeed.
pub(super) const fn outcome(cause: Cause) -> SignInOutcome {
    match cause {
        Cause::SignInExpired => SignInOutcome::Expired,
        Cause::NoAccount => SignInOutcome::NoAccount,
        Cause::Disabled => SignInOutcome::Disabled,
        Cause::TooManyNew => SignInOutcome::TooManyNew,
        Cause::ProviderUnavailable => SignInOutcome::IdpUnavailable,
        Cause::Unavailable => SignInOutcome::Unavailable,
        _ => SignInOutcome::Refused,
    }
}
