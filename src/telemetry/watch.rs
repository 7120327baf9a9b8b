//! What is kept of one request while it is answered.

use std::sync::Arc;

use http::StatusCode;
use tokio::time::Instant;

use super::label::{Answer, Decided, Door};
use super::metrics::{ApplicationMeter, Metrics};

/// One request under way. It is counted when it is answered, or when nobody waits for the answer any more.
#[derive(Debug)]
pub struct Watch<'a> {
    metrics: &'a Metrics,
    started: Instant,
    door: Door,
    application: Option<(Arc<ApplicationMeter>, Decided)>,
    answer: Answer,
}

impl<'a> Watch<'a> {
    /// Begins with the head of a request.
    pub fn begin(metrics: &'a Metrics) -> Self {
        Self { metrics, started: Instant::now(), door: Door::Nobody, application: None, answer: Answer::Abandoned }
    }

    /// It is for a door of ours.
    pub fn at(&mut self, door: Door) {
        self.door = door;
    }

    /// It is for an application, and this becomes of it.
    pub fn decided(&mut self, meter: &Arc<ApplicationMeter>, decided: Decided) {
        self.application = Some((Arc::clone(meter), decided));
    }

    /// It is answered.
    pub fn end(mut self, status: StatusCode) {
        self.answer = match status.as_u16() / 100 {
            1 => Answer::Informational,
            2 => Answer::Success,
            3 => Answer::Redirection,
            4 => Answer::Client,
            _ => Answer::Server,
        };
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
