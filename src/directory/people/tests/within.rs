//! What an organization's admins see and do, and what they never learn.

use super::*;
use crate::directory::{Now, OrganizationAdmin, Subject};
use crate::identity::{Origin, UserId};
use crate::policy::Snapshot;
use serde_json::json;

async fn admin_of<'a>(it: &'a Fixture, organization: &str) -> OrganizationAdmin<'a> {
    let key = it.role(&format!("{organization}/Admin")).await.0;
    it.directory.organization_admin(Actor::CommandLine, key)
}

async fn found(it: &Fixture, admin: &OrganizationAdmin<'_>, text: &str) -> Vec<UserId> {
    let sought = Sought { text: text.to_owned(), ..Sought::default() };
    let found = admin.find_people(&it.catalogue().await, &sought, None, 50).await.unwrap();
    assert_eq!(found.next, None);
    found.users.into_iter().map(|user| user.id).collect()
}

async fn person(it: &Fixture, admin: &OrganizationAdmin<'_>, user: UserId) -> Result<Person, AdminError> {
    let catalogue = it.catalogue().await;
    let policies = Snapshot::compile(&catalogue);
    admin.person(&catalogue, &policies, user).await
}

#[tokio::test]
async fn they_find_and_see_their_own_people_alone() {
    on_each_with(declaration(), async |it: Fixture| {
        let both = it.sign_in("alice", &["lab/Member", "office/Clerk"]).await.unwrap().user;
        let other = it.sign_in("bob", &["office/Clerk"]).await.unwrap().user;
        let nowhere = it.sign_in("carol", &[]).await.unwrap().user;
        let lab = admin_of(&it, "lab").await;
        assert_eq!(found(&it, &lab, "").await, [both]);
        assert_eq!(found(&it, &lab, "bob").await, []);
        // Another organization in the request changes nothing.
        let office = Sought { organization: Some("office".parse().unwrap()), ..Sought::default() };
        let page = lab.find_people(&it.catalogue().await, &office, None, 50).await.unwrap();
        assert_eq!(page.users.iter().map(|user| user.id).collect::<Vec<_>>(), [both]);
        assert!(page.users[0].roles.iter().all(|held| held.organization.as_str() == "lab"));
        for user in [other, nowhere, UserId::new(it.ambient.uuid())] {
            assert!(matches!(person(&it, &lab, user).await, Err(AdminError::NoSuchUser)));
            assert!(matches!(lab.set_roles(user, &["Member".parse().unwrap()]).await, Err(AdminError::NoSuchUser)));
            assert!(matches!(lab.end_sessions(user, None).await, Err(AdminError::NoSuchUser)));
        }
        let error = lab.set_roles(both, &["Clerk".parse().unwrap()]).await.unwrap_err();
        assert!(error.to_string().contains("there is no role Clerk; there are Admin, Member"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_left_is_nobody_to_them() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap().user;
        let lab = admin_of(&it, "lab").await;
        assert!(person(&it, &lab, alice).await.is_ok());
        run(&it.db, "update grants set kept_until = 1").await;
        assert!(matches!(person(&it, &lab, alice).await, Err(AdminError::NoSuchUser)));
        assert_eq!(found(&it, &lab, "alice").await, []);
    })
    .await;
}

#[tokio::test]
async fn of_an_explanation_they_see_their_part() {
    let mut declaration = declaration();
    declaration.idps[0].default_policy.org = Some("`true`".to_owned());
    declaration.idps[0].default_policy.role = Some("'Admin'".to_owned());
    on_each_with(declaration, async |it: Fixture| {
        let alice = it.sign_in_with("company", json!({ "sub": "alice" })).await;
        let lab = admin_of(&it, "lab").await;
        let seen = person(&it, &lab, alice.user).await.unwrap();
        let sign_in = &seen.sign_ins[0];
        let Now::Decided(verdicts) = &sign_in.now else { panic!("{:?}", sign_in.now) };
        assert_eq!(verdicts.iter().map(|verdict| verdict.id.as_str()).collect::<Vec<_>>(), ["lab"]);
        let text = format!("{seen:?}");
        assert!(text.contains("lab") && !text.contains("office"), "{text}");
        // Whoever administers the server sees it all.
        let admin = it.directory.server_admin(Actor::CommandLine);
        let whole = admin.explain(&Subject::User(alice.user)).await.unwrap();
        assert!(format!("{whole:?}").contains("office"));
    })
    .await;
}

#[tokio::test]
async fn two_organizations_that_wait_for_one_person_learn_nothing_of_each_other() {
    on_each_with(declaration(), async |it: Fixture| {
        let (lab, office) = (admin_of(&it, "lab").await, admin_of(&it, "office").await);
        let named = |name: &str, roles: &[&str]| NewUser {
            name: Some(name.to_owned()),
            ..new("company", email("zoe@example.com"), roles)
        };
        let one = lab.pre_provision(&named("Project Falcon", &["lab/Member"])).await.unwrap();
        let two = office.pre_provision(&named("Zoë", &["office/Clerk"])).await.unwrap();
        assert_eq!(one, two);
        let theirs = [(&lab, "Project Falcon", "falcon"), (&office, "Zoë", "zoë")];
        run(&it.db, "update users set created_at = 1").await;
        for ((admin, own, word), other) in theirs.into_iter().zip(["office", "lab"]) {
            let seen = person(&it, admin, one).await.unwrap();
            assert_eq!(seen.user.state, UserState::Waiting);
            assert_eq!(seen.user.username.as_str(), "zoe@example.com");
            assert!(seen.user.created_at.micros() > 1, "since when this organization waits");
            let text = format!("{seen:?}");
            assert_eq!(seen.user.display_name.as_deref(), Some(own));
            for (_, name, found_by) in theirs {
                assert_eq!(text.contains(name), name == own, "{text}");
                let finds = if found_by == word { vec![one] } else { vec![] };
                assert_eq!(found(&it, admin, found_by).await, finds);
            }
            assert!(!text.contains(other), "{text}");
            assert_eq!(found(&it, admin, "zoe").await, [one]);
        }
        assert_eq!(it.roles(one).await, ["lab/Member manual", "office/Clerk manual"]);
    })
    .await;
}

#[tokio::test]
async fn whom_they_do_not_know_they_wait_for_whether_or_not_others_do() {
    on_each_with(declaration(), async |it: Fixture| {
        let lab = admin_of(&it, "lab").await;
        let known = it.sign_in("omar", &["office/Clerk"]).await.unwrap().user;
        let waiting = lab.pre_provision(&new("company", identifier("omar"), &["lab/Member"])).await.unwrap();
        assert_ne!(waiting, known);
        let seen = person(&it, &lab, waiting).await.unwrap();
        assert_eq!((seen.user.state, seen.sign_ins.len()), (UserState::Waiting, 0));
        assert!(matches!(person(&it, &lab, known).await, Err(AdminError::NoSuchUser)));
        assert_eq!(it.actions(waiting).await, ["user-added"]);
        // It is theirs at once when it is told who they are.
        let arrived = it.sign_in("omar", &["office/Clerk"]).await.unwrap().user;
        assert_eq!(
            (arrived, it.roles(known).await),
            (known, vec!["lab/Member manual".into(), "office/Clerk policy".into()])
        );
        // Whom they know is who they are.
        assert_eq!(lab.pre_provision(&new("company", identifier("omar"), &["lab/Admin"])).await.unwrap(), known);
    })
    .await;
}

#[tokio::test]
async fn another_organizations_idp_is_unknown_to_them_with_whoever_signs_in_there() {
    on_each_with(declaration(), async |it: Fixture| {
        let office = admin_of(&it, "office").await;
        let mut secret = profile("secret-name");
        secret.email = None;
        let user = it.sign_in_at("lab-idp", secret, &[]).await.unwrap();
        let server = it.directory.server_admin(Actor::CommandLine);
        server.set_roles(user.user, it.role("office/Clerk").await.0, &["Clerk".parse().unwrap()]).await.unwrap();
        it.session(&user, "lab-idp").await;
        let seen = person(&it, &office, user.user).await.unwrap();
        assert_eq!((seen.user.identities.len(), seen.user.state), (0, UserState::Waiting));
        assert_eq!((seen.sessions.len(), seen.sign_ins.len()), (0, 0));
        assert_eq!(found(&it, &office, "secret").await, []);
        assert_eq!(office.end_sessions(user.user, None).await.unwrap(), 0);
        let error = office.pre_provision(&new("lab-idp", identifier("x"), &["office/Clerk"])).await.unwrap_err();
        assert!(error.to_string().ends_with("there is no IdP lab-idp; there is company"), "{error}");
        let error = office.pre_provision(&new("company", identifier("x"), &["lab/Member"])).await.unwrap_err();
        assert!(error.to_string().ends_with("there is no organization lab; there is office"), "{error}");
        let error = office.pre_provision(&new("company", identifier("x"), &[])).await.unwrap_err();
        assert!(matches!(error, AdminError::Invalid(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn they_give_and_take_their_roles_and_end_what_their_own_idp_opened() {
    on_each_with(declaration(), async |it: Fixture| {
        let lab = admin_of(&it, "lab").await;
        let alice = it.sign_in("alice", &["lab/Member", "office/Clerk"]).await.unwrap();
        assert!(lab.set_roles(alice.user, &["Admin".parse().unwrap()]).await.unwrap());
        assert_eq!(it.roles(alice.user).await, ["lab/Admin manual", "lab/Member policy", "office/Clerk policy"]);
        // Of a shared IdP the sessions are everybody's.
        it.session(&alice, "company").await;
        assert_eq!(lab.end_sessions(alice.user, None).await.unwrap(), 0);
        let own = it.sign_in_at("lab-idp", profile("bob"), &["lab/Member"]).await.unwrap();
        let session = it.session(&own, "lab-idp").await;
        assert_eq!(person(&it, &lab, own.user).await.unwrap().sessions[0].id, session);
        assert_eq!(lab.end_sessions(own.user, Some(session)).await.unwrap(), 1);
        let seen = person(&it, &lab, alice.user).await.unwrap();
        assert_eq!(seen.events.lines.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["roles-changed"]);
        assert!(seen.user.roles.iter().any(|held| held.origin == Origin::Manual));
    })
    .await;
}
