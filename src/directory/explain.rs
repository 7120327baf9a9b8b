//! Why somebody holds what they hold, or was refused: what their last sign-ins said, and what the policies make of it.

mod explanation;
mod narrowed;
mod told;
mod words;

use serde_json::Value;

use super::admin::{OrganizationAdmin, ServerAdmin};
use crate::base::{Reference, Timestamp};
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::identity::{Application, Catalogue, Idp, Organization, OrganizationKey, Origin, UserId, Username};
use crate::policy::{self, Snapshot};
use crate::store::audit::{self, AuditRow};
use crate::store::sign_ins::{self, SignInRow};
use crate::store::{StoreError, Tx, grants, identities, users};

pub use explanation::{Event, ExplainedSignIn, ExplainedUser, Explanation, Fate, Held, Now, RefusedApplication};
pub use words::verdict_detail;

/// Who or what is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user, by id.
    User(UserId),
    /// A user, by username.
    Username(Username),
    /// What a page that refused something showed.
    Reference(Reference),
}

/// Why nothing is explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// There is nobody of that id or username.
    #[error("there is no such user; `vestibule user list` shows all")]
    NoSuchUser,
    /// Nothing is kept under that reference.
    #[error(
        "nothing is kept under this reference: check its spelling; the log may know it, and records end with their \
         retention"
    )]
    NoSuchReference,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The claims that were kept of a sign-in, made again by the rules of now; or why there are none.
pub(super) fn kept_claims(idp: &Idp, claims: Option<Value>, redacted: Vec<String>) -> Result<Claims, String> {
    let claims = claims.ok_or("its claims are not kept")?;
    let recorded: Recorded = serde_json::from_value(claims).map_err(|_| "its claims cannot be read")?;
    let rules = ClaimRules { list_claims: &idp.spec.list_claims };
    recorded.claims(redacted, &rules, &ClaimLimits::default()).map_err(|error| error.to_string())
}

impl ServerAdmin<'_> {
    /// Explains what somebody holds, or what became of a request. Takes a constant number of statements.
    ///
    /// # Errors
    /// When there is nothing to explain, or the database fails.
    pub async fn explain(&self, subject: &Subject) -> Result<Explanation, ExplainError> {
        let catalogue = self.directory.catalogue().await?;
        self.explain_by(&catalogue, &Snapshot::compile(&catalogue), subject).await
    }

    /// The same, by a catalogue and its policies that are at hand.
    ///
    /// # Errors
    /// As [`ServerAdmin::explain`].
    pub async fn explain_by(
        &self,
        catalogue: &Catalogue,
        policies: &Snapshot,
        subject: &Subject,
    ) -> Result<Explanation, ExplainError> {
        let mut tx = self.directory.db.snapshot().await?;
        let now = self.directory.ambient.now();
        Explaining { now, catalogue, policies, only: None }.subject(&mut tx, subject).await
    }
}

impl OrganizationAdmin<'_> {
    /// Explains what a present member holds in the organization, or what became of a request of theirs. Others are not
    /// known, and neither is anything of another organization.
    ///
    /// # Errors
    /// When there is nothing to explain, or the database fails.
    pub async fn explain_by(
        &self,
        catalogue: &Catalogue,
        policies: &Snapshot,
        subject: &Subject,
    ) -> Result<Explanation, ExplainError> {
        let organization = catalogue.organization(self.organization).ok_or(ExplainError::NoSuchUser)?;
        let mut tx = self.directory.db.snapshot().await?;
        let now = self.directory.ambient.now();
        Explaining { now, catalogue, policies, only: Some(organization) }.subject(&mut tx, subject).await
    }
}

/// One explanation under way.
struct Explaining<'a> {
    now: Timestamp,
    catalogue: &'a Catalogue,
    policies: &'a Snapshot,
    /// The organization whose admin asks, if it is no server admin.
    only: Option<&'a Organization>,
}

/// The last sign-in of each identity of a user, explained by a catalogue and its policies; with `within`, those that may
/// concern that organization, and its part of them.
pub(super) async fn sign_ins_of(
    tx: &mut Tx,
    now: Timestamp,
    (catalogue, policies): (&Catalogue, &Snapshot),
    user: UserId,
    within: Option<OrganizationKey>,
) -> Result<Vec<ExplainedSignIn>, StoreError> {
    let only = within.map(|key| catalogue.organization(key));
    // Of one that is gone there is nothing to tell.
    let Some(only) = only.map_or(Some(None), |found| found.map(Some)) else { return Ok(Vec::new()) };
    let rows = sign_ins::of_user(tx, user).await?;
    Explaining { now, catalogue, policies, only }.sign_ins(tx, rows).await
}

impl Explaining<'_> {
    async fn subject(&self, tx: &mut Tx, subject: &Subject) -> Result<Explanation, ExplainError> {
        match subject {
            Subject::User(user) => self.user(tx, *user, None).await,
            Subject::Username(username) => {
                let user = users::named(tx, username).await?.ok_or(ExplainError::NoSuchUser)?;
                self.user(tx, user, None).await
            }
            Subject::Reference(reference) => self.reference(tx, reference).await,
        }
    }

    async fn reference(&self, tx: &mut Tx, reference: &Reference) -> Result<Explanation, ExplainError> {
        let line = audit::by_reference(tx, reference.as_str()).await?.ok_or(ExplainError::NoSuchReference)?;
        if !self.may_know_of(tx, &line).await? {
            return Err(ExplainError::NoSuchReference);
        }
        let event = Some(self.event(&line));
        let refused = sign_ins::by_reference(tx, reference.as_str()).await?.filter(|row| row.identity.is_none());
        match (line.about.user, refused) {
            (Some(user), None) => self.user(tx, user, event).await,
            (user, refused) => {
                let user = match user {
                    Some(user) => self.who(tx, user).await?,
                    None => None,
                };
                let sign_ins = self.sign_ins(tx, refused.into_iter().collect()).await?;
                Ok(Explanation { event, user, sign_ins })
            }
        }
    }

    async fn user(&self, tx: &mut Tx, user: UserId, event: Option<Event>) -> Result<Explanation, ExplainError> {
        let known = event.is_some() || self.is_member(tx, user).await?;
        let who = if known { self.who(tx, user).await? } else { None };
        if who.is_none() && event.is_none() {
            return Err(ExplainError::NoSuchUser);
        }
        let rows = sign_ins::of_user(tx, user).await?;
        Ok(Explanation { event, user: who, sign_ins: self.sign_ins(tx, rows).await? })
    }

    async fn who(&self, tx: &mut Tx, user: UserId) -> Result<Option<ExplainedUser>, StoreError> {
        let Some(row) = users::get(tx, user).await? else { return Ok(None) };
        let identities = identities::of_users(tx, &[user]).await?;
        let idp = |origin: Origin| match origin {
            Origin::Manual => None,
            Origin::Policy(id) => {
                let identity = identities.iter().find(|identity| identity.id == id)?;
                Some(self.catalogue.idp(identity.idp)?.spec.id.clone())
            }
        };
        let mut named = grants::named(tx, &[user], self.now).await?;
        named.retain(|grant| self.only.is_none_or(|only| only.id == grant.organization));
        let held = named.into_iter().map(|grant| Held {
            organization: grant.organization,
            role: grant.role,
            origin: grant.origin,
            idp: idp(grant.origin),
        });
        let holds = held.collect();
        Ok(Some(ExplainedUser { id: row.id, username: row.username, disabled: row.disabled_at.is_some(), holds }))
    }

    fn event(&self, line: &AuditRow) -> Event {
        let application =
            line.about.application.and_then(|key| self.catalogue.applications.iter().find(|a| a.key == key));
        Event {
            reference: line.reference.clone().unwrap_or_default(),
            at: line.at,
            action: line.action.clone(),
            detail: line.detail.clone().filter(|_| self.only.is_none() || application.is_some()),
            count: line.count,
            application: application.and_then(|application| self.refused(application)),
        }
    }

    fn refused(&self, application: &Application) -> Option<RefusedApplication> {
        let organization = self.catalogue.organization(application.organization)?;
        let every = || organization.roles.iter().map(|role| role.name.clone()).collect();
        Some(RefusedApplication {
            id: application.spec.id.to_string(),
            organization: organization.id.clone(),
            roles: application.spec.roles.clone().unwrap_or_else(every),
        })
    }

    async fn sign_ins(&self, tx: &mut Tx, rows: Vec<SignInRow>) -> Result<Vec<ExplainedSignIn>, StoreError> {
        let references: Vec<&str> = rows.iter().map(|row| row.reference.as_str()).collect();
        let lines = audit::by_references(tx, &references).await?;
        let told = rows.into_iter().filter_map(|row| self.sign_in(row, &lines));
        Ok(told.filter_map(|told| self.narrowed(told)).collect())
    }

    /// Nothing if the IdP is gone: its sign-ins count no longer.
    fn sign_in(&self, row: SignInRow, lines: &[AuditRow]) -> Option<ExplainedSignIn> {
        let idp = self.catalogue.idp(row.idp)?;
        let line = lines.iter().find(|line| line.reference.as_ref() == Some(&row.reference));
        let change = line.and_then(|line| line.before.clone().zip(line.after.clone()));
        let now = if idp.spec.auto_provision {
            match (kept_claims(idp, row.claims, row.redacted), self.policies.idp(idp.key)) {
                (Ok(claims), Some(policies)) => {
                    let reach = self.only.map(|only| policies.reach().only(only.key));
                    Now::Decided(
                        policy::explain(policies, reach.as_ref().unwrap_or(policies.reach()), &claims).verdicts,
                    )
                }
                (Err(why), _) => Now::Unknown(why),
                (Ok(_), None) => Now::Unknown("its IdP has no policies".to_owned()),
            }
        } else {
            Now::NotProvisioned
        };
        Some(ExplainedSignIn {
            idp: idp.spec.id.clone(),
            identifier: row.identifier,
            at: row.at,
            reference: row.reference,
            refused: row.refused,
            changed_since: row.catalogue_version != self.catalogue.version,
            recorded: row.verdicts,
            change,
            now,
        })
    }
}

#[cfg(test)]
mod tests;
