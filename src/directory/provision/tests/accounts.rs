use std::collections::HashSet;
use std::time::Duration;

use crate::directory::kit::{Fixture, declaration, on_each_with, profile};
use crate::directory::{ProvisionError, Record, SignIn, Who};
use crate::identity::{Email, Username};
use crate::store::changes::Change;
use crate::store::kit::{count, run};
use crate::store::{identities, users};

#[tokio::test]
async fn the_account_key_is_idp_and_identifier_never_the_address() {
    on_each_with(declaration(), async |it: Fixture| {
        let first = it.sign_in("alice", &[]).await.unwrap();
        assert!(first.created);
        let again = it.sign_in("alice", &[]).await.unwrap();
        assert_eq!((again.user, again.identity, again.created), (first.user, first.identity, false));
        // Another identifier with the same address, and the same identifier at another IdP, are other people.
        let mut twin = profile("alice");
        twin.identifier = "Alice".to_owned();
        let twin = it.sign_in_at("company", twin, &[]).await.unwrap();
        let elsewhere = it.sign_in_at("lab-idp", profile("alice"), &[]).await.unwrap();
        assert_eq!(HashSet::from([first.user, twin.user, elsewhere.user]).len(), 3);
        let names = [first.username, twin.username, elsewhere.username].map(|name| name.to_string());
        assert_eq!(names, ["alice", "alice-2", "alice-3"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_called_as_only_what_is_nobody_is() {
    on_each_with(declaration(), async |it: Fixture| {
        for (claimed, called) in [
            ("service.lab.backup", "user-service.lab.backup"),
            ("SERVICE.lab.backup", "user-SERVICE.lab.backup-2"),
            ("Break-Glass", "user-Break-Glass"),
            ("token:0198", "user-token:0198"),
            ("c\u{200b}li", "user-cli"),
            ("services", "services"),
            ("profile", "profile"),
        ] {
            let mut who = profile(&format!("known-by-{claimed}"));
            who.username = Username::parse(claimed).unwrap();
            assert_eq!(it.sign_in_at("company", who, &[]).await.unwrap().username.as_str(), called);
        }
    })
    .await;
}

#[tokio::test]
async fn a_username_is_taken_once_and_for_all() {
    on_each_with(declaration(), async |it: Fixture| {
        it.sign_in("alice", &[]).await.unwrap();
        let mut claims_alice = profile("bob");
        claims_alice.username = Username::parse("ＡＬＩＣＥ").unwrap();
        let bob = it.sign_in_at("company", claims_alice.clone(), &[]).await.unwrap();
        assert_eq!(bob.username.folded(), "alice-2");
        claims_alice.username = Username::parse("robert").unwrap();
        let bob = it.sign_in_at("company", claims_alice, &[]).await.unwrap();
        assert_eq!(bob.username.folded(), "alice-2");
    })
    .await;
}

#[tokio::test]
async fn a_name_that_many_share_is_still_one_of_its_own() {
    on_each_with(declaration(), async |it: Fixture| {
        let mut names = HashSet::new();
        for n in 0..60 {
            let mut sam = profile(&format!("sam{n}"));
            sam.username = Username::parse("sam").unwrap();
            names.insert(it.sign_in_at("company", sam, &[]).await.unwrap().username.folded());
        }
        assert_eq!(names.len(), 60);
    })
    .await;
}

#[tokio::test]
async fn name_and_address_are_kept_up_to_date_and_never_erased() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &[]).await.unwrap();
        let read = async || {
            let mut tx = it.db.begin().await.unwrap();
            let identity = identities::find(&mut tx, it.idp("company").await.key, "alice");
            let identity = identity.await.unwrap().unwrap();
            let user = users::get(&mut tx, alice.user).await.unwrap().unwrap();
            (identity.display_name, identity.email, user.display_name, user.email)
        };
        let email = |address: &str, verified| Email { address: address.to_owned(), verified };
        let mut bare = profile("alice");
        (bare.display_name, bare.email) = (None, None);
        let head = it.head().await;
        it.sign_in_at("company", bare.clone(), &[]).await.unwrap();
        let known = email("alice@example.com", true);
        let (name, address) = (Some("ALICE".to_owned()), Some("alice@example.com".to_owned()));
        assert_eq!(read().await, (name.clone(), Some(known), name.clone(), address));
        assert_eq!(it.log_since(head).await, []);
        bare.email = Some(email("new@example.com", false));
        it.sign_in_at("company", bare, &[]).await.unwrap();
        let (unverified, address) = (email("new@example.com", false), Some("new@example.com".to_owned()));
        assert_eq!(read().await, (name.clone(), Some(unverified), name, address));
        assert_eq!(it.log_since(head).await, [Change::User(alice.user)]);
    })
    .await;
}

#[tokio::test]
async fn two_sign_ins_of_one_new_person_make_one_account() {
    on_each_with(declaration(), async |it: Fixture| {
        let idp = it.idp("company").await;
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let (directory, idp, record) = (it.directory.clone(), idp.clone(), Record::new(&it.ambient));
                tokio::spawn(async move {
                    // Three people, twice each, who all want one username.
                    let mut person = profile(&format!("person{}", n % 3));
                    person.username = Username::parse("sam").unwrap();
                    let decision = Some(crate::directory::Desired { version: 1, ..Default::default() });
                    directory
                        .provision(&SignIn { idp: &idp, profile: person, decision, record: &record })
                        .await
                        .unwrap()
                })
            })
            .collect();
        let mut users = HashSet::new();
        let mut created = 0;
        for task in tasks {
            let one = task.await.unwrap();
            users.insert((one.user, one.username.folded()));
            created += usize::from(one.created);
        }
        assert_eq!((users.len(), created), (3, 3));
        assert_eq!(count(&it.db, "select count(*) from users").await, 3);
    })
    .await;
}

#[tokio::test]
async fn with_auto_provision_off_nobody_new_comes_in_and_no_policy_runs() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let mut off = declaration();
        off.idps[0].auto_provision = false;
        it.declare(&off).await;
        let (idp, head) = (it.idp("company").await, it.head().await);
        // Even a caller that did decide changes nothing.
        for decision in [None, Some(it.desired(&["lab/Admin"], &[]).await)] {
            let mut boss = profile("alice");
            boss.server_admin = true;
            let sign_in =
                SignIn { idp: &idp, profile: boss, decision: decision.clone(), record: &Record::new(&it.ambient) };
            let again = it.directory.provision(&sign_in).await.unwrap();
            assert_eq!((again.user, again.organizations, again.removed.len()), (alice.user, 1, 0));
            let sign_in = SignIn { idp: &idp, profile: profile("bob"), decision, record: &Record::new(&it.ambient) };
            let error = it.directory.provision(&sign_in).await.unwrap_err();
            assert!(matches!(error, ProvisionError::Unknown), "{error}");
        }
        assert_eq!(it.roles(alice.user).await, ["lab/Member policy"]);
        assert_eq!(
            count(&it.db, "select (select count(*) from users) + (select count(*) from server_admins)").await,
            1
        );
        assert_eq!(it.head().await, head);
    })
    .await;
}

#[tokio::test]
async fn the_disabled_stay_out_and_nothing_is_written() {
    on_each_with(declaration(), async |it: Fixture| {
        it.sign_in("alice", &["lab/Member"]).await.unwrap();
        run(&it.db, "update users set disabled_at = 1").await;
        it.clock.advance(Duration::from_secs(60));
        let error = it.sign_in("alice", &[]).await.unwrap_err();
        assert!(matches!(error, ProvisionError::Disabled), "{error}");
        assert_eq!(count(&it.db, "select count(*) from grants").await, 1);
        assert_eq!(count(&it.db, "select count(*) from identities where last_sign_in_at = created_at").await, 1);
    })
    .await;
}

#[tokio::test]
async fn new_accounts_are_limited_per_idp_and_hour() {
    let mut declaration = declaration();
    declaration.idps[0].new_accounts_per_hour = 2;
    on_each_with(declaration, async |it: Fixture| {
        // Who was made beforehand is expected, and does not count.
        it.expect("company", Who::Identifier("planned".to_owned()), &["lab/Member"]).await;
        it.clock.advance(Duration::from_secs(1));
        it.sign_in("planned", &[]).await.unwrap();
        it.sign_in("one", &["lab/Member"]).await.unwrap();
        it.clock.advance(Duration::from_secs(1_800));
        it.sign_in("two", &["lab/Member"]).await.unwrap();
        let users = count(&it.db, "select count(*) from users").await;
        let error = it.sign_in("three", &["lab/Member"]).await.unwrap_err();
        assert!(matches!(error, ProvisionError::TooManyNew(2)), "{error}");
        assert_eq!(count(&it.db, "select count(*) from users").await, users);
        // Another IdP has a count of its own, and known people are never kept waiting.
        it.sign_in_at("lab-idp", profile("three"), &["lab/Member"]).await.unwrap();
        assert!(!it.sign_in("one", &["lab/Member"]).await.unwrap().created);
        it.clock.advance(Duration::from_secs(1_801));
        it.sign_in("three", &["lab/Member"]).await.unwrap();
        assert!(it.sign_in("four", &["lab/Member"]).await.is_err(), "the second of this hour is still there");
    })
    .await;
}
