//! Whom an address stands for, where something is counted by client.

use std::net::{IpAddr, Ipv6Addr};

/// The one address for all that are somebody's: over IPv6 one client has a network of 64 bits to itself (RFC 6177).
pub fn owner_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}
