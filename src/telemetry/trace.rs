//! Traces: which spans a request had, told to a collector. A request is followed into the upstream whether or not its
//! spans are kept, so that what the upstream tells of itself fits together.

mod context;
mod export;
mod span;

use std::sync::Arc;

use http::HeaderMap;

use super::metrics::Metrics;
use super::{Share, TraceSettings};
use crate::base::{Ambient, HttpClient};
pub use context::Context;
use context::{SpanId, TRACEPARENT, TRACESTATE, TraceId, traceparent};
use export::Exporter;
use span::Side;
pub use span::Span;

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

    /// As [`Trace::step`], if there is a trace at all.
    pub fn step_of(trace: Option<&Self>, name: &'static str) -> Span {
        trace.map_or(Span::none(), |trace| trace.step(name))
    }

    /// What is asked of an upstream, and the words that tell the upstream of it.
    pub(super) fn upstream(&self) -> (Span, Ours) {
        let id = self.0.tracer.span_id();
        let span = self.begin(Side::Client, "upstream", id, Some(self.0.span));
        (span, Ours { trace: self.clone(), span: id })
    }

    fn begin(&self, side: Side, name: &'static str, id: SpanId, parent: Option<SpanId>) -> Span {
        if self.0.sampled { Span::begin(self, side, name, (id, parent)) } else { Span::none() }
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
