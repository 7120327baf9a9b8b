//! Rust source cut into tokens, as far as paths need it: comments, strings, characters and lifetimes are left out.

/// A name, a number, `::`, or one character of punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// As written; a raw name without its `r#`.
    pub text: &'a str,
    /// Counted from 1.
    pub line: usize,
}

impl Token<'_> {
    /// Whether it is a name, a keyword or a number.
    pub fn is_word(&self) -> bool {
        self.text.as_bytes().first().copied().is_some_and(is_word_byte)
    }
}

/// The tokens of one file. Broken source gives broken tokens, never a panic: the compiler complains about it better.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let start = at;
        at = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => until(bytes, at, |rest| rest[0] == b'\n'),
            b'/' if bytes[at..].starts_with(b"/*") => after_block_comment(bytes, at),
            b'"' => after_string(bytes, at),
            b'\'' => after_character_or_lifetime(source, at),
            byte if is_word_byte(byte) => {
                let end = until(bytes, at, |rest| !is_word_byte(rest[0]));
                match after_raw(bytes, &source[at..end], end) {
                    Some(after) => after,
                    // Of `r#name` only the name counts.
                    None if &source[at..end] == "r" && bytes.get(end) == Some(&b'#') => end + 1,
                    None => {
                        found.push(Token { text: &source[at..end], line });
                        end
                    }
                }
            }
            byte => {
                let end = if bytes[at..].starts_with(b"::") { at + 2 } else { at + 1 };
                if !byte.is_ascii_whitespace() {
                    found.push(Token { text: &source[at..end], line });
                }
                end
            }
        };
        line += bytes[start..at].iter().filter(|byte| **byte == b'\n').count();
    }
    found
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The first place from `at` on where what is left satisfies the test; the end if none does.
fn until(bytes: &[u8], at: usize, test: impl Fn(&[u8]) -> bool) -> usize {
    (at..bytes.len()).find(|place| test(&bytes[*place..])).unwrap_or(bytes.len())
}

fn after_block_comment(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while at < bytes.len() && depth > 0 {
        let step = match &bytes[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step.0;
        depth += step.1;
    }
    at
}

fn after_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// Behind `r"…"`, `br##"…"##` and their like, if that is what the word before `end` begins.
fn after_raw(bytes: &[u8], word: &str, end: usize) -> Option<usize> {
    if !matches!(word, "r" | "br" | "cr") {
        return None;
    }
    let quote = until(bytes, end, |rest| rest[0] != b'#');
    if bytes.get(quote) != Some(&b'"') {
        return None;
    }
    let hashes = &bytes[end..quote];
    let close = until(bytes, quote + 1, |rest| rest[0] == b'"' && rest[1..].starts_with(hashes));
    Some((close + 1 + hashes.len()).min(bytes.len()))
}

fn after_character_or_lifetime(source: &str, start: usize) -> usize {
    let bytes = source.as_bytes();
    let mut inside = source[start + 1..].chars();
    match (inside.next(), inside.next()) {
        // The escaped character itself may be a quote.
        (Some('\\'), _) => (until(bytes, (start + 3).min(bytes.len()), |rest| rest[0] == b'\'') + 1).min(bytes.len()),
        (Some(character), Some('\'')) => start + 2 + character.len_utf8(),
        _ => until(bytes, start + 1, |rest| !is_word_byte(rest[0])),
    }
}
