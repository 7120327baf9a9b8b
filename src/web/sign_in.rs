//! How a browser is sent from an application's host to the sign-in host.

use axum::response::Response;
use http::HeaderMap;
use url::form_urlencoded;

use super::{Cause, Web, see_other, with_cookie};
use crate::base::Token;
use crate::base::cookies::MAX_FORGOTTEN;
use crate::identity::Host;
use crate::pages::Assets;
use crate::session::{HandoffKeys, HandoffRequest};

/// What our cookies with a host's verifiers hold: this, and some of the verifier's hash.
const VERIFIER_COOKIE: &str = "handoff-";
/// The verifier outlives the request it belongs to: after a sign-in that failed the request is sent on anew.
const VERIFIER_LIFETIME: std::time::Duration = std::time::Duration::from_secs(3600);
/// Verifiers of one browser on one host. Tabs share one but for those that are opened at once: as many pages as a
/// browser restores side by side.
const MAX_VERIFIERS: usize = 8;
/// Longest `login_hint` passed on.
const MAX_LOGIN_HINT: usize = 256;

/// How the person wants to sign in.
#[derive(Clone, Debug, Default)]
pub struct SignInWish {
    /// As someone else: the session at the sign-in host does not count, and the provider asks again.
    pub as_someone_else: bool,
    /// Who they say they are; passed on to the provider.
    pub login_hint: Option<String>,
}

impl SignInWish {
    /// `login_hint` if it is one: of sensible length, without control characters.
    pub fn hinted(mut self, hint: Option<&str>) -> Self {
        let fits = |hint: &&str| !hint.is_empty() && hint.len() <= MAX_LOGIN_HINT && !hint.contains(char::is_control);
        self.login_hint = hint.filter(fits).map(str::to_owned);
        self
    }

    fn append_to(&self, query: &mut form_urlencoded::Serializer<'_, String>) {
        if self.as_someone_else {
            query.append_pair("again", "1");
        }
        if let Some(hint) = &self.login_hint {
            query.append_pair("login_hint", hint);
        }
    }

    /// The sign-in host's path for this wish: the chooser's, or with `idp` the way straight there.
    pub fn path(&self, idp: Option<&str>, sealed_request: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(request) = sealed_request {
            query.append_pair("request", request);
        }
        self.append_to(&mut query);
        let query = query.finish();
        let path = idp.map_or_else(|| "/login".to_owned(), |idp| format!("/login/{idp}"));
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

impl Web {
    /// The verifiers that this browser holds on this host. Tabs share one, so that each can come back; tabs that are
    /// opened at once, before any has its answer, are given one each, and none may take another's place.
    pub fn verifiers(&self, headers: &HeaderMap) -> Vec<Token> {
        let held = self.cookies.held(headers).filter(|(what, _)| what.starts_with(VERIFIER_COOKIE));
        held.filter_map(|(_, value)| value.parse().ok()).collect()
    }

    /// Sends the browser to the sign-in host, to come back to `return_path` on `host` with a session. Nothing is
    /// stored: the request travels sealed, the verifier stays in the browser.
    pub fn send_to_sign_in(
        &self,
        keys: &HandoffKeys,
        host: &Host,
        return_path: &str,
        wish: &SignInWish,
        headers: &HeaderMap,
    ) -> Response {
        let verifier = self.verifiers(headers).into_iter().next().unwrap_or_else(|| self.ambient.token());
        let request = HandoffRequest::new(host.clone(), return_path, &verifier, self.ambient.now());
        self.send_request(keys, &request, &verifier, wish, headers)
    }

    /// Sends the browser to the sign-in host with `request`, leaving `verifier` in it.
    pub fn send_request(
        &self,
        keys: &HandoffKeys,
        request: &HandoffRequest,
        verifier: &Token,
        wish: &SignInWish,
        headers: &HeaderMap,
    ) -> Response {
        let Some(sealed) = keys.seal(request) else {
            return self.refuse(Cause::Unavailable, headers, Assets::Application);
        };
        let target = format!("{}{}", self.public_url, wish.path(None, Some(&sealed)));
        let name = format!("{VERIFIER_COOKIE}{}", &verifier.hash().to_string()[..16]);
        let cookie = self.cookies.set(&name, &verifier.expose(), Some(VERIFIER_LIFETIME));
        let excess = self.excess_verifiers(headers, &name).into_iter();
        excess.map(|what| self.cookies.expire(what)).fold(with_cookie(see_other(&target), cookie), with_cookie)
    }

    /// The verifiers to forget beside that of the cookie `own`: the oldest, which browsers send first (RFC 6265 5.4).
    fn excess_verifiers<'a>(&self, headers: &'a HeaderMap, own: &str) -> Vec<&'a str> {
        let held = self.cookies.held(headers).map(|(what, _)| what);
        let others: Vec<&str> = held.filter(|what| what.starts_with(VERIFIER_COOKIE) && *what != own).collect();
        let excess = (others.len() + 1).saturating_sub(MAX_VERIFIERS);
        others.into_iter().take(excess.min(MAX_FORGOTTEN)).collect()
    }
}
