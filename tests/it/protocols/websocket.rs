//! WebSockets on a stream of HTTP/2 (RFC 8441): the same handshake in other words, so the same holds.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::sockets::{self, Came, echo, read, say};
use super::{address, session, with_upstream};
use crate::kit::h2::H2;
use crate::kit::world::World;

fn uri(world: &World) -> String {
    world.url("wiki", "/socket?room=1")
}

#[tokio::test]
async fn a_websocket_opens_on_a_stream_and_closes_with_its_session() {
    let (upstream, mut came) = echo().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let mut h2 = H2::connect(address(&world)).await;
    let (cookie, origin) = (session(&world, &browser), world.url("wiki", ""));
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", origin.as_str()),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat"),
        // Over HTTP/2 there is no key: this one must not be taken for ours.
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("remote-user", "root"),
    ];
    let (answer, stream) = h2.websocket(&uri(&world), &headers).await;
    assert_eq!(answer.status(), 200);
    for name in ["connection", "upgrade", "sec-websocket-accept"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    assert_eq!(answer.headers()["sec-websocket-protocol"], "chat");
    let Some(Came::Head(head)) = came.recv().await else { panic!("no handshake") };
    assert!(head.starts_with("GET /socket?room=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("upgrade: websocket\r\n") && head.contains("connection: upgrade\r\n"), "{head}");
    assert!(head.contains("remote-user: alice\r\n") && head.contains("via: 2 vestibule\r\n"), "{head}");
    assert!(head.matches("sec-websocket-key: ").count() == 1 && !head.contains("dGhlIHNhbXBsZSBub25jZQ=="), "{head}");
    assert!(!head.contains(&cookie) && !head.contains("root") && !head.contains(":protocol"), "{head}");
    let mut stream = stream.unwrap();
    for text in ["hello", "again"] {
        say(&mut stream, text).await;
        assert_eq!(read(&mut stream).await, Some((1, text.into())));
    }
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(read(&mut stream).await, Some((8, vec![0x03, 0xf0])), "1008");
    assert_eq!(read(&mut stream).await, None);
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_socket_over_http_2_either() {
    let (upstream, mut came) = echo().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let mut h2 = H2::connect(address(&world)).await;
    let (cookie, own, docs) = (session(&world, &browser), world.url("wiki", ""), world.url("docs", ""));
    let cookie = ("cookie", cookie.as_str());
    for (headers, status) in [
        (vec![cookie], 403),
        (vec![cookie, ("origin", docs.as_str())], 403),
        (vec![cookie, ("origin", "null")], 403),
        (vec![cookie, ("origin", own.as_str()), ("origin", docs.as_str())], 403),
        (vec![("origin", own.as_str())], 401),
    ] {
        let (answer, stream) = h2.websocket(&uri(&world), &headers).await;
        assert_eq!((answer.status().as_u16(), stream.is_none()), (status, true), "{headers:?}");
    }
    assert!(came.try_recv().is_err(), "nothing was asked of the upstream");
}

#[tokio::test]
async fn connect_opens_nothing_but_websockets_to_applications() {
    let (upstream, mut came) = echo().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), "").await;
    let mut h2 = H2::connect(address(&world)).await;
    let (cookie, origin) = (session(&world, &browser), world.url("wiki", ""));
    let known = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
    for (protocol, uri, status) in [
        ("connect-udp", uri(&world), 405),
        ("WebSocket", uri(&world), 405),
        ("webtransport", uri(&world), 405),
        ("websocket", world.url("nobody", "/socket"), 421),
        ("websocket", world.login("/"), 421),
        ("websocket", world.login("/.well-known/vestibule/jwks.json"), 421),
        ("websocket", world.url("wiki", "/.vestibule/session"), 405),
        ("websocket", world.url("wiki", "/.vestibule/assets/style.css"), 405),
        ("websocket", world.url("wiki", "/a/%2e%2e/b"), 400),
    ] {
        let (answer, _) = h2.tunnel(protocol, &uri, &known).await;
        assert_eq!(answer.status().as_u16(), status, "{protocol} {uri}");
    }
    // A host that contradicts the authority is refused here as everywhere.
    let both = [known[0], known[1], ("host", "docs.localhost")];
    assert_eq!(h2.websocket(&uri(&world), &both).await.0.status(), 400);
    assert!(came.try_recv().is_err(), "nothing was asked of the upstream");
}

#[tokio::test]
async fn an_upstream_that_has_not_read_our_key_or_answers_200_opens_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (world, browser) = with_upstream(&format!("http://{}", listener.local_addr().unwrap()), "").await;
    let mut h2 = H2::connect(address(&world)).await;
    let (cookie, origin) = (session(&world, &browser), world.url("wiki", ""));
    let known = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
    let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    for (answer, status) in [
        (format!("{switching}\r\n"), 502),
        (format!("{switching}Sec-WebSocket-Accept: {}\r\n\r\n", sockets::accept("a guess")), 502),
        ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".to_owned(), 502),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned(), 502),
        ("HTTP/1.1 204 No Content\r\n\r\n".to_owned(), 502),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno".to_owned(), 404),
    ] {
        let serving = async {
            let mut stream = listener.accept().await.unwrap().0;
            sockets::head(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream
        };
        let uri = uri(&world);
        let (_stream, (told, opened)) = tokio::join!(serving, h2.websocket(&uri, &known));
        assert_eq!((told.status().as_u16(), opened.is_none()), (status, true), "{answer}");
        assert_eq!(told.headers().get_all("sec-websocket-accept").iter().count(), 0);
    }
}
