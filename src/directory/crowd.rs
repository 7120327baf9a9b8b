//! Many identities with what their last sign-ins said, looked at page by page: everybody's, those at some IdPs, or those
//! of an organization's present members.

use std::collections::BTreeSet;
use std::vec;

use crate::base::Timestamp;
use crate::identity::{IdentityId, IdpKey, OrganizationKey, UserId};
use crate::store::holders;
use crate::store::sign_ins::{self, LastSignIn};
use crate::store::{StoreError, Tx};

/// Identities looked at in one go: a page of claims of the largest size is some thirty megabytes.
const PAGE: u32 = 500;

/// Identities still to be looked at.
#[derive(Debug)]
pub(super) struct Crowd(Kind);

#[derive(Debug)]
enum Kind {
    /// All after that one.
    Everybody(Option<IdentityId>),
    /// All at those IdPs; at the one under way, after that one.
    At(vec::IntoIter<IdpKey>, Option<(IdpKey, IdentityId)>),
    /// Of these users, at those IdPs.
    Members(vec::IntoIter<UserId>, Option<BTreeSet<IdpKey>>),
}

impl Crowd {
    /// Everybody.
    pub(super) const fn everybody() -> Self {
        Self(Kind::Everybody(None))
    }

    /// Everybody at these IdPs.
    pub(super) fn at(idps: BTreeSet<IdpKey>) -> Self {
        Self(Kind::At(idps.into_iter().collect::<Vec<_>>().into_iter(), None))
    }

    /// Those who hold something in an organization at `now`; at these IdPs, or at any.
    pub(super) async fn members(
        tx: &mut Tx,
        organization: OrganizationKey,
        idps: Option<BTreeSet<IdpKey>>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let members = holders::members(tx, organization, now).await?;
        Ok(Self(Kind::Members(members.into_iter(), idps)))
    }

    /// Everything of these users.
    pub(super) fn of(users: BTreeSet<UserId>) -> Self {
        Self(Kind::Members(users.into_iter().collect::<Vec<_>>().into_iter(), None))
    }

    /// The next of them; nothing when all were looked at.
    pub(super) async fn next(&mut self, tx: &mut Tx) -> Result<Option<Vec<LastSignIn>>, StoreError> {
        match &mut self.0 {
            Kind::Everybody(after) => {
                let page = sign_ins::page(tx, *after, PAGE).await?;
                *after = page.last().map(|row| row.identity);
                Ok(Some(page).filter(|page| !page.is_empty()))
            }
            Kind::At(idps, current) => loop {
                let (idp, after) = match current.take() {
                    Some((idp, after)) => (idp, Some(after)),
                    None => match idps.next() {
                        Some(idp) => (idp, None),
                        None => return Ok(None),
                    },
                };
                let page = sign_ins::page_at(tx, idp, after, PAGE).await?;
                if let Some(last) = page.last() {
                    *current = Some((idp, last.identity));
                    return Ok(Some(page));
                }
            },
            Kind::Members(members, idps) => {
                let some: Vec<UserId> = members.by_ref().take(PAGE as usize).collect();
                if some.is_empty() {
                    return Ok(None);
                }
                let mut page = sign_ins::of_users(tx, &some).await?;
                page.retain(|row| idps.as_ref().is_none_or(|idps| idps.contains(&row.idp)));
                Ok(Some(page))
            }
        }
    }
}
