mod prefix;
mod readings;
mod rules;
mod webdav;

use std::sync::Arc;

use super::sample::{self, *};
use super::*;
use crate::identity::{Application, Reach, Rule};
use crate::telemetry::Metrics;
use http::uri::Uri;

const UPSTREAM: &str = "http://127.0.0.1:3000";

fn table(rules: Vec<Rule>) -> RouteTable {
    RouteTable::compile(&catalogue(vec![wiki(UPSTREAM, rules)]), &Metrics::default())
}

/// The decision in a word, and whether the upstream is told who it is.
fn decide(table: &RouteTable, target: &str, who: Option<&Arc<Principal>>) -> (String, bool) {
    match sample::decide(table, &host("wiki.example.com"), target, who) {
        Decision::Permit(permit) => {
            assert_eq!(permit.target().as_str(), target);
            ("permit".into(), permit.identity().is_some())
        }
        Decision::SignIn => ("sign in".into(), false),
        Decision::Deny(denial) => (format!("{:?}", denial.reason), false),
        Decision::Ambiguous(_) => ("ambiguous".into(), false),
        Decision::Outside(_) => ("outside".into(), false),
        Decision::NoSuchHost => ("no such host".into(), false),
    }
}

#[test]
fn nobody_passes_without_a_role_of_the_application() {
    let table = table(Vec::new());
    let cases: &[(Option<Arc<Principal>>, &str, bool)] = &[
        (None, "sign in", false),
        (Some(alice(&[])), "WithoutOrganization", false),
        (Some(alice(&[(OTHER, OTHER_ADMIN)])), "NotInOrganization", false),
        (Some(alice(&[(HOME, GUEST)])), "RoleNotAdmitted", false),
        (Some(alice(&[(OTHER, ADMIN)])), "NotInOrganization", false),
        (Some(alice(&[(HOME, MEMBER)])), "permit", true),
        (Some(alice(&[(HOME, GUEST), (HOME, ADMIN)])), "permit", true),
    ];
    for (who, expected, known) in cases {
        assert_eq!(decide(&table, "/page?q=1", who.as_ref()), ((*expected).to_owned(), *known));
    }
}

#[test]
fn every_role_enters_where_none_is_named() {
    let mut application = wiki(UPSTREAM, Vec::new());
    application.spec.roles = None;
    let table = RouteTable::compile(&catalogue(vec![application]), &Metrics::default());
    assert_eq!(decide(&table, "/", Some(&alice(&[(HOME, GUEST)]))), ("permit".into(), true));
    assert_eq!(decide(&table, "/", Some(&alice(&[(OTHER, OTHER_ADMIN)]))), ("NotInOrganization".into(), false));
}

#[test]
fn what_an_organization_publishes_is_served_only_at_hosts_it_is_allotted() {
    let mut application = wiki(UPSTREAM, Vec::new());
    application.spec.reach = Reach::Allotted;
    let mut catalogue = catalogue(vec![application]);
    assert_eq!(
        RouteTable::compile(&catalogue, &Metrics::default()).hosts().count(),
        0,
        "by default nothing is allotted"
    );
    catalogue.organizations[0].allotment.hosts = vec!["wiki.example.com".parse().unwrap()];
    catalogue.organizations[1].allotment.hosts = vec!["example.com".parse().unwrap()];
    let table = RouteTable::compile(&catalogue, &Metrics::default());
    assert_eq!(table.hosts().collect::<Vec<_>>(), [&host("wiki.example.com")]);
}

#[test]
fn a_role_that_does_not_exist_admits_nobody() {
    let mut application = wiki(UPSTREAM, vec![only("/x/*", &["Gone"])]);
    application.spec.roles = Some(vec![role("Gone")]);
    let table = RouteTable::compile(&catalogue(vec![application]), &Metrics::default());
    let all = alice(&[(HOME, ADMIN), (HOME, MEMBER), (HOME, GUEST)]);
    assert_eq!(decide(&table, "/", Some(&all)).0, "RoleNotAdmitted");
    assert_eq!(decide(&table, "/x/y", Some(&all)).0, "RoleNotAdmitted");
}

#[test]
fn rules_open_and_narrow() {
    let table = table(vec![
        everyone("/public/*"),
        only("/admin/*", &["Admin"]),
        only("/guests/*", &["Guest"]),
        everyone("/admin/hidden"),
        only("/public/never", &["Admin"]),
    ]);
    let (member, admin, guest) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]), alice(&[(HOME, GUEST)]));
    let both = alice(&[(HOME, MEMBER), (HOME, GUEST)]);
    let cases: &[(&str, Option<&Arc<Principal>>, &str, bool)] = &[
        ("/public/a", None, "permit", false),
        ("/public/a", Some(&member), "permit", true),
        // Signed in but not of the application: anonymous where it is open.
        ("/public/a", Some(&guest), "permit", false),
        ("/public", None, "sign in", false),
        ("/publicity", None, "sign in", false),
        ("/PUBLIC/a", None, "sign in", false),
        ("/admin/a", None, "sign in", false),
        ("/admin/a", Some(&member), "PathNotAdmitted", false),
        ("/%61dmin/a", Some(&member), "PathNotAdmitted", false),
        ("/admin/a", Some(&admin), "permit", true),
        ("/admin", Some(&member), "PathNotAdmitted", false),
        ("/admin", Some(&admin), "permit", true),
        // A rule only narrows: the guest's role is none of the application's.
        ("/guests/a", Some(&guest), "RoleNotAdmitted", false),
        ("/guests/a", Some(&admin), "PathNotAdmitted", false),
        ("/guests/a", Some(&both), "PathNotAdmitted", false),
        ("/page", Some(&both), "permit", true),
        // The first match holds.
        ("/admin/hidden", None, "sign in", false),
        ("/public/never", None, "permit", false),
    ];
    for (target, who, expected, known) in cases {
        assert_eq!(decide(&table, target, *who), ((*expected).to_owned(), *known), "{target}");
    }
}

#[test]
fn a_path_whose_readings_choose_different_rules_is_refused() {
    let table = table(vec![only("/admin/*", &["Admin"]), everyone("/public/*"), everyone("/exact")]);
    let member = alice(&[(HOME, MEMBER)]);
    for target in [
        "//admin/a",
        "/admin;x/a",
        "/admin;/a",
        "/;/admin/a",
        "/admin%3bx/a",
        "//public/a",
        "/public;x/a",
        "/exact;x",
        "/exact%3fx",
        "/%2561dmin/a",
        "///%25%36%31dmin/a",
    ] {
        for who in [None, Some(&member)] {
            assert_eq!(decide(&table, target, who).0, "ambiguous", "{target}");
        }
    }
    for target in ["/public//a", "/public/a;x=1", "/other;x//y", "/admin//a", "/public/100%25"] {
        assert_ne!(decide(&table, target, Some(&member)).0, "ambiguous", "{target}");
    }
    let without_rules = self::table(Vec::new());
    assert_eq!(decide(&without_rules, "//admin;x/a", Some(&member)), ("permit".into(), true));
}

#[test]
fn hosts_are_matched_exactly_and_belong_to_one_application() {
    let table = table(Vec::new());
    let at = |name: &str| matches!(sample::decide(&table, &host(name), "/", None), Decision::SignIn);
    for name in ["wiki.example.com", "WIKI.example.com.", "docs.example.com"] {
        assert!(at(name), "{name}");
    }
    for name in ["example.com", "evil.wiki.example.com", "wiki.example.com.evil.example"] {
        assert!(!at(name), "{name}");
    }
    let second = Application { spec: wiki(UPSTREAM, Vec::new()).spec, ..wiki(UPSTREAM, Vec::new()) };
    let contested = RouteTable::compile(&catalogue(vec![wiki(UPSTREAM, Vec::new()), second]), &Metrics::default());
    assert_eq!(contested.hosts().count(), 0);
}

#[test]
fn an_application_without_a_live_organization_has_no_route() {
    let mut world = catalogue(vec![wiki(UPSTREAM, Vec::new())]);
    world.organizations.retain(|organization| organization.key != HOME);
    assert!(RouteTable::compile(&world, &Metrics::default()).route(&host("wiki.example.com")).is_none());
}

#[test]
fn groups_are_of_the_applications_organization_alone() {
    let who = alice(&[(OTHER, OTHER_ADMIN), (HOME, MEMBER), (HOME, GUEST)]);
    let permit = permitted(wiki(UPSTREAM, Vec::new()), "/", Some(&who));
    let groups: Vec<&str> = permit.identity().unwrap().groups().map(RoleName::as_str).collect();
    assert_eq!(groups, ["Guest", "Member"]);
}

#[test]
fn what_is_permitted_is_what_was_decided_on() {
    let target = "/a%20b//c;d?x=%2f&y=..";
    let permit = permitted(wiki(UPSTREAM, Vec::new()), target, Some(&alice(&[(HOME, ADMIN)])));
    assert_eq!(permit.target().as_str(), target);
    let absolute: Uri = "http://wiki.example.com/a?b".parse().unwrap();
    assert_eq!(RequestPath::parse(&absolute).unwrap().target().as_str(), "/a?b");
}
