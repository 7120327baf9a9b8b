//! Telling an upstream who its user is: the headers of the application's preset, and the signed assertion. What is dear
//! about them, the signature, is kept for everybody who asked lately; whoever asks again and again finds the headers
//! [`ready`].

mod ready;
mod told;

use std::convert::Infallible;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::assertion::{Assertions, Signature, SigningFailed, Subject};
use crate::base::{Keyed, QuickHasher, Table};
use crate::decision::{Generation, Identity, Permit, Route};
use crate::identity::ApplicationKey;

use super::name;
use ready::Ready;
use told::{Told, names};

/// The header that carries the signed assertion.
pub const ASSERTION_HEADER: HeaderName = name("x-vestibule-assertion");

/// Most signatures kept, of a hundred bytes: one for each session and application in use within the last minutes.
const MAX_SIGNED: usize = 200_000;

/// What all that is told hangs on: it is told anew as soon as any of this differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Whom {
    /// The principal's.
    generation: Generation,
    application: ApplicationKey,
    /// The version of the catalogue that role names were read from.
    version: i64,
}

impl Whom {
    fn of(identity: &Identity, route: &Route) -> Self {
        Self { generation: identity.principal().generation, application: route.key(), version: route.version() }
    }
}

struct Signed {
    whom: Whom,
    signature: Signature,
}

impl Keyed for Signed {
    type Key = Whom;

    fn key(&self) -> &Whom {
        &self.whom
    }
}

/// Tells upstreams who their users are.
pub(super) struct Identities {
    assertions: Arc<Assertions>,
    signed: Table<Signed, BuildHasherDefault<QuickHasher>>,
    ready: Ready,
}

impl Identities {
    pub(super) fn new(assertions: Arc<Assertions>) -> Self {
        Self { assertions, signed: Table::new(MAX_SIGNED), ready: Ready::default() }
    }

    /// Adds the identity of a permit, if it has one.
    pub(super) fn add(&self, headers: &mut HeaderMap, permit: &Permit) -> Result<(), SigningFailed> {
        let Some(identity) = permit.identity() else {
            return Ok(());
        };
        let (route, now) = (permit.route(), self.assertions.now());
        let (whom, preset) = (Whom::of(identity, route), route.spec().headers);
        if self.ready.look(&whom, now, |told| told.add(preset, headers)).is_some() {
            return Ok(());
        }
        let subject = subject(route, identity);
        let signature = match self.signed.look(&whom, |signed| signed.signature) {
            Some(signature) if now < signature.renew_at() => signature,
            _ => self.sign(whom, &subject)?,
        };
        let told = Told::of(preset, &subject, |text| self.assertions.write(&subject, &signature, text))?;
        told.add(preset, headers);
        self.ready.offer(whom, now, told, signature.renew_at());
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

    /// Forgets what would have to be signed anew anyway.
    pub(super) async fn sweep(&self) {
        let now = self.assertions.now();
        self.ready.sweep(now);
        self.signed.retain(|signed| now < signed.signature.renew_at()).await;
    }

    /// Adds what [`Identities::add`] would, but for the assertion: what it would say is given back.
    pub(super) fn sample(&self, headers: &mut HeaderMap, permit: &Permit) -> Option<String> {
        let subject = subject(permit.route(), permit.identity()?);
        let preset = permit.route().spec().headers;
        let Ok(told) = Told::of(preset, &subject, |_| Ok::<_, Infallible>(()));
        told.add(preset, headers);
        headers.remove(ASSERTION_HEADER);
        self.assertions.claims(&subject)
    }

    fn sign(&self, whom: Whom, subject: &Subject<'_>) -> Result<Signature, SigningFailed> {
        let signature = self.assertions.sign(subject)?;
        self.signed.insert(Signed { whom, signature });
        Ok(signature)
    }
}

fn subject<'a>(route: &'a Route, identity: &'a Identity) -> Subject<'a> {
    let principal = identity.principal();
    Subject {
        application: route.application(),
        organization: &route.spec().organization,
        user: principal.user,
        username: principal.profile.username(),
        display_name: principal.profile.display_name(),
        email: principal.profile.email(),
        groups: identity.groups().collect(),
    }
}

#[cfg(test)]
mod tests;
