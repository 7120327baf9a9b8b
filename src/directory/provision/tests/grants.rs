use std::time::Duration;

use crate::directory::kit::{Fixture, declaration, on_each_with, profile};
use crate::directory::{Actor, NewUser, ProvisionError, Record, SignIn, Who};
use crate::identity::{Declaration, IdpId, OnError, OrganizationId, Origin, RoleName};
use crate::store::changes::Change;
use crate::store::kit::{count, organization_spec, run};

fn strict() -> Declaration {
    let mut declaration = declaration();
    for idp in &mut declaration.idps {
        idp.require_match = true;
    }
    declaration
}

async fn give(it: &Fixture, idp: &str, identifier: &str, organization: &str, role: &str) {
    let new = NewUser {
        idp: IdpId::parse(idp).unwrap(),
        who: Who::Identifier(identifier.to_owned()),
        name: None,
        roles: vec![(OrganizationId::parse(organization).unwrap(), RoleName::parse(role).unwrap())],
    };
    it.directory.server_admin(Actor::CommandLine).pre_provision(&new).await.unwrap();
}

#[tokio::test]
async fn grants_follow_each_sign_in() {
    on_each_with(declaration(), async |it: Fixture| {
        let (lab_admin, clerk) = (it.role("lab/Admin").await.1, it.role("office/Clerk").await.1);
        let first = it.sign_in("alice", &["lab/Admin", "office/Clerk"]).await.unwrap();
        let mut added = vec![lab_admin, clerk];
        added.sort();
        let mut told = first.added.clone();
        told.sort();
        assert_eq!((told, first.organizations), (added, 2));
        let head = it.head().await;
        let second = it.sign_in("alice", &["lab/Admin", "lab/Member"]).await.unwrap();
        assert_eq!((second.removed.clone(), second.organizations), (vec![clerk], 1));
        assert_eq!(it.roles(first.user).await, ["lab/Admin policy", "lab/Member policy"]);
        assert_eq!(it.log_since(head).await, [Change::User(first.user)]);
        let third = it.sign_in("alice", &[]).await.unwrap();
        assert_eq!((third.removed.len(), third.organizations), (2, 0));
        assert!(it.held(first.user).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_steady_sign_in_is_cheap_and_logs_nothing() {
    on_each_with(declaration(), async |it: Fixture| {
        it.sign_in("alice", &["lab/Admin"]).await.unwrap();
        let (head, desired, idp) = (it.head().await, it.desired(&["lab/Admin"], &[]).await, it.idp("company").await);
        it.clock.advance(Duration::from_secs(60));
        let before = it.db.statements();
        let sign_in =
            SignIn { idp: &idp, profile: profile("alice"), decision: Some(desired), record: &Record::new(&it.ambient) };
        let again = it.directory.provision(&sign_in).await.unwrap();
        assert!(it.db.statements() - before <= 10, "{}", it.db.statements() - before);
        assert_eq!((again.added.len(), again.removed.len(), again.organizations), (0, 0, 1));
        assert_eq!(it.head().await, head);
    })
    .await;
}

#[tokio::test]
async fn the_number_of_organizations_is_no_number_of_statements() {
    let mut wide = declaration();
    for n in 0..60 {
        wide.organizations.push(organization_spec(&format!("team-{n}"), &["Member"]));
    }
    on_each_with(wide, async |it: Fixture| {
        let idp = it.idp("company").await;
        let all: Vec<String> = (0..60).map(|n| format!("team-{n}/Member")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut costs = Vec::new();
        for (identifier, roles) in [("alice", &all[..1]), ("bob", &all[..])] {
            let decision = Some(it.desired(roles, &[]).await);
            let before = it.db.statements();
            it.directory
                .provision(&SignIn {
                    idp: &idp,
                    profile: profile(identifier),
                    decision,
                    record: &Record::new(&it.ambient),
                })
                .await
                .unwrap();
            costs.push(it.db.statements() - before);
        }
        assert_eq!(costs[0], costs[1]);
    })
    .await;
}

#[tokio::test]
async fn grants_of_another_origin_are_never_touched() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        give(&it, "company", "alice", "lab", "Member").await;
        give(&it, "company", "alice", "office", "Clerk").await;
        let manual = |rows: Vec<crate::store::grants::HeldRow>| -> Vec<_> {
            rows.into_iter().filter(|row| row.origin == Origin::Manual).collect()
        };
        let before = manual(it.held(alice.user).await);
        assert_eq!(before.len(), 2);
        it.clock.advance(Duration::from_secs(7_200));
        for roles in [&[][..], &["lab/Member"], &["office/Clerk", "office/Admin"], &[]] {
            it.sign_in("alice", roles).await.unwrap();
            assert_eq!(manual(it.held(alice.user).await), before);
        }
        assert_eq!(it.held(alice.user).await, before);
        assert_eq!(it.sign_in("alice", &[]).await.unwrap().organizations, 2);
    })
    .await;
}

#[tokio::test]
async fn an_organizations_own_idp_gives_only_its_roles_and_no_server_admin() {
    on_each_with(declaration(), async |it: Fixture| {
        let mut boss = profile("alice");
        boss.server_admin = true;
        let roles = ["lab/Member", "office/Admin", "office/Clerk"];
        let alice = it.sign_in_at("lab-idp", boss.clone(), &roles).await.unwrap();
        assert_eq!(it.roles(alice.user).await, ["lab/Member policy"]);
        assert_eq!(count(&it.db, "select count(*) from server_admins").await, 0);
        assert_eq!(alice.organizations, 1);
        // A global one may.
        let other = it.sign_in_at("company", boss, &roles).await.unwrap();
        assert_ne!(other.user, alice.user);
        assert_eq!((other.organizations, count(&it.db, "select count(*) from server_admins").await), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn server_admins_follow_each_sign_in_but_not_those_made_by_people() {
    on_each_with(declaration(), async |it: Fixture| {
        let mut boss = profile("alice");
        boss.server_admin = true;
        it.sign_in_at("company", boss, &[]).await.unwrap();
        run(&it.db, "insert into server_admins select id, 'manual', 1 from users").await;
        let head = it.head().await;
        let alice = it.sign_in("alice", &[]).await.unwrap();
        assert_eq!(it.log_since(head).await, [Change::User(alice.user)]);
        assert_eq!(count(&it.db, "select count(*) from server_admins where origin = 'manual'").await, 1);
        assert_eq!(count(&it.db, "select count(*) from server_admins").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_failed_selector_keeps_grants_for_a_while_if_the_idp_says_so() {
    let mut lenient = declaration();
    lenient.idps[0].on_error = OnError::Keep { keep_for: Duration::from_secs(86_400) };
    on_each_with(lenient, async |it: Fixture| {
        let idp = it.idp("company").await;
        let alice = it.sign_in("alice", &["lab/Member", "lab/Admin", "office/Clerk"]).await.unwrap();
        let fail = async || {
            let decision = Some(it.desired(&[], &["lab"]).await);
            it.directory
                .provision(&SignIn {
                    idp: &idp,
                    profile: profile("alice"),
                    decision,
                    record: &Record::new(&it.ambient),
                })
                .await
                .unwrap();
            it.roles(alice.user).await
        };
        it.clock.advance(Duration::from_secs(7_200));
        assert_eq!(fail().await, ["lab/Member policy"]);
        it.sign_in("alice", &["lab/Member"]).await.unwrap();
        // From the last good evaluation on, not from the first.
        it.clock.advance(Duration::from_secs(86_400));
        assert_eq!(fail().await, ["lab/Member policy"]);
        it.clock.advance(Duration::from_secs(1));
        assert!(fail().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_ends_by_itself_and_counts_for_nothing_then() {
    let mut lenient = declaration();
    lenient.idps[0].on_error = OnError::Keep { keep_for: Duration::from_secs(7_200) };
    lenient.idps[0].require_match = true;
    on_each_with(lenient, async |it: Fixture| {
        let idp = it.idp("company").await;
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let fail = async || {
            let decision = Some(it.desired(&[], &["lab"]).await);
            it.directory
                .provision(&SignIn {
                    idp: &idp,
                    profile: profile("alice"),
                    decision,
                    record: &Record::new(&it.ambient),
                })
                .await
        };
        it.clock.advance(Duration::from_secs(7_000));
        let head = it.head().await;
        assert_eq!(fail().await.unwrap().organizations, 1);
        assert_eq!(it.log_since(head).await, [Change::User(alice.user)], "caches learn when it ends");
        fail().await.unwrap();
        assert_eq!(it.head().await, head + 1, "once");
        it.clock.advance(Duration::from_secs(201));
        assert!(it.roles(alice.user).await.is_empty(), "no sign-in took it back");
        // A good evaluation gives it again for good, and says so.
        let head = it.head().await;
        assert_eq!(it.sign_in("alice", &["lab/Member"]).await.unwrap().organizations, 1);
        assert_eq!(it.log_since(head).await, [Change::User(alice.user)]);
        it.clock.advance(Duration::from_secs(100_000));
        assert_eq!(it.roles(alice.user).await, ["lab/Member policy"]);
        // What has run out does not satisfy `require_match`.
        it.clock.advance(Duration::from_secs(1));
        let error = fail().await.unwrap_err();
        assert!(matches!(error, ProvisionError::NoMatch), "{error}");
    })
    .await;
}

#[tokio::test]
async fn require_match_makes_no_account_for_nobody() {
    on_each_with(strict(), async |it: Fixture| {
        let error = it.sign_in("alice", &[]).await.unwrap_err();
        assert!(matches!(error, ProvisionError::NoMatch), "{error}");
        // What is out of an organization's own IdP's reach is nothing.
        let error = it.sign_in_at("lab-idp", profile("alice"), &["office/Clerk"]).await.unwrap_err();
        assert!(matches!(error, ProvisionError::NoMatch), "{error}");
        assert_eq!(count(&it.db, "select (select count(*) from users) + (select count(*) from identities)").await, 0);
        assert_eq!(it.head().await, 1);
        let mut boss = profile("alice");
        boss.server_admin = true;
        assert!(it.sign_in_at("company", boss, &[]).await.unwrap().created);
    })
    .await;
}

#[tokio::test]
async fn require_match_revokes_and_ends_the_sessions_of_that_identity() {
    on_each_with(strict(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let bob = it.sign_in("bob", &["lab/Member"]).await.unwrap();
        let session = it.session(&alice, "company").await;
        it.session(&bob, "company").await;
        let head = it.head().await;
        let error = it.sign_in("alice", &[]).await.unwrap_err();
        assert!(matches!(error, ProvisionError::NoMatch), "{error}");
        assert!(it.held(alice.user).await.is_empty());
        assert_eq!(count(&it.db, "select count(*) from sessions").await, 1);
        assert_eq!(it.log_since(head).await, [Change::Session(session), Change::User(alice.user)]);
        // A grant of another origin is enough.
        give(&it, "company", "alice", "office", "Clerk").await;
        assert_eq!(it.sign_in("alice", &[]).await.unwrap().organizations, 1);
    })
    .await;
}

#[tokio::test]
async fn a_decision_of_another_catalogue_is_stale() {
    on_each_with(declaration(), async |it: Fixture| {
        let (idp, decision) = (it.idp("company").await, it.desired(&["lab/Admin"], &[]).await);
        let mut changed = declaration();
        changed.organizations[1].name = "Renamed".to_owned();
        it.declare(&changed).await;
        let sign_in = SignIn {
            idp: &idp,
            profile: profile("alice"),
            decision: Some(decision),
            record: &Record::new(&it.ambient),
        };
        let error = it.directory.provision(&sign_in).await.unwrap_err();
        assert!(matches!(error, ProvisionError::Stale), "{error}");
        assert_eq!(count(&it.db, "select count(*) from users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn sign_ins_at_once_leave_the_grants_of_one_of_them() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &[]).await.unwrap();
        let idp = it.idp("company").await;
        for _ in 0..5 {
            let mut tasks = Vec::new();
            for roles in [&["lab/Admin"][..], &["lab/Member"], &["office/Clerk"], &["office/Admin"]] {
                let (directory, idp, decision) = (it.directory.clone(), idp.clone(), it.desired(roles, &[]).await);
                let record = Record::new(&it.ambient);
                tasks.push(tokio::spawn(async move {
                    let sign_in =
                        SignIn { idp: &idp, profile: profile("alice"), decision: Some(decision), record: &record };
                    directory.provision(&sign_in).await.unwrap();
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(it.held(alice.user).await.len(), 1);
        }
    })
    .await;
}
