use serde_json::json;

use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::identity::{Declaration, PolicyText};

/// `lab` by the group `lab`.
fn by_group() -> Declaration {
    let mut declared = declaration();
    let org = Some("contains(groups, '{{orgId}}')".to_owned());
    declared.idps[0].default_policy = PolicyText { org, role: Some("'Member'".to_owned()) };
    declared
}

#[tokio::test]
async fn whoever_signs_in_meanwhile_keeps_what_that_gave() {
    on_each_with(by_group(), async |it: Fixture| {
        let alice = it.sign_in_with("company", json!({ "sub": "alice", "groups": ["lab"] })).await;
        let mut stricter = by_group();
        stricter.idps[0].default_policy.org = Some("contains(groups, '{{orgId}}') && contains(groups, 'staff')".into());
        it.declare(&stricter).await;
        let catalogue = it.catalogue().await;
        let policies = Snapshot::compile(&catalogue);
        let seen = || async { sign_ins::page(&mut it.db.snapshot().await.unwrap(), None, 10).await.unwrap().remove(0) };
        let before = seen().await;
        let admin = it.directory.server_admin(Actor::CommandLine);
        let losses = Losses { directory: &it.directory, actor: Actor::CommandLine, only: None };
        it.sign_in_with("company", json!({ "sub": "alice", "groups": ["lab", "staff"] })).await;
        assert_eq!(losses.losses_of(before, &catalogue, &policies).await.unwrap(), 0);
        assert_eq!(it.roles(alice.user).await, ["lab/Member policy"]);
        // What the sign-in of now gives is not lost; what another configuration says is for another look.
        assert_eq!(losses.losses_of(seen().await, &catalogue, &policies).await.unwrap(), 0);
        stricter.idps[0].default_policy.org = None;
        it.declare(&stricter).await;
        assert_eq!(losses.losses_of(seen().await, &catalogue, &policies).await.unwrap(), 0);
        assert_eq!(admin.apply_losses().await.unwrap(), 1);
        assert_eq!(it.roles(alice.user).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn an_organizations_admin_takes_from_its_members_in_it_alone() {
    let mut declared = by_group();
    declared.idps[0].default_policy.role = Some("['Member', 'Clerk']".to_owned());
    on_each_with(declared.clone(), async |it: Fixture| {
        let groups = json!({ "sub": "alice", "groups": ["lab", "office"] });
        let alice = it.sign_in_with("company", groups).await.user;
        let mut nobody = declared.clone();
        nobody.idps[0].default_policy.org = None;
        it.declare(&nobody).await;
        let (lab, company) = (it.role("lab/Member").await.0, it.idp("company").await.key);
        let admin = it.directory.organization_admin(Actor::CommandLine, lab);
        assert_eq!(admin.apply_losses_of(it.idp("lab-idp").await.key).await.unwrap(), 0);
        assert_eq!(admin.apply_losses_of(company).await.unwrap(), 1);
        assert_eq!(it.roles(alice).await, ["office/Clerk policy"]);
        let server = it.directory.server_admin(Actor::CommandLine);
        assert_eq!(server.apply_losses_of((company, Some(lab))).await.unwrap(), 0);
        assert_eq!(server.apply_losses_of((company, None)).await.unwrap(), 1);
        assert_eq!(it.roles(alice).await, Vec::<String>::new());
    })
    .await;
}
