//! Paths that an upstream may read as another one.

use proptest::prelude::*;

use super::rules::{Sent, decided, from, methods};
use super::*;

#[test]
fn a_path_in_other_case_gets_nobody_past_a_rule() {
    let table = table(vec![only("/admin/*", &["Admin"]), only("/Reports", &["Admin"]), everyone("/public/*")]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (target, stranger, of_member) in [
        ("/admin/x", "sign in", "PathNotAdmitted"),
        ("/Admin/x", "sign in", "Rules"),
        ("/%41DMIN/x", "sign in", "Rules"),
        ("/reports", "sign in", "Rules"),
        ("/public/Admin/x", "nobody", "known"),
        ("/Page", "sign in", "known"),
        // Who reads it as open is not followed.
        ("/Public/x", "sign in", "known"),
    ] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), stranger, "{target}");
        assert_eq!(decided(&table, sent, Some(&member)), of_member, "{target}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{target}");
    }
}

#[test]
fn no_name_that_windows_reads_as_another_opens_what_that_one_does_not() {
    let table = table(vec![only("/admin/*", &["Admin"]), only("/web.config", &["Admin"]), everyone("/*")]);
    let admin = alice(&[(HOME, ADMIN)]);
    for target in [
        "/admin./x",
        "/admin%20/x",
        "/admin.%20./x",
        "/ADMIN./x",
        "/admin::$DATA/x",
        "/admin:$I30:$INDEX_ALLOCATION/x",
        "/admin%3a%3a$DATA/x",
        "/admin.;a/x",
        "/web.config.",
        "/web.config::$DATA",
        "/WEB.CONFIG%20",
    ] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), "Rules", "{target}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{target}");
    }
    for target in ["/a.", "/Talk:admin", "/.admin/x", "/admin.x/y", "/...", "/a:b$/", "/x%20"] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), "nobody", "{target}");
    }
}

#[test]
fn what_an_upstream_leaves_out_of_a_paths_front_gets_nobody_past_a_rule() {
    let rules = [only("/admin/*", &["Admin"]), only("/a/metrics/*", &["Admin"]), only("/metrics", &["Admin"])];
    let table = table(rules.into_iter().chain([everyone("/*")]).collect());
    let admin = alice(&[(HOME, ADMIN)]);
    for target in [
        "//x/admin/y",
        "///x/admin/y",
        "//x/%61dmin/y",
        "//wiki.example.com:80/ADMIN/y",
        "//x/metrics/",
        "/index.php/admin/y",
        "/a/Index%2Ephp/metrics/y",
        "//x/index.php/admin/y",
    ] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), "Rules", "{target}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{target}");
    }
    for target in ["//x/y", "//x", "/index.php/y", "/index.php", "/x//y/admin/z", "/b/index.php/admin/y"] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), "nobody", "{target}");
    }
}

#[test]
fn a_rule_that_names_the_program_itself_opens_what_it_says() {
    let open = |path| Rule { preflight: true, ..everyone(path) };
    let table = table(vec![open("/wiki/*"), open("/index.php/feed/*")]);
    for target in ["/wiki/index.php/Page", "/index.php/feed/x", "/wiki/Page"] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), "nobody", "{target}");
        let fields = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        let asked = Sent { method: "OPTIONS", target, headers: &fields, ..Sent::default() };
        assert_eq!(decided(&table, asked, None), "preflight", "{target}");
    }
    let other = Sent { method: "GET", target: "/index.php/x", ..Sent::default() };
    assert_eq!(decided(&table, other, None), "sign in");
}

#[test]
fn a_slash_more_gets_nobody_past_a_rule() {
    let table = table(vec![
        only("/metrics", &["Admin"]),
        methods(&["POST"], only("/items", &["Admin"])),
        from(&["10.0.0.0/8"], everyone("/inner")),
        everyone("/feed/*"),
        everyone("/hook"),
        only("/apart", &["Admin"]),
        everyone("/apart/"),
    ]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for target in [
        "/metrics/",
        "/metrics//",
        "/METRICS/",
        "/Metrics",
        "/metrics;/",
        "/metrics/;x",
        "/metrics%20/",
        "/metrics/%20",
        "/metrics/...",
        "/metrics./",
        "//metrics/",
        "/%6detrics/",
        "/metrics/?q",
        "/metrics%3f/",
    ] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        let (of_member, of_admin) = (decided(&table, sent, Some(&member)), decided(&table, sent, Some(&admin)));
        // Where the two readings of `RequestPath` differ, they differ for everybody.
        assert!(of_member == "Rules" && matches!(&*of_admin, "Rules" | "known"), "{target}: {of_member} {of_admin}");
        assert_ne!(decided(&table, sent, None), "nobody", "{target}");
    }
    for (method, target, stranger, of_member, of_admin) in [
        ("GET", "/metrics/", "sign in", "Rules", "known"),
        ("GET", "/METRICS/", "sign in", "Rules", "known"),
        ("GET", "/metrics/x", "sign in", "known", "known"),
        ("GET", "/metrics.json", "sign in", "known", "known"),
        ("GET", "/items/", "sign in", "known", "known"),
        ("POST", "/items/", "sign in", "Rules", "known"),
        ("GET", "/inner/", "sign in", "Rules", "Rules"),
        // Nothing is opened that way, and what is open stays so.
        ("GET", "/feed", "sign in", "known", "known"),
        ("GET", "/feed/", "nobody", "known", "known"),
        ("GET", "/hook", "nobody", "known", "known"),
        ("GET", "/hook/", "sign in", "known", "known"),
        // Somebody has told the two apart.
        ("GET", "/apart/", "nobody", "known", "known"),
        ("GET", "/apart//", "Rules", "Rules", "Rules"),
    ] {
        let sent = Sent { method, target, ..Sent::default() };
        let found = [None, Some(&member), Some(&admin)].map(|who| decided(&table, sent, who));
        assert_eq!(found, [stranger, of_member, of_admin], "{method} {target}");
    }
    let open = self::table(vec![only("/metrics", &["Admin"]), everyone("/*")]);
    assert_eq!(decided(&open, Sent { method: "GET", target: "/metrics/", ..Sent::default() }, None), "Rules");
}

#[test]
fn a_folder_without_its_slash_is_what_its_rule_says() {
    let table = table(vec![
        only("/secret/*", &["Admin"]),
        only("/index/", &["Admin"]),
        methods(&["PUT"], only("/files/*", &["Admin"])),
        everyone("/told/apart"),
        only("/told/apart/*", &["Admin"]),
        everyone("/feed/*"),
        everyone("/public"),
    ]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (method, target, stranger, of_member) in [
        ("GET", "/secret", "sign in", "PathNotAdmitted"),
        ("GET", "/Secret", "sign in", "PathNotAdmitted"),
        ("GET", "/secret;x", "sign in", "Rules"),
        ("GET", "//secret", "sign in", "Rules"),
        ("GET", "/secret.", "sign in", "Rules"),
        ("GET", "/secrets", "sign in", "known"),
        ("GET", "/index", "sign in", "PathNotAdmitted"),
        ("GET", "/files", "sign in", "known"),
        ("PUT", "/files", "sign in", "PathNotAdmitted"),
        ("GET", "/told/apart", "nobody", "known"),
        ("GET", "/told/apart/", "sign in", "PathNotAdmitted"),
        ("GET", "/feed", "sign in", "known"),
        ("GET", "/public", "nobody", "known"),
    ] {
        let sent = Sent { method, target, ..Sent::default() };
        let found = [None, Some(&member), Some(&admin)].map(|who| decided(&table, sent, who));
        assert_eq!(found, [stranger, of_member, "known"], "{method} {target}");
    }
    // Whoever follows a link there has to sign in first, where all else is open.
    let open = self::table(vec![only("/secret/*", &["Admin"]), everyone("/*")]);
    assert_eq!(decided(&open, Sent { method: "GET", target: "/secret", ..Sent::default() }, None), "sign in");
}

#[test]
fn a_short_name_of_windows_opens_nothing() {
    let table = table(vec![only("/administration/*", &["Admin"]), only("/web.config", &["Admin"]), everyone("/*")]);
    let admin = alice(&[(HOME, ADMIN)]);
    for target in ["/ADMINI~1/x", "/admini~1/", "/AD3F2C~1/x", "/ADMINI~1", "/WEB~1.CON", "/web~1.con/"] {
        let sent = Sent { method: "GET", target, ..Sent::default() };
        assert_eq!(decided(&table, sent, None), "Rules", "{target}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{target}");
    }
    for target in ["/compare/HEAD~1", "/~user/x", "/notes.txt~", "/HEAD~1", "/x/admini~1"] {
        assert_eq!(decided(&table, Sent { method: "GET", target, ..Sent::default() }, None), "nobody", "{target}");
    }
}

#[test]
fn another_reading_is_held_against_every_method_that_is_named() {
    let table =
        table(vec![methods(&["DELETE"], only("/api/*", &["Admin"])), methods(&["DELETE"], only("/own", &["Admin"]))]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (target, headers) in [
        ("/Api/x", &[("x-http-method-override", "DELETE")][..]),
        ("/api./x?_method=delete", &[]),
        ("/own/", &[("x-http-method", "DELETE")]),
        ("/api?_method=delete", &[]),
    ] {
        let sent = Sent { method: "POST", target, headers, client: None };
        assert_eq!(decided(&table, sent, Some(&member)), "Rules", "{target} {headers:?}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{target} {headers:?}");
    }
}

/// What a path is to an upstream that decodes it, leaves parameters, dots and spaces out, knows short names, and looks
/// neither at case nor at slashes too many.
fn careless(path: &str) -> String {
    let text = path.replace("%20", " ").replace("%2e", ".").to_lowercase();
    let names =
        text.split('/').map(|segment| segment.split(';').next().unwrap_or_default().trim_end_matches(['.', ' ']));
    let names = names.filter(|name| !name.is_empty());
    names.map(|name| if name == "admini~1" { "administration" } else { name }).collect::<Vec<_>>().join("/")
}

proptest! {
    /// Whatever a member is let in at is, to the most careless upstream, nothing that is kept for admins.
    #[test]
    fn no_spelling_gets_anybody_past_a_rule(
        parts in proptest::collection::vec(prop_oneof![
            Just("/"), Just("/"), Just("metrics"), Just("METRICS"), Just("data"), Just("Data"), Just("secret"),
            Just("Secret"), Just("."), Just("%2e"), Just("%20"), Just(";x"), Just("admini~1"), Just("ADMINI~1"),
            Just("administration"), Just("x"),
        ], 1..8)
    ) {
        let table = table(vec![
            only("/metrics", &["Admin"]),
            only("/data/secret/*", &["Admin"]),
            only("/administration/*", &["Admin"]),
        ]);
        let target = format!("/{}", parts.concat());
        prop_assume!(RequestPath::of(target.parse().unwrap()).is_ok());
        let sent = Sent { method: "GET", target: &target, ..Sent::default() };
        if decided(&table, sent, Some(&alice(&[(HOME, MEMBER)]))) == "known" {
            let read = careless(&target);
            let is_kept = |folder: &str| read == folder || read.starts_with(&format!("{folder}/"));
            prop_assert!(read != "metrics" && !is_kept("data/secret") && !is_kept("administration"), "{target}: {read}");
        }
    }
}
