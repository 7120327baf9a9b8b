//! What an upstream will receive, shown with a made-up user: a header that an application misreads is found here and not
//! by the first person who is locked out. The permit it takes never leaves this file.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use uuid::Uuid;

use super::{Forwarder, Sample};
use crate::decision::{
    Ask, Decision, Evidence, Generation, Holdings, Liveness, Principal, Profile, RequestPath, RouteTable,
};
use crate::identity::{
    Application, Catalogue, IdentityId, Organization, OrganizationKey, Reach, RoleId, SessionId, UserId, Username,
};
use crate::telemetry::Metrics;

/// Where the made-up user is: an address for documentation (RFC 5737).
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

impl Forwarder {
    /// What the upstream receives when somebody who holds every role that may enter opens `/` at the first host. Nothing,
    /// if nobody can.
    pub fn sample_of(&self, organization: &Organization, application: &Application) -> Option<Sample> {
        let mut alone = application.clone();
        // Without an organization's word on where it may be: what is asked here is what would be said.
        alone.spec.reach = Reach::Anywhere;
        // Wherever that somebody has to be.
        alone.spec.rules.iter_mut().for_each(|rule| rule.from.clear());
        let host = alone.spec.hosts.first()?.clone();
        let catalogue =
            Catalogue { organizations: vec![organization.clone()], applications: vec![alone], ..Catalogue::default() };
        let path = RequestPath::of(PathAndQuery::try_from(application.spec.entrance()).ok()?).ok()?;
        let alice = Arc::new(alice(organization, application)?);
        let (host, path, method, headers) = (&host, &path, &Method::GET, &HeaderMap::new());
        let ask = Ask { host, path, method, preflight: None, headers, client: Some(CLIENT) };
        match RouteTable::compile(&catalogue, &Metrics::default()).decide(&ask, Some(&alice)) {
            Decision::Permit(permit) => Some(self.sample(&permit, CLIENT)),
            Decision::SignIn
            | Decision::Deny(_)
            | Decision::Ambiguous(_)
            | Decision::Outside(_)
            | Decision::NoSuchHost => None,
        }
    }
}

/// Somebody who is nobody: her ids are nil, and what is said of her is signed nowhere.
fn alice(organization: &Organization, application: &Application) -> Option<Principal> {
    let enters = |name| application.spec.roles.as_ref().is_none_or(|roles| roles.contains(name));
    let roles = organization.roles.iter().filter(|role| enters(&role.name));
    let mut roles: Vec<(OrganizationKey, RoleId)> = roles.map(|role| (organization.key, role.id)).collect();
    roles.sort_unstable();
    Some(Principal {
        evidence: Evidence::Session(SessionId::new(Uuid::nil()), IdentityId::new(Uuid::nil())),
        user: UserId::new(Uuid::nil()),
        profile: Profile::new(&Username::parse("alice").ok()?, Some("Alice Liddell"), Some("alice@example.com")),
        holdings: Arc::new(Holdings { provider: "".into(), roles: roles.into(), server_admin: false }),
        generation: Generation::NONE,
        liveness: Liveness::none(),
    })
}
