use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::identity::RoleName;
use crate::policy::selector::{PreparedClaims, Selector};
use crate::policy::tests::claims;

fn lists() -> Vec<String> {
    vec!["groups".to_owned(), "roles".to_owned()]
}

fn path(text: &str) -> ClaimPath {
    ClaimPath::parse(text).unwrap()
}

fn listed(claim: &str, value: &str) -> Condition {
    Condition::lists(path(claim), value).unwrap()
}

fn named(id: &str) -> Chosen {
    Chosen::Named(OrganizationId::parse(id).unwrap())
}

fn row<T>(when: Condition, then: T) -> Row<T> {
    Row { when, then }
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).unwrap()
}

#[test]
fn rows_read_like_what_a_person_would_write() {
    let org = |rows: &[Row<Chosen>]| write_org(rows, &lists()).unwrap_or_default();
    let admin = || listed("groups", "admin");
    for (rows, text) in [
        (vec![], ""),
        (vec![row(Condition::Everybody, Chosen::Itself)], "`true`"),
        (vec![row(listed("groups", "{{orgId}}"), Chosen::Itself)], "contains(groups, '{{orgId}}')"),
        (vec![row(Condition::Everybody, named("home-lab"))], "'home-lab'"),
        (vec![row(admin(), named("home-lab"))], "contains(groups, 'admin') && 'home-lab'"),
        (
            vec![row(admin(), Chosen::Itself), row(Condition::domain("@example.com").unwrap(), Chosen::Itself)],
            "contains(groups, 'admin') || email_verified == `true` && matches_domain(email, 'example.com')",
        ),
        (
            vec![row(admin(), named("home-lab")), row(listed("realm_access.roles", "it's"), Chosen::Itself)],
            "[contains(groups, 'admin') && 'home-lab', contains(realm_access.roles || `[]`, `\"it's\"`) && '{{orgId}}']",
        ),
    ] {
        assert_eq!(org(&rows), text);
    }
    let rows = [row(admin(), role("Admin")), row(Condition::Everybody, role("Member"))];
    let write = |gives| write_role(&rows, gives, &lists()).unwrap();
    assert_eq!(write(Gives::First), "contains(groups, 'admin') && 'Admin' || 'Member'");
    assert_eq!(write(Gives::Every), "[contains(groups, 'admin') && 'Admin', 'Member']");
    assert_eq!(write_role(&[], Gives::First, &lists()), None);
}

#[test]
fn what_rows_cannot_say_stays_an_expression() {
    for text in [
        "groups",
        "contains(groups, 'a') && 'home-lab' || contains(groups, 'b') && 'other'",
        "contains(realm_access.roles, 'a')",
        "contains(groups || `[]`, 'a')",
        "contains(groups, ' a')",
        "email_verified && matches_domain(email, 'example.com')",
        "email_verified == `true` && matches_domain(mail, 'example.com')",
        "contains(groups, 'a') && contains(groups, 'b')",
        "contains(groups, `\"\"`)",
        "'team-{{orgId}}'",
        "[`true`]",
        "!contains(groups, 'a')",
        "no (",
    ] {
        assert_eq!(read_org(text, &lists()), None, "{text}");
    }
    for text in ["roles", "'a,b'", "'{{orgId}}'", "contains(groups, 'a') && `[\"Admin\"]`", "`true` && roles"] {
        assert_eq!(read_role(text, &lists()), None, "{text}");
    }
}

#[test]
fn claims_are_named_as_people_name_them() {
    for (typed, shown, plain) in [
        ("groups", "groups", "groups"),
        (" realm_access.roles ", "realm_access.roles", "realm_access.roles"),
        ("resource_access.my-client.roles", "resource_access.\"my-client\".roles", "resource_access.my-client.roles"),
        ("cognito:groups", "\"cognito:groups\"", "cognito:groups"),
        ("https://example.com/roles", "\"https://example.com/roles\"", "https://example.com/roles"),
        ("a.\"b.c\"", "a.\"b.c\"", "a.\"b.c\""),
        ("7up", "\"7up\"", "7up"),
    ] {
        let claim = path(typed);
        assert_eq!((claim.to_string().as_str(), claim.plain().as_str()), (shown, plain));
        assert_eq!(path(&claim.plain()), claim);
    }
    for bad in ["", " ", "a.", ".a", "\"", "a[\"b\"]", "\"\""] {
        assert!(ClaimPath::parse(bad).is_err(), "{bad}");
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let names = prop_oneof![Just("groups".to_owned()), "[a-z{}:./\"`'\\\\ -]{1,8}"];
    let claim = prop::collection::vec(names, 1..3).prop_filter_map("a claim", ClaimPath::of);
    let value = prop_oneof![Just("{{orgId}}".to_owned()), ".{1,8}"];
    prop_oneof![
        Just(Condition::Everybody),
        (claim.clone(), value.clone()).prop_filter_map("a value", |(c, v)| Condition::lists(c, &v).ok()),
        (claim, value).prop_filter_map("a value", |(c, v)| Condition::is(c, &v).ok()),
        "[a-z]{1,5}\\.[a-z]{2}".prop_map(|domain| Condition::domain(&domain).unwrap()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn rows_come_back_from_what_they_were_written_as(
        orgs in prop::collection::vec((condition(), prop::option::of("[a-z]{1,6}")), 1..4),
        roles in prop::collection::vec((condition(), "[A-Za-z '`\\\\]{1,6}"), 2..4),
        first in any::<bool>(),
    ) {
        let orgs: Vec<_> =
            orgs.into_iter().map(|(when, id)| row(when, id.map_or(Chosen::Itself, |id| named(&id)))).collect();
        let text = write_org(&orgs, &lists()).unwrap();
        if Selector::parse(&text).is_ok() {
            prop_assert_eq!(read_org(&text, &lists()), Some(orgs), "{}", text);
        }
        let roles: Option<Vec<_>> =
            roles.into_iter().map(|(when, name)| Some(row(when, RoleName::parse(&name).ok()?))).collect();
        if let Some(roles) = roles {
            let gives = if first { Gives::First } else { Gives::Every };
            let text = write_role(&roles, gives, &lists()).unwrap();
            if Selector::parse(&text).is_ok() {
                prop_assert_eq!(read_role(&text, &lists()), Some((roles, gives)), "{}", text);
            }
        }
    }

    #[test]
    fn rows_say_what_the_expression_said(
        parts in prop::collection::vec(prop::sample::select(vec![
            "contains(groups, 'a')", "contains(groups, '{{orgId}}')", "'home-lab'", "'other'", "'{{orgId}}'", "`true`",
            "dept == 'x'", "contains(x || `[]`, 'a')", "contains(groups, 'b') && 'home-lab'", "dept == 'x' && 'other'",
            "email_verified == `true` && matches_domain(email, 'e.com') && 'other'", "!groups", "groups",
        ]), 1..4),
        listed in any::<bool>(),
        id in prop::sample::select(vec!["home-lab", "other", "a"]),
        groups in prop::sample::subsequence(vec!["a", "b", "home-lab", "other"], 0..4),
        verified in any::<bool>(),
    ) {
        let text = if listed { format!("[{}]", parts.join(", ")) } else { parts.join(" || ") };
        if let Some(rows) = read_org(&text, &lists()) {
            let again = write_org(&rows, &lists()).unwrap();
            let claims = claims(json!({
                "groups": groups, "dept": "x", "x": ["a"], "email": "a@e.com", "email_verified": verified,
            }));
            let prepared = PreparedClaims::new(&claims);
            let chooses = |text: &str| {
                let returned = Selector::parse(text).unwrap().evaluate(&prepared, id).unwrap();
                returned.is_true() || returned.texts().any(|text| text == id)
            };
            prop_assert_eq!(chooses(&text), chooses(&again), "{} became {}", text, again);
        }
    }
}
