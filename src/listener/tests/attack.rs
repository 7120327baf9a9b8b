//! Peers that mean no good, or cannot be told from those who do not.

use super::*;

const HEADER: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
const REQUEST: &[u8] = b"GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async fn behind(trusted: &str, limits: Limits) -> Running {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap().behind_proxies(true);
    serve(listener, TrustedProxies::new(vec![trusted.parse().unwrap()]), limits)
}

#[tokio::test]
async fn a_trusted_proxy_says_whose_connection_it_is() {
    let mut running = behind("127.0.0.0/8", Limits::default()).await;
    let forged = b"GET /one HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n";
    assert!(exchange(running.address, &[HEADER, forged].concat()).await.ends_with("/one"));
    let client = running.seen.recv().await.unwrap().1;
    assert_eq!((client.ip(), client.trusted), (Some("192.0.2.7".parse().unwrap()), false));
    // Its own connections, such as those that ask whether we are there; or of whom it does not know, and nothing that they
    // say of others is its word.
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x03abc";
    let unspecified = b"\r\n\r\n\0\r\nQUIT\n\x21\x00\x00\x00";
    for header in [&local[..], unspecified, b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ::1 ::1 1 2\r\n"] {
        assert!(exchange(running.address, &[header, forged].concat()).await.ends_with("/one"));
        let client = running.seen.recv().await.unwrap().1;
        assert_eq!((client.ip(), client.trusted), (Some("127.0.0.1".parse().unwrap()), false));
    }
}

#[tokio::test]
async fn a_trusted_proxy_that_does_not_say_so_is_not_served() {
    let limits = Limits { handshake: Duration::from_millis(100), ..Limits::default() };
    let mut running = behind("127.0.0.0/8", limits).await;
    let twice = [HEADER, HEADER, REQUEST].concat();
    for bytes in [REQUEST, b"", &HEADER[..20], b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", &twice] {
        let answer = exchange(running.address, bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert!(running.seen.try_recv().is_err());
}

#[tokio::test]
async fn nobody_else_can_say_who_they_are() {
    let mut running = behind("10.0.0.0/8", Limits::default()).await;
    let answer = exchange(running.address, &[HEADER, REQUEST].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && running.seen.try_recv().is_err(), "{answer}");
    assert!(exchange(running.address, REQUEST).await.ends_with("/one"));
    assert_eq!(running.seen.recv().await.unwrap().1.ip(), Some("127.0.0.1".parse().unwrap()));
}

#[tokio::test]
async fn behind_a_proxy_too_one_client_may_not_take_every_place() {
    let mut running = behind("127.0.0.0/8", Limits { connections_of_one: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    first.write_all(&[HEADER, b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"].concat()).await.unwrap();
    running.seen.recv().await.unwrap();
    assert_eq!(exchange(running.address, &[HEADER, REQUEST].concat()).await, "");
    let other = b"PROXY TCP4 192.0.2.8 198.51.100.1 56324 443\r\n";
    assert!(exchange(running.address, &[other, REQUEST].concat()).await.ends_with("/one"));
}

/// A listener that reads a request's body before it answers, and says what became of it.
async fn reading(limits: Limits) -> (SocketAddr, mpsc::UnboundedReceiver<Result<usize, String>>) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = listener.address();
    let (tell, outcomes) = mpsc::unbounded_channel();
    let answers = move |request: Request<Tracked<Incoming>>, _| {
        let tell = tell.clone();
        async move {
            let body = request.into_body().collect().await.map(|body| body.to_bytes().len());
            tell.send(body.map_err(|error| error.to_string())).unwrap();
            Response::new(Body::from("done"))
        }
    };
    tokio::spawn(listener.serve(answers, limits, Arc::default(), std::future::pending()));
    (address, outcomes)
}

#[tokio::test]
async fn a_body_that_trickles_is_not_waited_for() {
    let (address, mut outcomes) = reading(Limits { body: Duration::from_millis(100), ..Limits::default() }).await;
    let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    write.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n").await.unwrap();
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while write.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    });
    let outcome = timeout(Duration::from_secs(10), outcomes.recv()).await.expect("it is waited for");
    assert_eq!(outcome.unwrap(), Err("the body came too slowly".to_owned()));
    let _ = timeout(Duration::from_secs(10), read.read_to_end(&mut Vec::new())).await.expect("it stays open");
    timeout(Duration::from_secs(10), trickle).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_body_that_keeps_coming_may_take_its_time() {
    let (address, mut outcomes) = reading(Limits { body: Duration::from_millis(200), ..Limits::default() }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20480\r\n\r\n").await.unwrap();
    // All in all it takes twice what one may wait for a kilobyte.
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..20 {
        ticks.tick().await;
        stream.write_all(&[b'x'; 1024]).await.unwrap();
    }
    assert_eq!(outcomes.recv().await.unwrap(), Ok(20_480));
}

async fn http2(address: SocketAddr) -> (hyper::client::conn::http2::SendRequest<Body>, JoinHandle<hyper::Result<()>>) {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    (send, tokio::spawn(connection))
}

#[tokio::test]
async fn who_gives_up_request_after_request_is_cut_off() {
    let mut running = start(Limits::default(), None).await;
    let (mut send, connection) = http2(running.address).await;
    let mut given_up = 0;
    let flood = async {
        while send.ready().await.is_ok() {
            let request = Request::builder().uri("http://a/wait").body(Body::empty()).unwrap();
            let sent = send.send_request(request);
            // Dropped once it is there: that resets the stream.
            if running.seen.recv().await.is_none() {
                break;
            }
            drop(sent);
            given_up += 1;
            if connection.is_finished() || given_up > 2_000 {
                break;
            }
        }
    };
    // The last one never arrives.
    timeout(Duration::from_secs(20), async {
        tokio::select! {
            () = flood => {}
            () = async { while !connection.is_finished() { tokio::task::yield_now().await } } => {}
        }
    })
    .await
    .expect("it goes on");
    assert!((200..2_000).contains(&given_up), "{given_up}");
}

#[tokio::test]
async fn who_lets_requests_be_answered_may_give_up_others() {
    let mut running = start(Limits::default(), None).await;
    let (mut send, connection) = http2(running.address).await;
    for _ in 0..250 {
        send.ready().await.unwrap();
        let request = |path: &str| Request::builder().uri(format!("http://a{path}")).body(Body::empty()).unwrap();
        let given_up = send.send_request(request("/wait"));
        running.seen.recv().await.unwrap();
        drop(given_up);
        send.ready().await.unwrap();
        assert_eq!(send.send_request(request("/one")).await.unwrap().status(), 200);
        running.seen.recv().await.unwrap();
    }
    assert!(!connection.is_finished());
}

#[tokio::test]
async fn a_bomb_of_headers_over_http2_is_refused() {
    let mut running = start(Limits::default(), None).await;
    let (mut send, _connection) = http2(running.address).await;
    // Sent once and then by its index: little on the wire, a lot in memory.
    let mut request = Request::builder().uri("http://a/one");
    for _ in 0..5_000 {
        request = request.header("x-bomb", "x".repeat(4_000));
    }
    let outcome =
        timeout(Duration::from_secs(20), send.send_request(request.body(Body::empty()).unwrap())).await.unwrap();
    assert!(outcome.is_err() || outcome.is_ok_and(|response| response.status() == 431));
    assert!(running.seen.try_recv().is_err());
}
