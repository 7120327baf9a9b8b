//! A small world for the tests of this room and of those that need a permit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, Method};
use uuid::Uuid;

use super::{Ask, Decision, Permit, RequestPath, RouteTable};
use crate::identity::{
    Allotment, Allow, Application, ApplicationKey, ApplicationSpec, Catalogue, HeaderPreset, Host, IdentityId,
    Machines, Organization, OrganizationKey, Reach, Role, RoleId, RoleName, Rule, SessionId, UserId,
};
use crate::session::{Evidence, Generation, Holdings, Liveness, Principal, Profile};
use crate::telemetry::Metrics;

/// The organization that owns the application, and another one with a role of the same name.
pub(crate) const HOME: OrganizationKey = OrganizationKey::new(Uuid::from_u128(1));
pub(crate) const OTHER: OrganizationKey = OrganizationKey::new(Uuid::from_u128(2));
pub(crate) const ADMIN: RoleId = RoleId::new(Uuid::from_u128(12));
pub(crate) const MEMBER: RoleId = RoleId::new(Uuid::from_u128(11));
pub(crate) const GUEST: RoleId = RoleId::new(Uuid::from_u128(13));
pub(crate) const OTHER_ADMIN: RoleId = RoleId::new(Uuid::from_u128(21));

pub(crate) fn role(name: &str) -> RoleName {
    name.parse().unwrap()
}

pub(crate) fn host(name: &str) -> Host {
    name.parse().unwrap()
}

pub(crate) fn path(text: &str) -> RequestPath {
    RequestPath::parse(&text.parse().unwrap()).unwrap()
}

pub(crate) fn everyone(path: &str) -> Rule {
    Rule::new(path.parse().unwrap(), Allow::Everyone)
}

pub(crate) fn only(path: &str, roles: &[&str]) -> Rule {
    Rule::new(path.parse().unwrap(), Allow::Roles(roles.iter().map(|name| role(name)).collect()))
}

/// The wiki at `wiki.example.com` and `docs.example.com`, for the home lab's admins and members.
pub(crate) fn wiki(upstream: &str, rules: Vec<Rule>) -> Application {
    Application {
        key: ApplicationKey::new(Uuid::from_u128(100)),
        organization: HOME,
        spec: ApplicationSpec {
            id: "wiki".parse().unwrap(),
            organization: "home-lab".parse().unwrap(),
            name: "Wiki".into(),
            hosts: vec![host("wiki.example.com"), host("docs.example.com")],
            upstream: upstream.parse().unwrap(),
            roles: Some(vec![role("Admin"), role("Member")]),
            headers: HeaderPreset::Remote,
            pass_host: true,
            allowed_origins: Vec::new(),
            rules,
            preflight: false,
            reach: Reach::Anywhere,
            machines: Machines::default(),
            connection: Default::default(),
        },
        declared: true,
    }
}

pub(crate) fn catalogue(applications: Vec<Application>) -> Catalogue {
    let role = |id, name: &str| Role { id, name: role(name), admin: false };
    let home = Organization {
        key: HOME,
        id: "home-lab".parse().unwrap(),
        name: "Home lab".into(),
        roles: vec![role(ADMIN, "Admin"), role(GUEST, "Guest"), role(MEMBER, "Member")],
        allotment: Allotment::default(),
        declared: true,
    };
    let other = Organization {
        key: OTHER,
        id: "other".parse().unwrap(),
        name: "Other".into(),
        roles: vec![role(OTHER_ADMIN, "Admin")],
        allotment: Allotment::default(),
        declared: true,
    };
    Catalogue { version: 1, organizations: vec![home, other], applications, ..Catalogue::default() }
}

/// Alice, with these roles: another one each time.
pub(crate) fn alice(roles: &[(OrganizationKey, RoleId)]) -> Arc<Principal> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    Arc::new(Principal {
        evidence: Evidence::Session(SessionId::new(Uuid::from_u128(1000)), IdentityId::new(Uuid::from_u128(1002))),
        user: UserId::new(Uuid::from_u128(1001)),
        profile: Profile::new(&"alice".parse().unwrap(), Some("Alice Ä"), Some("alice@example.com")),
        holdings: Arc::new(Holdings { provider: "Company login".into(), roles: roles.into(), server_admin: false }),
        generation: Generation::of(NEXT.fetch_add(1, Ordering::Relaxed)),
        liveness: Liveness::none(),
    })
}

/// A permit for `target` of one application at its first host.
pub(crate) fn permitted(application: Application, target: &str, principal: Option<&Arc<Principal>>) -> Permit {
    permitted_within(application, Allotment::default(), target, principal)
}

/// The same, where that is allotted to the home lab.
pub(crate) fn permitted_within(
    application: Application,
    allotment: Allotment,
    target: &str,
    principal: Option<&Arc<Principal>>,
) -> Permit {
    let host = application.spec.hosts[0].clone();
    let mut catalogue = catalogue(vec![application]);
    catalogue.organizations[0].allotment = allotment;
    let table = RouteTable::compile(&catalogue, &Metrics::default());
    match decide(&table, &host, target, principal) {
        Decision::Permit(permit) => permit,
        other => panic!("no permit: {other:?}"),
    }
}

/// What is decided on a plain `GET`.
pub(crate) fn decide(table: &RouteTable, host: &Host, target: &str, principal: Option<&Arc<Principal>>) -> Decision {
    let (path, method, headers) = (&path(target), &Method::GET, &HeaderMap::new());
    table.decide(&Ask { host, path, method, preflight: None, headers, client: None }, principal)
}
