use std::sync::Arc;

use serde_json::json;

use super::*;

#[test]
fn a_draft_decides_as_it_would_once_saved() {
    let house = House::new(text("contains(groups, '{{orgId}}')", "'Member'")).with_policy(OTHER, text("`true`", ""));
    let sent = claims(json!({ "sub": "1", "groups": ["home-lab"] }));
    let given = |place: Option<OrganizationKey>, text: &PolicyText, ceiling: &Ceiling| {
        let draft = Snapshot::draft(&house.catalogue, (IDP, place), text, ceiling);
        let policies = draft.idp(IDP).unwrap();
        explain(policies, policies.reach(), &sent).desired().collect::<Vec<_>>()
    };
    let admins = text("", "'Admin'");
    let none = Ceiling::None;
    // As the default policy it counts wherever nothing else does.
    assert_eq!(
        given(None, &text("`true`", "'Admin'"), &none),
        [(HOME_LAB, admin_of(HOME_LAB)), (OTHER, admin_of(OTHER))]
    );
    assert_eq!(given(None, &admins, &none), [(OTHER, admin_of(OTHER))]);
    // As an organization's own it counts there, and what it leaves out falls back.
    assert_eq!(given(Some(HOME_LAB), &admins, &none), [(HOME_LAB, admin_of(HOME_LAB))]);
    assert_eq!(given(Some(OTHER), &text("`false`", ""), &none), []);
    // And gives no more than its author could.
    assert_eq!(given(Some(HOME_LAB), &admins, &Ceiling::Roles([member_of(HOME_LAB)].into())), []);
}

#[test]
fn what_stays_as_it_was_is_not_parsed_again() {
    let before = House::new(text("contains(groups, '{{orgId}}')", "'Member'"));
    let old = before.snapshot();
    let after = before.with_policy(HOME_LAB, text("`true`", "'Member'"));
    let new = Snapshot::compile_after(&old, &after.catalogue);
    let selector =
        |snapshot: &Snapshot, organization| match snapshot.idp(IDP).expect("the IdP").org_selector(organization) {
            (_, Some(Ok(selector))) => Arc::clone(selector),
            other => panic!("{other:?}"),
        };
    assert!(Arc::ptr_eq(&selector(&old, OTHER), &selector(&new, OTHER)));
    assert!(!Arc::ptr_eq(&selector(&old, HOME_LAB), &selector(&new, HOME_LAB)));
}
