//! What an application can read of a request's identity.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use serde_json::Value;

/// Beginnings of the names of headers that speak of identity.
const IDENTITY: [&str; 3] = ["remote-", "x-auth-request-", "x-vestibule-"];
/// The same where the beginning is shared with headers that speak of the way the request took.
const FORWARDED: [&str; 4] =
    ["x-forwarded-user", "x-forwarded-groups", "x-forwarded-email", "x-forwarded-preferred-username"];
/// The header of the signed assertion.
const ASSERTION: &str = "x-vestibule-assertion";
/// The headers an application takes the user's name from, in this order.
const USER: [&str; 5] = [
    "remote-user",
    "x-forwarded-preferred-username",
    "x-forwarded-user",
    "x-auth-request-preferred-username",
    "x-auth-request-user",
];
/// How much of a header's value is shown, in characters.
const MAX_SHOWN: usize = 400;

/// What came along with one request.
#[derive(Debug)]
pub(super) struct Received {
    /// Who the headers, or else the assertion, say it is.
    pub(super) user: Option<String>,
    /// The headers that speak of identity, in the order of their names; values cut to a readable length.
    pub(super) headers: Vec<(String, String)>,
    /// Header and claims of the assertion, as indented JSON. Decoded, not verified.
    pub(super) assertion: Option<String>,
    /// The name of a cookie of Vestibule's that should not be here.
    pub(super) foreign_cookie: Option<String>,
}

impl From<&HeaderMap> for Received {
    fn from(headers: &HeaderMap) -> Self {
        let parts = headers.get(ASSERTION).and_then(|value| decode(value.to_str().ok()?));
        let claimed = parts.as_ref().and_then(|(_, claims)| claims.get("preferred_username")?.as_str());
        let told = USER.iter().find_map(|name| headers.get(*name));
        let user = told.map(|value| text(value.as_bytes())).or_else(|| claimed.map(str::to_owned));
        let mut identity: Vec<(String, String)> = headers
            .iter()
            .filter(|(name, _)| speaks_of_identity(name.as_str()))
            .map(|(name, value)| (name.to_string(), cut(&text(value.as_bytes()))))
            .collect();
        identity.sort();
        Self {
            user,
            headers: identity,
            assertion: parts.map(|(header, claims)| format!("{header:#}\n{claims:#}")),
            foreign_cookie: foreign_cookie(headers),
        }
    }
}

fn speaks_of_identity(name: &str) -> bool {
    FORWARDED.contains(&name) || IDENTITY.iter().any(|start| name.starts_with(start))
}

/// Header and claims of a JWT in compact form (RFC 7515 7.1).
fn decode(jwt: &str) -> Option<(Value, Value)> {
    let mut parts = jwt.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let mut json = || serde_json::from_slice::<Value>(&parts.next()??).ok();
    Some((json()?, json()?))
}

fn foreign_cookie(headers: &HeaderMap) -> Option<String> {
    headers.get_all(header::COOKIE).iter().find_map(|value| {
        let line = text(value.as_bytes());
        let mut names = line.split(';').filter_map(|pair| pair.split('=').next());
        names.find(|name| name.to_ascii_lowercase().contains("vestibule")).map(|name| name.trim().to_owned())
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn cut(value: &str) -> String {
    let mut shown: String = value.chars().take(MAX_SHOWN).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}
