//! `vestibule health`: asks a running server how it is. A container's health check, so it needs no other program.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use url::Url;

use crate::config;

use super::{ConfigFile, Outcome, Terminal};

/// Longest wait for the connection, and for each read and write: the server is near, or it is not well.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most of an answer that is read, in bytes.
const MAX_ANSWER: usize = 8 * 1024;
/// Most reads of one answer: with [`PATIENCE`] for each, a server that answers in drops cannot hold us.
const MAX_READS: usize = 8;
/// Most of an answer's body that is shown, in characters.
const MAX_SHOWN: usize = 200;

/// Ask a running server whether it is alive and ready.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Ask here instead of at `server.operations_listen` of the configuration, such as http://127.0.0.1:9090
    #[arg(long, value_name = "URL", conflicts_with = "path")]
    url: Option<String>,
}

impl Arguments {
    /// Any trouble is [`Outcome::Failed`], a wrong configuration too: container engines reserve 2 for themselves.
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        let server = match &self.url {
            Some(url) => named(url),
            None => config::operations_listen(&self.config.path, variables).map(at).map_err(anyhow::Error::msg),
        };
        let server = match server {
            Ok(server) => server,
            Err(error) => {
                terminal.complain(format_args!("{error:#}"));
                return Ok(Outcome::Failed);
            }
        };
        let mut outcome = Outcome::Done;
        for path in ["/healthz", "/readyz"] {
            match ask(&server, path) {
                Ok(answer) if answer.status == 200 => terminal.say(format_args!("{path}: {answer}")),
                Ok(answer) => {
                    terminal.complain(format_args!("{path}: {answer}"));
                    outcome = Outcome::Failed;
                }
                Err(error) => {
                    terminal.complain(format_args!("{path}: {error:#}"));
                    outcome = Outcome::Failed;
                }
            }
        }
        Ok(outcome)
    }
}

/// Whom to ask.
struct Server {
    addresses: Vec<SocketAddr>,
    /// As it stands in the `Host` header.
    authority: String,
}

/// The server that listens at an address; every address of the machine includes loopback.
fn at(address: SocketAddr) -> Server {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, address.port());
    Server { addresses: vec![address], authority: address.to_string() }
}

fn named(url: &str) -> anyhow::Result<Server> {
    let invalid = "--url is http://host:port, without a path";
    let url = Url::parse(url).context(invalid)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { bail!(invalid) };
    if url.scheme() != "http" || !bare || url.password().is_some() {
        bail!(invalid);
    }
    let authority = format!("{host}:{port}");
    let addresses = authority.to_socket_addrs().with_context(|| format!("cannot find {host}"))?.collect();
    Ok(Server { addresses, authority })
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        if self.body.is_empty() { Ok(()) } else { write!(f, " {}", self.body) }
    }
}

fn ask(server: &Server, path: &str) -> anyhow::Result<Answer> {
    let mut stream = connect(server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let host = &server.authority;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).context("cannot send")?;
    let mut answer = Vec::new();
    let mut buffer = [0; MAX_ANSWER / MAX_READS];
    for _ in 0..MAX_READS {
        let length = stream.read(&mut buffer).map_err(in_words)?;
        answer.extend_from_slice(&buffer[..length]);
        if length == 0 {
            break;
        }
    }
    understand(&answer)
}

fn connect(server: &Server) -> anyhow::Result<TcpStream> {
    let mut last = None;
    for address in &server.addresses {
        match TcpStream::connect_timeout(address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(anyhow::Error::new(error).context(format!("nobody answers at {address}"))),
        }
    }
    Err(last.unwrap_or_else(|| anyhow::anyhow!("{} has no address", server.authority)))
}

/// A timeout's own words ("resource temporarily unavailable") help nobody.
fn in_words(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => anyhow::anyhow!("no answer within {PATIENCE:?}"),
        _ => anyhow::Error::new(error).context("cannot read the answer"),
    }
}

/// Reads the status (RFC 9112, 4) and the body, of which only what can be shown is kept.
fn understand(answer: &[u8]) -> anyhow::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    let status = status.context("the answer is not HTTP")?;
    let shown = body.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SHOWN).collect();
    Ok(Answer { status, body: shown })
}
