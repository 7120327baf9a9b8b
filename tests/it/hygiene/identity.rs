//! Who somebody is, only we say: identity headers and our assertion never come from a client.

use serde_json::Value;

use super::{address, alice, get};
use crate::kit::browser::Browser;
use crate::kit::raw::ask;
use crate::kit::scene::wiki_with;
use crate::kit::upstream::received;

const OPEN: &str = "[[application.rule]]\npath = \"/open/*\"\nallow = \"everyone\"\n";

/// Names that only we may say.
pub(super) const NAMES: &[&str] = &[
    "Remote-User",
    "REMOTE-USER",
    "rEmOtE-uSeR",
    "Remote_User",
    "remote.user",
    "Remote-Groups",
    "Remote_Groups",
    "Remote-Email",
    "Remote-Name",
    "Remote-Whatever",
    "X-Forwarded-User",
    "X_Forwarded_User",
    "X-Forwarded.Groups",
    "X-Forwarded-Email",
    "X-Forwarded-Preferred-Username",
    "X-Auth-Request-User",
    "x_auth_request_groups",
    "X.Auth.Request.Email",
    "X-Vestibule-Assertion",
    "x_vestibule_assertion",
    "X-Vestibule.Assertion",
    "X-Vestibule-Anything",
    // Where it came from and what was asked for: believed by upstreams that stand behind other proxies.
    "Proxy",
    "X-Forwarded",
    "X-Cluster-Client-IP",
    "CF_Connecting_IP",
    "X-Original-Method",
    "X.HTTP.Host.Override",
    "Front-End-Https",
    "X-Remote-User",
    "Client-IP",
    "X-Envoy-Original-Path",
    "X-Original-Forwarded-For",
    // Taken off the front of the path by some servers: what is left is another path than was decided on.
    "SCRIPT_NAME",
    "Script-Name",
    "X-Script-Name",
    "PATH_INFO",
    // What other gateways say who somebody is with.
    "X-WebAuth-User",
    "X-authentik-username",
    "X_authentik_groups",
    "Cf-Access-Authenticated-User-Email",
    "Cf-Access-Jwt-Assertion",
    "X-Goog-Authenticated-User-Email",
    "X-Goog-Iap-Jwt-Assertion",
    "X-MS-Client-Principal-Name",
    "X-Amzn-Oidc-Identity",
    "SSL_CLIENT_S_DN",
    "X-SSL-Client-Cert",
    "Client-Cert",
    "WL-Proxy-SSL",
    "$WSRU",
    // To CGI these are the lengths of messages.
    "Content_Length",
    "Transfer_Encoding",
    "Transfer.Encoding",
];

/// Names of headers the upstream saw whose value is the forged one.
fn forged(seen: &Value) -> Vec<&str> {
    let headers = seen["headers"].as_array().unwrap();
    headers.iter().filter(|header| header[1] == "forged").filter_map(|header| header[0].as_str()).collect()
}

#[tokio::test]
async fn identity_headers_of_a_client_never_pass_however_they_are_written() {
    let (world, session) = alice().await;
    let honest = ask(address(&world), get("/", &format!("Cookie: {session}\r\nX-Other: forged\r\n"))).await.json();
    assert_eq!(forged(&honest), ["x-other"], "other headers do");
    for name in NAMES {
        for lines in [format!("{name}: forged\r\n"), format!("{name}: forged\r\n{name}: forged\r\n")] {
            let answer = ask(address(&world), get("/", &format!("Cookie: {session}\r\n{lines}"))).await;
            assert_eq!(answer.status, 200, "{name}");
            let seen = answer.json();
            assert_eq!(forged(&seen), Vec::<&str>::new(), "{name}");
            assert_eq!(received(&seen, "remote-user"), ["alice"]);
        }
    }
}

#[tokio::test]
async fn identity_cannot_be_taken_away_through_connection() {
    let (world, session) = alice().await;
    let named = "Remote-User, remote-groups, X-Vestibule-Assertion, cookie, host, x-forwarded-for, keep-alive";
    for lines in
        [format!("Connection: {named}\r\n"), named.split(", ").map(|n| format!("Connection: {n}\r\n")).collect()]
    {
        let answer = ask(address(&world), get("/", &format!("Cookie: {session}\r\n{lines}"))).await;
        let seen = answer.json();
        assert_eq!(received(&seen, "remote-user"), ["alice"]);
        assert_eq!(received(&seen, "remote-groups"), ["Admin"]);
        assert_eq!(received(&seen, "x-vestibule-assertion").len(), 1);
        assert_eq!(received(&seen, "x-forwarded-for"), ["127.0.0.1"]);
        assert_eq!(received(&seen, "host").len(), 1);
    }
}

#[tokio::test]
async fn on_open_paths_strangers_are_anonymous_whatever_they_claim() {
    let world = wiki_with(OPEN).await;
    for name in NAMES {
        let answer = ask(address(&world), get("/open/x", &format!("{name}: forged\r\n"))).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(forged(&answer.json()), Vec::<&str>::new(), "{name}");
    }
    let seen = Browser::new().navigate(&world.url("wiki", "/open/x")).await.json();
    for name in ["remote-user", "remote-groups", "remote-email", "x-vestibule-assertion"] {
        assert_eq!(received(&seen, name), Vec::<&str>::new(), "{name}");
    }
}

#[tokio::test]
async fn identity_headers_do_not_come_back_in_trailers() {
    let (world, session) = alice().await;
    let request = format!(
        "POST / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nTransfer-Encoding: chunked\r\n\
         Trailer: Remote-User\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\nRemote-User: forged\r\n\r\n"
    );
    let answer = ask(address(&world), request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(forged(&answer.json()), Vec::<&str>::new());
}
