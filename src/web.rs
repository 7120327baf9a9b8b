//! What every HTTP door shares: who is asking (a person navigating, or a program), pages and problems with the right
//! headers, redirects, and the check that an unsafe request came from our own page.

mod attention;
mod evaluations;
mod failure;
mod form;
mod navigation;
mod problem;
mod sign_in;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub use crate::pages::Assets;
pub use attention::{Notices, Troubles};
pub use evaluations::{Evaluations, NoAnswer};
pub use failure::{Cause, Failure, Form};
pub use form::Fields;
pub use navigation::{idp_page, is_navigation, prefers_html};
pub use problem::Problem;
pub use sign_in::SignInWish;
pub use tokens::{TokenWish, to_the_minute, token_life, token_lives, token_section};

use crate::base::cookies::CookieNames;
use crate::base::{Ambient, Pace, Token, TokenHash};
use crate::identity::{Actor, PublicUrl};
use crate::pages::{Account, Asset, Frame, PageError, Pages};
use crate::session::Principal;

/// The body and headers of every answer of our own.
#[derive(Debug)]
pub struct Web {
    /// The pages.
    pub pages: Arc<Pages>,
    /// Where browsers find us.
    pub public_url: PublicUrl,
    /// The names of our cookies.
    pub cookies: CookieNames,
    /// Time and chance.
    pub ambient: Ambient,
    /// Shown on every page, when set.
    pub notice: Option<String>,
    /// How often each admin may have us connect to where they say: an upstream or a provider that is tried out.
    pub errands: Pace<Actor>,
    /// What policies would decide, for admins who try them out.
    pub trials: Evaluations,
}

/// Errands of one admin at once, after a pause, and how often one on average: a day of trying things out by hand, and no
/// scan of a network.
const ERRANDS: u32 = 30;
const ERRAND: Duration = Duration::from_secs(2);

const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (
        http::header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'",
    ),
    (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (http::header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    (http::header::REFERRER_POLICY, "same-origin"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

impl Web {
    /// The answers of the server at `public_url`.
    pub fn new(public_url: PublicUrl, notice: Option<String>, ambient: Ambient) -> Self {
        let port = public_url.port().unwrap_or(if public_url.is_https() { 443 } else { 80 });
        let cookies = CookieNames::new(public_url.is_https(), &format!("{}:{port}", public_url.host()));
        let errands = Pace::new(ambient.clone(), ERRAND, ERRANDS);
        Self { pages: Arc::default(), public_url, cookies, ambient, notice, errands, trials: Evaluations::default() }
    }

    /// What stands around a page on that host.
    pub fn frame(&self, assets: Assets) -> Frame {
        Frame { assets, notice: self.notice.clone() }
    }

    /// The session tokens that this browser sends, each to be tried: over plain http another server on the same host
    /// may have left one of the same name. More than a few are nobody's honest doing.
    pub fn session_tokens<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = Token> + 'a {
        self.tokens(headers, SESSION_COOKIE)
    }

    /// The same of sessions that a login link opened.
    pub fn break_glass_tokens<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = Token> + 'a {
        self.tokens(headers, BREAK_GLASS_COOKIE)
    }

    fn tokens<'a>(&'a self, headers: &'a HeaderMap, what: &'static str) -> impl Iterator<Item = Token> + 'a {
        const MAX_CANDIDATES: usize = 4;
        self.cookies.values(headers, what).filter_map(|value| value.parse().ok()).take(MAX_CANDIDATES)
    }
}

/// Who is signed in, as pages show it.
pub fn account(principal: &Principal) -> Account {
    Account {
        name: principal.name().to_owned(),
        username: principal.profile.username().to_owned(),
        email: principal.profile.email().map(str::to_owned),
        provider: principal.holdings.provider.to_string(),
    }
}

/// What our cookie with a session's token on one host holds.
pub const SESSION_COOKIE: &str = "session";

/// What our cookie with the token of a session holds that a login link opened.
pub const BREAK_GLASS_COOKIE: &str = "break-glass";

/// A page, with the headers that keep it ours: no scripts, no frames, no cache.
pub fn html(status: StatusCode, page: Result<String, PageError>) -> Response {
    match page {
        Ok(page) => answer(status, "text/html; charset=utf-8", page.into()),
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", Body::from("This page cannot be shown."))
        }
    }
}

/// A stylesheet or image of ours: the one thing of ours that a browser may keep. Its address changes with its bytes.
pub fn asset(asset: Asset, headers: &HeaderMap) -> Response {
    let Ok(etag) = HeaderValue::from_str(&asset.etag) else {
        return answer(StatusCode::NOT_FOUND, "text/plain", Body::empty());
    };
    let known = headers.get(http::header::IF_NONE_MATCH) == Some(&etag);
    let mut response = if known {
        answer(StatusCode::NOT_MODIFIED, asset.content_type, Body::empty())
    } else {
        answer(StatusCode::OK, asset.content_type, Body::from(asset.bytes))
    };
    response.headers_mut().insert(http::header::ETAG, etag);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// An answer of our own of any type, with the headers that keep it ours.
pub fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Sends the browser on with a GET (RFC 9110 15.4.4). A target that is no header value becomes a plain failure.
pub fn see_other(target: &str) -> Response {
    let Ok(location) = HeaderValue::from_bytes(target.as_bytes()) else {
        return answer(StatusCode::BAD_REQUEST, "text/plain", Body::from("not an address"));
    };
    let mut response = answer(StatusCode::SEE_OTHER, "text/plain", Body::empty());
    response.headers_mut().insert(LOCATION, location);
    response
}

/// `response` with one more `Set-Cookie`.
pub fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(http::header::SET_COOKIE, cookie);
    response
}

/// Whether a state-changing request comes from a page of `origin` itself, and says so: browsers send `Origin` with every
/// form. Applications share a site with us, so nothing less than the exact origin will do.
///
/// The form of a page whose policy is to send no referrer has `Origin: null` (Fetch, 3.2). Many applications set that
/// policy; then the browser's own word on where the form stood must do. For a sandboxed page it is `cross-site`.
pub fn is_same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let vouched = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    let from = |value: &HeaderValue| value == origin || (value == "null" && vouched);
    headers.contains_key(ORIGIN)
        && headers.get_all(ORIGIN).iter().all(from)
        && sites.all(|site| site == "same-origin" || site == "none")
}

/// The token that a form of the session `token` carries: proof that the form was made by us for this session.
pub fn form_token(token: &Token) -> String {
    TokenHash::of(format!("form of {}", token.expose()).as_bytes()).to_string()
}

/// Whether `presented` is the form token of the session `token`.
pub fn is_form_token(token: &Token, presented: &str) -> bool {
    presented
        .parse::<TokenHash>()
        .is_ok_and(|presented| presented == TokenHash::of(format!("form of {}", token.expose()).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_the_exact_origin_changes_state() {
        let ours = "https://wiki.example.com";
        for (pairs, expected) in [
            (&[("origin", "https://wiki.example.com")][..], true),
            (&[("origin", "https://wiki.example.com"), ("sec-fetch-site", "same-origin")], true),
            (&[], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("origin", "https://evil.example.com")], false),
            (&[("origin", "http://wiki.example.com")], false),
            (&[("origin", "null")], false),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], true),
            (&[("origin", "null"), ("sec-fetch-site", "none")], false),
            (&[("origin", "null"), ("sec-fetch-site", "same-site")], false),
            (&[("origin", "null"), ("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://evil.example.com"), ("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://wiki.example.com"), ("sec-fetch-site", "same-site")], false),
        ] {
            assert_eq!(is_same_origin(&headers(pairs), ours), expected, "{pairs:?}");
        }
    }

    #[test]
    fn form_tokens_fit_their_session_alone() {
        let (one, other) = (Token::new([1; 32]), Token::new([2; 32]));
        assert!(is_form_token(&one, &form_token(&one)));
        assert!(!is_form_token(&other, &form_token(&one)));
        assert!(!is_form_token(&one, ""));
    }
}
