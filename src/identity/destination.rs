//! Where an application's requests go.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Allotment, ApplicationSpec, Authorities, Connection, Host, Network, Reach, TimeLimit, UpstreamProtocol, UpstreamUrl,
};

/// One upstream of an application, how it is connected to, and the networks it has to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    upstream: UpstreamUrl,
    within: Option<Arc<[Network]>>,
    connect_timeout: Option<TimeLimit>,
    authorities: Option<Authorities>,
    server_name: Option<Host>,
    protocol: UpstreamProtocol,
    name: Arc<str>,
}

impl Destination {
    /// Where the requests of an application go whose organization has this allotment: one for each upstream, in order.
    pub fn all_of(spec: &ApplicationSpec, allotment: &Allotment) -> Vec<Self> {
        let one = |upstream: &UpstreamUrl| {
            let destination = Self::new(upstream.clone(), &spec.connection, spec.reach, allotment);
            match &spec.connection.health {
                None => destination,
                // What its checks say of an upstream is about this application alone.
                Some(_) => Self { name: format!("{} for {}", destination.name, spec.id).into(), ..destination },
            }
        };
        spec.upstream.iter().map(one).collect()
    }

    /// An upstream, as far as an application may reach.
    pub fn new(upstream: UpstreamUrl, connection: &Connection, reach: Reach, allotment: &Allotment) -> Self {
        let within: Option<Arc<[Network]>> = match reach {
            Reach::Anywhere => None,
            Reach::Allotted => Some(allotment.upstreams.as_slice().into()),
        };
        let authorities = connection.ca.clone().filter(|_| upstream.is_tls());
        let server_name = connection.server_name.clone().filter(|_| upstream.is_tls());
        let name = name(&upstream, within.as_deref(), authorities.as_ref(), server_name.as_ref()).into();
        let (connect_timeout, protocol) = (connection.connect_timeout, connection.protocol);
        Self { upstream, within, connect_timeout, authorities, server_name, protocol, name }
    }

    /// The upstream.
    pub const fn upstream(&self) -> &UpstreamUrl {
        &self.upstream
    }

    /// How long a connection may take to be there, if the application says so.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout.map(TimeLimit::duration)
    }

    /// The only certificate authorities that vouch for it, if not this machine's.
    pub const fn authorities(&self) -> Option<&Authorities> {
        self.authorities.as_ref()
    }

    /// The name that its certificate has to be for, if not the one it is reached by.
    pub const fn server_name(&self) -> Option<&Host> {
        self.server_name.as_ref()
    }

    /// Which HTTP it speaks.
    pub const fn protocol(&self) -> UpstreamProtocol {
        self.protocol
    }

    /// Whether the upstream may be at that address.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.within.as_ref().is_none_or(|networks| networks.iter().any(|network| network.contains(address)))
    }

    /// What tells it from all others: a connection that was made for one serves no other, since it may be to an address
    /// that the other does not hold, or to somebody whom it does not trust. What is known of its health hangs on it too.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Neither networks nor URLs nor hosts hold a space, and a URL begins as no network does.
fn name(
    upstream: &UpstreamUrl,
    within: Option<&[Network]>,
    authorities: Option<&Authorities>,
    server_name: Option<&Host>,
) -> String {
    let mut name = String::new();
    if let Some(networks) = within {
        let networks: Vec<&str> = networks.iter().map(Network::as_str).collect();
        name = networks.join(",") + " ";
    }
    name += upstream.as_str();
    if let Some(authorities) = authorities {
        name = name + " vouched for by " + &authorities.fingerprint();
    }
    if let Some(server_name) = server_name {
        name = name + " as " + server_name.as_str();
    }
    name
}
