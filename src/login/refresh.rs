//! What a provider says of people is asked for again while their sessions last, and decided on again: by the refresh token
//! that came with the sign-in, as often as the IdP is set to. Who it no longer vouches for is signed out; while it is away,
//! everything stays as it is.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};

use super::refusal::Refusal;
use super::{Login, Scene};
use crate::base::Timestamp;
use crate::claims::Recorded;
use crate::directory::{EndedThere, ProviderLogout};
use crate::identity::{Idp, IdpKey};
use crate::oidc::{OidcError, Refreshed, RelyingParty, SaidAgain, VerifiedTokens};
use crate::session::{Due, Refresh, Unavailable};
use crate::telemetry::RefreshOutcome;
use crate::web::Cause;

/// Sessions that are asked about at once.
const AT_ONCE: u32 = 16;
/// After this long a session is asked about again when nothing came of it: nobody answered, or we stopped meanwhile.
const LEASE: Duration = Duration::from_secs(300);
/// Whose answer takes longer keeps the others waiting: the rest of its people are asked about after the lease.
const SLOW: Duration = Duration::from_secs(3);
/// Longest refresh token that is kept, in bytes: those of well-known providers have two thousand at most.
const MAX_TOKEN: usize = 4 * 1024;

impl Login {
    /// What is kept of a sign-in so that its claims can be fetched again, if they are to be and can be.
    pub(super) fn keep_refresh(&self, idp: &Idp, tokens: &VerifiedTokens) -> Option<Refresh> {
        let every = idp.spec.refresh_claims?;
        let Some(token) = &tokens.refresh_token else {
            self.meter(idp).refreshed(RefreshOutcome::WithoutToken);
            tracing::warn!(idp = %idp.spec.id, "the provider gave no refresh token: claims are as the sign-in left them");
            return None;
        };
        let kept = self.sealed(idp, token, self.web.ambient.now().plus(every));
        if kept.is_none() {
            self.meter(idp).refreshed(RefreshOutcome::WithoutToken);
        }
        kept
    }

    fn sealed(&self, idp: &Idp, token: &SecretString, at: Timestamp) -> Option<Refresh> {
        let short = Some(token.expose_secret()).filter(|token| token.len() <= MAX_TOKEN);
        let sealed = short.and_then(|token| self.keys.sealing.seal(&self.web.ambient, &purpose(idp), &token));
        if sealed.is_none() {
            tracing::warn!(idp = %idp.spec.id, "the provider's refresh token cannot be kept, or is too long: claims stay as they are");
        }
        sealed.map(|token| Refresh { token, at })
    }

    /// Asks about every session whose time has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_due(&self) -> Result<(), Unavailable> {
        let scene = self.scene();
        if scene.catalogue.idps.iter().all(|idp| idp.spec.refresh_claims.is_none()) {
            return Ok(());
        }
        // One that does not answer is not waited for by everybody in turn.
        let away = Mutex::new(HashSet::new());
        loop {
            let due = self.sessions.due(LEASE, AT_ONCE).await?;
            if due.is_empty() {
                return Ok(());
            }
            for done in join_all(due.iter().map(|due| self.refresh(&scene, due, &away))).await {
                done?;
            }
        }
    }

    async fn refresh(&self, scene: &Scene, due: &Due, away: &Mutex<HashSet<IdpKey>>) -> Result<(), Unavailable> {
        // Of one that is off no session opens anything; it is asked about when it is on again.
        let Some(idp) = scene.catalogue.idp(due.idp) else { return Ok(()) };
        let Some(provider) = scene.provider(idp.key) else { return Ok(()) };
        let token = self.keys.sealing.open::<String>(&purpose(idp), &due.token).map(SecretString::from);
        let Some(every) = idp.spec.refresh_claims else {
            return self.sessions.refresh_next(due.session, None).await;
        };
        let Some(token) = token else {
            self.meter(idp).refreshed(RefreshOutcome::WithoutToken);
            tracing::warn!(idp = %idp.spec.id, session = %due.session, "a refresh token was sealed for another issuer or by another key: claims stay as they are");
            return self.sessions.refresh_next(due.session, None).await;
        };
        if lock(away).contains(&idp.key) {
            return Ok(());
        }
        let outcome = self.ask_again((idp, provider), due, (&token, every), away).await;
        self.meter(idp).refreshed(*outcome.as_ref().unwrap_or(&RefreshOutcome::Unavailable));
        outcome.map(drop)
    }

    async fn ask_again(
        &self,
        (idp, provider): (&Idp, &RelyingParty),
        due: &Due,
        (token, every): (&SecretString, Duration),
        away: &Mutex<HashSet<IdpKey>>,
    ) -> Result<RefreshOutcome, Unavailable> {
        let asked_at = self.web.ambient.now();
        let answer = provider.refresh(token, &due.sub).await;
        if self.web.ambient.now().since(asked_at) > SLOW {
            lock(away).insert(idp.key);
        }
        let (next, claims) = match answer {
            Ok(Refreshed::Tokens { next, claims }) => (next, claims),
            Ok(Refreshed::Ended(why)) => return self.end_refused(idp, due, &why.to_string()).await,
            Err(error) => {
                if matches!(error, OidcError::Unavailable(_)) {
                    lock(away).insert(idp.key);
                }
                tracing::warn!(idp = %idp.spec.id, session = %due.session, cause = %error, "claims were not fetched again");
                return Ok(unchanged(Refusal::from(error).cause));
            }
        };
        // First of all: where each refresh token is good once, this is the only one.
        self.sessions.refresh_next(due.session, self.sealed(idp, &next, asked_at.plus(every)).as_ref()).await?;
        let refusal = match claims {
            Ok(said) => match self.whole(idp, due, said).await? {
                Some(said) => match self.admit_again(idp, said, &due.identifier).await {
                    Ok(provisioned) => {
                        self.count(idp, &provisioned);
                        return Ok(RefreshOutcome::Refreshed);
                    }
                    Err(refusal) => refusal,
                },
                None => Refusal::new(Cause::SignInRefused, "userinfo alone says too little, and the rest is not kept"),
            },
            Err(error) => error.into(),
        };
        match refusal.cause {
            // Where a match is required their sessions have ended already; whoever is somebody else by now signs in anew.
            Cause::NoAccount => self.end_refused(idp, due, &refusal.why).await,
            cause => {
                let why = &refusal.why;
                tracing::warn!(idp = %idp.spec.id, session = %due.session, cause = %why, "claims that were fetched again do not count");
                Ok(unchanged(cause))
            }
        }
    }

    /// Everything that a provider says of somebody. Where it gives no new ID token, what the last one said beside userinfo
    /// is as it was; nothing if that is not kept: what is unknown takes nothing from anybody.
    async fn whole(&self, idp: &Idp, due: &Due, said: SaidAgain) -> Result<Option<Recorded>, Unavailable> {
        let SaidAgain { id_token, userinfo } = said;
        match (id_token, userinfo) {
            (Some(id_token), userinfo) => Ok(Some(Recorded { id_token, userinfo })),
            (None, None) => Ok(None),
            (None, Some(userinfo)) => {
                let before = self.directory.last_claims(idp.key, &due.identifier).await?;
                Ok(before.map(|before| before.with_userinfo(userinfo)))
            }
        }
    }

    /// Ends the session of somebody whom the provider does not vouch for any more.
    async fn end_refused(&self, idp: &Idp, due: &Due, why: &str) -> Result<RefreshOutcome, Unavailable> {
        tracing::info!(idp = %idp.spec.id, session = %due.session, cause = why, "the provider vouches for somebody no longer");
        let logout = ProviderLogout { idp: idp.key, ended: EndedThere::Ours(due.session), once: None, why };
        self.directory.end_with_provider(&logout).await?;
        Ok(RefreshOutcome::Ended)
    }
}

/// How a question is counted that changed nothing.
const fn unchanged(cause: Cause) -> RefreshOutcome {
    match cause {
        Cause::ProviderUnavailable => RefreshOutcome::IdpUnavailable,
        Cause::Unavailable => RefreshOutcome::Unavailable,
        _ => RefreshOutcome::Refused,
    }
}

/// Sent to nobody but who gave it: whoever may say where an IdP is could otherwise have it sent there.
fn purpose(idp: &Idp) -> String {
    format!("refresh token of {} at {}", idp.key, idp.spec.issuer.as_str())
}

fn lock(away: &Mutex<HashSet<IdpKey>>) -> std::sync::MutexGuard<'_, HashSet<IdpKey>> {
    away.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
