//! One request, two versions of HTTP: what becomes of it, and what the upstream sees, is the same.

use serde_json::{Value, json};

use super::identity::NAMES;
use super::paths::{AMBIGUOUS, ROUND_A_RULE, RULES};
use super::{address, session};
use crate::kit::raw;
use crate::kit::scene::wiki_with;
use crate::kit::world::World;
use crate::kit::{frames, upstream::received};

/// A request, but for the version.
struct Sent<'a> {
    method: &'a str,
    host: &'a str,
    path: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Sent<'a> {
    fn get(path: &'a str, cookie: &'a str) -> Self {
        let fields = if cookie.is_empty() { vec![] } else { vec![("cookie", cookie)] };
        Self { method: "GET", host: "wiki.localhost", path, fields }
    }

    fn with(mut self, fields: &[(&'a str, &'a str)]) -> Self {
        self.fields.extend(fields);
        self
    }

    /// The status, and what the upstream saw.
    async fn over_http_1(&self, world: &World) -> (u16, Option<Value>) {
        let Self { method, host, path, fields } = self;
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n");
        let answer = raw::ask(address(world), request).await;
        (answer.status, (answer.status == 200).then(|| seen(answer.json())))
    }

    async fn over_http_2(&self, world: &World) -> (u16, Option<Value>) {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name.to_lowercase()).collect();
        let fields = names.iter().zip(&self.fields).map(|(name, (_, value))| (name.as_str(), *value));
        let line = [(":method", self.method), (":scheme", "http"), (":authority", self.host), (":path", self.path)];
        let answer = frames::ask(address(world), &line.into_iter().chain(fields).collect::<Vec<_>>()).await;
        (answer.status(), (answer.status() == 200).then(|| seen(answer.json())))
    }

    /// Asserts that both come to the same; gives it.
    async fn is_alike(&self, world: &World) -> (u16, Option<Value>) {
        let (one, mut two) = (self.over_http_1(world).await, self.over_http_2(world).await);
        // What is no request at all is not answered on a stream, it is reset.
        if two.0 == 0 && one.0 == 400 {
            two.0 = 400;
        }
        assert_eq!(one, two, "{} {} {} {:?}", self.method, self.host, self.path, self.fields);
        one
    }
}

/// What the upstream saw, but for what tells one request, or version, from the next.
fn seen(mut seen: Value) -> Value {
    let of_one = |name: &Value| ["via", "traceparent", "x-vestibule-assertion"].iter().any(|other| name == other);
    let mut headers = seen["headers"].as_array().unwrap().clone();
    headers.retain(|header| !of_one(&header[0]));
    headers.sort_by_key(ToString::to_string);
    seen["headers"] = json!(headers);
    seen
}

#[tokio::test]
async fn no_path_gets_round_a_rule_in_either_version() {
    let world = wiki_with(RULES).await;
    let (browser, _) = world.signed_in("bob").await;
    let cookie = session(&world, &browser);
    let hits = world.upstream.hits();
    for path in AMBIGUOUS.iter().chain(ROUND_A_RULE) {
        for cookie in ["", &cookie] {
            let (status, _) = Sent::get(path, cookie).is_alike(&world).await;
            assert!(matches!(status, 400 | 401 | 403), "{path}: {status}");
        }
    }
    assert_eq!(world.upstream.hits(), hits);
    for path in ["/", "/a?q=../..%2f&x=//y", "/public/x", "/a;v=1/b", "/%C3%A9", "/~a/(b)/'c'/!$&*,=:@"] {
        let (_, seen) = Sent::get(path, &cookie).is_alike(&world).await;
        assert_eq!(seen.unwrap()["target"], *path);
    }
}

#[tokio::test]
async fn no_name_says_in_either_version_what_only_we_may_say() {
    let world = wiki_with("").await;
    let (browser, _) = world.signed_in("alice").await;
    let cookie = session(&world, &browser);
    for name in NAMES {
        let sent = Sent::get("/", &cookie).with(&[(name, "forged"), (name, "forged"), ("x-kept", "1")]);
        let (_, seen) = sent.is_alike(&world).await;
        let seen = seen.unwrap();
        assert!(!seen.to_string().contains("forged"), "{name}: {seen}");
        assert_eq!((received(&seen, "remote-user"), received(&seen, "x-kept")), (vec!["alice"], vec!["1"]), "{name}");
    }
}

#[tokio::test]
async fn hosts_methods_and_cookies_mean_the_same_in_either_version() {
    let methods = "[[application.rule]]\npath = \"/read/*\"\nmethods = [\"GET\"]\nallow = \"everyone\"\n\
                   [[application.rule]]\npath = \"/read/*\"\nroles = [\"Admin\"]\n";
    let world = wiki_with(methods).await;
    let (browser, _) = world.signed_in("bob").await;
    let cookie = session(&world, &browser);
    let (crumb, other) = (("cookie", cookie.as_str()), ("x-other", "1"));
    for (method, host, path, fields, status) in [
        ("GET", "WIKI.localhost.", "/", vec![crumb], 200),
        ("GET", "wiki.localhost:1", "/", vec![crumb], 200),
        ("GET", "wiki.localhost:", "/", vec![crumb], 200),
        ("GET", "docs.localhost", "/", vec![crumb], 421),
        ("GET", "wiki.localhost..", "/", vec![crumb], 400),
        ("GET", "wiki.localhost#", "/", vec![crumb], 400),
        ("TRACE", "wiki.localhost", "/", vec![crumb], 405),
        ("trace", "wiki.localhost", "/", vec![crumb], 405),
        ("Connect", "wiki.localhost", "/", vec![crumb], 405),
        ("FROBNICATE", "wiki.localhost", "/", vec![crumb], 200),
        ("GET", "wiki.localhost", "/read/x", vec![other], 200),
        ("get", "wiki.localhost", "/read/x", vec![crumb], 400),
        ("DELETE", "wiki.localhost", "/read/x", vec![crumb], 403),
        ("GET", "wiki.localhost", "/read/x", vec![crumb, ("x-http-method-override", "DELETE")], 400),
        ("GET", "wiki.localhost", "/read/x", vec![crumb, ("X_HTTP_Method", "DELETE")], 400),
        ("GET", "wiki.localhost", "/read/x?_method=DELETE", vec![crumb], 400),
        ("GET", "wiki.localhost", "/read/x?X-HTTP-Method-Override=DELETE", vec![crumb], 400),
        ("COPY", "wiki.localhost", "/x", vec![crumb, ("destination", "/y")], 200),
        ("COPY", "wiki.localhost", "/x", vec![crumb, ("destination", "http://wiki.localhost/read/x")], 403),
        ("COPY", "wiki.localhost", "/x", vec![crumb, ("destination", "/y"), ("destination", "/read/y")], 400),
        ("GET", "wiki.localhost", "/", vec![("cookie", "a=1"), crumb, ("cookie", "b=2")], 200),
        ("GET", "wiki.localhost", "/", vec![("cookie", "a=1;;"), crumb, ("cookie", "")], 200),
        ("GET", "wiki.localhost", "/", vec![("te", "trailers"), crumb], 200),
        ("GET", "wiki.localhost", "/", vec![crumb, ("via", "1.1 vestibule, 2 vestibule, 1.1 vestibule")], 508),
    ] {
        let sent = Sent { method, host, path, fields };
        let (found, seen) = if sent.fields[0].0 == "te" {
            // Only over HTTP/1.1 is it named in `Connection`, by us.
            (sent.over_http_2(&world).await.0, None)
        } else {
            sent.is_alike(&world).await
        };
        assert_eq!(found, status, "{method} {host} {path} {:?}", sent.fields);
        assert!(!seen.is_some_and(|seen| seen.to_string().contains(cookie.split('=').nth(1).unwrap())));
    }
    let crumbs = Sent::get("/", "a=1").with(&[crumb, ("cookie", "b=2")]);
    assert_eq!(received(&crumbs.over_http_2(&world).await.1.unwrap(), "cookie"), ["a=1; b=2"]);
}
