use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

async fn get_page(router: Router, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn assertion(claims: &str) -> String {
    format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#), URL_SAFE_NO_PAD.encode(claims))
}

#[tokio::test]
async fn a_page_shows_who_it_was_told() {
    let jwt = assertion(r#"{"aud":"wiki","sub":"u-1"}"#);
    let headers = [
        ("remote-user", "alice"),
        ("remote-groups", "Admin,Member"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-vestibule-assertion", jwt.as_str()),
    ];
    for (router, path) in [(wiki(), "/"), (wiki(), "/admin/settings"), (control_room(), "/")] {
        let (status, page) = get_page(router, path, &headers).await;
        assert_eq!(status, StatusCode::OK);
        for shown in ["sees you as <mark>alice</mark>", "Admin,Member", "&quot;aud&quot;: &quot;wiki&quot;"] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        assert!(page.contains("action=\"/.vestibule/sign-out\"") && page.contains("No Vestibule cookie arrived"));
        assert!(!page.contains("192.0.2.1"), "{page}");
    }
}

#[tokio::test]
async fn a_stranger_is_a_stranger() {
    let (status, page) = get_page(wiki(), "/public/welcome", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("does not know who you are") && !page.contains("sign-out"), "{page}");
    assert_eq!(get_page(wiki(), "/nothing", &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(get_page(control_room(), "/nothing", &[]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn everything_from_outside_is_escaped() {
    let hostile = "<script>\"'&";
    let jwt = assertion(r#"{"preferred_username":"<script>\"'&"}"#);
    let cookie = "a=b; <script>vestibule=1";
    for headers in [
        vec![("remote-user", hostile), ("remote-name", hostile), ("cookie", cookie)],
        vec![("x-vestibule-assertion", jwt.as_str())],
        vec![("x-vestibule-assertion", hostile)],
    ] {
        let (_, page) = get_page(wiki(), "/", &headers).await;
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }
}

#[tokio::test]
async fn a_cookie_that_should_not_be_here_is_pointed_out() {
    for cookie in ["__Host-vestibule=x", "theme=dark; Vestibule-4f=x"] {
        let (_, page) = get_page(wiki(), "/", &[(header::COOKIE.as_str(), cookie)]).await;
        assert!(page.contains("class=\"bad\""), "{page}");
    }
    let (_, page) = get_page(wiki(), "/", &[(header::COOKIE.as_str(), "theme=vestibule")]).await;
    assert!(page.contains("class=\"good\""), "{page}");
}
