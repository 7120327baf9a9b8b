//! People: found, seen whole, made beforehand, given roles, shut out, merged.

use super::entry::with_server_admin;
use super::{open, press, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::world::{Places, World, eventually};

/// Alice administers `home-lab` and nothing else; there is `garage` too.
fn with_organization_admin(places: &Places) -> String {
    places.usual() + &places.garage()
}

/// The page of somebody whom a list names.
async fn page_of(world: &World, browser: &Browser, list: &str, name: &str) -> Response {
    let people = open(world, browser, list).await;
    let text = people.text();
    let rows = text.split("<tbody>").nth(1).unwrap_or_default();
    let link = rows.split("<a href=\"").find(|part| part.contains(&format!("<bdi>{name}</bdi></a>")));
    let link = link.and_then(|part| part.split('"').next()).unwrap_or_else(|| panic!("no {name} in {text}"));
    open(world, browser, &link.replace("&#x2f;", "/")).await
}

fn path(page: &Response) -> String {
    page.url.path().to_owned()
}

/// Carol, whom no policy gives anything.
async fn without_organization(world: &World) -> Browser {
    let browser = Browser::new();
    Attempt::at(world, &browser, &world.login("/login/company"), "carol").await;
    browser
}

/// Where a form led to.
async fn after(browser: &Browser, answer: Response) -> Response {
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser.follow_from(answer).await.pop().expect("a page")
}

#[tokio::test]
async fn people_are_found_by_words_and_filters() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    without_organization(&world).await;
    let found = async |query: &str| -> Vec<&str> {
        let page = open(&world, &alice, &format!("/console/people{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let text = page.text();
        let rows = text.split("<tbody>").nth(1).unwrap_or_default();
        ["Alice Archer", "Bob Baker", "Carol Cook"].into_iter().filter(|name| rows.contains(name)).collect()
    };
    assert_eq!(found("").await, ["Alice Archer", "Bob Baker", "Carol Cook"]);
    assert_eq!(found("?q=BAK").await, ["Bob Baker"]);
    assert_eq!(found("?q=carol%40example").await, ["Carol Cook"]);
    assert_eq!(found("?organization=home-lab").await, ["Alice Archer", "Bob Baker"]);
    assert_eq!(found("?organization=home-lab&role=Admin").await, ["Alice Archer"]);
    assert_eq!(found("?state=without").await, ["Carol Cook"]);
    assert_eq!(found("?state=disabled").await, Vec::<&str>::new());
    let page = open(&world, &alice, "/console/people?organization=home-lap").await;
    assert!(page.text().contains("there is no organization home-lap; there is home-lab"), "{}", page.text());
}

#[tokio::test]
async fn a_persons_page_says_what_they_hold_and_why() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    let page = page_of(&world, &alice, "/console/people", "Bob Baker").await;
    let text = page.text();
    for part in [
        "bob@example.com",
        "Home lab",
        "Member",
        "by sign-ins at Company login",
        "granted",
        "default policy",
        "Sign in",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert_eq!(open(&world, &alice, "/console/people/0192f0c1-0000-7000-8000-000000000000").await.status, 404);
    assert_eq!(open(&world, &alice, "/console/people/bob").await.status, 404);
}

#[tokio::test]
async fn somebody_made_beforehand_waits_and_is_let_in_at_the_first_sign_in() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let form = open(&world, &alice, "/console/people/_new").await;
    let fields =
        [("idp", "company"), ("by", "email"), ("who", "carol"), ("name", "Carol"), ("organization", "home-lab")];
    // Step by step, with what was typed kept and what is wrong beside it.
    let shown = press(&alice, &form, "", &[&fields[..], &[("do", "roles")]].concat()).await;
    assert!(shown.text().contains("Roles in <bdi>Home lab</bdi>"), "{}", shown.text());
    let wrong = press(&alice, &shown, "", &[&fields[..], &[("do", "add")]].concat()).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("choose at least one role"), "{}", wrong.text());
    let wrong = press(&alice, &shown, "", &[&fields[..], &[("role", "Member"), ("do", "add")]].concat()).await;
    assert!(wrong.text().contains("written as name@example.com") && wrong.text().contains("value=\"carol\""));
    let right = [
        ("idp", "company"),
        ("by", "email"),
        ("who", "CAROL@example.com"),
        ("organization", "home-lab"),
        ("role", "Member"),
    ];
    let made = after(&alice, press(&alice, &wrong, "", &right).await).await;
    assert!(made.text().contains("waiting for first sign-in"), "{}", made.text());
    let carol = Browser::new();
    let page = Attempt::at(&world, &carol, &world.url("wiki", "/"), "carol").await.page().clone();
    assert_eq!((page.status.as_u16(), page.url.host_str()), (200, Some("wiki.localhost")), "{}", page.text());
    let page = open(&world, &alice, &path(&made)).await;
    assert!(page.text().contains("Carol Cook") && page.text().contains(">active<"), "{}", page.text());
}

#[tokio::test]
async fn roles_are_given_and_taken_by_hand() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let carol = without_organization(&world).await;
    let page = page_of(&world, &alice, "/console/people", "Carol Cook").await;
    let action = format!("{}/roles?organization=home-lab", path(&page));
    let form = open(&world, &alice, &action).await;
    let given = after(&alice, press(&alice, &form, &action, &[("role", "Member")]).await).await;
    assert!(given.text().contains("by hand"), "{}", given.text());
    eventually("carol comes in", async || {
        carol.follow(&world.url("wiki", "/")).await.pop().expect("a page").status == 200
    })
    .await;
    let refused = press(&alice, &form, &action, &[("role", "Owner")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("there is no role Owner; there are Admin, Member"), "{}", refused.text());
    after(&alice, press(&alice, &form, &action, &[]).await).await;
    eventually("carol is out", async || carol.fetch(&world.url("wiki", "/")).await.status == 403).await;
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_cannot_come_back_until_enabled() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let bob = signed_in(&world, "bob").await;
    bob.follow(&world.url("wiki", "/")).await;
    let person = path(&page_of(&world, &alice, "/console/people", "Bob Baker").await);
    let asked = open(&world, &alice, &format!("{person}/disable")).await;
    let page = after(&alice, press(&alice, &asked, "", &[]).await).await;
    assert!(page.text().contains("Disabled.") && page.text().contains(">disabled<"), "{}", page.text());
    eventually("bob is out", async || bob.fetch(&world.url("wiki", "/")).await.status == 401).await;
    let refused = Attempt::at(&world, &Browser::new(), &world.login("/login/company"), "bob").await.page().clone();
    assert_eq!(refused.status, 403, "{}", refused.text());
    after(&alice, press(&alice, &page, &format!("{person}/enable"), &[]).await).await;
    signed_in(&world, "bob").await;
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let (one, two) = (signed_in(&world, "bob").await, signed_in(&world, "bob").await);
    let is_in = async |browser: &Browser| open(&world, browser, "/").await.text().contains("Bob Baker");
    let page = page_of(&world, &alice, "/console/people", "Bob Baker").await;
    let text = page.text();
    let session =
        text.split("name=\"session\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a session");
    let action = format!("{}/sessions", path(&page));
    after(&alice, press(&alice, &page, &action, &[("session", session)]).await).await;
    eventually("one of two is out", async || is_in(&one).await != is_in(&two).await).await;
    let asked = open(&world, &alice, &action).await;
    let page = after(&alice, press(&alice, &asked, "", &[]).await).await;
    assert!(page.text().contains("Not signed in anywhere"), "{}", page.text());
    eventually("both are out", async || !is_in(&one).await && !is_in(&two).await).await;
}

#[tokio::test]
async fn a_deletion_says_what_goes_along() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let bob = signed_in(&world, "bob").await;
    let person = path(&page_of(&world, &alice, "/console/people", "Bob Baker").await);
    let asked = open(&world, &alice, &format!("{person}/delete")).await;
    assert!(asked.text().contains("Member in home-lab"), "{}", asked.text());
    let list = after(&alice, press(&alice, &asked, "", &[]).await).await;
    assert!(list.text().contains("Deleted.") && !list.text().contains("Bob Baker"), "{}", list.text());
    assert_eq!(open(&world, &alice, &person).await.status, 404);
    eventually("bob is out", async || !open(&world, &bob, "/").await.text().contains("Bob Baker")).await;
    // Nobody goes too far by themselves.
    let own = path(&page_of(&world, &alice, "/console/people", "Alice Archer").await);
    let asked = open(&world, &alice, &format!("{own}/delete")).await;
    assert!(asked.text().contains("Nobody administers home-lab then"), "{}", asked.text());
    assert_eq!(press(&alice, &asked, "", &[]).await.status, 400);
}

#[tokio::test]
async fn two_accounts_of_one_person_become_one_when_an_admin_says_so() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    without_organization(&world).await;
    let person = path(&page_of(&world, &alice, "/console/people", "Carol Cook").await);
    let choose = open(&world, &alice, &format!("{person}/merge?other=nobody")).await;
    assert_eq!(choose.status, 422);
    assert!(choose.text().contains("there is no such user"), "{}", choose.text());
    let asked = open(&world, &alice, &format!("{person}/merge?other=bob")).await;
    assert!(asked.text().contains("Member in home-lab"), "{}", asked.text());
    let text = asked.text();
    let other = text.split("name=\"other\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("who goes");
    let merged = after(&alice, press(&alice, &asked, &format!("{person}/merge"), &[("other", other)]).await).await;
    assert!(
        merged.text().contains("bob@example.com") && merged.text().contains("carol@example.com"),
        "{}",
        merged.text()
    );
    assert_eq!(open(&world, &alice, &format!("/console/people/{other}")).await.status, 404);
    // Both ways in lead to the one who stays.
    let bob = Browser::new();
    Attempt::at(&world, &bob, &world.login("/login/company"), "bob").await;
    let page = open(&world, &alice, &person).await;
    assert!(page.text().contains("<bdi>carol</bdi>"), "{}", page.text());
}

#[tokio::test]
async fn an_organizations_admin_sees_its_people_and_nobody_elses() {
    let world = World::start(Default::default(), with_organization_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    without_organization(&world).await;
    let list = "/console/organizations/home-lab/people";
    let people = open(&world, &alice, list).await;
    assert!(people.text().contains("Bob Baker") && !people.text().contains("Carol Cook"), "{}", people.text());
    let bob = page_of(&world, &alice, list, "Bob Baker").await;
    let user = path(&bob).rsplit('/').next().expect("an id").to_owned();
    assert!(!bob.text().contains("Disable") && !bob.text().contains(">Delete<"), "{}", bob.text());
    for path in ["", "/_new", &format!("/{user}"), &format!("/{user}/roles"), &format!("/{user}/sessions")] {
        let elsewhere = open(&world, &alice, &format!("/console/organizations/garage/people{path}")).await;
        assert_eq!(elsewhere.status, 404, "{path}");
        let whole = open(&world, &alice, &format!("/console/people{path}")).await;
        assert_eq!(whole.status, 403, "{path}");
        if !path.is_empty() {
            let sent =
                press(&alice, &bob_form(&world, &alice, list, &user).await, &format!("/console/people{path}"), &[])
                    .await;
            assert!(matches!(sent.status.as_u16(), 403 | 405), "{path}: {}", sent.status);
        }
    }
    // Their own hands reach their own roles.
    let form = bob_form(&world, &alice, list, &user).await;
    let page = after(&alice, press(&alice, &form, "", &[("role", "Admin")]).await).await;
    assert!(page.text().contains("by hand"), "{}", page.text());
}

async fn bob_form(world: &World, browser: &Browser, list: &str, user: &str) -> Response {
    open(world, browser, &format!("{list}/{user}/roles")).await
}

#[tokio::test]
async fn an_organizations_admin_makes_somebody_beforehand_in_it_alone() {
    let world = World::start(Default::default(), with_organization_admin).await;
    let alice = signed_in(&world, "alice").await;
    let form = open(&world, &alice, "/console/organizations/home-lab/people/_new").await;
    let fields = [
        ("idp", "company"),
        ("by", "email"),
        ("who", "carol@example.com"),
        ("organization", "garage"),
        ("role", "Member"),
    ];
    let made = after(&alice, press(&alice, &form, "", &fields).await).await;
    assert!(made.text().contains("waiting for first sign-in") && !made.text().contains("Garage"), "{}", made.text());
    let carol = signed_in(&world, "carol").await;
    let home = open(&world, &carol, "/").await;
    assert!(home.text().contains("Home lab") && !home.text().contains("Garage"), "{}", home.text());
}

#[tokio::test]
async fn what_is_typed_stays_text() {
    const HOSTILE: &str = "<script>alert(1)</script>{{ 12345679 * 9 }}";
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    let form = open(&world, &alice, "/console/people/_new").await;
    let fields = [("idp", "company"), ("by", "identifier"), ("who", HOSTILE), ("name", HOSTILE)];
    let made = after(&alice, press(&alice, &form, "", &fields).await).await;
    let query: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let mut pages = vec![made.clone()];
    for address in [
        "/console/people".to_owned(),
        format!("/console/people?q={query}&state={query}&idp={query}&organization={query}&role={query}"),
        format!("{}/delete", path(&made)),
        format!("{}/merge?other={query}", path(&made)),
        format!("{}/roles?organization=home-lab", path(&made)),
    ] {
        pages.push(open(&world, &alice, &address).await);
    }
    let wrong = [
        ("idp", HOSTILE),
        ("by", HOSTILE),
        ("who", HOSTILE),
        ("name", HOSTILE),
        ("organization", HOSTILE),
        ("role", HOSTILE),
    ];
    pages.push(press(&alice, &form, "", &wrong).await);
    for page in pages {
        let text = page.text();
        assert!(!text.contains("<script>alert") && !text.contains("111111111"), "{}: {text}", page.url);
        assert!(text.contains("&lt;script&gt;alert(1)"), "{}: {text}", page.url);
    }
}

#[tokio::test]
async fn another_sites_form_does_nothing_to_anybody() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    signed_in(&world, "bob").await;
    let person = path(&page_of(&world, &alice, "/console/people", "Bob Baker").await);
    let page = open(&world, &alice, &format!("{person}/delete")).await;
    for act in ["delete", "disable", "sessions", "merge", "roles?organization=home-lab"] {
        let url = world.login(&format!("{person}/{act}"));
        assert_eq!(alice.submit(&page.url, &url, &[("csrf", "guessed")]).await.status, 403, "{act}");
        let elsewhere = world.url("wiki", "/").parse().expect("a URL");
        let token = page
            .text()
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next().map(str::to_owned))
            .expect("a token");
        assert_eq!(alice.submit(&elsewhere, &url, &[("csrf", &token)]).await.status, 403, "{act}");
    }
    assert!(open(&world, &alice, &person).await.text().contains(">active<"));
}

#[tokio::test]
async fn a_search_that_comes_to_no_word_finds_nobody_and_says_so() {
    let world = World::start(Default::default(), with_server_admin).await;
    let alice = signed_in(&world, "alice").await;
    for nothing in ["%25", "%F0%9F%92%83", "%22%22+--"] {
        let page = open(&world, &alice, &format!("/console/people?q={nothing}")).await.text();
        assert!(page.contains("there is no letter or digit in this") && !page.contains("<tbody>"), "{page}");
    }
    assert!(open(&world, &alice, "/console/people?q=+").await.text().contains("<tbody>"));
}

#[tokio::test]
async fn providers_of_organizations_are_offered_to_whoever_administers_the_server() {
    let with_own = |places: &Places| {
        let own = format!("owner = \"home-lab\"\n{}", Places::SEED_POLICY);
        with_server_admin(places) + &places.garage() + &places.idp("own", &places.issuer, &own)
    };
    let world = World::start(Default::default(), with_own).await;
    let alice = signed_in(&world, "alice").await;
    for path in ["/console/people", "/console/people/_new", "/console/organizations/home-lab/people"] {
        let page = open(&world, &alice, path).await.text();
        assert!(page.contains(">Own login (Home lab, "), "{path}: {page}");
    }
    let page = open(&world, &alice, "/console/organizations/garage/people").await.text();
    assert!(page.contains(">Company login<") && !page.contains("Own login"), "{page}");
    let form = open(&world, &alice, "/console/people/_new").await;
    let right =
        [("idp", "own"), ("by", "identifier"), ("who", "zoe"), ("organization", "home-lab"), ("role", "Member")];
    after(&alice, press(&alice, &form, "", &right).await).await;
    let found = open(&world, &alice, "/console/people?idp=own").await.text();
    let rows = found.split("<tbody>").nth(1).unwrap_or_default();
    assert!(rows.contains("<bdi>zoe</bdi>") && !rows.contains("Alice Archer"), "{found}");
}

#[tokio::test]
async fn what_an_organization_calls_somebody_it_waits_for_is_shown_to_its_admins_and_to_no_other() {
    let two = |places: &Places| {
        let garage =
            places.garage().replace("roles = [\"Member\"]", "roles = [\"Member\", \"Boss\"]\nadmin_roles = [\"Boss\"]");
        let boss = Places::SEED_POLICY.replace("&& 'Admin' ||", "&& ['Admin', 'Boss'] ||");
        places.head(&boss) + &places.home_lab("") + &garage
    };
    let world = World::start(Default::default(), two).await;
    let directory = world.directory().await;
    let admin = directory.server_admin(vestibule::directory::Actor::CommandLine);
    let boss = vestibule::directory::NewUser {
        idp: "company".parse().expect("an id"),
        who: vestibule::directory::Who::Identifier("alice".to_owned()),
        name: None,
        roles: vec![("garage".parse().expect("an id"), "Boss".parse().expect("a role"))],
    };
    admin.pre_provision(&boss).await.expect("a user");
    let alice = signed_in(&world, "alice").await;
    for (organization, name) in [("garage", "Gus the stranger"), ("home-lab", "Dr. Zed")] {
        let list = format!("/console/organizations/{organization}/people");
        let form = open(&world, &alice, &format!("{list}/_new")).await;
        let fields = [("idp", "company"), ("by", "identifier"), ("who", "zed"), ("name", name), ("role", "Member")];
        let made = after(&alice, press(&alice, &form, "", &fields).await).await;
        assert!(made.text().contains(name), "{}", made.text());
    }
    let labs = open(&world, &alice, "/console/organizations/home-lab/people?q=zed").await.text();
    assert!(labs.contains("Dr. Zed") && !labs.contains("Gus"), "{labs}");
    let garages = open(&world, &alice, "/console/organizations/garage/people?q=stranger").await.text();
    assert!(garages.contains("Gus the stranger") && !garages.contains("Dr. Zed"), "{garages}");
    let none = open(&world, &alice, "/console/organizations/home-lab/people?q=stranger").await.text();
    assert!(none.contains("Nobody fits"), "{none}");
}
