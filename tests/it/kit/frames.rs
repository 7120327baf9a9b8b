//! HTTP/2 written by hand, frame by frame (RFC 9113): what no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RESET: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const GO_AWAY: u8 = 7;
pub const CONTINUATION: u8 = 9;

/// Flags of frames.
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// What becomes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// An answer: its status and body.
    Answered(u16, Vec<u8>),
    /// No answer: the stream was reset, or the connection given up.
    Refused,
}

impl Outcome {
    /// The status; 0 if there was no answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Answered(status, _) => *status,
            Self::Refused => 0,
        }
    }

    /// The body as the JSON it is.
    pub fn json(&self) -> Value {
        match self {
            Self::Answered(_, body) => serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error}: {self:?}")),
            Self::Refused => panic!("no answer"),
        }
    }
}

/// One frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Fields in HPACK, each written out (RFC 7541 6.2.2).
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// A string without Huffman's code, its length first (RFC 7541 5.1, 5.2).
fn text(text: &str) -> Vec<u8> {
    let mut length = text.len();
    let mut coded = vec![u8::try_from(length.min(127)).expect("seven bits")];
    if length >= 127 {
        length -= 127;
        while length >= 128 {
            coded.push(u8::try_from(length % 128).expect("seven bits") | 128);
            length /= 128;
        }
        coded.push(u8::try_from(length).expect("seven bits"));
    }
    [&coded, text.as_bytes()].concat()
}

/// The status that a block of an answer begins with: from the static table, or written out with its digits in
/// Huffman's code (RFC 7541 A and B).
fn status(block: &[u8]) -> u16 {
    const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    match block {
        [index @ 0x88..=0x8e, ..] => STATIC[usize::from(index - 0x88)],
        [0x48, length, rest @ ..] if length & 0x80 != 0 => {
            let bits: Vec<u8> = rest.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
            let number = |bits: &[u8]| bits.iter().fold(0, |number: u16, bit| number * 2 + u16::from(*bit));
            let (mut status, mut at) = (0, 0);
            for _ in 0..3 {
                let (digit, width) = match number(&bits[at..at + 5]) {
                    digit @ 0..=2 => (digit, 5),
                    _ => (number(&bits[at..at + 6]) - 0x19 + 3, 6),
                };
                (status, at) = (status * 10 + digit, at + width);
            }
            status
        }
        other => panic!("no status: {other:x?}"),
    }
}

/// Sends, over HTTP/2 in plain on a connection of its own, a block of fields that ends its request.
pub async fn ask(address: SocketAddr, fields: &[(&str, &str)]) -> Outcome {
    send(address, &frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(fields))).await
}

/// Sends frames, the first of stream 1, on a connection of their own.
pub async fn send(address: SocketAddr, frames: &[u8]) -> Outcome {
    send_over(TcpStream::connect(address).await.expect("a connection"), frames).await
}

/// The same, on a connection that is there.
pub async fn send_over(mut stream: impl AsyncRead + AsyncWrite + Unpin, frames: &[u8]) -> Outcome {
    let begun = [PREFACE, &frame(SETTINGS, 0, 0, &[]), frames].concat();
    // A peer that has closed already is no error: it will have said why.
    let _ = stream.write_all(&begun).await;
    timeout(PATIENCE, outcome(&mut stream)).await.expect("an outcome")
}

async fn outcome(stream: &mut (impl AsyncRead + Unpin)) -> Outcome {
    let (mut answered, mut body) = (0, Vec::new());
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return Outcome::Refused;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        if stream.read_exact(&mut payload).await.is_err() {
            return Outcome::Refused;
        }
        match head[3] {
            HEADERS if answered == 0 => answered = status(&payload),
            DATA => body.append(&mut payload),
            // What was answered in full before its request was over ends with a reset that is no error.
            RESET if answered == 0 => return Outcome::Refused,
            GO_AWAY => return Outcome::Refused,
            _ => {}
        }
        let is_last = matches!(head[3], DATA | HEADERS) && head[4] & END_STREAM != 0;
        if is_last || (head[3] == RESET && answered != 0) {
            return Outcome::Answered(answered, body);
        }
    }
}
