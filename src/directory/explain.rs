//! Why somebody holds what they hold, or was refused: what their last sign-ins said, and what the policies make of it.

mod told;

use serde_json::Value;

use super::Directory;
use super::admin::ServerAdmin;
use crate::base::{Reference, Timestamp};
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::identity::{Application, Catalogue, Idp, IdpId, OrganizationId, Origin, RoleName, UserId, Username};
use crate::policy::{self, Snapshot, Verdict};
use crate::store::audit::{self, AuditRow};
use crate::store::sign_ins::{self, SignInRow};
use crate::store::{StoreError, Tx, grants, identities, users};

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

/// A user, what they hold, and what their sign-ins said.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What the reference led to.
    pub event: Option<Event>,
    /// Whom it is about, if they have an account.
    pub user: Option<ExplainedUser>,
    /// The last sign-in of each of their identities, or the refused one.
    pub sign_ins: Vec<ExplainedSignIn>,
}

/// What a page told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its reference.
    pub reference: String,
    /// When; the first time, if it happened several times in a minute.
    pub at: Timestamp,
    /// What, such as `entry-denied`.
    pub action: String,
    /// Why.
    pub detail: Option<String>,
    /// How often.
    pub count: i64,
    /// The application that was refused, and its organization, if both are still there.
    pub application: Option<RefusedApplication>,
}

/// An application somebody was refused at.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedApplication {
    /// Its id.
    pub id: String,
    /// The organization that owns it.
    pub organization: OrganizationId,
    /// The roles that may enter.
    pub roles: Vec<RoleName>,
}

/// A user as an explanation shows them.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedUser {
    /// The user.
    pub id: UserId,
    /// What applications call them.
    pub username: Username,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// What they hold now, with who gave it.
    pub holds: Vec<Held>,
}

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The organization.
    pub organization: OrganizationId,
    /// The role.
    pub role: RoleName,
    /// Who gave it.
    pub origin: Origin,
    /// The IdP whose sign-ins gave it, if any did.
    pub idp: Option<IdpId>,
}

/// A sign-in, and what the policies of now make of it.
#[derive(Clone, Debug)]
pub struct ExplainedSignIn {
    /// The IdP.
    pub idp: IdpId,
    /// The key there.
    pub identifier: String,
    /// When.
    pub at: Timestamp,
    /// What its page showed, or would have.
    pub reference: String,
    /// Why it was refused.
    pub refused: Option<String>,
    /// Whether the configuration has changed since: then this is what it would give now.
    pub changed_since: bool,
    /// What it gave and failed at then, as it was recorded.
    pub recorded: Value,
    /// What it changed: roles taken away, and roles that came, by organization.
    pub change: Option<(Value, Value)>,
    /// What it would give now.
    pub now: Now,
}

/// What the policies of now make of a sign-in.
#[derive(Clone, Debug, PartialEq)]
pub enum Now {
    /// One verdict for every organization in reach.
    Decided(Vec<Verdict>),
    /// The IdP leaves provisioning to people: no policy runs.
    NotProvisioned,
    /// It cannot be known, and why.
    Unknown(String),
}

/// What a sign-in made of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It came with this sign-in.
    Added,
    /// An earlier one had given it.
    Kept,
    /// It went with this sign-in.
    Revoked,
}

impl Fate {
    /// `added`, `kept` or `revoked`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Kept => "kept",
            Self::Revoked => "revoked",
        }
    }
}

/// The claims that were kept of a sign-in, made again by the rules of now; or why there are none.
pub(super) fn kept_claims(idp: &Idp, claims: Option<Value>, redacted: Vec<String>) -> Result<Claims, String> {
    let claims = claims.ok_or("its claims are not kept")?;
    let recorded: Recorded = serde_json::from_value(claims).map_err(|_| "its claims cannot be read")?;
    let rules = ClaimRules { list_claims: &idp.spec.list_claims };
    recorded.claims(redacted, &rules, &ClaimLimits::default()).map_err(|error| error.to_string())
}

impl ServerAdmin<'_> {
    /// Explains what somebody holds, or what became of a request.
    ///
    /// # Errors
    /// When there is nothing to explain, or the database fails.
    pub async fn explain(&self, subject: &Subject) -> Result<Explanation, ExplainError> {
        let catalogue = self.directory.catalogue().await?;
        let policies = Snapshot::compile(&catalogue);
        let mut tx = self.directory.db.snapshot().await?;
        let explaining = Explaining { directory: self.directory, catalogue: &catalogue, policies: &policies };
        match subject {
            Subject::User(user) => explaining.user(&mut tx, *user, None).await,
            Subject::Username(username) => {
                let user = users::named(&mut tx, username).await?.ok_or(ExplainError::NoSuchUser)?;
                explaining.user(&mut tx, user, None).await
            }
            Subject::Reference(reference) => explaining.reference(&mut tx, reference).await,
        }
    }
}

/// One explanation under way.
struct Explaining<'a> {
    directory: &'a Directory,
    catalogue: &'a Catalogue,
    policies: &'a Snapshot,
}

impl Explaining<'_> {
    async fn reference(&self, tx: &mut Tx, reference: &Reference) -> Result<Explanation, ExplainError> {
        let line = audit::by_reference(tx, reference.as_str()).await?.ok_or(ExplainError::NoSuchReference)?;
        let event = self.event(&line);
        let refused = sign_ins::by_reference(tx, reference.as_str()).await?.filter(|row| row.identity.is_none());
        match (line.user, refused) {
            (Some(user), None) => self.user(tx, user, Some(event)).await,
            (user, refused) => {
                let sign_in = match refused {
                    Some(row) => self.sign_in(tx, row).await?,
                    None => None,
                };
                let user = match user {
                    Some(user) => self.who(tx, user).await?,
                    None => None,
                };
                Ok(Explanation { event: Some(event), user, sign_ins: sign_in.into_iter().collect() })
            }
        }
    }

    fn event(&self, line: &AuditRow) -> Event {
        let application = line.application.and_then(|key| self.catalogue.applications.iter().find(|a| a.key == key));
        Event {
            reference: line.reference.clone().unwrap_or_default(),
            at: line.at,
            action: line.action.clone(),
            detail: line.detail.clone(),
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

    async fn user(&self, tx: &mut Tx, user: UserId, event: Option<Event>) -> Result<Explanation, ExplainError> {
        let who = self.who(tx, user).await?;
        if who.is_none() && event.is_none() {
            return Err(ExplainError::NoSuchUser);
        }
        let mut sign_ins = Vec::new();
        for identity in identities::of_users(tx, &[user]).await? {
            if let Some(row) = sign_ins::of_identity(tx, identity.id).await? {
                sign_ins.extend(self.sign_in(tx, row).await?);
            }
        }
        Ok(Explanation { event, user: who, sign_ins })
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
        let named = grants::named(tx, &[user], self.directory.ambient.now()).await?;
        let held = named.into_iter().map(|grant| Held {
            organization: grant.organization,
            role: grant.role,
            origin: grant.origin,
            idp: idp(grant.origin),
        });
        let holds = held.collect();
        Ok(Some(ExplainedUser { id: row.id, username: row.username, disabled: row.disabled_at.is_some(), holds }))
    }

    /// Nothing if the IdP is gone: its sign-ins count no longer.
    async fn sign_in(&self, tx: &mut Tx, row: SignInRow) -> Result<Option<ExplainedSignIn>, StoreError> {
        let Some(idp) = self.catalogue.idp(row.idp) else { return Ok(None) };
        let line = audit::by_reference(tx, &row.reference).await?;
        let change = line.and_then(|line| line.before.zip(line.after));
        let now = if idp.spec.auto_provision {
            match (kept_claims(idp, row.claims, row.redacted), self.policies.idp(idp.key)) {
                (Ok(claims), Some(policies)) => {
                    Now::Decided(policy::explain(policies, policies.reach(), &claims).verdicts)
                }
                (Err(why), _) => Now::Unknown(why),
                (Ok(_), None) => Now::Unknown("its IdP has no policies".to_owned()),
            }
        } else {
            Now::NotProvisioned
        };
        Ok(Some(ExplainedSignIn {
            idp: idp.spec.id.clone(),
            identifier: row.identifier,
            at: row.at,
            reference: row.reference,
            refused: row.refused,
            changed_since: row.catalogue_version != self.catalogue.version,
            recorded: row.verdicts,
            change,
            now,
        }))
    }
}
