//! Which addresses an upstream may be at. Looked at after the name was resolved and before every connection: what a name
//! resolves to is for whoever runs its zone to say, again each time.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use super::ForwardError;
use crate::identity::Destination;

/// Knows where we listen ourselves. A request that we made would reach us there as one of this machine's own: past the
/// proxies in front of us, and at what is for operators alone.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    own: Arc<[SocketAddr]>,
}

impl Guard {
    /// For a process that listens there.
    pub(super) fn new(own: &[SocketAddr]) -> Self {
        Self { own: own.into() }
    }

    /// Those of the addresses that a connection may be made to; at least one.
    pub(super) fn admit(
        &self,
        destination: &Destination,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ForwardError> {
        let (ours, others): (Vec<_>, Vec<_>) = addresses.partition(|address| self.is_ours(*address));
        let within: Vec<_> = others.iter().copied().filter(|address| destination.holds(address.ip())).collect();
        match (within.is_empty(), others.is_empty(), ours.is_empty()) {
            (false, ..) => Ok(within),
            (true, false, _) => Err(ForwardError::NotAllotted),
            (true, true, false) => Err(ForwardError::Ourselves),
            (true, true, true) => Err(ForwardError::Unreachable("the name has no address".to_owned())),
        }
    }

    fn is_ours(&self, address: SocketAddr) -> bool {
        let ip = plain(address.ip());
        self.own.iter().filter(|own| own.port() == address.port()).any(|own| match plain(own.ip()) {
            // `[::]` takes IPv4 too.
            listening if listening.is_unspecified() => is_this_machine(ip),
            listening => listening == ip || (listening.is_loopback() && ip.is_unspecified()),
        })
    }
}

fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Whether an address is one of this machine's: a socket can be bound to those alone.
fn is_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || UdpSocket::bind((ip, 0)).is_ok()
}
