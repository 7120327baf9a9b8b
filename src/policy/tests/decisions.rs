use serde_json::json;

use super::*;

/// The claims of the seed's four examples.
fn seed() -> Value {
    json!({
        "sub": "9590c3bfccd1b1a54b35845fb1bb950057dfa50fba43cb8bada58b462c80e207",
        "aud": "JJoSvHCZcxnXT2sn6CObj6a21MuKNRXs3kN5wbys",
        "exp": 1_745_790_819, "iat": 1_745_789_019, "auth_time": 1_745_789_019,
        "email": "user@example.com", "email_verified": true, "name": "Example User",
        "groups": ["home-lab", "admin"]
    })
}

const ROLE: &str = "contains(groups, 'admin') && 'Admin' || 'Member'";

fn given(role: RoleId) -> Given {
    let name = if [HOME_LAB, OTHER].map(admin_of).contains(&role) { "Admin" } else { "Member" };
    Given { id: role, name: RoleName::parse(name).unwrap() }
}

fn granted(role: RoleId) -> Outcome {
    Outcome::Granted { roles: vec![given(role)], left_out: LeftOut::default() }
}

fn no_such_role(asked: &[&str]) -> Outcome {
    let unknown = asked.iter().map(|name| (*name).to_owned()).collect();
    Outcome::NoSuchRole { asked: LeftOut { unknown, beyond: Vec::new() } }
}

fn error(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Error { reason } => reason,
        other => panic!("no error: {other:?}"),
    }
}

#[test]
fn the_seeds_examples_as_default_policy() {
    let everywhere = House::new(text("contains(groups, 'home-lab')", ROLE));
    assert_eq!(everywhere.grants(seed()), [(HOME_LAB, admin_of(HOME_LAB)), (OTHER, admin_of(OTHER))]);
    for org in ["'home-lab'", "contains(groups, '{{orgId}}')"] {
        let house = House::new(text(org, ROLE));
        assert_eq!(house.grants(seed()), [(HOME_LAB, admin_of(HOME_LAB))], "{org}");
        assert_eq!(house.grants(json!({"groups": ["home-lab"]})), [(HOME_LAB, member_of(HOME_LAB))], "{org}");
    }
}

#[test]
fn the_seeds_examples_as_organization_policy() {
    for org in ["contains(groups, 'home-lab')", "'home-lab'", "contains(groups, '{{orgId}}')"] {
        let house = House::new(PolicyText::default()).with_policy(HOME_LAB, text(org, ROLE));
        assert_eq!(house.grants(seed()), [(HOME_LAB, admin_of(HOME_LAB))], "{org}");
        assert_eq!(house.grants(json!({"groups": ["home-lab"]})), [(HOME_LAB, member_of(HOME_LAB))], "{org}");
    }
}

#[test]
fn a_match_is_true_or_the_id_or_a_list_that_holds_it() {
    let matches = |org: &str| {
        let outcome = House::new(text(org, "'Member'")).outcome(HOME_LAB, seed());
        matches!(outcome, Outcome::Granted { .. })
    };
    for org in ["`true`", "'home-lab'", "groups", "['x', 'home-lab']", "'{{orgId}}'", "[`1`, `null`, 'home-lab']"] {
        assert!(matches(org), "{org}");
    }
    for org in [
        "`false`",
        "'true'",
        "`1`",
        "`[true]`",
        "'HOME-LAB'",
        "'home'",
        "`{\"home-lab\": true}`",
        "nothing",
        "`[[\"home-lab\"]]`",
        "['home']",
        "name",
    ] {
        assert!(!matches(org), "{org}");
    }
    let house = House::new(text("name", "'Member'"));
    assert_eq!(house.outcome(HOME_LAB, seed()), Outcome::NoMatch { returned: json!("Example User") });
}

#[test]
fn roles_are_exact_names_one_or_several() {
    let outcome = |role: &str| House::new(text("`true`", role)).outcome(HOME_LAB, seed());
    assert_eq!(outcome("'Member'"), granted(member_of(HOME_LAB)));
    let both = vec![given(member_of(HOME_LAB)), given(admin_of(HOME_LAB))];
    assert_eq!(
        outcome("['Member', 'Admin', 'Member', 'Ghost', 'Ghost', `null`, `false`, `3`]"),
        Outcome::Granted { roles: both, left_out: LeftOut { unknown: vec!["Ghost".to_owned()], beyond: vec![] } }
    );
    assert_eq!(outcome("'admin'"), no_such_role(&["admin"]));
    for nothing in ["`false`", "`null`", "`true`", "`{}`", "`[]`", "`[[\"Admin\"]]`", "nothing"] {
        assert_eq!(outcome(nothing), no_such_role(&[]), "{nothing}");
    }
    let Outcome::NoSuchRole { asked } = House::new(text("`true`", "groups"))
        .outcome(HOME_LAB, json!({"groups": (0..500).map(|n| format!("{n}{}", "x".repeat(90))).collect::<Vec<_>>()}))
    else {
        panic!("no role was there")
    };
    assert_eq!(asked.unknown.len(), 20);
}

#[test]
fn selectors_fall_back_one_by_one() {
    let house = House::new(text("contains(groups, '{{orgId}}')", "'Member'"))
        .with_policy(HOME_LAB, text("", "'Admin'"))
        .with_policy(OTHER, text("`true`", ""));
    let decision = house.decide(&claims(seed()));
    assert_eq!(decision.desired().collect::<Vec<_>>(), [(HOME_LAB, admin_of(HOME_LAB)), (OTHER, member_of(OTHER))]);
    let applied: Vec<_> = decision.verdicts.iter().map(|v| (v.org_selector, v.role_selector)).collect();
    let default = Applied::Default(DEFAULT_POLICY);
    assert_eq!(applied, [(default, Applied::Own(own_policy(HOME_LAB))), (Applied::Own(own_policy(OTHER)), default)]);
    assert_eq!(decision.version, 7);
}

#[test]
fn without_a_selector_nobody_gets_anything() {
    assert_eq!(House::new(text("", "'Member'")).outcome(HOME_LAB, seed()), Outcome::NoMatch { returned: Value::Null });
    assert_eq!(House::new(text("`true`", "")).outcome(HOME_LAB, seed()), no_such_role(&[]));
}

#[test]
fn a_bad_selector_costs_its_own_organization_alone() {
    for bad in ["contains(nothing, 'x')", "groups[", "nosuch(@)", "{{orgId}}"] {
        let house = House::new(text("contains(groups, '{{orgId}}')", ROLE)).with_policy(OTHER, text(bad, ""));
        let decision = house.decide(&claims(seed()));
        assert_eq!(decision.desired().collect::<Vec<_>>(), [(HOME_LAB, admin_of(HOME_LAB))], "{bad}");
        assert_eq!(decision.errored().collect::<Vec<_>>(), [OTHER], "{bad}");
        assert!(error(&decision.verdicts[1].outcome).starts_with("org selector: "), "{bad}");
    }
    let house = House::new(text("`true`", "starts_with(nothing, 'a')"));
    assert!(error(&house.outcome(HOME_LAB, seed())).starts_with("role selector: starts_with() takes a text"));
    let unasked = House::new(text("`false`", "groups["));
    assert_eq!(unasked.outcome(HOME_LAB, seed()), Outcome::NoMatch { returned: json!(false) });
}

#[test]
fn groups_as_providers_really_send_them() {
    let house = House::new(text("contains(groups, '{{orgId}}')", ROLE));
    let nobody = |sent: Value| {
        assert_eq!(house.outcome(HOME_LAB, sent.clone()), Outcome::NoMatch { returned: json!(false) }, "{sent}");
    };
    nobody(json!({}));
    nobody(json!({"groups": null}));
    nobody(json!({"groups": []}));
    nobody(json!({"groups": [""]}));
    nobody(json!({"groups": ""}));
    // A piece of a name is no membership.
    nobody(json!({"groups": "not-home-lab-at-all"}));
    nobody(json!({"groups": "xhome-lab"}));
    nobody(json!({"groups": {"home-lab": true}}));
    nobody(json!({"groups": ["/home-lab"]}));
    assert_eq!(house.grants(json!({"groups": "home-lab"})), [(HOME_LAB, member_of(HOME_LAB))]);
    let superadmin = json!({"groups": ["home-lab", "superadmin"]});
    assert_eq!(house.grants(superadmin), [(HOME_LAB, member_of(HOME_LAB))]);
}

#[test]
fn claims_of_cognito_and_keycloak() {
    let in_home_lab = [(HOME_LAB, member_of(HOME_LAB))];
    let grants = |org: &str, sent: Value| House::new(text(org, "'Member'")).grants(sent);
    assert_eq!(grants("\"cognito:groups\"", json!({"cognito:groups": ["home-lab"]})), in_home_lab);
    let keycloak = json!({
        "realm_access": {"roles": ["offline_access", "home-lab"]},
        "resource_access": {"vestibule": {"roles": ["home-lab"]}},
        "groups": ["/home-lab", "/other/nested"]
    });
    assert_eq!(grants("realm_access.roles", keycloak.clone()), in_home_lab);
    assert_eq!(grants("resource_access.\"vestibule\".roles", keycloak.clone()), in_home_lab);
    assert_eq!(grants("contains(groups, '/{{orgId}}')", keycloak), in_home_lab);
}

#[test]
fn a_required_claim_that_is_absent_is_an_error_everywhere() {
    let house = House::new(text("`true`", "'Member'"))
        .with_idp(|idp| idp.spec.required_claims = vec!["sub".to_owned(), "groups".to_owned()]);
    for sent in [json!({"sub": "1"}), json!({"sub": "1", "groups": null})] {
        let decision = house.decide(&claims(sent));
        assert_eq!(decision.desired().count(), 0);
        assert_eq!(decision.errored().collect::<Vec<_>>(), [HOME_LAB, OTHER]);
        assert_eq!(error(&decision.verdicts[0].outcome), "the required claim `groups` is absent");
    }
    assert_eq!(house.grants(json!({"sub": "1", "groups": []})).len(), 2);
}

#[test]
fn entras_overage_is_an_error_not_no_groups() {
    let house = House::new(text("contains(groups, '{{orgId}}')", ROLE)).with_policy(OTHER, text("'other'", "'Member'"));
    for sent in [json!({"_claim_names": {"groups": "src1"}}), json!({"hasgroups": true}), json!({"hasgroups": "true"})]
    {
        let decision = house.decide(&claims(sent));
        assert_eq!(decision.errored().collect::<Vec<_>>(), [HOME_LAB]);
        assert!(error(&decision.verdicts[0].outcome).contains("withheld the claim `groups`"));
        assert_eq!(decision.desired().collect::<Vec<_>>(), [(OTHER, member_of(OTHER))]);
    }
}

#[test]
fn an_organizations_own_idp_speaks_to_it_alone() {
    let owned = |house: House, owner: Option<OrganizationKey>| {
        house.with_idp(|idp| {
            idp.owner = owner;
            idp.spec.owner = Some(OrganizationId::parse("other").unwrap());
        })
    };
    let house = owned(House::new(text("`true`", "'Admin'")), Some(OTHER)).with_policy(HOME_LAB, text("`true`", ""));
    assert_eq!(house.grants(seed()), [(OTHER, admin_of(OTHER))]);
    // Not even a wider reach from elsewhere widens it.
    let snapshot = house.snapshot();
    let wide = House::new(PolicyText::default()).snapshot();
    let wide = wide.idp(IDP).unwrap().reach();
    assert_eq!(wide.organizations().collect::<Vec<_>>(), [HOME_LAB, OTHER]);
    let decision = decide(snapshot.idp(IDP).unwrap(), wide, &claims(seed()));
    assert_eq!(decision.desired().collect::<Vec<_>>(), [(OTHER, admin_of(OTHER))]);
    // An owner that is gone leaves nobody.
    let orphan = owned(House::new(text("`true`", "'Admin'")), None);
    assert_eq!(orphan.decide(&claims(seed())).verdicts, []);
    let idp = &house.catalogue.idps[0];
    assert_eq!(Reach::of(idp, &house.catalogue).organizations().collect::<Vec<_>>(), [OTHER]);
}

#[test]
fn a_reach_narrows() {
    let house = House::new(text("`true`", "'Member'"));
    let snapshot = house.snapshot();
    let policies = snapshot.idp(IDP).unwrap();
    let decision = decide(policies, &policies.reach().only(OTHER), &claims(seed()));
    assert_eq!(decision.desired().collect::<Vec<_>>(), [(OTHER, member_of(OTHER))]);
    assert!(policies.reach().contains(HOME_LAB));
    assert_eq!(snapshot.version(), 7);
    assert!(snapshot.idp(IdpKey::new(Uuid::from_u128(2))).is_none());
}

#[test]
fn texts_are_checked_before_they_are_saved() {
    assert!(check_selector("contains(groups, '{{orgId}}')").is_ok());
    assert!(check_path("realm_access.roles[0]").is_ok());
    assert!(check_path("'{{orgId}}'").unwrap_err().to_string().contains("about a person"));
    assert!(check_selector("contains(groups").is_err());
}

#[test]
fn no_policy_gives_more_than_its_ceiling() {
    let member_alone = || Ceiling::Roles([member_of(HOME_LAB)].into());
    let both = text("`true`", "['Admin', 'Member']");
    let capped = House::new(both.clone()).with_idp(|idp| idp.default_ceiling = member_alone());
    let left_out = || LeftOut { unknown: Vec::new(), beyond: vec!["Admin".to_owned()] };
    let cut = Outcome::Granted { roles: vec![given(member_of(HOME_LAB))], left_out: left_out() };
    assert_eq!(capped.outcome(HOME_LAB, seed()), cut);
    assert_eq!(capped.grants(seed()), [(HOME_LAB, member_of(HOME_LAB))]);
    // The ceiling is that of the policy whose role selector was asked.
    let mut own = capped.with_policy(HOME_LAB, both);
    assert_eq!(own.grants(seed()).len(), 2);
    own.catalogue.policies[0].ceiling = Ceiling::Roles(Default::default());
    let beyond = vec!["Admin".to_owned(), "Member".to_owned()];
    let nothing = Outcome::NoSuchRole { asked: LeftOut { unknown: Vec::new(), beyond } };
    assert_eq!(own.outcome(HOME_LAB, seed()), nothing);
    assert_eq!(own.grants(seed()), []);
}

#[test]
fn a_selector_is_held_to_the_claims_its_author_may_see() {
    let claims = ["groups".to_owned(), "email".to_owned()];
    let may = Sight::Claims(&claims);
    for fine in ["contains(groups, '{{orgId}}') && email != ''", "'home-lab'", "no ("] {
        assert_eq!(check_reads(fine, may), Ok(()), "{fine}");
    }
    for (text, why) in [
        ("groups[?@ == 'a'] && salary > `3`", "not `salary`"),
        ("@.salary", "name the claim"),
        ("*", "name the claim"),
        ("\"{{orgId}}\"", "name the claim"),
    ] {
        let error = check_reads(text, may).unwrap_err().to_string();
        assert!(error.starts_with("of this provider's claims only groups, email may be used here"), "{error}");
        assert!(error.contains(why), "{error}");
        assert_eq!(check_reads(text, Sight::All), Ok(()));
    }
    let none = check_reads("groups", Sight::Nothing).unwrap_err().to_string();
    assert!(none.starts_with("none of this provider's claims"), "{none}");
}

#[test]
fn what_a_verdict_quotes_of_claims_is_told_to_whoever_sees_them() {
    let roles = ["roles".to_owned()];
    let groups = ["groups".to_owned()];
    let snapshot = House::new(text("groups", "roles")).snapshot();
    let seen = |sight: Sight<'_>, sent: Value| {
        let policies = snapshot.idp(IDP).unwrap();
        let verdict = explain(policies, &policies.reach().only(HOME_LAB), &claims(sent)).verdicts.remove(0);
        policies.seen(verdict, sight).outcome
    };
    let elsewhere = json!({ "sub": "1", "groups": ["secret"] });
    let no_match = |returned: Value| Outcome::NoMatch { returned };
    assert_eq!(seen(Sight::Claims(&groups), elsewhere.clone()), no_match(json!(["secret"])));
    assert_eq!(seen(Sight::All, elsewhere.clone()), no_match(json!(["secret"])));
    assert_eq!(seen(Sight::Claims(&roles), elsewhere.clone()), no_match(json!("…")));
    assert_eq!(seen(Sight::Nothing, elsewhere), no_match(json!("…")));
    let strange = json!({ "sub": "1", "groups": ["home-lab"], "roles": ["secret"] });
    assert_eq!(seen(Sight::Claims(&roles), strange.clone()), no_such_role(&["secret"]));
    assert_eq!(seen(Sight::Claims(&groups), strange), no_such_role(&[]));
}
