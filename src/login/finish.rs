//! The end of a sign-in: claims, decision, account, session. Each step is another room's; this file only orders them.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;

use super::callback::Refusal;
use super::pending::{Pending, Purpose};
use super::{Login, Scene};
use crate::claims::{ClaimLimits, ClaimRules, Claims};
use crate::directory::{Desired, ProvisionError, Provisioned, SignIn};
use crate::identity::{Host, Idp, IdpKey};
use crate::oidc::VerifiedTokens;
use crate::pages::{Account, Assets};
use crate::policy::{self, Outcome, Profile, Verdict};
use crate::session::SignedIn;
use crate::web::{self, Cause, Failure, SESSION_COOKIE, see_other, with_cookie};

/// Organizations whose selectors failed that one line of the log names.
const MAX_NOTES: usize = 20;
/// How often a decision is made anew because the policies moved under it.
const MAX_DECISIONS: usize = 3;

/// What was read out of the claims.
struct Decided {
    profile: Profile,
    /// What the policies give; nothing to say without auto provision.
    desired: Option<Desired>,
    /// What went wrong on the way without stopping it, for the log.
    notes: String,
}

impl Login {
    /// Completes a sign-in whose tokens were verified.
    pub(super) async fn finish(
        &self,
        idp: &Idp,
        tokens: VerifiedTokens,
        pending: Pending,
        host: &Host,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let rules = ClaimRules { list_claims: &idp.spec.list_claims };
        let claims = Claims::merge(tokens.id_token, tokens.userinfo, &rules, &ClaimLimits::default());
        let claims = Arc::new(claims.map_err(|error| Refusal::new(Cause::SignInRefused, error))?);
        let (Decided { profile, notes, .. }, provisioned) = self.provision(idp, &claims).await?;
        tracing::info!(
            idp = %idp.spec.id,
            user = %provisioned.user,
            username = %provisioned.username,
            created = provisioned.created,
            added = provisioned.added.len(),
            removed = provisioned.removed.len(),
            organizations = provisioned.organizations,
            notes,
            "signed in"
        );
        let previous = self.principal(host, headers).await?.map(|(principal, _)| principal.session);
        let signed_in =
            SignedIn { user: provisioned.user, identity: provisioned.identity, idp: idp.key, idp_sid: tokens.sid };
        let disabled = || Refusal::new(Cause::Disabled, "the user was disabled meanwhile");
        let (session, token) = self.sessions.open(signed_in, host, previous).await?.ok_or_else(disabled)?;
        let cookie = self.web.cookies.set(SESSION_COOKIE, &token.expose(), Some(self.sessions.absolute_timeout()));
        let response = match pending.purpose {
            _ if provisioned.organizations == 0 && !profile.server_admin => {
                let cause = with_notes("no organization matched and no grant is held", &notes);
                let failure = self.nowhere_to_go(idp, &provisioned, &profile, &cause);
                self.web.fail(failure.with_sign_out("/logout", web::form_token(&token)), headers, Assets::SignIn)
            }
            Purpose::SignIn { request: Some(request) } => self.hand_off(session, &request, headers).await,
            Purpose::SignIn { request: None } => see_other("/"),
        };
        Ok(with_cookie(response, cookie))
    }

    /// Decides and writes; decides again if the policies moved in between.
    async fn provision(&self, idp: &Idp, claims: &Arc<Claims>) -> Result<(Decided, Provisioned), Refusal> {
        let mut scene = self.scene();
        for _ in 0..MAX_DECISIONS {
            let idp =
                scene.catalogue.idp(idp.key).ok_or_else(|| Refusal::new(Cause::SignInRefused, "the IdP is gone"))?;
            let decided = self.decide(&scene, idp, claims).await?;
            let sign_in = SignIn { idp, profile: decided.profile.clone(), decision: decided.desired.clone() };
            match self.directory.provision(&sign_in).await {
                Ok(provisioned) => return Ok((decided, provisioned)),
                Err(ProvisionError::Stale) => scene = self.reload().await.map_err(unavailable)?,
                Err(error) => return Err(refusal(&error, &decided.notes)),
            }
        }
        Err(Refusal::new(Cause::Unavailable, "the policies changed at each attempt"))
    }

    /// Runs the pure policy off the async workers, so that a large directory never holds up the proxy.
    async fn decide(&self, scene: &Arc<Scene>, idp: &Idp, claims: &Arc<Claims>) -> Result<Decided, Refusal> {
        let permit = Arc::clone(&self.evaluations).acquire_owned().await.map_err(unavailable)?;
        let (scene, claims, key) = (Arc::clone(scene), Arc::clone(claims), idp.key);
        let decided = tokio::task::spawn_blocking(move || {
            // Held by the work itself: it goes on when the browser hangs up, and so must count.
            let _permit = permit;
            decide(&scene, key, &claims)
        });
        decided.await.map_err(unavailable)?
    }

    /// The failure of somebody who is signed in and in no organization, logged with its cause.
    fn nowhere_to_go(&self, idp: &Idp, provisioned: &Provisioned, profile: &Profile, cause: &str) -> Failure {
        let account = Account {
            name: profile.display_name.clone().unwrap_or_else(|| provisioned.username.to_string()),
            username: provisioned.username.to_string(),
            email: profile.email.as_ref().map(|email| email.address.clone()),
            provider: idp.spec.name.clone(),
        };
        let failure = self.web.failure(Cause::NoOrganization).with_account(account);
        tracing::warn!(
            reference = %failure.reference,
            idp = %idp.spec.id,
            user = %provisioned.user,
            cause,
            "signed in without organization"
        );
        failure
    }
}

/// Everything that is read out of the claims: the person, and what the policies give. Without auto provision no policy
/// runs.
fn decide(scene: &Scene, key: IdpKey, claims: &Claims) -> Result<Decided, Refusal> {
    let gone = || Refusal::new(Cause::SignInRefused, "the IdP has no policies");
    let policies = scene.policies.idp(key).ok_or_else(gone)?;
    let profile = policies.profile().read(claims).map_err(|error| Refusal::new(Cause::SignInRefused, error))?;
    let mut notes = profile.failed.clone();
    let auto_provision = scene.catalogue.idp(key).is_some_and(|idp| idp.spec.auto_provision);
    let desired = auto_provision.then(|| {
        let decision = policy::decide(policies, policies.reach(), claims);
        notes.extend(decision.verdicts.iter().filter_map(note));
        Desired {
            version: decision.version,
            roles: decision.desired().collect(),
            errored: decision.errored().collect(),
        }
    });
    Ok(Decided { profile, desired, notes: joined(notes) })
}

/// What an admin wants to know of a verdict that gave nothing although somebody meant it to.
fn note(verdict: &Verdict) -> Option<String> {
    match &verdict.outcome {
        Outcome::Error { reason } => Some(format!("{}: {reason}", verdict.id)),
        Outcome::NoSuchRole { asked } => Some(format!("{}: no such role: {asked:?}", verdict.id)),
        Outcome::Granted { .. } | Outcome::NoMatch { .. } => None,
    }
}

/// One line for the log, however many organizations there are.
fn joined(mut notes: Vec<String>) -> String {
    let more = notes.len().saturating_sub(MAX_NOTES);
    notes.truncate(MAX_NOTES);
    if more > 0 {
        notes.push(format!("and {more} more"));
    }
    notes.join("; ")
}

fn with_notes(cause: &str, notes: &str) -> String {
    if notes.is_empty() { cause.to_owned() } else { format!("{cause}; {notes}") }
}

fn unavailable(error: impl ToString) -> Refusal {
    Refusal::new(Cause::Unavailable, error)
}

fn refusal(error: &ProvisionError, notes: &str) -> Refusal {
    let cause = match error {
        ProvisionError::Unknown | ProvisionError::NoMatch => Cause::NoAccount,
        ProvisionError::Disabled => Cause::Disabled,
        _ => Cause::Unavailable,
    };
    Refusal::new(cause, with_notes(&error.to_string(), notes))
}
