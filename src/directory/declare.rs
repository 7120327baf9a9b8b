//! Applying a declaration: all of it in one transaction, or nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::difference::Difference;
use super::plan::{Plan, Stored};
use super::{ATTEMPTS, Directory};
use crate::audit::{self, About, Action, Entry};
use crate::base::Timestamp;
use crate::identity::{Actor, Declaration, IdpId};
use crate::store::changes::{self, Change};
use crate::store::{StoreError, Tx, catalogue, declared, forget};

/// Most differences that a line of the audit log tells one by one.
const MAX_TOLD: usize = 100;

/// What became of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Whether anything changed; if not, nothing was written.
    pub changed: bool,
}

/// What shall become of the people an IdP already vouched for, when they may not be the same people any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityChoice {
    /// They are the same: from the same provider under another name, with the same identifiers.
    Keep,
    /// They are not: their identities there go, with what those gave, and with their sessions.
    Forget,
}

/// The choices an admin has made, by IdP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityChoices(pub BTreeMap<IdpId, IdentityChoice>);

/// What makes a change of an IdP dangerous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DangerKind {
    /// Its issuer or its identifier path changes.
    Source,
    /// The organization it belongs to changes.
    Owner,
}

/// A change that waits for an admin's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// The IdP.
    pub idp: IdpId,
    /// What changes.
    pub kind: DangerKind,
    /// How many people have an identity there, or wait for one.
    pub people: usize,
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { idp, people, .. } = self;
        let people = if *people == 1 { "1 person".to_owned() } else { format!("{people} people") };
        match self.kind {
            DangerKind::Source => write!(
                f,
                "the issuer or identifier path of IdP {idp} changes, so that an identifier there may be somebody \
                 else's; this concerns {people}: choose whether to keep or to forget their identities"
            ),
            DangerKind::Owner => write!(
                f,
                "the owner of IdP {idp} changes, and with it what its word is worth; this concerns {people}: it can be \
                 done only by forgetting their identities there"
            ),
        }
    }
}

/// Why a declaration was not applied. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// It would make other people of those we know, and nobody has said what shall become of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Dangerous(Vec<Danger>),
    /// It refers to what it does not declare.
    #[error("{0} is referred to, but not declared")]
    Undeclared(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Makes what is declared live, and what was declared and is no more, of no effect; what was made by hand stays,
    /// or is adopted if it has a declared id. A declaration that changes nothing writes nothing.
    ///
    /// # Errors
    /// When it is dangerous and `choices` do not say what to do, or the database fails: then nothing has changed.
    pub async fn declare(
        &self,
        declaration: &Declaration,
        choices: &IdentityChoices,
    ) -> Result<Declared, DeclareError> {
        let mut attempt = 1;
        loop {
            match self.declare_once(declaration, choices).await {
                Err(DeclareError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn declare_once(
        &self,
        declaration: &Declaration,
        choices: &IdentityChoices,
    ) -> Result<Declared, DeclareError> {
        let mut snapshot = self.db.snapshot().await?;
        let stored = Stored::load(&mut snapshot).await?;
        drop(snapshot);
        if self.plan(&stored, declaration)?.is_empty() {
            return Ok(Declared { changed: false });
        }
        let now = self.ambient.now();
        let mut tx = self.db.begin().await?;
        catalogue::bump(&mut tx).await?;
        // Again, now that nobody else can change it.
        let stored = Stored::load(&mut tx).await?;
        let plan = self.plan(&stored, declaration)?;
        if plan.is_empty() {
            return Ok(Declared { changed: false });
        }
        let mut log = settle(&mut tx, &plan, declaration, choices).await?;
        write(&mut tx, &plan, now).await?;
        audit::record(&mut tx, &self.ambient, entry(&plan.differences(&stored))).await?;
        log.push(Change::Catalogue);
        changes::append(&mut tx, now, &log).await?;
        tx.commit().await?;
        Ok(Declared { changed: true })
    }

    fn plan(&self, stored: &Stored, declaration: &Declaration) -> Result<Plan, DeclareError> {
        Plan::new(stored, declaration, || self.ambient.uuid())
    }
}

/// The line in the audit log: what changed, as far as people read on.
fn entry(differences: &[Difference]) -> Entry {
    let told: Vec<Value> = differences.iter().take(MAX_TOLD).map(Difference::to_json).collect();
    let detail = format!("{} changes", differences.len());
    Entry {
        action: Action::ConfigurationApplied,
        actor: Actor::File,
        about: About::default(),
        reference: None,
        detail: Some(detail),
        change: Some((Value::Null, Value::Array(told))),
    }
}

/// Does what was chosen about people whose IdP changes dangerously, or refuses everything.
async fn settle(
    tx: &mut Tx,
    plan: &Plan,
    declaration: &Declaration,
    choices: &IdentityChoices,
) -> Result<Vec<Change>, DeclareError> {
    let mut refused = Vec::new();
    let mut log = Vec::new();
    for (key, idp, kind) in &plan.dangers {
        let people = forget::people(tx, *key).await?;
        if people.is_empty() {
            continue;
        }
        match (choices.0.get(idp), kind) {
            (Some(IdentityChoice::Forget), _) => {
                forget::forget(tx, *key).await?;
                log.extend(people.into_iter().map(Change::User));
            }
            (Some(IdentityChoice::Keep), DangerKind::Source) => {
                for spec in declaration.idps.iter().filter(|spec| spec.id == *idp) {
                    forget::keep(tx, *key, spec.issuer.as_str(), &spec.profile.identifier).await?;
                }
            }
            _ => refused.push(Danger { idp: idp.clone(), kind: *kind, people: people.len() }),
        }
    }
    if refused.is_empty() { Ok(log) } else { Err(DeclareError::Dangerous(refused)) }
}

async fn write(tx: &mut Tx, plan: &Plan, now: Timestamp) -> Result<(), StoreError> {
    for row in &plan.organizations {
        declared::put_organization(tx, row, now).await?;
    }
    for row in &plan.roles {
        declared::put_role(tx, row, now).await?;
    }
    for row in &plan.idps {
        declared::put_idp(tx, row, now).await?;
    }
    for id in &plan.retired {
        declared::retire_policy(tx, *id, now).await?;
    }
    for row in &plan.policies {
        declared::insert_policy(tx, row, now).await?;
    }
    for row in &plan.applications {
        declared::put_application(tx, row, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
