//! The end of a sign-in: account, then session, then on to where the person was going.

use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use super::Login;
use super::admit::Admitted;
use super::refusal::{Refusal, with_notes};
use crate::base::Reference;
use crate::directory::Provisioned;
use crate::identity::{Host, Idp};
use crate::oidc::VerifiedTokens;
use crate::pages::Account;
use crate::policy::Profile;
use crate::session::{AtProvider, HandoffRequest, SignedIn};
use crate::telemetry::SignInOutcome;
use crate::web::{self, Cause, Failure, SESSION_COOKIE, see_other, with_cookie};

impl Login {
    /// Completes a sign-in whose tokens were verified, on the way to where `request` says.
    pub(super) async fn finish(
        &self,
        idp: &Idp,
        tokens: VerifiedTokens,
        request: Option<&HandoffRequest>,
        host: &Host,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let there = AtProvider {
            sid: tokens.sid.clone(),
            sub: Some(tokens.subject.clone()),
            id_token: self.keep_hint(idp, &tokens),
            refresh: self.keep_refresh(idp, &tokens),
        };
        let Admitted { profile, provisioned, notes, record } = self.admit(idp, tokens).await?;
        tracing::info!(
            reference = %record.reference,
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
        self.count(idp, &provisioned);
        let previous = self.principal(host, headers).await?.and_then(|(principal, _)| principal.session());
        let signed_in = SignedIn { user: provisioned.user, identity: provisioned.identity, idp: idp.key, there };
        let disabled = || Refusal::new(Cause::Disabled, "the user was disabled meanwhile");
        let (session, token) = self.sessions.open(signed_in, host, previous).await?.ok_or_else(disabled)?;
        let without = provisioned.organizations == 0 && !profile.server_admin;
        let outcome = if without { SignInOutcome::WithoutOrganization } else { SignInOutcome::SignedIn };
        self.meter(idp).ended(outcome);
        let cookie = self.web.cookies.set(SESSION_COOKIE, &token.expose(), Some(self.sessions.absolute_timeout()));
        let answer = match request {
            _ if without => {
                let cause = with_notes("no organization matched and no grant is held", &notes);
                let failure = self.nowhere_to_go(idp, &provisioned, &profile, record.reference, &cause);
                Err(failure.with_sign_out("/logout", web::form_token(&token)).into())
            }
            Some(request) => self.hand_off(session, request).await,
            None => Ok(see_other("/")),
        };
        Ok(with_cookie(answer.unwrap_or_else(IntoResponse::into_response), cookie))
    }

    /// The failure of somebody who is signed in and in no organization, logged with its cause.
    fn nowhere_to_go(
        &self,
        idp: &Idp,
        provisioned: &Provisioned,
        profile: &Profile,
        reference: Reference,
        cause: &str,
    ) -> Failure {
        let account = Account {
            name: profile.display_name.clone().unwrap_or_else(|| provisioned.username.to_string()),
            username: provisioned.username.to_string(),
            email: profile.email.as_ref().map(|email| email.address.clone()),
            provider: idp.spec.name.clone(),
        };
        let failure = self.web.failure_under(Cause::NoOrganization, reference).with_account(account);
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
