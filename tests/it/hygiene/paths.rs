//! Paths: what two programs could read differently is refused, and no spelling gets round a rule.

use super::{address, get, session};
use crate::kit::raw::ask;
use crate::kit::scene::wiki_with;

pub(super) const RULES: &str = r#"
[[application.rule]]
path = "/admin/*"
roles = ["Admin"]
[[application.rule]]
path = "/admin"
roles = ["Admin"]
[[application.rule]]
path = "/public/*"
allow = "everyone"
"#;

/// Paths that two programs could read differently.
pub(super) const AMBIGUOUS: &[&str] = &[
    "/a%2fb",
    "/a%2Fb",
    "/a%5cb",
    "/a\\b",
    "/a%00",
    "/a/../b",
    "/a/./b",
    "/..",
    "/.",
    "/a/..;/b",
    "/a/..;x=y/b",
    "/a/.;/b",
    "/a/%2e%2e/b",
    "/a/%2e./b",
    "/a/.%2E/b",
    "/a/%2e/b",
    "/a%252fb",
    "/a%255cb",
    "/a/%252e%252e/b",
    "/a%25252fb",
    "/a/..%3b/b",
    "/a%c0%afb",
    "/a/%c0%ae%c0%ae/b",
    "/a%e0%80%afb",
    "/a%f0%80%80%afb",
    "/a%",
    "/a%2",
    "/a%zz",
    "/a%0d%0ab",
    "/a%0a",
    "/a%7f",
    "/a%250a",
    "/a/%2e%2e;/b",
    "/a/..%00/b",
    "/a/..%09/b",
    "/a/.%2500./b",
    "/a%u002fb",
    "/a%5c%2e%2e%5cb",
    "/a/%25%32%65%25%32%65/b",
    "/a\u{e9}",
];

/// Spellings of paths that a rule keeps for admins, and of paths that resemble them.
pub(super) const ROUND_A_RULE: &[&str] = &[
    "/admin",
    "/admin/",
    "/admin/x",
    "/%61dmin/x",
    "/adm%69n",
    "//admin/x",
    "/./admin/x",
    "/admin;x/y",
    "/;/admin/x",
    "/admin%2fx",
    "/public/../admin/x",
    "/public/..;/admin/x",
    "/public/%2e%2e/admin/x",
    "/public%2f..%2fadmin/x",
    "/%2561dmin/x",
    "/admin%3b/x",
    "/admin//x",
    "/admin%23/x",
    "/admin%3fx",
    "/Admin/x",
    "/%41DMIN",
    "/aDMIN//x",
    "/admin./x",
    "/admin%20/x",
    "/public/../admin./x",
    "/admin::$DATA/x",
];

#[tokio::test]
async fn ambiguous_paths_are_refused_even_to_who_may_enter() {
    let world = wiki_with("").await;
    let (browser, _) = world.signed_in("alice").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    let hits = world.upstream.hits();
    for path in AMBIGUOUS {
        let answer = ask(address(&world), get(path, &cookie)).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.head);
        assert_eq!(world.upstream.hits(), hits, "{path} was forwarded");
    }
}

#[tokio::test]
async fn a_path_reaches_the_upstream_as_it_came() {
    let world = wiki_with("").await;
    let (browser, _) = world.signed_in("alice").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    for path in [
        "/",
        "/a%20b",
        "/%C3%A9",
        "/a;v=1/b",
        "/a//b",
        "/a+b",
        "/a?q=../..%2f%00&x=//y",
        "/a?",
        "/a?b?c",
        "/...",
        "/a..b",
        "/a%3fb",
        "/~a/(b)/'c'/!$&*,=:@",
    ] {
        let answer = ask(address(&world), get(path, &cookie)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        assert_eq!(answer.json()["target"], path);
    }
}

#[tokio::test]
async fn no_spelling_of_a_path_gets_round_a_rule() {
    let world = wiki_with(RULES).await;
    let (browser, _) = world.signed_in("bob").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    let hits = world.upstream.hits();
    for path in ROUND_A_RULE {
        for cookie in ["", &cookie] {
            let answer = ask(address(&world), get(path, &format!("Accept: text/html\r\n{cookie}"))).await;
            assert!(matches!(answer.status, 303 | 400 | 403), "{path}: {}", answer.head);
            assert_eq!(world.upstream.hits(), hits, "{path} was forwarded");
        }
    }
    // Strangers get at nothing but what is open, whatever it resembles.
    for path in ["/public", "/publicx/", "/Public/x", "/x/public/y", "/%70ublic", "/public;/../x"] {
        let answer = ask(address(&world), get(path, "Accept: text/html\r\n")).await;
        assert!(matches!(answer.status, 303 | 400), "{path}: {}", answer.head);
    }
    assert_eq!(world.upstream.hits(), hits);
    assert_eq!(ask(address(&world), get("/public/x", "")).await.status, 200);
    assert_eq!(ask(address(&world), get("/%70ublic/x", "")).await.status, 200);
}
