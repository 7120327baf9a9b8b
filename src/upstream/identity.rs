//! Telling an upstream who its user is: the headers of the application's preset, and the signed assertion.

use std::fmt::Write as _;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::assertion::{Assertions, Claims, SigningFailed, Subject};
use crate::base::{QuickHasher, Table, Timestamp};
use crate::decision::{Evidence, Identity, Permit, Route};
use crate::identity::{ApplicationKey, HeaderPreset, RoleName};

use super::name;

/// The header that carries the signed assertion.
pub const ASSERTION_HEADER: HeaderName = name("x-vestibule-assertion");

/// Most users' prepared headers kept: one set per session and application in use within the last minutes, at one to two
/// kilobytes.
const MAX_KEPT: usize = 200_000;

/// The names of each preset's headers: user, groups, e-mail, and the name people go by or once more the user.
static REMOTE: [HeaderName; 4] =
    [name("remote-user"), name("remote-groups"), name("remote-email"), name("remote-name")];
static X_FORWARDED: [HeaderName; 4] = [
    name("x-forwarded-user"),
    name("x-forwarded-groups"),
    name("x-forwarded-email"),
    name("x-forwarded-preferred-username"),
];
static X_AUTH_REQUEST: [HeaderName; 4] = [
    name("x-auth-request-user"),
    name("x-auth-request-groups"),
    name("x-auth-request-email"),
    name("x-auth-request-preferred-username"),
];

/// What prepared headers hang on: they are prepared anew as soon as any of this differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct PreparedFor {
    evidence: Evidence,
    application: ApplicationKey,
    /// The principal's generation.
    generation: u64,
    /// The version of the catalogue that role names were read from.
    version: i64,
}

/// Everything an upstream is told of a user. All values lie in one piece of memory: after thousands of others have asked
/// it is far away, and each piece would have to be fetched.
struct Prepared {
    /// The values of the preset's headers, as far as there is something to tell.
    values: Box<[Option<HeaderValue>]>,
    assertion: HeaderValue,
    /// When the assertion among them is to be signed anew.
    renew_at: Timestamp,
}

/// Prepares identity headers once per session and application.
pub(super) struct Identities {
    assertions: Arc<Assertions>,
    kept: Table<PreparedFor, Arc<Prepared>, BuildHasherDefault<QuickHasher>>,
}

impl Identities {
    pub(super) fn new(assertions: Arc<Assertions>) -> Self {
        Self { assertions, kept: Table::new(MAX_KEPT) }
    }

    /// Adds the identity of a permit, if it has one.
    pub(super) fn add(&self, headers: &mut HeaderMap, permit: &Permit) -> Result<(), SigningFailed> {
        let Some(identity) = permit.identity() else {
            return Ok(());
        };
        let route = permit.route();
        let key = PreparedFor {
            evidence: identity.principal().evidence,
            application: route.key(),
            generation: identity.principal().generation,
            version: route.version(),
        };
        let prepared = match self.kept.get(&key).filter(|prepared| self.assertions.now() < prepared.renew_at) {
            Some(prepared) => prepared,
            None => self.prepare(key, route, identity)?,
        };
        for (name, value) in names(route.spec().headers).iter().zip(&prepared.values) {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(ASSERTION_HEADER, prepared.assertion.clone());
        Ok(())
    }

    /// As [`Identities::add`], with every header that it may add: empty where there is nothing to tell. Then each of
    /// them takes the place of what a client sent.
    pub(super) fn add_all(&self, headers: &mut HeaderMap, permit: &Permit) -> Result<(), SigningFailed> {
        for blank in names(permit.route().spec().headers) {
            headers.insert(blank, HeaderValue::from_static(""));
        }
        headers.insert(ASSERTION_HEADER, HeaderValue::from_static(""));
        self.add(headers, permit)
    }

    /// Forgets what would have to be prepared anew anyway.
    pub(super) async fn sweep(&self) {
        let now = self.assertions.now();
        self.kept.retain(|_, prepared| now < prepared.renew_at).await;
    }

    /// Adds what [`Identities::add`] would, but for the assertion, which is told instead.
    pub(super) fn sample(&self, headers: &mut HeaderMap, permit: &Permit) -> Option<Claims> {
        let identity = permit.identity()?;
        let route = permit.route();
        let preset = route.spec().headers;
        for (name, text) in names(preset).iter().zip(texts(preset, identity)) {
            if let Some(text) = text {
                headers.insert(name, super::headers::value(&text));
            }
        }
        Some(self.assertions.claims(&subject(route, identity)))
    }

    fn prepare(&self, key: PreparedFor, route: &Route, identity: &Identity) -> Result<Arc<Prepared>, SigningFailed> {
        let preset = route.spec().headers;
        let texts = texts(preset, identity);
        let texts = &texts[..names(preset).len()];
        let signed = self.assertions.sign(&subject(route, identity))?;
        let whole = texts.iter().flatten().map(String::as_bytes).chain([signed.value.as_bytes()]).collect::<Vec<_>>();
        let mut rest = Bytes::from(whole.concat().into_boxed_slice());
        let values = texts.iter().map(|text| text.as_ref().map(|text| shared(rest.split_to(text.len())))).collect();
        let mut assertion = shared(rest);
        assertion.set_sensitive(signed.value.is_sensitive());
        let prepared = Arc::new(Prepared { values, assertion, renew_at: signed.renew_at });
        self.kept.insert(key, Arc::clone(&prepared));
        Ok(prepared)
    }
}

fn subject<'a>(route: &'a Route, identity: &'a Identity) -> Subject<'a> {
    let principal = identity.principal();
    Subject {
        application: route.application(),
        organization: &route.spec().organization,
        user: principal.user,
        username: &principal.username,
        display_name: principal.display_name.as_deref(),
        email: principal.email.as_deref(),
        groups: identity.groups().collect(),
    }
}

/// The names of a preset's headers.
fn names(preset: HeaderPreset) -> &'static [HeaderName] {
    match preset {
        HeaderPreset::Remote => &REMOTE,
        HeaderPreset::XForwarded => &X_FORWARDED,
        HeaderPreset::XAuthRequest => &X_AUTH_REQUEST,
        HeaderPreset::None => &[],
    }
}

/// What stands behind the names of a preset, where there is something to tell.
fn texts(preset: HeaderPreset, identity: &Identity) -> [Option<String>; 4] {
    let principal = identity.principal();
    let username = Some(principal.username.as_str());
    let groups = identity.groups().map(RoleName::as_str).collect::<Vec<_>>().join(",");
    let last = if preset == HeaderPreset::Remote { principal.display_name.as_deref() } else { username };
    [username, Some(groups.as_str()), principal.email.as_deref(), last].map(|text| text.map(encoded))
}

/// A value of what may stand in one.
fn shared(text: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static(""))
}

/// A text as it may stand in a header value: printable ASCII stands for itself; all else, and `%` so that it can be told,
/// as percent-encoded UTF-8. A space at either end would be lost on the way, so it counts among all else.
fn encoded(text: &str) -> String {
    let last = text.len().saturating_sub(1);
    let mut encoded = String::with_capacity(text.len());
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b' ' if index != 0 && index != last => encoded.push(' '),
            b'!'..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_outside_printable_ascii_is_percent_encoded() {
        for (text, expected) in [
            ("alice", "alice"),
            ("Alice Smith", "Alice Smith"),
            ("Zoë", "Zo%C3%AB"),
            ("100%", "100%25"),
            ("a\r\nRemote-User: root", "a%0D%0ARemote-User: root"),
            (" a ", "%20a%20"),
            ("", ""),
            ("\u{7f}", "%7F"),
        ] {
            assert_eq!(encoded(text), expected, "{text:?}");
        }
    }
}
