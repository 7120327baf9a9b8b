use crate::directory::kit::{Fixture, declaration, on_each_with, profile};
use crate::directory::{Actor, NewUser, Profile, ProvisionError, Provisioned, Record, SignIn, Who};
use crate::identity::{Declaration, Email, IdpId, OrganizationId, RoleName, UserId};
use crate::store::changes::Change;
use crate::store::kit::{count, run};

fn off() -> Declaration {
    let mut declaration = declaration();
    for idp in &mut declaration.idps {
        idp.auto_provision = false;
    }
    declaration
}

async fn make(it: &Fixture, idp: &str, who: Who, role: &str) -> UserId {
    let (organization, role) = role.split_once('/').unwrap();
    let new = NewUser {
        idp: IdpId::parse(idp).unwrap(),
        who,
        name: Some("Alice Made".to_owned()),
        roles: vec![(OrganizationId::parse(organization).unwrap(), RoleName::parse(role).unwrap())],
    };
    it.directory.server_admin(Actor::CommandLine).pre_provision(&new).await.unwrap()
}

fn identifier(text: &str) -> Who {
    Who::Identifier(text.to_owned())
}

fn email(text: &str) -> Who {
    Who::Email(text.to_owned())
}

async fn sign_in(it: &Fixture, idp: &str, profile: Profile) -> Result<Provisioned, ProvisionError> {
    let idp = it.idp(idp).await;
    it.directory.provision(&SignIn { idp: &idp, profile, decision: None, record: &Record::new(&it.ambient) }).await
}

#[tokio::test]
async fn who_was_made_beforehand_is_bound_to_the_first_fitting_identity() {
    on_each_with(off(), async |it: Fixture| {
        for (who, fits) in [(identifier("alice"), "alice"), (email("Bob@EXAMPLE.com"), "bob")] {
            let made = make(&it, "company", who, "lab/Member").await;
            let other = sign_in(&it, "company", profile("mallory")).await;
            assert!(matches!(other, Err(ProvisionError::Unknown)));
            let bound = sign_in(&it, "company", profile(fits)).await.unwrap();
            assert_eq!((bound.user, bound.created, bound.organizations), (made, false, 1));
            // The username is that of the first sign-in.
            assert_eq!(bound.username.as_str(), fits);
            assert_eq!(sign_in(&it, "company", profile(fits)).await.unwrap().identity, bound.identity);
        }
        assert_eq!(count(&it.db, "select count(*) from expectations").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_address_binds_only_when_it_is_verified_and_at_that_idp() {
    on_each_with(off(), async |it: Fixture| {
        make(&it, "company", email("alice@example.com"), "lab/Member").await;
        let mut unverified = profile("alice");
        unverified.email = Some(Email { address: "alice@example.com".to_owned(), verified: false });
        let refused = sign_in(&it, "company", unverified).await;
        assert!(matches!(refused, Err(ProvisionError::Unknown)));
        let refused = sign_in(&it, "lab-idp", profile("alice")).await;
        assert!(matches!(refused, Err(ProvisionError::Unknown)));
        assert_eq!(count(&it.db, "select count(*) from identities").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_expectation_is_met_once() {
    on_each_with(off(), async |it: Fixture| {
        make(&it, "company", email("alice@example.com"), "lab/Member").await;
        sign_in(&it, "company", profile("alice")).await.unwrap();
        let mut second = profile("alice");
        second.identifier = "somebody else".to_owned();
        let refused = sign_in(&it, "company", second).await;
        assert!(matches!(refused, Err(ProvisionError::Unknown)));
    })
    .await;
}

#[tokio::test]
async fn with_auto_provision_on_the_waiting_account_is_taken_and_policies_run() {
    on_each_with(declaration(), async |it: Fixture| {
        let made = make(&it, "company", identifier("alice"), "lab/Member").await;
        let bound = it.sign_in("alice", &["office/Clerk"]).await.unwrap();
        assert_eq!((bound.user, bound.organizations), (made, 2));
        assert_eq!(it.roles(made).await, ["lab/Member manual", "office/Clerk policy"]);
        assert_eq!(it.sign_in("alice", &[]).await.unwrap().organizations, 1);
    })
    .await;
}

#[tokio::test]
async fn what_two_organizations_gave_the_same_person_meets() {
    on_each_with(off(), async |it: Fixture| {
        let one = make(&it, "company", identifier("alice"), "lab/Member").await;
        let two = make(&it, "company", email("alice@example.com"), "office/Clerk").await;
        run(&it.db, "update users set created_at = created_at + 1 where username like '%-2'").await;
        let head = it.head().await;
        let bound = sign_in(&it, "company", profile("alice")).await.unwrap();
        assert_eq!((bound.user, bound.organizations), (one, 2));
        assert_eq!(it.roles(one).await, ["lab/Member manual", "office/Clerk manual"]);
        assert_eq!(count(&it.db, "select count(*) from users").await, 1);
        assert_eq!(it.log_since(head).await, [Change::User(two), Change::User(one)]);
    })
    .await;
}

#[tokio::test]
async fn what_is_given_beforehand_reaches_who_is_known_by_address() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let waiting = make(&it, "company", email("ALICE@example.com"), "office/Clerk").await;
        assert_ne!(waiting, alice.user);
        let again = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        assert_eq!((again.user, again.organizations, again.username), (alice.user, 2, alice.username));
        assert_eq!(count(&it.db, "select count(*) from users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn with_require_match_a_grant_made_beforehand_is_enough() {
    let mut strict = declaration();
    strict.idps[0].require_match = true;
    on_each_with(strict, async |it: Fixture| {
        make(&it, "company", identifier("alice"), "lab/Member").await;
        assert_eq!(it.sign_in("alice", &[]).await.unwrap().organizations, 1);
        // Of a role that is gone, it is not.
        make(&it, "company", identifier("bob"), "office/Clerk").await;
        run(&it.db, "update roles set undeclared_at = 1 where name = 'Clerk'").await;
        let refused = it.sign_in("bob", &[]).await;
        assert!(matches!(refused, Err(ProvisionError::NoMatch)));
        assert_eq!(count(&it.db, "select count(*) from expectations").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_organizations_own_idp_binds_nobody_with_roles_elsewhere() {
    on_each_with(off(), async |it: Fixture| {
        let one = make(&it, "lab-idp", identifier("alice"), "lab/Member").await;
        make(&it, "lab-idp", email("alice@example.com"), "lab/Admin").await;
        // Nothing lets this be written; were it there, it would not count.
        run(
            &it.db,
            "insert into grants select u.id, r.id, 'manual', 1, 1, null from users u, roles r where r.name = 'Clerk'",
        )
        .await;
        let bound = sign_in(&it, "lab-idp", profile("alice")).await.unwrap();
        assert_eq!(bound.organizations, 1);
        let mut held = it.roles(bound.user).await;
        held.sort();
        assert_eq!(held, ["lab/Admin manual", "lab/Member manual"]);
        assert!(bound.user == one || count(&it.db, "select count(*) from users").await == 1);
    })
    .await;
}

#[tokio::test]
async fn an_organizations_own_idp_brings_nobody_it_knows_roles_elsewhere() {
    on_each_with(off(), async |it: Fixture| {
        make(&it, "lab-idp", identifier("alice"), "lab/Member").await;
        let alice = sign_in(&it, "lab-idp", profile("alice")).await.unwrap();
        let waiting = make(&it, "lab-idp", email("alice@example.com"), "lab/Admin").await;
        run(
            &it.db,
            "insert into grants select e.user_id, r.id, 'manual', 1, 1, null from expectations e, roles r \
             where r.name = 'Clerk'",
        )
        .await;
        assert_eq!(it.held(waiting).await.len(), 2);
        assert_eq!(sign_in(&it, "lab-idp", profile("alice")).await.unwrap().organizations, 1);
        assert_eq!(it.roles(alice.user).await, ["lab/Admin manual", "lab/Member manual"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_disabled_is_bound() {
    on_each_with(declaration(), async |it: Fixture| {
        make(&it, "company", identifier("alice"), "lab/Member").await;
        run(&it.db, "update users set disabled_at = 1").await;
        let refused = it.sign_in("alice", &["lab/Member"]).await;
        assert!(matches!(refused, Err(ProvisionError::Disabled)));
    })
    .await;
}
