//! Programs at applications: which bearer tokens open one, as whom, and for how long.

mod console;
mod issuers;
mod own;
mod tokens;

use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, HeaderValue, Request};
use vestibule::directory::{Actor, ApplicationScope, Directory, OrganizationAdmin};
use vestibule::identity::{Catalogue, TokenName, UserId};

use crate::kit::browser::{Browser, Response};
use crate::kit::provider::Variant;
use crate::kit::scene::docs;
use crate::kit::world::{Places, World};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What lets programs in with tokens issued here.
const TOKENS: &str = "[application.machines]\ntokens = true";

/// A world whose wiki takes tokens issued here, and whose docs do not.
async fn world() -> World {
    World::start(Variant::default(), |places| {
        places.head(Places::SEED_POLICY) + &places.home_lab(TOKENS) + &docs(places, "")
    })
    .await
}

/// An organization as its admins have it, from another process.
pub struct Hands {
    directory: Directory,
    live: Catalogue,
}

impl World {
    /// What admins do from another process.
    pub async fn hands(&self) -> Hands {
        let directory = self.directory().await;
        let live = directory.catalogue().await.expect("a catalogue");
        Hands { directory, live }
    }

    /// What an application answers to a request with these headers, by no browser.
    pub async fn ask(&self, application: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::new(bytes::Bytes::new());
        *request.uri_mut() = self.url(application, path).parse().expect("a URL");
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header");
            request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header"));
        }
        Browser::new().send(request).await
    }

    /// The same with a bearer token.
    pub async fn call(&self, application: &str, path: &str, token: &str) -> Response {
        self.ask(application, path, &[(AUTHORIZATION.as_str(), &format!("Bearer {token}"))]).await
    }
}

impl Hands {
    fn admin(&self, organization: &str) -> OrganizationAdmin<'_> {
        let found = self.live.organizations.iter().find(|one| one.id.as_str() == organization);
        self.directory.organization_admin(Actor::CommandLine, found.expect("an organization").key)
    }

    /// A service account of the home lab with these roles.
    pub async fn account(&self, name: &str, roles: &[&str]) -> UserId {
        let roles: Vec<_> = roles.iter().map(|role| role.parse().unwrap()).collect();
        let admin = self.admin("home-lab");
        admin.add_service_account(&"home-lab".parse().unwrap(), &name.parse().unwrap(), &roles).await.unwrap()
    }

    /// A token of that account.
    pub async fn token(&self, account: UserId, scope: &ApplicationScope) -> String {
        let name = TokenName::parse("a test").unwrap();
        self.admin("home-lab").make_service_token(&self.live, account, &name, DAY, scope).await.unwrap().expose()
    }
}

/// The challenge of a refusal, whose body must be a problem and no page.
fn challenge(response: &Response) -> &str {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{}", response.text());
    response.header("www-authenticate").unwrap_or_default()
}
