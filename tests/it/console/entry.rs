//! Who gets into the console.

use super::{open, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::world::{Places, World};

/// Alice, who has the group `admin`, is a server admin.
pub fn with_server_admin(places: &Places) -> String {
    let policy = format!("server_admin = \"contains(groups, 'admin')\"\n{}", Places::SEED_POLICY);
    places.head(&policy) + &places.home_lab("")
}

#[tokio::test]
async fn a_server_admin_gets_in_and_comes_back_to_the_page_they_asked_for() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = Browser::new();
    let page = Attempt::at(&world, &browser, &world.login("/console"), "alice").await.page().clone();
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/console"), "{}", page.text());
    assert_eq!(page.title(), "Overview");
}

#[tokio::test]
async fn who_administers_nothing_is_told_so() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = signed_in(&world, "bob").await;
    let page = open(&world, &browser, "/console").await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert_eq!(page.title(), "This page is for admins");
}

#[tokio::test]
async fn a_program_that_is_not_signed_in_gets_401() {
    let world = World::start(Default::default(), with_server_admin).await;
    let answer = Browser::new().fetch(&world.login("/console")).await;
    assert_eq!(answer.status, 401);
}
