//! Interim answers of an upstream (RFC 9110 15.2): the answer is what comes behind them, whatever they say.

use tokio::net::TcpListener;

use super::{address, session, with_upstream};
use crate::kit::h2::H2;
use crate::kit::raw::Raw;
use crate::kit::world::World;

async fn scripted() -> (World, TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (world, browser) = with_upstream(&format!("http://{}", listener.local_addr().unwrap()), "").await;
    let session = session(&world, &browser);
    (world, listener, session)
}

async fn accept(listener: &TcpListener) -> Raw {
    Raw::over(listener.accept().await.unwrap().0)
}

const FINAL: &str = "HTTP/1.1 200 OK\r\nX-Kept: 1\r\nContent-Length: 5\r\n\r\nfinal";

#[tokio::test]
async fn what_is_said_in_between_is_neither_passed_on_nor_taken_for_the_answer() {
    let (world, listener, session) = scripted().await;
    for interim in [
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 199 Whatever\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nSet-Cookie: planted=1\r\nStrict-Transport-Security: max-age=1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLocation: https://evil.example/\r\nContent-Type: text/html\r\n\r\n",
        // It has no body, whatever it says (RFC 9112 6.3).
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 99\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    ] {
        for over_http2 in [false, true] {
            let serving = async {
                let mut upstream = accept(&listener).await;
                upstream.read_until("\r\n\r\n").await;
                upstream.send(format!("{interim}{FINAL}")).await;
                upstream
            };
            let asking = async {
                if over_http2 {
                    let request = http::Request::get(world.url("wiki", "/")).header("cookie", &session);
                    let answer =
                        H2::connect(address(&world)).await.ask(request.body(axum::body::Body::empty()).unwrap()).await;
                    let names: String = answer.headers.keys().map(|name| format!("{name}\r\n")).collect();
                    return format!(
                        "HTTP/1.1 {} \r\n{names}\r\n{}",
                        answer.status.as_u16(),
                        String::from_utf8_lossy(&answer.body)
                    );
                }
                let mut client = Raw::connect(address(&world)).await;
                client
                    .send(format!(
                        "GET / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: close\r\n\r\n"
                    ))
                    .await;
                String::from_utf8_lossy(&client.read_to_end().await).into_owned()
            };
            let (_upstream, answer) = tokio::join!(serving, asking);
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nfinal"), "{interim:?}: {answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{interim:?}: {answer}");
            for name in ["link", "set-cookie", "location", "content-type", "strict-transport"] {
                assert!(!answer.to_lowercase().contains(name), "{interim:?}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_but_interim_answers_is_no_answer() {
    let (world, listener, session) = scripted().await;
    for interim in [
        "HTTP/1.1 103 Early Hints\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nfinal",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 099 Less\r\n\r\n",
    ] {
        let mut client = Raw::connect(address(&world)).await;
        client
            .send(format!("GET / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: close\r\n\r\n"))
            .await;
        let mut upstream = accept(&listener).await;
        upstream.read_until("\r\n\r\n").await;
        upstream.send(interim).await;
        drop(upstream);
        let answer = String::from_utf8_lossy(&client.read_to_end().await).into_owned();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{interim:?}: {answer}");
    }
}

#[tokio::test]
async fn an_answer_behind_an_answer_is_never_somebody_elses() {
    let (world, listener, session) = scripted().await;
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n");
    let planted = FINAL.replace("final", "plant");
    for behind in [planted.as_str(), "HTTP/1.1 103 Early Hints\r\nLink: </plant>\r\n\r\n", "HTTP/1.1 ", "\r\n", "x"] {
        for at_once in [true, false] {
            let mut client = Raw::connect(address(&world)).await;
            client.send(request("/one")).await;
            let mut upstream = accept(&listener).await;
            upstream.read_until("GET /one").await;
            upstream.send(format!("{FINAL}{}", if at_once { behind } else { "" })).await;
            client.read_until("final").await;
            if !at_once {
                // It comes while nobody waits for anything.
                upstream.send(behind).await;
            }
            client.send(request("/two")).await;
            let mut next = accept(&listener).await;
            next.read_until("GET /two").await;
            next.send(FINAL.replace("final", "other").replacen("X-Kept", "Connection: close\r\nX-Kept", 1)).await;
            assert!(!client.read_until("other").await.contains("plant"), "{behind:?} {at_once}");
        }
    }
}

#[tokio::test]
async fn over_http_2_too_the_answer_is_what_comes_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            tokio::spawn(async move {
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    for status in [102, 103, 103] {
                        let interim = http::Response::builder().status(status).header("link", "</planted>");
                        respond.send_informational(interim.body(()).unwrap()).unwrap();
                    }
                    let answer = http::Response::builder().header("x-kept", "1").body(()).unwrap();
                    let mut body = respond.send_response(answer, false).unwrap();
                    body.send_data(bytes::Bytes::from_static(b"final"), true).unwrap();
                }
            });
        }
    });
    let connection = "[application.connection]\nprotocol = \"http2\"";
    let (world, browser) = with_upstream(&format!("http://{here}"), connection).await;
    let request = http::Request::get(world.url("wiki", "/")).header("cookie", session(&world, &browser));
    let answer = H2::connect(address(&world)).await.ask(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"final"[..]));
    assert!(answer.headers.contains_key("x-kept") && !answer.headers.contains_key("link"));
}
