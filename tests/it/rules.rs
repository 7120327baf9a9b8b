//! Rules on the wire: by path, method and network, and CORS preflights.

use crate::kit::provider::Variant;
use crate::kit::raw::{Answer, address, ask, session};
use crate::kit::scene::wiki_with;
use crate::kit::upstream::received;
use crate::kit::world::World;

const RULES: &str = r#"
[[application.rule]]
path = "/feed/*"
methods = ["GET"]
allow = "everyone"
[[application.rule]]
path = "/feed/*"
roles = ["Admin"]
preflight = true
[[application.rule]]
path = "/inner/*"
from = ["10.0.0.0/8", "fd00::/8"]
allow = "everyone"
"#;

/// One request without a body, on a connection of its own.
async fn send(world: &World, line: &str, lines: &str) -> Answer {
    ask(address(world), format!("{line} HTTP/1.1\r\nHost: wiki.localhost\r\n{lines}Connection: close\r\n\r\n")).await
}

/// The line with somebody's session at the wiki.
async fn as_user(world: &World, name: &str) -> String {
    let (browser, _) = world.signed_in(name).await;
    format!("Cookie: {}; theirs=1\r\n", session(world, &browser))
}

#[tokio::test]
async fn a_path_is_open_for_reading_and_narrow_for_writing() {
    let world = wiki_with(RULES).await;
    let (alice, bob) = (as_user(&world, "alice").await, as_user(&world, "bob").await);
    for (line, stranger, of_bob, of_alice) in [
        ("GET /feed/x", 200, 200, 200),
        ("HEAD /feed/x", 200, 200, 200),
        ("POST /feed/x", 401, 403, 200),
        ("DELETE /feed/x", 401, 403, 200),
        ("OPTIONS /feed/x", 401, 403, 200),
        ("FROB /feed/x", 401, 403, 200),
        ("get /feed/x", 400, 400, 400),
        ("Head /feed/x", 400, 400, 400),
        // Whoever reads this as a GET would let everybody in.
        ("POST /feed/x?_method=GET", 400, 400, 400),
        ("POST /page?_method=DELETE", 401, 200, 200),
    ] {
        for (lines, status) in [("", stranger), (&*bob, of_bob), (&*alice, of_alice)] {
            let hits = world.upstream.hits();
            let answer = send(&world, line, &format!("{lines}Content-Length: 0\r\n")).await;
            assert_eq!(answer.status, status, "{line} {lines}: {}", answer.head);
            assert_eq!(world.upstream.hits() - hits, usize::from(status == 200), "{line} {lines}");
        }
    }
    for name in ["X-HTTP-Method-Override", "x-http-method", "X_Method_Override", "X.HTTP-Method_Override"] {
        let hits = world.upstream.hits();
        assert_eq!(send(&world, "GET /feed/x", &format!("{name}: DELETE\r\n")).await.status, 400, "{name}");
        assert_eq!(send(&world, "GET /feed/x", &format!("{name}: get\r\n")).await.status, 200, "{name}");
        assert_eq!(world.upstream.hits(), hits + 1, "{name}");
    }
}

#[tokio::test]
async fn a_preflight_passes_as_nobodys_where_the_rule_for_what_it_asks_about_lets_it() {
    let world = wiki_with(RULES).await;
    let alice = as_user(&world, "alice").await;
    let (origin, put) = ("Origin: https://app.example.com\r\n", "Access-Control-Request-Method: PUT\r\n");
    let credentials = format!("{alice}Authorization: Basic YTpi\r\n");
    for lines in ["", &credentials] {
        let answer = send(&world, "OPTIONS /feed/x", &format!("{origin}{put}{lines}")).await;
        assert_eq!(answer.status, 200, "{}", answer.head);
        let seen = answer.json();
        assert_eq!(received(&seen, "access-control-request-method"), ["PUT"]);
        for name in ["cookie", "authorization", "remote-user", "remote-groups", "x-vestibule-assertion"] {
            assert_eq!(received(&seen, name), Vec::<&str>::new(), "{name}");
        }
    }
    for (line, lines) in [
        ("OPTIONS /feed/x", origin.to_owned()),
        ("OPTIONS /feed/x", put.to_owned()),
        ("OPTIONS /feed/x", format!("{origin}{put}{put}")),
        ("OPTIONS /feed/x", format!("{origin}{origin}{put}")),
        ("OPTIONS /feed/x", format!("{origin}Access-Control-Request-Method: PUT, GET\r\n")),
        ("OPTIONS /feed/x", format!("{origin}{put}Content-Length: 1\r\n")),
        ("OPTIONS /feed/x", format!("{origin}{put}Transfer-Encoding: chunked\r\n")),
        ("POST /feed/x", format!("{origin}{put}")),
        ("OPTIONS /page", format!("{origin}{put}")),
        // The rule for GET says nothing of preflights.
        ("OPTIONS /feed/x", format!("{origin}Access-Control-Request-Method: GET\r\n")),
    ] {
        let hits = world.upstream.hits();
        let answer = send(&world, line, &lines).await;
        assert_eq!(answer.status, 401, "{line} {lines}: {}", answer.head);
        assert_eq!(world.upstream.hits(), hits, "{line} {lines}");
    }
}

#[tokio::test]
async fn from_elsewhere_nobody_passes_and_only_trusted_proxies_say_where_that_is() {
    for (trusted, inside) in [("", false), ("\"127.0.0.0/8\"", true)] {
        let world = World::start(Variant::default(), |places| {
            let listen = format!("listen = [\"127.0.0.1:{}\"]", places.port);
            let head = places.head(crate::kit::world::Places::SEED_POLICY);
            let head = head.replace(&listen, &format!("{listen}\ntrusted_proxies = [{trusted}]"));
            head + &places.home_lab(RULES)
        })
        .await;
        let alice = as_user(&world, "alice").await;
        for (said, held) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("fd00::1", true),
            ("192.0.2.1", false),
            ("10.1.2.3, 192.0.2.1", false),
            ("192.0.2.1, 10.1.2.3", true),
            ("10.1.2.3\r\nX-Forwarded-For: 192.0.2.1", false),
            ("10.1.2.3, nonsense", false),
        ] {
            for lines in ["", &alice] {
                let answer = send(&world, "GET /inner/x", &format!("{lines}X-Forwarded-For: {said}\r\n")).await;
                let expected = if inside && held { 200 } else { 403 };
                assert_eq!(answer.status, expected, "{trusted} {said}: {}", answer.head);
            }
        }
        let refused = send(&world, "GET /inner/x", &format!("{alice}Accept: text/html\r\n")).await;
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(text.contains("You may not enter from here") && !text.contains("Sign in as someone else"), "{text}");
    }
}
