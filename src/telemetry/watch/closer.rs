//! What is written down of one request: a line of the access log, and the span of a trace. Queries are left out, they may
//! hold anything; so is what opens a door by itself.

use std::fmt::Display;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Polling, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body::{Body as _, Frame, SizeHint};
use serde::{Serialize, Serializer};
use tokio::time::Instant;

use crate::base::{Reference, Timestamp};
use crate::telemetry::Watching;
use crate::telemetry::label::{Decided, Door, Label as _};
use crate::telemetry::trace::{Context, Span, Trace};

/// Most of a path or host that is written down, in bytes.
const MAX_TEXT: usize = 1024;
/// Most of a method; the longest registered one has 17.
const MAX_METHOD: usize = 32;
/// A link below here lets whoever has it in as an admin.
const SECRET_BELOW: &str = "/break-glass/";

/// One request, looked at closely. What is known is written down when it is dropped.
pub struct Closer {
    watching: Arc<Watching>,
    started: Instant,
    line: Line,
    trace: Option<(Trace, Span)>,
    deciding: Option<Span>,
}

/// One line of the access log.
#[derive(Serialize)]
struct Line {
    /// When the request came.
    time: String,
    client: Option<IpAddr>,
    method: String,
    host: String,
    /// Without the query.
    path: String,
    /// None if the client left before an answer.
    #[serde(serialize_with = "number")]
    status: Option<StatusCode>,
    /// Of the answer's body, as sent.
    bytes: u64,
    /// Whether the answer came to its end.
    complete: bool,
    duration_ms: f64,
    door: &'static str,
    application: Option<String>,
    user: Option<String>,
    decision: Option<&'static str>,
    reference: Option<String>,
    trace: Option<String>,
}

impl Closer {
    pub(in crate::telemetry) fn new(watching: Arc<Watching>, at: Timestamp) -> Self {
        let line = Line {
            time: to_the_millisecond(at),
            client: None,
            method: String::new(),
            host: String::new(),
            path: String::new(),
            status: None,
            bytes: 0,
            complete: false,
            duration_ms: 0.0,
            door: Door::Nobody.word(),
            application: None,
            user: None,
            decision: None,
            reference: None,
            trace: None,
        };
        Self { watching, started: Instant::now(), line, trace: None, deciding: None }
    }

    pub(super) fn asked<B>(&mut self, request: &Request<B>, client: Option<IpAddr>, before: Option<Context>) {
        let line = &mut self.line;
        line.client = client;
        line.method = cut(request.method().as_str(), MAX_METHOD);
        let host = || request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        line.host = bare(request.uri().authority().map(|host| host.as_str()).or_else(host).unwrap_or(""));
        line.path = told(request.uri().path());
        if let Some(tracer) = &self.watching.tracer {
            let trace = tracer.begin(before);
            let mut span = trace.request();
            span.say("http.request.method", line.method.as_str());
            span.say("server.address", line.host.as_str());
            span.say("url.path", line.path.as_str());
            line.trace = Some(trace.id().to_string());
            self.trace = Some((trace, span));
        }
    }

    pub(super) fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref().map(|(trace, _)| trace)
    }

    pub(super) fn deciding(&mut self) {
        self.deciding = self.trace().map(|trace| trace.step("decision"));
    }

    pub(super) fn decided(&mut self, application: &str, decided: Decided) {
        if let Some(mut span) = self.deciding.take() {
            span.say("vestibule.decision", decided.word());
        }
        self.line.door = Door::Application.word();
        self.line.application = Some(application.to_owned());
        self.line.decision = Some(decided.word());
    }

    pub(super) fn user(&mut self, user: impl Display) {
        self.line.user = Some(user.to_string());
    }

    pub(super) fn answered(&mut self, door: Door, status: StatusCode, reference: Option<Reference>) {
        if self.line.application.is_none() {
            self.line.door = door.word();
        }
        self.line.status = Some(status);
        self.line.reference = reference.map(|reference| reference.to_string());
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        let line = &mut self.line;
        line.duration_ms = (self.started.elapsed().as_micros() as f64) / 1_000.0;
        if let Some((_, span)) = &mut self.trace {
            span.rename(|| format!("{} {}", line.method, line.application.as_deref().unwrap_or(line.door)));
            span.say("vestibule.door", line.door);
            if let Some(application) = &line.application {
                span.say("vestibule.application", application.as_str());
            }
            match line.status {
                Some(status) => span.answered(status),
                None => span.fail(),
            }
        }
        if let Some(access) = &self.watching.access {
            // A line of texts and numbers can always be written.
            if let Ok(mut text) = serde_json::to_vec(line) {
                text.push(b'\n');
                access.take(text);
            }
        }
    }
}

/// The body of an answer, with whose end there is something to tell.
pub(super) struct Told {
    body: Body,
    closer: Box<Closer>,
}

impl Told {
    pub(super) fn new(body: Body, closer: Box<Closer>) -> Self {
        let mut told = Self { body, closer };
        told.closer.line.complete = told.body.is_end_stream();
        told
    }
}

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        polling: &mut Polling<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(polling);
        let line = &mut self.closer.line;
        match &polled {
            Poll::Ready(Some(Ok(frame))) => line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Poll::Ready(None) => line.complete = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        // Whoever knows that this was all may never ask again.
        if matches!(polled, Poll::Ready(Some(Ok(_)))) && self.body.is_end_stream() {
            self.closer.line.complete = true;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn number<S: Serializer>(status: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(|status| status.as_u16()).serialize(serializer)
}

/// A host as it is written down: without what stands before it in an address, which may be a password.
fn bare(host: &str) -> String {
    cut(host.rsplit('@').next().unwrap_or(host), MAX_TEXT)
}

/// A path as it is written down: without parameters, in which applications keep sessions (`;jsessionid=…`).
fn told(path: &str) -> String {
    if let Some(start) = path.find(SECRET_BELOW) {
        return cut(&path[..start + SECRET_BELOW.len()], MAX_TEXT) + "…";
    }
    let path = cut(path, MAX_TEXT);
    if !path.contains(';') {
        return path;
    }
    let bare =
        |segment: &str| segment.split_once(';').map_or(segment.to_owned(), |(segment, _)| format!("{segment};…"));
    path.split('/').map(bare).collect::<Vec<_>>().join("/")
}

fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

fn to_the_millisecond(at: Timestamp) -> String {
    let mut text = at.to_string();
    text.pop();
    format!("{text}.{:03}Z", at.micros().rem_euclid(1_000_000) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_door_is_left_out_and_what_is_long_is_cut() {
        assert_eq!(told("/notes/today"), "/notes/today");
        assert_eq!(told("/break-glass/s3cret"), "/break-glass/…");
        assert_eq!(told("//break-glass/s3cret/more"), "//break-glass/…");
        assert_eq!(told("/shop;jsessionid=s3cret/cart;v=1;w=2"), "/shop;…/cart;…");
        assert_eq!(bare("user:s3cret@wiki.example.com:8080"), "wiki.example.com:8080");
        assert_eq!(bare("wiki.example.com"), "wiki.example.com");
        assert_eq!(told(&format!("/{}", "é".repeat(MAX_TEXT))).len(), MAX_TEXT - 1 + "…".len());
        assert_eq!(cut("short", 5), "short");
    }

    #[test]
    fn an_instant_is_told_to_the_millisecond() {
        assert_eq!(to_the_millisecond(Timestamp::from_micros(1_795_631_495_042_999)), "2026-11-25T18:31:35.042Z");
        assert_eq!(to_the_millisecond(Timestamp::from_micros(-1)), "1969-12-31T23:59:59.999Z");
    }
}
