//! Why a sign-in cannot go on, in words for the log. A page shows which kind of error it is and never the cause.

use std::fmt;

use crate::base::HttpError;

/// Longest cause, in characters: one line of a log.
const MAX_CAUSE: usize = 400;
/// Longest text of a provider's quoted in a cause, in characters.
const MAX_QUOTE: usize = 120;
/// A run of this many token characters is taken for a secret: codes and tokens are longer, words are shorter.
const SECRET_RUN: usize = 20;

/// Why a step of a sign-in failed. The cause is safe to log: bounded, control characters escaped, no code, token or
/// secret in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The provider does not answer, or answers with a server error: worth trying again.
    #[error("the identity provider is unavailable: {0}")]
    Unavailable(Cause),
    /// What came back is not what may be trusted: this sign-in ends here.
    #[error("the identity provider's answer was refused: {0}")]
    Refused(Cause),
    /// Our settings and the provider do not fit together: an admin has to look.
    #[error("the identity provider is misconfigured: {0}")]
    Misconfigured(Cause),
}

impl OidcError {
    pub(super) fn unavailable(cause: impl AsRef<str>) -> Self {
        Self::Unavailable(Cause::new(cause.as_ref()))
    }

    pub(super) fn refused(cause: impl AsRef<str>) -> Self {
        Self::Refused(Cause::new(cause.as_ref()))
    }

    pub(super) fn misconfigured(cause: impl AsRef<str>) -> Self {
        Self::Misconfigured(Cause::new(cause.as_ref()))
    }

    /// A failed exchange with the endpoint called `what`.
    pub(super) fn of_exchange(what: &str, error: &HttpError) -> Self {
        match error {
            HttpError::TooLarge(_) => Self::refused(format!("{what}: {error}")),
            HttpError::Timeout(_) | HttpError::Connect(_) | HttpError::Exchange(_) => {
                Self::unavailable(format!("{what}: {error}"))
            }
        }
    }

    /// The cause, for the log.
    pub const fn cause(&self) -> &Cause {
        match self {
            Self::Unavailable(cause) | Self::Refused(cause) | Self::Misconfigured(cause) => cause,
        }
    }
}

/// A cause: one bounded line.
#[derive(Clone, PartialEq, Eq)]
pub struct Cause(String);

impl Cause {
    fn new(text: &str) -> Self {
        Self(escaped(text, MAX_CAUSE))
    }

    /// The cause as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A text of the provider's in quotation marks, bounded, with every run that could be a token masked.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    let end = |run: &mut String, shown: &mut String| {
        if run.len() >= SECRET_RUN {
            shown.push('…');
        } else {
            shown.push_str(run);
        }
        run.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-_~+/=%.".contains(c) {
            run.push(c);
        } else {
            end(&mut run, &mut shown);
            shown.push(c);
        }
    }
    end(&mut run, &mut shown);
    format!("\"{}\"", escaped(&shown, MAX_QUOTE))
}

/// At most `limit` characters of `text`; controls and line separators are escaped, so that a log line stays one line.
fn escaped(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == limit {
            out.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_token_is_masked() {
        assert_eq!(quoted("code abcdefghijklmnopqrstuvwxyz expired"), "\"code … expired\"");
        assert_eq!(quoted("code=aaaaaaaaaaaaaaaaaaaaaa"), "\"…\"");
        assert_eq!(quoted("invalid_grant"), "\"invalid_grant\"");
    }

    proptest! {
        #[test]
        fn a_cause_is_one_bounded_line(text in any::<String>()) {
            let cause = Cause::new(&text);
            prop_assert!(!cause.as_str().chars().any(char::is_control));
            prop_assert!(cause.as_str().chars().count() <= MAX_CAUSE * 10 + 1);
        }

        #[test]
        fn a_quotation_never_shows_a_long_token(before in "[a-z ]{0,20}", token in "[A-Za-z0-9_~.-]{20,80}") {
            let shown = quoted(&format!("{before} {token}"));
            prop_assert!(!shown.contains(&token));
        }
    }
}
