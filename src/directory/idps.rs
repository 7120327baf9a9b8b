//! IdPs as their admins see them: also those that are disabled, and those of the file.

use super::edit::Revision;
use super::{Directory, OrganizationAdmin, ServerAdmin, StoreError};
use crate::audit::{self, About, Action, Entry};
use crate::base::Addresses;
use crate::identity::{Actor, Idp, IdpId, IdpKey, IdpSpec, OrganizationKey};
use crate::store::declared::{self, IdpRow};
use crate::store::{Db, client_secrets, identities};

/// People of an IdP are counted up to so many: the page needs a notion, not the number.
pub const MANY_PEOPLE: u32 = 1_000;

/// An IdP.
#[derive(Clone, Debug)]
pub struct ManagedIdp {
    /// Its row.
    pub key: IdpKey,
    /// What is written down of it.
    pub spec: IdpSpec,
    /// The organizations whose admins may write policies at it; some of them may be gone.
    pub delegates: Vec<OrganizationKey>,
    /// Where requests to it may go.
    pub addresses: Addresses,
    /// Whether the file declares it, or did.
    pub declared: bool,
    /// Whether it is of effect.
    pub live: bool,
    /// Whether a client secret was typed for it.
    pub has_secret: bool,
    /// How many identities and expectations there are, at most [`MANY_PEOPLE`].
    pub people: u32,
    /// Its state, for whoever changes it.
    pub revision: Revision,
}

impl Directory {
    /// Writes down that somebody who may do so tried an IdP out; what was said is not kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_test(&self, actor: Actor, idp: &Idp) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let about = About { idp: Some(idp.key), organization: idp.owner, ..About::default() };
        let entry = Entry { action: Action::SignInTested, actor, about, reference: None, detail: None, change: None };
        audit::record(&mut tx, &self.ambient, entry).await?;
        tx.commit().await
    }
}

impl ServerAdmin<'_> {
    /// Every global IdP, in order of name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn idps(&self) -> Result<Vec<IdpSummary>, StoreError> {
        list(&self.directory.db, None).await
    }

    /// The global IdP of that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn idp(&self, id: &IdpId) -> Result<Option<ManagedIdp>, StoreError> {
        find(&self.directory.db, id, None).await
    }
}

impl OrganizationAdmin<'_> {
    /// Every IdP of the organization's own, in order of name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn idps(&self) -> Result<Vec<IdpSummary>, StoreError> {
        list(&self.directory.db, Some(self.organization)).await
    }

    /// The organization's own IdP of that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn idp(&self, id: &IdpId) -> Result<Option<ManagedIdp>, StoreError> {
        find(&self.directory.db, id, Some(self.organization)).await
    }
}

/// An IdP in a list.
#[derive(Clone, Debug)]
pub struct IdpSummary {
    /// What is written down of it.
    pub spec: IdpSpec,
    /// How many organizations it is delegated to.
    pub delegates: usize,
    /// Whether the file declares it, or did.
    pub declared: bool,
    /// Whether it is of effect.
    pub live: bool,
}

async fn list(db: &Db, owner: Option<OrganizationKey>) -> Result<Vec<IdpSummary>, StoreError> {
    let mut tx = db.snapshot().await?;
    let mut rows = declared::idps_of(&mut tx, owner).await?;
    rows.sort_by(|one, other| (&one.spec.name, &one.spec.id).cmp(&(&other.spec.name, &other.spec.id)));
    let summary = |row: IdpRow| IdpSummary {
        delegates: row.delegates.len(),
        declared: row.declared,
        live: row.live,
        spec: row.spec,
    };
    Ok(rows.into_iter().map(summary).collect())
}

async fn find(db: &Db, id: &IdpId, owner: Option<OrganizationKey>) -> Result<Option<ManagedIdp>, StoreError> {
    let mut tx = db.snapshot().await?;
    let Some(row) = declared::idp(&mut tx, id).await?.filter(|row| row.owner == owner) else { return Ok(None) };
    Ok(Some(ManagedIdp {
        key: row.key,
        delegates: row.delegates.clone(),
        addresses: row.addresses,
        declared: row.declared,
        live: row.live,
        has_secret: client_secrets::is_there(&mut tx, row.key).await?,
        people: identities::count_at(&mut tx, row.key, MANY_PEOPLE).await?,
        revision: Revision::of_idp(&row),
        spec: row.spec,
    }))
}
