//! Traces: which spans a request had, told to a collector. A request is followed into the upstream whether or not its
//! spans are kept, so that what the upstream tells of itself fits together.

mod context;
mod export;

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::metrics::Metrics;
use super::{Share, TraceSettings};
use crate::base::{Ambient, HttpClient, Timestamp};
pub use context::Context;
use context::{SpanId, TRACEPARENT, TRACESTATE, TraceId, traceparent};
use export::Exporter;

/// Begins traces.
pub(super) struct Tracer {
    ambient: Ambient,
    sample: Share,
    exporter: Exporter,
}

impl Tracer {
    /// A tracer that tells a collector what is kept.
    pub(super) fn new(settings: &TraceSettings, ambient: Ambient, http: HttpClient, metrics: Arc<Metrics>) -> Self {
        let exporter = Exporter::start(settings.endpoint.clone(), http, metrics);
        Self { ambient, sample: settings.sample, exporter }
    }

    /// The trace of one request: a new one, or that of whoever was before us, if they are to be believed. Who begins a
    /// trace decides whether it is kept.
    pub(super) fn begin(self: &Arc<Self>, before: Option<Context>) -> Trace {
        let before = before.map(|before| (before.trace, Some(before.parent), before.sampled, before.state));
        let (trace, parent, sampled, state) = before.unwrap_or_else(|| {
            let trace = u128::from_be_bytes(self.ambient.bytes());
            // The right half is what everybody may take to be random (W3C Trace Context 3.2.2.3).
            (TraceId(trace.max(1)), None, self.sample.covers(trace as u64), None)
        });
        let (tracer, span) = (Arc::clone(self), self.span_id());
        Trace(Arc::new(Inner { tracer, trace, parent, span, sampled, state }))
    }

    /// Sends what is still waiting.
    pub(super) async fn close(&self) {
        self.exporter.close().await;
    }

    fn span_id(&self) -> SpanId {
        SpanId(u64::from_be_bytes(self.ambient.bytes()).max(1))
    }
}

/// The trace of one request. Clones are the same.
#[derive(Clone)]
pub struct Trace(Arc<Inner>);

struct Inner {
    tracer: Arc<Tracer>,
    trace: TraceId,
    parent: Option<SpanId>,
    /// The request's own span.
    span: SpanId,
    sampled: bool,
    state: Option<http::HeaderValue>,
}

/// On which side of a request a span is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Internal = 1,
    Server = 2,
    Client = 3,
}

impl Trace {
    /// The trace's id.
    pub(super) fn id(&self) -> TraceId {
        self.0.trace
    }

    /// The span of the whole request.
    pub(super) fn request(&self) -> Span {
        self.begin(Side::Server, "request", self.0.span, self.0.parent)
    }

    /// A step of the request; it ends when it is dropped.
    pub fn step(&self, name: &'static str) -> Span {
        self.begin(Side::Internal, name, self.0.tracer.span_id(), Some(self.0.span))
    }

    /// What is asked of an upstream, and the words that tell the upstream of it.
    pub(super) fn upstream(&self) -> (Span, Ours) {
        let id = self.0.tracer.span_id();
        let span = self.begin(Side::Client, "upstream", id, Some(self.0.span));
        (span, Ours { trace: self.clone(), span: id })
    }

    fn begin(&self, side: Side, name: &'static str, id: SpanId, parent: Option<SpanId>) -> Span {
        let started = self.0.tracer.ambient.now();
        let told = || Told { side, name: name.into(), id, parent, started, attributes: Vec::new(), failed: false };
        Span(self.0.sampled.then(|| Box::new((self.clone(), told()))))
    }
}

/// What an upstream is told of the trace.
#[derive(Clone)]
pub struct Ours {
    trace: Trace,
    span: SpanId,
}

impl Ours {
    /// Puts it in place of what the client said.
    pub fn set(self, headers: &mut HeaderMap) {
        let Inner { trace, sampled, state, .. } = &*self.trace.0;
        headers.insert(TRACEPARENT, traceparent(*trace, self.span, *sampled));
        headers.remove(TRACESTATE);
        if let Some(state) = state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

/// A span under way; told when it is dropped. Of a trace that is not kept it is nothing.
pub struct Span(Option<Box<(Trace, Told)>>);

/// What is told of a span.
struct Told {
    side: Side,
    name: String,
    id: SpanId,
    parent: Option<SpanId>,
    started: Timestamp,
    attributes: Vec<Value>,
    failed: bool,
}

impl Span {
    /// A span of nothing.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Adds what is known of it: an id, a number or a word of ours, never what a client may have made a secret of.
    pub fn say(&mut self, name: &'static str, value: impl Into<Value>) {
        let Some(told) = self.0.as_mut() else { return };
        let value = match value.into() {
            Value::Number(number) => json!({ "intValue": number.to_string() }),
            Value::Bool(flag) => json!({ "boolValue": flag }),
            Value::String(text) => json!({ "stringValue": text }),
            _ => return,
        };
        told.1.attributes.push(json!({ "key": name, "value": value }));
    }

    /// What was asked for is answered so.
    pub fn answered(&mut self, status: StatusCode) {
        self.say("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.fail();
        }
    }

    /// It is over, and this came of it.
    pub fn over<T, E>(mut self, outcome: Result<T, E>) -> Result<T, E> {
        if outcome.is_err() {
            self.fail();
        }
        outcome
    }

    /// It went wrong.
    pub(super) fn fail(&mut self) {
        if let Some(told) = self.0.as_mut() {
            told.1.failed = true;
        }
    }

    pub(super) fn rename(&mut self, name: impl FnOnce() -> String) {
        if let Some(told) = self.0.as_mut() {
            told.1.name = name();
        }
    }
}

impl Trace {
    /// As [`Trace::step`], if there is a trace at all.
    pub fn step_of(trace: Option<&Self>, name: &'static str) -> Span {
        trace.map_or(Span::none(), |trace| trace.step(name))
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let Some((trace, told)) = self.0.take().map(|told| *told) else { return };
        let nanos = |at: Timestamp| (i128::from(at.micros()) * 1_000).to_string();
        let tracer = &trace.0.tracer;
        // Ids are in base 16, 64-bit numbers are text: the JSON of protobuf as OTLP has it.
        let mut span = json!({
            "traceId": trace.0.trace.to_string(),
            "spanId": told.id.to_string(),
            "name": told.name,
            "kind": told.side as u8,
            "startTimeUnixNano": nanos(told.started),
            "endTimeUnixNano": nanos(tracer.ambient.now().max(told.started)),
            "attributes": told.attributes,
        });
        if let Some(parent) = told.parent {
            span["parentSpanId"] = parent.to_string().into();
        }
        if let Some(state) = trace.0.state.as_ref().and_then(|state| state.to_str().ok()) {
            span["traceState"] = state.into();
        }
        if told.failed {
            // STATUS_CODE_ERROR
            span["status"] = json!({ "code": 2 });
        }
        tracer.exporter.take(span);
    }
}
