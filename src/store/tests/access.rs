use std::time::Duration;

use crate::identity::{OrganizationKey, Origin, RoleId, RoleName, UserId};
use crate::store::declared::{self, OrganizationRow, RoleRow};
use crate::store::grants::{self, HeldRow};
use crate::store::kit::{World, count, on_each, run};
use crate::store::{Db, StoreError, Tx, users};

/// A second organization with one role.
async fn office(world: &World, db: &Db) -> (OrganizationKey, RoleId) {
    let key = OrganizationKey::new(world.uuid());
    let id = RoleId::new(world.uuid());
    let mut tx = db.begin().await.unwrap();
    let slug = crate::identity::OrganizationId::parse("office").unwrap();
    let row = OrganizationRow {
        key,
        id: slug,
        name: "Office".to_owned(),
        allotment: Default::default(),
        declared: true,
        live: true,
    };
    declared::put_organization(&mut tx, &row, world.now).await.unwrap();
    let name = RoleName::parse("Clerk").unwrap();
    let row = RoleRow { id, organization: key, name, admin: false, live: true };
    declared::put_role(&mut tx, &row, world.now).await.unwrap();
    tx.commit().await.unwrap();
    (key, id)
}

async fn held(tx: &mut Tx, user: UserId) -> Vec<(RoleId, Origin)> {
    let mut rows: Vec<_> =
        grants::of_user(tx, user).await.unwrap().into_iter().map(|row| (row.role, row.origin)).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn each_origin_writes_its_own_grants() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let policy = Origin::Policy(world.identity(&db, user, "alice").await);
        let later = world.now.plus(Duration::from_secs(60));
        let mut tx = db.begin().await.unwrap();
        assert!(!grants::any(&mut tx).await.unwrap());
        grants::insert(&mut tx, user, Origin::Manual, &[world.member], world.now).await.unwrap();
        assert!(grants::any(&mut tx).await.unwrap());
        grants::insert(&mut tx, user, policy, &[world.admin, world.member], world.now).await.unwrap();
        grants::insert(&mut tx, user, policy, &[world.admin], later).await.unwrap();
        grants::insert(&mut tx, user, policy, &[], world.now).await.unwrap();
        grants::refresh(&mut tx, user, policy, &[world.member], later).await.unwrap();
        let mut rows = grants::of_user(&mut tx, user).await.unwrap();
        rows.sort_by_key(|row| (row.role, row.origin));
        let row = |role, origin, admin, evaluated_at| HeldRow {
            role,
            organization: world.lab,
            origin,
            admin,
            live: true,
            evaluated_at,
            kept_until: None,
        };
        let expected = [
            row(world.admin, policy, true, world.now),
            row(world.member, Origin::Manual, false, world.now),
            row(world.member, policy, false, later),
        ];
        assert_eq!(rows, expected);
        grants::delete(&mut tx, user, policy, &[world.member, world.admin]).await.unwrap();
        assert_eq!(held(&mut tx, user).await, [(world.member, Origin::Manual)]);
        tx.commit().await.unwrap();
        run(&db, "update roles set undeclared_at = 1").await;
        assert!(!grants::of_user(&mut db.begin().await.unwrap(), user).await.unwrap()[0].live);
    })
    .await;
}

#[tokio::test]
async fn a_kept_grant_is_of_no_effect_after_its_time_until_a_good_evaluation() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        let policy = Origin::Policy(identity);
        let (soon, later) = (world.now.plus(Duration::from_secs(60)), world.now.plus(Duration::from_secs(90)));
        let mut tx = db.begin().await.unwrap();
        for origin in [policy, Origin::Manual] {
            grants::insert(&mut tx, user, origin, &[world.admin, world.member], world.now).await.unwrap();
        }
        grants::keep(&mut tx, user, policy, &[(world.admin, later), (world.member, soon)]).await.unwrap();
        grants::keep(&mut tx, user, policy, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let at = async |now| {
            let rows = users::principal(&db, user, identity, now).await.unwrap().unwrap();
            let named = grants::named(&mut db.begin().await.unwrap(), &[user], now).await.unwrap();
            assert_eq!(rows.grants.len(), named.len());
            (rows.grants.len(), rows.kept_until)
        };
        let moment = Duration::from_micros(1);
        assert_eq!(at(soon).await, (4, Some(soon)));
        assert_eq!(at(soon.plus(moment)).await, (3, Some(later)));
        assert_eq!(at(later.plus(moment)).await, (2, None));
        let mut tx = db.begin().await.unwrap();
        grants::refresh(&mut tx, user, policy, &[world.member], later).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(at(later.plus(moment)).await, (3, None));
    })
    .await;
}

#[tokio::test]
async fn a_grant_needs_a_role() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let nothing = [RoleId::new(world.uuid())];
        let mut tx = db.begin().await.unwrap();
        let error = grants::insert(&mut tx, user, Origin::Manual, &nothing, world.now).await.unwrap_err();
        assert!(matches!(error, StoreError::ForeignKey(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn manual_grants_are_copied_within_an_organization_and_confined_to_one() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (office, clerk) = office(&world, &db).await;
        let (from, to) = (world.user(&db, "one").await, world.user(&db, "two").await);
        let policy = Origin::Policy(world.identity(&db, from, "one").await);
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, from, Origin::Manual, &[world.member, clerk], world.now).await.unwrap();
        grants::insert(&mut tx, from, policy, &[world.admin], world.now).await.unwrap();
        assert_eq!(grants::copy_manual(&mut tx, from, to, Some(office)).await.unwrap(), 1);
        assert_eq!(held(&mut tx, to).await, [(clerk, Origin::Manual)]);
        assert_eq!(grants::copy_manual(&mut tx, from, to, None).await.unwrap(), 1);
        assert_eq!(held(&mut tx, to).await, [(world.member, Origin::Manual), (clerk, Origin::Manual)]);
        assert_eq!(grants::confine(&mut tx, to, world.lab).await.unwrap(), 1);
        assert_eq!(held(&mut tx, to).await, [(world.member, Origin::Manual)]);
    })
    .await;
}

#[tokio::test]
async fn grants_are_listed_by_name() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, user, Origin::Manual, &[world.member, world.admin], world.now).await.unwrap();
        let listed = grants::named(&mut tx, &[user, UserId::new(world.uuid())], world.now).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|grant| (grant.organization.as_str(), grant.role.as_str())).collect();
        assert_eq!(listed, [("lab", "Admin"), ("lab", "Member")]);
        assert_eq!(grants::named(&mut tx, &[], world.now).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn locks_count_versions() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (office, _) = office(&world, &db).await;
        let mut tx = db.begin().await.unwrap();
        grants::lock(&mut tx, &[office, world.lab]).await.unwrap();
        grants::lock(&mut tx, &[office]).await.unwrap();
        grants::lock(&mut tx, &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&db, "select version from organizations where id = 'lab'").await, 2);
        assert_eq!(count(&db, "select version from organizations where id = 'office'").await, 3);
    })
    .await;
}

#[tokio::test]
async fn server_admins_have_origins_too() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let policy = Origin::Policy(world.identity(&db, user, "alice").await);
        let mut tx = db.begin().await.unwrap();
        for origin in [policy, policy, Origin::Manual] {
            grants::set_server_admin(&mut tx, user, origin, true, world.now).await.unwrap();
        }
        assert_eq!(grants::server_admin_origins(&mut tx, user).await.unwrap(), [Origin::Manual, policy]);
        assert_eq!(grants::server_admins(&mut tx, &[user]).await.unwrap(), [user]);
        assert_eq!(grants::server_admins(&mut tx, &[]).await.unwrap(), []);
        grants::set_server_admin(&mut tx, user, policy, false, world.now).await.unwrap();
        assert_eq!(grants::server_admin_origins(&mut tx, user).await.unwrap(), [Origin::Manual]);
    })
    .await;
}
