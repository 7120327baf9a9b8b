//! The endpoints themselves, asked as a proxy would, and as others might.

use super::journey;
use crate::kit::raw::{Answer, ask};
use crate::kit::scene::{behind_tls_with, browser_over_tls, cookie, left_to_a_proxy};
use crate::kit::world::World;

const SECRET: &str = "correct-horse-battery-staple";
const WIKI: &str = "https://wiki.example.com/";

/// What a proxy of the one kind writes when it asks about a `GET` of this path of the wiki.
fn forwarded(uri: &str) -> String {
    format!(
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: wiki.example.com\r\nX-Forwarded-Uri: {uri}\r\n\
         X-Forwarded-Method: GET\r\nX-Forwarded-For: 192.0.2.7\r\n"
    )
}

/// The same of the other kind.
fn original(uri: &str) -> String {
    format!("X-Original-URL: https://wiki.example.com{uri}\r\nX-Original-Method: GET\r\nX-Forwarded-For: 192.0.2.7\r\n")
}

async fn at(world: &World, endpoint: &str, lines: &str) -> Answer {
    asking(world, &format!("GET {endpoint}"), "vestibule:8080", lines).await
}

async fn asking(world: &World, line: &str, host: &str, lines: &str) -> Answer {
    let address = ([127, 0, 0, 1], world.places.port).into();
    ask(address, format!("{line} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n")).await
}

/// `Cookie: …` of somebody's session at the wiki.
async fn signed_in(world: &World, username: &str) -> String {
    let browser = browser_over_tls(world);
    world.enter(&browser, WIKI, username).await;
    format!("Cookie: __Host-vestibule-session={}\r\n", cookie(&browser, WIKI, "session").expect("a session"))
}

#[tokio::test]
async fn both_endpoints_decide_as_the_request_path_does() {
    let world = journey::world().await;
    let (bob, alice) = (signed_in(&world, "bob").await, signed_in(&world, "alice").await);
    for (uri, who, nginx, forward) in [
        ("/notes", "", 401, 401),
        ("/notes", &*bob, 200, 200),
        ("/public/a", "", 200, 200),
        ("/public/a", &bob, 200, 200),
        ("/admin/a", "", 401, 401),
        ("/admin/a", &bob, 403, 403),
        ("/admin/a", &alice, 200, 200),
        ("//admin/a", &alice, 403, 400),
        ("/admin;x/a", &alice, 403, 400),
        ("/public/../admin/a", &alice, 403, 400),
        ("/public/%2e%2e/admin/a", &bob, 403, 400),
        ("/.vestibule/session", &alice, 403, 404),
        ("/%2evestibule/x", &alice, 403, 404),
    ] {
        let answer = at(&world, "/auth/nginx", &format!("{}{who}", original(uri))).await;
        assert_eq!(answer.status, nginx, "{uri}: {answer:?}");
        assert_eq!(answer.all("remote-user").is_empty(), nginx != 200, "{uri}: {answer:?}");
        let answer = at(&world, "/auth/forward", &format!("{}{who}", forwarded(uri))).await;
        assert_eq!(answer.status, forward, "{uri}: {answer:?}");
        assert_eq!(answer.all("remote-user").is_empty(), forward != 200, "{uri}: {answer:?}");
    }
    assert_eq!(world.upstream.hits(), 0, "none of it was forwarded");
}

#[tokio::test]
async fn a_preflight_passes_if_it_is_a_real_one_and_carries_nothing_of_anybodys() {
    let rule = "[[application.rule]]\npath = \"/api/*\"\nroles = [\"Member\"]\npreflight = true\n";
    let world = left_to_a_proxy("trusted_proxies = [\"127.0.0.1/32\"]", rule).await;
    let bob = signed_in(&world, "bob").await;
    let real = "Origin: https://friend.example\r\nAccess-Control-Request-Method: PUT\r\n";
    for (lines, forward) in [
        (real.to_owned(), 200),
        // Whose it is would go along, since we take nothing out here.
        (format!("{real}Authorization: Bearer of-its-own\r\n"), 401),
        (format!("{real}Cookie: a=b\r\n"), 401),
        (format!("{real}Content-Length: 3\r\n"), 401),
        (format!("{real}Transfer-Encoding: chunked\r\n"), 401),
        ("Origin: https://friend.example\r\n".to_owned(), 401),
        ("Access-Control-Request-Method: PUT\r\n".to_owned(), 401),
    ] {
        let about = forwarded("/api/a").replace("Method: GET", "Method: OPTIONS") + &lines;
        let body = if lines.contains("Content-Length") { "abc" } else { "" };
        let body = if lines.contains("chunked") { "0\r\n\r\n" } else { body };
        let request =
            format!("GET /auth/forward HTTP/1.1\r\nHost: vestibule\r\n{about}Connection: close\r\n\r\n{body}");
        let answer = ask(([127, 0, 0, 1], world.places.port).into(), request).await;
        assert_eq!((answer.status, answer.all("remote-user").concat()), (forward, String::new()), "{lines}{answer:?}");
    }
    // Elsewhere it is asked of nobody, and a session is as good as for any other request.
    let elsewhere = forwarded("/other").replace("Method: GET", "Method: OPTIONS") + real;
    assert_eq!(at(&world, "/auth/forward", &elsewhere).await.status, 401);
    assert_eq!(at(&world, "/auth/forward", &format!("{elsewhere}{bob}")).await.status, 200);
}

#[tokio::test]
async fn every_header_of_the_preset_is_there_and_empty_for_nobody() {
    for (preset, names) in [
        ("remote", &["remote-user", "remote-groups", "remote-email", "remote-name"][..]),
        (
            "x-forwarded",
            &["x-forwarded-user", "x-forwarded-groups", "x-forwarded-email", "x-forwarded-preferred-username"],
        ),
        (
            "x-auth-request",
            &[
                "x-auth-request-user",
                "x-auth-request-groups",
                "x-auth-request-email",
                "x-auth-request-preferred-username",
            ],
        ),
        ("none", &[]),
    ] {
        let open =
            format!("headers = \"{preset}\"\n[[application.rule]]\npath = \"/public/*\"\nallow = \"everyone\"\n");
        let world = left_to_a_proxy("trusted_proxies = [\"127.0.0.1/32\"]", &open).await;
        let bob = signed_in(&world, "bob").await;
        let names = [names, &["x-vestibule-assertion"]].concat();
        let known = at(&world, "/auth/forward", &format!("{}{bob}", forwarded("/public/a"))).await;
        let nobody = at(&world, "/auth/forward", &forwarded("/public/a")).await;
        for name in names {
            assert_eq!(nobody.all(name), [""], "{name}: {nobody:?}");
            assert!(known.all(name).len() == 1 && !known.all(name)[0].is_empty(), "{name}: {known:?}");
        }
    }
}

#[tokio::test]
async fn a_navigation_is_sent_to_sign_in_and_a_script_is_not() {
    let world = journey::world().await;
    let page = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    for (endpoint, lines) in [("/auth/forward", forwarded("/a?b")), ("/auth/nginx/page", original("/a?b"))] {
        let answer = at(&world, endpoint, &format!("{lines}{page}")).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert!(answer.all("location")[0].starts_with("https://login.example.com/login?request="));
        assert!(answer.all("set-cookie")[0].starts_with("__Host-vestibule-handoff-"), "{answer:?}");
        assert_eq!(at(&world, endpoint, &lines).await.status, 401);
        let post = format!("{lines}{page}").replace("Method: GET", "Method: POST");
        assert_eq!(at(&world, endpoint, &post).await.status, 401, "a form is not sent twice");
    }
    let answer = at(&world, "/auth/nginx", &format!("{}{page}", original("/a?b"))).await;
    assert!(answer.status == 401 && answer.all("location").is_empty() && answer.all("set-cookie").is_empty());
}

#[tokio::test]
async fn a_browser_whose_session_came_meanwhile_is_sent_back_and_told_nothing_more() {
    let world = journey::world().await;
    let bob = signed_in(&world, "bob").await;
    let answer = at(&world, "/auth/nginx/page", &format!("{}{bob}", original("/notes?a=b"))).await;
    assert_eq!((answer.status, answer.all("location")), (303, vec!["https://wiki.example.com/notes?a=b"]));
    assert!(answer.all("x-vestibule-assertion").is_empty() && answer.all("remote-user").is_empty());
    let post = format!("{}{bob}", original("/notes")).replace("Method: GET", "Method: POST");
    assert_eq!(at(&world, "/auth/nginx/page", &post).await.status, 503);
}

#[tokio::test]
async fn strangers_get_no_answer() {
    let world = left_to_a_proxy("", "").await;
    let bob = signed_in(&world, "bob").await;
    for (endpoint, lines) in [("/auth/forward", forwarded("/a")), ("/auth/nginx", original("/a"))] {
        for secret in ["", "X-Vestibule-Secret: \r\n", "X-Vestibule-Secret: correct-horse-battery-staple\r\n"] {
            let answer = at(&world, endpoint, &format!("{lines}{bob}{secret}")).await;
            assert!(answer.status == 403 && answer.all("remote-user").is_empty(), "{answer:?}");
        }
    }
    let world = left_to_a_proxy("trusted_proxies = [\"10.0.0.0/8\"]", "").await;
    let bob = signed_in(&world, "bob").await;
    let forged = forwarded("/a").replace("192.0.2.7", "10.0.0.1");
    assert_eq!(at(&world, "/auth/forward", &format!("{forged}{bob}")).await.status, 403, "the peer counts");
}

#[tokio::test]
async fn the_secret_lets_in_and_a_wrong_one_keeps_out_even_who_is_trusted() {
    let secret = format!("[server.forward_auth]\nsecret = \"{SECRET}\"\n");
    for (server, without) in [("", 403), ("trusted_proxies = [\"127.0.0.1/32\"]", 200)] {
        let world = behind_tls_with(server, "", &secret).await;
        let bob = signed_in(&world, "bob").await;
        let lines = format!("{}{bob}", forwarded("/a"));
        assert_eq!(at(&world, "/auth/forward", &lines).await.status, without);
        let shown = |secret: &str| format!("{lines}X-Vestibule-Secret: {secret}\r\n");
        let answer = at(&world, "/auth/forward", &shown(SECRET)).await;
        assert_eq!((answer.status, answer.all("remote-user")), (200, vec!["bob"]), "{answer:?}");
        assert!(!answer.head.contains(SECRET));
        for wrong in ["", "correct-horse-battery-stapl", "correct-horse-battery-staplE", "x"] {
            assert_eq!(at(&world, "/auth/forward", &shown(wrong)).await.status, 403, "{wrong:?}");
        }
        let twice = format!("{}X-Vestibule-Secret: {SECRET}\r\n", shown(SECRET));
        assert_eq!(at(&world, "/auth/forward", &twice).await.status, 403);
    }
}

#[tokio::test]
async fn on_an_applications_host_the_path_is_its_own_unless_the_secret_is_shown() {
    let secret = format!("[server.forward_auth]\nsecret = \"{SECRET}\"\n");
    let world = behind_tls_with("trusted_proxies = [\"127.0.0.1/32\"]", "", &secret).await;
    let bob = signed_in(&world, "bob").await;
    let lines = format!("{}{bob}", forwarded("/a"));
    let there = asking(&world, "GET /auth/forward", "wiki.example.com", &lines).await;
    assert_eq!(there.json()["target"], "/auth/forward", "the application has it");
    assert!(there.all("x-vestibule-assertion").is_empty());
    let shown = format!("{lines}X-Vestibule-Secret: {SECRET}\r\n");
    let answered = asking(&world, "GET /auth/forward", "wiki.example.com", &shown).await;
    assert_eq!((answered.status, answered.all("x-vestibule-assertion").len()), (200, 1));
    let wrong = format!("{lines}X-Vestibule-Secret: wrong\r\n");
    let there = asking(&world, "GET /auth/forward", "wiki.example.com", &wrong).await;
    assert!(there.json()["target"] == "/auth/forward" && !there.json()["headers"].to_string().contains("wrong"));
}

#[tokio::test]
async fn where_another_proxy_forwards_the_path_is_an_endpoint_and_nothing_else_is_answered() {
    let world = journey::world().await;
    let browser = browser_over_tls(&world);
    let page = world.enter(&browser, WIKI, "bob").await;
    assert_eq!(page.status, 421, "{}", page.text());
    assert!(page.text().contains("not reached this way"));
    let bob = format!("Cookie: __Host-vestibule-session={}\r\n", cookie(&browser, WIKI, "session").expect("a session"));
    let lines = format!("{}{bob}", forwarded("/a"));
    for line in ["GET /auth/forward", "GET /auth/forward/a"] {
        let answer = asking(&world, line, "wiki.example.com", &lines).await;
        assert_eq!((answer.status, answer.all("remote-user")), (200, vec!["bob"]), "{line}");
    }
    for line in ["GET /a", "GET /public/a", "POST /a", "GET /auth/forwarded"] {
        let answer = asking(&world, line, "wiki.example.com", &lines).await;
        assert!(answer.status == 421 && answer.all("x-vestibule-assertion").is_empty(), "{line}: {answer:?}");
    }
    assert_eq!(world.upstream.hits(), 0);
}

#[tokio::test]
async fn headers_that_are_not_one_value_each_open_nothing() {
    let world = journey::world().await;
    let bob = signed_in(&world, "bob").await;
    let usual = format!("{}{bob}", forwarded("/notes"));
    assert_eq!(at(&world, "/auth/forward", &usual).await.status, 200);
    for line in usual.lines().filter(|line| line.starts_with("X-")) {
        let (name, value) = line.split_once(": ").unwrap();
        for changed in [
            String::new(),
            format!("{line}\r\n{line}\r\n"),
            format!("{line}\r\n{name}: x\r\n"),
            format!("{name}: {value}, {value}\r\n"),
            format!("{name}: {value},{value}\r\n"),
            format!("{name}: \r\n"),
            format!("{name}:\r\n {value}\r\n"),
            format!("{name}: \"{value}\"\r\n"),
            format!("{name}: {value} x\r\n"),
        ] {
            let answer = at(&world, "/auth/forward", &usual.replace(&format!("{line}\r\n"), &changed)).await;
            assert_eq!(answer.status, 400, "{changed:?}: {answer:?}");
            assert!(answer.all("remote-user").is_empty());
        }
    }
    for (from, to) in [
        ("/notes", "https://wiki.example.com/notes"),
        ("/notes", "//wiki.example.com/notes#"),
        ("/notes", "/public/a#/../../notes"),
        ("/notes", "notes"),
        ("/notes", "/notes\\..\\admin"),
        ("/notes", "/no\u{e4}tes"),
        ("Host: wiki.example.com", "Host: bob@wiki.example.com"),
        ("Host: wiki.example.com", "Host: wiki.example.com/"),
        ("Host: wiki.example.com", "Host: wiki.example.com:99999"),
        ("Method: GET", "Method: CONNECT"),
        ("Proto: https", "Proto: gopher"),
        ("192.0.2.7", "192.0.2.7, 192.0.2.8"),
        ("X-Forwarded-For", "X-Original-URL: https://wiki.example.com/public/a\r\nX-Forwarded-For"),
        ("X-Forwarded-For", "X-Original-Method: POST\r\nX-Forwarded-For"),
    ] {
        let answer = at(&world, "/auth/forward", &usual.replace(from, to)).await;
        assert_eq!(answer.status, 400, "{to}: {answer:?}");
    }
}

#[tokio::test]
async fn a_host_is_one_of_ours_in_any_spelling_or_nobodys() {
    let world = journey::world().await;
    let bob = signed_in(&world, "bob").await;
    let named = |host: &str| format!("{}{bob}", forwarded("/notes")).replace("wiki.example.com", host);
    for host in ["WIKI.EXAMPLE.COM", "wiki.example.com.", "wiki.example.com:443", "wiki.example.com:8443"] {
        assert_eq!(at(&world, "/auth/forward", &named(host)).await.status, 200, "{host}");
    }
    for host in ["login.example.com", "evil.example", "evil.wiki.example.com", "127.0.0.1"] {
        assert_eq!(at(&world, "/auth/forward", &named(host)).await.status, 421, "{host}");
        let original = format!("{}{bob}", original("/notes")).replace("wiki.example.com", host);
        assert_eq!(at(&world, "/auth/nginx", &original).await.status, 403, "{host}");
    }
}

#[tokio::test]
async fn a_session_of_another_host_is_none_here() {
    let world = journey::world().await;
    let browser = browser_over_tls(&world);
    world.enter(&browser, WIKI, "bob").await;
    let token = cookie(&browser, "https://login.example.com/", "session").expect("a session");
    let lines = format!("{}Cookie: __Host-vestibule-session={token}\r\n", forwarded("/notes"));
    assert_eq!(at(&world, "/auth/forward", &lines).await.status, 401);
    let plain = format!("{}Cookie: vestibule-session-00000000={token}\r\n", forwarded("/notes"));
    assert_eq!(at(&world, "/auth/forward", &plain).await.status, 401);
}

#[tokio::test]
async fn the_questions_own_line_must_not_say_otherwise() {
    let world = journey::world().await;
    let bob = signed_in(&world, "bob").await;
    let lines = format!("{}{bob}", forwarded("/notes?a=b"));
    for (line, expected) in [
        ("GET /auth/forward", 200),
        ("HEAD /auth/forward", 200),
        ("GET /auth/forward?x=/public/a", 200),
        ("GET /auth/forward/notes?a=b", 200),
        ("GET /auth/forward/notes", 400),
        ("GET /auth/forward/public/a", 400),
        ("GET /auth/forward//notes?a=b", 400),
        ("POST /auth/forward", 400),
        ("OPTIONS /auth/forward/notes?a=b", 400),
        ("GET /auth/forwards", 421),
        ("GET /auth/nginx/notes", 421),
        ("GET /auth/FORWARD", 421),
    ] {
        let answer = asking(&world, line, "vestibule:8080", &lines).await;
        assert_eq!(answer.status, expected, "{line}: {answer:?}");
    }
    // Envoy asks with the method that it asks about.
    let post = lines.replace("Method: GET", "Method: POST");
    assert_eq!(asking(&world, "POST /auth/forward", "vestibule:8080", &post).await.status, 200);
}

#[tokio::test]
async fn a_socket_opens_for_a_page_of_the_same_host_however_it_shows() {
    let world = journey::world().await;
    let bob = signed_in(&world, "bob").await;
    for sign in [
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Sec-WebSocket-Version: 13\r\n",
        "Sec-Fetch-Mode: websocket\r\n",
    ] {
        for (origin, expected) in [
            ("Origin: https://wiki.example.com\r\n", 200),
            ("Origin: https://login.example.com\r\n", 403),
            ("Origin: null\r\n", 403),
            ("", 403),
        ] {
            let lines = format!("{bob}{sign}{origin}");
            assert_eq!(at(&world, "/auth/forward", &(forwarded("/ws") + &lines)).await.status, expected, "{lines}");
            assert_eq!(at(&world, "/auth/nginx", &(original("/ws") + &lines)).await.status, expected, "{lines}");
        }
        // An address goes along from any page too.
        for (path, origin, expected) in [
            ("/inside/ws", "Origin: https://wiki.example.com\r\n", 200),
            ("/inside/ws", "Origin: https://evil.example\r\n", 403),
            ("/inside/ws", "", 200),
            ("/public/ws", "Origin: https://evil.example\r\n", 200),
        ] {
            let answer = at(&world, "/auth/forward", &format!("{}{sign}{origin}", forwarded(path))).await;
            assert_eq!(answer.status, expected, "{path} {sign}{origin}");
        }
    }
}

#[tokio::test]
async fn where_no_proxy_was_asked_to_ask_nobody_is_answered() {
    // A balancer that is trusted about its clients passes on whatever these write, the path of an endpoint too.
    let world = behind_tls_with("trusted_proxies = [\"127.0.0.1/32\"]", "", "").await;
    let bob = signed_in(&world, "bob").await;
    for host in ["login.example.com", "vestibule:8080", "wiki.example.com"] {
        for line in ["GET /auth/forward", "GET /auth/forward/notes", "GET /auth/nginx", "GET /auth/nginx/page"] {
            for lines in [forwarded("/notes"), original("/notes")] {
                let answer = asking(&world, line, host, &format!("{lines}{bob}")).await;
                let told = answer.all("x-vestibule-assertion").len() + answer.all("remote-user").len();
                assert_eq!(told, 0, "{host} {line}: {}", answer.head);
                assert!(
                    host.starts_with("wiki") || matches!(answer.status, 404 | 421),
                    "{host} {line}: {}",
                    answer.head
                );
            }
        }
    }
}
