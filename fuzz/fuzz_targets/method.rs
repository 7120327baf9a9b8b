//! Any request of a stranger: no method that it may be read to have, no folder and no second path gets round a rule.
#![no_main]

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;
use vestibule::decision::{Ask, Decision, RequestPath, RouteTable, preflight};
use vestibule::identity::{
    Allow, Application, ApplicationKey, ApplicationSpec, Catalogue, Host, Organization, OrganizationKey, Rule,
};
use vestibule::telemetry::Metrics;

const NAMES: [&str; 8] = [
    "x-http-method-override",
    "x-http-method",
    "x_method.override",
    "destination",
    "origin",
    "access-control-request-method",
    "x-http_method",
    "x-other",
];

static HOST: LazyLock<Host> = LazyLock::new(|| "a.example".parse().expect("a host"));
static TABLE: LazyLock<RouteTable> = LazyLock::new(|| RouteTable::compile(&catalogue(), &Metrics::default()));

/// `DELETE` below `/api/` and all below `/own/` is for nobody, the rest for everyone.
fn catalogue() -> Catalogue {
    let organization = OrganizationKey::new(Uuid::from_u128(1));
    let nobody = |path: &str| Rule::new(path.parse().expect("a pattern"), Allow::Roles(vec![]));
    let delete = Rule { methods: vec!["DELETE".parse().expect("a method")], ..nobody("/api/*") };
    let spec = ApplicationSpec {
        id: "a".parse().expect("an id"),
        organization: "home".parse().expect("an id"),
        name: "A".into(),
        hosts: vec![HOST.clone()],
        upstream: "http://127.0.0.1:1".parse().expect("an upstream"),
        roles: None,
        headers: Default::default(),
        pass_host: true,
        allowed_origins: vec![],
        rules: vec![delete, nobody("/own/*"), Rule::new("/*".parse().expect("a pattern"), Allow::Everyone)],
        preflight: false,
        reach: Default::default(),
        machines: Default::default(),
        connection: Default::default(),
    };
    let application = Application { key: ApplicationKey::new(Uuid::from_u128(2)), organization, spec, declared: true };
    let home = Organization {
        key: organization,
        id: "home".parse().expect("an id"),
        name: "Home".into(),
        roles: vec![],
        allotment: Default::default(),
        declared: true,
    };
    Catalogue { version: 1, organizations: vec![home], applications: vec![application], ..Catalogue::default() }
}

fuzz_target!(|input: (&[u8], &[u8], Vec<(u8, Vec<u8>)>)| {
    let (method, target, fields) = input;
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method), Uri::try_from(target)) else { return };
    let Ok(path) = RequestPath::parse(&uri) else { return };
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let name = NAMES[usize::from(name) % NAMES.len()];
            headers.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value);
        }
    }
    let asked = preflight::asked(&method, &headers, false);
    let ask = Ask { host: &HOST, path: &path, method: &method, preflight: asked, headers: &headers, client: None };
    if !matches!(TABLE.decide(&ask, None), Decision::Permit(_)) {
        return;
    }
    let is = |text: &[u8], word: &str| text.trim_ascii().eq_ignore_ascii_case(word.as_bytes());
    let named = |other: &str| {
        let overrides = headers.iter().filter(|(name, _)| name.as_str().starts_with("x") && *name != "x-other");
        let query = uri.query().unwrap_or_default().split(['&', ';']).filter_map(|pair| pair.strip_prefix("_method="));
        is(method.as_str().as_bytes(), other)
            || overrides.into_iter().any(|(_, value)| is(value.as_bytes(), other))
            || query.into_iter().any(|value| is(value.as_bytes(), other))
    };
    for path in [Some(path.strict()), path.lenient()].into_iter().flatten() {
        assert!(!path.starts_with(b"/own/"));
        assert!(!path.starts_with(b"/api/") || !named("DELETE"));
        // What is done to a folder is done to what lies below.
        assert!(!path.eq_ignore_ascii_case(b"/own") && !path.eq_ignore_ascii_case(b"/own/"));
        assert!(path != b"/" || !["DELETE", "MOVE", "COPY"].into_iter().any(named));
    }
    if named("MOVE") || named("COPY") {
        assert!(headers.get_all("destination").iter().all(|value| !value.as_bytes().starts_with(b"/own/")));
    }
});
