//! The browser itself: what it gets wrong, no other test would notice.

use std::convert::Infallible;

use http::header::SET_COOKIE;
use hyper::service::service_fn;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

/// A server that answers with the request's headers as JSON and sets the cookies asked for by `?set=…`.
async fn mirror() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(|request: Request<hyper::body::Incoming>| async move {
                let header = |(name, value): (&HeaderName, &HeaderValue)| {
                    (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes())))
                };
                let seen: serde_json::Map<String, Value> = request.headers().iter().map(header).collect();
                let mut response = http::Response::new(Full::new(Bytes::from(json!(seen).to_string())));
                response
                    .headers_mut()
                    .insert("x-method", HeaderValue::from_str(request.method().as_str()).expect("a name"));
                let query = request.uri().query().unwrap_or_default().to_owned();
                for (_, cookie) in url::form_urlencoded::parse(query.as_bytes()) {
                    response.headers_mut().append(SET_COOKIE, header_value(&cookie));
                }
                Ok::<_, Infallible>(response)
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a header value")
}

fn setting(base: &str, cookies: &[&str]) -> String {
    let pairs = cookies.iter().map(|cookie| ("set", *cookie));
    format!("{base}?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn names(browser: &Browser, url: &str) -> Vec<String> {
    browser.cookies(url).into_iter().map(|cookie| cookie.name).collect()
}

#[tokio::test]
async fn cookies_go_where_they_belong() {
    let address = mirror().await;
    let browser = Browser::new().route("login.example.com", address);
    let base = "https://login.example.com/login/a";
    let cookies = [
        "a=1",
        "b=2; Path=/",
        "c=3; Path=/; Secure; Max-Age=60",
        "__Host-d=4; Path=/; Secure",
        "e=5; Domain=example.com",
    ];
    browser.navigate(&setting(base, &cookies)).await;
    assert_eq!(names(&browser, "https://login.example.com/login/b"), ["a", "e", "b", "c", "__Host-d"]);
    assert_eq!(names(&browser, "https://login.example.com:8443/"), ["b", "c", "__Host-d"]);
    assert_eq!(names(&browser, "http://login.example.com/"), ["b"]);
    assert_eq!(names(&browser, "https://wiki.example.com/login/b"), ["e"]);
    let seen = browser.navigate("https://login.example.com/").await.json();
    assert_eq!(seen["cookie"], "b=2; c=3; __Host-d=4");
    assert_eq!(seen["host"], "login.example.com");

    browser.pass(Duration::from_secs(61));
    assert_eq!(names(&browser, "https://login.example.com/"), ["b", "__Host-d"]);
    browser.set_cookie(base, "b=; Path=/; Max-Age=0");
    // A deletion without what the prefix demands is refused, as real browsers do.
    browser.set_cookie(base, "__Host-d=; Path=/; Max-Age=0");
    assert_eq!(names(&browser, "https://login.example.com/"), ["__Host-d"]);
    browser.clear_cookies();
    assert!(names(&browser, base).is_empty());
}

#[tokio::test]
async fn cookies_that_a_browser_refuses_are_refused() {
    let browser = Browser::new();
    let plain = "http://login.localhost:8080/";
    for refused in ["a=1; Secure", "__Host-a=1; Path=/", "__Secure-a=1", "a=1; Domain=wiki.localhost"] {
        browser.set_cookie(plain, refused);
    }
    for refused in
        ["__Host-a=1; Path=/x; Secure", "__Host-a=1; Secure", "__Host-a=1; Secure; Path=/; Domain=a.example.com"]
    {
        browser.set_cookie("https://a.example.com/", refused);
    }
    assert!(names(&browser, plain).is_empty() && names(&browser, "https://a.example.com/").is_empty());
}

#[tokio::test]
async fn each_kind_of_request_has_its_headers() {
    let port = mirror().await.port();
    let (browser, url) = (Browser::new(), format!("http://wiki.localhost:{port}/page"));
    let page = browser.navigate(&url).await;
    let seen = page.json();
    assert_eq!((&seen["sec-fetch-mode"], &seen["sec-fetch-dest"]), (&json!("navigate"), &json!("document")));
    assert_eq!(seen["host"], format!("wiki.localhost:{port}"));
    assert_eq!(page.header("x-method"), Some("GET"));
    assert_eq!(browser.fetch(&url).await.json()["sec-fetch-mode"], "cors");
    let posted = browser.submit(&page.url, &url, &[("a", "b c")]).await;
    assert_eq!(posted.header("x-method"), Some("POST"));
    let seen = posted.json();
    assert_eq!(seen["origin"], format!("http://wiki.localhost:{port}"));
    assert_eq!(seen["sec-fetch-site"], "same-origin");
}
