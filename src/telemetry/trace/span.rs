//! One step of a request, from its beginning until it is dropped, as OTLP has it.

use http::StatusCode;
use serde_json::{Value, json};

use super::Trace;
use super::context::SpanId;
use crate::base::Timestamp;

/// On which side of a request a span is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Internal = 1,
    Server = 2,
    Client = 3,
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
    pub(super) fn begin(trace: &Trace, side: Side, name: &str, (id, parent): (SpanId, Option<SpanId>)) -> Self {
        let started = trace.0.tracer.ambient.now();
        let told = Told { side, name: name.into(), id, parent, started, attributes: Vec::new(), failed: false };
        Self(Some(Box::new((trace.clone(), told))))
    }

    /// A span of nothing.
    pub(in crate::telemetry) const fn none() -> Self {
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
    pub(in crate::telemetry) fn fail(&mut self) {
        if let Some(told) = self.0.as_mut() {
            told.1.failed = true;
        }
    }

    pub(in crate::telemetry) fn rename(&mut self, name: impl FnOnce() -> String) {
        if let Some(told) = self.0.as_mut() {
            told.1.name = name();
        }
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
