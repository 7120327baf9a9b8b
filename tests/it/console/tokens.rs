//! Tokens of the REST API in the console.

use http::header::AUTHORIZATION;

use super::entry::with_server_admin;
use super::{open, signed_in};
use crate::kit::browser::{Browser, Response};
use crate::kit::scene::hidden;
use crate::kit::world::World;

/// The token that a page shows, once.
fn shown(page: &Response) -> String {
    let text = page.text();
    let at = text.find("vst_").unwrap_or_else(|| panic!("no token in {text}"));
    text[at..].split('<').next().expect("text").to_owned()
}

/// What the API says to whoever presents a token.
async fn present(world: &World, token: &str) -> Response {
    let mut request = http::Request::get(world.login("/api/v1/token")).body(bytes::Bytes::new()).expect("a request");
    request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
    Browser::new().send(request).await
}

async fn make(world: &World, browser: &Browser, path: &str, name: &str) -> Response {
    let page = open(world, browser, path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let fields = [("csrf", hidden(&page, "csrf")), ("name", name.to_owned()), ("days", "30".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit(&page.url, &world.login(path), &fields).await
}

#[tokio::test]
async fn a_token_is_shown_once_opens_and_is_ended_by_a_page_that_names_it() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let made = make(&world, &alice, "/console/tokens", "deployment").await;
    assert_eq!(made.status, 200, "{}", made.text());
    let token = shown(&made);
    assert_eq!(present(&world, &token).await.json()["opens"], "server");
    let list = open(&world, &alice, "/console/tokens").await.text();
    assert!(
        list.contains("<bdi>deployment</bdi>") && list.contains("<bdi>alice</bdi>") && !list.contains("vst_"),
        "{list}"
    );

    let at = list.find("/console/tokens/").or_else(|| list.find("&#x2f;console&#x2f;tokens&#x2f;"));
    let href = list[at.expect("a link")..].split('"').next().expect("an address").replace("&#x2f;", "/");
    let confirm = open(&world, &alice, &href).await;
    assert!(confirm.text().contains("End deployment"), "{}", confirm.text());
    let csrf = hidden(&confirm, "csrf");
    let foreign = alice.submit(&confirm.url, &world.login(&href), &[("csrf", "other")]).await;
    assert_eq!(foreign.status, 403);
    assert_eq!(present(&world, &token).await.status, 200);
    let ended = alice.submit(&confirm.url, &world.login(&href), &[("csrf", &csrf)]).await;
    assert_eq!(ended.status, 303, "{}", ended.text());
    assert_eq!(present(&world, &token).await.status, 401);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_the_name_and_what_was_typed_is_kept_as_text() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let hostile = format!("<script>{{{{ 7*7 }}}}</script>{}", "x".repeat(80));
    let refused = make(&world, &alice, "/console/tokens", &hostile).await;
    assert_eq!(refused.status, 422);
    let text = refused.text();
    assert!(text.contains("A token&#x27;s name is 1 to 80 characters"), "{text}");
    assert!(text.contains("&lt;script&gt;{{ 7*7 }}") && !text.contains("<script>"), "{text}");
}

#[tokio::test]
async fn an_organizations_admin_makes_tokens_for_it_and_sees_no_other() {
    let world = World::usual().await;
    let alice = signed_in(&world, "alice").await;
    assert_eq!(alice.fetch(&world.login("/console/tokens")).await.status, 403);
    assert_eq!(alice.fetch(&world.login("/console/organizations/garage/tokens")).await.status, 404);
    let made = make(&world, &alice, "/console/organizations/home-lab/tokens", "backup").await;
    assert_eq!(present(&world, &shown(&made)).await.json()["opens"], "organization");
    let bob = signed_in(&world, "bob").await;
    assert_eq!(bob.fetch(&world.login("/console/organizations/home-lab/tokens")).await.status, 404);
}

#[tokio::test]
async fn a_token_ends_with_the_right_of_who_made_it() {
    let world = World::usual().await;
    let alice = signed_in(&world, "alice").await;
    let token = shown(&make(&world, &alice, "/console/organizations/home-lab/tokens", "backup").await);
    assert_eq!(present(&world, &token).await.status, 200);
    let user = world.people().await.remove(0).id;
    let directory = world.directory().await;
    let admin = directory.server_admin(vestibule::directory::Actor::CommandLine);
    admin.set_disabled(user, true).await.expect("disabled");
    assert_eq!(present(&world, &token).await.status, 401);
    admin.set_disabled(user, false).await.expect("enabled");
    assert_eq!(present(&world, &token).await.status, 200);
}

#[tokio::test]
async fn a_login_link_makes_no_token_that_would_outlast_it() {
    let world = World::usual().await;
    let link = world.directory().await.make_login_link(vestibule::directory::Actor::CommandLine).await.expect("a link");
    let browser = Browser::new();
    let page = open(&world, &browser, &format!("/break-glass/{}", link.expose())).await;
    browser.submit(&page.url, page.url.as_str(), &[]).await;
    let refused = make(&world, &browser, "/console/tokens", "for ever").await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("a token would outlast it"), "{}", refused.text());
}
