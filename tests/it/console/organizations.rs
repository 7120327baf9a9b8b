//! Organizations in the console: made, changed, deleted, by those who may.

use super::{open, press, signed_in};
use crate::kit::browser::{Browser, Response};
use crate::kit::world::{Places, World};

/// Alice is a server admin; Bob administers the home lab, where Alice is a member.
pub(super) fn with_admins(places: &Places) -> String {
    let idp = r#"
auto_provision = true
server_admin = "preferred_username == 'alice'"
[idp.default_policy]
org = "contains(groups, '{{orgId}}')"
role = "preferred_username == 'bob' && 'Admin' || 'Member'"
"#;
    places.head(idp) + &places.home_lab("") + &places.garage()
}

/// The fields of an organization that is called so and has these roles, of which the first administers.
pub(super) fn named<'a>(name: &'a str, roles: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let roles = roles.iter().map(|role| ("role", *role));
    [("name", name), ("admin-0", "on"), ("do", "save")].into_iter().chain(roles).collect()
}

/// Opens the form at `path` and sends it with these fields.
pub(super) async fn post(world: &World, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Response {
    let page = open(world, browser, path).await;
    press(browser, &page, path, fields).await
}

/// What the forms of a page carry unseen, but for its token.
pub(super) fn carried(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    let pairs = inputs.filter_map(|input| input.split_once("\" value=\""));
    let pairs = pairs.filter_map(|(name, rest)| Some((name.to_owned(), rest.split('"').next()?.to_owned())));
    pairs.filter(|(name, _)| name != "csrf").collect()
}

/// Confirms what a page asks, with these answers.
pub(super) async fn confirm(browser: &Browser, page: &Response, action: &str, answers: &[(&str, &str)]) -> Response {
    let carried = carried(&page.text());
    let fields: Vec<(&str, &str)> = carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    press(browser, page, action, &[fields, answers.to_vec()].concat()).await
}

const NEW: &str = "/console/organizations/_new";

/// Makes the organization `admin`, whose roles Alice's group gives her.
pub(super) async fn make(world: &World, alice: &Browser, roles: &[&str], more: &[(&str, &str)]) {
    let fields = [named("The admins", roles), vec![("id", "admin")], more.to_vec()].concat();
    let mut made = post(world, alice, NEW, &fields).await;
    // Of the roles by which selectors call it, somebody gains one.
    if made.status == 200 {
        made = confirm(alice, &made, NEW, &[]).await;
    }
    assert_eq!(made.header("location"), Some("/console/organizations/admin?done=created"), "{}", made.text());
}

#[tokio::test]
async fn a_server_admin_makes_an_organization_and_sees_it_at_once() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    let allotted = [("hosts", "club.example.com\r\n"), ("networks", "10.1.0.0/16\r\n::1")];
    make(&world, &alice, &["Chief", "Guest"], &allotted).await;
    let page = open(&world, &alice, "/console/organizations/admin").await.text();
    for shown in ["The admins", "Guest", "club.example.com", "10.1.0.0&#x2f;16", "::1&#x2f;128", "administers it"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let all = open(&world, &alice, "/console/organizations").await.text();
    assert!(all.contains("The admins") && all.contains("Home lab") && all.contains("Garage"), "{all}");
    let found = open(&world, &alice, "/console/organizations?q=ADM").await.text();
    assert!(found.contains("The admins") && !found.contains("Home lab"), "{found}");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    let cases = [
        ("id", "Not A Slug", "lower-case letters"),
        ("id", "home-lab", "another organization has this id"),
        ("new-role", "a,b", "without comma"),
        ("hosts", "*.example.com", "without * or a leading dot"),
        ("networks", "10.0.0.0-40", "an IP address or a CIDR"),
        ("name", "two\nlines", "a name is one line"),
    ];
    for (field, value, why) in cases {
        let usual = [named("The club", &["Chief"]), vec![("id", "club")]].concat();
        let usual = usual.into_iter().filter(|(name, _)| *name != field);
        let page = post(&world, &alice, NEW, &usual.chain([(field, value)]).collect::<Vec<_>>()).await;
        let text = page.text();
        assert_eq!(page.status, 422, "{field}={value}: {text}");
        assert!(text.contains(why) && text.contains(value) && text.contains("value=\"Chief\""), "{why}: {text}");
    }
    let roleless = post(&world, &alice, NEW, &[named("Club", &[]), vec![("id", "club")]].concat()).await;
    assert!(roleless.status == 422 && roleless.text().contains("at least one role"), "{}", roleless.text());
    assert!(!open(&world, &alice, "/console/organizations").await.text().contains("lub"));
}

#[tokio::test]
async fn roles_are_added_and_removed_in_the_form_without_saving_anything() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    make(&world, &alice, &["Chief", "Guest"], &[]).await;
    let edit = "/console/organizations/admin/edit";
    let fields =
        |button| vec![("name", "x"), ("role", "Chief"), ("role", "Guest"), ("new-role", "Cook"), ("do", button)];
    let added = post(&world, &alice, edit, &fields("add")).await.text();
    assert!(added.contains("name=\"role\" value=\"Cook\""), "{added}");
    let removed = post(&world, &alice, edit, &fields("remove-1")).await.text();
    assert!(!removed.contains("name=\"role\" value=\"Guest\""), "{removed}");
    let live = open(&world, &alice, "/console/organizations/admin").await.text();
    assert!(live.contains("Guest") && !live.contains("Cook"), "{live}");
}

#[tokio::test]
async fn a_role_that_somebody_holds_goes_when_that_was_shown_and_is_meant() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    make(&world, &alice, &["Chief", "Member"], &[]).await;
    let alice = signed_in(&world, "alice").await;
    let edit = "/console/organizations/admin/edit";
    let asked = post(&world, &alice, edit, &named("The admins", &["Chief"])).await;
    let text = asked.text();
    assert!(asked.status == 200 && text.contains("admin&#x2f;Member") && text.contains("alice"), "{text}");
    let unanswered = confirm(&alice, &asked, edit, &[]).await;
    assert!(unanswered.text().contains("Say what is meant"), "{}", unanswered.text());
    let page = open(&world, &alice, "/console/organizations/admin").await.text();
    assert!(page.contains("Member"), "nothing has happened yet: {page}");
    let done = confirm(&alice, &unanswered, edit, &[("meant-roles", "yes")]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = open(&world, &alice, "/console/organizations/admin").await.text();
    assert!(!page.contains("Member"), "{page}");
}

#[tokio::test]
async fn deleting_an_organization_names_what_goes_along() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    make(&world, &alice, &["Chief", "Guest"], &[]).await;
    let delete = "/console/organizations/admin/delete";
    let asked = open(&world, &alice, delete).await;
    let text = asked.text();
    assert!(text.contains("Delete The admins?") && text.contains("Role Guest"), "{text}");
    let gone = confirm(&alice, &asked, delete, &[]).await;
    assert_eq!(gone.header("location"), Some("/console/organizations?done=deleted"), "{}", gone.text());
    assert_eq!(open(&world, &alice, "/console/organizations/admin").await.status, 404);
}

#[tokio::test]
async fn what_the_file_declares_is_read_only_here_and_says_so() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, "/console/organizations/home-lab").await;
    assert!(page.text().contains("Managed by the configuration file"), "{}", page.text());
    assert!(!page.text().contains("/edit\"") && !page.text().contains("/delete\""), "{}", page.text());
    let edit = open(&world, &alice, "/console/organizations/home-lab/edit").await;
    assert_eq!(edit.url.path(), "/console/organizations/home-lab");
    let forced = press(&alice, &page, "/console/organizations/home-lab/edit", &named("Mine", &["Chief"])).await;
    assert!(forced.status == 422 && forced.text().contains("the configuration file declares"), "{}", forced.text());
    let deleted = press(&alice, &page, "/console/organizations/home-lab/delete", &[]).await;
    assert_eq!(deleted.header("location"), Some("/console/organizations/home-lab"));
}

#[tokio::test]
async fn an_organizations_admin_sees_theirs_alone_and_makes_none() {
    let world = World::start(Default::default(), with_admins).await;
    let bob = signed_in(&world, "bob").await;
    let page = open(&world, &bob, "/console").await;
    assert_eq!(page.url.path(), "/console/organizations/home-lab", "{}", page.text());
    assert!(!page.text().contains("Garage"), "{}", page.text());
    for (path, status) in [
        ("/console/organizations", 403),
        (NEW, 403),
        ("/console/organizations/garage", 404),
        ("/console/organizations/garage/edit", 404),
        ("/console/organizations/garage/delete", 404),
        ("/console/organizations/nowhere", 404),
        ("/console/organizations/home-lab/delete", 403),
    ] {
        assert_eq!(bob.fetch(&world.login(path)).await.status, status, "{path}");
        if status != 404 || path.ends_with("edit") || path.ends_with("delete") {
            let posted = press(&bob, &page, path, &named("Mine", &["Chief"])).await;
            assert!([403, 404, 405].contains(&posted.status.as_u16()), "{path}: {}", posted.status);
        }
    }
}

#[tokio::test]
async fn names_are_text_wherever_they_stand() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    let evil = "<script>alert(1)</script>{{ 7777*7777 }}";
    let fields =
        [vec![("name", evil), ("id", "evil"), ("do", "save")], vec![("role", evil), ("role", "Guest")]].concat();
    let made = post(&world, &alice, NEW, &fields).await;
    assert_eq!(made.status, 303, "{}", made.text());
    for path in
        ["", "/evil", "/evil/edit", "/evil/delete", "/evil/applications", "/evil/applications/_new", "?q=%3Cscript"]
    {
        let page = open(&world, &alice, &format!("/console/organizations{path}")).await;
        let text = page.text();
        assert!(page.status == 200 && !text.contains("<script>alert") && !text.contains("60481729"), "{path}: {text}");
        assert!(text.contains("&lt;script"), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_form_made_from_an_older_state_overwrites_nothing() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = signed_in(&world, "alice").await;
    make(&world, &alice, &["Chief", "Guest"], &[]).await;
    let edit = "/console/organizations/admin/edit";
    let old = open(&world, &alice, edit).await;
    let renamed = post(&world, &alice, edit, &named("The cooks", &["Chief", "Guest"])).await;
    assert_eq!(renamed.status, 303, "{}", renamed.text());
    let seen = carried(&old.text()).into_iter().find(|(name, _)| name == "seen").expect("a state").1;
    let fields = [named("The gardeners", &["Chief", "Guest"]), vec![("seen", seen.as_str())]].concat();
    let refused = press(&alice, &old, edit, &fields).await;
    assert!(refused.status == 422 && refused.text().contains("changed meanwhile"), "{}", refused.text());
    let fresh = carried(&open(&world, &alice, edit).await.text());
    let seen = fresh.iter().find(|(name, _)| name == "seen").expect("a state").1.as_str();
    let fields = [named("The gardeners", &["Chief", "Guest"]), vec![("seen", seen)]].concat();
    assert_eq!(press(&alice, &old, edit, &fields).await.status, 303);
}
