//! The console's first page.

use super::entry::with_server_admin;
use super::{open, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::world::{Places, World};

#[tokio::test]
async fn the_first_page_says_what_to_do_next_until_there_is_nothing_left_to_do() {
    let bare = |places: &Places| places.head("auto_provision = true\nserver_admin = \"sub == 'alice'\"");
    let world = World::start(Default::default(), bare).await;
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, "/console").await.text();
    assert!(
        page.contains("First steps") && page.contains("/console/organizations/_new".replace('/', "&#x2f;").as_str())
    );
    assert_eq!(page.matches(">done<").count(), 2, "the provider is there, and makes accounts: {page}");
    let off = |places: &Places| with_server_admin(places).replace("auto_provision = true", "auto_provision = false");
    let mut world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let whole = open(&world, &alice, "/console").await.text();
    assert!(!whole.contains("First steps"), "{whole}");
    world.restart(off).await;
    // She holds a role: somebody is in.
    assert!(!open(&world, &alice, "/console").await.text().contains("First steps"));
}

#[tokio::test]
async fn who_signs_in_and_is_in_no_organization_is_counted_and_led_to() {
    let world = World::start(Default::default(), with_server_admin).await;
    Attempt::at(&world, &Browser::new(), &world.login("/login/company"), "carol").await;
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, "/console").await.text().replace("&#x2f;", "/");
    assert!(page.contains("Counted at <time") && page.contains("anew after a minute"), "{page}");
    assert!(page.contains("1 person has signed in and is in no organization"), "{page}");
    assert!(page.contains("href=\"/console/people?state=without\""), "{page}");
    let list = open(&world, &alice, "/console/people?state=without").await.text();
    let rows = list.split("<tbody>").nth(1).unwrap_or_default();
    assert!(rows.contains("Carol Cook") && !rows.contains("Alice Archer"), "{list}");
}

#[tokio::test]
async fn the_first_page_shows_sign_ins_and_what_needs_attention() {
    let failing = |places: &Places| {
        with_server_admin(places)
            .replace("contains(groups, '{{orgId}}')", "'home-lab'")
            .replace("contains(groups, 'admin') && 'Admin' || 'Member'", "join('', email_verified)")
    };
    let world = World::start(Default::default(), failing).await;
    let alice = signed_in(&world, "alice").await;
    let page = open(&world, &alice, "/console").await.text();
    for shown in
        ["Nobody administers home-lab", "Selectors of home-lab failed in 1 of the latest sign-ins", "1 sign-ins"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}
