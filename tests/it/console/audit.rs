//! The audit log in the console.

use super::entry::with_server_admin;
use vestibule::directory::{Actor, UserSelector, Who};

use super::{open, press, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::world::{Places, World};

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

/// The lines of an export.
async fn exported(world: &World, browser: &Browser, path: &str) -> Vec<serde_json::Value> {
    let export = browser.fetch(&world.login(path)).await;
    assert_eq!(export.status, 200, "{}", export.text());
    export.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn the_log_is_narrowed_by_time_provider_and_organization_and_the_export_follows() {
    let with_second = |places: &Places| {
        with_server_admin(places) + &places.garage() + &places.idp("second", &places.issuer, Places::SEED_POLICY)
    };
    let world = World::start(Default::default(), with_second).await;
    let alice = signed_in(&world, "alice").await;
    Attempt::at(&world, &Browser::new(), &world.login("/login/second"), "bob").await;
    let asked = async |query: &str| {
        let page = open(&world, &alice, &format!("/console/audit?{query}")).await.text();
        let lines = exported(&world, &alice, &format!("/console/audit/export?{query}")).await;
        let actors: Vec<String> =
            lines.iter().map(|line| line["actor"].as_str().unwrap_or_default().to_owned()).collect();
        let rows = page.split("<tbody>").nth(1).unwrap_or_default().matches("<tr>").count();
        assert_eq!(rows, actors.len(), "{query}: {page}");
        (page, lines)
    };
    let (page, lines) = asked("idp=second").await;
    assert_eq!(lines.len(), 1, "{page}");
    assert!(page.contains("<bdi>bob</bdi>") && page.contains("selected>Second login"), "{page}");
    assert_eq!(asked("idp=second&action=sign-in-refused").await.1.len(), 0);
    assert_eq!(asked("idp=company&action=sign-in&who=alice").await.1.len(), 1);
    assert_eq!(asked("organization=garage").await.1.len(), 0);
    assert_eq!(asked("to=2020-01-01").await.1.len(), 0);
    let (page, all) = asked("from=2020-01-01").await;
    assert!(all.len() >= 3 && page.contains("value=\"2020-01-01T00:00\""), "{page}");
    // A filter that is none is told beside its field, and nothing is exported by it.
    for (query, told) in [
        ("idp=nowhere", "There is no identity provider of this id."),
        ("organization=nowhere", "There is no organization of this id."),
        ("from=%3Cb%3E", "An instant is written 2026-11-25"),
        ("action=theft", "Nothing is called so"),
    ] {
        let page = open(&world, &alice, &format!("/console/audit?{query}")).await.text();
        assert!(
            page.contains(told)
                && page.contains("Nothing was looked for")
                && !page.contains("/audit/export")
                && !page.contains("<b>"),
            "{query}: {page}"
        );
        let export = alice.fetch(&world.login(&format!("/console/audit/export?{query}"))).await;
        assert_eq!(export.status, 400, "{query}");
    }
}

#[tokio::test]
async fn an_organizations_admins_export_its_lines_and_no_others() {
    let world = World::start(Default::default(), |places: &Places| places.usual() + &places.garage()).await;
    let alice = signed_in(&world, "alice").await;
    let directory = world.directory().await;
    let live = directory.catalogue().await.expect("a catalogue");
    let lab = live.organizations.iter().find(|one| one.id.as_str() == "home-lab").expect("the lab").key.to_string();
    let page = open(&world, &alice, "/console/organizations/home-lab/tokens").await;
    press(&alice, &page, "/console/organizations/home-lab/tokens", &[("name", "ci"), ("days", "30")]).await;
    let garage = live.organizations.iter().find(|one| one.id.as_str() == "garage").expect("the garage").key;
    let (name, day) = ("theirs".parse().expect("a name"), std::time::Duration::from_secs(86_400));
    directory.server_admin(Actor::CommandLine).organization(garage).make_token(&name, day).await.expect("a token");
    let path = "/console/organizations/home-lab/audit";
    let lines = exported(&world, &alice, &format!("{path}/export")).await;
    assert!(lines.iter().any(|line| line["action"] == "token-made"), "{lines:?}");
    assert!(lines.iter().all(|line| line["organization"] == lab.as_str()), "{lines:?}");
    assert_eq!(exported(&world, &alice, &format!("{path}/export?to=2020-01-01")).await.len(), 0);
    // Neither a person nor another organization is asked for there.
    let asked = exported(&world, &alice, &format!("{path}/export?organization=garage&who=bob")).await;
    assert_eq!(asked, lines);
    let page = open(&world, &alice, &format!("{path}?action=token-made")).await.text().replace("&#x2f;", "/");
    assert!(page.contains(&format!("{path}/export?action=token-made")), "{page}");
    assert!(!page.contains("name=\"who\"") && !page.contains("name=\"organization\""), "{page}");
}

#[tokio::test]
async fn a_line_about_somebody_who_is_gone_leads_nowhere() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    let directory = world.directory().await;
    let admin = directory.server_admin(Actor::CommandLine);
    let bob = UserSelector::At("company".parse().expect("an id"), Who::Identifier("bob".to_owned()));
    let bob = admin.remove_user(&bob).await.expect("a removal");
    let page = open(&world, &alice, "/console/audit").await.text();
    assert!(page.contains(&format!("user {bob}")) && !page.contains(&format!("people&#x2f;{bob}")), "{page}");
}

#[tokio::test]
async fn who_is_no_server_admin_reads_no_log_of_the_server() {
    let world = World::start(Default::default(), with_server_admin).await;
    let bob = signed_in(&world, "bob").await;
    for path in ["/console/audit", "/console/audit/export"] {
        assert_eq!(bob.fetch(&world.login(path)).await.status, 403, "{path}");
    }
    // Nor one of an organization that they do not administer: there might as well be none.
    for path in ["audit", "audit/export"] {
        let path = format!("/console/organizations/home-lab/{path}");
        assert_eq!(bob.fetch(&world.login(&path)).await.status, 404, "{path}");
    }
}
