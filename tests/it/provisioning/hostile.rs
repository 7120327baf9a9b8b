//! Expressions written to do harm.

use serde_json::json;

use super::{Stage, organization, own_policy, with_default};
use crate::kit::command::run;
use crate::kit::logs;
use crate::kit::world::Places;

/// Expressions that overflow a stack, or a memory, of whoever parses them without looking first.
fn bombs() -> Vec<String> {
    let deep = |open: &str, close: &str| format!("{}a{}", open.repeat(200_000), close.repeat(200_000));
    vec![
        deep("(", ")"),
        deep("[", "]"),
        deep("not_null(", ")"),
        deep("!", ""),
        format!("`{}{}`", "[".repeat(200_000), "]".repeat(200_000)),
        "a.".repeat(200_000) + "a",
        "a|".repeat(200_000) + "a",
        "a[]".repeat(200_000),
        "a||".repeat(200_000) + "a",
        "&".repeat(200_000) + "a",
    ]
}

#[tokio::test]
async fn a_hostile_expression_is_refused_at_load_and_the_process_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("vestibule.toml");
    let places = Places {
        port: 1,
        issuer: "http://127.0.0.1:1".to_owned(),
        upstream: ([127, 0, 0, 1], 1).into(),
        database: format!("sqlite://{}", folder.path().join("never.db").display()),
    };
    for bomb in bombs() {
        for place in ["org", "role"] {
            let text = with_default(&places, "", &format!("{place} = '''{bomb}'''"));
            std::fs::write(&file, text).expect("written");
            for command in ["check", "serve"] {
                let done = run(&[command], &file).await;
                let told = done.err;
                assert_eq!(done.code, Some(2), "{command}: {}… {told}", &bomb[..20]);
                assert!(told.contains(&format!("default_policy.{place}")), "{told}");
                assert!(told.len() < 2_000, "{} bytes of complaint", told.len());
            }
        }
    }
    assert!(!folder.path().join("never.db").exists());
}

#[tokio::test]
async fn the_organizations_id_as_code_is_refused_at_load() {
    let stage = Stage::set(|places| with_default(places, "", "")).await;
    for text in ["{{orgId}}", "contains(groups, {{orgId}})", "groups.{{orgId}}", "{{ orgId }} || 'x'", "&{{orgId}}"] {
        let file = with_default(&stage.world.places, "", &format!("org = '''{text}'''"));
        let Err(problems) = vestibule::config::parse("the file", &file, []) else { panic!("taken: {text}") };
        let told = problems.to_string();
        assert!(told.contains("default_policy.org") && told.contains("orgId"), "{text}: {told}");
    }
}

#[tokio::test]
async fn an_expression_that_would_never_end_is_an_error_of_its_organization_alone() {
    // Each step makes eight times what came before, as often as a selector may.
    let again = ["@"; 8].join(",");
    let bomb = format!("[{}][] | [{again}][] | [{again}][]", ["groups"; 8].join(","));
    let stage = Stage::set(|places| {
        places.head("auto_provision = true\n[idp.default_policy]\norg = \"`true`\"\nrole = \"'Member'\"")
            + &organization(places, "home-lab", "")
            + &organization(places, "doubling", &own_policy(&format!("org = \"{bomb}\"")))
            + &organization(places, "ordering", &own_policy(&format!("role = \"sort({bomb})\"")))
    })
    .await;
    let groups: Vec<String> = (0..500).map(|number| format!("group-{number}")).collect();
    let (_, page) = stage.sign_in(json!({ "groups": groups })).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.roles("alice").await, ["home-lab/Member"]);
    for failed in ["doubling: org selector: ", "ordering: role selector: "] {
        let told = logs::holding(failed);
        assert!(told.iter().any(|line| line.contains("signed in") && line.contains("notes")), "{told:?}");
    }
}
