//! The way from an application's host to the sign-in host and back: what travels through the browser is worth nothing
//! in any other.

mod codes;
mod flood;
mod own_paths;
mod pending;
mod requests;

mod tabs;

use url::Url;

use crate::kit::browser::{Browser, Response};
use crate::kit::world::World;

/// Where our own doors on an application's host take the code.
const REDEEM: &str = "/.vestibule/session";
const CALLBACK: &str = "/login/company/callback";

/// Follows redirects from `first` until one leads to `path`, and gives its URL, not yet opened.
async fn stop_before(browser: &Browser, first: Response, path: &str) -> Url {
    let mut page = first;
    for _ in 0..20 {
        let next = page.location().unwrap_or_else(|| panic!("no redirect to {path} at {}: {}", page.url, page.text()));
        if next.path() == path {
            return next;
        }
        page = browser.navigate(next.as_str()).await;
    }
    panic!("no redirect to {path}");
}

/// Opens `url`, which leads to the provider, signs in, and stops before `path`.
async fn sign_in_until(world: &World, browser: &Browser, url: &str, username: &str, path: &str) -> Url {
    let form = browser.follow(url).await.pop().unwrap();
    answer_until(world, browser, &form, username, path).await
}

/// Signs in at the provider's `form` and stops before `path`.
async fn answer_until(world: &World, browser: &Browser, form: &Response, username: &str, path: &str) -> Url {
    assert!(form.url.as_str().starts_with(&world.places.issuer), "{}: {}", form.url, form.text());
    let first = browser.submit(&form.url, form.url.as_str(), &[("username", username)]).await;
    stop_before(browser, first, path).await
}

/// Whether an answer gives its browser a session on its host.
fn opens_a_session(page: &Response) -> bool {
    let set = page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    set.filter(|cookie| !cookie.contains("Max-Age=0")).any(|cookie| cookie.contains("vestibule-session"))
}

/// Asserts that an answer is a page that refuses, with a reference and without a session.
fn assert_refused(page: &Response) {
    assert_eq!(page.status, 400, "{}: {}", page.url, page.text());
    assert!(page.text().contains("Reference"), "{}", page.text());
    assert!(!opens_a_session(page), "{:?}", page.headers);
}
