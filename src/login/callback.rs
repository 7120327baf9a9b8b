//! Coming back from a provider: is this the answer to a sign-in that this browser started?

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use http::HeaderMap;

use super::admit::with_notes;
use super::counted;
use super::failed::Answer as Answered;
use super::params::Params;
use super::pending::{Pending, Purpose};
use super::start::client_of;
use super::{Login, Scene};
use crate::base::Reference;
use crate::directory::StoreError;
use crate::identity::{Host, Idp, IdpId};
use crate::oidc::{Answer, Attempt, OidcError, VerifiedTokens};
use crate::session::{HandoffRequest, Unavailable};
use crate::telemetry::{Span, Trace};
use crate::web::{Cause, Failure, SignInWish, see_other, with_cookie};

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

/// `GET /login/{idp}/callback`: the redirect URI of one IdP.
pub(super) async fn callback(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    Path(idp): Path<String>,
    RawQuery(query): RawQuery,
    trace: Option<Extension<Trace>>,
    headers: HeaderMap,
) -> Answered {
    let id = IdpId::parse(&idp).ok();
    let params = Params::parse(query.as_deref());
    let state = params.as_ref().and_then(|params| params.get("state")).unwrap_or_default();
    let pending = login.pending(state, &headers);
    let scene = login.scene_of(id.as_ref(), pending.as_ref()).await?;
    let idp = id.and_then(|id| scene.catalogue.idp_by_id(&id));
    let pending = idp.and_then(|idp| pending.filter(|pending| pending.idp == idp.key));
    let (Some(idp), Some(params), Some(pending)) = (idp, params.as_ref(), pending) else {
        // An IdP that does not exist is answered in the same way: which ones there are is nobody's business.
        return login.not_pending(idp, &host, &headers).await;
    };
    // Whatever comes of it, this sign-in is over in this browser.
    let forget = login.forget_pending(state);
    let step = |name| step(trace.as_deref(), name, idp);
    let exchange = step("exchange");
    let answered = login.answer(&scene, idp, params, state, pending.attempt.clone()).await;
    let answered = exchange.over(answered);
    let answer = match pending.purpose {
        Purpose::Test { asked_by } => login.show_test(&scene, idp, answered, &asked_by, &host, &headers).await,
        Purpose::SignIn { request } => {
            let finished = match answered {
                Ok(tokens) => {
                    let provisioning = step("provisioning");
                    provisioning.over(login.finish(idp, tokens, request.as_ref(), &host, &headers).await)
                }
                Err(refusal) => Err(refusal),
            };
            finished.map_err(|refusal| login.log_refusal(Some(idp), &refusal, request.as_ref()).into())
        }
    };
    Ok(with_cookie(answer.unwrap_or_else(IntoResponse::into_response), forget))
}

impl Login {
    /// The scene that a sign-in goes on in; a test may be of an IdP that is turned off.
    async fn scene_of(&self, id: Option<&IdpId>, pending: Option<&Pending>) -> Result<Arc<Scene>, StoreError> {
        let scene = self.scene();
        let is_test = pending.is_some_and(|pending| matches!(pending.purpose, Purpose::Test { .. }));
        match id.filter(|id| is_test && scene.catalogue.idp_by_id(id).is_none()) {
            Some(id) => Ok(self.scene_with(id).await?.unwrap_or(scene)),
            None => Ok(scene),
        }
    }

    /// Exchanges the code and checks all that comes back. Only then is the `state` remembered as spent, so nothing is
    /// written for a stranger.
    async fn answer(
        &self,
        scene: &Scene,
        idp: &Idp,
        params: &Params,
        state: &str,
        attempt: Attempt,
    ) -> Result<VerifiedTokens, Refusal> {
        let provider = client_of(scene, idp)?;
        let iss = params.get("iss").map(str::to_owned);
        if params.has("error") {
            provider.check_response_issuer(iss.as_deref()).await?;
            return Err(declined(params.get("error").unwrap_or_default()));
        }
        let no_code = || Refusal::new(Cause::SignInRefused, "neither a code nor an error came back");
        let code = params.get("code").ok_or_else(no_code)?.to_owned();
        let tokens = provider.redeem(Answer { code, iss }, &attempt).await?;
        if !self.sessions.spend_state(state).await? {
            return Err(Refusal::new(Cause::SignInExpired, "this sign-in was completed before"));
        }
        Ok(tokens)
    }

    /// The answer to a callback that belongs to no sign-in under way in this browser. Whoever is signed in has reloaded
    /// the page of one that was completed, or gone back to it: nothing is completed, they are only sent home.
    async fn not_pending(&self, idp: Option<&Idp>, host: &Host, headers: &HeaderMap) -> Answered {
        if self.principal(host, headers).await?.is_some() {
            return Ok(see_other("/"));
        }
        let refusal = Refusal::new(Cause::SignInExpired, "no pending sign-in of this browser has this state");
        Err(self.log_refusal(idp, &refusal, None).into())
    }

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

    /// Where the person was going, for a link on a page that they may take their time to read.
    pub(super) fn seal_anew(&self, request: Option<&HandoffRequest>) -> Option<String> {
        self.keys.seal(&request?.renewed(self.web.ambient.now()))
    }
}

/// A step of a sign-in at that IdP.
fn step(trace: Option<&Trace>, name: &'static str, idp: &Idp) -> Span {
    let mut span = Trace::step_of(trace, name);
    span.say("vestibule.idp", idp.spec.id.as_str());
    span
}

/// An error that the provider answered with (RFC 6749 4.1.2.1). Its description is never shown nor logged: anybody can
/// write one into a link.
fn declined(error: &str) -> Refusal {
    let known = matches!(
        error,
        "access_denied"
            | "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required"
            | "temporarily_unavailable"
            | "server_error"
            | "invalid_request"
            | "invalid_scope"
            | "unauthorized_client"
            | "unsupported_response_type"
    );
    let error = if known { error } else { "unknown error" };
    let cause = match error {
        "temporarily_unavailable" | "server_error" => Cause::ProviderUnavailable,
        _ => Cause::SignInCancelled,
    };
    Refusal::new(cause, format!("the provider answered: {error}"))
}
