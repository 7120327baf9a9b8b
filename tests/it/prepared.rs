//! People made beforehand, with the command line, beside a running server.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use vestibule::directory::UserState;

use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::census::Census;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::logs;
use crate::kit::stage::Stage;
use crate::kit::world::{Places, World};

/// An IdP without auto provision, though with a policy that would let everybody in everywhere.
const CLOSED: &str = "[idp.default_policy]\norg = \"`true`\"\nrole = \"'Member'\"";

fn closed(places: &Places) -> String {
    places.head(CLOSED) + &places.home_lab("") + &places.garage()
}

fn open(places: &Places) -> String {
    places.head("auto_provision = true") + &places.home_lab("") + &places.garage()
}

impl Stage {
    /// `vestibule user …`; gives what it prints.
    async fn user(&self, arguments: &[&str]) -> String {
        self.told(&[&["user"], arguments].concat()).await
    }

    async fn add(&self, who: [&str; 2], organization: &str, role: &str) -> String {
        let place = ["--organization", organization, "--role", role];
        self.user(&[&["add", "--idp", "company"], &who[..], &place[..]].concat()).await
    }
}

fn refused(page: &Response) {
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "You have no account here"));
    assert_eq!(logs::causes(&page.reference()), ["nobody is known by this identity"]);
}

#[tokio::test]
async fn with_auto_provision_off_a_stranger_is_refused_and_no_account_is_made() {
    let stage = Stage::set(closed).await;
    let (browser, page) = stage.sign_in(json!({})).await;
    refused(&page);
    assert_eq!(stage.world.census().await, Census { spent_states: 1, ..Census::default() });
    assert_eq!(stage.roles_at(&browser, "wiki").await, None);
}

#[tokio::test]
async fn somebody_made_beforehand_by_identifier_waits_and_then_enters_as_made() {
    let stage = Stage::set(closed).await;
    stage.add(["--identifier", "alice"], "home-lab", "Member").await;
    let [waiting] = stage.world.people().await.try_into().expect("one person");
    assert_eq!(waiting.state, UserState::Waiting);
    assert!(stage.user(&["list"]).await.contains("waiting"));

    let (browser, page) = stage.sign_in(json!({})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Member"));
    assert_eq!(stage.roles_at(&browser, "tools").await, None, "no policy runs");
    let [alice] = stage.world.people().await.try_into().expect("still one person");
    assert_eq!((alice.id, alice.state, alice.username.as_str()), (waiting.id, UserState::Active, "alice"));
    assert_eq!(stage.world.census().await.expectations, 0);

    // Exactly that identifier: nobody else is let in by a likeness.
    for other in ["Alice", "alice ", "alic", "alice2"] {
        refused(&stage.sign_in(json!({ "sub": other })).await.1);
    }
}

#[tokio::test]
async fn somebody_made_beforehand_by_address_is_bound_by_a_verified_address_alone() {
    let stage = Stage::set(closed).await;
    stage.add(["--email", "Alice@Example.com"], "home-lab", "Admin").await;
    for unverified in [json!(false), json!("true"), json!(1), Value::Null] {
        let (_, page) = stage.sign_in(json!({ "email_verified": unverified })).await;
        refused(&page);
    }
    refused(&stage.sign_in(json!({ "email": "alice@example.com.evil.example" })).await.1);
    assert_eq!(stage.world.census().await.identities, 0);

    let (browser, page) = stage.sign_in(json!({ "sub": "a-1", "email": "aLICE@eXample.COM" })).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin"));
    // The first one with that address was it; a second one is somebody else.
    refused(&stage.sign_in(json!({ "sub": "a-2", "email": "alice@example.com" })).await.1);
    let (_, page) = stage.sign_in(json!({ "sub": "a-1", "email": "other@example.com" })).await;
    assert_eq!(page.status, 200, "by now it is the identifier that counts");
}

#[tokio::test]
async fn two_organizations_that_wait_for_one_person_get_one_user() {
    let stage = Stage::set(closed).await;
    stage.add(["--identifier", "alice"], "home-lab", "Member").await;
    stage.add(["--identifier", "alice"], "garage", "Member").await;
    assert_eq!(stage.world.census().await.users, 1);
    // One knows her identifier, the other her address.
    stage.add(["--email", "alice@example.com"], "home-lab", "Admin").await;
    let (browser, _) = stage.sign_in(json!({})).await;
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin,Member"));
    assert_eq!(stage.roles_at(&browser, "tools").await.as_deref(), Some("Member"));
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn with_auto_provision_off_a_known_persons_name_and_address_follow_the_provider() {
    let stage = Stage::set(closed).await;
    let made = ["add", "--idp", "company", "--identifier", "alice", "--name", "A. Archer"];
    stage.user(&[&made[..], &["--organization", "home-lab", "--role", "Member"]].concat()).await;
    for (name, email) in [("Alice Archer", "alice@example.com"), ("Alice Baker", "baker@example.com")] {
        stage.sign_in(json!({ "name": name, "email": email })).await;
        let [alice] = stage.world.people().await.try_into().expect("one person");
        assert_eq!((alice.display_name.as_deref(), alice.email.as_deref()), (Some(name), Some(email)));
        assert_eq!(alice.roles.len(), 1, "no policy runs");
    }
}

#[tokio::test]
async fn with_auto_provision_on_who_is_waited_for_gets_no_second_account() {
    let stage = Stage::set(open).await;
    stage.add(["--identifier", "alice"], "garage", "Member").await;
    let (browser, page) = stage.sign_in(json!({})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.roles_at(&browser, "tools").await.as_deref(), Some("Member"));
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn a_running_server_feels_a_new_role_and_a_removal_within_a_second() {
    let stage = Stage::set(closed).await;
    stage.add(["--identifier", "alice"], "home-lab", "Member").await;
    let (browser, _) = stage.sign_in(json!({})).await;
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Member"));
    assert_eq!(stage.roles_at(&browser, "tools").await, None);

    stage.add(["--identifier", "alice"], "garage", "Member").await;
    within_a_second(async || stage.roles_at(&browser, "tools").await.is_some()).await;

    let removed = stage.user(&["remove", "--idp", "company", "--identifier", "alice"]).await;
    assert!(removed.starts_with("removed "), "{removed}");
    within_a_second(async || browser.fetch(&stage.world.url("wiki", "/")).await.status == 401).await;
    assert_eq!(stage.world.census().await, Census { spent_states: 1, ..Census::default() });
    refused(&stage.sign_in(json!({})).await.1);
}

async fn within_a_second(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(1), wait).await.expect("felt within a second");
}

#[tokio::test]
async fn who_is_waited_for_can_be_called_off() {
    let stage = Stage::set(closed).await;
    for who in [["--identifier", "alice"], ["--email", "bob@example.com"]] {
        stage.add(who, "home-lab", "Member").await;
        let removed = stage.user(&[&["remove", "--idp", "company"], &who[..]].concat()).await;
        assert!(removed.starts_with("removed "), "{removed}");
    }
    assert_eq!(stage.world.census().await, Census::default());
    refused(&stage.sign_in(json!({})).await.1);
    refused(&stage.sign_in(json!({ "sub": "bob", "email": "bob@example.com" })).await.1);
}

#[tokio::test]
async fn a_wrong_name_is_told_with_what_there_is_and_nothing_is_done() {
    let stage = Stage::set(closed).await;
    let add = ["user", "add", "--idp", "company", "--identifier", "alice"];
    for (arguments, words) in [
        (["--organization", "nowhere", "--role", "Member"], ["nowhere", "home-lab"]),
        (["--organization", "home-lab", "--role", "member"], ["member", "Member"]),
    ] {
        let done = stage.world.command(&stage.file, &[&add[..], &arguments[..]].concat()).await;
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(words.iter().all(|word| done.err.contains(word)), "{}", done.err);
    }
    let nobody = ["user", "remove", "--idp", "company", "--identifier", "nobody"];
    let done = stage.world.command(&stage.file, &nobody).await;
    assert!(done.code == Some(2) && done.err.contains("no such user"), "{done:?}");
    assert_eq!(stage.world.census().await, Census::default());
}

#[tokio::test]
async fn an_organizations_own_provider_brings_people_into_it_alone() {
    let own = |places: &Places| {
        places.head(CLOSED)
            + &places.idp("lab", &places.issuer, "owner = \"home-lab\"")
            + &places.home_lab("")
            + &places.garage()
    };
    let stage = Stage::set(own).await;
    let add = |organization| {
        ["user", "add", "--idp", "lab", "--identifier", "alice", "--organization", organization, "--role", "Member"]
    };
    let done = stage.world.command(&stage.file, &add("garage")).await;
    assert!(done.code == Some(2) && done.err.contains("garage"), "{done:?}");
    assert_eq!(stage.world.command(&stage.file, &add("home-lab")).await.code, Some(0));

    // Who is waited for at one provider is not let in through another.
    refused(&stage.sign_in(json!({})).await.1);
    let browser = Browser::new();
    Attempt::choosing(&browser, &stage.world.url("wiki", "/"), "lab").await;
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Member"));
}

#[tokio::test]
async fn users_can_be_made_before_the_first_start() {
    let provider = Faulty::start(Fault::Honest).await;
    let mut world = World::at(&provider.issuer, closed).await;
    world.stop().await;
    let fresh = format!("sqlite://{}", world.folder.path().join("fresh.db").display());
    let file = closed(&world.places).replace(&world.places.database, &fresh);
    let add = ["add", "--idp", "company", "--identifier", "alice", "--organization", "home-lab", "--role", "Member"];
    let done = world.command(&file, &[&["user"], &add[..]].concat()).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    world.restart(|_| file).await;
    let (_, attempt) = Attempt::unasked(&world).await;
    assert_eq!(attempt.page().status, 200, "{}", attempt.page().text());
}
