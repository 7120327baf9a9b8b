//! The PROXY protocol, versions 1 and 2: the first bytes of a connection, with which a proxy that only passes bytes on
//! says who the client is. Read from trusted proxies alone, which then must send it: to guess whether it is there is
//! what its specification forbids (section 5).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a header of version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The shortest header there is, of either version: `PROXY UNKNOWN` and the end of its line.
const SHORTEST: usize = 15;
/// The longest header of version 1 (section 2.1).
const LONGEST_LINE: usize = 107;
/// Signature, version and command, family, and the length of the rest.
const FIXED: usize = 16;
/// The longest rest of a header of version 2 that is read: addresses take 216 bytes at most, and what comes behind them
/// is not wanted.
const LONGEST_REST: usize = 4_096;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The client's address.
    Client(IpAddr),
    /// The connection is the proxy's own, such as a health check, or it does not know whose it is.
    Proxy,
}

/// What bytes are, as far as they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// All of a header, and how long it is.
    Whole(Source, usize),
    /// The beginning of one; at least so many more bytes belong to it.
    Part(usize),
}

/// The bytes are no header, or one that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no header of the PROXY protocol")]
pub struct Malformed;

impl Header {
    /// Reads what `bytes` begin with.
    ///
    /// # Errors
    /// When no header begins so.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
        if begins(SIGNATURE) {
            binary(bytes)
        } else if begins(b"PROXY ") {
            line(bytes)
        } else {
            Err(Malformed)
        }
    }
}

/// Reads a header and nothing behind it.
///
/// # Errors
/// When there is none, or the connection breaks.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Source> {
    let mut bytes = Vec::with_capacity(LONGEST_LINE);
    loop {
        match Header::parse(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
            Header::Whole(source, _) => return Ok(source),
            Header::Part(more) => {
                let read = bytes.len();
                bytes.resize(read + more, 0);
                stream.read_exact(&mut bytes[read..]).await?;
            }
        }
    }
}

/// Version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n`.
fn line(bytes: &[u8]) -> Result<Header, Malformed> {
    if bytes.len() < SHORTEST {
        return Ok(Header::Part(SHORTEST - bytes.len()));
    }
    let most = &bytes[..bytes.len().min(LONGEST_LINE)];
    let Some(end) = most.windows(2).position(|pair| pair == b"\r\n") else {
        let more = if bytes.last() == Some(&b'\r') { 1 } else { 2 };
        return if bytes.len() + more > LONGEST_LINE { Err(Malformed) } else { Ok(Header::Part(more)) };
    };
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| Malformed)?;
    let words: Vec<&str> = text.split(' ').collect();
    let source = match words[..] {
        [_, "UNKNOWN", ..] => Source::Proxy,
        [_, family, source, destination, one, other] => {
            let (source, destination) = (address(source)?, address(destination)?);
            let fits = match family {
                "TCP4" => source.is_ipv4() && destination.is_ipv4(),
                "TCP6" => source.is_ipv6() && destination.is_ipv6(),
                _ => false,
            };
            if !fits || !is_port(one) || !is_port(other) {
                return Err(Malformed);
            }
            Source::Client(source.to_canonical())
        }
        _ => return Err(Malformed),
    };
    Ok(Header::Whole(source, end + 2))
}

fn address(text: &str) -> Result<IpAddr, Malformed> {
    text.parse().map_err(|_| Malformed)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Version 2: binary (section 2.2).
fn binary(bytes: &[u8]) -> Result<Header, Malformed> {
    if bytes.len() < SHORTEST {
        return Ok(Header::Part(SHORTEST - bytes.len()));
    }
    let Some((fixed, rest)) = bytes.split_at_checked(FIXED) else {
        return Ok(Header::Part(FIXED - bytes.len()));
    };
    let (command, family) = (fixed[12], fixed[13]);
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if command >> 4 != 2 || length > LONGEST_REST {
        return Err(Malformed);
    }
    let Some(rest) = rest.get(..length) else {
        return Ok(Header::Part(length - rest.len()));
    };
    let source = match (command & 0xf, family) {
        // LOCAL: whatever stands behind it is to be skipped.
        (0, _) => Source::Proxy,
        // Over TCP, or over UDP, which no listener of ours speaks.
        (1, 0x11) if rest.len() >= 12 => {
            Source::Client(Ipv4Addr::from(<[u8; 4]>::try_from(&rest[..4]).map_err(|_| Malformed)?).into())
        }
        (1, 0x21) if rest.len() >= 36 => {
            let address = Ipv6Addr::from(<[u8; 16]>::try_from(&rest[..16]).map_err(|_| Malformed)?);
            Source::Client(IpAddr::from(address).to_canonical())
        }
        // Unspecified, and sockets of the proxy's own machine: it knows no address.
        (1, 0x00 | 0x31 | 0x32) => Source::Proxy,
        _ => return Err(Malformed),
    };
    Ok(Header::Whole(source, FIXED + length))
}

#[cfg(test)]
mod tests;
