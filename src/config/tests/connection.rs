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
