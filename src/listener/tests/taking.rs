//! Clients that take their answers slowly, or not at all.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use hyper::client::conn::http2;

use super::*;

/// An answer that goes on for ever, or is silent after its first piece. Tells when it is let go of.
struct Endless {
    is_silent: bool,
    given: bool,
    gone: mpsc::UnboundedSender<()>,
    /// How much all of them gave.
    pieces: Arc<AtomicUsize>,
}

/// What is in one piece.
const PIECE: &[u8] = &[b'x'; 16 * 1024];

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_silent && std::mem::replace(&mut self.given, true) {
            return Poll::Pending;
        }
        self.pieces.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PIECE)))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.gone.send(());
    }
}

/// A listener of such answers; `/silent` are the others.
async fn endless(answer: Duration) -> (SocketAddr, mpsc::UnboundedReceiver<()>) {
    counted(answer, Arc::default()).await
}

async fn counted(answer: Duration, pieces: Arc<AtomicUsize>) -> (SocketAddr, mpsc::UnboundedReceiver<()>) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let address = listener.address();
    let (gone, let_go) = mpsc::unbounded_channel();
    let answers = move |request: Request<Tracked<Incoming>>, _| {
        let is_silent = request.uri().path() == "/silent";
        let body = Endless { is_silent, given: false, gone: gone.clone(), pieces: Arc::clone(&pieces) };
        async { Response::new(body) }
    };
    let limits = Limits { answer, ..Limits::default() };
    tokio::spawn(listener.serve(answers, limits, Arc::default(), std::future::pending()));
    (address, let_go)
}

async fn asked(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

async fn http2_with_window(address: SocketAddr, window: u32) -> http2::SendRequest<Body> {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let mut builder = http2::Builder::new(TokioExecutor::new());
    let (send, connection) = builder.initial_stream_window_size(window).handshake(stream).await.unwrap();
    tokio::spawn(connection);
    send
}

fn get(path: &str) -> Request<Body> {
    Request::builder().uri(format!("http://a{path}")).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn an_answer_of_which_nothing_is_taken_is_let_go_of() {
    let (address, mut let_go) = endless(Duration::from_millis(100)).await;
    let mut stream = asked(address, "/").await;
    timeout(Duration::from_secs(20), let_go.recv()).await.expect("it is kept").unwrap();
    // What the system had taken is still to be read; then it is over.
    let rest = async { stream.read_to_end(&mut Vec::new()).await };
    let _ = timeout(Duration::from_secs(20), rest).await.expect("it stays open");
    // The other answers on a connection of HTTP/2 go on.
    for window in [0, 1_024] {
        let mut send = http2_with_window(address, window).await;
        let _untaken = send.send_request(get("/")).await.unwrap();
        timeout(Duration::from_secs(20), let_go.recv()).await.expect("it is kept").unwrap();
        assert_eq!(send.send_request(get("/silent")).await.unwrap().status(), 200);
        if window == 0 {
            timeout(Duration::from_secs(20), let_go.recv()).await.expect("it is kept").unwrap();
        }
    }
}

#[tokio::test]
async fn who_takes_an_answer_piece_by_piece_may_take_long() {
    let limit = Duration::from_millis(500);
    let (address, mut let_go) = endless(limit).await;
    let mut stream = asked(address, "/").await;
    let mut send = http2_with_window(address, 16 * 1024).await;
    let mut body = send.send_request(get("/")).await.unwrap().into_body();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < 4 * limit {
        ticks.tick().await;
        stream.read_exact(&mut vec![0; 256 * 1024]).await.unwrap();
        body.frame().await.unwrap().unwrap();
    }
    assert!(let_go.try_recv().is_err());
}

#[tokio::test]
async fn silence_of_the_answer_is_not_the_clients_slowness() {
    let limit = Duration::from_millis(50);
    let (address, mut let_go) = endless(limit).await;
    let mut stream = asked(address, "/silent").await;
    stream.read_exact(&mut vec![0; 16 * 1024]).await.unwrap();
    let mut send = http2_with_window(address, 1024 * 1024).await;
    let _body = send.send_request(get("/silent")).await.unwrap();
    assert!(timeout(10 * limit, let_go.recv()).await.is_err());
}

/// A frame (RFC 9113 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn who_takes_nothing_of_a_hundred_answers_on_one_connection_has_us_keep_little() {
    let pieces = Arc::new(AtomicUsize::new(0));
    let (address, _let_go) = counted(Duration::from_secs(120), Arc::clone(&pieces)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let most = 0x7fff_ffff_u32;
    let windows = frame(4, 0, 0, &[&[0, 4][..], &most.to_be_bytes()].concat());
    let window = frame(8, 0, 0, &(most - 65_535).to_be_bytes());
    // `GET http://a/`, and no body (RFC 7541 A).
    let requests = (0..100).flat_map(|number| frame(1, 5, 2 * number + 1, b"\x82\x86\x84\x41\x01a"));
    let asked = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), windows, window, requests.collect()].concat();
    stream.write_all(&asked).await.unwrap();
    // Until nothing moves any more.
    let (mut ticks, mut seen, mut still) = (tokio::time::interval(Duration::from_millis(20)), 0, 0);
    while still < 20 {
        ticks.tick().await;
        let now = pieces.load(Ordering::Relaxed);
        still = if now == seen && now > 100 { still + 1 } else { 0 };
        seen = now;
    }
    // The system's own buffers take some megabytes of it.
    let mebibytes = seen * PIECE.len() / (1024 * 1024);
    assert!(mebibytes < 30, "{mebibytes} MiB");
}
