//! Request targets: one host, one path, or a refusal.

use super::{address, alice};
use crate::kit::raw::ask;

#[tokio::test]
async fn a_request_that_names_no_host_or_two_is_refused() {
    let (world, session) = alice().await;
    let hits = world.upstream.hits();
    let cookie = format!("Cookie: {session}\r\nConnection: close\r\n\r\n");
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost\r\nHost: wiki.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost\r\nHost: docs.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost, docs.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: alice@wiki.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost/x\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost:x\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost:99999\r\n", 400),
        ("GET http://docs.localhost/ HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("GET http://wiki.localhost/ HTTP/1.1\r\nHost: docs.localhost\r\n", 400),
        ("GET http://wiki.localhost:1/ HTTP/1.1\r\nHost: wiki.localhost:2\r\n", 400),
        ("GET http://alice@wiki.localhost/ HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("GET http://wiki.localhost@docs.localhost/ HTTP/1.1\r\nHost: docs.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost@docs.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki%2elocalhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost#\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost?\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost\\x\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: .wiki.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost..\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: http://wiki.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : wiki.localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: docs.localhost\r\nhost: wiki.localhost\r\n", 400),
        ("GET ftp://wiki.localhost/ HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("GET wiki.localhost HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: wiki.localhost\r\n", 400),
        ("CONNECT wiki.localhost:80 HTTP/1.1\r\nHost: wiki.localhost:80\r\n", 405),
        ("TRACE / HTTP/1.1\r\nHost: wiki.localhost\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: unknown.localhost\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: wiki.localhost.evil.example\r\n", 421),
        ("GET http://unknown.localhost/ HTTP/1.1\r\nHost: unknown.localhost\r\n", 421),
    ] {
        let answer = ask(address(&world), format!("{head}{cookie}")).await;
        assert_eq!(answer.status, status, "{head:?}: {}", answer.head);
        assert_eq!(world.upstream.hits(), hits, "{head:?} was forwarded");
    }
}

#[tokio::test]
async fn a_host_is_known_without_case_trailing_dot_or_port() {
    let (world, session) = alice().await;
    for head in [
        "GET / HTTP/1.1\r\nHost: WIKI.localhost\r\n",
        "GET / HTTP/1.1\r\nHost: wiki.localhost.\r\n",
        "GET / HTTP/1.1\r\nHost: wiki.localhost:1234\r\n",
        "GET http://wiki.localhost/ HTTP/1.1\r\nHost: wiki.localhost\r\n",
        "GET http://Wiki.localhost:80/ HTTP/1.1\r\nHost: wiki.localhost\r\n",
    ] {
        let answer = ask(address(&world), format!("{head}Cookie: {session}\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(answer.status, 200, "{head:?}: {}", answer.head);
        assert_eq!(answer.json()["target"], "/");
    }
}
