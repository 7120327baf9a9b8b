//! Who sent a request: the peer of the connection, or whom trusted proxies say they had it from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

use super::{Handshake, Slot};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Most hops that are followed: longer chains are nobody's real ones.
const MAX_HOPS: usize = 16;

/// What a listener knows of a request beside what it says.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who sent it.
    pub client: Arc<Client>,
    /// The place of its connection.
    pub slot: Slot,
}

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// The addresses the request came over: the client first, if it is known, then each trusted proxy. Without trusted
    /// proxies the one peer.
    pub chain: Vec<IpAddr>,
    /// Whether the first of them is the client. It is not if the trusted proxy that is first names somebody who cannot be
    /// read: then the client may be anybody.
    pub known: bool,
    /// The same as `X-Forwarded-For` lists them.
    pub forwarded_for: HeaderValue,
    /// Whether the client reached the first of us, or of our trusted proxies, over https.
    pub https: bool,
    /// Whether the peer is a trusted proxy: what it says of the request is believed.
    pub trusted: bool,
    /// What the client's own TLS handshake with us settled. None over plain HTTP, and behind a trusted proxy: the
    /// handshake is the proxy's then, and says nothing of the host that the client meant.
    pub handshake: Option<Arc<Handshake>>,
}

impl Client {
    /// Whether requests for `host` may come over the client's connection.
    pub fn may_ask_for(&self, host: &str) -> bool {
        self.handshake.as_ref().is_none_or(|handshake| handshake.is_for(host))
    }

    /// The client's address: the first that is no trusted proxy. None if it is not known: whoever it is, is in no network.
    pub fn ip(&self) -> Option<IpAddr> {
        self.chain.first().copied().filter(|_| self.known)
    }
}

/// The networks whose word about their own clients is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks; none by default.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether an address is a trusted proxy's.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who sent a request that came from `peer`, over TLS with us or not.
    ///
    /// `X-Forwarded-For` is read from the right, each address on the word of the trusted one that follows it, and no
    /// further than the first that is not trusted: what stands left of it anybody may have written. Where a trusted one
    /// names nobody, it asks for itself; where what it names is no address, nobody knows for whom. `X-Forwarded-Proto`
    /// counts if the peer is trusted. `X-Forwarded-Host` never does: proxies pass it on from clients unless told not
    /// to, and every one of them can pass on `Host`.
    pub fn resolve(&self, peer: IpAddr, tls: Option<&Arc<Handshake>>, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        let mut chain = vec![peer];
        if !self.contains(peer) {
            let (forwarded_for, handshake) = (listed(&chain, true), tls.cloned());
            return Client { chain, known: true, forwarded_for, https: tls.is_some(), trusted: false, handshake };
        }
        let mut named = items(headers, &FORWARDED_FOR).into_iter().rev();
        let (mut nearest, mut known) = (peer, true);
        while known
            && self.contains(nearest)
            && let Some(item) = named.next()
        {
            match address_of(item).filter(|_| chain.len() <= MAX_HOPS) {
                Some(address) => {
                    chain.insert(0, address);
                    nearest = address;
                }
                None => known = false,
            }
        }
        let https = match items(headers, &FORWARDED_PROTO).last() {
            Some(proto) => proto.eq_ignore_ascii_case("https"),
            None => tls.is_some(),
        };
        Client { forwarded_for: listed(&chain, known), chain, known, https, trusted: true, handshake: None }
    }

    /// Who sends whatever comes from `peer`, if no request needs to be read for that: it is no proxy of ours.
    pub(super) fn resolve_once(&self, peer: IpAddr, tls: Option<&Arc<Handshake>>) -> Option<Arc<Client>> {
        let is_stranger = !self.contains(peer.to_canonical());
        is_stranger.then(|| Arc::new(self.resolve(peer, tls, &HeaderMap::new())))
    }
}

/// Addresses as `X-Forwarded-For` lists them, behind `unknown` (as RFC 7239 6.2 has it) if whoever asks through the first
/// of them is not known.
fn listed(chain: &[IpAddr], known: bool) -> HeaderValue {
    let mut list = String::with_capacity(48);
    list.push_str(if known { "" } else { "unknown" });
    for address in chain {
        if !list.is_empty() {
            list.push_str(", ");
        }
        push_address(&mut list, address);
    }
    HeaderValue::try_from(list).unwrap_or(HeaderValue::from_static(""))
}

/// Written out by hand, for behind a proxy it stands in every request: the formatting machinery takes ten times as long.
fn push_address(text: &mut String, address: &IpAddr) {
    match address {
        IpAddr::V4(address) => {
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    text.push('.');
                }
                push_octet(text, octet);
            }
        }
        IpAddr::V6(address) => text.push_str(&address.to_string()),
    }
}

fn push_octet(text: &mut String, octet: u8) {
    let digits = [100, 10].into_iter().filter(|power| octet >= *power).chain([1]);
    text.extend(digits.map(|power| char::from(b'0' + octet / power % 10)));
}

/// The items of a list, over all fields of that name, as their text. Each by itself: a client may have written what stands
/// in front of a proxy's own in the same field, in whatever bytes. What is no text is empty.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let items = |value: &'a HeaderValue| value.as_bytes().split(|&byte| byte == b',');
    let text = |item: &'a [u8]| std::str::from_utf8(item.trim_ascii()).unwrap_or("");
    headers.get_all(name).iter().flat_map(items).map(text).collect()
}

/// An address as proxies write one: with a port or without.
pub fn address_of(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(peer: &str, fields: &[(HeaderName, &'static str)]) -> (String, bool) {
        let trusted = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        let bytes = |value: &str| HeaderValue::from_bytes(&value.chars().map(|c| c as u8).collect::<Vec<_>>()).unwrap();
        let headers = fields.iter().map(|(name, value)| (name.clone(), bytes(value))).collect();
        let client = trusted.resolve(peer.parse().unwrap(), None, &headers);
        let chain: Vec<_> = client.chain.iter().map(ToString::to_string).collect();
        assert_eq!(client.ip().is_some(), client.known);
        let told = client.forwarded_for.to_str().unwrap().replace(", ", " ");
        assert_eq!(told.strip_prefix("unknown ").unwrap_or(&told), chain.join(" "));
        (told, client.https)
    }

    #[test]
    fn strangers_are_not_believed() {
        let forged = [(FORWARDED_FOR, "1.2.3.4"), (FORWARDED_PROTO, "https")];
        assert_eq!(resolve("192.0.2.1", &forged), ("192.0.2.1".into(), false));
        assert_eq!(resolve("::ffff:192.0.2.1", &forged), ("192.0.2.1".into(), false));
    }

    #[test]
    fn trusted_proxies_are_believed_as_far_as_trust_goes() {
        for (lines, expected) in [
            (&["192.0.2.1"][..], "192.0.2.1 10.0.0.1"),
            (&["1.1.1.1, 192.0.2.1"], "192.0.2.1 10.0.0.1"),
            (&["10.9.9.9, 192.0.2.1, 10.0.0.2"], "192.0.2.1 10.0.0.2 10.0.0.1"),
            (&["1.1.1.1", "192.0.2.1", "10.0.0.2"], "192.0.2.1 10.0.0.2 10.0.0.1"),
            (&["192.0.2.1:4711"], "192.0.2.1 10.0.0.1"),
            (&["[2001:db8::1]:4711"], "2001:db8::1 10.0.0.1"),
            (&["2001:db8::1"], "2001:db8::1 10.0.0.1"),
            (&["\u{ff}, 192.0.2.1"], "192.0.2.1 10.0.0.1"),
            (&["\u{ff}\u{a0}", "192.0.2.1, 10.0.0.2"], "192.0.2.1 10.0.0.2 10.0.0.1"),
            // It asks for itself, as a look at our health does.
            (&[], "10.0.0.1"),
            (&["10.0.0.2"], "10.0.0.2 10.0.0.1"),
            // It asks for somebody, and who that is cannot be read.
            (&["unknown"], "unknown 10.0.0.1"),
            (&["192.0.2.1, "], "unknown 10.0.0.1"),
            (&["192.0.2.1, \u{ff}"], "unknown 10.0.0.1"),
            (&["192.0.2.1\u{a0}"], "unknown 10.0.0.1"),
            (&["\"192.0.2.1\""], "unknown 10.0.0.1"),
            (&["192.0.2.1:99999"], "unknown 10.0.0.1"),
            (&["fe80::1%eth0"], "unknown 10.0.0.1"),
            (&["192.0.2.1, garbage, 10.0.0.2"], "unknown 10.0.0.2 10.0.0.1"),
            (&[""], "unknown 10.0.0.1"),
        ] {
            let fields: Vec<_> = lines.iter().map(|line| (FORWARDED_FOR, *line)).collect();
            assert_eq!(resolve("10.0.0.1", &fields).0, expected, "{lines:?}");
        }
        assert!(resolve("10.0.0.1", &[(FORWARDED_PROTO, "https")]).1);
        assert!(!resolve("10.0.0.1", &[(FORWARDED_PROTO, "https"), (FORWARDED_PROTO, "http")]).1);
    }

    #[test]
    fn nobody_comes_over_more_proxies_than_are_followed() {
        let chain = |hops: usize| {
            resolve("10.0.0.1", &[(FORWARDED_FOR, ["10.0.0.2,"; 32].concat()[..9 * hops - 1].to_owned().leak())]).0
        };
        assert_eq!(chain(MAX_HOPS).split(' ').count(), MAX_HOPS + 1);
        assert!(chain(MAX_HOPS).starts_with("10.0.0.2 "));
        assert!(chain(MAX_HOPS + 1).starts_with("unknown 10.0.0.2 "));
    }

    #[test]
    fn addresses_are_listed_as_everybody_writes_them() {
        let chain = ["0.10.99.100", "255.1.20.205", "2001:db8::1"].map(|address| address.parse().unwrap());
        assert_eq!(listed(&chain, true), "0.10.99.100, 255.1.20.205, 2001:db8::1");
    }
}
