//! What people see of themselves, and the end of their sessions.

use super::entry::with_server_admin;
use super::{open, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::world::{World, eventually};

/// The forms of a page that end sessions: the CSRF value, and the session each one names.
fn forms(page: &Response) -> (String, Vec<String>) {
    let text = page.text();
    let values = |name: &str| -> Vec<String> {
        let mark = format!("name=\"{name}\" value=\"");
        text.split(&mark).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
    };
    (values("csrf").swap_remove(0), values("session"))
}

async fn end(browser: &Browser, page: &Response, fields: &[(&str, &str)]) -> Response {
    let target = page.url.join("/account/sessions").expect("a URL");
    browser.submit(&page.url, target.as_str(), fields).await
}

#[tokio::test]
async fn people_see_what_they_hold_and_where_they_are_signed_in() {
    let world = World::start(Default::default(), with_server_admin).await;
    let browser = signed_in(&world, "bob").await;
    let page = open(&world, &browser, "/account").await;
    assert_eq!(page.title(), "Your account");
    let launcher = "<strong><bdi>Wiki</bdi></strong>";
    let labels = "data-label=\"Last seen (UTC)\"";
    for shown in
        ["Bob Baker", "bob@example.com", "Home lab", "Member", "Company login", "this browser", launcher, labels]
    {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    assert!(!page.text().contains("href=\"/console\""));
}

#[tokio::test]
async fn a_session_elsewhere_is_ended_and_this_one_goes_on() {
    let world = World::start(Default::default(), with_server_admin).await;
    let (here, there) = (signed_in(&world, "bob").await, signed_in(&world, "bob").await);
    let page = open(&world, &here, "/account").await;
    let (csrf, sessions) = forms(&page);
    assert_eq!(sessions.len(), 2);
    let done = end(&here, &page, &[("csrf", &csrf), ("session", &sessions[1])]).await;
    assert_eq!(done.header("location"), Some("/account?done=sessions-ended"));
    let account = world.login("/account");
    eventually("the other is signed out", async || there.fetch(&account).await.status == 401).await;
    assert!(open(&world, &here, "/account?done=sessions-ended").await.text().contains("Signed out there."));
}

#[tokio::test]
async fn sign_out_everywhere_ends_every_session_on_every_host() {
    let world = World::start(Default::default(), with_server_admin).await;
    let (here, there) = (signed_in(&world, "bob").await, Browser::new());
    Attempt::at(&world, &there, &world.url("wiki", "/"), "bob").await;
    assert_eq!(there.fetch(&world.url("wiki", "/")).await.status, 200);
    let page = open(&world, &here, "/account").await;
    let (csrf, _) = forms(&page);
    let done = end(&here, &page, &[("csrf", &csrf)]).await;
    assert_eq!(done.header("location"), Some("/signed-out"));
    let (account, wiki) = (world.login("/account"), world.url("wiki", "/"));
    eventually("this browser is signed out", async || here.fetch(&account).await.status == 401).await;
    eventually("and the application's host", async || there.fetch(&wiki).await.status == 401).await;
}

#[tokio::test]
async fn nobody_ends_a_session_that_is_not_theirs() {
    let world = World::start(Default::default(), with_server_admin).await;
    let (bob, carol) = (signed_in(&world, "bob").await, signed_in(&world, "alice").await);
    let page = open(&world, &bob, "/account").await;
    let (csrf, _) = forms(&page);
    let (_, hers) = forms(&open(&world, &carol, "/account").await);
    end(&bob, &page, &[("csrf", &csrf), ("session", &hers[0])]).await;
    assert_eq!(carol.fetch(&world.login("/account")).await.status, 200);
    // Nor with somebody else's form, or from another page.
    let (foreign, _) = forms(&open(&world, &carol, "/account").await);
    assert_eq!(end(&bob, &page, &[("csrf", &foreign)]).await.status, 403);
    let elsewhere = world.url("wiki", "/").parse().expect("a URL");
    let target = world.login("/account/sessions");
    assert_eq!(bob.submit(&elsewhere, &target, &[("csrf", &csrf)]).await.status, 403);
    assert_eq!(bob.fetch(&world.login("/account")).await.status, 200);
}
