//! Telling a person who navigates from a program that fetches, and where to go from one door to another.

use http::header::ACCEPT;
use http::{HeaderMap, Method};

use crate::identity::{Catalogue, Idp};

/// Whether this request is a top-level navigation, the only thing that starts a sign-in: GET with
/// `Sec-Fetch-Mode: navigate` and `Sec-Fetch-Dest: document` (Fetch Metadata), or, where the browser sends neither
/// (plain http), an `Accept` that prefers HTML.
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if method != Method::GET || headers.contains_key(http::header::UPGRADE) {
        return false;
    }
    match (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) {
        (None, None) => prefers_html(headers),
        (mode, dest) => mode.is_some_and(|mode| mode == "navigate") && dest.is_some_and(|dest| dest == "document"),
    }
}

/// Whether `Accept` names `text/html` with a weight no smaller than JSON's (RFC 9110 12.5.1). `*/*` alone prefers
/// nothing: it is what programs send.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let mut html: Option<u16> = None;
    let mut json: Option<u16> = None;
    let ranges =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        match kind.as_str() {
            "text/html" | "application/xhtml+xml" => html = html.max(Some(weight)),
            "application/json" | "application/problem+json" => json = json.max(Some(weight)),
            _ => {}
        }
    }
    html.is_some_and(|weight| weight > 0 && Some(weight) >= json)
}

/// A weight in thousandths; what is no weight counts as none.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u16>(), fraction.parse::<u16>()) {
        (Ok(0), Ok(fraction)) => fraction,
        (Ok(1), Ok(_)) => 1000,
        _ => 0,
    }
}

/// Where the console has the page of an IdP: an organization's own stands below that organization.
pub fn idp_page(catalogue: &Catalogue, idp: &Idp) -> String {
    let id = &idp.spec.id;
    match idp.owner.and_then(|owner| catalogue.organization(owner)) {
        Some(owner) => format!("/console/organizations/{}/idps/{id}", owner.id),
        None => format!("/console/idps/{id}"),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_a_top_level_navigation_starts_a_sign_in() {
        const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (method, pairs, expected) in [
            (Method::GET, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")][..], true),
            (Method::GET, &[("accept", PAGE)], true),
            (Method::GET, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), ("accept", PAGE)], false),
            (Method::GET, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", PAGE)], false),
            (Method::GET, &[("sec-fetch-mode", "navigate"), ("accept", PAGE)], false),
            (Method::GET, &[("accept", PAGE), ("upgrade", "websocket")], false),
            (Method::POST, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")], false),
            (Method::GET, &[("accept", "*/*")], false),
            (Method::GET, &[], false),
            (Method::GET, &[("accept", "application/json, text/html;q=0.5")], false),
            (Method::GET, &[("accept", "text/html;q=0")], false),
        ] {
            assert_eq!(is_navigation(&method, &headers(pairs)), expected, "{method} {pairs:?}");
        }
    }
}
