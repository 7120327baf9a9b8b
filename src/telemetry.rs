//! What operators see of us: numbers in memory, handed down as [`Metrics`], and what is kept of one request while it is
//! answered, a [`Watch`]. Knows applications and IdPs by their ids alone. Nothing here waits, fails or is asked for
//! leave: a request goes on whatever becomes of what is told about it.

mod label;
mod metrics;
mod watch;

pub use label::{Decided, Door, Ended, Known, SignInOutcome, Trouble};
pub use metrics::{ApplicationMeter, Counter, Gauge, Held, IdpMeter, Metrics, Moment, SessionMeters};
pub use watch::Watch;
