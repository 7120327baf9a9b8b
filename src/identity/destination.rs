//! Where an application's requests go.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Allotment, ApplicationSpec, Connection, Network, Reach, TimeLimit, UpstreamUrl};

/// One upstream of an application, how it is spoken to, and the networks it has to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    upstream: UpstreamUrl,
    within: Option<Arc<[Network]>>,
    connect_timeout: Option<TimeLimit>,
    name: Arc<str>,
}

impl Destination {
    /// Where the requests of an application go whose organization has this allotment: one for each upstream, in order.
    pub fn all_of(spec: &ApplicationSpec, allotment: &Allotment) -> Vec<Self> {
        let one = |upstream: &UpstreamUrl| Self::new(upstream.clone(), &spec.connection, spec.reach, allotment);
        spec.upstream.iter().map(one).collect()
    }

    /// An upstream, as far as an application may reach.
    pub fn new(upstream: UpstreamUrl, connection: &Connection, reach: Reach, allotment: &Allotment) -> Self {
        let connect_timeout = connection.connect_timeout;
        match reach {
            Reach::Anywhere => Self { name: upstream.as_str().into(), upstream, within: None, connect_timeout },
            Reach::Allotted => {
                let networks: Vec<&str> = allotment.upstreams.iter().map(Network::as_str).collect();
                // Networks hold no space, and a URL does not begin as one of them or with a space.
                let name = format!("{} {upstream}", networks.join(",")).into();
                Self { upstream, within: Some(allotment.upstreams.as_slice().into()), connect_timeout, name }
            }
        }
    }

    /// The upstream.
    pub const fn upstream(&self) -> &UpstreamUrl {
        &self.upstream
    }

    /// How long a connection may take to be there, if the application says so.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout.map(TimeLimit::duration)
    }

    /// Whether the upstream may be at that address.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.within.as_ref().is_none_or(|networks| networks.iter().any(|network| network.contains(address)))
    }

    /// What tells it from all others: a connection that was made for one serves no other, since it may be to an address
    /// that the other does not hold. What is known of its health hangs on it too.
    pub fn name(&self) -> &str {
        &self.name
    }
}
