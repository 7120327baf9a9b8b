//! From claims to organizations and roles, through the whole product: what a sign-in gives, changes and takes away.

mod cost;
mod declared;
mod errors;
mod hostile;
mod matching;
mod seed;
mod selectors;
mod server_admins;
mod updates;
mod usernames;

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::directory::ListedUser;

use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

/// A world whose provider says what a test wants said.
struct Stage {
    provider: Faulty,
    world: World,
}

impl Stage {
    async fn set(configuration: impl FnOnce(&Places) -> String) -> Self {
        let provider = Faulty::start(Fault::Honest).await;
        let world = World::at(&provider.issuer, configuration).await;
        Self { provider, world }
    }

    /// Signs in with these claims in a new browser; gives it with the last page: home, or why not.
    async fn sign_in(&self, claims: Value) -> (Browser, Response) {
        self.sign_in_later(claims, Duration::ZERO).await
    }

    /// Signs in at a provider whose clock is ahead of the machine's, as the server's is.
    async fn sign_in_later(&self, mut claims: Value, ahead: Duration) -> (Browser, Response) {
        let now = vestibule::base::Ambient::system().now().plus(ahead).secs();
        if !ahead.is_zero() {
            claims["iat"] = json!(now);
            claims["exp"] = json!(now + 600);
        }
        self.provider.set_claims(claims);
        let browser = Browser::new();
        let page = Attempt::at(&self.world, &browser, &self.world.login("/login/company"), "").await.page().clone();
        (browser, page)
    }

    /// The user with this identifier at `company`.
    async fn user(&self, identifier: &str) -> Option<ListedUser> {
        let is_theirs = |user: &ListedUser| user.identities.iter().any(|identity| identity.identifier == identifier);
        self.world.people().await.into_iter().find(is_theirs)
    }

    /// What roles the user with this identifier holds, as `organization/role`, sorted.
    async fn roles(&self, identifier: &str) -> Vec<String> {
        self.user(identifier).await.as_ref().map(roles).unwrap_or_default()
    }

    /// The roles that an organization's application is told of this browser's user; nothing if it may not enter.
    async fn told(&self, browser: &Browser, organization: &str) -> Option<String> {
        let page = browser.follow(&self.world.url(organization, "/")).await.pop().expect("a page");
        (page.status == 200).then(|| received(&page.json(), "remote-groups").concat())
    }
}

/// The roles of a listed user, as `organization/role`, sorted.
fn roles(user: &ListedUser) -> Vec<String> {
    let mut roles: Vec<String> = user.roles.iter().map(|held| format!("{}/{}", held.organization, held.role)).collect();
    roles.sort();
    roles
}

/// The organization `id` with the roles Admin and Member, its application at `<id>.localhost`, and these lines.
fn organization(places: &Places, id: &str, lines: &str) -> String {
    let upstream = places.upstream;
    format!(
        r#"
[[organization]]
id = "{id}"
name = "The {id}"
roles = ["Admin", "Member"]
admin_roles = ["Admin"]
{lines}

[[application]]
id = "{id}"
organization = "{id}"
name = "Application of {id}"
hosts = ["{id}.localhost"]
upstream = "http://{upstream}"
"#
    )
}

/// A policy of an organization for `company`.
fn own_policy(selectors: &str) -> String {
    format!("[[organization.policy]]\nidp = \"company\"\n{selectors}")
}

/// The IdP `company` with auto provision, these keys, and this default policy; and two organizations without policies.
fn with_default(places: &Places, keys: &str, default_policy: &str) -> String {
    places.head(&format!("auto_provision = true\n{keys}\n[idp.default_policy]\n{default_policy}"))
        + &organization(places, "home-lab", "")
        + &organization(places, "garage", "")
}

/// Both selectors read their answer straight out of a claim.
const BY_CLAIM: &str = "org = \"o\"\nrole = \"r\"";
