//! How many files the process may have open: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lifts the limit as far as the process itself may: what shells and service managers set (1,024) is for programs that cannot
/// take more. Gives what it is then; nothing if there is none.
pub(super) fn lift() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, "the number of files that may be open cannot be lifted");
            current
        }
    }
}
