//! An upstream that speaks WebSocket, and its frames.

use std::net::SocketAddr;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What came to the upstream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The head of a handshake.
    Head(String),
    /// A frame: its opcode, and what is in it.
    Frame(u8, Vec<u8>),
    /// The connection is over.
    End,
}

/// An upstream that answers handshakes properly, sends every message back, and tells what came.
pub(super) async fn echo() -> (SocketAddr, mpsc::UnboundedReceiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let (tell, came) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, tell.clone()));
        }
    });
    (here, came)
}

/// Serves one connection so.
pub(super) async fn serve(mut stream: TcpStream, tell: mpsc::UnboundedSender<Came>) {
    let head = head(&mut stream).await;
    let key = head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap_or("").to_owned();
    let _ = tell.send(Came::Head(head));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
        accept(&key)
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    while let Some((opcode, payload)) = read(&mut stream).await {
        let _ = tell.send(Came::Frame(opcode, payload.clone()));
        if stream.write_all(&frame(opcode, &payload, None)).await.is_err() || opcode == 8 {
            break;
        }
    }
    let _ = tell.send(Came::End);
}

/// The head of a request.
pub(super) async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// What proves that a key was read.
pub(super) fn accept(key: &str) -> String {
    let keyed = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, keyed.as_bytes()))
}

/// A whole message in one frame; masked, as clients send it, if there is a mask.
pub(super) fn frame(opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(payload.len()) {
        Ok(length @ 0..126) => frame.push(bit | length),
        _ => {
            frame.push(bit | 126);
            frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    frame.extend(mask.iter().flatten());
    let mask = mask.unwrap_or_default();
    frame.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ mask[index % 4]));
    frame
}

/// A message as a client sends it.
pub(super) async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) {
    stream.write_all(&frame(1, text.as_bytes(), Some([1, 2, 3, 4]))).await.unwrap();
}

/// The next frame; none once the connection is over.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let first = stream.read_u8().await.ok()?;
    let second = stream.read_u8().await.ok()?;
    let length = match second & 0x7f {
        126 => stream.read_u16().await.ok()?.into(),
        length => usize::from(length),
    };
    let mut mask = [0; 4];
    if second & 0x80 != 0 {
        stream.read_exact(&mut mask).await.ok()?;
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.ok()?;
    payload.iter_mut().enumerate().for_each(|(index, byte)| *byte ^= mask[index % 4]);
    Some((first & 0x0f, payload))
}

/// A WebSocket over HTTP/1.1 to the wiki.
pub(super) async fn open(address: SocketAddr, lines: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: wiki.localhost:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n",
        address.port()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    stream
}
