//! The console through real HTTP: who gets in, and what each page shows and does.

mod account;
mod applications;
mod attack;
mod audit;
mod entry;
mod explain;
mod idps;
mod organizations;
mod overview;
mod people;
mod policies;
mod test_sign_in;
mod tokens;

use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::world::World;

/// A browser that has signed in on the sign-in host as `username`.
async fn signed_in(world: &World, username: &str) -> Browser {
    let browser = Browser::new();
    let page = Attempt::at(world, &browser, &world.login("/login/company"), username).await.page().clone();
    assert_eq!(page.url.path(), "/", "{}", page.text());
    browser
}

/// Opens a page of the sign-in host.
async fn open(world: &World, browser: &Browser, path: &str) -> Response {
    browser.follow(&world.login(path)).await.pop().expect("a page")
}

/// Sends a form of `page` with these fields, and its token; follows nothing.
async fn press(browser: &Browser, page: &Response, action: &str, fields: &[(&str, &str)]) -> Response {
    let text = page.text();
    let token = text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.unwrap_or_else(|| panic!("no form in {text}"));
    let fields: Vec<(&str, &str)> = [("csrf", token)].into_iter().chain(fields.iter().copied()).collect();
    let url = page.url.join(action).expect("an address");
    browser.submit(&page.url, url.as_str(), &fields).await
}
