//! What a selector may answer, and which selector is asked.

use serde_json::{Value, json};

use super::{BY_CLAIM, Stage, organization, own_policy, with_default};

/// Signs somebody new in for each case and compares the roles they get.
async fn gives(stage: &Stage, cases: Vec<(Value, &[&str])>) {
    for (number, (mut claims, expected)) in cases.into_iter().enumerate() {
        let subject = format!("person-{number}");
        claims["sub"] = json!(subject);
        claims["preferred_username"] = json!(subject);
        let (_, page) = stage.sign_in(claims.clone()).await;
        assert_eq!(stage.roles(&subject).await, expected, "{claims}");
        assert_eq!(page.status, if expected.is_empty() { 403 } else { 200 }, "{claims}: {}", page.text());
    }
}

#[tokio::test]
async fn true_the_id_or_an_array_that_holds_it_is_a_match_and_nothing_else_is() {
    let stage = Stage::set(|places| with_default(places, "", "org = \"o\"\nrole = \"'Member'\"")).await;
    const BOTH: &[&str] = &["garage/Member", "home-lab/Member"];
    const ONE: &[&str] = &["home-lab/Member"];
    let case = |answer: Value, expected: &'static [&'static str]| (json!({ "o": answer }), expected);
    gives(
        &stage,
        vec![
            case(json!(true), BOTH),
            case(json!("home-lab"), ONE),
            case(json!(["attic", "home-lab"]), ONE),
            case(json!(["garage", "home-lab"]), BOTH),
            case(json!(false), &[]),
            case(json!("true"), &[]),
            case(json!("Home-Lab"), &[]),
            case(json!("home-lab "), &[]),
            case(json!("The home-lab"), &[]),
            case(json!(1), &[]),
            case(json!([]), &[]),
            case(json!([true]), &[]),
            case(json!([["home-lab"]]), &[]),
            case(json!({ "home-lab": true }), &[]),
            case(Value::Null, &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn roles_are_named_exactly_one_or_several_and_unknown_names_are_ignored() {
    let stage = Stage::set(|places| with_default(places, "", BY_CLAIM)).await;
    let case = |answer: Value, expected: &'static [&'static str]| (json!({ "o": "home-lab", "r": answer }), expected);
    gives(
        &stage,
        vec![
            case(json!("Admin"), &["home-lab/Admin"]),
            case(json!(["Member", "Admin"]), &["home-lab/Admin", "home-lab/Member"]),
            case(json!(["Member", "Member"]), &["home-lab/Member"]),
            case(json!(["Owner", "Member", 7, null, ""]), &["home-lab/Member"]),
            case(json!("Owner"), &[]),
            case(json!(["Owner", "Root"]), &[]),
            case(json!("member"), &[]),
            case(json!(" Member"), &[]),
            case(json!(true), &[]),
            case(json!([]), &[]),
            case(Value::Null, &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_organizations_policy_replaces_the_default_one_selector_by_selector() {
    let stage = Stage::set(|places| {
        places.head("auto_provision = true\n[idp.default_policy]\norg = \"o\"\nrole = \"'Member'\"")
            + &organization(places, "own-role", &own_policy("role = \"'Admin'\""))
            + &organization(places, "own-org", &own_policy("org = \"mine\""))
            + &organization(places, "own-both", &own_policy("org = \"mine\"\nrole = \"'Admin'\""))
            + &organization(places, "neither", "")
    })
    .await;
    gives(
        &stage,
        vec![
            (json!({ "o": true }), &["neither/Member", "own-role/Admin"]),
            (json!({ "mine": true }), &["own-both/Admin", "own-org/Member"]),
            (json!({}), &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_a_selector_nobody_is_matched() {
    for default_policy in ["", "org = \"`true`\"", "role = \"'Member'\""] {
        let stage = Stage::set(|places| with_default(places, "", default_policy)).await;
        gives(&stage, vec![(json!({}), &[])]).await;
    }
    // A policy for one provider says nothing about another's people.
    let stage = Stage::set(|places| {
        let own = "[[organization.policy]]\nidp = \"second\"\norg = \"`true`\"\nrole = \"'Member'\"";
        places.head("auto_provision = true")
            + &places.idp("second", &places.issuer, "auto_provision = true")
            + &organization(places, "home-lab", own)
    })
    .await;
    gives(&stage, vec![(json!({}), &[])]).await;
}

#[tokio::test]
async fn the_organizations_id_may_stand_in_texts_names_and_literals_of_either_selector() {
    for (org, role) in [
        ("contains(groups, '{{orgId}}')", "'Member'"),
        ("contains(groups, 'team-{{orgId}}-x')", "'Member'"),
        ("\\\"flag-{{orgId}}\\\"", "'Member'"),
        ("contains(groups, `\\\"{{orgId}}\\\"`)", "'Member'"),
        ("contains(`[\\\"{{orgId}}\\\"]`, 'home-lab')", "'Member'"),
        ("groups", "\\\"role-{{orgId}}\\\""),
        ("groups", "contains(groups, '{{orgId}}') && 'Member' || 'Admin'"),
    ] {
        let policy = format!("org = \"{org}\"\nrole = \"{role}\"");
        let stage = Stage::set(|places| with_default(places, "", &policy)).await;
        let claims = json!({
            "groups": ["home-lab", "team-home-lab-x"], "flag-home-lab": true, "role-home-lab": "Member",
        });
        gives(&stage, vec![(claims, &["home-lab/Member"])]).await;
    }
}

#[tokio::test]
async fn list_claims_are_always_lists_to_selectors() {
    let policy = "org = \"contains(teams, '{{orgId}}')\"\nrole = \"'Member'\"";
    let stage = Stage::set(|places| with_default(places, "list_claims = [\"teams\"]", policy)).await;
    const ONE: &[&str] = &["home-lab/Member"];
    gives(
        &stage,
        vec![
            (json!({ "teams": ["home-lab"] }), ONE),
            (json!({ "teams": "home-lab" }), ONE),
            (json!({ "teams": ["", "home-lab"] }), ONE),
            (json!({ "teams": "my-home-lab-team" }), &[]),
            (json!({ "teams": [""] }), &[]),
            (json!({ "teams": [] }), &[]),
            (json!({ "teams": { "home-lab": 1 } }), &[]),
            (json!({}), &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn claims_as_well_known_providers_shape_them_can_be_selected() {
    for (org, claims) in [
        // Cognito, Keycloak (roles of the realm, of a client, and groups by path), Entra (object ids).
        ("contains(\\\"cognito:groups\\\", '{{orgId}}')", json!({ "cognito:groups": ["home-lab"] })),
        ("contains(realm_access.roles, '{{orgId}}')", json!({ "realm_access": { "roles": ["home-lab"] } })),
        (
            "contains(resource_access.\\\"my-app\\\".roles, '{{orgId}}')",
            json!({ "resource_access": { "my-app": { "roles": ["home-lab"] } } }),
        ),
        ("contains(groups, '/teams/{{orgId}}')", json!({ "groups": ["/teams/home-lab", "home-lab"] })),
        (
            "contains(groups, '1f0e0c5e-7d7a-4c43-9ddf-5bd8c4b0a5f1') && 'home-lab'",
            json!({ "groups": ["1f0e0c5e-7d7a-4c43-9ddf-5bd8c4b0a5f1"] }),
        ),
    ] {
        let policy = format!("org = \"{org}\"\nrole = \"'Member'\"");
        let stage = Stage::set(|places| with_default(places, "", &policy)).await;
        gives(&stage, vec![(claims, &["home-lab/Member"])]).await;
    }
}
