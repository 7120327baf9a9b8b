//! One change of the catalogue by hand. It becomes a plan, as a declaration does: what it would do to people is foreseen,
//! what is dangerous waits for a word, and all of it is written, by the same code. What the file declares is the file's.

mod outline;
mod publish;
mod revision;

use std::collections::HashSet;

use super::danger::Danger;
use super::foresee::dangers_of;
use super::plan::{DeclareError, Plan, Stored};
use super::{ATTEMPTS, Approval, Directory, Foresight, OrganizationAdmin, SealedSecret, ServerAdmin};
use crate::audit::{About, Action, Entry};
use crate::identity::{
    Actor, Allotment, ApplicationId, ApplicationSpec, Flaw, IdpId, IdpSpec, OrganizationId, OrganizationKey,
    PolicyText, RoleName,
};
use crate::store::{StoreError, catalogue};

pub use revision::Revision;

/// What is changed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// An organization is made, or has this name and these roles from now on.
    Organization {
        /// Its id; it never changes.
        id: OrganizationId,
        /// What people call it.
        name: String,
        /// Its roles, and whether their holders administer it. A role that is not among them goes, with every grant.
        roles: Vec<(RoleName, bool)>,
        /// Where its admins may publish applications.
        allotment: Allotment,
    },
    /// An IdP is made, or is written down like this from now on; its default policy stays as it is.
    Idp {
        /// What is written down of it.
        spec: Box<IdpSpec>,
        /// What becomes of its client secret; one that is of no use any more goes.
        secret: SecretEdit,
    },
    /// An IdP counts, or does not: nobody can sign in there, and its sessions open nothing.
    IdpInForce {
        /// The IdP.
        idp: IdpId,
        /// Whether it counts.
        live: bool,
    },
    /// A policy has a new version. Without an organization it is the IdP's default policy.
    Policy {
        /// The IdP whose sign-ins it judges.
        idp: IdpId,
        /// The organization it judges for.
        organization: Option<OrganizationId>,
        /// Its selectors; `None` ends an organization's policy, so that the default one judges. It never gives more than
        /// its author may now.
        text: Option<PolicyText>,
    },
    /// An application is made, or is written down like this from now on.
    Application(Box<ApplicationSpec>),
    /// An organization goes, with its roles, applications, IdPs and policies, and with every grant.
    RemoveOrganization(OrganizationId),
    /// An IdP goes, with its policies, its identities, what those gave, and their sessions.
    RemoveIdp(IdpId),
    /// An application goes.
    RemoveApplication(ApplicationId),
}

/// What becomes of a client secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecretEdit {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this one from now on.
    Set(SealedSecret),
}

/// What the change is made on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    #[default]
    Any,
    /// Nothing: it is new.
    Absent,
    /// Exactly what was seen.
    Seen(Revision),
}

/// On what terms a change is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What it is made on.
    pub expected: Expected,
    /// What was said about dangers.
    pub approval: Approval,
    /// The version of the catalogue whose foresight was shown; absent: none was.
    pub shown: Option<i64>,
}

/// Why a change was not made. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file declares it.
    #[error("the configuration file declares {0}: change it there")]
    Declared(String),
    /// Another has the id.
    #[error("there is {0} already: choose another id")]
    Taken(String),
    /// There is no such thing.
    #[error("there is no {0}")]
    NoSuch(String),
    /// It lies beyond what this admin administers.
    #[error("{0} is not yours to change")]
    OutOfReach(String),
    /// It cannot be written down like this.
    #[error("{0}")]
    Invalid(String),
    /// These parts of an application cannot be like this.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Flawed(Vec<Flaw>),
    /// Somebody changed it meanwhile.
    #[error("it has been changed meanwhile: look at it again")]
    Moved,
    /// It does what has to be meant.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Dangerous(Vec<Danger>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DeclareError> for EditError {
    fn from(error: DeclareError) -> Self {
        match error {
            DeclareError::Dangerous(dangers) => Self::Dangerous(dangers),
            DeclareError::Moved => Self::Moved,
            DeclareError::Store(error) => Self::Store(error),
            other @ (DeclareError::Undeclared(_) | DeclareError::Internal(_)) => Self::Invalid(other.to_string()),
        }
    }
}

/// Who may make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Server,
    Organization(OrganizationKey),
}

impl ServerAdmin<'_> {
    /// What the change would do, and to whom. Writes nothing.
    ///
    /// # Errors
    /// When it cannot be made, or the database fails.
    pub async fn foresee(&self, edit: &Edit) -> Result<Foresight, EditError> {
        self.directory.foresee_edit(edit, Reach::Server).await
    }

    /// Makes the change.
    ///
    /// # Errors
    /// When it cannot be made, is dangerous and not approved, was made on something else than expected, or the
    /// database fails: then nothing has changed.
    pub async fn edit(&self, edit: &Edit, terms: &Terms) -> Result<(), EditError> {
        self.directory.edit(edit, terms, self.actor, Reach::Server).await
    }
}

impl OrganizationAdmin<'_> {
    /// What the change would do to members of the organization. Writes nothing. Others are neither named nor counted.
    ///
    /// # Errors
    /// When it cannot be made, reaches beyond the organization, or the database fails.
    pub async fn foresee(&self, edit: &Edit) -> Result<Foresight, EditError> {
        self.directory.foresee_edit(edit, Reach::Organization(self.organization)).await
    }

    /// Makes the change.
    ///
    /// # Errors
    /// As [`ServerAdmin::edit`], and [`EditError::OutOfReach`] when it reaches beyond the organization.
    pub async fn edit(&self, edit: &Edit, terms: &Terms) -> Result<(), EditError> {
        self.directory.edit(edit, terms, self.actor, Reach::Organization(self.organization)).await
    }
}

impl Directory {
    async fn foresee_edit(&self, edit: &Edit, reach: Reach) -> Result<Foresight, EditError> {
        let mut tx = self.db.snapshot().await?;
        let stored = Stored::load(&mut tx).await?;
        let plan = outline::plan(edit, &stored, reach, &Expected::Any, || self.ambient.uuid())?;
        let version = catalogue::version(&mut tx).await?;
        let impact = self.impact(&mut tx, &stored, &plan, HashSet::new()).await?;
        let dangers = dangers_of(&mut tx, &plan, &impact).await?;
        Ok(Foresight { version, differences: plan.differences(&stored), impact, dangers })
    }

    async fn edit(&self, edit: &Edit, terms: &Terms, actor: Actor, reach: Reach) -> Result<(), EditError> {
        let mut attempt = 1;
        loop {
            match self.edit_once(edit, terms, actor, reach).await {
                Err(EditError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                Err(EditError::Moved) if terms.shown.is_none() && attempt < ATTEMPTS => attempt += 1,
                Ok(()) => {
                    tracing::info!(%actor, ?reach, "the catalogue was changed by hand");
                    return Ok(());
                }
                result => return result,
            }
        }
    }

    async fn edit_once(&self, edit: &Edit, terms: &Terms, actor: Actor, reach: Reach) -> Result<(), EditError> {
        let mut snapshot = self.db.snapshot().await?;
        let stored = Stored::load(&mut snapshot).await?;
        let plan = outline::plan(edit, &stored, reach, &terms.expected, || self.ambient.uuid())?;
        if plan.is_empty() {
            return Ok(());
        }
        let entry = entry(&plan, &stored, actor);
        self.carry_out(snapshot, &stored, &plan, &terms.approval, terms.shown, entry).await?;
        Ok(())
    }
}

/// The line in the audit log: what changed, from what to what.
fn entry(plan: &Plan, stored: &Stored, actor: Actor) -> Entry {
    let differences = plan.differences(stored);
    let told = differences.iter().map(super::Difference::to_json).collect();
    let detail = differences.first().map(|first| format!("{} {} {}", first.what, first.name, first.becomes.word()));
    Entry {
        action: Action::CatalogueEdited,
        actor,
        about: about(plan),
        reference: None,
        detail,
        change: Some((serde_json::Value::Null, told)),
    }
}

fn about(plan: &Plan) -> About {
    let policy = plan.policies.first();
    let application = plan.applications.first().map(|row| (row.key, row.organization));
    let application = application.or_else(|| plan.removed.applications.first().copied());
    let organization =
        plan.organizations.first().map(|row| row.key).or_else(|| plan.removed.organizations.first().copied());
    let idp = plan.idps.first().map(|row| row.key).or_else(|| plan.removed.idps.first().copied());
    let idp = idp.or_else(|| plan.secrets.first().map(|(key, _)| *key));
    About {
        organization: organization
            .or_else(|| plan.roles.first().map(|row| row.organization))
            .or_else(|| policy.and_then(|row| row.organization))
            .or_else(|| application.map(|(_, organization)| organization))
            .or_else(|| plan.idps.first().and_then(|row| row.owner)),
        idp: idp.or_else(|| policy.map(|row| row.idp)),
        application: application.map(|(key, _)| key),
        ..About::default()
    }
}

#[cfg(test)]
mod tests;
