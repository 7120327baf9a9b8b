//! A world whose provider says what a test wants said, and the commands beside it.

use serde_json::Value;

use super::attempt::Attempt;
use super::browser::{Browser, Response};
use super::faulty::{Fault, Faulty};
use super::upstream::received;
use super::world::{Places, World};

/// The world, its provider, and the configuration that both were made of.
pub struct Stage {
    pub provider: Faulty,
    pub world: World,
    pub file: String,
}

impl Stage {
    /// A world of this configuration.
    pub async fn set(configuration: impl Fn(&Places) -> String) -> Self {
        let provider = Faulty::start(Fault::Honest).await;
        let world = World::at(&provider.issuer, &configuration).await;
        let file = configuration(&world.places);
        Self { provider, world, file }
    }

    /// Signs in at `company` with these claims in a new browser; gives it with the last page: home, or why not.
    pub async fn sign_in(&self, claims: Value) -> (Browser, Response) {
        self.provider.set_claims(claims);
        let browser = Browser::new();
        let attempt = Attempt::at(&self.world, &browser, &self.world.login("/login/company"), "").await;
        (browser, attempt.page().clone())
    }

    /// What a command prints; it must go well.
    pub async fn told(&self, arguments: &[&str]) -> String {
        let done = self.world.command(&self.file, arguments).await;
        assert_eq!(done.code, Some(0), "{arguments:?}: {done:?}");
        done.out
    }

    /// The roles that an application is told of this browser's user; nothing if it may not enter.
    pub async fn roles_at(&self, browser: &Browser, application: &str) -> Option<String> {
        let page = browser.follow(&self.world.url(application, "/")).await.pop().expect("a page");
        (page.status == 200).then(|| received(&page.json(), "remote-groups").concat())
    }
}
