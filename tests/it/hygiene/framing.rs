//! Request smuggling: a message whose end can be seen in two places never reaches an upstream as two.

use super::{address, alice};
use crate::kit::raw::{ask, talk};

#[tokio::test]
async fn messages_that_do_not_say_where_they_end_are_refused() {
    let (world, session) = alice().await;
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n";
    let plain = format!("POST / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: close\r\n");
    let control = ask(address(&world), format!("{plain}Content-Length: 1\r\n\r\nx")).await;
    assert_eq!(control.status, 200, "the same request, well made, passes: {}", control.head);
    let hits = world.upstream.hits();
    for lines in [
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4, 5",
        "Content-Length: 5, 5",
        "Content-Length: 4;",
        "Content-Length: 4\x0b",
        "Content-Length: 4\r\n , 4",
        "Content-Length: 1e1",
        "Content-Length: -1",
        "Content-Length: +4",
        "Content-Length: 0x4",
        "Content-Length: 4 4",
        "Content-Length: 99999999999999999999999",
        "Content-Length:",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: chunked\x0b",
        "Transfer-Encoding: ",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding:\x0bchunked",
        "Transfer-Encoding : chunked",
        "Content-Length : 4",
        "X-A: 1\r\n X-Folded: 2",
        "X-A: 1\r\n\tTransfer-Encoding: chunked",
        " Content-Length: 4",
        "X\0A: 1",
        "X-A: \0",
        "X-A: 1\rX-B: 2",
        "X A: 1",
        ": nothing",
    ] {
        let answer = ask(address(&world), format!("{plain}{lines}\r\n\r\n{smuggled}")).await;
        assert_eq!(answer.status, 400, "{lines:?}: {}", answer.head);
        assert_eq!(world.upstream.hits(), hits, "{lines:?} was forwarded");
    }
}

#[tokio::test]
async fn lines_that_end_without_cr_hide_nothing() {
    let (world, session) = alice().await;
    let bare = format!(
        "GET / HTTP/1.1\nHost: wiki.localhost\nCookie: {session}\nX-A: 1\nRemote-User: root\nConnection: close\n\n"
    );
    let mixed = bare.replace('\n', "\r\n").replace("X-A: 1\r\n", "X-A: 1\n");
    for request in [bare, mixed] {
        let hits = world.upstream.hits();
        let answer = ask(address(&world), &request).await;
        // RFC 9112 2.2 lets us read it; what goes upstream is written anew.
        assert!(matches!(answer.status, 200 | 400), "{}", answer.head);
        assert!(!String::from_utf8_lossy(&answer.body).contains("root"), "{request:?}");
        assert_eq!(world.upstream.hits() - hits, usize::from(answer.status == 200));
    }
    // What stands behind such a head is a request of its own or nothing, to us and to the upstream alike.
    let first = format!("GET /first HTTP/1.1\nHost: wiki.localhost\nCookie: {session}\nX-A: b");
    let second =
        format!("GET /second HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: close\r\n\r\n");
    for end in ["\n\n", "\r\n\n", "\n\r\n", "\n\n\n"] {
        let hits = world.upstream.hits();
        let said = talk(address(&world), format!("{first}{end}{second}")).await;
        let passed = said.matches("HTTP/1.1 200 OK\r\n").count();
        assert_eq!((world.upstream.hits() - hits, said.contains("/second")), (passed, passed == 2), "{end:?}: {said}");
        assert!(said.matches("HTTP/1.1 ").count() == 2 || said.starts_with("HTTP/1.1 400 "), "{end:?}: {said}");
    }
}

#[tokio::test]
async fn chunks_that_are_none_are_never_passed_on() {
    let (world, session) = alice().await;
    for chunks in [
        "zz\r\nx\r\n0\r\n\r\n",
        "-1\r\nx\r\n0\r\n\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        "\r\n1\r\nx\r\n0\r\n\r\n",
        "1\r\nxx\r\n0\r\n\r\n",
        "1\nx\n0\n\n",
        "1;a\nb\r\nx\r\n0\r\n\r\n",
        "1\r\nx0\r\n\r\n",
        "ffffffffffffffffff\r\nx",
    ] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: close\r\n\
             Transfer-Encoding: chunked\r\n\r\n{chunks}"
        );
        let answer = ask(address(&world), request).await;
        assert_ne!(answer.status, 200, "{chunks:?}: {}", answer.head);
    }
}

#[tokio::test]
async fn a_length_beside_chunks_smuggles_nothing() {
    let (world, session) = alice().await;
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: wiki.localhost\r\nX-Smuggled: 1\r\n\r\n";
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nTransfer-Encoding: Chunked",
    ] {
        let hits = world.upstream.hits();
        let request = format!(
            "POST /one HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n{lines}\r\n\r\n0\r\n\r\n{smuggled}"
        );
        let text = talk(address(&world), request).await;
        // RFC 9112 6.3: refuse it, or believe the chunks and close the connection. Either way it is one request at most.
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{lines}: {text}");
        assert!(!text.contains("/smuggled"), "{lines}: {text}");
        assert!(world.upstream.hits() <= hits + 1, "{lines}");
    }
}

#[tokio::test]
async fn one_connection_carries_the_requests_of_one_client_apart() {
    let (world, session) = alice().await;
    let with = format!("GET /mine HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n");
    let without = "GET /theirs HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n";
    let text = talk(address(&world), format!("{with}{without}")).await;
    assert_eq!(text.matches("HTTP/1.1 200").count(), 1, "{text}");
    assert_eq!(text.matches("HTTP/1.1 401").count(), 1, "{text}");
}

#[tokio::test]
async fn what_is_no_http_1_request_is_none() {
    let (world, session) = alice().await;
    let hits = world.upstream.hits();
    for head in ["GET /", "GET / HTTP/0.9", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / http/1.1", "GET\t/\tHTTP/1.1"] {
        let request = format!("{head}\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: close\r\n\r\n");
        let answer = ask(address(&world), request).await;
        assert!(matches!(answer.status, 0 | 400 | 505), "{head:?}: {}", answer.head);
    }
    let old = format!("GET / HTTP/1.0\r\nCookie: {session}\r\n\r\n");
    assert_eq!(ask(address(&world), old).await.status, 400, "HTTP/1.0 needs a host here too");
    assert_eq!(world.upstream.hits(), hits);
}

#[tokio::test]
async fn the_body_of_a_request_that_is_refused_is_no_request() {
    let (world, session) = alice().await;
    let hits = world.upstream.hits();
    let inner = format!("GET /smuggled HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n");
    let (length, padded) = (inner.len(), format!("{inner}{}", " ".repeat(256 * 1024)));
    for (path, lines, body) in [
        ("/", format!("Content-Length: {length}"), &inner),
        ("/a/../b", format!("Cookie: {session}\r\nContent-Length: {length}"), &inner),
        ("/", format!("Expect: 100-continue\r\nContent-Length: {length}"), &inner),
        ("/", format!("Content-Length: {}", padded.len()), &padded),
        ("/.vestibule/sign-out", format!("Content-Length: {length}"), &inner),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: wiki.localhost\r\n{lines}\r\n\r\n");
        let last = "GET /last HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n";
        let text = talk(address(&world), format!("{head}{body}{last}")).await;
        assert!(!text.contains("HTTP/1.1 200"), "{path} {lines}: {text}");
        assert_eq!(world.upstream.hits(), hits, "{path} {lines}");
    }
}
