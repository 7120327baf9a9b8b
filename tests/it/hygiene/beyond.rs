//! Beyond the path that is asked for: what an upstream takes for another one, and what is done along with it.

use super::{address, get, session};
use crate::kit::browser::Browser;
use crate::kit::raw::ask;
use crate::kit::scene::wiki_with;
use crate::kit::world::World;

const RULES: &str = r#"
[[application.rule]]
path = "/metrics"
roles = ["Admin"]
[[application.rule]]
path = "/data/secret/*"
roles = ["Admin"]
[[application.rule]]
path = "/administration/*"
roles = ["Admin"]
"#;

/// What a user of that name is answered, with these lines besides.
struct User {
    world: World,
    cookie: String,
}

impl User {
    async fn new(extra: &str, name: &str) -> Self {
        let world = wiki_with(extra).await;
        let (browser, _) = world.signed_in(name).await;
        let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
        Self { world, cookie }
    }

    async fn status(&self, method: &str, path: &str, lines: &str) -> u16 {
        let lines = format!("{}{lines}", self.cookie);
        ask(address(&self.world), get(path, &lines).replacen("GET", method, 1)).await.status
    }
}

const TAKEN_FOR: [&str; 26] = [
    "/metrics/",
    "/metrics//",
    "/METRICS/",
    "/metrics%20/",
    "/%6detrics/",
    "/data/secret",
    "/Data/Secret",
    "/data/secret%20",
    "/ADMINI~1/x",
    "/administration",
    "//x/metrics",
    "/index.php/metrics",
    "/data/s%C3%A9cret/x",
    "/data/%C5%BFecret/x",
    "/%EF%BD%8Detrics",
    "/data/x/%EF%BC%8E%EF%BC%8E/secret/x",
    "/data%EF%BC%8Fsecret/x",
    "/index.php/data/se%C2%ADcret/x",
    "/index%E2%80%8C.php/data/secret/x",
    "/data/s%E9cret/x",
    "/x%3F/%EF%BC%8E%EF%BC%8E/metrics",
    "/index.php;a/metrics",
    "/index.php%20/metrics",
    "/index.php//x/metrics",
    "/data/..%E2%88%95metrics",
    "/metr%C2%80ics",
];

#[tokio::test]
async fn what_an_upstream_takes_for_another_path_is_kept_as_that_one() {
    let bob = User::new(RULES, "bob").await;
    let hits = bob.world.upstream.hits();
    for path in TAKEN_FOR {
        assert!(matches!(bob.status("GET", path, "").await, 400 | 403), "{path}");
    }
    assert!(matches!(bob.status("GET", "/x/..%20/metrics", "").await, 400));
    assert_eq!(bob.world.upstream.hits(), hits);
    for path in
        ["/metric/", "/data", "/data/", "/x/HEAD~1", "/administrations", "/data/caf%C3%A9", "/%EF%BC%8Fx%EF%BC%BC.jpg"]
    {
        assert_eq!(bob.status("GET", path, "").await, 200, "{path}");
    }
    let alice = User::new(RULES, "alice").await;
    for path in TAKEN_FOR {
        assert_eq!(alice.status("GET", path, "").await, 200, "{path}: an admin follows every link");
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_from_a_folders_name_to_the_sign_in() {
    let open = format!("{RULES}[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n");
    let world = wiki_with(&open).await;
    let status = async |path| ask(address(&world), get(path, "Accept: text/html\r\n")).await.status;
    assert_eq!([status("/data/secret").await, status("/data/secret/").await, status("/metrics").await], [303; 3]);
    assert_eq!([status("/metrics/").await, status("/DATA/secret/").await], [400; 2]);
    assert_eq!(status("/data/").await, 200);
}

#[tokio::test]
async fn a_folder_is_neither_taken_away_nor_written_over_past_the_rules_below_it() {
    let bob = User::new(RULES, "bob").await;
    let hits = bob.world.upstream.hits();
    for (method, path, lines) in [
        ("COPY", "/data/", "Destination: /mine/\r\n"),
        ("COPY", "/data", "Destination: http://wiki.localhost/mine\r\nDepth: 0\r\n"),
        ("copy", "/", "Destination: /mine/\r\n"),
        ("MOVE", "/Data/", "Destination: /mine/\r\n"),
        ("MOVE", "//data/", "Destination: /mine/\r\n"),
        ("MOVE", "/data/secret", "Destination: /mine/\r\n"),
        ("MOVE", "/mine/", "Destination: /data/\r\n"),
        ("COPY", "/mine/", "Destination: /data./secret\r\n"),
        ("COPY", "/mine/", "Destination: /data/s%C3%A9cret/x\r\n"),
        ("COPY", "/mine/x", "Destination: /mine/a#/../../data/secret/y\r\n"),
        ("MOVE", "/mine/x", "Destination: http://wiki.localhost/mine/a#/../../data/secret/y\r\n"),
        ("COPY", "/mine/x", "Destination: /mine/a?/../../data/secret/y\r\n"),
        ("COPY", "/mine/x", "Destination: /mine/x://h/data/secret/y\r\n"),
        ("COPY", "/mine/x", "Destination: /mine/x%3a//h/data/secret/y\r\n"),
        ("MOVE", "/mine/x", "Destination: /mine/a:b/data/secret/y\r\n"),
        ("COPY", "/mine/x", "Destination: http://wiki.localhost/mine/a:b/data/secret/y\r\n"),
        ("COPY", "/data/x", "Destination: secret\r\n"),
        ("COPY", "/data/x", "Destination: secret/y\r\n"),
        ("DELETE", "/d%C3%A4ta/", ""),
        ("DELETE", "/data/", ""),
        ("DELETE", "/data", ""),
        ("Delete", "/", ""),
        ("POST", "/data/", "X-HTTP-Method-Override: DELETE\r\n"),
        ("POST", "/data/?X-HTTP-Method-Overrid%u0065=DELETE", ""),
        ("POST", "/data/", "X.HTTP_Method: move\r\nDestination: /mine/\r\n"),
        ("GET", "/data/?_method=delete", ""),
        ("PROPFIND", "/data/", ""),
        ("PROPFIND", "/data/", "Depth: infinity\r\n"),
        ("PROPFIND", "/data/", "Depth: 1\r\nDepth: infinity\r\n"),
        ("LOCK", "/data", ""),
    ] {
        let status = bob.status(method, path, lines).await;
        assert!(matches!(status, 400 | 403), "{method} {path} {lines:?}: {status}");
    }
    assert_eq!(bob.world.upstream.hits(), hits);
    for (method, path, lines) in [
        ("COPY", "/mine/", "Destination: /mine2/\r\n"),
        ("DELETE", "/mine/", ""),
        ("DELETE", "/data/open.txt", ""),
        ("PROPFIND", "/data/", "Depth: 1\r\n"),
        ("POST", "/data/", ""),
    ] {
        assert_eq!(bob.status(method, path, lines).await, 200, "{method} {path} {lines:?}");
    }
    let alice = User::new(RULES, "alice").await;
    assert_eq!(alice.status("MOVE", "/data/", "Destination: /mine/\r\n").await, 200);
    assert_eq!(alice.status("DELETE", "/", "").await, 200);
}

#[tokio::test]
async fn a_second_path_counts_with_the_prefix_and_without_it() {
    let rules = "[[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]\n\
                 [application.connection]\nstrip_prefix = \"/wiki\"\n";
    let world = wiki_with(rules).await;
    let browser = Browser::new();
    world.enter(&browser, &world.url("wiki", "/wiki/"), "bob").await;
    let bob = User { cookie: format!("Cookie: {}\r\n", session(&world, &browser)), world };
    let hits = bob.world.upstream.hits();
    for destination in [
        "/wiki/admin/x",
        "http://wiki.localhost/wiki/admin/x",
        "/admin/x",
        "/wiki/Admin/x",
        "/Wiki/admin/x",
        "//wiki/admin/x",
        "/%77iki/admin/x",
        "/wiki//admin/x",
        "/wiki/",
    ] {
        let status = bob.status("MOVE", "/wiki/a", &format!("Destination: {destination}\r\n")).await;
        assert!(matches!(status, 400 | 403), "{destination}: {status}");
    }
    assert_eq!(bob.world.upstream.hits(), hits);
    assert_eq!(bob.status("MOVE", "/wiki/a", "Destination: /wiki/b\r\n").await, 200);
}

#[tokio::test]
async fn a_preflight_passes_in_no_spelling_that_another_rule_keeps() {
    let rules = "preflight = true\n[[application.rule]]\npath = \"/secret/*\"\nroles = [\"Admin\"]\n";
    let world = wiki_with(rules).await;
    let ask_at = async |path: &str| {
        let lines = "Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n";
        ask(address(&world), get(path, lines).replacen("GET", "OPTIONS", 1)).await.status
    };
    for path in [
        "/secret/x",
        "/Secret/x",
        "/SECRET./x",
        "/secret%20/x",
        "/secret",
        "//x/secret/y",
        "/index.php/secret/x",
        "/%C5%BFecret/x",
    ] {
        assert_ne!(ask_at(path).await, 200, "{path}");
    }
    assert_eq!(world.upstream.hits(), 0);
    assert_eq!(ask_at("/page").await, 200);
}

#[tokio::test]
async fn nobody_names_methods_without_end() {
    let rules = "[[application.rule]]\npath = \"/api/*\"\nmethods = [\"DELETE\"]\nroles = [\"Admin\"]\n";
    let alice = User::new(rules, "alice").await;
    let named =
        |count: usize| format!("/page?{}", (0..count).map(|number| format!("_method=M{number}&")).collect::<String>());
    assert_eq!(alice.status("POST", &named(2), "").await, 200);
    assert_eq!(alice.status("POST", &named(400), "").await, 400);
}

#[tokio::test]
async fn the_method_that_a_query_names_counts_in_plain_letters_too() {
    let rules = "[[application.rule]]\npath = \"/api/*\"\nmethods = [\"DELETE\"]\nroles = [\"Admin\"]\n";
    let bob = User::new(rules, "bob").await;
    let hits = bob.world.upstream.hits();
    for path in ["/api/x?_method=DELETE", "/%C3%A4pi/x?_method=DELETE"] {
        assert!(matches!(bob.status("POST", path, "").await, 400 | 403), "{path}");
    }
    assert_eq!(bob.world.upstream.hits(), hits);
    assert_eq!(bob.status("POST", "/%C3%A4pi/x?_method=PUT", "").await, 200);
}
