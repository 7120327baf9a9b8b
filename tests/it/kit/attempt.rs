//! One attempt to sign in, kept hop by hop, with all on its way that nobody else may ever read.

use url::Url;

use super::browser::{Browser, Response};
use super::world::World;

/// What of the addresses on the way is a secret.
const SECRET_PARAMETERS: [&str; 5] = ["code", "state", "nonce", "request", "code_challenge"];

/// An attempt to sign in, from the first request to the last page.
pub struct Attempt {
    /// Every response, the last page last.
    pub hops: Vec<Response>,
}

impl Attempt {
    /// Opens `url` in `browser` and signs in as `username` if the provider asks.
    pub async fn at(world: &World, browser: &Browser, url: &str, username: &str) -> Self {
        let mut hops = browser.follow(url).await;
        let page = hops.last().expect("a page").clone();
        if page.url.as_str().starts_with(&world.places.issuer) {
            hops.extend(browser.sign_in_as(&page, username).await);
        }
        Self { hops }
    }

    /// Opens `url` in `browser` and chooses an IdP that asks nothing.
    pub async fn choosing(browser: &Browser, url: &str, idp: &str) -> Self {
        let mut hops = browser.follow(url).await;
        let choice = hops.last().expect("a page").choice(idp);
        hops.extend(browser.follow(&choice).await);
        Self { hops }
    }

    /// A new browser's attempt at the wiki, at a provider that asks nothing.
    pub async fn unasked(world: &World) -> (Browser, Self) {
        let browser = Browser::new();
        let attempt = Self::at(world, &browser, &world.url("wiki", "/"), "alice").await;
        (browser, attempt)
    }

    /// The last page.
    pub fn page(&self) -> &Response {
        self.hops.last().expect("a page")
    }

    /// Where the provider sent the browser back to.
    pub fn callback(&self) -> &Url {
        let callback = self.hops.iter().map(|hop| &hop.url).find(|url| url.path().ends_with("/callback"));
        callback.expect("the provider sent the browser back")
    }

    /// Codes, states, sealed requests and cookies of the whole way.
    pub fn secrets(&self) -> Vec<String> {
        let urls = self.hops.iter().flat_map(|hop| [Some(hop.url.clone()), hop.location()]).flatten();
        let secret = |(name, value): &(String, String)| SECRET_PARAMETERS.contains(&name.as_str()) && !value.is_empty();
        let parameters = urls.flat_map(|url| url.query_pairs().into_owned().collect::<Vec<_>>()).filter(secret);
        let cookies = self.hops.iter().flat_map(|hop| hop.headers.get_all("set-cookie"));
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next()?.split_once('='));
        let cookies = cookies.map(|(_, value)| value.to_owned()).filter(|value| value.len() >= 16);
        parameters.map(|(_, value)| value).chain(cookies).collect()
    }
}

impl Response {
    /// The reference that a page or a problem of ours shows.
    pub fn reference(&self) -> String {
        let text = self.text();
        let shown = if text.starts_with('{') {
            self.json()["reference"].as_str().map(str::to_owned)
        } else {
            let rest = text.split_once("<dt>Reference</dt><dd><code>").map(|(_, rest)| rest);
            rest.and_then(|rest| Some(rest.split_once("</code>")?.0.to_owned()))
        };
        shown.unwrap_or_else(|| panic!("no reference at {}: {text}", self.url))
    }

    /// Where the link with this label leads.
    pub fn link(&self, label: &str) -> String {
        let text = self.text();
        let before = text.split_once(&format!(">{label}</a>")).map(|(before, _)| before);
        let href = before.and_then(|before| before.rsplit_once("href=\""));
        let (_, href) = href.unwrap_or_else(|| panic!("no link {label} at {}: {text}", self.url));
        href.trim_end_matches('"').replace("&#x2f;", "/").replace("&amp;", "&")
    }

    /// Where the choice of this IdP on a chooser leads.
    pub fn choice(&self, idp: &str) -> String {
        let text = self.text().replace("&#x2f;", "/").replace("&amp;", "&");
        let hrefs = text.split("href=\"").skip(1).filter_map(|part| part.split_once('"'));
        let mut found = hrefs.map(|(href, _)| href).filter(|href| href.starts_with(&format!("/login/{idp}?")));
        let found = found.next().unwrap_or_else(|| panic!("{idp} is no choice: {text}"));
        self.url.join(found).expect("a URL").into()
    }

    /// The headline of a page of ours.
    pub fn title(&self) -> String {
        let text = self.text();
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once(" · Vestibule</title>"));
        title.unwrap_or_else(|| panic!("no page of ours at {}: {text}", self.url)).0.to_owned()
    }
}

/// A browser on its way to a provider that has not been asked yet.
pub struct Departure {
    /// The authorization request.
    pub to: Url,
}

impl Departure {
    /// Follows `url` until it leads to the provider at `issuer`.
    pub async fn from(browser: &Browser, url: &str, issuer: &str) -> Self {
        let mut page = browser.navigate(url).await;
        loop {
            let next = page.location().unwrap_or_else(|| panic!("no way to the provider: {}", page.text()));
            if next.as_str().starts_with(issuer) {
                return Self { to: next };
            }
            page = browser.navigate(next.as_str()).await;
        }
    }

    /// A parameter of the authorization request.
    pub fn asked(&self, name: &str) -> Option<String> {
        self.to.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// An answer to it that the provider never gave.
    pub fn answer(&self, parameters: &[(&str, &str)]) -> Url {
        let mut back = Url::parse(&self.asked("redirect_uri").expect("a redirect URI")).expect("a URL");
        back.query_pairs_mut().append_pair("state", &self.asked("state").expect("a state")).extend_pairs(parameters);
        back
    }
}
