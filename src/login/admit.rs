//! From verified tokens to an account: claims, decision, and what is written of both. Whoever a provider vouched for
//! leaves a record, let in or not.

use std::sync::Arc;

use super::callback::Refusal;
use super::{Login, Scene};
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::directory::{Desired, ProvisionError, Provisioned, Record, RefusedSignIn, SignIn};
use crate::identity::{Idp, IdpKey};
use crate::oidc::VerifiedTokens;
use crate::policy::{self, Outcome, Profile, Verdict};
use crate::web::Cause;

/// Organizations whose selectors failed that one line of the log names.
const MAX_NOTES: usize = 20;
/// How often a decision is made anew because the policies moved under it.
const MAX_DECISIONS: usize = 3;

/// What was read out of the claims.
struct Decided {
    profile: Profile,
    /// What the policies give; nothing to say without auto provision.
    desired: Option<Desired>,
    /// The verdicts as they are kept.
    verdicts: serde_json::Value,
    /// What went wrong on the way without stopping it, for the log.
    notes: String,
}

/// Somebody who was let in.
pub(super) struct Admitted {
    pub(super) profile: Profile,
    pub(super) provisioned: Provisioned,
    /// For the log.
    pub(super) notes: String,
    pub(super) record: Record,
}

impl Login {
    /// Decides who somebody is and what they hold, and writes it down. A refusal is recorded under its reference.
    pub(super) async fn admit(&self, idp: &Idp, tokens: VerifiedTokens) -> Result<Admitted, Refusal> {
        let mut record = Record::new(&self.web.ambient);
        record.take_claims(&self.directory.records(), &tokens.id_token, tokens.userinfo.as_ref());
        let said = Recorded { id_token: tokens.id_token, userinfo: tokens.userinfo };
        match self.provision(idp, said, None, &mut record).await {
            Ok((Decided { profile, notes, .. }, provisioned)) => Ok(Admitted { profile, provisioned, notes, record }),
            Err(refusal) if refusal.cause == Cause::Unavailable => Err(refusal),
            Err(refusal) => {
                if refusal.cause == Cause::TooManyNew {
                    // A flood that is held back must not fill the disk instead.
                    record.forget();
                }
                let refused = RefusedSignIn { idp: idp.key, why: &refusal.why, record: &record };
                if let Err(error) = self.directory.record_refusal(&refused).await {
                    tracing::error!(reference = %record.reference, cause = %error, "a refused sign-in was not recorded");
                }
                Err(Refusal { reference: Some(record.reference), ..refusal })
            }
        }
    }

    /// The same of claims that were fetched again while a session of the identity that is `known_as` lasts. What comes of
    /// them that cannot be read is nothing.
    pub(super) async fn admit_again(&self, idp: &Idp, said: Recorded, known_as: &str) -> Result<Provisioned, Refusal> {
        let mut record = Record::new(&self.web.ambient);
        record.take_claims(&self.directory.records(), &said.id_token, said.userinfo.as_ref());
        self.provision(idp, said, Some(known_as), &mut record).await.map(|(_, provisioned)| provisioned)
    }

    /// Decides and writes; decides again if the policies moved in between.
    async fn provision(
        &self,
        idp: &Idp,
        said: Recorded,
        known_as: Option<&str>,
        record: &mut Record,
    ) -> Result<(Decided, Provisioned), Refusal> {
        let rules = ClaimRules { list_claims: &idp.spec.list_claims };
        let claims = Claims::merge(said.id_token, said.userinfo, &rules, &ClaimLimits::default());
        let claims = Arc::new(claims.map_err(|error| {
            record.forget();
            Refusal::new(Cause::SignInRefused, error)
        })?);
        let mut scene = self.scene();
        for _ in 0..MAX_DECISIONS {
            let idp =
                scene.catalogue.idp(idp.key).ok_or_else(|| Refusal::new(Cause::SignInRefused, "the IdP is gone"))?;
            let decided = self.decide(&scene, idp, &claims).await?;
            let errored = decided.desired.as_ref().map_or(0, |desired| desired.errored.len());
            record.take_identifier(&decided.profile.identifier);
            record.take_verdicts(scene.policies.version(), decided.verdicts.clone());
            let decision = decided.desired.clone();
            let sign_in = SignIn { idp, profile: decided.profile.clone(), decision, record };
            let written = match known_as {
                None => self.directory.provision(&sign_in).await,
                Some(identifier) if identifier == decided.profile.identifier => {
                    self.directory.provision_again(&sign_in).await
                }
                Some(_) => Err(ProvisionError::Unknown),
            };
            match written {
                Err(ProvisionError::Stale) => scene = self.reload().await.map_err(unavailable)?,
                ended => {
                    self.meter(idp).selector_errors.add(errored as u64);
                    return match ended {
                        Ok(provisioned) => Ok((decided, provisioned)),
                        Err(error) => Err(refusal(&error, &decided.notes)),
                    };
                }
            }
        }
        Err(Refusal::new(Cause::Unavailable, "the policies changed at each attempt"))
    }

    /// Runs the pure policy off the async workers, so that a large directory never holds up the proxy.
    async fn decide(&self, scene: &Arc<Scene>, idp: &Idp, claims: &Arc<Claims>) -> Result<Decided, Refusal> {
        let (scene, claims, key) = (Arc::clone(scene), Arc::clone(claims), idp.key);
        self.evaluate(move || decide(&scene, key, &claims)).await?
    }

    /// Runs what evaluates policies off the async workers, a few at once.
    pub(super) async fn evaluate<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.evaluations.run(work).await.map_err(unavailable)
    }
}

/// Everything that is read out of the claims: the person, and what the policies give. Without auto provision no policy
/// runs.
fn decide(scene: &Scene, key: IdpKey, claims: &Claims) -> Result<Decided, Refusal> {
    let gone = || Refusal::new(Cause::SignInRefused, "the IdP has no policies");
    let policies = scene.policies.idp(key).ok_or_else(gone)?;
    let profile = policies.profile().read(claims).map_err(|error| Refusal::new(Cause::SignInRefused, error))?;
    let mut notes = profile.failed.clone();
    let mut verdicts = serde_json::Value::Array(Vec::new());
    let auto_provision = scene.catalogue.idp(key).is_some_and(|idp| idp.spec.auto_provision);
    let desired = auto_provision.then(|| {
        let decision = policy::decide(policies, policies.reach(), claims);
        notes.extend(decision.verdicts.iter().filter_map(note));
        verdicts = policy::to_json(&decision.verdicts);
        Desired {
            version: decision.version,
            roles: decision.desired().collect(),
            errored: decision.errored().collect(),
        }
    });
    Ok(Decided { profile, desired, verdicts, notes: joined(notes) })
}

/// What an admin wants to know of a verdict that gave nothing although somebody meant it to.
fn note(verdict: &Verdict) -> Option<String> {
    match &verdict.outcome {
        Outcome::Error { reason } => Some(format!("{}: {reason}", verdict.id)),
        Outcome::NoSuchRole { asked } if asked.beyond.is_empty() => {
            Some(format!("{}: no such role: {:?}", verdict.id, asked.unknown))
        }
        Outcome::NoSuchRole { asked } => {
            Some(format!("{}: beyond the policy's ceiling: {:?}", verdict.id, asked.beyond))
        }
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

pub(super) fn with_notes(cause: &str, notes: &str) -> String {
    if notes.is_empty() { cause.to_owned() } else { format!("{cause}; {notes}") }
}

fn unavailable(error: impl ToString) -> Refusal {
    Refusal::new(Cause::Unavailable, error)
}

fn refusal(error: &ProvisionError, notes: &str) -> Refusal {
    let cause = match error {
        ProvisionError::Unknown | ProvisionError::NoMatch => Cause::NoAccount,
        ProvisionError::Disabled => Cause::Disabled,
        ProvisionError::TooManyNew(_) => Cause::TooManyNew,
        ProvisionError::Stale | ProvisionError::Store(_) => Cause::Unavailable,
    };
    Refusal { notes: notes.to_owned(), ..Refusal::new(cause, error) }
}
