use std::time::Duration;

use crate::base::TokenHash;
use crate::identity::{Actor, AuditId, Host, OrganizationKey, Origin, RoleName, SessionId, UserId};
use crate::store::audit::{self, About, AuditRow};
use crate::store::changes::Change;
use crate::store::identities::{self, Awaited, Whereabouts};
use crate::store::kit::{World, count, on_each, run};
use crate::store::sessions::{self, AtProvider, SessionRow};
use crate::store::{Db, grants};

async fn session(db: &Db, world: &World, user: UserId, identity: crate::identity::IdentityId) -> SessionId {
    let id = SessionId::new(world.uuid());
    let row = SessionRow {
        id,
        user,
        identity,
        idp: world.idp,
        created_at: world.now,
        last_seen_at: world.now,
        expires_at: world.now.plus(Duration::from_secs(60)),
    };
    let token = TokenHash::of(id.to_string().as_bytes());
    assert!(
        sessions::create(db, &row, &AtProvider::default(), &token, &Host::parse("login").unwrap(), None).await.unwrap()
    );
    id
}

#[tokio::test]
async fn sessions_of_a_user_are_listed_while_they_last_and_ended_one_by_one_by_owner_or_all() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let (hers, his) = (world.identity(&db, alice, "alice").await, world.identity(&db, bob, "bob").await);
        let first = session(&db, &world, alice, hers).await;
        let second = session(&db, &world, alice, hers).await;
        let other = session(&db, &world, bob, his).await;
        let mut tx = db.begin().await.unwrap();
        let listed = sessions::of_user(&mut tx, alice, world.now, 10).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [second, first]);
        assert_eq!(sessions::of_user(&mut tx, alice, world.now, 1).await.unwrap()[0].id, second);
        let later = world.now.plus(Duration::from_secs(60));
        assert_eq!(sessions::of_user(&mut tx, alice, later, 10).await.unwrap(), []);
        let end = async |tx: &mut crate::store::Tx, only, owner| {
            sessions::delete_of_user(tx, alice, only, owner).await.unwrap()
        };
        assert_eq!(end(&mut tx, Some(other), None).await, []);
        // The IdP is everybody's.
        assert_eq!(end(&mut tx, None, Some(world.lab)).await, []);
        assert_eq!(end(&mut tx, Some(first), None).await, [Change::Session(first)]);
        tx.commit().await.unwrap();
        run(&db, "update idps set owner_key = (select key from organizations)").await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(end(&mut tx, None, Some(world.lab)).await, [Change::Session(second)]);
        tx.commit().await.unwrap();
        assert_eq!(count(&db, "select count(*) from sessions").await, 1);
    })
    .await;
}

#[tokio::test]
async fn everything_of_a_user_is_handed_over() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (from, to) = (world.user(&db, "from").await, world.user(&db, "to").await);
        let policy = Origin::Policy(world.identity(&db, from, "from").await);
        let mut tx = db.begin().await.unwrap();
        let awaited = Awaited::Identifier("elsewhere".to_owned());
        identities::expect(&mut tx, world.idp, &awaited, from, world.now).await.unwrap();
        grants::insert(&mut tx, from, policy, &[world.member], world.now).await.unwrap();
        for user in [from, to] {
            grants::insert(&mut tx, user, Origin::Manual, &[world.admin], world.now).await.unwrap();
            grants::set_server_admin(&mut tx, user, Origin::Manual, true, world.now).await.unwrap();
        }
        identities::call(&mut tx, from, world.lab, "Z").await.unwrap();
        identities::call(&mut tx, from, world.lab, "Zed").await.unwrap();
        identities::hand_over(&mut tx, from, to).await.unwrap();
        let called = identities::called(&mut tx, &[from, to], world.lab).await.unwrap();
        assert_eq!(called.get(&to).map(String::as_str), Some("Zed"));
        let nobody = identities::called(&mut tx, &[to], OrganizationKey::new(world.uuid())).await.unwrap();
        assert!(nobody.is_empty());
        grants::hand_over(&mut tx, from, to).await.unwrap();
        let held: Vec<_> =
            grants::of_user(&mut tx, to).await.unwrap().into_iter().map(|row| (row.role, row.origin)).collect();
        assert_eq!(held.len(), 2);
        assert!(held.contains(&(world.member, policy)) && held.contains(&(world.admin, Origin::Manual)));
        assert_eq!(identities::of_users(&mut tx, &[to]).await.unwrap().len(), 1);
        assert_eq!(identities::expected(&mut tx, world.idp, &awaited).await.unwrap(), Some(to));
        assert_eq!(grants::server_admin_origins(&mut tx, to).await.unwrap(), [Origin::Manual]);
    })
    .await;
}

#[tokio::test]
async fn roles_are_live_while_they_and_their_organization_are() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let live = async || {
            let mut tx = db.snapshot().await.unwrap();
            grants::live_roles(&mut tx, world.lab).await.unwrap()
        };
        let name = |text: &str| RoleName::parse(text).unwrap();
        assert_eq!(live().await, [(world.admin, name("Admin")), (world.member, name("Member"))]);
        run(&db, "update roles set undeclared_at = 1 where name = 'Admin'").await;
        assert_eq!(live().await, [(world.member, name("Member"))]);
        run(&db, "update organizations set undeclared_at = 1").await;
        assert_eq!(live().await, []);
    })
    .await;
}

#[tokio::test]
async fn idps_are_told_with_their_owners() {
    on_each(async |db| {
        let world = World::new(&db).await;
        run(&db, "update idps set owner_key = (select key from organizations), undeclared_at = 1").await;
        let mut tx = db.snapshot().await.unwrap();
        let id = "company".parse().unwrap();
        let expected = Whereabouts { idp: world.idp, id, owner: Some(world.lab) };
        assert_eq!(identities::whereabouts(&mut tx, &[world.idp]).await.unwrap(), [expected]);
        assert_eq!(identities::whereabouts(&mut tx, &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn lines_about_a_user_are_read_from_the_newest_and_of_one_organization() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let mut tx = db.begin().await.unwrap();
        let mut ids = Vec::new();
        let lines: [(UserId, Option<OrganizationKey>); 4] =
            [(alice, None), (alice, Some(world.lab)), (bob, Some(world.lab)), (alice, None)];
        for (second, (user, organization)) in (0..).zip(lines) {
            let row = AuditRow {
                id: AuditId::new(world.uuid()),
                at: world.now.plus(Duration::from_secs(second)),
                action: "sign-in".to_owned(),
                actor: Actor::File,
                reference: None,
                about: About { user: Some(user), organization, ..About::default() },
                count: 1,
                detail: None,
                before: None,
                after: None,
            };
            audit::insert(&mut tx, &row).await.unwrap();
            ids.push(row.id);
        }
        let of = async |tx: &mut crate::store::Tx, only, limit| -> Vec<AuditId> {
            audit::of_user(tx, alice, only, limit).await.unwrap().into_iter().map(|row| row.id).collect()
        };
        assert_eq!(of(&mut tx, None, 10).await, [ids[3], ids[1], ids[0]]);
        assert_eq!(of(&mut tx, None, 2).await, [ids[3], ids[1]]);
        assert_eq!(of(&mut tx, Some(world.lab), 10).await, [ids[1]]);
    })
    .await;
}
