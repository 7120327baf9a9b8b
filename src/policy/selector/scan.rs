//! Looks at a selector's text before the parser may: the parser recurses, and a stack that overflows ends the whole
//! process. Also sees what only the text shows: whether `{{orgId}}` stands in quotes.

use super::error::SelectorError;
use super::{PLACEHOLDER, PLACEHOLDER_NAME};

/// Longest selector, in bytes. The cookbook's longest is a quarter of it.
const MAX_BYTES: usize = 1_024;
/// Most tokens: the parser, and everything that walks its tree, recurses about once per token. With the limits below, a
/// debug build needs a quarter of a worker's 2 MiB stack for the worst of them; `tests/hostile.rs` holds us to it.
const MAX_TOKENS: usize = 200;
/// Most brackets, braces, parentheses, filters and prefix signs inside one another: nobody reads more.
const MAX_DEPTH: usize = 32;

/// Most projections: `*`, `[*]`, `[]`, `[?…]`. Each is several levels of the tree and goes through a list; the
/// cookbook never needs more than three.
const MAX_PROJECTIONS: usize = 16;

/// Checks size, nesting, quotes and placeholders.
pub(super) fn scan(text: &str) -> Result<(), SelectorError> {
    if text.trim().is_empty() {
        return Err(SelectorError::whole("the selector is empty: write one, or leave it out"));
    }
    if text.len() > MAX_BYTES {
        let message = format!("a selector is at most {MAX_BYTES} bytes long, this one is {}", text.len());
        return Err(SelectorError::whole(message));
    }
    let mut scan = Scan { text, at: 0, tokens: 0, projections: 0, open: Vec::new(), prefixes: 0 };
    while scan.at < text.len() {
        scan.token()?;
    }
    Ok(())
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    tokens: usize,
    projections: usize,
    /// For each open bracket, how many prefix signs stand before it on its own level.
    open: Vec<usize>,
    /// Prefix signs that wait for their operand.
    prefixes: usize,
}

impl Scan<'_> {
    fn token(&mut self) -> Result<(), SelectorError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { return Ok(()) };
        if first.is_whitespace() {
            self.at += first.len_utf8();
            return Ok(());
        }
        self.placeholder_outside_quotes(rest)?;
        let length = match first {
            '\'' | '"' | '`' => self.quoted(rest, first)?,
            _ => unquoted(rest, first),
        };
        self.nest(rest, first)?;
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            return Err(self.error(format!("a selector has at most {MAX_TOKENS} words and signs: split it")));
        }
        if first == '*' || rest.starts_with("[]") || rest.starts_with("[?") {
            self.projections += 1;
        }
        if self.projections > MAX_PROJECTIONS {
            return Err(self.error(format!("a selector has at most {MAX_PROJECTIONS} of *, [] and [?…]: split it")));
        }
        self.at += length;
        Ok(())
    }

    fn error(&self, message: impl Into<String>) -> SelectorError {
        SelectorError::at(self.text, self.at, message)
    }

    fn nest(&mut self, rest: &str, first: char) -> Result<(), SelectorError> {
        match first {
            '[' if rest.starts_with("[]") => {}
            '(' | '[' | '{' => {
                self.open.push(self.prefixes);
                self.prefixes = 0;
            }
            ')' | ']' | '}' => {
                self.open.pop();
                self.prefixes = 0;
            }
            '!' if !rest.starts_with("!=") => self.prefixes += 1,
            '&' if !rest.starts_with("&&") => self.prefixes += 1,
            _ => self.prefixes = 0,
        }
        let depth = self.open.len() + self.open.iter().sum::<usize>() + self.prefixes;
        if depth > MAX_DEPTH {
            return Err(self.error(format!("a selector is nested at most {MAX_DEPTH} levels deep")));
        }
        Ok(())
    }

    fn placeholder_outside_quotes(&self, rest: &str) -> Result<(), SelectorError> {
        let Some(inside) = rest.strip_prefix("{{").and_then(|rest| rest.split_once("}}")) else { return Ok(()) };
        if inside.0.trim().eq_ignore_ascii_case(PLACEHOLDER_NAME) {
            let message = format!("{PLACEHOLDER} stands in quotes: write '{PLACEHOLDER}'");
            return Err(self.error(message));
        }
        Ok(())
    }

    /// The length of the quoted token that `rest` begins with, quotes included.
    fn quoted(&self, rest: &str, quote: char) -> Result<usize, SelectorError> {
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    self.misspelt_placeholder(rest.get(..at).unwrap_or_default())?;
                    return Ok(at + 1);
                }
                _ => {}
            }
        }
        Err(self.error(format!("the quote {quote} opened here is never closed")))
    }

    /// `{{ orgid }}` would be taken as it stands and never match anything.
    fn misspelt_placeholder(&self, quoted: &str) -> Result<(), SelectorError> {
        for piece in quoted.split("{{").skip(1) {
            let Some((inside, _)) = piece.split_once("}}") else { continue };
            if inside != PLACEHOLDER_NAME && inside.trim().eq_ignore_ascii_case(PLACEHOLDER_NAME) {
                return Err(self.error(format!("the placeholder is written exactly {PLACEHOLDER}")));
            }
        }
        Ok(())
    }
}

/// The length of the token that `rest` begins with. A sign is counted alone where the parser might join it with the
/// next: counting too many is safe.
fn unquoted(rest: &str, first: char) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if first.is_ascii_digit() {
        return rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    }
    if word(first) {
        return rest.find(|c| !word(c)).unwrap_or(rest.len());
    }
    let pairs = ["[]", "[?", "&&", "||", "==", "!=", "<=", ">="];
    if pairs.iter().any(|pair| rest.starts_with(pair)) { 2 } else { first.len_utf8() }
}
