use serde_json::json;

use super::*;
use crate::base::Reference;
use crate::directory::Actor;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::identity::{Declaration, OrganizationId};

/// Groups named like organizations; the provider names the roles.
fn by_groups() -> Declaration {
    let mut declaration = declaration();
    for idp in &mut declaration.idps {
        idp.list_claims = vec!["groups".to_owned(), "roles".to_owned()];
        idp.default_policy.org = Some("groups".to_owned());
        idp.default_policy.role = Some("roles".to_owned());
    }
    declaration
}

impl Fixture {
    /// What an admin of that organization is told.
    async fn told(&self, organization: &str, subject: Subject) -> Result<Explanation, ExplainError> {
        let catalogue = self.catalogue().await;
        let id: OrganizationId = organization.parse().unwrap();
        let key = catalogue.organizations.iter().find(|other| other.id == id).unwrap().key;
        let admin = self.directory.organization_admin(Actor::CommandLine, key);
        admin.explain_by(&catalogue, &Snapshot::compile(&catalogue), &subject).await
    }

    async fn references(&self, user: UserId) -> Vec<Reference> {
        let told = self.directory.server_admin(Actor::CommandLine).explain(&Subject::User(user)).await.unwrap();
        told.sign_ins.iter().map(|sign_in| Reference::parse(&sign_in.reference).unwrap()).collect()
    }
}

#[tokio::test]
async fn an_organizations_admin_is_told_its_own_part_alone() {
    on_each_with(by_groups(), async |it| {
        let claims = json!({ "sub": "alice", "groups": ["lab", "office"], "roles": ["Member", "Clerk", "secret"] });
        let alice = it.sign_in_with("company", claims).await.user;
        let told = it.told("lab", Subject::User(alice)).await.unwrap();
        let (whole, json) = (told.user.unwrap(), told.sign_ins[0].to_json().to_string());
        assert_eq!(whole.holds.iter().map(|held| held.organization.as_str()).collect::<Vec<_>>(), ["lab"]);
        assert!(json.contains("\"lab\"") && json.contains("Member"), "{json}");
        for other in ["office", "Clerk", "secret"] {
            assert!(!json.contains(other), "{other} in {json}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_no_present_member_is_nobody_to_an_organizations_admin() {
    on_each_with(by_groups(), async |it| {
        let claims = json!({ "sub": "bob", "groups": ["office"], "roles": ["Clerk"] });
        let bob = it.sign_in_with("company", claims).await.user;
        let reference = it.references(bob).await.remove(0);
        let username = Subject::Username("bob".parse().unwrap());
        for subject in [Subject::User(bob), username, Subject::User(UserId::new(it.ambient.uuid()))] {
            assert!(matches!(it.told("lab", subject).await, Err(ExplainError::NoSuchUser)));
        }
        let subject = Subject::Reference(reference.clone());
        assert!(matches!(it.told("lab", subject).await, Err(ExplainError::NoSuchReference)));
        assert!(it.told("office", Subject::Reference(reference)).await.is_ok());
        // Who was a member is one no longer.
        it.sign_in_with("company", json!({ "sub": "bob", "groups": [] })).await;
        assert!(matches!(it.told("office", Subject::User(bob)).await, Err(ExplainError::NoSuchUser)));
    })
    .await;
}

#[tokio::test]
async fn sign_ins_at_another_organizations_idp_are_not_told() {
    on_each_with(by_groups(), async |it| {
        let at_lab = json!({ "sub": "eve", "groups": ["lab"], "roles": ["Member"] });
        let eve = it.sign_in_with("lab-idp", at_lab).await;
        let at_company = json!({ "sub": "eve", "groups": ["office"], "roles": ["Clerk"] });
        let other = it.sign_in_with("company", at_company).await;
        it.move_identity(other.identity, eve.user).await;
        let idps = async |organization| -> Vec<String> {
            let told = it.told(organization, Subject::User(eve.user)).await.unwrap();
            let mut idps: Vec<String> = told.sign_ins.iter().map(|sign_in| sign_in.idp.to_string()).collect();
            idps.sort();
            idps
        };
        assert_eq!(idps("office").await, ["company"]);
        assert_eq!(idps("lab").await, ["company", "lab-idp"]);
        let told = it.directory.server_admin(Actor::CommandLine).explain(&Subject::User(eve.user)).await.unwrap();
        let at_lab = told.sign_ins.iter().find(|sign_in| sign_in.idp.as_str() == "lab-idp").unwrap();
        let reference = Reference::parse(&at_lab.reference).unwrap();
        assert!(it.told("lab", Subject::Reference(reference.clone())).await.is_ok());
        assert!(it.told("office", Subject::Reference(reference)).await.is_err());
    })
    .await;
}
