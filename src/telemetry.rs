//! What operators see of us: numbers in memory ([`Metrics`]), and of each request, if they want it, a line of the access
//! log and the spans of a trace ([`Watch`]). Knows applications and IdPs by their ids alone. Nothing here holds a request
//! up: what cannot be told at once is told later by somebody else, or dropped and counted.

mod access;
mod label;
mod metrics;
mod settings;
mod trace;
mod watch;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;

use crate::base::{Ambient, HttpClient, HttpSettings};
use access::Access;
use trace::Tracer;
use watch::Closer;

pub use label::{CertificateSource, Decided, Door, Ended, Known, Ordered, RefreshOutcome, SignInOutcome, Trouble};
pub use metrics::{
    ApplicationMeter, CertificateMeters, Counter, Gauge, Held, IdpMeter, Metrics, Moment, SessionMeters,
};
pub use settings::{AccessTo, Format, Level, LogSettings, Share, TraceSettings};
pub use trace::{Context, Ours, Span, Trace};
pub use watch::Watch;

/// All that operators see.
pub struct Telemetry {
    /// Numbers.
    pub metrics: Arc<Metrics>,
    ambient: Ambient,
    watching: ArcSwapOption<Watching>,
    /// Whether there is any: every request looks here, and this is the cheaper look.
    watched: AtomicBool,
}

/// To whom each request is told.
pub struct Watching {
    access: Option<Arc<Access>>,
    access_to: Option<AccessTo>,
    tracer: Option<Arc<Tracer>>,
    traces: Option<TraceSettings>,
}

/// The access log cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the access log cannot be opened at {to}: {source}")]
pub struct AccessError {
    to: String,
    source: io::Error,
}

impl Telemetry {
    /// Numbers alone, until somebody is to be told more.
    pub fn new(ambient: Ambient) -> Self {
        Self { metrics: Arc::default(), ambient, watching: ArcSwapOption::empty(), watched: AtomicBool::new(false) }
    }

    /// Opens what these settings say that requests are told to. A file is opened anew in any case: whoever rotates logs
    /// has moved it. Needs a runtime.
    ///
    /// # Errors
    /// When the access log cannot be opened.
    pub fn prepare(&self, log: &LogSettings, traces: Option<&TraceSettings>) -> Result<Watching, AccessError> {
        let before = self.watching.load_full();
        // Two that write to the same pipe would tear each other's lines.
        let same = before.iter().filter(|before| before.access_to == Some(AccessTo::Stdout));
        let same = same.filter(|_| log.access == Some(AccessTo::Stdout)).find_map(|before| before.access.clone());
        let access = match (&log.access, same) {
            (None, _) => None,
            (Some(_), Some(same)) => Some(same),
            (Some(to), None) => Some(Arc::new(self.open(to)?)),
        };
        let tracer = match before.filter(|before| before.traces.as_ref() == traces) {
            Some(same) => same.tracer.clone(),
            None => traces.map(|traces| Arc::new(self.tracer(traces))),
        };
        Ok(Watching { access, access_to: log.access.clone(), tracer, traces: traces.cloned() })
    }

    /// Tells requests to these from now on. What goes out of use tells what it was given to the end by itself.
    pub fn tell(&self, watching: Watching) {
        let anybody = watching.access.is_some() || watching.tracer.is_some();
        self.watching.store(anybody.then(|| Arc::new(watching)));
        self.watched.store(anybody, Ordering::Release);
    }

    fn open(&self, to: &AccessTo) -> Result<Access, AccessError> {
        Access::open(to, Arc::clone(&self.metrics)).map_err(|source| AccessError { to: to.to_string(), source })
    }

    /// Opens the access log anew where it was before.
    ///
    /// # Errors
    /// When it cannot be opened: then the old file is written on.
    pub fn reopen(&self) -> Result<(), AccessError> {
        let Some(before) = self.watching.load_full() else { return Ok(()) };
        let log = LogSettings { access: before.access_to.clone(), ..LogSettings::default() };
        self.tell(self.prepare(&log, before.traces.as_ref())?);
        Ok(())
    }

    fn tracer(&self, settings: &TraceSettings) -> Tracer {
        let http = HttpClient::new(HttpSettings::default());
        Tracer::new(settings, self.ambient.clone(), http, Arc::clone(&self.metrics))
    }

    /// Tells what is still to be told, for as long as there is time.
    pub async fn close(&self) {
        let Some(watching) = self.watching.swap(None) else { return };
        if let Some(tracer) = &watching.tracer {
            tracer.close().await;
        }
        if let Some(access) = &watching.access {
            access.flush().await;
        }
    }

    fn closer(&self) -> Option<Box<Closer>> {
        if !self.watched.load(Ordering::Acquire) {
            return None;
        }
        let watching = self.watching.load_full()?;
        Some(Box::new(Closer::new(watching, self.ambient.now())))
    }
}
