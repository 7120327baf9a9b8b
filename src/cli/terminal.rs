//! The only place that prints. What cannot be printed (a closed pipe) is dropped: no command fails for want of an
//! audience.

use std::fmt::Display;
use std::io::Write;

/// Where a command speaks: standard output and standard error, or a test's buffers.
pub struct Terminal<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl<'a> Terminal<'a> {
    /// A terminal that writes to these.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err }
    }

    /// Prints a line of the answer.
    pub fn say(&mut self, line: impl Display) {
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }

    /// Prints a line about what is wrong.
    pub fn complain(&mut self, line: impl Display) {
        let _ = writeln!(self.err, "{line}").and_then(|()| self.err.flush());
    }
}
