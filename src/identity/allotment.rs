//! Where an organization's own admins may publish applications: what server admins allot to it. Without an allotment,
//! nowhere: whoever chooses an upstream sends our requests into our network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::{Host, Invalid, UpstreamUrl, text_noun};

/// A range of addresses as CIDR (RFC 4632); a single address is a range of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    text: Arc<str>,
    net: IpNet,
}

/// Ranges that no wider one holds: this machine, and the link, where clouds give out credentials to whoever asks. An
/// address in one of them lies in a [`Network`] only if all of that does.
const APART: [IpNet; 5] = [
    v4([127, 0, 0, 0], 8),
    // Connects to this machine too.
    v4([0, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    // The unspecified address and loopback.
    v6(0, 127),
    v6(0xfe80, 10),
];

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

const fn v6(first: u16, prefix: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0), prefix))
}

impl Network {
    /// Parses a range or an address.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let net = net.map_err(|_| Invalid::new("a network is an IP address or a CIDR, such as 10.1.0.0/16"))?.trunc();
        match net.addr() {
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
                Err(Invalid::new("write an IPv4 network as such, without ::ffff:"))
            }
            _ => Ok(Self { text: net.to_string().into(), net }),
        }
    }

    /// The range in its one form: `10.1.0.0/16`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The range.
    pub const fn range(&self) -> IpNet {
        self.net
    }

    /// Whether an address lies in it. Loopback and link-local addresses lie only in ranges of nothing else: `0.0.0.0/0`
    /// does not hold `127.0.0.1`, `127.0.0.0/8` does.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = IpNet::from(address.to_canonical());
        let apart = |net: &IpNet| APART.iter().position(|range| range.contains(net));
        self.net.contains(&address) && apart(&self.net) == apart(&address)
    }
}

text_noun!(Network);

/// A host name below which an organization may publish: that host, and every name that ends in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostSuffix(Host);

impl HostSuffix {
    /// Parses a suffix such as `lab.example.com`.
    ///
    /// # Errors
    /// When it is no host name, or an address.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match Host::parse(text) {
            Ok(host) if host.address().is_none() => Ok(Self(host)),
            _ => Err(Invalid::new("a host suffix is a plain name such as lab.example.com, without * or a leading dot")),
        }
    }

    /// The suffix as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether a host is that one, or below it.
    pub fn holds(&self, host: &Host) -> bool {
        let above = host.as_str().strip_suffix(self.as_str());
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }
}

text_noun!(HostSuffix);

/// Within which hosts and networks an organization's admins may publish. By default in none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allotment {
    /// Public hosts: these and the names below them.
    pub hosts: Vec<HostSuffix>,
    /// What upstreams may resolve to.
    pub upstreams: Vec<Network>,
}

impl Allotment {
    /// Whether nothing is allotted.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() || self.upstreams.is_empty()
    }

    /// Whether an application may have that host.
    pub fn holds_host(&self, host: &Host) -> bool {
        self.hosts.iter().any(|suffix| suffix.holds(host))
    }

    /// Whether an upstream may be in it, as far as its name alone tells: what a name resolves to is looked at whenever
    /// it is connected to.
    pub fn may_hold(&self, upstream: &UpstreamUrl) -> bool {
        let Ok(host) = Host::parse(upstream.authority().host()) else { return false };
        match host.address() {
            Some(address) => self.holds_address(address),
            None if host.is_loopback() => {
                [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].into_iter().any(|ip| self.holds_address(ip))
            }
            None => !self.upstreams.is_empty(),
        }
    }

    fn holds_address(&self, address: IpAddr) -> bool {
        self.upstreams.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_in_every_spelling() {
        for (text, inside, outside) in [
            ("10.1.0.0/16", "10.1.255.255", "10.2.0.0"),
            ("10.1.2.3", "::ffff:10.1.2.3", "10.1.2.4"),
            ("10.1.2.3/8", "10.255.0.1", "11.0.0.0"),
            ("fd00:1::/32", "fd00:1::9", "fd00:2::9"),
            ("::/0", "2001:db8::1", "10.1.2.3"),
        ] {
            assert!(network(text).contains(inside.parse().unwrap()), "{inside} in {text}");
            assert!(!network(text).contains(outside.parse().unwrap()), "{outside} in {text}");
        }
        for bad in ["", "10.0.0.0/33", "host", "10.0.0", "::ffff:10.0.0.0/104", "10.0.0.0/8 "] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(network("10.1.2.3/8").to_string(), "10.0.0.0/8");
    }

    #[test]
    fn this_machine_and_the_link_lie_in_no_wider_range() {
        let apart = ["127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "169.254.169.254", "::1", "::", "fe80::1"];
        for address in apart.iter().chain(&["::ffff:127.0.0.1", "::ffff:169.254.169.254"]) {
            for wide in ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "126.0.0.0/7", "::/0", "::/1", "fe00::/7"] {
                assert!(!network(wide).contains(address.parse().unwrap()), "{address} in {wide}");
            }
        }
        for (own, address) in [
            ("127.0.0.0/8", "127.0.0.1"),
            ("127.0.0.1", "::ffff:127.0.0.1"),
            ("::1", "::1"),
            ("169.254.0.0/16", "169.254.169.254"),
            ("fe80::/10", "fe80::1"),
        ] {
            assert!(network(own).contains(address.parse().unwrap()), "{address} in {own}");
        }
        assert!(network("0.0.0.0/0").contains("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_suffix_ends_at_a_dot() {
        let suffix = HostSuffix::parse("Lab.example.com").unwrap();
        for (host, held) in [
            ("lab.example.com", true),
            ("wiki.lab.example.com", true),
            ("a.b.LAB.example.com.", true),
            ("evillab.example.com", false),
            ("lab.example.com.evil.net", false),
            ("example.com", false),
        ] {
            assert_eq!(suffix.holds(&host.parse().unwrap()), held, "{host}");
        }
        for bad in ["", "*.lab.example.com", ".lab.example.com", "10.1.2.3", "[::1]", "https://lab.example.com"] {
            assert!(HostSuffix::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_an_upstreams_name_tells_is_looked_at_before_it_is_connected_to() {
        let allotted = |networks: &[&str]| Allotment {
            hosts: Vec::new(),
            upstreams: networks.iter().map(|text| network(text)).collect(),
        };
        for (networks, upstream, held) in [
            (&["10.1.0.0/16"][..], "http://10.1.2.3:8080", true),
            (&["10.1.0.0/16"], "http://wiki.internal:8080", true),
            (&["10.1.0.0/16"], "http://10.2.0.1", false),
            (&["10.1.0.0/16"], "http://localhost:3000", false),
            (&["10.1.0.0/16"], "http://2130706433", false),
            (&["0.0.0.0/0", "::/0"], "http://[::1]:3000", false),
            (&["127.0.0.1"], "http://localhost:3000", true),
            (&["::1"], "https://[::1]", true),
            (&[], "http://wiki.internal:8080", false),
        ] {
            assert_eq!(allotted(networks).may_hold(&upstream.parse().unwrap()), held, "{upstream} in {networks:?}");
        }
    }
}
