use std::time::Duration;

use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::directory::{ApplicationScope, OrganizationAdmin};
use crate::identity::{Actor, TokenId, TokenName};

const DAY: Duration = Duration::from_secs(86_400);

fn names(names: &[&str]) -> Vec<RoleName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn name() -> TokenName {
    TokenName::parse("nightly").unwrap()
}

impl Fixture {
    async fn admin_of(&self, organization: &str) -> OrganizationAdmin<'_> {
        let (key, _) = self.role(&format!("{organization}/Admin")).await;
        self.directory.organization_admin(Actor::CommandLine, key)
    }

    async fn backup(&self) -> UserId {
        let lab = self.admin_of("lab").await;
        lab.add_service_account(&"lab".parse().unwrap(), &"backup".parse().unwrap(), &names(&["Member"])).await.unwrap()
    }
}

#[tokio::test]
async fn an_organizations_admin_keeps_its_service_accounts_and_no_others() {
    on_each_with(declaration(), async |it| {
        let backup = it.backup().await;
        let (lab, office) = (it.admin_of("lab").await, it.admin_of("office").await);
        let listed = lab.service_accounts().await.unwrap();
        assert_eq!((listed.len(), listed[0].username.as_str()), (1, "service.lab.backup"));
        assert_eq!(listed[0].roles, names(&["Member"]));
        assert!(office.service_accounts().await.unwrap().is_empty());
        // The same name is another account's in another organization.
        let id = "office".parse().unwrap();
        office.add_service_account(&id, &"backup".parse().unwrap(), &names(&["Clerk"])).await.unwrap();
        let again = lab.add_service_account(&"lab".parse().unwrap(), &"backup".parse().unwrap(), &[]).await;
        assert!(matches!(again, Err(MachineError::NameTaken)), "{again:?}");
        let foreign = lab.set_service_roles(backup, &names(&["Clerk"])).await;
        assert!(matches!(foreign, Err(MachineError::NoSuchRole(_))), "{foreign:?}");

        for refused in [
            office.set_service_roles(backup, &[]).await.map(drop),
            office.set_service_disabled(backup, true).await.map(drop),
            office.remove_service_account(backup).await,
            office.service_tokens(backup).await.map(drop),
        ] {
            assert!(matches!(refused, Err(MachineError::NoSuchAccount)), "{refused:?}");
        }
        assert!(lab.set_service_roles(backup, &names(&["Admin"])).await.unwrap());
        assert!(!lab.set_service_roles(backup, &names(&["Admin"])).await.unwrap());
        assert!(lab.set_service_disabled(backup, true).await.unwrap());
        assert!(lab.service_account(backup).await.unwrap().disabled);
        lab.remove_service_account(backup).await.unwrap();
        assert!(matches!(lab.service_account(backup).await, Err(MachineError::NoSuchAccount)));
    })
    .await;
}

#[tokio::test]
async fn people_are_no_service_accounts_and_service_accounts_no_people() {
    on_each_with(declaration(), async |it| {
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap().user;
        let backup = it.backup().await;
        let lab = it.admin_of("lab").await;
        for refused in [
            lab.set_service_roles(alice, &[]).await.map(drop),
            lab.set_service_disabled(alice, true).await.map(drop),
            lab.remove_service_account(alice).await,
            lab.make_service_token(&it.catalogue().await, alice, &name(), DAY, &ApplicationScope::Everywhere)
                .await
                .map(drop),
        ] {
            assert!(matches!(refused, Err(MachineError::NoSuchAccount)), "{refused:?}");
        }
        let server = it.directory.server_admin(Actor::CommandLine);
        assert!(server.set_disabled(backup, true).await.is_err());
        assert!(lab.set_roles(backup, &names(&["Admin"])).await.is_err());
        assert!(server.listed(backup).await.is_err());
        assert!(server.remove_user(&crate::directory::UserSelector::Id(backup)).await.is_err());
        assert_eq!(lab.service_accounts().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn tokens_for_applications_are_made_within_bounds_and_ended_by_whose_they_are() {
    let mut declaration = declaration();
    declaration.applications[0].machines.tokens = true;
    on_each_with(declaration, async |it| {
        let backup = it.backup().await;
        let (lab, office) = (it.admin_of("lab").await, it.admin_of("office").await);
        let live = it.catalogue().await;
        let everywhere = ApplicationScope::Everywhere;
        let wiki = ApplicationScope::Only(vec!["wiki".parse().unwrap()]);
        let made = lab.make_service_token(&live, backup, &name(), DAY, &wiki).await.unwrap();
        assert!(made.expose().starts_with("vsa_"));
        let listed = lab.service_tokens(backup).await.unwrap();
        assert_eq!(listed[0].applications.as_deref(), Some(&[live.applications[0].key][..]));

        let unknown = ApplicationScope::Only(vec!["other".parse().unwrap()]);
        let refused = lab.make_service_token(&live, backup, &name(), DAY, &unknown).await;
        assert!(matches!(refused, Err(MachineError::NoSuchApplication(_))), "{refused:?}");
        for lifetime in [Duration::from_secs(1), DAY * 367] {
            let refused = lab.make_service_token(&live, backup, &name(), lifetime, &everywhere).await;
            assert!(matches!(refused, Err(MachineError::Token(TokenError::Lifetime))), "{refused:?}");
        }
        let by_token = Actor::Token(TokenId::new(it.ambient.uuid()));
        for actor in [by_token, Actor::BreakGlass] {
            let admin = it.directory.organization_admin(actor, lab.organization());
            let refused = admin.make_service_token(&live, backup, &name(), DAY, &everywhere).await;
            assert!(matches!(refused, Err(MachineError::Token(_))), "{refused:?}");
        }
        assert!(office.end_service_token(backup, made.id).await.is_err());
        let alice = it.sign_in("alice", &["lab/Member"]).await.unwrap();
        let own = it.directory.own(alice.user);
        assert!(own.end_token(made.id).await.is_err());
        let hers = own.make_token(&live, alice.identity, &name(), DAY, &wiki).await.unwrap();
        assert!(lab.end_service_token(backup, hers.id).await.is_err());
        assert_eq!(own.tokens().await.unwrap().len(), 1);
        own.end_token(hers.id).await.unwrap();
        lab.end_service_token(backup, made.id).await.unwrap();
        assert!(lab.service_tokens(backup).await.unwrap().is_empty());
    })
    .await;
}
