use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
    seen: mpsc::UnboundedReceiver<(http::Version, Client)>,
    gate: Arc<tokio::sync::Semaphore>,
}

/// A listener that answers with the path; `/wait` only once the gate lets it.
async fn start(limits: Limits, tls: Option<Arc<Certificates>>) -> Running {
    start_behind(TrustedProxies::default(), limits, tls).await
}

async fn start_behind(trusted: TrustedProxies, limits: Limits, tls: Option<Arc<Certificates>>) -> Running {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), tls.as_ref()).await.unwrap();
    serve(listener, trusted, limits)
}

fn serve(listener: Listener, trusted: TrustedProxies, limits: Limits) -> Running {
    let address = listener.address();
    let (stop, stopped) = oneshot::channel();
    let (tell, seen) = mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let wait = Arc::clone(&gate);
    let answers = move |request: Request<Tracked<Incoming>>, arrival: Arrival| {
        let (tell, wait) = (tell.clone(), Arc::clone(&wait));
        async move {
            let client = Client::clone(&arrival.client);
            tell.send((request.version(), client)).unwrap();
            if request.uri().path() == "/wait" {
                wait.acquire().await.unwrap().forget();
            }
            Response::new(Body::from(request.uri().path().to_owned()))
        }
    };
    let trusted = Arc::new(trusted);
    let stopped = async move { drop(stopped.await) };
    let done = tokio::spawn(listener.serve(answers, limits, trusted, stopped));
    Running { address, stop, done, seen, gate }
}

/// What comes back for these bytes until the listener closes.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.expect("it stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn both_versions_are_spoken_in_plain() {
    let mut running = start(Limits::default(), None).await;
    let request = b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
    assert!(exchange(running.address, request).await.ends_with("\r\n\r\n/one"));
    let (version, client) = running.seen.recv().await.unwrap();
    assert_eq!((version, client.ip()), (http::Version::HTTP_11, Some("127.0.0.1".parse().unwrap())));

    let stream = TokioIo::new(TcpStream::connect(running.address).await.unwrap());
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().uri("http://a/two").body(Body::empty()).unwrap();
    assert_eq!(send.send_request(request).await.unwrap().status(), 200);
    assert_eq!(running.seen.recv().await.unwrap().0, http::Version::HTTP_2);
}

#[tokio::test]
async fn a_connection_that_does_not_get_to_the_point_is_closed() {
    let limits = Limits { head: Duration::from_millis(100), ..Limits::default() };
    let running = start(limits, None).await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let answer = exchange(running.address, beginning.as_bytes()).await;
        assert!(!answer.contains("200"), "{beginning}: {answer}");
    }
}

#[tokio::test]
async fn the_next_request_on_a_connection_may_not_take_longer_either() {
    let running = start(Limits { head: Duration::from_millis(100), ..Limits::default() }, None).await;
    for next in ["", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let answer = exchange(running.address, format!("GET /one HTTP/1.1\r\nHost: a\r\n\r\n{next}").as_bytes()).await;
        assert!(answer.ends_with("/one"), "{next}: {answer}");
    }
    // However often it trickles: bytes are no sign of life.
    let (mut read, mut write) = TcpStream::connect(running.address).await.unwrap().into_split();
    write.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n").await.unwrap();
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while write.write_all(b"X: 1\r\n").await.is_ok() {
            ticks.tick().await;
        }
    });
    let _ = timeout(Duration::from_secs(10), read.read_to_end(&mut Vec::new())).await.expect("it stays open");
    timeout(Duration::from_secs(10), trickle).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_may_take_longer_than_its_head() {
    let head = Duration::from_millis(50);
    let mut running = start(Limits { head, ..Limits::default() }, None).await;
    let address = running.address;
    let request = b"GET /wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut waiting = tokio::spawn(async move { exchange(address, request).await });
    running.seen.recv().await.unwrap();
    assert!(timeout(5 * head, &mut waiting).await.is_err(), "a request was under way");
    running.gate.add_permits(1);
    assert!(waiting.await.unwrap().ends_with("/wait"));
}

#[tokio::test]
async fn an_upload_may_go_on_after_its_answer() {
    let head = Duration::from_millis(50);
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = listener.address();
    let (tell, mut uploads) = mpsc::unbounded_channel();
    let answers = move |request: Request<Tracked<Incoming>>, _| {
        let upload = async move {
            let mut body = request.into_body();
            while !body.is_end_stream() {
                body.frame().await.unwrap().unwrap();
            }
            body
        };
        tell.send(tokio::spawn(upload)).unwrap();
        async { Response::new(Body::from("done")) }
    };
    tokio::spawn(listener.serve(answers, Limits { head, ..Limits::default() }, Arc::default(), std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\no").await.unwrap();
    let mut upload = uploads.recv().await.unwrap();
    assert!(timeout(5 * head, &mut upload).await.is_err(), "it is under way");
    stream.write_all(b"k").await.unwrap();
    let _kept = upload.await.unwrap();
    let rest = async { stream.read_to_end(&mut Vec::new()).await };
    timeout(Duration::from_secs(10), rest).await.expect("it stays open").unwrap();
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let running = start(Limits::default(), None).await;
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    let long = format!("X: {}\r\n", "x".repeat(200_000));
    for fields in [many, long] {
        let answer = exchange(running.address, format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
    }
}

#[tokio::test]
async fn smuggled_requests_do_not_get_through() {
    let mut running = start(Limits::default(), None).await;
    for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\0Y: 1\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let answer = exchange(running.address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{request:?}: {answer}");
        assert!(running.seen.try_recv().is_err(), "{request:?}");
    }
}

#[tokio::test]
async fn requests_may_finish_when_it_is_time_to_stop() {
    let mut running = start(Limits::default(), None).await;
    let address = running.address;
    let waiting = tokio::spawn(async move { exchange(address, b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await });
    running.seen.recv().await.unwrap();
    running.stop.send(()).unwrap();
    running.gate.add_permits(1);
    assert!(waiting.await.unwrap().ends_with("/wait"));
    timeout(Duration::from_secs(10), running.done).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn what_does_not_finish_is_dropped() {
    let mut running = start(Limits { drain: Duration::from_millis(50), ..Limits::default() }, None).await;
    let address = running.address;
    let waiting = tokio::spawn(async move { exchange(address, b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await });
    running.seen.recv().await.unwrap();
    running.stop.send(()).unwrap();
    timeout(Duration::from_secs(10), running.done).await.unwrap().unwrap();
    assert_eq!(waiting.await.unwrap(), "");
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait() {
    let mut running = start(Limits { connections: 1, ..Limits::default() }, None).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    let address = running.address;
    let second =
        tokio::spawn(
            async move { exchange(address, b"GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await },
        );
    // The other one has all the time that these take, and is not served.
    for _ in 0..50 {
        first.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        running.seen.recv().await.unwrap();
        let mut answer = [0; 1024];
        assert!(first.read(&mut answer).await.unwrap() > 0);
    }
    assert!(running.seen.try_recv().is_err() && !second.is_finished());
    drop(first);
    assert!(second.await.unwrap().ends_with("/two"));
}

#[tokio::test]
async fn a_connection_over_which_nothing_goes_on_is_closed_although_it_answers_pings() {
    let (head, idle) = (Duration::from_millis(50), Duration::from_millis(50));
    let mut running = start(Limits { head, idle, ..Limits::default() }, None).await;
    let stream = TokioIo::new(TcpStream::connect(running.address).await.unwrap());
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let mut connection = tokio::spawn(connection);
    let request = Request::builder().uri("http://a/wait").body(Body::empty()).unwrap();
    let waiting = tokio::spawn(send.send_request(request));
    running.seen.recv().await.unwrap();
    let closed = timeout(10 * idle, &mut connection).await;
    assert!(closed.is_err(), "a request was under way");
    running.gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    timeout(Duration::from_secs(10), connection).await.expect("it stays open").unwrap().unwrap();
}

#[tokio::test]
async fn one_client_may_not_take_every_place_but_a_trusted_proxy_may() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let limits = Limits { connections_of_one: 1, ..Limits::default() };
    let mut running = start(limits.clone(), None).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    first.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    running.seen.recv().await.unwrap();
    let mut second = TcpStream::connect(running.address).await.unwrap();
    // Closed without a word, or reset if we were the quicker.
    assert!(matches!(timeout(Duration::from_secs(10), second.read(&mut [0; 10])).await.unwrap(), Ok(0) | Err(_)));
    drop(first);
    let again = async {
        let mut answer = Vec::new();
        while answer.is_empty() {
            let mut stream = TcpStream::connect(running.address).await.unwrap();
            let _ = stream.write_all(request).await;
            let _ = stream.read_to_end(&mut answer).await;
        }
        answer
    };
    assert!(
        timeout(Duration::from_secs(10), again).await.expect("its place is free again").starts_with(b"HTTP/1.1 200")
    );

    let mut running = start_behind(TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]), limits, None).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    first.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    running.seen.recv().await.unwrap();
    assert!(exchange(running.address, request).await.starts_with("HTTP/1.1 200"));
}

#[test]
fn connections_leave_files_for_all_else() {
    let within = |files, listeners| {
        let limits = Limits::default().within(files, listeners);
        (limits.connections, limits.connections_of_one)
    };
    assert_eq!(within(None, 2), (16_384, 2_048));
    assert_eq!(within(Some(u64::MAX), 2), (16_384, 2_048));
    assert_eq!(within(Some(1_024), 2), (256, 64));
    assert_eq!(within(Some(0), 0), (1, 1));
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let running = start(Limits::default(), None).await;
    let error = Listener::bind(running.address, None).await.unwrap_err();
    assert!(error.to_string().contains(&running.address.to_string()));
}

mod attack;
mod challenge;
mod taking;
mod tls;

#[tokio::test]
async fn a_connection_that_is_used_after_the_answer_keeps_its_place() {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = listener.address();
    let (tell, mut slots) = mpsc::unbounded_channel();
    let answers = move |_: Request<Tracked<Incoming>>, arrival: Arrival| {
        tell.send(arrival.slot).unwrap();
        async { Response::new(Body::from("done")) }
    };
    let limits = Limits { connections: 1, ..Limits::default() };
    tokio::spawn(listener.serve(answers, limits, Arc::default(), std::future::pending()));
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(exchange(address, request).await.ends_with("done"));
    let kept = slots.recv().await.unwrap();
    let next = tokio::spawn(exchange(address, request));
    assert!(timeout(Duration::from_millis(200), slots.recv()).await.is_err(), "the one place is taken");
    drop(kept);
    assert!(next.await.unwrap().ends_with("done"));
}

#[tokio::test]
async fn a_connection_of_http2_over_which_a_tunnel_goes_is_not_at_rest() {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = listener.address();
    let (tell, mut slots) = mpsc::unbounded_channel();
    let answers = move |_: Request<Tracked<Incoming>>, arrival: Arrival| {
        tell.send(arrival.slot).unwrap();
        async { Response::new(Body::empty()) }
    };
    let (head, idle) = (Duration::from_millis(50), Duration::from_millis(50));
    let limits = Limits { head, idle, ..Limits::default() };
    tokio::spawn(listener.serve(answers, limits, Arc::default(), std::future::pending()));
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let mut connection = tokio::spawn(connection);
    send.send_request(Request::builder().uri("http://a/").body(Body::empty()).unwrap()).await.unwrap();
    let tunnel = slots.recv().await.unwrap();
    assert!(timeout(10 * idle, &mut connection).await.is_err(), "it was cut off");
    drop(tunnel);
    timeout(Duration::from_secs(10), connection).await.expect("it stays open").unwrap().unwrap();
}
