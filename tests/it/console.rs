//! The console through real HTTP: who gets in, and what each page shows and does.

mod audit;
mod entry;
mod test_sign_in;

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
