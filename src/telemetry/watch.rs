//! One request while it is answered: counted always, looked at more closely only if somebody is told of it.

mod closer;

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use tokio::time::Instant;

use super::Telemetry;
use super::label::{Answer, Decided, Door};
use super::metrics::{ApplicationMeter, Metrics};
use super::trace::{Context, Span};
use crate::base::Reference;
pub(super) use closer::Closer;
use closer::Told;

/// One request under way. It is counted when it is answered, or when nobody waits for the answer any more.
pub struct Watch<'a> {
    metrics: &'a Metrics,
    started: Instant,
    door: Door,
    application: Option<(Arc<ApplicationMeter>, Decided)>,
    answer: Answer,
    /// Boxed: as a rule there is none.
    closer: Option<Box<Closer>>,
}

impl<'a> Watch<'a> {
    /// Begins with the head of a request.
    pub fn begin(telemetry: &'a Telemetry) -> Self {
        Self {
            metrics: &telemetry.metrics,
            started: Instant::now(),
            door: Door::Nobody,
            application: None,
            answer: Answer::Abandoned,
            closer: telemetry.closer(),
        }
    }

    /// Whether anybody wants to be told more than that it was answered.
    pub const fn is_close(&self) -> bool {
        self.closer.is_some()
    }

    /// What the request says. `client` sent it; `trusted` says whether the peer is a
    /// proxy whose word about the trace is believed.
    pub fn asked(&mut self, request: &mut Request<Body>, client: Option<IpAddr>, trusted: bool) {
        let Some(closer) = &mut self.closer else { return };
        closer.asked(request, client, trusted.then(|| Context::read(request.headers())).flatten());
        if let Some(trace) = closer.trace() {
            request.extensions_mut().insert(trace.clone());
        }
    }

    /// It is for a door of ours.
    pub fn at(&mut self, door: Door) {
        self.door = door;
    }

    /// It is for an application, and will be decided on.
    pub fn deciding(&mut self) {
        if let Some(closer) = &mut self.closer {
            closer.deciding();
        }
    }

    /// It is for the application of this id, and this becomes of it.
    pub fn decided(&mut self, meter: &Arc<ApplicationMeter>, application: &str, decided: Decided) {
        self.application = Some((Arc::clone(meter), decided));
        if let Some(closer) = &mut self.closer {
            closer.decided(application, decided);
        }
    }

    /// The user it comes from.
    pub fn user(&mut self, user: impl Display) {
        if let Some(closer) = &mut self.closer {
            closer.user(user);
        }
    }

    /// It is about to be forwarded, to this host and port if that is known: what is told of that, until it is dropped.
    pub fn forwarding<'s, B>(
        &mut self,
        request: &mut Request<B>,
        server: impl FnOnce() -> Option<(&'s str, u16)>,
    ) -> Span {
        let Some(trace) = self.closer.as_ref().and_then(|closer| closer.trace()) else { return Span::none() };
        let (mut span, ours) = trace.upstream();
        span.say("http.request.method", request.method().as_str());
        if let Some((host, port)) = server() {
            span.say("server.address", host.trim_matches(['[', ']']));
            span.say("server.port", port);
        }
        request.extensions_mut().insert(ours);
        span
    }

    /// It is answered so.
    pub fn end(mut self, mut response: Response) -> Response {
        self.answer = answer(response.status());
        let Some(mut closer) = self.closer.take() else { return response };
        let reference = response.extensions_mut().remove::<Reference>();
        closer.answered(self.door, response.status(), reference);
        response.map(|body| Body::new(Told::new(body, closer)))
    }
}

const fn answer(status: StatusCode) -> Answer {
    match status.as_u16() / 100 {
        1 => Answer::Informational,
        2 => Answer::Success,
        3 => Answer::Redirection,
        4 => Answer::Client,
        _ => Answer::Server,
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        match &self.application {
            Some((meter, decided)) => {
                meter.decided(*decided);
                meter.answered(self.answer, self.started);
            }
            None => self.metrics.answered(self.door, self.answer, self.started),
        }
    }
}
