//! What is given back of an upstream's answer: the beginning of a tunnel, or a body that may last.

use std::time::Duration;

use axum::body::Body;
use http::{Response, StatusCode, Version, response};
use hyper::upgrade::OnUpgrade;

use super::body::CleanTrailers;
use super::handshake::Handshake;
use super::{ForwardError, Forwarder, Lasting, StillAllowed, headers, pool, stream, tunnel};

impl Forwarder {
    /// What is given back of the answer to a handshake. If the upstream agrees, the tunnel begins.
    pub(super) fn tunnel_of(
        &self,
        mut answer: Response<pool::Answer>,
        handshake: Handshake,
        client: OnUpgrade,
        still_allowed: impl FnOnce(Lasting) -> StillAllowed,
        pause: Duration,
    ) -> Result<Response<Body>, ForwardError> {
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            let may_be_told = handshake.may_be_told(answer.status());
            return match may_be_told {
                true => self.answer_of(answer, still_allowed, pause),
                false => Err(ForwardError::Protocol),
            };
        }
        if !handshake.is_agreed(answer.headers()) {
            return Err(ForwardError::Protocol);
        }
        let leash = self.tunnels.take(still_allowed(Lasting::Tunnel), answer.body().peer());
        let (framed, mask) = (handshake.is_framed(), self.ambient.bytes());
        let (upstream, place) = (hyper::upgrade::on(&mut answer), answer.body_mut().take_place());
        let patience = self.settings.taking_timeout;
        tokio::spawn(tunnel::run(tunnel::Plan { client, leash, framed, mask, patience, place }, upstream));
        let mut parts = clean(answer).0;
        handshake.agree(&mut parts);
        Ok(Response::from_parts(parts, Body::empty()))
    }

    /// What is given back of the answer to a request that asked for no other protocol.
    pub(super) fn answer_of(
        &self,
        answer: Response<pool::Answer>,
        still_allowed: impl FnOnce(Lasting) -> StillAllowed,
        pause: Duration,
    ) -> Result<Response<Body>, ForwardError> {
        // What follows could be taken for the answer to a later request.
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(ForwardError::Protocol);
        }
        if !headers::ends_in_one_place(answer.headers()) {
            return Err(ForwardError::Framing);
        }
        let (parts, body) = clean(answer);
        let peer = body.peer();
        let body = CleanTrailers::response(body, pause);
        let body = if stream::is_endless(&parts.headers) {
            let leash = self.tunnels.take(still_allowed(Lasting::Answer), peer);
            Body::new(stream::Leashed::new(body, leash, &parts.headers))
        } else {
            Body::new(body)
        };
        Ok(Response::from_parts(parts, body))
    }
}

/// What of an answer is for the client.
fn clean(answer: Response<pool::Answer>) -> (response::Parts, pool::Answer) {
    let (mut parts, body) = answer.into_parts();
    headers::clean_response(&mut parts.headers, parts.version);
    // The server speaks its own version; an upstream's HTTP/1.0 would close the client's connection.
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    (parts, body)
}
