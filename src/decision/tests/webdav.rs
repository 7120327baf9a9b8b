//! What is done along with what is asked for.

use super::rules::{Sent, decided, from, methods};
use super::*;

#[test]
fn whoever_names_a_second_path_must_be_let_in_there_too() {
    let table = table(vec![only("/admin/*", &["Admin"]), everyone("/open/*")]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (destination, stranger, of_member, of_admin) in [
        ("/open/y", "nobody", "known", "known"),
        ("http://wiki.example.com/open/y", "nobody", "known", "known"),
        ("/page", "sign in", "known", "known"),
        ("/admin/y", "sign in", "PathNotAdmitted", "known"),
        ("http://wiki.example.com/admin/y", "sign in", "PathNotAdmitted", "known"),
        ("http://elsewhere.example.com/%61dmin/y", "sign in", "PathNotAdmitted", "known"),
        ("/open;/../admin/y", "DotSegment", "DotSegment", "DotSegment"),
        ("/admin%2fy", "Hidden", "Hidden", "Hidden"),
        ("//admin/y", "Rules", "Rules", "Rules"),
        ("http://wiki.example.com//admin/y", "Rules", "Rules", "Rules"),
        ("/Admin/y", "sign in", "Rules", "known"),
        ("/.vestibule/session", "Destination", "Destination", "Destination"),
        ("", "Destination", "Destination", "Destination"),
        ("*", "NoPath", "NoPath", "NoPath"),
        ("a b", "Destination", "Destination", "Destination"),
    ] {
        let headers = [("destination", destination)];
        let sent = Sent { method: "MOVE", target: "/open/x", headers: &headers, client: None };
        let found = [None, Some(&member), Some(&admin)].map(|who| decided(&table, sent, who));
        assert_eq!(found, [stranger, of_member, of_admin], "{destination:?}");
    }
    // It is written to, whatever that is called.
    let writers = self::table(vec![methods(&["PUT"], only("/files/*", &["Admin"])), everyone("/*")]);
    for (destination, expected) in [("/files/y", "sign in"), ("/other", "nobody")] {
        let headers = [("destination", destination)];
        let sent = Sent { method: "COPY", target: "/x", headers: &headers, client: None };
        assert_eq!(decided(&writers, sent, None), expected, "{destination}");
    }
    let twice = [("destination", "/open/y"), ("destination", "/admin/y")];
    let sent = Sent { method: "COPY", target: "/open/x", headers: &twice, client: None };
    assert_eq!(decided(&table, sent, None), "Destination");
    // No other method has a second path, if that is what it is.
    for (method, headers, expected) in [
        ("POST", &[("destination", "Berlin")][..], "nobody"),
        ("PUT", &[("destination", "/admin/y")], "nobody"),
        ("move", &[("destination", "/admin/y")], "sign in"),
        ("POST", &[("destination", "/admin/y"), ("x-http-method-override", "MOVE")], "sign in"),
    ] {
        let sent = Sent { method, target: "/open/x", headers, client: None };
        assert_eq!(decided(&table, sent, None), expected, "{method} {headers:?}");
    }
    // Without rules one path is like the other.
    assert_eq!(decided(&self::table(vec![]), sent, Some(&member)), "known");
}

#[test]
fn what_is_done_to_a_folder_is_done_to_all_that_lies_below() {
    let table = table(vec![
        only("/data/secret/*", &["Admin"]),
        methods(&["GET"], only("/archive/2025/administration", &["Admin"])),
    ]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    const MINE: (&str, &str) = ("destination", "/mine/");
    const BELOW: (&str, &str) = ("destination", "http://wiki.example.com/data");
    const DEPTHS: [(&str, &str); 4] = [("depth", "0"), ("depth", "1"), ("depth", "infinity"), ("depth", "2")];
    for (method, target, headers, of_member) in [
        ("COPY", "/data/", &[MINE][..], "PathNotAdmitted"),
        ("COPY", "/data", &[MINE], "PathNotAdmitted"),
        ("COPY", "/data", &[MINE, DEPTHS[0]], "PathNotAdmitted"),
        ("COPY", "/", &[MINE], "PathNotAdmitted"),
        ("copy", "/data/", &[MINE], "PathNotAdmitted"),
        ("MOVE", "/Data/", &[MINE], "PathNotAdmitted"),
        ("MOVE", "/data./", &[MINE], "PathNotAdmitted"),
        ("MOVE", "//data//", &[MINE], "PathNotAdmitted"),
        ("MOVE", "/data;x/", &[MINE], "PathNotAdmitted"),
        ("MOVE", "/%64ata/", &[MINE], "PathNotAdmitted"),
        ("MOVE", "/data/secret", &[MINE], "PathNotAdmitted"),
        ("DELETE", "/data/", &[], "PathNotAdmitted"),
        ("DELETE", "/data", &[], "PathNotAdmitted"),
        ("DELETE", "/", &[], "PathNotAdmitted"),
        ("delete", "/data/", &[], "PathNotAdmitted"),
        ("DELETE", "/archive/", &[], "PathNotAdmitted"),
        ("DELETE", "/archive/2025", &[], "PathNotAdmitted"),
        ("DELETE", "/data/open", &[], "known"),
        ("DELETE", "/dat", &[], "known"),
        ("DELETE", "/mine/", &[], "known"),
        ("POST", "/data/?_method=DELETE", &[], "PathNotAdmitted"),
        ("POST", "/data/", &[("x-http-method-override", "delete")], "PathNotAdmitted"),
        ("POST", "/data/", &[("x-http-method-override", " Move "), MINE], "PathNotAdmitted"),
        ("POST", "/data/?_method[]=DELETE", &[], "known"),
        ("POST", "/data/", &[], "known"),
        ("GET", "/data/", &[], "known"),
        // Where it comes to.
        ("COPY", "/mine/", &[BELOW], "PathNotAdmitted"),
        ("MOVE", "/mine/", &[("destination", "/")], "PathNotAdmitted"),
        ("MOVE", "/mine/", &[("destination", "/DATA/")], "PathNotAdmitted"),
        ("MOVE", "/mine/", &[("destination", "/data/secret")], "PathNotAdmitted"),
        ("MOVE", "/mine/", &[("destination", "/data/other")], "known"),
        // What is listed or locked, as deep as that goes.
        ("PROPFIND", "/data/", &[], "PathNotAdmitted"),
        ("PROPFIND", "/data/", &[DEPTHS[0]], "known"),
        ("PROPFIND", "/data/", &[DEPTHS[1]], "known"),
        ("PROPFIND", "/data/", &[DEPTHS[2]], "PathNotAdmitted"),
        ("PROPFIND", "/data/", &[DEPTHS[3]], "PathNotAdmitted"),
        ("PROPFIND", "/data/", &[DEPTHS[1], DEPTHS[2]], "PathNotAdmitted"),
        ("PROPFIND", "/mine/", &[], "known"),
        ("LOCK", "/data/", &[], "PathNotAdmitted"),
        ("LOCK", "/data/x", &[], "known"),
    ] {
        let sent = Sent { method, target, headers, client: Some("192.0.2.1") };
        let found = decided(&table, sent, Some(&member));
        // A path with two readings that two rules speak of is refused as such.
        assert!(
            found == of_member || (target.contains("//") && found == "Rules"),
            "{method} {target} {headers:?}: {found}"
        );
        assert_eq!(decided(&table, sent, None), "sign in", "{method} {target} {headers:?}");
        let of_admin = if found == "Rules" { "Rules" } else { "known" };
        assert_eq!(decided(&table, sent, Some(&admin)), of_admin, "{method} {target} {headers:?}");
    }
    // Where no rule names methods, a list of them is no riddle: some frameworks take the first, some the last.
    let table = self::table(vec![only("/data/secret/*", &["Admin"])]);
    for list in ["DELETE, POST", "post;move", " Copy"] {
        let headers = [("x-http-method-override", list), MINE];
        let sent = Sent { method: "POST", target: "/data/", headers: &headers, client: None };
        assert_eq!(decided(&table, sent, Some(&member)), "PathNotAdmitted", "{list}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{list}");
    }
}

#[test]
fn what_lies_below_a_folder_without_its_front_counts_too() {
    let table = table(vec![only("/data/secret/*", &["Admin"])]);
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (method, target, headers, of_member) in [
        ("DELETE", "//x/data", &[][..], "Rules"),
        ("DELETE", "//x/", &[], "Rules"),
        ("DELETE", "/index.php/data/", &[], "Rules"),
        ("COPY", "//x/data", &[("destination", "/mine/")], "Rules"),
        ("COPY", "/mine/", &[("destination", "//x/data")], "Rules"),
        ("DELETE", "//x/other", &[], "known"),
        ("GET", "//x/data", &[], "known"),
    ] {
        let sent = Sent { method, target, headers, client: None };
        assert_eq!(decided(&table, sent, Some(&member)), of_member, "{method} {target} {headers:?}");
        assert_eq!(decided(&table, sent, Some(&admin)), "known", "{method} {target} {headers:?}");
    }
}

#[test]
fn what_lies_below_counts_from_elsewhere_too() {
    let table = table(vec![from(&["10.0.0.0/8"], everyone("/inner/office/*"))]);
    let admin = alice(&[(HOME, ADMIN)]);
    let inner = |client| {
        decided(&table, Sent { method: "DELETE", target: "/inner", headers: &[], client: Some(client) }, Some(&admin))
    };
    assert_eq!([inner("192.0.2.1"), inner("10.0.0.1")], ["ElsewhereNotAdmitted", "known"]);
}

#[test]
fn who_copies_reads_and_who_moves_deletes() {
    let table =
        table(vec![methods(&["GET"], only("/read/*", &["Admin"])), methods(&["DELETE"], only("/kept/*", &["Admin"]))]);
    let member = alice(&[(HOME, MEMBER)]);
    for (method, target, expected) in [
        ("COPY", "/read/x", "PathNotAdmitted"),
        ("MOVE", "/read/x", "PathNotAdmitted"),
        ("COPY", "/kept/x", "known"),
        ("MOVE", "/kept/x", "PathNotAdmitted"),
        ("MOVE", "/other/x", "known"),
    ] {
        let sent = Sent { method, target, headers: &[("destination", "/mine")], client: None };
        assert_eq!(decided(&table, sent, Some(&member)), expected, "{method} {target}");
    }
}

#[test]
fn a_second_path_is_read_with_the_prefix_and_without_it() {
    let mut application = wiki(UPSTREAM, vec![only("/admin/*", &["Admin"]), only("/deep/down/*", &["Admin"])]);
    application.spec.connection.strip_prefix = Some("/wiki".parse().unwrap());
    let table = RouteTable::compile(&catalogue(vec![application]), &Metrics::default());
    let (member, admin) = (alice(&[(HOME, MEMBER)]), alice(&[(HOME, ADMIN)]));
    for (destination, of_member, of_admin) in [
        ("/wiki/b", "known", "known"),
        ("http://wiki.example.com/wiki/b", "known", "known"),
        ("/b", "known", "known"),
        ("/wikis/admin/x", "known", "known"),
        ("/admin/x", "PathNotAdmitted", "known"),
        ("/wiki/admin/x", "PathNotAdmitted", "known"),
        ("http://wiki.example.com:8080/wiki/admin/x", "PathNotAdmitted", "known"),
        ("/wiki/admin", "PathNotAdmitted", "known"),
        ("/wiki/deep", "PathNotAdmitted", "known"),
        ("/wiki/Admin/x", "Rules", "known"),
        ("/wiki//admin/x", "Rules", "Rules"),
        // Nobody who means it well writes the prefix otherwise.
        ("/Wiki/admin/x", "Destination", "Destination"),
        ("/%77iki/admin/x", "Destination", "Destination"),
        ("//wiki/admin/x", "Destination", "Destination"),
        ("/wiki;x/admin/x", "Destination", "Destination"),
        ("/wiki./admin/x", "Destination", "Destination"),
        ("/wiki/.vestibule/x", "Destination", "Destination"),
    ] {
        let headers = [("destination", destination)];
        let sent = Sent { method: "MOVE", target: "/wiki/a", headers: &headers, client: None };
        let found = [Some(&member), Some(&admin)].map(|who| decided(&table, sent, who));
        assert_eq!(found, [of_member, of_admin], "{destination}");
    }
}
