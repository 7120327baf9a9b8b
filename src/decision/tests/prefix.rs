//! Paths whose prefix the application does not know of: what is sent is what was decided on.

use super::*;

fn prefixed(rules: Vec<Rule>) -> RouteTable {
    let mut application = wiki(UPSTREAM, rules);
    application.spec.connection.strip_prefix = Some("/wiki".parse().unwrap());
    RouteTable::compile(&catalogue(vec![application]), &Metrics::default())
}

/// What is sent to the upstream if alice, an admin and member, asks for it, or what becomes of it instead.
fn sent(table: &RouteTable, target: &str, who: Option<&Arc<Principal>>) -> String {
    match sample::decide(table, &host("wiki.example.com"), target, who) {
        Decision::Permit(permit) => permit.target().to_string(),
        Decision::SignIn => "sign in".into(),
        Decision::Deny(denial) => format!("{:?}", denial.reason),
        Decision::Ambiguous(_) => "ambiguous".into(),
        Decision::Outside(prefix) => format!("not below {prefix}"),
        Decision::NoSuchHost => "no such host".into(),
    }
}

#[test]
fn what_is_left_is_sent_and_what_is_not_below_goes_nowhere() {
    let (table, alice) = (prefixed(Vec::new()), alice(&[(HOME, MEMBER)]));
    for (target, expected) in [
        ("/wiki/", "/"),
        ("/wiki/page?q=/wiki/", "/page?q=/wiki/"),
        ("/wiki/?q", "/?q"),
        ("/wiki/wiki/", "/wiki/"),
        ("/wiki//evil.example/", "//evil.example/"),
        ("/wiki/a%20b%2Ec", "/a%20b%2Ec"),
        ("/wiki", "not below /wiki"),
        ("/wiki?q", "not below /wiki"),
        ("/", "not below /wiki"),
        ("/wikis/", "not below /wiki"),
        ("/Wiki/", "not below /wiki"),
        ("//wiki/", "not below /wiki"),
        ("/wiki;x/page", "not below /wiki"),
        ("/%77iki/page", "not below /wiki"),
        ("/page", "not below /wiki"),
        // What would be ours is nobody's, behind a prefix too.
        ("/wiki/.vestibule/session", "not below /wiki"),
        ("/wiki/%2evestibule/session", "not below /wiki"),
        ("/wiki//.vestibule/session", "not below /wiki"),
    ] {
        assert_eq!(sent(&table, target, Some(&alice)), expected, "{target}");
        if expected.starts_with('/') {
            assert_eq!(sent(&table, target, None), "sign in", "{target}");
        }
    }
}

#[test]
fn rules_speak_of_what_is_left() {
    let rules = vec![only("/admin/*", &["Admin"]), everyone("/public/*"), everyone("/wiki/open/*")];
    let (table, member) = (prefixed(rules), alice(&[(HOME, MEMBER)]));
    for (target, expected) in [
        ("/wiki/public/a", "/public/a"),
        ("/wiki/admin/a", "PathNotAdmitted"),
        ("/wiki/%61dmin/a", "PathNotAdmitted"),
        // Two readings of what is left, of which only one is the admins'.
        ("/wiki//admin/a", "ambiguous"),
        ("/wiki/;x/admin/a", "ambiguous"),
        // The public path is not what they speak of.
        ("/wiki/open/a", "/open/a"),
        ("/wiki/wiki/open/a", "/wiki/open/a"),
        ("/public/a", "not below /wiki"),
    ] {
        assert_eq!(sent(&table, target, Some(&member)), expected, "{target}");
    }
    assert_eq!(sent(&table, "/wiki/open/a", None), "sign in");
    assert_eq!(sent(&table, "/wiki/wiki/open/a", None), "/wiki/open/a");
}
