//! What an upstream answers concerns its own host and one browser: not the servers on the way, not other hosts.

use std::time::Duration;

use tokio::time::timeout;

use super::streaming::{accept, scripted};
use super::{address, alice, get};
use crate::kit::frames;
use crate::kit::raw::{self, Raw, ask};

#[tokio::test]
async fn an_answer_speaks_for_its_own_host_alone() {
    let (world, session) = alice().await;
    for (name, value, kept) in [
        // It would lead browsers past us, to another server for our origin.
        ("Alt-Svc", "h3=\":8443\"; ma=86400", &[][..]),
        // A server in front of us would send its own files, or fetch what it can reach.
        ("X-Accel-Redirect", "/internal/secret", &[]),
        ("X-Sendfile", "/etc/passwd", &[]),
        ("X-Lighttpd-Send-File", "/etc/passwd", &[]),
        ("X-Reproxy-URL", "http://10.0.0.1/", &[]),
        // Cookies are cleared for a whole site, our sign-in host with it.
        ("Clear-Site-Data", "\"cookies\"", &[]),
        ("Clear-Site-Data", "\"cache\", \"cookies\"", &["\"cache\""]),
        ("Clear-Site-Data", "\"*\"", &["\"cache\", \"storage\""]),
        // All of this is its own business.
        ("Clear-Site-Data", "\"storage\"", &["\"storage\""]),
        ("Content-Security-Policy", "default-src 'self'", &["default-src 'self'"]),
        ("Service-Worker-Allowed", "/", &["/"]),
        ("Refresh", "5; url=/x", &["5; url=/x"]),
        ("Location", "https://elsewhere.example/", &["https://elsewhere.example/"]),
        ("X-Accel-Buffering", "no", &["no"]),
        ("Set-Cookie", "theirs=1; Domain=example.com; Path=/", &["theirs=1; Domain=example.com; Path=/"]),
    ] {
        let answer =
            ask(address(&world), get("/", &format!("Cookie: {session}\r\nX-Answer-{name}: {value}\r\n"))).await;
        assert_eq!((answer.status, &*answer.all(name)), (200, kept), "{name}: {value}");
    }
}

#[tokio::test]
async fn where_an_upstream_sends_a_browser_is_its_own_business_and_never_ours() {
    let (world, listener, session) = scripted().await;
    for status in [301, 302, 303, 307, 308] {
        for location in
            ["/next", "//elsewhere.example/", "https://elsewhere.example/?a=b", "/.vestibule/sign-out", "\\\\e"]
        {
            let mut client = Raw::connect(address(&world)).await;
            client.send(get("/old", &format!("Cookie: {session}\r\n"))).await;
            let mut upstream = accept(&listener).await;
            upstream.read_until("\r\n\r\n").await;
            let head = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n");
            upstream.send(head + "Connection: close\r\n\r\n").await;
            let answer = raw::answer(&String::from_utf8_lossy(&client.read_to_end().await));
            assert_eq!((answer.status, &*answer.all("location")), (status, &[location][..]));
            // Nobody followed it, and nothing of ours went along.
            assert!(
                answer.all("set-cookie").is_empty() && answer.all("x-vestibule-assertion").is_empty(),
                "{answer:?}"
            );
            assert!(timeout(Duration::ZERO, accept(&listener)).await.is_err(), "{status} {location}");
        }
    }
}

#[tokio::test]
async fn an_upstream_that_answers_twice_answers_nobody_else() {
    let (world, listener, session) = scripted().await;
    let request = |path| format!("GET {path} HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n");
    let answer = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut client = Raw::connect(address(&world)).await;
    client.send(request("/one")).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    upstream.send(answer("first") + &answer("planted")).await;
    client.read_until("first").await;
    client.send(request("/two")).await;
    let next = timeout(Duration::from_secs(20), accept(&listener));
    let mut upstream = next.await.expect("a connection of its own");
    upstream.read_until("GET /two").await;
    upstream.send(answer("second")).await;
    assert!(!client.read_until("second").await.contains("planted"));
}

#[tokio::test]
async fn an_answer_that_is_framed_twice_is_none_in_either_version() {
    let (world, listener, session) = scripted().await;
    for (method, head, body) in [
        ("GET", "Content-Length: 200\r\nTransfer-Encoding: chunked", "2\r\nok\r\n0\r\n\r\n"),
        ("GET", "Transfer-Encoding: chunked\r\nContent-Length: 2", "2\r\nok\r\n0\r\n\r\n"),
        ("GET", "Content-Length: 2, 2", "ok"),
        ("GET", "Content-Length: 2\r\nContent-Length: 2", "ok"),
        ("GET", "Content-Length: -1", "ok"),
        ("GET", "Content-Length: +2", "ok"),
        ("GET", "Content-Length:", "ok"),
        ("HEAD", "Content-Length: 2\r\nContent-Length: 3", ""),
        ("HEAD", "Content-Length: 2, 3", ""),
        ("HEAD", "Content-Length: 2\r\nTransfer-Encoding: chunked", ""),
        ("GET", "Transfer-Encoding: gzip, chunked", "2\r\nok\r\n0\r\n\r\n"),
        ("GET", "Transfer-Encoding: chunked, gzip", "2\r\nok\r\n0\r\n\r\n"),
        ("GET", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "2\r\nok\r\n0\r\n\r\n"),
        ("GET", "Transfer-Encoding: xchunked", "2\r\nok\r\n0\r\n\r\n"),
    ] {
        let answers = async || {
            let mut upstream = accept(&listener).await;
            upstream.read_until("\r\n\r\n").await;
            upstream.send(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}")).await;
        };
        let request = get("/", &format!("Cookie: {session}\r\n")).replacen("GET", method, 1);
        let (answer, ()) = tokio::join!(ask(address(&world), request), answers());
        assert_eq!((answer.status, answer.all("content-length").len()), (502, 1), "{method} {head:?}: {}", answer.head);
        let fields = [
            (":method", method),
            (":scheme", "http"),
            (":authority", "wiki.localhost"),
            (":path", "/"),
            ("cookie", &session),
        ];
        let (outcome, ()) = tokio::join!(frames::ask(address(&world), &fields), answers());
        assert_eq!(outcome.status(), 502, "{method} {head:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_that_has_no_one_end_is_none() {
    let (world, listener, session) = scripted().await;
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2",
        "HTTP/1.1 200 OK\r\nContent-Length: x",
        "HTTP/1.1 200 OK\r\nX A: 1",
        "HTTP/1.1 200 OK\r\nX-A: \0",
        "HTTP/1.1 2000 OK",
        "HTTP/2 200",
        "ICY 200 OK",
        "<html>",
    ] {
        let mut client = Raw::connect(address(&world)).await;
        client.send(get("/", &format!("Cookie: {session}\r\n"))).await;
        let mut upstream = accept(&listener).await;
        upstream.read_until("\r\n\r\n").await;
        upstream.send(format!("{head}\r\n\r\nxx")).await;
        drop(upstream);
        let text = String::from_utf8_lossy(&client.read_to_end().await).into_owned();
        assert!(text.starts_with("HTTP/1.1 502 "), "{head:?}: {text}");
    }
}
