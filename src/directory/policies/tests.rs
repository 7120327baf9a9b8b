use std::time::Duration;

use serde_json::json;

use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::directory::{Approval, Edit, SecretEdit, Terms};
use crate::identity::ClientAuth;
use crate::store::kit::{idp_spec, run};

/// `lab` may write at `guests`, and its admins see the claim `groups` there.
async fn delegated(it: &Fixture) -> Idp {
    let admin = it.directory.server_admin(Actor::CommandLine);
    let mut spec = idp_spec("guests");
    spec.client_auth = ClientAuth::None;
    spec.delegate_to = vec!["lab".parse().unwrap()];
    spec.delegated_claims = vec!["groups".to_owned()];
    spec.default_policy.org = Some("contains(groups, '{{orgId}}')".to_owned());
    spec.default_policy.role = Some("'Admin'".to_owned());
    admin.edit(&Edit::Idp { spec: Box::new(spec), secret: SecretEdit::Keep }, &Terms::default()).await.unwrap();
    it.idp("guests").await
}

async fn key(it: &Fixture, id: &str) -> OrganizationKey {
    it.catalogue().await.organizations.iter().find(|other| other.id.as_str() == id).unwrap().key
}

#[tokio::test]
async fn of_what_was_said_an_organizations_admin_recalls_the_claims_they_see_of_present_members() {
    on_each_with(declaration(), async |it: Fixture| {
        let guests = delegated(&it).await;
        let lab = it.directory.organization_admin(Actor::CommandLine, key(&it, "lab").await);
        let office = it.directory.organization_admin(Actor::CommandLine, key(&it, "office").await);
        let server = it.directory.server_admin(Actor::CommandLine);
        it.sign_in_with("guests", json!({ "sub": "alice", "groups": ["lab"], "salary": 7 })).await;
        it.sign_in_with("guests", json!({ "sub": "bob", "groups": ["office"], "salary": 7 })).await;
        let (alice, bob) = ("alice".parse().unwrap(), "bob".parse().unwrap());
        let whole = server.recall(&guests, &alice).await.unwrap();
        assert_eq!(whole.shown["salary"], 7);
        let seen = lab.recall(&guests, &alice).await.unwrap();
        assert_eq!(Value::Object(seen.shown), json!({ "groups": ["lab"] }));
        for (admin, user) in [(&lab, &bob), (&lab, &"nobody".parse().unwrap()), (&office, &bob)] {
            assert!(matches!(admin.recall(&guests, user).await, Err(RecallError::NoSuchUser)));
        }
        // Elsewhere she never was; and what is not kept is not recalled.
        assert!(matches!(server.recall(&it.idp("company").await, &alice).await, Err(RecallError::NoSignIn)));
        run(&it.db, "update sign_ins set claims = null").await;
        assert!(matches!(server.recall(&guests, &bob).await, Err(RecallError::NotKept(_))));
    })
    .await;
}

#[tokio::test]
async fn a_version_is_told_with_who_put_it_in_force_as_far_as_one_may_know() {
    on_each_with(Default::default(), async |it: Fixture| {
        let operator = it.directory.server_admin(Actor::CommandLine);
        let roles = vec![("Admin".parse().unwrap(), true)];
        let lab = Edit::Organization {
            id: "lab".parse().unwrap(),
            name: "Lab".to_owned(),
            roles,
            allotment: Default::default(),
        };
        operator.edit(&lab, &Terms::default()).await.unwrap();
        let guests = delegated(&it).await;
        let lab = key(&it, "lab").await;
        let alice = it.sign_in_with("guests", json!({ "sub": "alice", "groups": ["lab"] })).await.user;
        let stranger = it.sign_in_with("guests", json!({ "sub": "somebody" })).await.user;
        let write = |role: &str| Edit::Policy {
            idp: "guests".parse().unwrap(),
            organization: Some("lab".parse().unwrap()),
            text: Some(PolicyText { org: None, role: Some(format!("'{role}'")) }),
        };
        let approval = Approval { loss_of_admins: true, loss_of_roles: true, ..Approval::default() };
        let terms = Terms { approval, ..Terms::default() };
        for (actor, role) in
            [(Actor::User(alice), "Admin"), (Actor::User(stranger), "Boss"), (Actor::BreakGlass, "Admin")]
        {
            it.clock.advance(Duration::from_secs(1));
            it.directory.server_admin(actor).edit(&write(role), &terms).await.unwrap();
        }
        let by = |versions: Vec<PolicyVersion>| versions.into_iter().map(|version| version.by).collect::<Vec<_>>();
        let user = |name: &str| Author::User(name.parse().unwrap());
        let place = (guests.key, Some(lab));
        let all = operator.policy_versions(place, None, 10).await.unwrap();
        let (last, second) = (all[0].clone(), all[1].clone());
        assert_eq!(by(all), [Author::BreakGlass, user("somebody"), user("alice")]);
        assert_eq!((last.retired_at, second.retired_at), (None, Some(last.at)));
        let admin = it.directory.organization_admin(Actor::User(alice), lab);
        let seen = admin.policy_versions(guests.key, None, 10).await.unwrap();
        assert_eq!(by(seen), [Author::BreakGlass, Author::Somebody, user("alice")]);
        let before = Some((second.at, second.id));
        assert_eq!(admin.policy_versions(guests.key, before, 10).await.unwrap().len(), 1);
        assert_eq!(operator.policy_version(place, second.id).await.unwrap(), Some(second.clone()));
        assert_eq!(admin.policy_version(guests.key, second.id).await.unwrap().unwrap().by, Author::Somebody);
        // A program's version says which, and whose it is.
        let own = admin.make_token(&"sync".parse().unwrap(), Duration::from_secs(3_600)).await.unwrap().id;
        let other = operator.make_token(&"deploy".parse().unwrap(), Duration::from_secs(3_600)).await.unwrap().id;
        for (token, role) in [(own, "Boss"), (other, "Admin")] {
            it.clock.advance(Duration::from_secs(1));
            it.directory.server_admin(Actor::Token(token)).edit(&write(role), &terms).await.unwrap();
        }
        let of = |name: &str, maker: Option<&str>| Author::Token {
            name: name.parse().unwrap(),
            maker: maker.map(|maker| maker.parse().unwrap()),
        };
        let all = by(operator.policy_versions(place, None, 2).await.unwrap());
        assert_eq!(all, [of("deploy", None), of("sync", Some("alice"))]);
        let seen = by(admin.policy_versions(guests.key, None, 2).await.unwrap());
        assert_eq!(seen, [Author::Somebody, of("sync", Some("alice"))]);
        // The default policy is none of theirs.
        let default = operator.policy_versions((guests.key, None), None, 10).await.unwrap().remove(0);
        assert_eq!(admin.policy_version(guests.key, default.id).await.unwrap(), None);
    })
    .await;
}
