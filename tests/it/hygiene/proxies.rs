//! `X-Forwarded-*` and its relatives: whose word counts.

use super::{address, get, session};
use crate::kit::provider::Variant;
use crate::kit::raw::ask;
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

const CLAIMS: &str = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n\
                      X-Forwarded-Port: 1\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n\
                      X_Forwarded_For: 203.0.113.9\r\nX-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\n\
                      X-Forwarded-Prefix: /x\r\nX-Forwarded-Server: evil\r\nTrue-Client-IP: 203.0.113.9\r\n";

async fn world(trusted: &str) -> (World, String) {
    let world = World::start(Variant::default(), |places: &Places| {
        let listen = format!("listen = [\"127.0.0.1:{}\"]", places.port);
        places.usual().replace(&listen, &format!("{listen}\ntrusted_proxies = [{trusted}]"))
    })
    .await;
    let (browser, _) = world.signed_in("alice").await;
    let cookie = format!("Cookie: {}\r\n", session(&world, &browser));
    (world, cookie)
}

#[tokio::test]
async fn nobody_is_believed_unless_named() {
    for trusted in ["", "\"10.0.0.0/8\""] {
        let (world, cookie) = world(trusted).await;
        let seen = ask(address(&world), get("/", &format!("{cookie}{CLAIMS}"))).await.json();
        assert_eq!(received(&seen, "x-forwarded-for"), ["127.0.0.1"]);
        let text = seen["headers"].to_string();
        assert!(!text.contains("203.0.113.9") && !text.contains("evil") && !text.contains("/admin"), "{text}");
    }
}

#[tokio::test]
async fn a_named_proxy_is_believed_about_the_client_and_nothing_else() {
    let (world, cookie) = world("\"127.0.0.0/8\"").await;
    let seen = ask(address(&world), get("/", &format!("{cookie}{CLAIMS}"))).await.json();
    assert_eq!(received(&seen, "x-forwarded-for"), ["203.0.113.9, 127.0.0.1"]);
    assert_eq!(received(&seen, "x-forwarded-host"), [format!("wiki.localhost:{}", world.places.port)]);
    assert_eq!(received(&seen, "x-forwarded-proto"), ["http"], "what browsers see is what public_url says");
    let text = seen["headers"].to_string();
    assert!(!text.contains("evil") && !text.contains("/admin"), "{text}");
    // A client behind the proxy that wrote a list of its own: only the proxy's entry counts.
    let forged = get("/", &format!("{cookie}X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"));
    let seen = ask(address(&world), forged).await.json();
    assert_eq!(received(&seen, "x-forwarded-for"), ["203.0.113.9, 127.0.0.1"]);
}

#[tokio::test]
async fn a_client_that_nobody_can_read_is_in_no_network() {
    let world = World::at("http://127.0.0.1:9", |places: &Places| {
        let listen = format!("listen = [\"127.0.0.1:{}\"]", places.port);
        let behind = format!("{listen}\ntrusted_proxies = [\"127.0.0.0/8\"]");
        let inside = "[[application.rule]]\npath = \"/inside\"\nallow = \"everyone\"\nfrom = [\"127.0.0.0/8\"]\n";
        places.head("").replace(&listen, &behind) + &places.home_lab(inside)
    })
    .await;
    for (lines, status, told) in [
        // The proxy asks for itself.
        (&[][..], 200, "127.0.0.1"),
        (&[&b"127.0.0.2"[..]], 200, "127.0.0.2, 127.0.0.1"),
        // What a client wrote stands in front of what the proxy wrote, in the same field or in another.
        (&[b"203.0.113.9"], 403, ""),
        (&[b"\xff, 203.0.113.9"], 403, ""),
        (&[b"127.0.0.1, \xc3\xa9, 203.0.113.9"], 403, ""),
        (&[b"\xff", b"203.0.113.9"], 403, ""),
        (&[b"203.0.113.9, \xff"], 403, ""),
        (&[b"unknown"], 403, ""),
        (&[b"_hidden"], 403, ""),
        (&[b"203.0.113.9,"], 403, ""),
        (&[b"203.0.113.9:99999"], 403, ""),
        (&[b"fe80::1%eth0"], 403, ""),
        (&[b"\"203.0.113.9\""], 403, ""),
        (&[b""], 403, ""),
    ] {
        let mut request = b"GET /inside HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n".to_vec();
        for line in lines {
            request.extend([b"X-Forwarded-For: ", *line, b"\r\n"].concat());
        }
        let answer = ask(address(&world), [&request[..], b"\r\n"].concat()).await;
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&request));
        if status == 200 {
            assert_eq!(received(&answer.json(), "x-forwarded-for"), [told]);
        }
    }
}

#[tokio::test]
async fn a_balancer_that_names_nobody_vouches_for_nobody() {
    let world = World::start(Variant::default(), |places: &Places| {
        let listen = format!("listen = [\"127.0.0.1:{}\"]", places.port);
        let behind = format!("{listen}\ntrusted_proxies = [\"127.0.0.0/8\"]\nproxy_protocol = true");
        let inside = "[[application.rule]]\npath = \"/inside\"\nallow = \"everyone\"\nfrom = [\"203.0.113.0/24\"]\n";
        // Forward-auth is in use, if not by these.
        let asked = "\n[server.forward_auth]\nsecret = \"correct-horse-battery-staple\"\n";
        places.head(Places::SEED_POLICY).replace(&listen, &behind) + &places.home_lab(inside) + asked
    })
    .await;
    let says = |client: &str| format!("PROXY TCP4 {client} 127.0.0.1 50000 443\r\n");
    let unknown = "PROXY UNKNOWN\r\n".to_owned();
    let forged = get("/inside", "X-Forwarded-For: 203.0.113.9\r\n");
    let question = "GET /auth/forward HTTP/1.1\r\nHost: vestibule\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Method: GET\r\n\
                    X-Forwarded-Host: wiki.localhost\r\nX-Forwarded-Uri: /inside\r\nX-Forwarded-For: 203.0.113.9\r\n\
                    Connection: close\r\n\r\n";
    for (header, request, status) in [
        (says("203.0.113.9"), get("/inside", ""), 200),
        (says("192.0.2.1"), forged.clone(), 403),
        (unknown.clone(), forged, 403),
        (says("127.0.0.1"), question.to_owned(), 200),
        (says("192.0.2.1"), question.to_owned(), 403),
        (unknown, question.to_owned(), 403),
    ] {
        let answer = ask(address(&world), format!("{header}{request}")).await;
        assert_eq!(answer.status, status, "{header}{request}{}", answer.head);
    }
    assert_eq!(world.upstream.hits(), 1);
}
