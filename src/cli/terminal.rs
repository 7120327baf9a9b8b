//! The only place that prints. What cannot be printed (a closed pipe) is dropped: no command fails for want of an
//! audience.

use std::borrow::Cow;
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
        let _ = writeln!(self.out, "{}", harmless(&line.to_string())).and_then(|()| self.out.flush());
    }

    /// Prints a line about what is wrong.
    pub fn complain(&mut self, line: impl Display) {
        let _ = writeln!(self.err, "{}", harmless(&line.to_string())).and_then(|()| self.err.flush());
    }
}

/// The text without what would steer a terminal: names and claims come from strangers. Written as JSON would escape
/// it, so that JSON stays JSON.
fn harmless(text: &str) -> Cow<'_, str> {
    // Of those that show nothing, the ones that turn the direction of the text around.
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let steers = |c: char| (c.is_control() && c != '\n' && c != '\t') || turns(c);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            clean.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_does_not_steer_the_terminal() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut terminal = Terminal::new(&mut out, &mut err);
        terminal.say("a\u{1b}[2J\u{9b}31m\u{202e}b\tc\nd é");
        terminal.complain("\r\u{7}");
        assert_eq!(String::from_utf8(out).unwrap(), "a\\u001b[2J\\u009b31m\\u202eb\tc\nd é\n");
        assert_eq!(String::from_utf8(err).unwrap(), "\\u000d\\u0007\n");
    }
}
