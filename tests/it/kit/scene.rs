//! Configurations beyond the usual one.

use serde_json::json;

use super::browser::{Browser, Response};
use super::provider::{CLIENT_SECRET, Variant};
use super::world::{Places, World};

/// A second application of the home lab, `docs` at `docs.localhost`, with `extra` lines.
pub fn docs(places: &Places, extra: &str) -> String {
    format!(
        r#"
[[application]]
id = "docs"
organization = "home-lab"
name = "Docs"
hosts = ["docs.localhost"]
upstream = "http://{}"
{extra}
"#,
        places.upstream
    )
}

/// The usual world with both applications.
pub async fn two_applications() -> World {
    World::start(Variant::default(), |places| places.usual() + &docs(places, "")).await
}

/// The usual world with `extra` lines in the wiki.
pub async fn wiki_with(extra: &str) -> World {
    World::start(Variant::default(), |places| places.head(Places::SEED_POLICY) + &places.home_lab(extra)).await
}

/// A world behind something that ends TLS: `https://login.example.com` and `https://wiki.example.com`.
pub async fn behind_tls() -> World {
    behind_tls_with("", "", "").await
}

/// The same, with further lines in `[server]` and in the wiki, and further tables.
pub async fn behind_tls_with(server: &str, wiki: &str, tables: &str) -> World {
    behind_tls_as(server, wiki, tables, |text, _| text).await
}

/// The same, but that another proxy passes the wiki's requests on.
pub async fn left_to_a_proxy(server: &str, wiki: &str) -> World {
    let none = |text: String, places: &Places| text.replace(&format!("\"http://{}\"", places.upstream), "\"none\"");
    behind_tls_as(server, wiki, "", none).await
}

async fn behind_tls_as(
    server: &str,
    wiki: &str,
    tables: &str,
    changed: impl FnOnce(String, &Places) -> String,
) -> World {
    let client = json!({
        "client_id": "behind-tls",
        "client_secret": CLIENT_SECRET,
        "redirect_uris": ["https://login.example.com/login/company/callback"],
        "grant_types": ["authorization_code"],
    });
    let variant = Variant { clients: vec![client], ..Variant::default() };
    World::start(variant, |places| {
        let usual = places.head(Places::SEED_POLICY) + &places.home_lab(wiki) + tables;
        let public = format!("http://login.localhost:{}", places.port);
        let text = usual
            .replace("[server]\n", &format!("[server]\n{server}\n"))
            .replace(&public, "https://login.example.com")
            .replace("client_id = \"vestibule\"", "client_id = \"behind-tls\"")
            .replace("wiki.localhost", "wiki.example.com");
        changed(text, places)
    })
    .await
}

/// A browser that reaches the world [`behind_tls`].
pub fn browser_over_tls(world: &World) -> Browser {
    let address = ([127, 0, 0, 1], world.places.port).into();
    Browser::new().route("login.example.com", address).route("wiki.example.com", address)
}

/// The value of our cookie that holds `what` on the host of `url`.
pub fn cookie(browser: &Browser, url: &str, what: &str) -> Option<String> {
    let begins = [format!("vestibule-{what}-"), format!("__Host-vestibule-{what}")];
    let ours = |name: &str| begins.iter().any(|begin| name.starts_with(begin));
    browser.cookies(url).into_iter().find(|cookie| ours(&cookie.name)).map(|cookie| cookie.value)
}

/// Whether `browser` is let in at `url`, or sent to sign in; panics on anything else.
pub async fn is_let_in(browser: &Browser, url: &str) -> bool {
    let page = browser.navigate(url).await;
    match page.status.as_u16() {
        200 => true,
        303 => false,
        _ => panic!("{url}: {} {}", page.status, page.text()),
    }
}

/// The value of a hidden field of a form on a page.
pub fn hidden(page: &Response, field: &str) -> String {
    let text = page.text();
    let at = text.find(&format!("name=\"{field}\"")).unwrap_or_else(|| panic!("no {field} in {text}"));
    let rest = &text[at..];
    let value = rest.split_once("value=\"").expect("a value").1;
    value.split('"').next().expect("a value").to_owned()
}
