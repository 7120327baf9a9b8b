//! Applying a declaration: all of it in one transaction, or nothing.

use serde_json::Value;

use super::danger::{Approval, Danger, DangerKind, IdentityChoice};
use super::difference::Difference;
use super::foresee::dangers;
use super::plan::{DeclareError, Gone, Plan, Stored};
use super::{ATTEMPTS, Directory};
use crate::audit::{self, About, Action, Entry};
use crate::base::Timestamp;
use crate::identity::{Actor, Declaration, IdpId};
use crate::store::changes::{self, Change};
use crate::store::{StoreError, Tx, catalogue, client_secrets, declared, forget, sessions};

/// Most differences that a line of the audit log tells one by one.
const MAX_TOLD: usize = 100;

/// What became of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Whether anything changed; if not, nothing was written.
    pub changed: bool,
}

impl Directory {
    /// Makes what is declared live, and what was declared and is no more, of no effect; what was made by hand stays,
    /// or is adopted if it has a declared id. A declaration that changes nothing writes nothing.
    ///
    /// # Errors
    /// When it is dangerous and `approval` does not say what to do, or the database fails: then nothing has changed.
    pub async fn declare(&self, declaration: &Declaration, approval: &Approval) -> Result<Declared, DeclareError> {
        let mut attempt = 1;
        loop {
            match self.declare_once(declaration, Gone::Kept, approval, None).await {
                Err(DeclareError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                Err(DeclareError::Moved) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    /// The same, if the catalogue is still the one that was shown: else nothing is done. What is declared no longer may be
    /// removed for good as well.
    ///
    /// # Errors
    /// [`DeclareError::Moved`] if it is another; else as [`Directory::declare`].
    pub async fn apply(
        &self,
        declaration: &Declaration,
        gone: Gone,
        approval: &Approval,
        shown: i64,
    ) -> Result<Declared, DeclareError> {
        self.declare_once(declaration, gone, approval, Some(shown)).await
    }

    async fn declare_once(
        &self,
        declaration: &Declaration,
        gone: Gone,
        approval: &Approval,
        shown: Option<i64>,
    ) -> Result<Declared, DeclareError> {
        let mut snapshot = self.db.snapshot().await?;
        let stored = Stored::load(&mut snapshot).await?;
        let plan = Plan::of(&stored, declaration, gone, &self.ambient)?;
        if plan.is_empty() {
            return Ok(Declared { changed: false });
        }
        let entry = entry(&plan.differences(&stored));
        self.carry_out(snapshot, &stored, &plan, approval, shown, entry).await?;
        Ok(Declared { changed: true })
    }

    /// Makes a plan real, if it is still the catalogue of that snapshot and nothing of it is refused.
    pub(super) async fn carry_out(
        &self,
        mut snapshot: Tx,
        stored: &Stored,
        plan: &Plan,
        approval: &Approval,
        shown: Option<i64>,
        entry: Entry,
    ) -> Result<(), DeclareError> {
        // Everybody's sign-in is looked at: before the one writer is taken.
        let seen = catalogue::version(&mut snapshot).await?;
        if shown.is_some_and(|shown| shown != seen) {
            return Err(DeclareError::Moved);
        }
        let is_forgotten = |idp: &IdpId| approval.identities.get(idp) == Some(&IdentityChoice::Forget);
        let forgotten = plan.dangers.iter().filter(|(_, idp, _)| is_forgotten(idp)).map(|(key, ..)| *key);
        let impact = self.impact(&mut snapshot, stored, plan, forgotten.collect()).await?;
        drop(snapshot);
        let refused: Vec<Danger> =
            dangers(&impact).into_iter().filter(|danger| !danger.is_approved(approval)).collect();
        let now = self.ambient.now();
        let mut tx = self.db.begin().await?;
        if catalogue::bump(&mut tx).await? != seen + 1 {
            return Err(DeclareError::Moved);
        }
        let mut log = settle(&mut tx, plan, approval, refused).await?;
        write(&mut tx, plan, entry.actor, now).await?;
        audit::record(&mut tx, &self.ambient, entry).await?;
        log.push(Change::Catalogue);
        changes::append(&mut tx, now, &log).await?;
        tx.commit().await?;
        Ok(())
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
    approval: &Approval,
    mut refused: Vec<Danger>,
) -> Result<Vec<Change>, DeclareError> {
    let mut log = Vec::new();
    for (key, idp, kind) in &plan.dangers {
        let people = forget::people(tx, *key).await?;
        if people.is_empty() {
            continue;
        }
        match (approval.identities.get(idp), kind) {
            (Some(IdentityChoice::Forget), _) => {
                forget::forget(tx, *key).await?;
                log.extend(people.into_iter().map(Change::User));
            }
            (Some(IdentityChoice::Keep), DangerKind::Source) => {
                for row in plan.idps.iter().filter(|row| row.key == *key) {
                    forget::keep(tx, *key, row.spec.issuer.as_str(), &row.spec.profile.identifier).await?;
                }
            }
            _ => refused.push(Danger::Identities { idp: idp.clone(), kind: *kind, people: people.len() }),
        }
    }
    if refused.is_empty() { Ok(log) } else { Err(DeclareError::Dangerous(refused)) }
}

/// Writes what a plan changes, as `author` wants it.
pub(super) async fn write(tx: &mut Tx, plan: &Plan, author: Actor, now: Timestamp) -> Result<(), StoreError> {
    for row in &plan.organizations {
        declared::put_organization(tx, row, now).await?;
    }
    for row in &plan.roles {
        declared::put_role(tx, row, now).await?;
    }
    for row in &plan.idps {
        declared::put_idp(tx, row, now).await?;
        // What the file no longer declares may be a slip of its editor, and comes back whole. Turned off by hand it is
        // meant: who signed in there signs in again.
        if !row.live && !row.declared {
            sessions::delete_of_idp(tx, row.key).await?;
        }
    }
    for (key, sealed) in &plan.secrets {
        match sealed {
            Some(sealed) => client_secrets::put(tx, *key, sealed.as_str(), now).await?,
            None => client_secrets::remove(tx, *key).await?,
        }
    }
    for id in &plan.retired {
        declared::retire_policy(tx, *id, now).await?;
    }
    for row in &plan.policies {
        declared::insert_policy(tx, row, author, now).await?;
    }
    for row in &plan.applications {
        declared::put_application(tx, row, now).await?;
    }
    let removed = &plan.removed;
    declared::remove_applications(tx, &removed.applications.iter().map(|(key, _)| *key).collect::<Vec<_>>()).await?;
    declared::remove_roles(tx, &removed.roles, now).await?;
    declared::remove_idps(tx, &removed.idps).await?;
    declared::remove_organizations(tx, &removed.organizations).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
