//! What must hold behind every proxy that is set up as the documents show.

use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::kit::browser::{Browser, Response};
use crate::kit::fronting::Fronting;
use crate::kit::scene::left_to_a_proxy;
use crate::kit::upstream::received;
use crate::kit::world::World;

const WIKI: &str = "https://wiki.example.com";

/// A world that leaves forwarding to a proxy on this machine: everybody may see `/public/`, from one network `/inside/`,
/// admins alone `/admin/`.
pub async fn world() -> World {
    let rules = "[[application.rule]]\npath = \"/public/*\"\nallow = \"everyone\"\n\
                 [[application.rule]]\npath = \"/inside/*\"\nallow = \"everyone\"\nfrom = [\"192.0.2.0/24\"]\n\
                 [[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]\n";
    left_to_a_proxy("trusted_proxies = [\"127.0.0.1/32\"]", rules).await
}

/// All of it.
pub async fn whole(world: &World, proxy: &Fronting) {
    nobody_passes_unknown(world, proxy).await;
    let bob = signs_in(world, proxy, "bob").await;
    the_application_hears_of_it(&bob).await;
    our_cookies_do_not_arrive(&bob).await;
    forged_headers_do_not_arrive(proxy, &bob, &[FORGED, SUBTLE].concat()).await;
    the_rest(world, proxy, &bob).await;
}

async fn the_rest(world: &World, proxy: &Fronting, bob: &Browser) {
    open_paths_are_open(proxy, bob).await;
    who_may_not_is_told_so(world, bob).await;
    no_path_is_read_in_two_ways(proxy, bob).await;
    no_header_asks_for_more(proxy, bob).await;
    sockets_are_for_pages_of_the_same_host(proxy, bob).await;
    the_endpoints_are_for_proxies(world, proxy).await;
    signing_out_ends_it(world, bob).await;
}

/// The same behind one of which the documents say that it takes out neither single cookies nor headers of other spellings
/// than those it is told of, and that a client can have it take out ours.
pub async fn all_but_subtleties(world: &World, proxy: &Fronting) {
    nobody_passes_unknown(world, proxy).await;
    let bob = signs_in(world, proxy, "bob").await;
    the_application_hears_of_it(&bob).await;
    forged_headers_do_not_arrive(proxy, &bob, FORGED).await;
    the_rest(world, proxy, &bob).await;
}

/// Once we do not answer any more.
pub async fn without_us(world: &mut World, proxy: &Fronting) {
    let before = world.upstream.hits();
    world.stop().await;
    for path in ["/", "/public/a", "/.vestibule/sign-in"] {
        let answer = proxy.browser().navigate(&url(path)).await;
        assert!(answer.status.is_server_error(), "{path}: {}", answer.status);
    }
    assert_eq!(world.upstream.hits(), before, "nobody passes");
}

fn url(path: &str) -> String {
    format!("{WIKI}{path}")
}

async fn get(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(Request::get(url(path)), |request, (name, value)| request.header(*name, *value));
    browser.send(request.body(Bytes::new()).expect("a request")).await
}

async fn nobody_passes_unknown(world: &World, proxy: &Fronting) {
    let browser = proxy.browser();
    for path in ["/", "/notes?page=2", "/admin/", "/public", "/auth/forward", "/auth/nginx"] {
        let page = browser.fetch(&url(path)).await;
        assert_eq!(page.status, 401, "{path}: {}", page.text());
        assert!(page.headers.get("remote-user").is_none());
    }
    let post = Request::post(url("/notes")).header("accept", "text/html").body(Bytes::from_static(b"a=1"));
    assert_eq!(browser.send(post.expect("a request")).await.status, 401, "only a navigation starts a sign-in");
    assert_eq!(world.upstream.hits(), 0);
}

/// Opens a page, is sent to the provider, signs in, and comes back to that page.
async fn signs_in(world: &World, proxy: &Fronting, username: &str) -> Browser {
    let browser = proxy.browser();
    let page = world.enter(&browser, &url("/notes?page=2&q=a%20b"), username).await;
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, &*url("/notes?page=2&q=a%20b")), "{}", page.text());
    let seen = page.json();
    assert_eq!(seen["target"], "/notes?page=2&q=a%20b");
    assert_eq!(received(&seen, "remote-user"), [username]);
    browser
}

async fn the_application_hears_of_it(bob: &Browser) {
    for cookie in ["theme=dark", "vestibules=1", "z=\"a b\"", "a_vestibule-x=1"] {
        bob.set_cookie(WIKI, &format!("{cookie}; Path=/; Secure"));
    }
    let post = Request::post(url("/notes")).body(Bytes::from_static(b"the whole body")).expect("a request");
    let seen = bob.send(post).await.json();
    assert_eq!((seen["method"].as_str(), seen["body"].as_str()), (Some("POST"), Some("the whole body")));
    assert_eq!(received(&seen, "remote-user"), ["bob"]);
    assert_eq!(received(&seen, "remote-groups"), ["Member"]);
    assert_eq!(received(&seen, "remote-email"), ["bob@example.com"]);
    assert_eq!(received(&seen, "remote-name").len(), 1);
    assert_eq!(received(&seen, "x-vestibule-assertion").len(), 1);
    assert!(received(&seen, "x-vestibule-secret").is_empty() && received(&seen, "x-original-url").is_empty());
    let cookies = received(&seen, "cookie").join("; ");
    assert!(cookies.contains("theme=dark") && cookies.contains("vestibules=1"), "{cookies}");
    assert!(cookies.contains("z=\"a b\"") && cookies.contains("a_vestibule-x=1"), "{cookies}");
}

async fn our_cookies_do_not_arrive(bob: &Browser) {
    let cookies = received(&bob.fetch(&url("/notes")).await.json(), "cookie").join("; ");
    assert!(cookies.contains("theme=dark") && !cookies.contains("__Host-vestibule"), "{cookies}");
}

/// Copies of identity headers that a client sends, and what else an application might believe.
const FORGED: &[(&str, &str)] = &[
    ("Remote-User", "root"),
    ("remote-groups", "Admin"),
    ("Remote-Email", "root@example.com"),
    ("Remote-Name", "root"),
    ("X-Vestibule-Assertion", "root.root.root"),
    ("Remote_User", "root"),
    ("REMOTE_GROUPS", "root"),
    ("X_Vestibule_Assertion", "root"),
    ("SCRIPT_NAME", "/root"),
    ("PATH_INFO", "/root"),
    ("X-Vestibule-Secret", "root"),
    ("X-Original-URL", "https://wiki.example.com/public/root"),
    ("X-Original-Method", "ROOT"),
    ("X-Forwarded-For", "root"),
    ("X_Forwarded_For", "root"),
    ("X-Forwarded-Host", "root.example.com"),
    ("X-Forwarded-Prefix", "/root"),
    ("X-Real-IP", "root"),
    ("X_Real_IP", "root"),
    ("Forwarded", "for=root"),
];

/// Some of them as few applications read them, and what would have them taken out as the connection's own.
const SUBTLE: &[(&str, &str)] = &[
    ("Remote.User", "root"),
    ("Remote~Groups", "root"),
    ("X.Vestibule.Assertion", "root"),
    ("X.Forwarded.For", "root"),
    ("Connection", "Remote-User"),
    ("Connection", "Remote-User, X-Vestibule-Assertion, Cookie, X-Forwarded-For"),
];

/// Whether a client sends them as itself or as nobody.
async fn forged_headers_do_not_arrive(proxy: &Fronting, bob: &Browser, forged: &[(&str, &str)]) {
    // Some of it may be refused; whatever arrives is true.
    for (index, one) in forged.iter().enumerate() {
        for headers in [&[*one][..], &forged[..=index]] {
            let page = get(bob, "/public/a", headers).await;
            if page.status == 200 {
                let seen = page.json();
                assert_eq!(received(&seen, "remote-user"), ["bob"], "{headers:?}");
                assert_eq!(received(&seen, "remote-groups"), ["Member"], "{headers:?}");
                assert_no_root(&seen, headers);
            }
            let page = get(&proxy.browser(), "/public/a", headers).await;
            if page.status == 200 {
                let seen = page.json();
                let empty = |name: &str| received(&seen, name).concat().is_empty();
                assert!(empty("remote-user") && empty("x-vestibule-assertion"), "{headers:?}: {seen}");
                assert_no_root(&seen, headers);
            }
            let page = get(&proxy.browser(), "/notes", headers).await;
            assert!(!page.status.is_success(), "{headers:?}");
        }
    }
}

fn assert_no_root(seen: &serde_json::Value, sent: &[(&str, &str)]) {
    let ours = ["remote", "x-vestibule-assertion", "script-name", "path-info", "x-forwarded", "x-real-ip", "forwarded"];
    let plain = |name: &str| name.replace(|mark: char| !mark.is_ascii_alphanumeric(), "-");
    let is_ours = |name: &str| ours.iter().any(|ours| plain(name).starts_with(ours));
    for header in seen["headers"].as_array().expect("headers") {
        let (name, value) = (header[0].as_str().expect("a name"), header[1].as_str().expect("a value"));
        assert!(!is_ours(name) || !value.to_lowercase().contains("root"), "{name}: {value}, of {sent:?}");
    }
}

async fn open_paths_are_open(proxy: &Fronting, bob: &Browser) {
    let seen = proxy.browser().fetch(&url("/public/a?b=c")).await.json();
    assert_eq!(seen["target"], "/public/a?b=c");
    assert!(received(&seen, "remote-user").concat().is_empty(), "{seen}");
    let seen = bob.fetch(&url("/public/a")).await.json();
    assert_eq!(received(&seen, "remote-user"), ["bob"]);
}

async fn who_may_not_is_told_so(world: &World, bob: &Browser) {
    let before = world.upstream.hits();
    let page = bob.navigate(&url("/admin/users")).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("You may not enter here") && page.text().contains("Sign in as someone else"));
    assert_eq!(bob.fetch(&url("/admin/users")).await.status, 403);
    let style = page.text().replace("&#x2f;", "/");
    let style = style.split_once("rel=\"stylesheet\" href=\"").expect("a stylesheet").1.split('"').next();
    assert_eq!(bob.fetch(&url(style.expect("an address"))).await.status, 200, "on this host");
    assert_eq!(world.upstream.hits(), before);
}

/// Whatever a proxy makes of such a path, the application is sent nothing that a member may not see.
async fn no_path_is_read_in_two_ways(proxy: &Fronting, bob: &Browser) {
    let cookies =
        bob.cookies(WIKI).iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>();
    let cookie = format!("Cookie: {}\r\n", cookies.join("; "));
    for target in [
        "/public/../admin/a",
        "/public/%2e%2e/admin/a",
        "/public/..%2fadmin/a",
        "/public%2f..%2fadmin/a",
        "/public/..;/admin/a",
        "/public/..\\admin/a",
        "/public/%5c..%5cadmin/a",
        "/public/.//../admin/a",
        "/public/%252e%252e/admin/a",
        "//admin/a",
        "/admin//a",
        "/./admin/a",
        "/admin;x=1/a",
        "/%61dmin/a",
        "/%2561dmin/a",
        "/admin%2fa",
        "/admin/%00a",
        "/public/a#/../../admin/a",
        "/public/a%23/../../admin/a",
        "/public/a?/../../admin/a#",
        "/.vestibule/../admin/a",
        "/.vestibule/%2e%2e/admin/a",
        "/.vestibule/..%2fadmin/a",
        "/.vestibule/..;/admin/a",
        "/.vestibule//../../admin/a",
        "/.vestibule",
        "/%2evestibule/a",
        "/public/../.vestibule/../admin/a",
        "https://wiki.example.com/admin/a",
        "http://wiki.example.com/public/../admin/a",
        "https://login.example.com/admin/a",
        "https://evil.example/public/a",
        "admin/a",
        "*",
    ] {
        for cookie in ["", &cookie] {
            let request =
                format!("GET {target} HTTP/1.1\r\nHost: wiki.example.com\r\n{cookie}Connection: close\r\n\r\n");
            assert_harmless(&proxy.ask(request).await, target);
        }
    }
    for head in [
        "GET /public/a HTTP/1.1\r\nHost: wiki.example.com\r\nHost: evil.example\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: WIKI.example.com.\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: wiki.example.com:1\r\nX-Forwarded-Uri: /public/a\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: wiki.example.com\r\nX-Forwarded-Uri: /public/a\r\nX-Forwarded-Method: GET\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: wiki.example.com\r\nX-Original-URL: https://wiki.example.com/public/a\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: wiki.example.com\r\nX-Original-URI: /public/a\r\nX-Rewrite-URL: /public/a\r\n",
        "GET /admin/a HTTP/1.1\r\nHost: wiki.example.com\r\nX-HTTP-Method-Override: OPTIONS\r\n",
        "GET /admin/a HTTP/1.0\r\nX-Forwarded-Host: evil.example\r\n",
        "get /admin/a HTTP/1.1\r\nHost: wiki.example.com\r\n",
    ] {
        assert_harmless(&proxy.ask(format!("{head}{cookie}Connection: close\r\n\r\n")).await, head);
    }
}

/// An answer that is not the application's, or that of a path which everybody but admins may see in every reading.
fn assert_harmless(answer: &crate::kit::raw::Answer, asked: &str) {
    let seen = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
    let Some(target) = seen["target"].as_str() else {
        return;
    };
    let path = target.split(['?', '#']).next().unwrap_or_default().to_lowercase();
    assert!(!path.contains("admin") && !path.contains("..") && !path.contains("vestibule"), "{asked}: {target}");
    assert!(!path.contains("%2e") && !path.contains("%2f") && !path.contains("%5c"), "{asked}: {target}");
}

/// What says that more is asked for than the path: Vestibule hears of it, or the application does not.
async fn no_header_asks_for_more(proxy: &Fronting, bob: &Browser) {
    let cookies =
        bob.cookies(WIKI).iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>();
    for (line, asks) in [
        ("MOVE /notes", "Destination: /admin/x"),
        ("COPY /notes", "Destination: https://wiki.example.com/admin/x"),
        ("DELETE /", "X-None: 1"),
        ("POST /", "X-HTTP-Method-Override: DELETE"),
        ("POST /", "X-HTTP-Method: delete"),
        ("POST /", "X-Method-Override: DELETE"),
        ("POST /", "X.HTTP.Method.Override: DELETE"),
        ("POST /", "X_HTTP_Method_Override: DELETE"),
        ("POST /?_method=DELETE", "X-None: 1"),
    ] {
        let request = format!(
            "{line} HTTP/1.1\r\nHost: wiki.example.com\r\nCookie: {}\r\n{asks}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            cookies.join("; ")
        );
        let answer = proxy.ask(request).await;
        let seen = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
        let arrived = seen["headers"].to_string().to_lowercase();
        let harmless = line == "POST /" && !arrived.contains("delete");
        assert!(seen["target"].is_null() || harmless, "{line} {asks}: {seen}");
    }
    // What asks for nothing more arrives.
    let request = format!(
        "MOVE /notes HTTP/1.1\r\nHost: wiki.example.com\r\nCookie: {}\r\nDestination: /other\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
        cookies.join("; ")
    );
    let answer = proxy.ask(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn sockets_are_for_pages_of_the_same_host(proxy: &Fronting, bob: &Browser) {
    let cookies =
        bob.cookies(WIKI).iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>();
    let ask = async |origin: &str| {
        let request = format!(
            "GET /socket HTTP/1.1\r\nHost: wiki.example.com\r\nCookie: {}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            cookies.join("; ")
        );
        proxy.begin(request).await
    };
    assert_eq!(ask("https://evil.example.com").await.0.status, 403);
    assert_eq!(ask("null").await.0.status, 403);
    let (own, mut socket) = ask(WIKI).await;
    assert_eq!(own.status, 101, "{own:?}");
    socket.write_all(b"hello").await.expect("a socket");
    let mut echo = [0; 5];
    socket.read_exact(&mut echo).await.expect("an echo");
    assert_eq!(&echo, b"hello");
}

async fn the_endpoints_are_for_proxies(world: &World, proxy: &Fronting) {
    let before = world.upstream.hits();
    for endpoint in ["/auth/nginx", "/auth/nginx/page", "/auth/forward", "/auth/forward/x"] {
        let request = Request::get(format!("https://login.example.com{endpoint}"))
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "wiki.example.com")
            .header("x-forwarded-uri", "/public/a")
            .header("x-forwarded-method", "GET")
            .header("x-original-url", "https://wiki.example.com/public/a")
            .header("x-original-method", "GET");
        let page = proxy.browser().send(request.body(Bytes::new()).expect("a request")).await;
        assert!(page.headers.get("remote-user").is_none() && page.status == 404, "{endpoint}: {}", page.status);
    }
    assert_ne!(proxy.browser().fetch(&url("/.vestibule/auth")).await.status, 200);
    assert_eq!(world.upstream.hits(), before);
}

async fn signing_out_ends_it(world: &World, bob: &Browser) {
    let from = WIKI.parse().expect("a URL");
    let page = bob.submit(&from, &url("/.vestibule/sign-out"), &[]).await;
    assert_eq!(page.status, 303);
    let before = world.upstream.hits();
    assert_eq!(bob.fetch(&url("/notes")).await.status, 401);
    let page = bob.navigate(&url("/notes")).await;
    assert!(page.location().expect("a redirect").as_str().starts_with("https://login.example.com/login?request="));
    assert_eq!(world.upstream.hits(), before);
}
