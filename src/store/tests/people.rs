use std::time::Duration;

use crate::identity::{Email, OrganizationKey, Origin, UserId, Username};
use crate::store::identities::{self, Awaited};
use crate::store::kit::{World, on_each, run};
use crate::store::users::{self, UserRow};
use crate::store::{Db, StoreError, declared, grants};

fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

async fn get(db: &Db, user: UserId) -> Option<UserRow> {
    users::get(&mut db.begin().await.unwrap(), user).await.unwrap()
}

#[tokio::test]
async fn usernames_are_unique_by_their_folded_form() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let alice = world.user(&db, "Alice").await;
        let mut tx = db.begin().await.unwrap();
        let asked = ["alice", "bob"].map(str::to_owned);
        assert_eq!(users::taken_usernames(&mut tx, &asked, None).await.unwrap(), ["alice"]);
        assert!(users::taken_usernames(&mut tx, &asked, Some(alice)).await.unwrap().is_empty());
        let other = UserRow {
            id: UserId::new(world.uuid()),
            username: name("ALICE"),
            display_name: None,
            email: None,
            disabled_at: None,
            created_at: world.now,
        };
        let error = users::insert(&mut tx, &other).await.unwrap_err();
        assert!(matches!(error, StoreError::Unique(_)), "{error:?}");
        assert!(error.is_worth_retrying());
    })
    .await;
}

#[tokio::test]
async fn a_user_is_written_and_read_back() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = UserRow {
            id: UserId::new(world.uuid()),
            username: name("Zoë"),
            display_name: Some("Zoë Z".to_owned()),
            email: Some("zoe@example.com".to_owned()),
            disabled_at: Some(world.now),
            created_at: world.now,
        };
        let mut tx = db.begin().await.unwrap();
        users::insert(&mut tx, &user).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(get(&db, user.id).await, Some(user.clone()));
        let mut tx = db.begin().await.unwrap();
        users::rename(&mut tx, user.id, &name("zz")).await.unwrap();
        users::update_profile(&mut tx, user.id, None, Some("new@example.com")).await.unwrap();
        assert!(users::set_disabled(&mut tx, user.id, None).await.unwrap());
        assert!(users::lock(&mut tx, user.id).await.unwrap());
        tx.commit().await.unwrap();
        let expected =
            UserRow { username: name("zz"), email: Some("new@example.com".to_owned()), disabled_at: None, ..user };
        assert_eq!(get(&db, expected.id).await, Some(expected.clone()));
        let mut tx = db.begin().await.unwrap();
        assert!(users::delete(&mut tx, expected.id).await.unwrap());
        assert!(!users::delete(&mut tx, expected.id).await.unwrap());
        assert!(!users::lock(&mut tx, expected.id).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let mut made = Vec::new();
        for n in 0..5 {
            made.push(world.user(&db, &format!("user{n}")).await);
        }
        let mut tx = db.snapshot().await.unwrap();
        let mut seen: Vec<UserId> = Vec::new();
        loop {
            let page = users::page(&mut tx, 2, seen.last().copied()).await.unwrap();
            if page.is_empty() {
                break;
            }
            seen.extend(page.iter().map(|user| user.id));
        }
        assert_eq!(seen, made);
    })
    .await;
}

#[tokio::test]
async fn an_identity_is_found_byte_for_byte_and_updated() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let id = world.identity(&db, user, "Alice").await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(identities::find(&mut tx, world.idp, "alice").await.unwrap(), None);
        let mut identity = identities::find(&mut tx, world.idp, "Alice").await.unwrap().unwrap();
        assert_eq!((identity.id, identity.user), (id, user));
        assert_eq!(identity.email, Some(Email { address: "Alice@Example.com".to_owned(), verified: true }));
        identity.display_name = Some("Alice A".to_owned());
        identity.email = Some(Email { address: "a@example.com".to_owned(), verified: false });
        identity.last_sign_in_at = world.now.plus(Duration::from_secs(1));
        identities::update(&mut tx, &identity).await.unwrap();
        assert_eq!(identities::find(&mut tx, world.idp, "Alice").await.unwrap(), Some(identity.clone()));
        assert_eq!(identities::of_users(&mut tx, &[user]).await.unwrap(), [identity]);
        assert_eq!(identities::of_users(&mut tx, &[]).await.unwrap(), []);
        tx.commit().await.unwrap();
        let other = world.user(&db, "bob").await;
        let mut tx = db.begin().await.unwrap();
        let mut twin = identities::find(&mut tx, world.idp, "Alice").await.unwrap().unwrap();
        twin.id = crate::identity::IdentityId::new(world.uuid());
        twin.user = other;
        assert!(matches!(identities::insert(&mut tx, &twin).await, Err(StoreError::Unique(_))));
    })
    .await;
}

#[tokio::test]
async fn who_is_known_at_an_idp_or_awaited_there_is_counted_up_to_a_limit() {
    on_each(async |db| {
        let world = World::new(&db).await;
        for name in ["alice", "bob"] {
            let user = world.user(&db, name).await;
            world.identity(&db, user, name).await;
        }
        let carol = world.user(&db, "carol").await;
        let mut tx = db.begin().await.unwrap();
        let awaited = Awaited::Identifier("carol".to_owned());
        identities::expect(&mut tx, world.idp, &awaited, carol, world.now).await.unwrap();
        assert_eq!(identities::count_at(&mut tx, world.idp, 10).await.unwrap(), 3);
        assert_eq!(identities::count_at(&mut tx, world.idp, 2).await.unwrap(), 2);
        let other = crate::identity::IdpKey::new(world.uuid());
        assert_eq!(identities::count_at(&mut tx, other, 10).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn users_are_found_by_an_address_of_theirs() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        world.identity(&db, user, "alice").await;
        let mut tx = db.begin().await.unwrap();
        for address in ["alice@example.com", "ALICE@example.COM", "alice@Example.com"] {
            assert_eq!(identities::users_by_email(&mut tx, world.idp, address).await.unwrap(), [user], "{address}");
        }
        assert!(identities::users_by_email(&mut tx, world.idp, "al%@example.com").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_waiting_user_is_found_by_identifier_or_verified_address() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let (young, old) = (world.user(&db, "one").await, world.user(&db, "two").await);
        run(&db, "update users set created_at = 5 where username = 'two'").await;
        world.identity(&db, young, "elsewhere").await;
        let by_identifier = Awaited::Identifier("Sub1".to_owned());
        let by_email = Awaited::Email(" Zoë@Example.COM".to_owned());
        let mut tx = db.begin().await.unwrap();
        identities::expect(&mut tx, world.idp, &by_identifier, young, world.now).await.unwrap();
        identities::expect(&mut tx, world.idp, &by_email, old, world.now).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let mut found = async |identifier: &str, email: Option<&str>| -> Vec<(UserId, bool)> {
            let matches = identities::awaiting(&mut tx, world.idp, identifier, email).await.unwrap();
            matches.into_iter().map(|found| (found.user.id, found.waiting)).collect()
        };
        assert_eq!(found("Sub1", None).await, [(young, false)]);
        assert_eq!(found("sub1", None).await, []);
        assert_eq!(found("x", Some("ZOË@example.com")).await, [(old, true)]);
        assert_eq!(found("Sub1", Some("zoë@example.com")).await, [(old, true), (young, false)]);
        // One kind never answers for the other.
        assert_eq!(found("zoë@example.com", Some("Sub1")).await, []);
        assert_eq!(identities::expected(&mut tx, world.idp, &by_email).await.unwrap(), Some(old));
        let awaited = identities::awaited_by(&mut tx, &[young, old]).await.unwrap();
        assert!(awaited.contains(&(old, world.idp, Awaited::Email("zoë@example.com".to_owned()))));
        assert!(awaited.contains(&(young, world.idp, by_identifier.clone())));
        identities::met(&mut tx, world.idp, young).await.unwrap();
        assert_eq!(identities::expected(&mut tx, world.idp, &by_identifier).await.unwrap(), None);
        let again = identities::expect(&mut tx, world.idp, &by_email, young, world.now).await;
        assert!(matches!(again, Err(StoreError::Unique(_))));
    })
    .await;
}

#[tokio::test]
async fn a_principal_is_read_in_two_statements_with_live_grants_alone() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        let stranger = world.user(&db, "bob").await;
        let mut tx = db.begin().await.unwrap();
        grants::insert(&mut tx, user, Origin::Manual, &[world.member], world.now).await.unwrap();
        grants::insert(&mut tx, user, Origin::Policy(identity), &[world.admin], world.now).await.unwrap();
        tx.commit().await.unwrap();
        let before = db.statements();
        let rows = users::principal(&db, user, identity, world.now).await.unwrap().unwrap();
        assert_eq!(db.statements() - before, 2);
        assert_eq!(rows.username.as_str(), "alice");
        assert_eq!(rows.email, Some(Email { address: "alice@Example.com".to_owned(), verified: true }));
        assert_eq!((rows.disabled, rows.idp_owner, rows.idp_live), (false, None, true));
        let held: Vec<_> = rows.grants.iter().map(|grant| (grant.role, grant.origin)).collect();
        assert_eq!(held, [(world.admin, Origin::Policy(identity)), (world.member, Origin::Manual)]);
        assert!(users::principal(&db, stranger, identity, world.now).await.unwrap().is_none());

        run(&db, "update roles set undeclared_at = 1 where name = 'Admin'").await;
        run(&db, "update idps set undeclared_at = 1").await;
        run(&db, "update users set disabled_at = 1").await;
        let rows = users::principal(&db, user, identity, world.now).await.unwrap().unwrap();
        assert_eq!((rows.disabled, rows.idp_live, rows.grants.len()), (true, false, 1));
        run(&db, "update organizations set undeclared_at = 1").await;
        assert!(users::principal(&db, user, identity, world.now).await.unwrap().unwrap().grants.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_idp_is_no_more_live_than_its_owner() {
    on_each(async |db| {
        let world = World::new(&db).await;
        let user = world.user(&db, "alice").await;
        let identity = world.identity(&db, user, "alice").await;
        let mut tx = db.begin().await.unwrap();
        let mut idp = declared::idps(&mut tx).await.unwrap().remove(0);
        idp.owner = Some(world.lab);
        declared::put_idp(&mut tx, &idp, world.now).await.unwrap();
        tx.commit().await.unwrap();
        let read = async || -> (Option<OrganizationKey>, bool) {
            let rows = users::principal(&db, user, identity, world.now).await.unwrap().unwrap();
            (rows.idp_owner, rows.idp_live)
        };
        assert_eq!(read().await, (Some(world.lab), true));
        run(&db, "update organizations set undeclared_at = 1").await;
        assert_eq!(read().await, (Some(world.lab), false));
    })
    .await;
}
