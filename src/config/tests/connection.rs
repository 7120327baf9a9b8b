use super::{GOOD, good, one_problem};
use crate::identity::{Connection, UpstreamProtocol};

const UPSTREAM: &str = "roles = [\"Admin\"]\n\n[[application.rule]]";

fn with(lines: &str) -> String {
    GOOD.replacen(
        UPSTREAM,
        &format!("roles = [\"Admin\"]\n\n[application.connection]\n{lines}\n\n[[application.rule]]"),
        1,
    )
}

fn connection(lines: &str) -> Connection {
    good(&with(lines), &[]).declaration.applications[0].connection.clone()
}

#[test]
fn a_connection_is_as_all_others_where_it_says_nothing() {
    assert_eq!(good(GOOD, &[]).declaration.applications[0].connection, Connection::default());
    assert_eq!(connection(""), Connection::default());
}

#[test]
fn its_time_limits_are_read_and_checked() {
    let read = connection("connect_timeout = \"2s\"\nfirst_byte_timeout = \"5m\"");
    let written = |limit: Option<crate::identity::TimeLimit>| limit.unwrap().to_string();
    assert_eq!((written(read.connect_timeout), written(read.first_byte_timeout)), ("2s".into(), "5m".into()));
    one_problem(
        &with("connect_timeout = \"0s\""),
        &[],
        "application.wiki.connection.connect_timeout",
        "a time limit is",
    );
    one_problem(
        &with("conect_timeout = \"1s\""),
        &[],
        "application.wiki.connection.conect_timeout",
        "did you mean `connect_timeout`",
    );
}

#[test]
fn upstreams_are_a_text_or_a_list_each_once() {
    let written =
        |upstream: &str| GOOD.replace("upstream = \"http://127.0.0.1:3000\"", &format!("upstream = {upstream}"));
    let read = |upstream: &str| good(&written(upstream), &[]).declaration.applications[0].upstream.to_string();
    assert_eq!(read("[\"http://a:1\", \"https://b\"]"), "http://a:1, https://b");
    assert_eq!(read("[\"http://a:1\"]"), "http://a:1");
    let variable = [("VESTIBULE_APPLICATION__WIKI__UPSTREAM", "http://c:1,http://d:2")];
    assert_eq!(good(GOOD, &variable).declaration.applications[0].upstream.to_string(), "http://c:1, http://d:2");
    for (upstream, path, words) in [
        ("[]", "application.wiki.upstream", "is empty"),
        ("[\"http://a\", \"ftp://b\"]", "application.wiki.upstream[1]", "an upstream is"),
        ("[\"http://a\", \"http://a\"]", "application.wiki.upstream[1]", "stands twice"),
        ("[\"http://a\", \"http://A/\"]", "application.wiki.upstream", "stands twice"),
        ("7", "application.wiki.upstream", "expected a list of texts"),
    ] {
        one_problem(&written(upstream), &[], path, words);
    }
}

#[test]
fn authorities_are_written_out_or_in_a_file() {
    let pem = include_str!("../../upstream/tests/authority.crt");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let named = format!("ca_file = {:?}", file.display().to_string());
    let written = format!("ca = {pem:?}");
    assert_eq!(connection(&named).ca.unwrap().as_str(), pem.trim());
    assert_eq!(connection(&named), connection(&written));
    let path = "application.wiki.connection";
    one_problem(&with(&format!("{named}\n{written}")), &[], &format!("{path}.ca_file"), "keep one of them");
    one_problem(&with("ca_file = \"/no/such/file\""), &[], &format!("{path}.ca_file"), "No such file");
    one_problem(&with("ca = \"-----BEGIN PRIVATE KEY-----\""), &[], &format!("{path}.ca"), "a private key stands here");
}

#[test]
fn a_check_has_a_path_and_the_rest_as_usual() {
    let read = connection("[application.connection.health]\npath = \"/healthz\"\nfall = 1").health.unwrap();
    assert_eq!((read.path.as_str(), read.fall, read.rise), ("/healthz", 1, 2));
    assert!(connection("").health.is_none());
    let health = |lines: &str| with(&format!("[application.connection.health]\n{lines}"));
    let path = "application.wiki.connection.health";
    one_problem(&health("interval = \"5s\""), &[], &format!("{path}.path"), "is missing");
    one_problem(&health("path = \"healthz\""), &[], &format!("{path}.path"), "write a path");
    one_problem(&health("path = \"/\"\nfall = 11"), &[], &format!("{path}.fall"), "from 1 to 10");
    one_problem(&with("strip_prefix = \"/a/../b\""), &[], "application.wiki.connection.strip_prefix", "a prefix is");
}

#[test]
fn what_its_connections_may_become_is_read_and_checked() {
    assert_eq!(connection("upgrades = [\"tcp\"]").upgrades[0].as_str(), "tcp");
    one_problem(
        &with("upgrades = [\"h2c\"]"),
        &[],
        "application.wiki.connection.upgrades[0]",
        "HTTP and TLS never are",
    );
}

#[test]
fn its_protocol_is_one_of_two() {
    assert_eq!(connection("protocol = \"http2\"").protocol, UpstreamProtocol::Http2);
    assert_eq!(connection("protocol = \"http1\""), Connection::default());
    one_problem(&with("protocol = \"h2c\""), &[], "application.wiki.connection.protocol", "http1, http2");
}
