//! Works an impact out, page by page: everybody concerned, and beyond so many of them the admins.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::impact::Impact;
use super::tally::{Held, Sides, Tally, Thing};
use super::{Most, sum};
use crate::base::Timestamp;
use crate::directory::crowd::Crowd;
use crate::directory::plan::DeclareError;
use crate::identity::UserId;
use crate::store::holders;
use crate::store::sign_ins::LastSignIn;
use crate::store::{StoreError, Tx};

/// Works an impact out, off the async workers.
pub(super) async fn work_out(
    tx: &mut Tx,
    sides: Sides,
    mut crowd: Crowd,
    now: Timestamp,
    most: Most,
) -> Result<Impact, DeclareError> {
    let sides = Arc::new(sides);
    let mut tally = Tally::default();
    let mut looked_at = HashSet::new();
    while let Some(page) = crowd.next(tx).await? {
        if looked_at.len() as u64 >= most.identities {
            tally.beyond = true;
            break;
        }
        looked_at.extend(page.iter().map(|row| row.identity));
        tally = add(tally, page, tx, &sides, now).await?;
    }
    if tally.beyond {
        let mut admins = Crowd::of(sum::admins(tx, &sides, now, most.holders).await?);
        while let Some(mut page) = admins.next(tx).await? {
            page.retain(|row| !looked_at.contains(&row.identity));
            tally = add(tally, page, tx, &sides, now).await?;
        }
    }
    Ok(sum::sum(tally, tx, &sides, now, most.holders).await?)
}

/// Takes a page in.
async fn add(
    mut tally: Tally,
    page: Vec<LastSignIn>,
    tx: &mut Tx,
    sides: &Arc<Sides>,
    now: Timestamp,
) -> Result<Tally, DeclareError> {
    let users: BTreeSet<UserId> = page.iter().map(|row| row.user).collect();
    let held = held(tx, &users.into_iter().collect::<Vec<_>>(), now).await?;
    let sides = Arc::clone(sides);
    let worked = tokio::task::spawn_blocking(move || {
        for row in page {
            let held = held.get(&row.user).map(Vec::as_slice).unwrap_or_default();
            tally.identity(row, held, &sides);
        }
        tally
    });
    worked.await.map_err(|error| DeclareError::Internal(error.to_string()))
}

/// What these users hold that counts.
async fn held(tx: &mut Tx, users: &[UserId], now: Timestamp) -> Result<HashMap<UserId, Vec<Held>>, StoreError> {
    let mut held: HashMap<UserId, Vec<Held>> = HashMap::new();
    for grant in holders::live_of(tx, users, now).await? {
        held.entry(grant.user).or_default().push(grant.into());
    }
    for (user, origin) in holders::server_admins_by(tx, users).await? {
        held.entry(user).or_default().push(Held { thing: Thing::ServerAdmin, origin });
    }
    Ok(held)
}
