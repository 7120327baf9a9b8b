mod merging;
mod ruling;
mod within;

use std::time::Duration;

use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with, profile};
use crate::directory::{AdminError, NewUser, Who};
use crate::identity::{Actor, IdpId, OrganizationId, RoleName};
use crate::store::changes::Change;
use crate::store::kit::{count, run};

fn new(idp: &str, who: Who, roles: &[&str]) -> NewUser {
    let role = |name: &&str| {
        let (organization, role) = name.split_once('/').unwrap();
        (OrganizationId::parse(organization).unwrap(), RoleName::parse(role).unwrap())
    };
    NewUser { idp: IdpId::parse(idp).unwrap(), who, name: None, roles: roles.iter().map(role).collect() }
}

fn identifier(text: &str) -> Who {
    Who::Identifier(text.to_owned())
}

fn email(text: &str) -> Who {
    Who::Email(text.to_owned())
}

fn at(idp: &str, who: Who) -> UserSelector {
    UserSelector::At(IdpId::parse(idp).unwrap(), who)
}

#[tokio::test]
async fn making_a_user_twice_makes_one_with_the_roles_of_both() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let head = it.head().await;
        let one = admin.pre_provision(&new("company", email("Zoë@example.com"), &["lab/Member"])).await.unwrap();
        let two = admin.pre_provision(&new("company", email("zoË@EXAMPLE.com"), &["office/Clerk"])).await.unwrap();
        assert_eq!(one, two);
        assert_eq!(it.roles(one).await, ["lab/Member manual", "office/Clerk manual"]);
        assert_eq!(it.log_since(head).await, [Change::User(one), Change::User(one)]);
        let listed = admin.list_users(10, None).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].state, listed[0].username.as_str()), (UserState::Waiting, "Zoë@example.com"));
        assert_eq!(listed[0].awaited, [(IdpId::parse("company").unwrap(), email("zoë@example.com"))]);
    })
    .await;
}

#[tokio::test]
async fn who_is_known_by_that_identifier_is_given_the_roles() {
    on_each_with(declaration(), async |it: Fixture| {
        let alice = it.sign_in("alice", &[]).await.unwrap();
        let admin = it.directory.server_admin(Actor::CommandLine);
        let user = admin.pre_provision(&new("company", identifier("alice"), &["lab/Admin"])).await.unwrap();
        assert_eq!(user, alice.user);
        assert_eq!(it.roles(user).await, ["lab/Admin manual"]);
        assert_eq!(count(&it.db, "select count(*) from expectations").await, 0);
    })
    .await;
}

#[tokio::test]
async fn unknown_names_are_refused_with_those_there_are() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        for (idp, role, said) in [
            ("compny", "lab/Admin", "there is no IdP compny; there are company, lab-idp"),
            ("company", "labs/Admin", "there is no organization labs; there are lab, office"),
            ("company", "lab/admin", "there is no role admin in lab; there are Admin, Member"),
            ("lab-idp", "office/Clerk", "the IdP lab-idp belongs to one organization"),
        ] {
            let error = admin.pre_provision(&new(idp, identifier("alice"), &["lab/Member", role])).await.unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
        for who in [identifier(""), email("alice"), email("a lice@example.com"), email("@example.com")] {
            let error = admin.pre_provision(&new("company", who, &[])).await.unwrap_err();
            assert!(matches!(error, AdminError::Invalid(_)), "{error}");
        }
        assert_eq!(count(&it.db, "select count(*) from users").await, 0);
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_with_how_it_stands_with_them() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let mut boss = profile("boss");
        boss.server_admin = true;
        let mut expected = Vec::new();
        let active = it.sign_in_at("company", boss, &["lab/Admin"]).await.unwrap();
        expected.push((active.user, UserState::Active));
        // Ids sort by the time they were made.
        it.clock.advance(Duration::from_secs(1));
        expected.push((it.sign_in("nobody", &[]).await.unwrap().user, UserState::WithoutOrganization));
        it.clock.advance(Duration::from_secs(1));
        let waiting = admin.pre_provision(&new("company", identifier("waiting"), &["lab/Member"])).await.unwrap();
        expected.push((waiting, UserState::Waiting));
        it.clock.advance(Duration::from_secs(1));
        expected.push((it.sign_in("gone", &["lab/Member"]).await.unwrap().user, UserState::Disabled));
        run(&it.db, "update users set disabled_at = 1 where username = 'gone'").await;
        let mut listed = admin.list_users(3, None).await.unwrap();
        let before = it.db.statements();
        listed.extend(admin.list_users(3, listed.last().map(|user| user.id)).await.unwrap());
        assert_eq!(it.db.statements() - before, 6);
        assert_eq!(listed.iter().map(|user| (user.id, user.state)).collect::<Vec<_>>(), expected);
        assert_eq!(listed.iter().map(|user| user.server_admin).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(listed[0].identities[0].identifier, "boss");
        assert_eq!(listed[0].display_name.as_deref(), Some("BOSS"));
    })
    .await;
}

#[tokio::test]
async fn a_removed_user_leaves_nothing_and_their_sessions_end() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        it.session(&alice, "company").await;
        let waiting = admin.pre_provision(&new("company", email("bob@example.com"), &["lab/Member"])).await.unwrap();
        let head = it.head().await;
        assert_eq!(admin.remove_user(&at("company", identifier("alice"))).await.unwrap(), alice.user);
        assert_eq!(admin.remove_user(&at("company", email("BOB@example.com"))).await.unwrap(), waiting);
        assert_eq!(it.log_since(head).await, [Change::User(alice.user), Change::User(waiting)]);
        for sql in [
            "select count(*) from users",
            "select count(*) from identities",
            "select count(*) from sessions",
            "select count(*) from grants",
            "select count(*) from expectations",
        ] {
            assert_eq!(count(&it.db, sql).await, 0, "{sql}");
        }
        for selector in [at("company", identifier("alice")), UserSelector::Id(alice.user)] {
            let error = admin.remove_user(&selector).await.unwrap_err();
            assert!(matches!(error, AdminError::NoSuchUser), "{error}");
        }
        assert!(it.sign_in("alice", &[]).await.unwrap().created);
    })
    .await;
}

#[tokio::test]
async fn an_address_of_several_people_names_nobody() {
    on_each_with(declaration(), async |it: Fixture| {
        let admin = it.directory.server_admin(Actor::CommandLine);
        for identifier in ["alice", "alicia"] {
            let mut person = profile(identifier);
            person.email = profile("alice").email;
            it.sign_in_at("company", person, &[]).await.unwrap();
        }
        let error = admin.remove_user(&at("company", email("alice@example.com"))).await.unwrap_err();
        assert!(matches!(error, AdminError::Ambiguous), "{error}");
        assert_eq!(count(&it.db, "select count(*) from users").await, 2);
    })
    .await;
}
