//! Applications in the console: published, tried, changed, deleted, within what is allotted.

use super::organizations::{confirm, make, post, with_admins};
use super::{open, press, signed_in};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::world::{Places, World};

const BASE: &str = "/console/organizations/admin/applications";

/// An application of the organization `admin` in front of the test's upstream.
fn desk(world: &World) -> Vec<(&'static str, String)> {
    let upstream = format!("http://{}", world.upstream.address);
    let fields =
        [("name", "Desk"), ("id", "desk"), ("hosts", "desk.localhost"), ("who", "every"), ("headers", "remote")];
    let fields = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
    let rest = [("upstream", upstream), ("pass_host", "on".to_owned()), ("reach", "anywhere".to_owned())];
    [fields, rest.to_vec(), vec![("do", "save".to_owned())]].concat()
}

fn with<'a>(fields: &'a [(&'static str, String)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = fields.iter().map(|(name, value)| (*name, value.as_str()));
    let kept = kept.filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes.iter().copied()).collect()
}

/// Alice, a server admin, and a member of the organization `admin`.
async fn alice_with_admins(world: &World, allotted: &[(&str, &str)]) -> Browser {
    let alice = signed_in(world, "alice").await;
    make(world, &alice, &["Chief", "Member"], allotted).await;
    signed_in(world, "alice").await
}

#[tokio::test]
async fn what_is_published_is_there_for_who_may_enter_and_gone_when_it_is_deleted() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    let made = post(&world, &alice, &format!("{BASE}/_new"), &with(&desk(&world), &[])).await;
    assert_eq!(made.header("location"), Some("/console/organizations/admin/applications/desk?done=created"));
    let serves = async || Browser::new().fetch(&world.url("desk", "/")).await.status != 421;
    assert!(serves().await, "it is served once that is said");
    let page = Attempt::at(&world, &alice, &world.url("desk", "/"), "alice").await.page().clone();
    assert_eq!(page.json()["target"], "/", "{}", page.text());
    let carol = Browser::new();
    let refused = Attempt::at(&world, &carol, &world.url("desk", "/"), "carol").await.page().clone();
    assert_eq!(refused.status, 403);
    let delete = format!("{BASE}/desk/delete");
    let asked = open(&world, &alice, &delete).await;
    assert!(asked.text().contains("desk.localhost"), "{}", asked.text());
    let gone = confirm(&alice, &asked, &delete, &[]).await;
    assert_eq!(gone.header("location"), Some("/console/organizations/admin/applications?done=deleted"));
    assert!(!serves().await, "nothing answers there");
}

#[tokio::test]
async fn the_page_shows_what_the_upstream_will_receive_and_no_token_that_would_open_it() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    for (preset, header) in [("remote", "remote-user: alice"), ("x-auth-request", "x-auth-request-user: alice")] {
        let path = format!("{BASE}/_new");
        let id = format!("desk-{preset}");
        let host = format!("{id}.localhost");
        let fields = desk(&world);
        let fields = with(&fields, &[("id", &id), ("hosts", &host), ("headers", preset)]);
        assert_eq!(post(&world, &alice, &path, &fields).await.status, 303);
        let text = open(&world, &alice, &format!("{BASE}/{id}")).await.text();
        for shown in
            [header, "GET &#x2f; HTTP&#x2f;1.1", "x-vestibule-assertion: (a signed JWT)", "Chief,Member", &host]
        {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert!(!text.contains("eyJ"), "a token: {text}");
    }
}

#[tokio::test]
async fn an_upstream_is_tried_before_and_after_it_is_published() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    let new = format!("{BASE}/_new");
    let fields = desk(&world);
    let tried = post(&world, &alice, &new, &with(&fields, &[("do", "test")])).await.text();
    assert!(tried.contains("answers: <strong>200 OK") && tried.contains("value=\"Desk\""), "{tried}");
    let silent = [("do", "test"), ("upstream", "http://127.0.0.1:1")];
    let tried = post(&world, &alice, &new, &with(&fields, &silent)).await.text();
    assert!(tried.contains("No answer") && tried.contains("check the address"), "{tried}");
    let ourselves = format!("http://127.0.0.1:{}", world.places.port);
    let tried = post(&world, &alice, &new, &with(&fields, &[("do", "test"), ("upstream", &ourselves)])).await.text();
    assert!(tried.contains("the upstream is ourselves"), "{tried}");
    assert_eq!(post(&world, &alice, &new, &with(&fields, &[])).await.status, 303);
    let page = open(&world, &alice, &format!("{BASE}/desk")).await;
    let tried = press(&alice, &page, &format!("{BASE}/desk/test"), &[]).await.text();
    assert!(tried.contains("answers: <strong>200 OK"), "{tried}");
    assert!(world.upstream.hits() >= 2);
}

#[tokio::test]
async fn what_is_wrong_with_an_application_stands_beside_its_field() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    let new = format!("{BASE}/_new");
    let cases: [(&[(&str, &str)], &str); 12] = [
        (&[("id", "Desk 1")], "lower-case letters"),
        (&[("id", "wiki")], "another application has this id"),
        (&[("name", "")], "a name is one line"),
        (&[("hosts", "")], "name 1 to 32 public hosts"),
        (&[("hosts", "https://desk")], "a host is a plain name"),
        (&[("hosts", "wiki.localhost")], "is taken"),
        (&[("hosts", "login.localhost")], "is the sign-in host"),
        (&[("hosts", "desk.example.com")], "plain http"),
        (&[("upstream", "desk:80")], "an upstream is http:"),
        (&[("who", "some")], "choose at least one role"),
        (&[("rule-path-0", "admin"), ("rule-role-0", "Chief")], "a path starts with"),
        (
            &[("rule-path-0", "/*"), ("rule-allow-0", "everyone"), ("rule-path-1", "/a"), ("rule-allow-1", "everyone")],
            "never reached",
        ),
    ];
    for (changes, why) in cases {
        let page = post(&world, &alice, &new, &with(&desk(&world), changes)).await;
        let text = page.text();
        assert!(page.status == 422 && text.contains(why), "{why}: {text}");
        assert!(text.contains("Publish an application"), "{text}");
    }
    assert!(open(&world, &alice, BASE).await.text().contains("No application yet"));
}

#[tokio::test]
async fn rules_are_put_in_order_by_buttons_and_kept_in_that_order() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    let new = format!("{BASE}/_new");
    let fields = desk(&world);
    let rules = [
        ("rule-path-0", "/a/*"),
        ("rule-allow-0", "roles"),
        ("rule-role-0", "Chief"),
        ("rule-path-1", "/b"),
        ("rule-allow-1", "everyone"),
    ];
    let press = async |button| {
        let changes = [&rules[..], &[("do", button)]].concat();
        post(&world, &alice, &new, &with(&fields, &changes)).await.text()
    };
    let first = |text: &str, path: &str| {
        text.contains(&format!("name=\"rule-path-0\" type=\"text\" value=\"{}", path.replace('/', "&#x2f;")))
    };
    assert!(first(&press("up-1").await, "/b"));
    assert!(first(&press("down-0").await, "/b"));
    assert!(first(&press("remove-0").await, "/b"));
    assert!(press("add").await.contains("name=\"rule-path-2\""));
    for nonsense in ["up-0", "down-1", "remove-9", "up-x", "down-18446744073709551615", "else"] {
        assert!(first(&press(nonsense).await, "/a/*"), "{nonsense}");
    }
    assert_eq!(post(&world, &alice, &new, &with(&fields, &rules)).await.status, 303);
    let text = open(&world, &alice, &format!("{BASE}/desk")).await.text();
    let place = |path: &str| text.find(path).unwrap_or_else(|| panic!("no {path} in {text}"));
    assert!(place("&#x2f;a&#x2f;*") < place("<code>&#x2f;b"));
}

/// As [`with_admins`], and this is allotted to the home lab.
fn allotting(places: &Places, allotted: &str) -> String {
    with_admins(places).replace("admin_roles = [\"Admin\"]", &format!("admin_roles = [\"Admin\"]\n{allotted}"))
}

const ALLOTTED: &str = "publish_hosts = [\"lab.localhost\"]\npublish_upstreams = [\"127.0.0.1\"]";
const HOME: &str = "/console/organizations/home-lab/applications";

#[tokio::test]
async fn without_an_allotment_an_organizations_admin_publishes_nothing() {
    let world = World::start(Default::default(), with_admins).await;
    let bob = signed_in(&world, "bob").await;
    let page = open(&world, &bob, HOME).await;
    assert!(page.text().contains("ask a server admin to allot") && !page.text().contains("_new"), "{}", page.text());
    assert_eq!(bob.fetch(&world.login(&format!("{HOME}/_new"))).await.status, 403);
    let forced = press(&bob, &page, &format!("{HOME}/_new"), &with(&desk(&world), &[])).await;
    assert!(forced.status == 422 && forced.text().contains("a server admin has to allot"), "{}", forced.text());
}

#[tokio::test]
async fn an_organizations_admin_publishes_within_the_allotment_and_only_as_long_as_it_holds() {
    let mut world = World::start(Default::default(), |places| allotting(places, ALLOTTED)).await;
    let bob = signed_in(&world, "bob").await;
    let new = format!("{HOME}/_new");
    let own = [("hosts", "desk.lab.localhost")];
    let fields = desk(&world);
    for (changes, why) in [
        (&[("hosts", "desk.localhost")][..], "is not below a host allotted to the organization: lab.localhost"),
        (&[("hosts", "evillab.localhost")], "is not below a host allotted"),
        (
            &[("upstream", "http://127.0.0.2:80"), own[0]],
            "has to be in a network allotted to the organization: 127.0.0.1",
        ),
        (&[("upstream", "http://[::1]:80"), own[0]], "has to be in a network allotted"),
    ] {
        let page = post(&world, &bob, &new, &with(&fields, changes)).await;
        let text = page.text().replace("&#x2f;", "/");
        assert!(page.status == 422 && text.contains(why), "{why}: {text}");
    }
    // A form that says otherwise is not listened to.
    let made = post(&world, &bob, &new, &with(&fields, &own)).await;
    assert_eq!(made.status, 303, "{}", made.text());
    assert!(open(&world, &bob, &format!("{HOME}/desk")).await.text().contains("Only within the networks allotted"));
    let serves = async || Browser::new().fetch(&world.url("desk.lab", "/")).await.status != 421;
    assert!(serves().await, "it is served once that is said");
    let page = Attempt::at(&world, &bob, &world.url("desk.lab", "/"), "bob").await.page().clone();
    assert_eq!(page.json()["target"], "/", "{}", page.text());
    world.restart(|places| allotting(places, &ALLOTTED.replace("\"127.0.0.1\"", "\"10.1.0.0/16\""))).await;
    let page = Attempt::at(&world, &bob, &world.url("desk.lab", "/"), "bob").await.page().clone();
    assert_eq!(page.status, 502, "the upstream is out of reach: {}", page.text());
    world.restart(with_admins).await;
    assert_eq!(bob.fetch(&world.url("desk.lab", "/")).await.status, 421, "the host is not theirs any more");
}

#[tokio::test]
async fn applications_of_another_organization_are_not_there() {
    let world = World::start(Default::default(), |places| allotting(places, ALLOTTED)).await;
    let bob = signed_in(&world, "bob").await;
    let page = open(&world, &bob, HOME).await;
    for organization in ["garage", "home-lab"] {
        let base = format!("/console/organizations/{organization}/applications/tools");
        for path in ["", "/edit", "/delete"] {
            assert_eq!(bob.fetch(&world.login(&format!("{base}{path}"))).await.status, 404, "{base}{path}");
        }
        for path in ["/edit", "/delete", "/test"] {
            let answer = press(&bob, &page, &format!("{base}{path}"), &with(&desk(&world), &[])).await;
            assert_eq!(answer.status, 404, "{base}{path}");
        }
    }
}

#[tokio::test]
async fn an_admin_has_us_connect_only_so_often_in_the_console_or_by_tokens() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    let upstreams: Vec<String> = (1..=16).map(|port| format!("http://127.0.0.1:{port}")).collect();
    let (fields, upstreams) = (desk(&world), upstreams.join("\n"));
    let kept = with(&fields, &[("upstream", &upstreams)]);
    assert_eq!(post(&world, &alice, &format!("{BASE}/_new"), &kept).await.status, 303);
    let page = open(&world, &alice, &format!("{BASE}/desk")).await;
    let many = with(&fields, &[("upstream", &upstreams), ("do", "test")]);
    assert_eq!(press(&alice, &page, &format!("{BASE}/_new"), &many).await.status, 200);
    assert_eq!(press(&alice, &page, &format!("{BASE}/_new"), &many).await.status, 200);
    for (path, fields) in [("_new", &many), ("desk/test", &Vec::new())] {
        let refused = press(&alice, &page, &format!("{BASE}/{path}"), fields).await;
        let text = refused.text();
        assert!(refused.status == 429 && text.contains("tested much in a short time"), "{path}: {text}");
        let wait: u64 = refused.header("retry-after").expect("a time").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    let looked = [("step", "start"), ("preset", "other"), ("name", "X"), ("id", "x"), ("issuer", "https://x.invalid")];
    let looked = press(&alice, &page, "/console/idps/_new", &looked).await.text();
    assert!(looked.contains("looked up much in a short time"), "{looked}");
    // Nobody else is held up by that; and two tokens of one maker are one.
    let (one, other) = (world.program().await, world.program().await);
    let test = "/organizations/admin/applications/desk/test";
    for program in [&one, &other] {
        assert_eq!(program.send("POST", test, None, &[]).await.status, 200);
    }
    let refused = one.send("POST", test, None, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after").is_some()), (429, true), "{}", refused.text());
    let asked = serde_json::json!({ "issuer": "https://x.invalid" });
    assert_eq!(other.post("/discovery", asked).await.status, 429);
}

#[tokio::test]
async fn a_group_of_fields_stands_open_where_it_says_something_or_something_is_wrong_there() {
    let world = World::start(Default::default(), with_admins).await;
    let alice = alice_with_admins(&world, &[]).await;
    let new = format!("{BASE}/_new");
    let groups = ["Connection", "Asking whether it is well", "Rules by path", "Programs and pages"];
    let open_ones = |text: &str| -> Vec<&str> {
        let is_open = |group: &&str| text.contains(&format!("<details open>\n<summary>{group}"));
        groups.into_iter().filter(is_open).collect()
    };
    assert_eq!(open_ones(&open(&world, &alice, &new).await.text()), Vec::<&str>::new());
    let fields = desk(&world);
    let typed = |changes: &[(&'static str, &'static str)]| {
        let changes = [&[("name", "")], changes].concat();
        let (world, alice, new, fields) = (&world, &alice, &new, &fields);
        async move {
            let mut typed = with(fields, &changes);
            // A box that is not ticked is not sent.
            typed.retain(|field| *field != ("pass_host", ""));
            post(world, alice, new, &typed).await.text()
        }
    };
    for (field, value, group) in [
        ("idle_timeout", "1h", groups[0]),
        ("connect_timeout", "soon", groups[0]),
        ("protocol", "http2", groups[0]),
        ("pass_host", "", groups[0]),
        ("health_path", "/healthz", groups[1]),
        ("rule-path-0", "/admin/*", groups[2]),
        ("preflight", "on", groups[2]),
        ("tokens", "on", groups[3]),
        ("origins", "nonsense", groups[3]),
    ] {
        assert_eq!(open_ones(&typed(&[(field, value)]).await), [group], "{field}");
    }
    assert_eq!(post(&world, &alice, &new, &with(&fields, &[("server_name", "desk.internal")])).await.status, 303);
    let kept = open(&world, &alice, &format!("{BASE}/desk/edit")).await.text();
    assert_eq!(open_ones(&kept), [groups[0]], "{kept}");
}
