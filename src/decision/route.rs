//! Routes: each application with its names resolved to ids once, so that a request is decided by comparing numbers.

mod names;
mod rules;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::QuickHasher;
use crate::identity::{
    Allotment, Allow, Application, ApplicationId, ApplicationKey, ApplicationSpec, Catalogue, Destination, Host,
    Organization, OrganizationKey, PathPatterns, RoleId, RoleName, Rule,
};
use crate::session::Principal;
use crate::telemetry::{ApplicationMeter, Metrics};

use names::Names;
pub(super) use rules::Ruled;
use rules::{Slashes, has_capitals};

/// All applications of one version of the catalogue, by host.
#[derive(Debug, Default)]
pub struct RouteTable {
    /// Only admins add hosts.
    hosts: HashMap<Host, Arc<Route>, BuildHasherDefault<QuickHasher>>,
    /// Whether another proxy passes on what an application is asked for.
    leaves_forwarding: bool,
}

/// One application, compiled.
#[derive(Debug)]
pub struct Route {
    key: ApplicationKey,
    organization: OrganizationKey,
    version: i64,
    spec: ApplicationSpec,
    destinations: Vec<Destination>,
    turn: AtomicUsize,
    /// What groups are called; all routes of the organization have it in common.
    names: Arc<Names>,
    /// Who may enter, sorted.
    roles: Arc<[RoleId]>,
    /// The paths of the rules that are written down.
    paths: PathPatterns,
    /// Whom each of these rules lets in.
    rules: Vec<Admitted>,
    /// Whether a rule names methods.
    names_methods: bool,
    /// Whether a rule's path has upper-case letters.
    names_capitals: bool,
    /// How long the paths are that a slash at the end makes another rule's.
    slashes: Slashes,
    meter: Arc<ApplicationMeter>,
}

/// Whom a rule lets in.
#[derive(Debug)]
pub(super) enum Admitted {
    /// Everyone.
    Everyone,
    /// Holders of one of these, sorted; all of them among the application's.
    Roles(Vec<RoleId>),
}

impl RouteTable {
    /// Compiles the live applications. What does not resolve admits nobody: an application without a live
    /// organization has no route, a role name without a live role stands for no one, a host that two applications
    /// claim is nobody's, and one that is not allotted to whoever published there is not served. Their requests are
    /// counted in `metrics`.
    pub fn compile(catalogue: &Catalogue, metrics: &Metrics) -> Self {
        let organizations: HashMap<OrganizationKey, &Organization> =
            catalogue.organizations.iter().map(|organization| (organization.key, organization)).collect();
        let mut names: HashMap<OrganizationKey, Arc<Names>> = HashMap::new();
        let mut hosts: HashMap<Host, Option<Arc<Route>>> = HashMap::new();
        for application in &catalogue.applications {
            let Some(organization) = organizations.get(&application.organization) else {
                continue;
            };
            let names = names.entry(organization.key).or_insert_with(|| Arc::new(Names::of(organization)));
            let route = Route::compile(application, &organization.allotment, names, catalogue.version, metrics);
            let route = Arc::new(route);
            for host in application.served(&organization.allotment) {
                claim(&mut hosts, host, &route);
            }
        }
        let hosts = hosts.into_iter().filter_map(|(host, route)| Some((host, route?)));
        let hosts: HashMap<_, _, _> = hosts.collect();
        let leaves_forwarding = hosts.values().any(|route: &Arc<Route>| route.spec().upstream.is_none());
        Self { hosts, leaves_forwarding }
    }

    /// The application at a host.
    pub fn route(&self, host: &Host) -> Option<&Arc<Route>> {
        self.hosts.get(host)
    }

    /// Whether another proxy passes on what an application of these is asked for.
    pub const fn leaves_forwarding(&self) -> bool {
        self.leaves_forwarding
    }

    /// Every application that answers at a host, in a fixed order.
    pub fn routes(&self) -> Vec<Arc<Route>> {
        let mut routes: Vec<_> = self.hosts.values().cloned().collect();
        routes.sort_unstable_by_key(|route| route.key());
        routes.dedup_by_key(|route| route.key());
        routes
    }

    /// Every host at which an application answers.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts.keys()
    }
}

impl Route {
    fn compile(
        application: &Application,
        allotment: &Allotment,
        names: &Arc<Names>,
        version: i64,
        metrics: &Metrics,
    ) -> Self {
        let spec = application.spec.clone();
        let roles = spec.roles.as_ref().map_or_else(|| names.ids(), |wanted| names.resolve(wanted).collect());
        let compile = |rule: &Rule| match &rule.allow {
            Allow::Everyone => Admitted::Everyone,
            Allow::Roles(wanted) => {
                let is_admitted = |role: &RoleId| roles.binary_search(role).is_ok();
                Admitted::Roles(names.resolve(wanted).filter(is_admitted).collect())
            }
        };
        let rules = spec.rules.iter().map(compile).collect();
        let paths = spec.rules.iter().map(|rule| &rule.path).collect();
        let names_capitals = spec.rules.iter().any(|rule| has_capitals(rule.path.as_str().as_bytes()));
        let names_methods = spec.rules.iter().any(|rule| !rule.methods.is_empty());
        let slashes = Slashes::of(&spec.rules);
        let destinations = Destination::all_of(&spec, allotment);
        let (key, organization) = (application.key, application.organization);
        let meter = metrics.application(spec.id.as_str());
        Self {
            key,
            organization,
            version,
            spec,
            destinations,
            turn: AtomicUsize::new(0),
            names: Arc::clone(names),
            roles,
            paths,
            rules,
            names_methods,
            names_capitals,
            slashes,
            meter,
        }
    }

    /// The application's id: the audience of its assertions.
    pub const fn application(&self) -> &ApplicationId {
        &self.spec.id
    }

    /// The application's row.
    pub const fn key(&self) -> ApplicationKey {
        self.key
    }

    /// The organization that owns it.
    pub const fn organization(&self) -> OrganizationKey {
        self.organization
    }

    /// What is written down of it: name, header preset, origins allowed to open WebSockets.
    pub const fn spec(&self) -> &ApplicationSpec {
        &self.spec
    }

    /// Where its requests go: one or several that do the same.
    pub fn destinations(&self) -> &[Destination] {
        &self.destinations
    }

    /// Whose turn it is among several, to be taken modulo their number. It begins anew with each version of the
    /// catalogue, which costs nothing.
    pub fn turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// The version of the catalogue it was compiled from: part of the key of anything derived from its role names.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// What its requests are counted with.
    pub const fn meter(&self) -> &Arc<ApplicationMeter> {
        &self.meter
    }

    pub(super) fn roles(&self) -> &[RoleId] {
        &self.roles
    }

    /// Whether `principal` holds one of `roles`, which are sorted, in the application's organization.
    pub(super) fn admits(&self, principal: &Principal, roles: &[RoleId]) -> bool {
        principal.roles_in(self.organization).any(|role| roles.binary_search(&role).is_ok())
    }

    pub(super) fn names_of(&self, principal: &Principal) -> impl Iterator<Item = &RoleName> {
        self.names.of_roles(principal.roles_in(self.organization))
    }
}

/// Gives a host to an application; to nobody if another one has it.
fn claim(hosts: &mut HashMap<Host, Option<Arc<Route>>>, host: &Host, route: &Arc<Route>) {
    match hosts.entry(host.clone()) {
        Entry::Vacant(entry) => drop(entry.insert(Some(Arc::clone(route)))),
        Entry::Occupied(entry) if entry.get().as_ref().is_some_and(|other| Arc::ptr_eq(other, route)) => {}
        Entry::Occupied(mut entry) => {
            tracing::error!(%host, application = %route.application(), "two applications claim a host: not served");
            entry.insert(None);
        }
    }
}
