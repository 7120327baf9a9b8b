//! An organization's admin at every address of the console: made from its table of routes, so that no page is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use vestibule::directory::{Actor, NewUser, Who};

use super::signed_in;
use crate::kit::browser::{Browser, Response};
use crate::kit::scene::hidden;
use crate::kit::world::{Places, World};

/// The lists of routes, as they are written.
const ROUTES: &str = include_str!("../../../src/console.rs");

/// Where the pages begin that a list is of.
const LISTS: [(&str, &str); 4] = [
    ("/console", "of_server"),
    ("/console", "of_either"),
    ("/console/organizations/{organization}", "of_either"),
    ("/console/organizations/{organization}", "of_organization"),
];

/// Every address of the console, with its methods.
fn routes() -> BTreeSet<(&'static str, String)> {
    let mut routes = BTreeSet::new();
    for (base, list) in LISTS {
        let written = ROUTES.split(&format!("fn {list}()")).nth(1).and_then(|rest| rest.split("\n}").next());
        let parts: Vec<&str> = written.expect("a list").split('"').skip(1).collect();
        for route in parts.chunks(2) {
            let [below, answers] = route else { panic!("{list}: {route:?}") };
            for (method, word) in [("GET", "get("), ("POST", "post(")] {
                if answers.contains(word) {
                    routes.insert((method, format!("{base}{below}")));
                }
            }
        }
    }
    assert!(routes.len() > 100, "{routes:?}");
    routes
}

/// An address in which each parameter stands for something of the other organization.
fn fill(path: &str, with: &BTreeMap<&str, String>) -> String {
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => with.get(name).unwrap_or_else(|| panic!("{path}: what is {name}?")).clone(),
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Alice, of whom the attack comes, administers the home lab; Gus is of the garage.
struct Scene {
    world: World,
    alice: Browser,
    csrf: String,
    /// What is the garage's.
    others: BTreeMap<&'static str, String>,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start(Default::default(), |places: &Places| {
            let own = format!("owner = \"garage\"\n{}", Places::SEED_POLICY);
            places.head(Places::SEED_POLICY)
                + &places.home_lab("")
                + &places.garage()
                + &places.idp("second", &places.issuer, &own)
        })
        .await;
        let alice = signed_in(&world, "alice").await;
        let directory = world.directory().await;
        let admin = directory.server_admin(Actor::CommandLine);
        let live = directory.catalogue().await.expect("a catalogue");
        let garage = live.organizations.iter().find(|one| one.id.as_str() == "garage").expect("the garage").key;
        let gus = NewUser {
            idp: "second".parse().expect("an id"),
            who: Who::Identifier("gus".to_owned()),
            name: Some("Gus".to_owned()),
            roles: vec![("garage".parse().expect("an id"), "Member".parse().expect("a role"))],
        };
        let gus = admin.pre_provision(&gus).await.expect("a user");
        let name = "the garage's".parse().expect("a name");
        let day = std::time::Duration::from_secs(86_400);
        let token = admin.organization(garage).make_token(&name, day).await.expect("a token").id;
        let version = live.policies.first().map_or_else(|| gus.to_string(), |policy| policy.id.to_string());
        let account = "backup".parse().expect("a name");
        let garages = "garage".parse().expect("an id");
        let account =
            admin.organization(garage).add_service_account(&garages, &account, &[]).await.expect("an account");
        let others = BTreeMap::from([
            ("account", account.to_string()),
            ("organization", "garage".to_owned()),
            ("user", gus.to_string()),
            ("idp", "second".to_owned()),
            ("application", "tools".to_owned()),
            ("token", token.to_string()),
            ("version", version),
            ("reference", "7F3KQ-9QXM2".to_owned()),
        ]);
        let page = alice.follow(&world.login("/console/organizations/home-lab/tokens")).await.pop().expect("a page");
        let csrf = hidden(&page, "csrf");
        Self { world, alice, csrf, others }
    }

    async fn ask(&self, method: &str, path: &str) -> Response {
        let url = self.world.login(path);
        match method {
            "GET" => self.alice.navigate(&url).await,
            _ => {
                let from = url.parse().expect("a URL");
                let fields = [("csrf", self.csrf.as_str()), ("name", "Eve"), ("role", "Member"), ("days", "30")];
                self.alice.submit(&from, &url, &fields).await
            }
        }
    }

    /// What could have changed.
    async fn state(&self) -> (crate::kit::census::Census, i64) {
        (self.world.census().await, self.world.directory().await.version().await.expect("a version"))
    }
}

#[tokio::test]
async fn an_organizations_admin_opens_nothing_of_the_server_or_of_another_organization() {
    let scene = Scene::set().await;
    let before = scene.state().await;
    for (method, path) in routes() {
        let address = fill(&path, &scene.others);
        let answer = scene.ask(method, &address).await;
        let place = format!("{method} {address}: {} {}", answer.status, answer.text());
        if path == "/console" {
            assert_eq!(answer.location().expect("on to her own").path(), "/console/organizations/home-lab", "{place}");
            continue;
        }
        assert!([403, 404].contains(&answer.status.as_u16()), "{place}");
        for secret in ["gus", "Garage", "Tools", "the garage's", "Second login"] {
            assert!(!answer.text().contains(secret), "{secret}: {place}");
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn an_organizations_admin_does_not_reach_others_through_addresses_of_her_own() {
    let mut scene = Scene::set().await;
    scene.others.insert("organization", "home-lab".to_owned());
    let before = scene.state().await;
    let own = "/console/organizations/{organization}/";
    for (method, path) in
        routes().into_iter().filter(|(_, path)| path.starts_with(own) && path.matches('{').count() > 1)
    {
        let address = fill(&path, &scene.others);
        let answer = scene.ask(method, &address).await;
        let place = format!("{method} {address}: {} {}", answer.status, answer.text());
        // Where references are looked up, a page says that nothing is kept under this one.
        let expected = if path.ends_with("/{reference}") { 200 } else { 404 };
        assert_eq!(answer.status, expected, "{place}");
        for secret in ["gus", "Gus", "Garage", "Tools", "the garage's", "Second login"] {
            assert!(!answer.text().contains(secret), "{secret}: {place}");
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_or_refused() {
    let scene = Scene::set().await;
    let before = scene.state().await;
    let nobody = Browser::new();
    for (method, path) in routes() {
        let url = scene.world.login(&fill(&path, &scene.others));
        let answer = match method {
            "GET" => nobody.navigate(&url).await,
            _ => nobody.submit(&url.parse().expect("a URL"), &url, &[("csrf", &scene.csrf)]).await,
        };
        let refused = matches!(answer.status.as_u16(), 303 | 401);
        assert!(refused, "{method} {path}: {} {}", answer.status, answer.text());
        assert!(answer.location().is_none_or(|to| to.path() == "/login"), "{method} {path}");
    }
    assert_eq!(scene.state().await, before);
}
