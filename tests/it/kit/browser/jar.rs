//! Cookies as RFC 6265bis has them, without SameSite: ports do not matter, hosts, paths, `Secure` and prefixes do.

use std::time::Duration;

use url::Url;
use vestibule::base::Timestamp;

/// A cookie that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub host: String,
    pub path: String,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<String>,
    /// Whether it goes to hosts below `host` as well (it had a `Domain`).
    pub spreads: bool,
    pub expires: Option<Timestamp>,
}

/// The jar.
#[derive(Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes, replaces or deletes by one `Set-Cookie`; refuses what a browser would.
    pub(super) fn set(&mut self, url: &Url, set_cookie: &str, now: Timestamp) {
        let Some(cookie) = parse(url, set_cookie, now) else { return };
        self.0.retain(|old| (&old.name, &old.host, &old.path) != (&cookie.name, &cookie.host, &cookie.path));
        if cookie.expires.is_none_or(|expires| expires > now) {
            self.0.push(cookie);
        }
    }

    pub(super) fn forget(&mut self, host: &str) {
        self.0.retain(|cookie| cookie.host != host);
    }

    pub(super) fn matching(&self, url: &Url, now: Timestamp) -> Vec<Cookie> {
        let host = url.host_str().unwrap_or_default();
        let fits = |cookie: &&Cookie| {
            (cookie.host == host || cookie.spreads && host.ends_with(&format!(".{}", cookie.host)))
                && path_matches(url.path(), &cookie.path)
                && (!cookie.secure || url.scheme() == "https")
                && cookie.expires.is_none_or(|expires| expires > now)
        };
        let mut found: Vec<Cookie> = self.0.iter().filter(fits).cloned().collect();
        found.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        found
    }

    pub(super) fn header_for(&self, url: &Url, now: Timestamp) -> Option<String> {
        let pairs: Vec<String> =
            self.matching(url, now).iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

fn parse(url: &Url, text: &str, now: Timestamp) -> Option<Cookie> {
    let mut parts = text.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let host = url.host_str()?;
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        host: host.to_owned(),
        path: default_path(url.path()),
        secure: false,
        http_only: false,
        same_site: None,
        spreads: false,
        expires: None,
    };
    let mut max_age = None;
    let mut whole_host = false;
    for attribute in parts {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "secure" => cookie.secure = true,
            "httponly" => cookie.http_only = true,
            "samesite" => cookie.same_site = Some(value.to_owned()),
            "path" if value.starts_with('/') => {
                cookie.path = value.to_owned();
                whole_host = value == "/";
            }
            "max-age" => max_age = value.parse::<i64>().ok(),
            // The only dates that servers of ours send are in the past, to delete.
            "expires" if value.contains(" 1970 ") => cookie.expires = Some(Timestamp::from_secs(0)),
            "domain" if !value.is_empty() => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                if domain != host && !host.ends_with(&format!(".{domain}")) {
                    return None;
                }
                cookie.host = domain;
                cookie.spreads = true;
            }
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        let expires = u64::try_from(seconds).map_or(Timestamp::from_secs(0), |age| now.plus(Duration::from_secs(age)));
        cookie.expires = Some(expires);
    }
    allowed(&cookie, url, whole_host).then_some(cookie)
}

fn allowed(cookie: &Cookie, url: &Url, whole_host: bool) -> bool {
    if cookie.secure && url.scheme() != "https" {
        return false;
    }
    if cookie.name.starts_with("__Host-") {
        return cookie.secure && whole_host && !cookie.spreads;
    }
    !cookie.name.starts_with("__Secure-") || cookie.secure
}

fn default_path(path: &str) -> String {
    match path.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

fn path_matches(path: &str, cookie: &str) -> bool {
    path == cookie || path.strip_prefix(cookie).is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}
