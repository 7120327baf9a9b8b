//! What an attacker tries who knows how proxies and applications differ. Each message is one request to everybody, or none:
//! what stands behind it on the connection is the next one, and nobody's.

use super::{address, alice, session};
use crate::kit::raw::talk;
use crate::kit::scene::wiki_with;
use crate::kit::upstream::received;
use crate::kit::world::World;

/// The next request on the connection, which carries no session.
const NEXT: &str = "GET /smuggled HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n";

/// The statuses of all answers to a message and what stands behind it, and what the upstream saw.
async fn answers(world: &World, message: &str) -> (Vec<u16>, Option<serde_json::Value>) {
    let text = talk(address(world), format!("{message}{NEXT}")).await;
    let heads = text.match_indices("HTTP/1.").filter_map(|(at, _)| text[at..].split(' ').nth(1)?.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, rest)| rest);
    (heads.collect(), serde_json::Deserializer::from_str(body).into_iter().next().and_then(Result::ok))
}

#[tokio::test]
async fn a_message_ends_in_one_place() {
    let (world, session) = alice().await;
    for (lines, content, passes) in [
        ("Content-Length: 05", "abcde", true),
        ("Content-Length:\t5\t", "abcde", true),
        ("Content-Length: 5\r\nContent-Length: 5", "abcde", true),
        ("Content_Length: 60\r\nContent-Length: 5", "abcde", true),
        ("Content.Length: 60\r\nContent-Length: 5", "abcde", true),
        ("Transfer_Encoding: chunked\r\nContent-Length: 5", "abcde", true),
        ("Connection: content-length\r\nContent-Length: 5", "abcde", true),
        ("Connection: transfer-encoding\r\nTransfer-Encoding: chunked", "5\r\nabcde\r\n0\r\n\r\n", true),
        ("X-A: Transfer-Encoding: chunked\r\nContent-Length: 5", "abcde", true),
        ("Expect: 200-ok\r\nContent-Length: 5", "abcde", true),
        ("Transfer-Encoding:chunked", "5\r\nabcde\r\n0\r\n\r\n", true),
        ("transfer-encoding: CHUNKED", "5\r\nabcde\r\n0\r\n\r\n", true),
        ("Transfer-Encoding:\tchunked ", "5\r\nabcde\r\n0\r\n\r\n", true),
        ("Transfer-Encoding: chunked", "5 \r\nabcde\r\n0\r\n\r\n", true),
        ("Transfer-Encoding: chunked", "5;a=b;c\r\nabcde\r\n0;d\r\n\r\n", true),
        ("Transfer-Encoding: chunked", "000005\r\nabcde\r\n00\r\n\r\n", true),
        (
            "Transfer-Encoding: chunked",
            "2\r\nab\r\n3\r\ncde\r\n0\r\nX: 1\r\nHost: evil\r\nContent-Length: 60\r\n\r\n",
            true,
        ),
        ("Transfer-Encoding: ,chunked", "5\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked,", "5\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked\u{85}", "5\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5;a=\"\r\n\r\n\"\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5;\n\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5\r\nabcde\r\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5\r\nabcde\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5\0\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "10000000000000005\r\nabcde\r\n0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5\r\nabcde\r\n-0\r\n\r\n", false),
        ("Transfer-Encoding: chunked", "5\r\nabcde\r\n0\r\n A: 1\r\n\r\n", false),
    ] {
        let message =
            format!("POST /one HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n{lines}\r\n\r\n{content}");
        let hits = world.upstream.hits();
        let (statuses, seen) = answers(&world, &message).await;
        let what = format!("{lines:?} {content:?}: {statuses:?}");
        assert!(world.upstream.hits() <= hits + 1, "{what}");
        if passes {
            assert_eq!(statuses, [200, 401], "{what}");
            let seen = seen.unwrap();
            assert_eq!((seen["target"].as_str(), seen["body"].as_str()), (Some("/one"), Some("abcde")), "{what}");
            let fields = seen["headers"].as_array().unwrap();
            assert!(fields.iter().all(|field| field[1] != "60"), "{what}: {seen}");
        } else {
            // Whether what stands behind it is still read is ours to say; that it is nobody's is certain.
            assert!(statuses[0] == 400 && statuses.iter().all(|status| matches!(status, 400 | 401)), "{what}");
        }
    }
}

#[tokio::test]
async fn every_method_has_a_body_or_none_alike() {
    let (world, session) = alice().await;
    let cookie = format!("Host: wiki.localhost\r\nCookie: {session}\r\n");
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for method in ["GET", "OPTIONS", "DELETE", "PATCH", "FROBNICATE", "QUERY", "PRI", "!#$%&'*+-.^_`|~"] {
        for (lines, content) in [
            ("Content-Length: 5\r\n".to_owned(), "abcde"),
            ("Transfer-Encoding: chunked\r\n".to_owned(), "5\r\nabcde\r\n0\r\n\r\n"),
            (format!("{upgrade}Content-Length: 5\r\n"), "abcde"),
            ("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n".to_owned(), "abcde"),
        ] {
            let (statuses, seen) = answers(&world, &format!("{method} / HTTP/1.1\r\n{cookie}{lines}\r\n{content}")).await;
            assert_eq!(statuses, [200, 401], "{method} {lines:?}");
            let seen = seen.unwrap();
            assert_eq!((seen["method"].as_str(), seen["body"].as_str()), (Some(method), Some("abcde")), "{lines:?}");
            assert!(received(&seen, "upgrade").is_empty() && received(&seen, "http2-settings").is_empty(), "{seen}");
        }
    }
    for (head, status) in [
        ("GET ?x HTTP/1.1", 400),
        ("GET http://wiki.localhost?x HTTP/1.1", 200),
        ("GET http://wiki.localhost HTTP/1.1", 200),
        ("GET https://wiki.localhost/ HTTP/1.1", 200),
        ("GET /#/../admin HTTP/1.1", 200),
        ("trace / HTTP/1.1", 405),
        ("Trace / HTTP/1.1", 405),
        ("connect / HTTP/1.1", 405),
        ("GET / HTTP/1.1\r\nX-A: 1\r\nHost: wiki.localhost", 400),
    ] {
        let (statuses, seen) = answers(&world, &format!("{head}\r\n{cookie}\r\n")).await;
        assert_eq!(statuses[0], status, "{head}");
        // What is sent is a path and its query, and nothing that was read away.
        assert!(seen.is_none_or(|seen| status != 200 || ["/", "/?x"].iter().any(|target| seen["target"] == *target)));
    }
}

#[tokio::test]
async fn no_header_names_another_path_or_somebody_else() {
    let world = wiki_with(super::paths::RULES).await;
    let (browser, _) = world.signed_in("bob").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    // Applications take these for the path, or for what stands in front of it.
    for name in [
        "SCRIPT_NAME",
        "Script-Name",
        "PATH_INFO",
        "X-Script-Name",
        "X-Original-URL",
        "X_Original_URL",
        "X-Original-Path",
        "X-Rewrite-URL",
        "X-Rewrite-Uri",
        "X-Envoy-Original-Path",
        "X-Forwarded-Prefix",
        "X-Forwarded-Uri",
        "X.Forwarded.Path",
    ] {
        let request = super::get("/public/admin/x", &format!("{cookie}{name}: /admin/x\r\n"));
        let seen = crate::kit::raw::ask(address(&world), request).await.json();
        let headers = seen["headers"].to_string();
        assert!(seen["target"] == "/public/admin/x" && !headers.contains("/admin/x"), "{name}: {headers}");
    }
    let hits = world.upstream.hits();
    for (method, destination) in [
        ("MOVE", "/admin/x"),
        ("COPY", "http://wiki.localhost/admin/x"),
        ("copy", "/%61dmin/x"),
        ("MOVE", "//admin/x"),
        ("MOVE", "/public/..%2fadmin/x"),
        ("MOVE", "/admin./x"),
        ("MOVE", "/public/x\r\nDestination: /admin/x"),
        ("POST", "/admin/x\r\nX-HTTP-Method-Override: MOVE"),
    ] {
        let lines = format!("{cookie}Destination: {destination}\r\n");
        let request = super::get("/public/x", &lines).replacen("GET", method, 1);
        let answer = crate::kit::raw::ask(address(&world), request).await;
        assert!(matches!(answer.status, 400 | 403), "{method} {destination:?}: {}", answer.head);
    }
    assert_eq!(world.upstream.hits(), hits);
}
