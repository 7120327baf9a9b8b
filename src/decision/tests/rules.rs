//! Rules by method and network, and preflights.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::*;
use crate::decision::preflight;

/// A request by whoever is at an address.
#[derive(Clone, Copy, Default)]
pub(super) struct Sent<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) headers: &'a [(&'static str, &'static str)],
    pub(super) client: Option<&'a str>,
}

/// The decision in a word, and whether it is for a preflight or somebody known.
pub(super) fn decided(table: &RouteTable, sent: Sent<'_>, who: Option<&Arc<Principal>>) -> String {
    let (host, path, method) = (host("wiki.example.com"), path(sent.target), sent.method.parse::<Method>().unwrap());
    let field =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    let headers: HeaderMap = sent.headers.iter().map(field).collect();
    let preflight = preflight::asked(&method, &headers, false);
    let client = sent.client.map(|client| client.parse().unwrap());
    let ask = Ask { host: &host, path: &path, method: &method, preflight, headers: &headers, client };
    match table.decide(&ask, who) {
        Decision::Permit(permit) if permit.is_preflight() => {
            assert!(permit.identity().is_none());
            "preflight".into()
        }
        Decision::Permit(permit) if permit.identity().is_some() => "known".into(),
        Decision::Permit(_) => "nobody".into(),
        Decision::SignIn => "sign in".into(),
        Decision::Deny(denial) => format!("{:?}", denial.reason),
        Decision::Ambiguous(ambiguous) => format!("{ambiguous:?}"),
        Decision::Outside(_) => "outside".into(),
        Decision::NoSuchHost => "no such host".into(),
    }
}

pub(super) fn methods(methods: &[&str], rule: Rule) -> Rule {
    Rule { methods: methods.iter().map(|method| method.parse().unwrap()).collect(), ..rule }
}

pub(super) fn from(networks: &[&str], rule: Rule) -> Rule {
    Rule { from: networks.iter().map(|network| network.parse().unwrap()).collect(), ..rule }
}

pub(super) fn with_preflight(rule: Rule) -> Rule {
    Rule { preflight: true, ..rule }
}

#[test]
fn the_first_rule_for_path_and_method_holds() {
    let table = table(vec![
        methods(&["GET"], everyone("/feed/*")),
        methods(&["POST", "PROPFIND"], only("/feed/*", &["Admin"])),
        methods(&["DELETE"], only("/*", &["Admin"])),
    ]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (method, target, stranger, of_member) in [
        ("GET", "/feed/x", "nobody", "known"),
        ("HEAD", "/feed/x", "nobody", "known"),
        ("POST", "/feed/x", "sign in", "PathNotAdmitted"),
        ("PROPFIND", "/feed/x", "sign in", "PathNotAdmitted"),
        ("DELETE", "/feed/x", "sign in", "PathNotAdmitted"),
        // No rule speaks of these: the application's roles.
        ("PUT", "/feed/x", "sign in", "known"),
        ("OPTIONS", "/feed/x", "sign in", "known"),
        ("FROBNICATE", "/feed/x", "sign in", "known"),
        ("DELETE", "/page", "sign in", "PathNotAdmitted"),
        ("GET", "/page", "sign in", "known"),
        // Whoever reads these as their upper case would have another rule hold.
        ("get", "/feed/x", "Method", "Method"),
        ("Post", "/feed/x", "Method", "Method"),
        ("delete", "/page", "Method", "Method"),
        ("patch", "/page", "sign in", "known"),
    ] {
        let sent = Sent { method, target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), stranger, "{method} {target}");
        assert_eq!(decided(&table, sent, Some(&member)), of_member, "{method} {target}");
        let of_admin = if stranger == "Method" { "Method" } else { "known" };
        assert_eq!(decided(&table, sent, Some(&admin)), of_admin, "{method} {target}");
    }
}

#[test]
fn who_names_two_methods_passes_only_where_one_rule_holds_for_both() {
    let table = table(vec![methods(&["DELETE"], only("/api/*", &["Admin"])), only("/own/*", &["Admin"])]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (target, headers, expected) in [
        ("/api/x", &[][..], "known"),
        ("/api/x", &[("x-http-method-override", "DELETE")], "Method"),
        ("/api/x", &[("x-http-method-override", "PATCH")], "known"),
        ("/api/x", &[("x-http-method-override", "PATCH"), ("x-http-method", "delete")], "Method"),
        ("/api/x", &[("x-http-method-override", "PATCH, DELETE")], "Method"),
        ("/api/x?_method=DELETE", &[], "Method"),
        ("/api;a/x?_method=PUT", &[], "known"),
        ("/page?_method=DELETE", &[], "known"),
    ] {
        let sent = Sent { method: "POST", target, headers, client: None };
        assert_eq!(decided(&table, sent, Some(&member)), expected, "{target} {headers:?}");
        assert_eq!(decided(&table, sent, Some(&admin)), expected, "{target} {headers:?}");
    }
    let named = Sent { method: "POST", target: "/own/x", headers: &[("x-http-method", "?")], client: None };
    assert_eq!(decided(&table, named, Some(&admin)), "Method", "what is no method is nobody's guess");
    // Where no rule names methods, an override changes nothing that is decided.
    let table = self::table(vec![only("/own/*", &["Admin"])]);
    assert_eq!(decided(&table, named, Some(&admin)), "known");
}

#[test]
fn from_elsewhere_nobody_passes_whoever_they_are_and_whatever_stands_behind() {
    let table = table(vec![
        from(&["10.0.0.0/8", "fd00::/8"], everyone("/metrics")),
        from(&["10.0.0.0/8"], only("/admin/*", &["Admin"])),
        everyone("/*"),
    ]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (client, inside) in [
        (Some("10.1.2.3"), true),
        (Some("::ffff:10.1.2.3"), true),
        (Some("192.0.2.1"), false),
        (Some("::10.1.2.3"), false),
        (Some("127.0.0.1"), false),
        (None, false),
    ] {
        let at = |target, who| decided(&table, Sent { method: "GET", target, client, ..Sent::default() }, who);
        let or = |word: &'static str| if inside { word } else { "ElsewhereNotAdmitted" };
        assert_eq!(at("/metrics", None), or("nobody"), "{client:?}");
        assert_eq!(at("/metrics", Some(&admin)), or("known"), "{client:?}");
        assert_eq!(at("/admin/x", None), or("sign in"), "{client:?}");
        assert_eq!(at("/admin/x", Some(&member)), or("PathNotAdmitted"), "{client:?}");
        assert_eq!(at("/admin/x", Some(&admin)), or("known"), "{client:?}");
        assert_eq!(at("/", None), "nobody", "{client:?}");
    }
}

const ORIGIN: (&str, &str) = ("origin", "https://app.example.com");
const PUT: (&str, &str) = ("access-control-request-method", "PUT");
const GET: (&str, &str) = ("access-control-request-method", "GET");

#[test]
fn a_preflight_passes_where_the_rule_for_what_it_asks_about_says_so() {
    let table = table(vec![
        with_preflight(methods(&["PUT"], only("/api/*", &["Admin"]))),
        methods(&["GET"], only("/api/*", &["Admin"])),
        with_preflight(from(&["10.0.0.0/8"], only("/inner/*", &["Admin"]))),
        everyone("/open/*"),
    ]);
    let admin = alice(&[(HOME, ADMIN)]);
    for (target, headers, stranger, known) in [
        ("/api/x", &[ORIGIN, PUT][..], "preflight", "preflight"),
        // The rule for GET does not, and whoever sends no preflight sends `OPTIONS`.
        ("/api/x", &[ORIGIN, GET], "sign in", "known"),
        ("/api/x", &[ORIGIN], "sign in", "known"),
        ("/api/x", &[PUT], "sign in", "known"),
        ("/api/x", &[ORIGIN, ("access-control-request-method", "put")], "sign in", "known"),
        ("/api/x", &[ORIGIN, PUT, ("x-http-method-override", "PUT")], "Method", "Method"),
        ("/api/x?_method=PUT", &[ORIGIN, PUT], "Method", "Method"),
        ("/page", &[ORIGIN, PUT], "sign in", "known"),
        ("//api/x", &[ORIGIN, PUT], "sign in", "known"),
        ("/inner/x", &[ORIGIN, PUT], "ElsewhereNotAdmitted", "ElsewhereNotAdmitted"),
        ("/open/x", &[ORIGIN, PUT], "nobody", "known"),
    ] {
        let sent = Sent { method: "OPTIONS", target, headers, client: Some("192.0.2.1") };
        assert_eq!(decided(&table, sent, None), stranger, "{target} {headers:?}");
        assert_eq!(decided(&table, sent, Some(&admin)), known, "{target} {headers:?}");
    }
    let inside = Sent { method: "OPTIONS", target: "/inner/x", headers: &[ORIGIN, PUT], client: Some("10.0.0.1") };
    assert_eq!(decided(&table, inside, None), "preflight");
    let other = Sent { method: "POST", ..inside };
    assert_eq!(decided(&table, other, None), "sign in");
}

#[test]
fn the_application_speaks_for_preflights_where_no_rule_holds() {
    let mut application = wiki(UPSTREAM, vec![methods(&["PUT"], only("/api/*", &["Admin"]))]);
    application.spec.preflight = true;
    let table = RouteTable::compile(&catalogue(vec![application]), &Metrics::default());
    let at = |target, wanted| {
        let headers = &[ORIGIN, wanted][..];
        decided(&table, Sent { method: "OPTIONS", target, headers, client: None }, None)
    };
    assert_eq!(at("/page", PUT), "preflight");
    assert_eq!(at("/api/x", GET), "preflight");
    assert_eq!(at("/api/x", PUT), "sign in");
    assert_eq!(at("//api/x", PUT), "sign in", "two readings of its path");
    for target in ["/Api/x", "/API./x", "/api%20/x", "/%61PI/x", "/api"] {
        assert_eq!(at(target, PUT), "sign in", "{target} is read as what does not pass");
        assert_eq!(at(target, GET), "preflight", "{target}");
    }
}
