//! Which addresses a request may go to. Whoever types a URL must not be able to send us to what only we can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that requests may go to, judged when a connection is made: what a name leads to can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// Every one: who runs this server has said where.
    #[default]
    Any,
    /// Those of the public internet alone: somebody else has said where.
    Public,
}

impl Addresses {
    /// Whether a connection to `address` may be made.
    pub fn allow(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Any, _) => true,
            (Self::Public, IpAddr::V4(address)) => is_public_v4(address),
            (Self::Public, IpAddr::V6(address)) => is_public_v6(address),
        }
    }
}

/// Not among what IANA keeps for special purposes (RFC 6890), multicast or reserved.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

/// Global unicast, without the parts of it that stand for something else: tunnels lead to IPv4 addresses of anybody's
/// choice. Where an IPv4 address is written as an IPv6 one, that is what counts.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    let translated = [a, b, c] == [0x64, 0xff9b, 0] && address.segments()[3..6] == [0, 0, 0];
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    if translated {
        let [.., w, x, y, z] = address.octets();
        return is_public_v4(Ipv4Addr::new(w, x, y, z));
    }
    let special = matches!((a, b), (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff));
    (0x2000..=0x3fff).contains(&a) && !special
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn public_addresses_are_those_that_everybody_reaches() {
        for address in ["1.1.1.1", "100.63.0.1", "172.32.0.1", "198.20.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(Addresses::Public.allow(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_only_we_reach_is_not_public_however_it_is_written() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert!(!Addresses::Public.allow(address.parse().unwrap()), "{address}");
            assert!(Addresses::Any.allow(address.parse().unwrap()), "{address}");
        }
    }
}
