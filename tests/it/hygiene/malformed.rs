//! What is no request of HTTP/2 (RFC 9113 8), frame by frame, as only an attacker sends it: it reaches nobody. What would be
//! two requests over HTTP/1.1, or one with a header more, is none here either.

use super::{address, alice};
use crate::kit::frames::{CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, ask, block, frame, send};
use crate::kit::world::World;

/// A well-made request of the wiki, by whose session this is.
fn well_made(session: &str) -> [(&'static str, &str); 5] {
    [(":method", "GET"), (":scheme", "http"), (":authority", "wiki.localhost"), (":path", "/"), ("cookie", session)]
}

/// The same with some of its fields said otherwise; an empty value leaves one out.
fn changed<'a>(session: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let other = |name: &str| changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
    let fields = well_made(session).into_iter().map(|(name, value)| (name, other(name).unwrap_or(value)));
    fields.filter(|(_, value)| !value.is_empty()).collect()
}

/// Asserts that frames reach no upstream.
async fn assert_nobody_sees(world: &World, what: &str, frames: &[u8]) {
    let hits = world.upstream.hits();
    let outcome = send(address(world), frames).await;
    assert!(matches!(outcome.status(), 0 | 400 | 405 | 421 | 431), "{what}: {outcome:?}");
    assert_eq!(world.upstream.hits(), hits, "{what} was forwarded");
}

#[tokio::test]
async fn fields_that_http_2_does_not_have_reach_nobody() {
    let (world, session) = alice().await;
    assert_eq!(ask(address(&world), &well_made(&session)).await.status(), 200, "well made, it passes");
    for (name, value) in [
        ("connection", "keep-alive"),
        ("connection", "x-a"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", ""),
        ("upgrade", "websocket"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
        ("te", "trailers, gzip"),
        ("te", "Trailers;q=1"),
        ("X-Upper", "1"),
        ("Cookie", "a=1"),
        ("x a", "1"),
        ("x:a", "1"),
        ("x-a\r\nx-b", "1"),
        ("x-a: 1\r\nremote-user", "root"),
        ("", "1"),
        ("x\0a", "1"),
        ("x-a", "1\r\nremote-user: root"),
        ("x-a", "1\nremote-user: root"),
        ("x-a", "1\rremote-user: root"),
        ("x-a", "\0"),
        ("cookie", "a=1\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: wiki.localhost\r\n\r\n"),
        ("content-length", "5"),
        ("content-length", "-1"),
        ("content-length", "x"),
        ("content-length", "1, 2"),
        ("host", "docs.localhost"),
        ("host", "wiki.localhost, docs.localhost"),
        ("host", "alice@wiki.localhost"),
        (":path", "/other"),
        (":method", "POST"),
        (":authority", "docs.localhost"),
        (":scheme", "https"),
        (":status", "200"),
        (":unknown", "1"),
        (":protocol", "websocket"),
    ] {
        let fields: Vec<_> = well_made(&session).into_iter().chain([(name, value)]).collect();
        let frames = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(&fields));
        assert_nobody_sees(&world, &format!("{name:?}: {value:?}"), &frames).await;
    }
    let twice = [&well_made(&session)[..], &[("host", "wiki.localhost"), ("host", "wiki.localhost")]].concat();
    let frames = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(&twice));
    assert_nobody_sees(&world, "two hosts that agree", &frames).await;
}

#[tokio::test]
async fn a_request_line_in_pieces_cannot_be_put_together_otherwise() {
    let (world, session) = alice().await;
    for changes in [
        &[(":method", "")][..],
        &[(":scheme", "")],
        &[(":path", "")],
        &[(":authority", "")],
        &[(":path", "*")],
        &[(":path", "x")],
        &[(":path", "wiki.localhost/x")],
        &[(":path", "http://wiki.localhost/")],
        &[(":path", "/a b")],
        &[(":path", "/a\tb")],
        &[(":path", "/\r\nremote-user: root")],
        &[(":path", "/ HTTP/1.1\r\nhost: wiki.localhost\r\n\r\nGET /smuggled")],
        &[(":path", "/a\\b")],
        &[(":path", "/a\0")],
        &[(":path", "/\u{e9}")],
        &[(":method", "GET /smuggled HTTP/1.1\r\nhost: wiki.localhost\r\n\r\nGET")],
        &[(":method", "GET /")],
        &[(":method", "G\0ET")],
        &[(":method", "TRACE")],
        &[(":method", "trace")],
        &[(":method", "CONNECT")],
        &[(":method", "CONNECT"), (":path", ""), (":scheme", "")],
        &[(":method", "connect")],
        &[(":scheme", "ftp")],
        &[(":scheme", "http://docs.localhost/?")],
        &[(":scheme", "http\r\nremote-user: root")],
        &[(":authority", "wiki.localhost/x")],
        &[(":authority", "alice@wiki.localhost")],
        &[(":authority", "wiki.localhost:x")],
        &[(":authority", "wiki.localhost:99999")],
        &[(":authority", "wiki.localhost docs.localhost")],
        &[(":authority", "wiki.localhost,docs.localhost")],
        &[(":authority", "wiki.localhost\r\nremote-user: root")],
        &[(":authority", "wiki%2elocalhost")],
        &[(":authority", "http://wiki.localhost")],
        &[(":authority", "unknown.localhost")],
        &[(":authority", "127.0.0.1")],
    ] {
        let fields = changed(&session, changes);
        let frames = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(&fields));
        assert_nobody_sees(&world, &format!("{changes:?}"), &frames).await;
    }
    let late = [("cookie", session.as_str()), (":method", "GET"), (":scheme", "http"), (":path", "/")];
    let frames = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(&late));
    assert_nobody_sees(&world, "a field before the request line", &frames).await;
}

#[tokio::test]
async fn a_body_is_as_long_as_it_says_or_none() {
    let (world, session) = alice().await;
    let post = changed(&session, &[(":method", "POST")]);
    let with = |length: &'static str| block(&[&post[..], &[("content-length", length)]].concat());
    let head = |length| frame(HEADERS, END_HEADERS, 1, &with(length));
    let all = [head("5"), frame(DATA, END_STREAM, 1, b"abcde")].concat();
    assert_eq!(send(address(&world), &all).await.json()["body"], "abcde");
    for (what, frames) in [
        ("longer", [head("4"), frame(DATA, END_STREAM, 1, b"abcde")].concat()),
        ("a request behind it", [head("1"), frame(DATA, END_STREAM, 1, b"xGET /smuggled HTTP/1.1\r\n\r\n")].concat()),
        ("two lengths", {
            let fields = [&post[..], &[("content-length", "5"), ("content-length", "6")]].concat();
            [frame(HEADERS, END_HEADERS, 1, &block(&fields)), frame(DATA, END_STREAM, 1, b"abcde")].concat()
        }),
    ] {
        let outcome = send(address(&world), &frames).await;
        assert_ne!(outcome.status(), 200, "{what}: {outcome:?}");
    }
    let shorter = [head("6"), frame(DATA, END_STREAM, 1, b"abcde")].concat();
    assert_ne!(send(address(&world), &shorter).await.status(), 200);
}

#[tokio::test]
async fn trailers_are_fields_and_no_more() {
    let (world, session) = alice().await;
    let head = frame(HEADERS, END_HEADERS, 1, &block(&changed(&session, &[(":method", "POST")])));
    let trailed = |flags: u8, fields: &[(&str, &str)]| {
        [head.clone(), frame(DATA, 0, 1, b"x"), frame(HEADERS, flags, 1, &block(fields))].concat()
    };
    let ends = END_STREAM | END_HEADERS;
    let answer = send(address(&world), &trailed(ends, &[("remote-user", "root"), ("x-a", "1")])).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert!(!answer.json()["headers"].to_string().contains("root"));
    for name in [":path", ":method", ":status"] {
        // They are passed over.
        let hits = world.upstream.hits();
        let answer = send(address(&world), &trailed(ends, &[(name, "smuggled"), ("remote-user", "root")])).await;
        if answer.status() == 200 {
            let seen = answer.json();
            assert!(seen["target"] == "/" && seen["method"] == "POST", "{name}: {seen}");
        }
        assert!(world.upstream.hits() <= hits + 1, "{name}");
    }
    for (what, frames) in [
        ("a second request", trailed(END_HEADERS, &changed(&session, &[]))),
        ("connection", trailed(ends, &[("connection", "x-a")])),
        ("a forged line", trailed(ends, &[("x-a", "1\r\n\r\nGET /smuggled HTTP/1.1\r\n")])),
        ("upper case", trailed(ends, &[("X-A", "1")])),
    ] {
        let outcome = send(address(&world), &frames).await;
        assert_ne!(outcome.status(), 200, "{what}: {outcome:?}");
    }
}

#[tokio::test]
async fn frames_out_of_order_open_nothing() {
    let (world, session) = alice().await;
    let fields = block(&well_made(&session));
    let head = |flags, stream| frame(HEADERS, flags, stream, &fields);
    let (one, other) = fields.split_at(fields.len() / 2);
    let in_two = [frame(HEADERS, END_STREAM, 1, one), frame(CONTINUATION, END_HEADERS, 1, other)].concat();
    assert_eq!(send(address(&world), &in_two).await.status(), 200, "a block may come in pieces");
    for (what, frames) in [
        ("an even stream", head(END_STREAM | END_HEADERS, 2)),
        ("no stream", head(END_STREAM | END_HEADERS, 0)),
        ("data before headers", frame(DATA, END_STREAM, 1, b"x")),
        ("half a block", frame(HEADERS, END_STREAM, 1, one)),
        ("another frame in a block", [frame(HEADERS, END_STREAM, 1, one), frame(DATA, 0, 1, b"x")].concat()),
        (
            "another stream's block in a block",
            [frame(HEADERS, END_STREAM, 1, one), frame(CONTINUATION, END_HEADERS, 3, other)].concat(),
        ),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &fields)),
        ("a block that is none", frame(HEADERS, END_STREAM | END_HEADERS, 1, &[0xff; 40])),
        ("an index of nothing", frame(HEADERS, END_STREAM | END_HEADERS, 1, &[0xfe])),
        ("padding without end", frame(HEADERS, END_STREAM | END_HEADERS | 8, 1, &[&[0xff], &fields[..40]].concat())),
    ] {
        // What is not over is not answered either: the connection is closed behind it.
        let closed = [frames, frame(DATA, 0, 0, b"x")].concat();
        assert_nobody_sees(&world, what, &closed).await;
    }
}
