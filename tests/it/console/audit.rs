//! The audit log in the console.

use super::entry::with_server_admin;
use super::{open, signed_in};
use crate::kit::world::World;

#[tokio::test]
async fn the_log_shows_what_happened_and_is_narrowed_to_one_user_and_one_action() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    let all = open(&world, &alice, "/console/audit").await.text();
    assert!(all.contains("<bdi>alice</bdi>") && all.contains("<bdi>bob</bdi>") && all.contains("Sign in"), "{all}");
    let bobs = open(&world, &alice, "/console/audit?who=bob&action=sign-in").await.text();
    assert!(bobs.contains("<bdi>bob</bdi>") && !bobs.contains("<td><bdi>alice</bdi>"), "{bobs}");
    let none = open(&world, &alice, "/console/audit?who=bob&action=user-removed").await.text();
    assert!(none.contains("Nothing like this has happened"), "{none}");
    let nobody = open(&world, &alice, "/console/audit?who=%3Cscript%3E").await.text();
    assert!(nobody.contains("There is nobody of this username.") && !nobody.contains("<script>"), "{nobody}");
}

#[tokio::test]
async fn the_log_is_exported_whole_as_json_lines() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let export = alice.fetch(&world.login("/console/audit/export")).await;
    assert_eq!(export.header("content-type"), Some("application/jsonl"));
    let text = export.text();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.last().expect("a line")["action"], "sign-in");
    assert_eq!(lines[0]["action"], "configuration-applied");
}

#[tokio::test]
async fn who_is_no_server_admin_reads_no_log_of_the_server() {
    let world = World::start(Default::default(), with_server_admin).await;
    let bob = signed_in(&world, "bob").await;
    for path in ["/console/audit", "/console/audit/export"] {
        assert_eq!(bob.fetch(&world.login(path)).await.status, 403, "{path}");
    }
    // Nor one of an organization that they do not administer: there might as well be none.
    assert_eq!(bob.fetch(&world.login("/console/organizations/home-lab/audit")).await.status, 404);
}
