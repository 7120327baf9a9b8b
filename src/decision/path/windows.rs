//! How Windows reads a path.

use std::borrow::Cow;

/// The path as Windows finds files by it: there, dots and spaces at the end of a name are not part of it, nor is the kind
/// of a stream (`::$DATA`, `:$I30:$INDEX_ALLOCATION`). A name of which nothing is left is none.
pub(in crate::decision) fn on_windows(path: &[u8]) -> Cow<'_, [u8]> {
    let is_cut = |pair: &[u8]| matches!(pair, [b'.' | b' ', b'/'] | [b':', _]);
    if !path.windows(2).any(is_cut) && !path.ends_with(b".") && !path.ends_with(b" ") {
        return Cow::Borrowed(path);
    }
    let mut reading = Vec::with_capacity(path.len());
    let mut segments = path.split(|&byte| byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let name = name(segment);
        let is_left_out = name.is_empty() && !segment.is_empty() && segments.peek().is_some();
        if !is_left_out {
            reading.push(b'/');
            reading.extend_from_slice(name);
        }
    }
    Cow::Owned(reading)
}

/// What of a segment is a name on Windows.
pub(super) fn name(segment: &[u8]) -> &[u8] {
    let colon = segment.iter().position(|&byte| byte == b':').filter(|_| segment.contains(&b'$'));
    let name = &segment[..colon.unwrap_or(segment.len())];
    let end = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    &name[..end]
}
