//! Names to addresses: `localhost` and everything below it is this machine, without asking anybody (RFC 6761 6.3). Of
//! the addresses those are given that may be connected to.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use super::{Addresses, NOT_PUBLIC};

/// The system's resolver behind the rule for `localhost`, and before the one for addresses.
#[derive(Clone, Debug)]
pub(super) struct LoopbackFirst {
    system: GaiResolver,
    addresses: Addresses,
}

impl LoopbackFirst {
    pub(super) fn new(addresses: Addresses) -> Self {
        Self { system: GaiResolver::new(), addresses }
    }
}

impl Service<Name> for LoopbackFirst {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let rule = self.addresses;
        if is_localhost(name.as_str()) {
            // The connector sets the port and tries both families.
            let addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            return Box::pin(async move { allowed(rule, addresses) });
        }
        let lookup = self.system.call(name);
        Box::pin(async move { allowed(rule, lookup.await?) })
    }
}

fn allowed(rule: Addresses, addresses: impl IntoIterator<Item = SocketAddr>) -> io::Result<vec::IntoIter<SocketAddr>> {
    let allowed: Vec<_> = addresses.into_iter().filter(|address| rule.allow(address.ip())).collect();
    if allowed.is_empty() { Err(io::Error::other(NOT_PUBLIC)) } else { Ok(allowed.into_iter()) }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = name.rsplit('.').next().unwrap_or(name);
    label.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::is_localhost;

    #[test]
    fn only_localhost_and_what_is_below_it_is_this_machine() {
        for name in ["localhost", "LOCALHOST", "localhost.", "login.localhost", "a.b.Localhost."] {
            assert!(is_localhost(name), "{name}");
        }
        for name in ["", "notlocalhost", "localhost.example.com", "localhost-a", "example.com"] {
            assert!(!is_localhost(name), "{name}");
        }
    }
}
