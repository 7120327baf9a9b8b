//! Requests written by hand, byte for byte: what no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::browser::Browser;
use super::world::World;

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the server listens.
pub fn address(world: &World) -> SocketAddr {
    ([127, 0, 0, 1], world.places.port).into()
}

/// `NAME=VALUE` of the session at the wiki.
pub fn session(world: &World, browser: &Browser) -> String {
    let cookies = browser.cookies(&world.url("wiki", "/"));
    let cookie = cookies.iter().find(|cookie| cookie.name.contains("session")).expect("a session");
    format!("{}={}", cookie.name, cookie.value)
}

/// One connection.
pub struct Raw(TcpStream);

/// One answer, its body not yet decoded.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and fields.
    pub head: String,
    /// What came after the head.
    pub body: Vec<u8>,
}

impl Raw {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// A connection that somebody else made.
    pub fn over(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Sends bytes. A peer that has closed already is no error: it will have said why.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Reads until the text is there; gives all that was read. Panics if the peer closes first.
    pub async fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let reading = async {
            while !String::from_utf8_lossy(&read).contains(text) {
                let mut byte = [0; 1024];
                let count = self.0.read(&mut byte).await.expect("the peer speaks");
                assert!(count > 0, "closed before {text:?}: {}", String::from_utf8_lossy(&read));
                read.extend_from_slice(&byte[..count]);
            }
        };
        timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("never: {text:?}"));
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Sends back what comes, until the peer closes.
    pub async fn echo(self) {
        let (mut read, mut write) = self.0.into_split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    }

    /// Reads until the peer closes the connection, in whichever way.
    pub async fn read_to_end(&mut self) -> Vec<u8> {
        let mut read = Vec::new();
        let reading = self.0.read_to_end(&mut read);
        let _ = timeout(PATIENCE, reading).await.expect("the peer closes");
        read
    }
}

/// Sends bytes on a connection of their own and reads until the server closes it. Valid requests need
/// `Connection: close`.
pub async fn talk(address: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut raw = Raw::connect(address).await;
    raw.send(bytes).await;
    String::from_utf8_lossy(&raw.read_to_end().await).into_owned()
}

/// As [`talk`], for one request: its answer. Status 0 stands for a connection closed without a word.
pub async fn ask(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    answer(&talk(address, bytes).await)
}

/// The answer that was read.
pub fn answer(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.as_bytes().to_vec() }
}

impl Answer {
    /// The body as the JSON it is.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}
