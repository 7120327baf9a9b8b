use crate::directory::kit::{Fixture, declaration, on_each_with, profile};
use crate::directory::{Actor, ProvisionError, Record, SignIn, UserSelector, Who};
use crate::identity::Origin;
use crate::store::identities;
use crate::store::kit::count;

#[tokio::test]
async fn a_sign_in_that_races_an_admin_loses_neither_what_it_gives_nor_what_the_admin_gave() {
    on_each_with(declaration(), async |it: Fixture| {
        for round in 0..8 {
            let person = format!("person-{round}");
            let (idp, decision) = (it.idp("company").await, it.desired(&["office/Clerk"], &[]).await);
            let (directory, profile, record) = (it.directory.clone(), profile(&person), Record::new(&it.ambient));
            let signing_in = tokio::spawn(async move {
                let sign_in = SignIn { idp: &idp, profile, decision: Some(decision), record: &record };
                directory.provision(&sign_in).await.unwrap().user
            });
            let added = it.expect("company", Who::Identifier(person), &["lab/Member"]).await;
            let user = signing_in.await.unwrap();
            assert_eq!(added, user, "one account, whoever was first");
            let mut roles = it.roles(user).await;
            roles.sort();
            assert_eq!(roles, ["lab/Member manual", "office/Clerk policy"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_that_races_a_removal_leaves_all_of_an_account_or_nothing() {
    on_each_with(declaration(), async |it: Fixture| {
        for round in 0..8 {
            let person = format!("person-{round}");
            let user = it.sign_in(&person, &["lab/Member"]).await.unwrap().user;
            let (idp, decision) = (it.idp("company").await, it.desired(&["office/Clerk"], &[]).await);
            let (directory, profile, record) = (it.directory.clone(), profile(&person), Record::new(&it.ambient));
            let signing_in = tokio::spawn(async move {
                let sign_in = SignIn { idp: &idp, profile, decision: Some(decision), record: &record };
                directory.provision(&sign_in).await
            });
            it.directory.server_admin(Actor::CommandLine).remove_user(&UserSelector::Id(user)).await.unwrap();
            // Removed after it: nothing is left. Removed before it: it made another account, whole.
            match signing_in.await.unwrap() {
                Ok(provisioned) if provisioned.user == user => assert!(it.held(user).await.is_empty()),
                Ok(provisioned) => assert_eq!(it.roles(provisioned.user).await, ["office/Clerk policy"]),
                Err(error) => assert!(matches!(error, ProvisionError::Stale), "{error}"),
            }
            assert!(it.held(user).await.is_empty());
        }
        let orphans = "select count(*) from grants where user_id not in (select id from users)";
        assert_eq!(count(&it.db, orphans).await, 0);
    })
    .await;
}

#[tokio::test]
async fn two_identity_providers_that_give_one_role_each_own_their_grant() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        // The second identity of the same person, as an admin's merge will make it.
        let other = it.sign_in_at("lab-idp", profile("alice-at-lab"), &["lab/Member"]).await.unwrap();
        let mut tx = it.db.begin().await.unwrap();
        let row = identities::of_users(&mut tx, &[other.user]).await.unwrap().remove(0);
        tx.commit().await.unwrap();
        assert_ne!(alice.identity, row.id);
        it.move_identity(row.id, alice.user).await;
        assert_eq!(it.roles(alice.user).await, ["lab/Member policy", "lab/Member policy"]);
        // One takes its own back; the other's stays.
        it.sign_in("alice", &[]).await.unwrap();
        let held = it.held(alice.user).await;
        assert_eq!(held.iter().map(|row| row.origin).collect::<Vec<_>>(), [Origin::Policy(row.id)]);
    })
    .await;
}
