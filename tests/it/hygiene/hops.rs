//! What belongs to one connection stays there (RFC 9110 7.6.1).

use super::{address, alice, get};
use crate::kit::raw::ask;
use crate::kit::upstream::received;

#[tokio::test]
async fn hop_by_hop_headers_end_at_the_proxy() {
    let (world, session) = alice().await;
    let lines = format!(
        "Cookie: {session}\r\nConnection: X-Named, x-other-named\r\nX-Named: 1\r\nX-Other-Named: 1\r\nX-Kept: 1\r\n\
         Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic abc\r\nTE: gzip\r\n\
         Upgrade: h2c\r\nHTTP2-Settings: abc\r\n"
    );
    let seen = ask(address(&world), get("/", &lines)).await.json();
    for name in [
        "x-named",
        "x-other-named",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "te",
        "upgrade",
        "http2-settings",
        "transfer-encoding",
        "connection",
    ] {
        assert_eq!(received(&seen, name), Vec::<&str>::new(), "{name}");
    }
    assert_eq!(received(&seen, "x-kept"), ["1"]);
    assert_eq!(received(&seen, "via"), ["1.1 vestibule"]);
}

#[tokio::test]
async fn what_was_decided_on_is_of_no_connection() {
    let (world, session) = alice().await;
    let lines = format!(
        "Cookie: {session}; a=1\r\nConnection: Depth, destination\r\nConnection: x-http-method-override, cookie, Origin\r\n\
         Depth: 1\r\nDestination: /mine\r\nX-HTTP-Method-Override: PROPFIND\r\nOrigin: http://wiki.localhost\r\n"
    );
    // Without its depth it would be one of all that lies below.
    let listing = get("/data/", &lines).replacen("GET", "PROPFIND", 1);
    let seen = ask(address(&world), listing).await.json();
    for (name, value) in [
        ("depth", "1"),
        ("destination", "/mine"),
        ("x-http-method-override", "PROPFIND"),
        ("cookie", "a=1"),
        ("origin", "http://wiki.localhost"),
    ] {
        assert_eq!(received(&seen, name), [value], "{name}");
    }
    assert_eq!(received(&seen, "connection"), Vec::<&str>::new());
}

#[tokio::test]
async fn hop_by_hop_headers_of_the_answer_end_at_the_proxy_too() {
    let (world, session) = alice().await;
    let lines = format!(
        "Cookie: {session}\r\nX-Answer-Connection: X-Named\r\nX-Answer-X-Named: 1\r\nX-Answer-Keep-Alive: timeout=5\r\n\
         X-Answer-Proxy-Authenticate: Basic\r\nX-Answer-Upgrade: h2c\r\nX-Answer-X-Kept: 1\r\n"
    );
    let answer = ask(address(&world), get("/", &lines)).await;
    assert_eq!(answer.status, 200);
    for name in ["x-named", "keep-alive", "proxy-authenticate", "upgrade"] {
        assert_eq!(answer.all(name), Vec::<&str>::new(), "{name}");
    }
    assert_eq!(answer.all("x-kept"), ["1"]);
}
