//! An organization's own provider: its word counts in that organization and nowhere else.

use serde_json::json;
use vestibule::config;

use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::world::{Places, World};

/// A policy that lets everybody in everywhere.
const EVERYBODY: &str = r#"
auto_provision = true
[idp.default_policy]
org = "`true`"
role = "'Member'"
"#;

fn lab(places: &Places) -> String {
    let parts = [
        places.head(EVERYBODY),
        places.idp("lab", &places.issuer, &format!("owner = \"home-lab\"\n{EVERYBODY}")),
        places.home_lab(""),
        places.garage(),
    ];
    parts.concat()
}

fn roles(user: &vestibule::directory::ListedUser) -> Vec<String> {
    user.roles.iter().map(|held| format!("{}/{}", held.organization, held.role)).collect()
}

#[tokio::test]
async fn it_gives_roles_in_its_organization_alone() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, lab).await;
    let browser = Browser::new();
    Attempt::choosing(&browser, &world.url("wiki", "/"), "lab").await;
    let [alice] = world.people().await.try_into().expect("one person");
    assert_eq!(roles(&alice), ["home-lab/Member"]);
    assert_eq!(Attempt::at(&world, &browser, &world.url("wiki", "/"), "alice").await.page().status, 200);
    assert_eq!(Attempt::at(&world, &browser, &world.url("tools", "/"), "alice").await.page().status, 403);

    // The same claims at the global one give both; and it is somebody else.
    let other = Browser::new();
    Attempt::at(&world, &other, &world.login("/login/company"), "alice").await;
    let people = world.people().await;
    assert_eq!(people.len(), 2);
    assert_eq!(roles(&people[1]), ["garage/Member", "home-lab/Member"]);
    assert_eq!(Attempt::at(&world, &other, &world.url("tools", "/"), "alice").await.page().status, 200);
}

#[tokio::test]
async fn a_session_through_it_carries_no_other_organizations_grants() {
    let provider = Faulty::start(Fault::Honest).await;
    let mut world = World::at(&provider.issuer, lab).await;
    Attempt::choosing(&Browser::new(), &world.url("wiki", "/"), "lab").await;
    // Somebody gave the same user a role elsewhere by hand, and made her a server admin.
    world.stop().await;
    let give = "insert into grants select u.id, r.id, 'manual', 0, 0, null from users u, roles r \
                join organizations o on o.key = r.organization_key where o.id = 'garage'";
    world.execute(give).await;
    world.execute("insert into server_admins select id, 'manual', 0 from users").await;
    world.restart(lab).await;

    let browser = Browser::new();
    Attempt::choosing(&browser, &world.url("wiki", "/"), "lab").await;
    let [alice] = world.people().await.try_into().expect("one person");
    assert_eq!(roles(&alice), ["garage/Member", "home-lab/Member"], "what was given by hand stays");
    assert_eq!(Attempt::at(&world, &browser, &world.url("wiki", "/"), "alice").await.page().status, 200);
    assert_eq!(Attempt::at(&world, &browser, &world.url("tools", "/"), "alice").await.page().status, 403);
    let home = browser.navigate(&world.login("/")).await;
    assert!(home.text().contains("Home lab") && !home.text().contains("Garage"), "{}", home.text());
}

#[tokio::test]
async fn it_names_no_server_admins() {
    let provider = Faulty::start(Fault::Honest).await;
    provider.set_claims(json!({ "groups": ["vestibule-admins", "home-lab"] }));
    let world = World::at(&provider.issuer, lab).await;
    let text = lab(&world.places).replacen("owner =", "server_admin = \"`true`\"\nowner =", 1);
    let Err(problems) = config::parse("the file", &text, []) else { panic!("taken: {text}") };
    assert!(problems.to_string().contains("server_admin"), "{problems}");
}

#[tokio::test]
async fn it_is_found_only_on_the_way_to_its_organization() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, |places| {
        let own = places.idp("lab", &places.issuer, &format!("owner = \"home-lab\"\n{EVERYBODY}"));
        let head = places.head(EVERYBODY);
        let server = head.split("[[idp]]").next().expect("the head").to_owned();
        server + &own + &places.home_lab("") + &places.garage()
    })
    .await;
    let page = Browser::new().follow(&world.url("tools", "/")).await.pop().expect("a page");
    assert!(page.text().contains("There is no way to sign in here"), "{}", page.text());
    let page = Browser::new().follow(&world.login("/login")).await.pop().expect("a page");
    assert!(page.text().contains("There is no way to sign in here"), "{}", page.text());
    let (browser, attempt) = Attempt::unasked(&world).await;
    assert_eq!(attempt.page().status, 200);

    // Nobody who is signed in is signed in anew there unless they choose it: a link may have sent them.
    let asked = provider.hits("/authorize");
    let again = world.url("wiki", "/.vestibule/sign-in?again=1&return=%2Fnotes");
    let page = browser.follow(&again).await.pop().expect("a page");
    assert_eq!(page.title(), "Sign in to continue to Wiki");
    assert_eq!(provider.hits("/authorize"), asked);
    let page = browser.follow(&page.choice("lab")).await.pop().expect("a page");
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/notes"));
}

#[tokio::test]
async fn a_stranger_cannot_tell_it_from_one_that_does_not_exist() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, lab).await;
    let stranger = Browser::new();
    for path in ["", "?again=1", "?login_hint=x", "/callback", "/callback?state=x&code=y", "/callback?error=x"] {
        let [own, nobodys] = ["lab", "nobodys"].map(|idp| world.login(&format!("/login/{idp}{path}")));
        let (own, nobodys) = (stranger.navigate(&own).await, stranger.navigate(&nobodys).await);
        assert!(own.status.is_client_error(), "{path}: {}", own.status);
        let said = |page: &Response| page.text().replace(&page.reference(), "");
        assert_eq!((own.status, said(&own)), (nobodys.status, said(&nobodys)), "{path}");
    }
    assert_eq!(provider.hits("/authorize"), 0);
}
