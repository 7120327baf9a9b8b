//! Why a selector is no selector, and where.

/// Most characters of a line that are shown before the caret, and most from it on; together they fit a terminal.
const SHOWN_BEFORE: usize = 60;
/// See [`SHOWN_BEFORE`].
const SHOWN_AFTER: usize = 40;

/// Why a text is no selector. Says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SelectorError {
    message: String,
    position: Option<(usize, usize)>,
}

impl std::fmt::Display for SelectorError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl SelectorError {
    pub(in crate::policy) fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), position: None }
    }

    pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { message: message.into(), position: Some((line, column)) }
    }

    /// What is wrong and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Line and column (in characters), both counted from 1, unless the text as a whole is meant.
    pub const fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// The line of `text` that is meant, and below it a caret under the place. Long lines are cut around it.
    pub fn pointer(&self, text: &str) -> Option<String> {
        let (line, column) = self.position?;
        let shown = text.split('\n').nth(line - 1).unwrap_or_default();
        let skipped = (column - 1).saturating_sub(SHOWN_BEFORE);
        let part = shown.chars().skip(skipped).take(SHOWN_BEFORE + SHOWN_AFTER).map(visible);
        // Tabs are kept, so that the caret stands right however wide they are shown.
        let indent = part.clone().chain(std::iter::repeat(' ')).take(column - 1 - skipped).map(space);
        Some(format!("{}\n{}^", part.clone().collect::<String>().trim_end(), indent.collect::<String>()))
    }

    /// All of it for a terminal: the words, and below them the place in `text`, if there is one.
    pub fn in_full(&self, text: &str) -> String {
        self.pointer(text).map_or_else(|| self.to_string(), |pointer| format!("{self}\n{pointer}"))
    }
}

/// What a terminal would obey is not passed on.
fn visible(c: char) -> char {
    if c.is_control() && c != '\t' { '\u{fffd}' } else { c }
}

const fn space(c: char) -> char {
    if c == '\t' { '\t' } else { ' ' }
}

/// Turns the parser's words about the place `offset` into ours.
pub(super) fn plain(text: &str, offset: usize, reason: &str) -> SelectorError {
    let found = found(text.get(offset..).unwrap_or_default());
    let known = [
        ("'=' is not", "a single = does not compare: write =="),
        ("Unable to parse literal", "between backticks stands JSON, such as `true`; plain text goes in single quotes"),
        ("Unable to parse quoted", "a name in double quotes is written like a JSON string; text goes in single quotes"),
        ("Expected valid number", "this number is too large"),
        (
            "'-' must be",
            "a - stands only before a number, as in groups[-1]; a name that holds one goes in double quotes",
        ),
        ("Quoted strings can't", "a function's name is not quoted"),
        ("Invalid function name", "only a plain name can be called as a function"),
    ];
    let message = match known.iter().find(|(head, _)| reason.starts_with(head)) {
        Some((_, message)) => (*message).to_owned(),
        None if reason.starts_with("Invalid character") => {
            format!("{found} has no meaning here: text goes in single quotes, an unusual claim name in double quotes")
        }
        None if found.is_empty() => "the expression ends too early".to_owned(),
        None if found == "`:`" => "unexpected `:`: a claim name that holds one goes in double quotes".to_owned(),
        None => format!("unexpected {found}"),
    };
    SelectorError::at(text, offset, message)
}

/// The word or sign a text begins with, in backticks.
fn found(text: &str) -> String {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(24).collect();
    match text.chars().next() {
        None => String::new(),
        Some(sign) if word.is_empty() => format!("`{sign}`"),
        Some(_) => format!("`{word}`"),
    }
}
