use std::time::Duration;

use crate::identity::{Origin, RoleId, UserId};
use crate::store::holders::{self, LiveGrant};
use crate::store::kit::{World, on_each, run};
use crate::store::{grants, sign_ins};

#[tokio::test]
async fn a_grant_counts_while_everything_it_hangs_on_is_live() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let policy = Origin::Policy(world.identity(&db, alice, "alice").await);
        let soon = world.now.plus(Duration::from_secs(60));
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, alice, policy, &[world.admin, world.member], world.now).await.unwrap();
        grants::keep(&mut tx, alice, policy, &[(world.member, soon)]).await.unwrap();
        grants::insert(&mut tx, bob, Origin::Manual, &[world.member], world.now).await.unwrap();
        tx.commit().await.unwrap();
        let grant =
            |user, role, origin| LiveGrant { user, enabled: user == alice, organization: world.lab, role, origin };
        let [by_policy, kept] = [world.admin, world.member].map(|role| grant(alice, role, policy));
        let by_hand = grant(bob, world.member, Origin::Manual);
        let counting = async |now| {
            let mut tx = db.begin().await.unwrap();
            let mut live = holders::live_of(&mut tx, &[alice, bob], now).await.unwrap();
            let mut of_roles = holders::live_of_roles(&mut tx, &[world.admin, world.member], now, 100).await.unwrap();
            for grants in [&mut live, &mut of_roles] {
                grants.sort_by_key(|grant| (grant.user, grant.role));
            }
            assert_eq!(live, of_roles);
            let users: std::collections::BTreeSet<UserId> = live.iter().map(|grant| grant.user).collect();
            for organization in [None, Some(world.lab)] {
                let counted = [1, 100].map(|most| (most, (users.len() as u64).min(most)));
                for (most, counted) in counted {
                    assert_eq!(holders::count(&mut tx, organization, now, most).await.unwrap(), counted);
                }
            }
            let roles = [world.admin, world.member];
            let enabled = |role: &RoleId| live.iter().filter(|grant| grant.role == *role && grant.enabled).count();
            let mut held = holders::held_of(&mut tx, &roles, now).await.unwrap();
            held.sort_unstable();
            let mut expected: Vec<RoleId> = roles.into_iter().filter(|role| enabled(role) > 0).collect();
            expected.sort_unstable();
            assert_eq!(held, expected);
            let counted = holders::count_of(&mut tx, &roles, now, 100).await.unwrap();
            assert!(counted.iter().all(|(role, count)| *count == enabled(role) as u64), "{counted:?}");
            assert_eq!(counted.len(), 2);
            let some = holders::live_of_roles(&mut tx, &roles, now, 1).await.unwrap();
            assert_eq!(some.len(), live.len().min(1));
            let members = holders::members(&mut tx, world.lab, now).await.unwrap();
            assert_eq!(members, users.into_iter().collect::<Vec<_>>());
            live
        };
        run(&db, "update users set disabled_at = 1 where username = 'bob'").await;
        assert_eq!(counting(world.now).await, [by_policy, kept, by_hand]);
        assert_eq!(counting(soon.plus(Duration::from_secs(1))).await, [by_policy, by_hand]);
        run(&db, "update idps set undeclared_at = 1").await;
        assert_eq!(counting(world.now).await, [by_hand]);
        run(&db, "update idps set undeclared_at = null").await;
        let ends = [
            ("update organizations set undeclared_at = 1", "update organizations set undeclared_at = null"),
            ("update roles set undeclared_at = 1", "update roles set undeclared_at = null"),
        ];
        for (goes, comes) in ends {
            run(&db, goes).await;
            assert_eq!(counting(world.now).await, [], "{goes}");
            run(&db, comes).await;
            assert_eq!(counting(world.now).await, [by_policy, kept, by_hand]);
        }
        // What was given stays given.
        let mut given: Vec<(RoleId, UserId)> =
            holders::of_roles(&mut db.begin().await.unwrap(), &[world.admin, world.member], 100).await.unwrap();
        given.sort_unstable();
        assert_eq!(given, [(world.admin, alice), (world.member, alice), (world.member, bob)]);
    })
    .await;
}

#[tokio::test]
async fn server_admins_are_told_with_whoever_made_them_so() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let policy = Origin::Policy(world.identity(&db, alice, "alice").await);
        let mut tx = db.begin().await.unwrap();
        grants::set_server_admin(&mut tx, alice, policy, true, world.now).await.unwrap();
        grants::set_server_admin(&mut tx, alice, Origin::Manual, true, world.now).await.unwrap();
        let mut admins = holders::server_admins_by(&mut tx, &[alice, bob]).await.unwrap();
        admins.sort_unstable();
        assert_eq!(admins, [(alice, Origin::Manual), (alice, policy)]);
        assert_eq!(holders::server_admins_by(&mut tx, &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn every_identity_is_paged_once_with_its_last_sign_in() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let mut identities = Vec::new();
        for name in ["alice", "bob", "carol"] {
            let user = world.user(&db, name).await;
            identities.push((world.identity(&db, user, name).await, user));
        }
        let row = sign_ins::SignInRow {
            id: crate::identity::SignInId::new(world.uuid()),
            idp: world.idp,
            identity: Some(identities[1].0),
            identifier: "bob".to_owned(),
            reference: "R".to_owned(),
            refused: None,
            at: world.now,
            catalogue_version: 1,
            claims: Some(serde_json::json!({ "id_token": { "sub": "bob" } })),
            redacted: vec!["salary".to_owned()],
            verdicts: serde_json::json!([]),
        };
        let mut tx = db.begin().await.unwrap();
        sign_ins::put(&mut tx, &row).await.unwrap();
        let mut seen = sign_ins::page(&mut tx, None, 2).await.unwrap();
        assert_eq!(seen.len(), 2);
        seen.extend(sign_ins::page(&mut tx, Some(seen[1].identity), 2).await.unwrap());
        assert_eq!(seen.iter().map(|last| (last.identity, last.user)).collect::<Vec<_>>(), identities);
        assert_eq!((seen[1].sign_in, &seen[1].claims), (Some(row.id), &row.claims));
        assert_eq!((seen[1].redacted.as_slice(), seen[0].sign_in), (row.redacted.as_slice(), None));
    })
    .await;
}

#[tokio::test]
async fn an_organization_is_without_admin_when_nobody_enabled_holds_an_admin_role_that_counts() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "alice").await;
        let without = async |now| holders::without_admin(&mut db.begin().await.unwrap(), now, 10).await.unwrap().len();
        let give = async |role| {
            let mut tx = db.begin().await.unwrap();
            grants::insert(&mut tx, alice, Origin::Manual, &[role], world.now).await.unwrap();
            tx.commit().await.unwrap();
        };
        give(world.member).await;
        assert_eq!(without(world.now).await, 1);
        give(world.admin).await;
        assert_eq!(without(world.now).await, 0);
        run(&db, "update users set disabled_at = 1").await;
        assert_eq!(without(world.now).await, 1);
        run(&db, "update users set disabled_at = null").await;
        run(&db, "update grants set kept_until = 1").await;
        assert_eq!(without(world.now).await, 1);
        // One without a role for admins has nobody to miss.
        run(&db, "update roles set admin = false").await;
        assert_eq!(without(world.now).await, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_alone_administers_an_organization_is_told() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, alice, Origin::Manual, &[world.admin, world.member], world.now).await.unwrap();
        grants::insert(&mut tx, bob, Origin::Manual, &[world.member], world.now).await.unwrap();
        tx.commit().await.unwrap();
        let only = async |user| -> Vec<String> {
            let mut tx = db.snapshot().await.unwrap();
            let only = holders::only_admin_of(&mut tx, user, world.now).await.unwrap();
            only.into_iter().map(|id| id.to_string()).collect()
        };
        assert_eq!(only(alice).await, ["lab"]);
        assert!(only(bob).await.is_empty());
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, bob, Origin::Manual, &[world.admin], world.now).await.unwrap();
        tx.commit().await.unwrap();
        assert!(only(alice).await.is_empty());
        // Who may not enter administers nothing.
        run(&db, "update users set disabled_at = 1 where username = 'bob'").await;
        assert_eq!(only(alice).await, ["lab"]);
    })
    .await;
}

#[tokio::test]
async fn who_may_administer_is_enabled_and_a_server_admin_or_an_admin_there() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (alice, bob) = (world.user(&db, "alice").await, world.user(&db, "bob").await);
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, alice, Origin::Manual, &[world.admin], world.now).await.unwrap();
        grants::insert(&mut tx, bob, Origin::Manual, &[world.member], world.now).await.unwrap();
        tx.commit().await.unwrap();
        let may = async |user, organization| {
            let mut tx = db.snapshot().await.unwrap();
            holders::may_administer(&mut tx, user, organization, world.now).await.unwrap()
        };
        assert!(may(alice, Some(world.lab)).await && !may(alice, None).await);
        assert!(!may(bob, Some(world.lab)).await);
        let mut tx = db.begin().await.unwrap();
        grants::set_server_admin(&mut tx, bob, Origin::Manual, true, world.now).await.unwrap();
        tx.commit().await.unwrap();
        assert!(may(bob, None).await && may(bob, Some(world.lab)).await);
        run(&db, "update users set disabled_at = 1").await;
        assert!(!may(alice, Some(world.lab)).await && !may(bob, None).await);
    })
    .await;
}
