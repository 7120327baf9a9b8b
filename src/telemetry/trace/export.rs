//! To a collector by OTLP/HTTP, as JSON: in the background, a batch at a time. What does not fit is dropped and counted;
//! no request waits for a collector.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval, timeout};
use url::Url;

use crate::base::HttpClient;
use crate::telemetry::label::Fate;
use crate::telemetry::metrics::Metrics;

/// Most spans that wait; at under 2 KiB each, a few megabytes.
const MAX_WAITING: usize = 4_096;
/// Most spans in one request to the collector: it stays below what collectors take by default.
const MAX_BATCH: usize = 512;
/// How long a span waits at most for others to go with.
const PERIOD: Duration = Duration::from_secs(2);
/// How long the last ones may take when the process ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where spans go.
pub(super) struct Exporter {
    spans: mpsc::Sender<Value>,
    closing: mpsc::Sender<oneshot::Sender<()>>,
    metrics: Arc<Metrics>,
}

impl Exporter {
    /// Begins to send what it is given to the collector at `endpoint`.
    pub(super) fn start(endpoint: Url, http: HttpClient, metrics: Arc<Metrics>) -> Self {
        let (spans, waiting) = mpsc::channel(MAX_WAITING);
        let (closing, closed) = mpsc::channel(1);
        let line = Line { endpoint, http, metrics: Arc::clone(&metrics), failing: false };
        tokio::spawn(line.work(waiting, closed));
        Self { spans, closing, metrics }
    }

    /// Takes a span, unless too many wait.
    pub(super) fn take(&self, span: Value) {
        if self.spans.try_send(span).is_err() {
            self.metrics.spans(Fate::Dropped, 1);
        }
    }

    /// Sends what waits, for as long as there is time.
    pub(super) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.closing.send(done).await.is_ok() {
            let _ = timeout(LAST_WORDS, ended).await;
        }
    }
}

/// The line to the collector.
struct Line {
    endpoint: Url,
    http: HttpClient,
    metrics: Arc<Metrics>,
    failing: bool,
}

impl Line {
    /// Ends when told to, or when nobody is left who could give anything.
    async fn work(mut self, mut waiting: mpsc::Receiver<Value>, mut closed: mpsc::Receiver<oneshot::Sender<()>>) {
        let mut ticks = interval(PERIOD);
        let mut batch = Vec::new();
        loop {
            let room = MAX_BATCH - batch.len();
            let done = tokio::select! {
                received = waiting.recv_many(&mut batch, room), if room > 0 => match received {
                    0 => Some(None),
                    _ if batch.len() < MAX_BATCH => continue,
                    _ => None,
                },
                _ = ticks.tick() => None,
                done = closed.recv() => Some(done),
            };
            if done.is_some() {
                // Whatever waits already, to the last.
                while let Ok(span) = waiting.try_recv() {
                    batch.push(span);
                }
            }
            while !batch.is_empty() {
                let rest = batch.split_off(batch.len().min(MAX_BATCH));
                self.send(std::mem::replace(&mut batch, rest)).await;
            }
            if done.is_some() {
                return;
            }
        }
    }

    async fn send(&mut self, spans: Vec<Value>) {
        let count = spans.len() as u64;
        let outcome = self.ask(spans).await;
        self.metrics.spans(if outcome.is_ok() { Fate::Sent } else { Fate::Failed }, count);
        match &outcome {
            Ok(()) if self.failing => tracing::info!("the collector of traces takes spans again"),
            Err(cause) if !self.failing => {
                tracing::warn!(%cause, "the collector of traces does not take spans; they are dropped until it does");
            }
            _ => {}
        }
        self.failing = outcome.is_err();
    }

    async fn ask(&self, spans: Vec<Value>) -> Result<(), String> {
        let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
        let version = env!("CARGO_PKG_VERSION");
        let body = json!({ "resourceSpans": [{
            "resource": { "attributes": [attribute("service.name", "vestibule"), attribute("service.version", version)] },
            "scopeSpans": [{ "scope": { "name": "vestibule", "version": version }, "spans": spans }],
        }] });
        let request = Request::post(self.endpoint.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|error| error.to_string())?;
        let response = self.http.request(request).await.map_err(|error| error.to_string())?;
        if response.status().is_success() { Ok(()) } else { Err(format!("it answered {}", response.status())) }
    }
}
