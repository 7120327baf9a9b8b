use serde_json::json;

use super::*;
use crate::directory::kit::{Fixture, declaration, on_each_with};
use crate::identity::{Actor, Declaration, PolicyText};

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
        let seen =
            || async { sign_ins::page(&mut it.db.snapshot().await.unwrap(), None, PAGE).await.unwrap().remove(0) };
        let before = seen().await;
        let admin = it.directory.server_admin(Actor::CommandLine);
        it.sign_in_with("company", json!({ "sub": "alice", "groups": ["lab", "staff"] })).await;
        assert_eq!(admin.losses_of(before, &catalogue, &policies).await.unwrap(), 0);
        assert_eq!(it.roles(alice.user).await, ["lab/Member policy"]);
        // What the sign-in of now gives is not lost; what another configuration says is for another look.
        assert_eq!(admin.losses_of(seen().await, &catalogue, &policies).await.unwrap(), 0);
        stricter.idps[0].default_policy.org = None;
        it.declare(&stricter).await;
        assert_eq!(admin.losses_of(seen().await, &catalogue, &policies).await.unwrap(), 0);
        assert_eq!(admin.apply_losses().await.unwrap(), 1);
        assert_eq!(it.roles(alice.user).await, Vec::<String>::new());
    })
    .await;
}
