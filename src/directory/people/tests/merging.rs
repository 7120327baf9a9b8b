//! Two users become one.

use super::*;

async fn refused(it: &Fixture, goes: crate::identity::UserId, stays: crate::identity::UserId) -> MergeError {
    let admin = it.directory.server_admin(Actor::CommandLine);
    let foreseen = admin.foresee_merge(goes, stays).await;
    match (foreseen, admin.merge_users(goes, stays).await) {
        (Err(AdminError::Merge(foreseen)), Err(AdminError::Merge(error))) if foreseen == error => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_stays_has_everything_of_who_goes() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let one = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let mut boss = profile("alicia");
        boss.server_admin = true;
        let two = it.sign_in_at("company", boss, &["office/Clerk"]).await.unwrap();
        let lab = it.role("lab/Admin").await.0;
        for user in [one.user, two.user] {
            admin.set_roles(user, lab, &["Admin".parse().unwrap()]).await.unwrap();
        }
        it.session(&two, "company").await;
        let (goes, stays) = admin.foresee_merge(two.user, one.user).await.unwrap();
        assert_eq!((goes.username.as_str(), stays.username.as_str()), ("alicia", "alice"));
        let head = it.head().await;
        admin.merge_users(two.user, one.user).await.unwrap();
        assert_eq!(it.log_since(head).await, [Change::User(two.user), Change::User(one.user)]);
        assert_eq!(it.roles(one.user).await, ["lab/Admin manual", "lab/Member policy", "office/Clerk policy"]);
        let listed = admin.list_users(10, None).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].identities.len(), listed[0].server_admin), (2, true));
        assert_eq!(count(&it.db, "select count(*) from sessions").await, 0);
        assert_eq!(it.finds(&Sought { text: "alice".to_owned(), ..Sought::default() }).await, [one.user]);
        // The next sign-in of what came along gives and takes its own.
        let again = it.sign_in("alicia", &[]).await.unwrap();
        assert_eq!((again.user, again.removed.len()), (one.user, 1));
        assert!(matches!(admin.merge_users(two.user, one.user).await, Err(AdminError::NoSuchUser)));
        assert!(it.actions(one.user).await.contains(&"users-merged".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn an_organizations_own_idp_never_comes_to_vouch_for_another_account() {
    on_each_with(declaration(), async |it: Fixture| {
        let global = it.sign_in("alice", &[]).await.unwrap().user;
        let owned = it.sign_in_at("lab-idp", profile("mallory"), &[]).await.unwrap().user;
        let awaited = it.expect("lab-idp", identifier("eve"), &["lab/Member"]).await;
        let elsewhere = it.expect("company", identifier("eve"), &["lab/Member"]).await;
        for (goes, stays) in
            [(owned, global), (global, owned), (awaited, global), (awaited, elsewhere), (elsewhere, owned)]
        {
            assert_eq!(refused(&it, goes, stays).await, MergeError::Owners);
        }
        // Both at the same one: its word opened both before.
        it.directory.server_admin(Actor::CommandLine).merge_users(awaited, owned).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_merged_says_why() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let (alice, bob) = (it.sign_in("alice", &[]).await.unwrap().user, it.sign_in("bob", &[]).await.unwrap().user);
        let waiting = it.expect("company", identifier("carol"), &[]).await;
        assert_eq!(refused(&it, alice, alice).await, MergeError::Same);
        assert_eq!(refused(&it, alice, waiting).await, MergeError::Waiting);
        admin.set_disabled(bob, true).await.unwrap();
        assert_eq!(refused(&it, bob, alice).await, MergeError::Disabled);
        assert_eq!(refused(&it, alice, bob).await, MergeError::Disabled);
        admin.set_disabled(bob, false).await.unwrap();
        let oneself = it.directory.server_admin(Actor::User(alice));
        assert!(matches!(oneself.merge_users(alice, bob).await, Err(AdminError::Merge(MergeError::Yourself))));
        admin.merge_users(waiting, alice).await.unwrap();
        let bound = it.sign_in("carol", &[]).await.unwrap();
        assert_eq!(bound.user, alice);
    })
    .await;
}
