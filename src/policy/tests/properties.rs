use proptest::prelude::*;
use serde_json::json;

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z-]{0,8}|home-lab|other|Admin|Member".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = "groups|roles|a|b|home-lab|[a-z]{1,3}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn sent() -> impl Strategy<Value = Value> {
    let name = "sub|email|groups|roles|email_verified|hasgroups|_claim_names|a|b";
    prop::collection::btree_map(name, any_json(), 0..6).prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn selector() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "groups",
        "roles",
        "a.b",
        "a[]",
        "groups[?@ == '{{orgId}}'] | [0]",
        "contains(groups, '{{orgId}}')",
        "`true`",
        "a || groups",
        "keys(@)",
        "*",
        "@",
        "length(a) > `1`",
        "[a, groups][]",
        "'Admin'",
        "roles[0]",
        "max(groups)",
    ]);
    prop_oneof![known.prop_map(str::to_owned), "[ -~]{0,24}"]
}

/// Org selectors near the shapes that are answered for all organizations at once: those shapes, what they are joined to,
/// and what only looks like them.
fn shaped() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "contains(groups, '{{orgId}}')",
        "contains(groups, 'x{{orgId}}')",
        "contains(roles, '{{orgId}}y')",
        "contains(a, '{{orgId}}')",
        "contains(a, '{{orgId}}{{orgId}}')",
        "contains(@, '{{orgId}}')",
        "contains('{{orgId}}', a)",
        "groups[?@ == '{{orgId}}']",
        "groups[?'{{orgId}}' == @]",
        "roles[?@ == 'x{{orgId}}']",
        "roles[?@ != '{{orgId}}']",
        "a == '{{orgId}}'",
        "'{{orgId}}' == a",
        "@ == '{{orgId}}'",
        "groups[0] == '{{orgId}}'",
        "a.\"{{orgId}}\"",
        "'{{orgId}}'",
        "`[\"{{orgId}}\"]`",
        "`true`",
        "`false`",
        "a",
        "b",
        "groups",
        "length(a)",
        "email_verified",
        "'home-lab'",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} && {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} || {other})")),
            inner.prop_map(|one| format!("!({one})")),
        ]
    })
}

/// Claims that often name an organization.
fn naming() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["home-lab", "other", "xother", "home-laby", "home", "", "Admin", "Member"]);
    let entry = prop_oneof![4 => name.prop_map(Value::from), 1 => any_json()];
    let value = prop_oneof![
        3 => prop::collection::vec(entry.clone(), 0..5).prop_map(Value::from),
        2 => entry,
        1 => Just(Value::Null),
    ];
    let key = "groups|roles|email_verified|hasgroups|a|b";
    prop::collection::btree_map(key, value, 0..6).prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_decided_for_all_at_once_is_what_each_organization_would_get(
        org in shaped(), own in prop::option::of(shaped()), role in selector(), claims in naming(),
    ) {
        let mut house = House::new(text(&org, &role));
        if let Some(own) = own {
            house = house.with_policy(OTHER, text(&own, ""));
        }
        let claims = claims_of(claims, None);
        let snapshot = house.snapshot();
        let policies = snapshot.idp(IDP).unwrap();
        let decided = decide(policies, policies.reach(), &claims);
        let mut explained = explain(policies, policies.reach(), &claims);
        explained.verdicts.retain(|verdict| !matches!(verdict.outcome, Outcome::NoMatch { .. }));
        prop_assert_eq!(decided, explained);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_organization_gets_one_verdict_whatever_comes(
        default in (selector(), selector()), own in (selector(), selector()), one in sent(), two in sent(),
    ) {
        let house = House::new(text(&default.0, &default.1)).with_policy(OTHER, text(&own.0, &own.1));
        let claims = claims_of(one, Some(two));
        let decision = house.decide(&claims);
        let organizations: Vec<_> = decision.verdicts.iter().map(|verdict| verdict.organization).collect();
        prop_assert_eq!(organizations, [HOME_LAB, OTHER]);
        for (organization, role) in decision.desired() {
            prop_assert!([admin_of(organization), member_of(organization)].contains(&role));
        }
        prop_assert_eq!(house.decide(&claims), decision);
        let snapshot = house.snapshot();
        let _ = snapshot.idp(IDP).unwrap().profile().read(&claims);
    }

    #[test]
    fn what_one_organization_writes_changes_nothing_for_another(own in (selector(), selector()), one in sent()) {
        let default = text("contains(groups, '{{orgId}}')", "roles");
        let alone = House::new(default.clone()).outcome(HOME_LAB, one.clone());
        let beside = House::new(default).with_policy(OTHER, text(&own.0, &own.1)).outcome(HOME_LAB, one);
        prop_assert_eq!(alone, beside);
    }

    #[test]
    fn membership_is_of_whole_names(group in "[a-z-]{0,12}", single in any::<bool>()) {
        let sent = if single { json!({"groups": group}) } else { json!({"groups": [group.clone()]}) };
        let grants = House::new(text("contains(groups, '{{orgId}}')", "'Member'")).grants(sent);
        prop_assert_eq!(grants.len(), usize::from(group == "home-lab" || group == "other"));
    }
}
