//! What applying a declaration would do, before it is done: what differs, who would gain and who would lose what, and
//! which of it is dangerous.

mod after;
mod impact;
mod pages;
mod scope;
mod sum;
mod tally;

use std::collections::HashSet;

use super::Directory;
use super::danger::{COUNTED, Danger, MANY};
use super::difference::Difference;
use super::plan::{DeclareError, Gone, Plan, Stored};
use crate::identity::{Declaration, IdpKey};
use crate::policy::Snapshot;
use crate::store::{StoreError, Tx, catalogue, forget};

pub use impact::{Effect, Impact, What};
use scope::Scope;

/// How many people are looked at for one impact.
#[derive(Clone, Copy, Debug)]
struct Most {
    /// Identities, by what they said last. Beyond it whoever holds an admin role is looked at still, so that no
    /// organization loses its last admin unseen.
    identities: u64,
    /// Of those who hold something: a role that goes or comes, an admin role, any role at all.
    holders: u64,
}

/// Some seconds' work, off the workers that serve requests, and a bounded memory of who gains and loses.
const MOST: Most = Most { identities: COUNTED, holders: COUNTED };

/// What applying a declaration would do.
#[derive(Clone, Debug)]
pub struct Foresight {
    /// The version of the catalogue it was worked out on.
    pub version: i64,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Who gains and who loses what.
    pub impact: Impact,
    /// What an admin has to say is meant.
    pub dangers: Vec<Danger>,
}

impl Directory {
    /// What applying `declaration` would do, to what is declared no longer too. Writes nothing.
    ///
    /// # Errors
    /// When it refers to what it does not declare, or the database fails.
    pub async fn foresee(&self, declaration: &Declaration, gone: Gone) -> Result<Foresight, DeclareError> {
        let mut tx = self.db.snapshot().await?;
        let stored = Stored::load(&mut tx).await?;
        let plan = Plan::of(&stored, declaration, gone, &self.ambient)?;
        let version = catalogue::version(&mut tx).await?;
        let impact = self.impact(&mut tx, &stored, &plan, HashSet::new()).await?;
        let dangers = dangers_of(&mut tx, &plan, &impact).await?;
        Ok(Foresight { version, differences: plan.differences(&stored), impact, dangers })
    }

    /// Who gains and who loses what by a plan, of those its maker may know of. What becomes of the people of `forgotten`
    /// IdPs was said by who chose so.
    pub(super) async fn impact(
        &self,
        tx: &mut Tx,
        stored: &Stored,
        plan: &Plan,
        forgotten: HashSet<IdpKey>,
    ) -> Result<Impact, DeclareError> {
        self.impact_on(tx, stored, plan, forgotten, MOST).await
    }

    /// The same, of no more people than that.
    async fn impact_on(
        &self,
        tx: &mut Tx,
        stored: &Stored,
        plan: &Plan,
        forgotten: HashSet<IdpKey>,
        most: Most,
    ) -> Result<Impact, DeclareError> {
        let mut before = catalogue::load(tx).await?;
        if before.version == 0 || !plan.touches_people(stored) {
            return Ok(Impact::default());
        }
        let mut after = after::catalogue(stored, plan, before.version);
        let audience = plan.audience;
        let scope = Scope::of(plan, stored);
        scope.narrow(&mut before);
        scope.narrow(&mut after);
        let (old, new) = (Snapshot::compile(&before), Snapshot::compile(&after));
        let contained = after.idps.iter().filter_map(|idp| {
            let mut claims = new.idp(idp.key)?.contained_claims();
            claims.retain(|claim| audience.sees(idp, claim));
            Some((idp.key, claims))
        });
        let contained = contained.collect();
        let now = self.ambient.now();
        let crowd = scope.crowd(tx, now).await?;
        let sides = tally::Sides { before, after, old, new, forgotten, contained, audience };
        pages::work_out(tx, sides, crowd, now, most).await
    }
}

/// Everything that must be meant of a plan with this impact.
pub(super) async fn dangers_of(tx: &mut Tx, plan: &Plan, impact: &Impact) -> Result<Vec<Danger>, StoreError> {
    let mut all = Vec::new();
    for (key, idp, kind) in &plan.dangers {
        let people = forget::people(tx, *key).await?.len();
        if people > 0 {
            all.push(Danger::Identities { idp: idp.clone(), kind: *kind, people });
        }
    }
    all.extend(dangers(impact));
    Ok(all)
}

/// What of an impact must be meant.
pub(super) fn dangers(impact: &Impact) -> Vec<Danger> {
    let mut dangers = Vec::new();
    if !impact.without_admin.is_empty() {
        dangers.push(Danger::LossOfAdmins { organizations: impact.without_admin.clone() });
    }
    if impact.losing.saturating_mul(MANY) > impact.holders {
        dangers.push(Danger::LossOfRoles { losing: impact.losing, of: impact.holders });
    }
    dangers
}

#[cfg(test)]
mod tests;
