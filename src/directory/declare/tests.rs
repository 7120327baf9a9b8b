use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with, profile};
use crate::directory::{Actor, NewUser, ProvisionError, Record, Who};
use crate::identity::{
    Declaration, IdpId, Issuer, OrganizationId, OrganizationPolicySpec, OrganizationSpec, PolicyText, RoleName,
};
use crate::store::kit::{count, idp_spec, run};

fn choose(idp: &str, choice: IdentityChoice) -> Approval {
    Approval { identities: [(IdpId::parse(idp).unwrap(), choice)].into(), ..Approval::default() }
}

fn moved() -> Declaration {
    let mut declaration = declaration();
    declaration.idps[0].issuer = Issuer::parse("https://elsewhere.example.com").unwrap();
    declaration
}

fn text(org: &str) -> PolicyText {
    PolicyText { org: Some(org.to_owned()), role: Some("'Member'".to_owned()) }
}

#[tokio::test]
async fn a_declaration_becomes_the_catalogue_and_is_written_once() {
    on_each_with(declaration(), async |it: Fixture| {
        let live = it.catalogue().await;
        assert_eq!(live.version, 1);
        assert_eq!(live.idps.iter().map(|idp| idp.spec.clone()).collect::<Vec<_>>(), declaration().idps);
        assert_eq!(live.applications[0].spec, declaration().applications[0]);
        let ids: Vec<_> = live.organizations.iter().map(|organization| organization.id.as_str()).collect();
        assert_eq!(ids, ["lab", "office"]);
        assert_eq!(it.log_since(0).await, [Change::Catalogue]);
        assert!(!it.declare(&declaration()).await);
        assert_eq!((it.directory.version().await.unwrap(), it.head().await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn delegation_is_to_organizations_and_not_to_their_names() {
    let mut delegating = declaration();
    delegating.idps[0].delegate_to = vec![OrganizationId::parse("lab").unwrap()];
    on_each_with(delegating, async |it: Fixture| {
        let (lab, _) = it.role("lab/Member").await;
        assert_eq!(it.idp("company").await.delegates, [lab]);
        run(&it.db, "update organizations set id = 'gone' where id = 'lab'").await;
        assert_eq!(it.idp("company").await.delegates, [lab], "whatever is called lab next");
        run(&it.db, "update organizations set id = 'lab' where id = 'gone'").await;
        assert!(it.declare(&declaration()).await);
        assert_eq!(it.idp("company").await.delegates, []);
    })
    .await;
}

#[tokio::test]
async fn what_goes_is_kept_without_effect_and_comes_back_as_the_same() {
    on_each_with(declaration(), async |it: Fixture| {
        let before = it.catalogue().await;
        let alice = it.sign_in("alice", &["lab/Admin", "office/Clerk"]).await.unwrap();
        let less = Declaration { organizations: vec![declaration().organizations.remove(1)], ..Declaration::default() };
        assert!(it.declare(&less).await);
        let live = it.catalogue().await;
        assert_eq!((live.organizations.len(), live.idps.len(), live.applications.len()), (1, 0, 0));
        assert_eq!(it.roles(alice.user).await, ["office/Clerk policy"]);
        assert!(it.declare(&declaration()).await);
        let after = it.catalogue().await;
        let keys = |live: &crate::identity::Catalogue| {
            let roles = live.organizations.iter().flat_map(|one| one.roles.iter().map(|role| role.id));
            let policies = live.idps.iter().map(|idp| (idp.key, idp.default_policy));
            (roles.collect::<Vec<_>>(), policies.collect::<Vec<_>>(), live.applications[0].key)
        };
        assert_eq!(keys(&after), keys(&before));
        assert_eq!(it.roles(alice.user).await, ["lab/Admin policy", "office/Clerk policy"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_pruned_is_gone_for_good_and_nothing_else_is() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Admin", "office/Clerk"]).await.unwrap();
        let before = it.catalogue().await;
        let mut less = declaration();
        less.organizations.remove(0);
        less.idps.remove(1);
        less.applications.clear();
        // Kept first, pruned later: what goes now and what went before.
        it.declare(&less).await;
        less.organizations[0].roles.retain(|role| role.as_str() != "Clerk");
        let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
        let foresight = it.directory.foresee(&less, Gone::Pruned).await.unwrap();
        let told: Vec<_> =
            foresight.differences.iter().map(|one| (one.what, one.name.as_str(), one.becomes.word())).collect();
        assert_eq!(
            told,
            [
                ("organization", "lab", "removed"),
                ("role", "office/Clerk", "removed"),
                ("IdP", "lab-idp", "removed"),
                ("application", "wiki", "removed")
            ]
        );
        it.directory.apply(&less, Gone::Pruned, &approval, foresight.version).await.unwrap();
        assert!(it.roles(alice.user).await.is_empty());
        assert!(it.directory.foresee(&less, Gone::Pruned).await.unwrap().differences.is_empty(), "all is gone");
        // What comes back under the same name is another.
        assert!(it.declare(&declaration()).await);
        let after = it.catalogue().await;
        assert_ne!(after.organizations[0].key, before.organizations[0].key);
        assert_ne!(after.applications[0].key, before.applications[0].key);
        assert_eq!(after.organizations[1].key, before.organizations[1].key, "what stayed is the same");
        assert_eq!(after.idps[0].key, before.idps[0].key);
        assert!(it.roles(alice.user).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_was_made_by_hand_in_a_pruned_organization_goes_along_and_is_told_of() {
    on_each_with(declaration(), async |it: Fixture| {
        run(&it.db, "update applications set declared = false").await;
        let mut less = declaration();
        less.organizations.remove(0);
        less.idps.remove(1);
        less.applications.clear();
        let kept = it.directory.foresee(&less, Gone::Kept).await.unwrap();
        assert!(kept.differences.iter().all(|one| one.what != "application"));
        let pruned = it.directory.foresee(&less, Gone::Pruned).await.unwrap();
        assert!(pruned.differences.iter().any(|one| (one.what, one.name.as_str()) == ("application", "wiki")));
    })
    .await;
}

#[tokio::test]
async fn an_idp_with_people_is_pruned_only_by_forgetting_them() {
    on_each_with(declaration(), async |it: Fixture| {
        it.sign_in("alice", &["lab/Admin"]).await.unwrap();
        let less = Declaration { idps: Vec::new(), ..declaration() };
        let less = Declaration {
            organizations: less
                .organizations
                .into_iter()
                .map(|one| OrganizationSpec { policies: vec![], ..one })
                .collect(),
            ..less
        };
        it.declare(&less).await;
        let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
        let version = it.directory.version().await.unwrap();
        let refused = it.directory.apply(&less, Gone::Pruned, &approval, version).await.unwrap_err();
        let is_removal =
            |danger: &Danger| matches!(danger, Danger::Identities { kind: DangerKind::Removal, people: 1, .. });
        assert!(matches!(&refused, DeclareError::Dangerous(all) if all.iter().any(is_removal)), "{refused}");
        assert_eq!(count(&it.db, "select count(*) from identities").await, 1);
        let approval = Approval { identities: choose("company", IdentityChoice::Forget).identities, ..approval };
        it.directory.apply(&less, Gone::Pruned, &approval, version).await.unwrap();
        assert_eq!(
            (count(&it.db, "select count(*) from identities").await, count(&it.db, "select count(*) from idps").await),
            (0, 0)
        );
    })
    .await;
}

#[tokio::test]
async fn roles_come_and_go_with_their_grants() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Admin"]).await.unwrap();
        let mut less = declaration();
        less.organizations[0].roles = vec![RoleName::parse("Member").unwrap(), RoleName::parse("Guest").unwrap()];
        less.organizations[0].admin_roles = vec![RoleName::parse("Guest").unwrap()];
        assert!(it.declare(&less).await);
        let roles: Vec<_> = it.catalogue().await.organizations[0]
            .roles
            .iter()
            .map(|role| (role.name.to_string(), role.admin))
            .collect();
        assert_eq!(roles, [("Guest".to_owned(), true), ("Member".to_owned(), false)]);
        assert!(it.roles(alice.user).await.is_empty());
        assert!(it.declare(&declaration()).await);
        assert_eq!(it.roles(alice.user).await, ["lab/Admin policy"]);
    })
    .await;
}

#[tokio::test]
async fn what_was_made_by_hand_stays_or_is_adopted() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Admin", "office/Clerk"]).await.unwrap();
        run(&it.db, "update organizations set declared = false").await;
        let mut less = declaration();
        less.organizations.remove(1);
        assert!(it.declare(&less).await);
        assert_eq!(count(&it.db, "select count(*) from organizations where declared").await, 1);
        assert_eq!(it.catalogue().await.organizations.len(), 2);
        assert_eq!(it.roles(alice.user).await, ["lab/Admin policy", "office/Clerk policy"]);
    })
    .await;
}

#[tokio::test]
async fn a_changed_policy_is_a_new_version_and_an_unchanged_one_the_same() {
    on_each_with(declaration(), async |it: Fixture| {
        let mut changed = declaration();
        let company = changed.idps[0].id.clone();
        changed.organizations[0].policies = vec![OrganizationPolicySpec { idp: company, text: text("a") }];
        assert!(it.declare(&changed).await);
        let first = it.catalogue().await;
        changed.idps[0].default_policy = text("b");
        assert!(it.declare(&changed).await);
        let second = it.catalogue().await;
        assert_eq!(second.policies[0].id, first.policies[0].id);
        assert_eq!(second.idps[1].default_policy, first.idps[1].default_policy);
        assert_ne!(second.idps[0].default_policy, first.idps[0].default_policy);
        assert_eq!(second.idps[0].spec.default_policy, text("b"));
        changed.organizations[0].policies[0].text = text("c");
        assert!(it.declare(&changed).await);
        let third = it.catalogue().await;
        assert_ne!(third.policies[0].id, second.policies[0].id);
        assert_eq!(third.policies[0].text, text("c"));
        changed.organizations[0].policies.clear();
        assert!(it.declare(&changed).await);
        assert!(it.catalogue().await.policies.is_empty());
        // Every version is kept.
        assert_eq!(count(&it.db, "select count(*) from policies").await, 5);
    })
    .await;
}

#[tokio::test]
async fn another_issuer_or_identifier_path_waits_for_a_choice() {
    let mut by_path = declaration();
    by_path.idps[0].profile.identifier = "oid".to_owned();
    for dangerous in [moved(), by_path] {
        on_each_with(declaration(), async |it: Fixture| {
            it.sign_in("alice", &["lab/Member"]).await.unwrap();
            it.sign_in("bob", &[]).await.unwrap();
            let mut dangerous = dangerous.clone();
            dangerous.organizations[0].name = "Renamed".to_owned();
            let error = it.directory.declare(&dangerous, &Approval::default()).await.unwrap_err();
            assert!(error.to_string().contains("IdP company changes"), "{error}");
            assert!(error.to_string().contains("2 people"), "{error}");
            // Nothing of it was applied.
            assert_eq!(it.catalogue().await.organizations[0].name, "lab");
            assert_eq!(it.directory.version().await.unwrap(), 1);
            // A choice for another IdP is none for this.
            let other = choose("lab-idp", IdentityChoice::Forget);
            assert!(it.directory.declare(&dangerous, &other).await.is_err());
        })
        .await;
    }
}

#[tokio::test]
async fn people_who_are_kept_sign_in_as_before() {
    on_each_with(declaration(), async |it: Fixture| {
        let before = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let session = it.session(&before, "company").await;
        it.directory.declare(&moved(), &choose("company", IdentityChoice::Keep)).await.unwrap();
        let after = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        assert_eq!((after.user, after.identity, after.created), (before.user, before.identity, false));
        assert!(crate::store::sessions::end(&it.db, session, it.ambient.now()).await.unwrap().is_some());
        // Said once, it is settled.
        assert!(!it.declare(&moved()).await);
    })
    .await;
}

#[tokio::test]
async fn people_who_are_forgotten_start_anew() {
    on_each_with(declaration(), async |it: Fixture| {
        let before = it.sign_in("alice", &["lab/Admin"]).await.unwrap();
        it.session(&before, "company").await;
        let head = it.head().await;
        it.directory.declare(&moved(), &choose("company", IdentityChoice::Forget)).await.unwrap();
        assert_eq!(it.log_since(head).await, [Change::User(before.user), Change::Catalogue]);
        assert_eq!(count(&it.db, "select count(*) from sessions").await, 0);
        assert!(it.held(before.user).await.is_empty());
        let after = it.sign_in("alice", &[]).await.unwrap();
        assert!(after.created);
        assert_ne!(after.user, before.user);
        assert_eq!(after.username.as_str(), "alice-2");
    })
    .await;
}

#[tokio::test]
async fn those_who_wait_are_people_too() {
    on_each_with(declaration(), async |it: Fixture| {
        let new = NewUser {
            idp: IdpId::parse("company").unwrap(),
            who: Who::Identifier("alice".to_owned()),
            name: None,
            roles: vec![(OrganizationId::parse("lab").unwrap(), RoleName::parse("Admin").unwrap())],
        };
        it.directory.server_admin(Actor::CommandLine).pre_provision(&new).await.unwrap();
        let error = it.directory.declare(&moved(), &Approval::default()).await.unwrap_err();
        assert!(error.to_string().contains("1 person"), "{error}");
        it.directory.declare(&moved(), &choose("company", IdentityChoice::Forget)).await.unwrap();
        assert_eq!(count(&it.db, "select count(*) from users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_idp_changes_hands_only_by_forgetting() {
    on_each_with(declaration(), async |it: Fixture| {
        it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let mut handed_over = declaration();
        handed_over.idps[0].owner = Some(OrganizationId::parse("office").unwrap());
        for choices in [Approval::default(), choose("company", IdentityChoice::Keep)] {
            let error = it.directory.declare(&handed_over, &choices).await.unwrap_err();
            assert!(error.to_string().contains("owner of IdP company"), "{error}");
        }
        it.directory.declare(&handed_over, &choose("company", IdentityChoice::Forget)).await.unwrap();
        assert_eq!(count(&it.db, "select count(*) from identities").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_idp_without_people_changes_freely() {
    on_each_with(declaration(), async |it: Fixture| {
        assert!(it.declare(&moved()).await);
        let mut handed_over = moved();
        handed_over.idps[0].owner = Some(OrganizationId::parse("office").unwrap());
        assert!(it.declare(&handed_over).await);
    })
    .await;
}

#[tokio::test]
async fn an_idp_that_was_gone_does_not_come_back_from_elsewhere() {
    on_each_with(declaration(), async |it: Fixture| {
        it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let mut without = declaration();
        without.idps.remove(0);
        assert!(it.declare(&without).await);
        let error = it.directory.declare(&moved(), &Approval::default()).await.unwrap_err();
        assert!(matches!(error, DeclareError::Dangerous(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_reference_to_what_is_not_declared_is_refused() {
    on_each_with(declaration(), async |it: Fixture| {
        let mut dangling = declaration();
        dangling.organizations.remove(0);
        let error = it.directory.declare(&dangling, &Approval::default()).await.unwrap_err();
        assert!(error.to_string().contains("organization lab"), "{error}");
        assert_eq!(it.directory.version().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_processes_that_start_at_once_declare_the_same() {
    on_each_with(Declaration::default(), async |it: Fixture| {
        let mut more = declaration();
        more.idps.push(idp_spec("another"));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (directory, more) = (it.directory.clone(), more.clone());
                tokio::spawn(async move { directory.declare(&more, &Approval::default()).await.unwrap() })
            })
            .collect();
        let mut changed = 0;
        for task in tasks {
            changed += usize::from(task.await.unwrap().changed);
        }
        assert_eq!((changed, it.directory.version().await.unwrap()), (1, 1));
        assert_eq!(it.catalogue().await.idps.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_in_at_an_idp_that_is_gone() {
    on_each_with(declaration(), async |it: Fixture| {
        let idp = it.idp("company").await;
        let mut without = declaration();
        without.idps.remove(0);
        it.declare(&without).await;
        let decision = Some(it.desired(&[], &[]).await);
        for decision in [None, decision] {
            let sign_in = crate::directory::SignIn {
                idp: &idp,
                profile: profile("alice"),
                decision,
                record: &Record::new(&it.ambient),
            };
            let error = it.directory.provision(&sign_in).await.unwrap_err();
            assert!(matches!(error, ProvisionError::Stale), "{error}");
        }
    })
    .await;
}
