//! A collector of traces that takes OTLP/HTTP as JSON, and is strict about it: what a real one would refuse, fails the
//! test that sent it.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

/// A running collector; it ends with the test's runtime.
pub struct Collector {
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<Value>>>,
    wrong: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (taken, wrong) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let collector = Self { address, taken: Arc::clone(&taken), wrong: Arc::clone(&wrong) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (taken, wrong) = (Arc::clone(&taken), Arc::clone(&wrong));
                let service = service_fn(move |request| take(Arc::clone(&taken), Arc::clone(&wrong), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        collector
    }

    /// Every span so far. Fails if something came that no collector takes.
    pub fn spans(&self) -> Vec<Value> {
        let wrong = self.wrong.lock().expect("nobody panicked");
        assert!(wrong.is_empty(), "a collector would refuse this: {wrong:#?}");
        self.taken.lock().expect("nobody panicked").clone()
    }
}

async fn take(
    taken: Arc<Mutex<Vec<Value>>>,
    wrong: Arc<Mutex<Vec<String>>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let kind = parts.headers.get("content-type").and_then(|kind| kind.to_str().ok());
    let asked = (parts.method, parts.uri.path(), kind);
    let spans = if asked == (Method::POST, "/v1/traces", Some("application/json")) {
        serde_json::from_slice(&body).map_err(|error| error.to_string()).and_then(|export| spans(&export))
    } else {
        Err(format!("{asked:?}"))
    };
    let status = match spans {
        Ok(spans) => {
            taken.lock().expect("nobody panicked").extend(spans);
            StatusCode::OK
        }
        Err(why) => {
            wrong.lock().expect("nobody panicked").push(why);
            StatusCode::BAD_REQUEST
        }
    };
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
    *response.status_mut() = status;
    Ok(response)
}

/// The spans of an `ExportTraceServiceRequest` in the JSON of protobuf: camelCase, no unknown fields, ids in base 16,
/// 64-bit integers as text.
fn spans(export: &Value) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for resource in list(only(export, &["resourceSpans"])?, "resourceSpans")? {
        only(resource, &["resource", "scopeSpans"])?;
        attributes(only(&resource["resource"], &["attributes"])?)?;
        let named = |pair: &Value| pair["key"] == "service.name" && pair["value"]["stringValue"] == "vestibule";
        if !list(&resource["resource"], "attributes")?.iter().any(named) {
            return Err("no service.name".to_owned());
        }
        for scope in list(resource, "scopeSpans")? {
            only(only(scope, &["scope", "spans"])?.get("scope").ok_or("no scope")?, &["name", "version"])?;
            for span in list(scope, "spans")? {
                check(span)?;
                found.push(span.clone());
            }
        }
    }
    if found.is_empty() { Err("no spans".to_owned()) } else { Ok(found) }
}

fn check(span: &Value) -> Result<(), String> {
    const FIELDS: &[&str] = &[
        "traceId",
        "spanId",
        "parentSpanId",
        "traceState",
        "name",
        "kind",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "status",
    ];
    only(span, FIELDS)?;
    let text = |field: &str| span[field].as_str().ok_or(format!("{field} of {span}"));
    let id = |field: &str, digits: usize| {
        let id = text(field)?;
        let well = id.len() == digits && id.bytes().all(|c| c.is_ascii_hexdigit()) && id.bytes().any(|c| c != b'0');
        if well { Ok(()) } else { Err(format!("{field} of {span}")) }
    };
    id("traceId", 32)?;
    id("spanId", 16)?;
    if !span["parentSpanId"].is_null() {
        id("parentSpanId", 16)?;
    }
    let nanos = |field: &str| text(field)?.parse::<u64>().map_err(|error| format!("{field}: {error}"));
    if nanos("startTimeUnixNano")? > nanos("endTimeUnixNano")? || text("name")?.is_empty() {
        return Err(format!("a span ends before it begins, or has no name: {span}"));
    }
    if !(1..=5).contains(&span["kind"].as_u64().unwrap_or(0)) {
        return Err(format!("kind of {span}"));
    }
    if !span["status"].is_null() {
        only(&span["status"], &["code", "message"])?;
    }
    attributes(span)
}

fn attributes(of: &Value) -> Result<(), String> {
    for pair in list(of, "attributes")? {
        only(pair, &["key", "value"])?;
        let value = only(&pair["value"], &["stringValue", "intValue", "boolValue", "doubleValue"])?;
        let well = match value.as_object().and_then(|value| value.iter().next()) {
            Some((kind, value)) if kind == "intValue" => value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
            Some((kind, value)) if kind == "stringValue" => value.is_string(),
            Some((kind, value)) if kind == "boolValue" => value.is_boolean(),
            other => other.is_some(),
        };
        if !well || value.as_object().map(serde_json::Map::len) != Some(1) {
            return Err(format!("an attribute: {pair}"));
        }
    }
    Ok(())
}

fn only<'a>(value: &'a Value, fields: &[&str]) -> Result<&'a Value, String> {
    let object = value.as_object().ok_or_else(|| format!("no object: {value}"))?;
    match object.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(stray) => Err(format!("unknown field {stray}")),
        None => Ok(value),
    }
}

fn list<'a>(of: &'a Value, field: &str) -> Result<&'a Vec<Value>, String> {
    of[field].as_array().ok_or_else(|| format!("no list {field} in {of}"))
}
