use std::time::Duration;

use crate::identity::{Actor, Ceiling, IdpKey, OrganizationKey, PolicyId, PolicyText};
use crate::store::declared::{self, PolicyRow};
use crate::store::kit::{World, on_each, run};
use crate::store::policies::{self, Place};
use crate::store::{Db, Tx};

async fn page(tx: &mut Tx, place: Place, limit: u32) -> Vec<PolicyId> {
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let rows = policies::versions(tx, place, before, limit).await.unwrap();
        let Some(last) = rows.last() else { return found };
        assert!(rows.len() <= limit as usize);
        before = Some((last.at, last.id));
        found.extend(rows.iter().map(|row| row.id));
    }
}

/// Puts a version in force after `seconds`, in the place of the last one.
async fn put(db: &Db, world: &World, place: Place, last: Option<PolicyId>, author: Actor, seconds: u64) -> PolicyRow {
    let text = PolicyText { org: Some(format!("'v{seconds}'")), role: None };
    let ceiling = Ceiling::Roles([world.member].into());
    let row = PolicyRow { id: PolicyId::new(world.uuid()), idp: place.0, organization: place.1, text, ceiling };
    let now = world.now.plus(Duration::from_secs(seconds));
    let mut tx = db.begin().await.unwrap();
    if let Some(last) = last {
        declared::retire_policy(&mut tx, last, now).await.unwrap();
    }
    declared::insert_policy(&mut tx, &row, author, now).await.unwrap();
    tx.commit().await.unwrap();
    row
}

#[tokio::test]
async fn every_version_of_a_place_is_kept_the_last_first() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (default, own) = ((world.idp, None), (world.idp, Some(world.lab)));
        let user = Actor::User(world.user(&db, "alice").await);
        let first = put(&db, &world, own, None, Actor::CommandLine, 1).await;
        // Two in one instant are told apart by their ids.
        let second = put(&db, &world, own, Some(first.id), user, 5).await;
        let third = put(&db, &world, own, Some(second.id), user, 5).await;
        let mut tx = db.begin().await.unwrap();
        for limit in [1, 2, 100] {
            assert_eq!(page(&mut tx, own, limit).await, [third.id, second.id, first.id]);
        }
        assert_eq!(page(&mut tx, default, 10).await.len(), 1);
        let rows = policies::versions(&mut tx, own, None, 10).await.unwrap();
        assert_eq!((&rows[1].text, &rows[1].ceiling, rows[1].author), (&second.text, &second.ceiling, Some(user)));
        assert_eq!((rows[0].retired_at, rows[1].retired_at), (None, Some(rows[0].at)));
        assert_eq!(policies::version(&mut tx, own, second.id).await.unwrap().as_ref(), Some(&rows[1]));
        for (place, id) in [(default, second.id), (own, PolicyId::new(world.uuid()))] {
            assert_eq!(policies::version(&mut tx, place, id).await.unwrap(), None);
        }
        let standing = async |tx: &mut Tx, place| policies::standing(tx, place).await.unwrap();
        let shown = standing(&mut tx, own).await.unwrap();
        assert_eq!((shown.version, shown.declared), (Some((third.id, third.text.clone())), true));
        let elsewhere = OrganizationKey::new(world.uuid());
        for nowhere in [(IdpKey::new(world.uuid()), None), (world.idp, Some(elsewhere))] {
            assert_eq!(standing(&mut tx, nowhere).await, None);
        }
        let of_the_file = policies::versions(&mut tx, default, None, 10).await.unwrap();
        assert_eq!(policies::version(&mut tx, default, of_the_file[0].id).await.unwrap(), of_the_file.first().cloned());
    })
    .await;
}

#[tokio::test]
async fn a_place_stands_empty_or_with_the_version_in_force() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (default, own) = ((world.idp, None), (world.idp, Some(world.lab)));
        run(&db, "update organizations set declared = false").await;
        let of_the_file = async || {
            let standing = policies::standing(&mut db.begin().await.unwrap(), own).await.unwrap().unwrap();
            (standing.version.is_some(), standing.declared)
        };
        assert_eq!(of_the_file().await, (false, false));
        run(&db, "update organizations set declared = true").await;
        assert_eq!(of_the_file().await, (false, true));
        run(&db, "update idps set delegates = (select '[\"' || key || '\"]' from organizations where id = 'lab')")
            .await;
        assert_eq!(of_the_file().await, (false, false), "it is left to the organization's admins");
        run(&db, "update idps set delegates = '[]', declared = false").await;
        assert_eq!(of_the_file().await, (false, false), "the file does not know of the IdP");
        run(&db, "update idps set declared = true").await;
        let mut tx = db.begin().await.unwrap();
        let standing = policies::standing(&mut tx, default).await.unwrap().unwrap();
        assert_eq!((standing.version.map(|(_, text)| text), standing.declared), (Some(PolicyText::default()), true));
    })
    .await;
}
