//! A request made ready for its upstream: what goes no further is taken out, and what only we may say is said.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, Version, header};
use http_body::Body as _;
use hyper::upgrade::OnUpgrade;

use super::handshake::Handshake;
use super::{ForwardError, Forwarder, Upgrade, body, gate, headers};
use crate::decision::Permit;
use crate::identity::{Destination, Host, PathPrefix, UpstreamProtocol};
use crate::telemetry::Ours;

impl Forwarder {
    /// Takes out of a request what goes no further. Asks for another protocol, if the client does.
    pub(super) fn clean(
        &self,
        permit: &Permit,
        request: &mut Request<Body>,
    ) -> Result<Option<(Handshake, OnUpgrade)>, ForwardError> {
        let upgrade =
            Upgrade::of(request, &permit.route().spec().connection.upgrades).filter(|_| !permit.is_preflight());
        headers::check_hops(request.headers())?;
        headers::clean_request(request.headers_mut());
        if permit.is_preflight() {
            headers::forget_credentials(request.headers_mut());
        }
        Ok(upgrade.and_then(|upgrade| {
            let client = request.extensions_mut().remove::<OnUpgrade>()?;
            Some((Handshake::ask(upgrade, request.headers_mut(), || self.ambient.bytes()), client))
        }))
    }

    /// Tells the upstream what it has to know of a request, whose target becomes what was decided on.
    pub(super) fn tell(
        &self,
        permit: &Permit,
        request: &mut Request<Body>,
        forwarded_for: Option<HeaderValue>,
    ) -> Result<(), ForwardError> {
        if let Some(ours) = request.extensions_mut().remove::<Ours>() {
            ours.set(request.headers_mut());
        }
        let received = request.version();
        let prefix = permit.route().spec().connection.strip_prefix.as_ref();
        self.address(request.headers_mut(), Addressed { host: permit.host(), received, forwarded_for, prefix });
        self.identities.add(request.headers_mut(), permit)?;
        body::frame(request);
        // In the form that goes to a server (RFC 9112 3.2.1): exactly the path that was decided on.
        *request.uri_mut() = permit.target().clone().into();
        *request.version_mut() = Version::HTTP_11;
        request.extensions_mut().clear();
        Ok(())
    }

    /// Where the body of a request waits until its upstream asks for it, if its client waits for that.
    pub(super) fn gate(permit: &Permit, request: &mut Request<Body>) -> Option<gate::Gate> {
        // Nothing here hears `100 (Continue)` over HTTP/2.
        let can_be_heard = permit.route().spec().connection.protocol == UpstreamProtocol::Http1;
        let waits = !request.body().is_end_stream() && can_be_heard && gate::is_expected(request.headers());
        waits.then(|| gate::until_continue(request))
    }

    /// Says which host was asked for, and by whom.
    pub(super) fn address(&self, headers: &mut HeaderMap, addressed: Addressed<'_>) {
        let authority = self.public.authority(addressed.host, headers.get(header::HOST));
        headers.insert(header::HOST, authority.clone());
        headers::add_client(headers, addressed.received, addressed.forwarded_for, &self.public, authority);
        if let Some(prefix) = addressed.prefix {
            headers::add_prefix(headers, prefix);
        }
    }
}

/// Which host a browser addressed and how, as far as every upstream is told.
pub(super) struct Addressed<'a> {
    pub(super) host: &'a Host,
    pub(super) received: Version,
    pub(super) forwarded_for: Option<HeaderValue>,
    /// What was taken away in front of the path.
    pub(super) prefix: Option<&'a PathPrefix>,
}

/// What an upstream that is not told the public host sees in `Host`.
pub(super) fn own_authority(destination: &Destination) -> HeaderValue {
    headers::value(destination.upstream().authority().as_str())
}
