//! Why an order came to nothing, and whose fault it is.

use instant_acme::{Error, Problem};

use super::shelf::ShelfError;

/// Longest cause that is kept, in characters.
const MAX_CAUSE: usize = 300;

/// Why there is no certificate, in words for admins.
#[derive(Debug)]
pub(super) enum Failed {
    /// The authority does not answer, or takes nothing from us now: no fault of this host.
    Authority(String),
    /// It was not convinced that the host is ours, or makes no certificate for it.
    Host(String),
    /// It was asked too much.
    TooMuch(String),
    /// It has forgotten who we are.
    Stranger(String),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        // Of the authority itself, or of our standing there (RFC 8555 6.7).
        const OURS: [&str; 4] = ["serverInternal", "badNonce", "externalAccountRequired", "userActionRequired"];
        match &error {
            Error::Api(problem) if is(problem, "rateLimited") => Self::TooMuch(words(problem)),
            Error::Api(problem) if is(problem, "accountDoesNotExist") => Self::Stranger(words(problem)),
            Error::Api(problem) if OURS.iter().any(|kind| is(problem, kind)) => Self::Authority(words(problem)),
            Error::Api(problem) => Self::Host(words(problem)),
            Error::Timeout(_) => Self::Host("the authority did not come to an end with it".into()),
            _ => Self::Authority(short(&error.to_string())),
        }
    }
}

impl From<ShelfError> for Failed {
    fn from(error: ShelfError) -> Self {
        Self::Authority(short(&error.to_string()))
    }
}

fn is(problem: &Problem, kind: &str) -> bool {
    problem.r#type.as_deref().and_then(|of| of.strip_prefix("urn:ietf:params:acme:error:")) == Some(kind)
}

/// What the authority says, fit for one line.
pub(super) fn words(problem: &Problem) -> String {
    let detail = problem.detail.as_deref().or(problem.r#type.as_deref());
    short(detail.unwrap_or("the authority does not say why"))
}

fn short(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CAUSE).collect();
    text.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &str, detail: &str) -> Error {
        let text = serde_json::json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
        Error::Api(serde_json::from_value(text).unwrap())
    }

    #[test]
    fn whose_fault_it_is_follows_from_what_the_authority_says() {
        let of = |error: Error| match Failed::from(error) {
            Failed::Authority(cause) => ("authority", cause),
            Failed::Host(cause) => ("host", cause),
            Failed::TooMuch(cause) => ("too much", cause),
            Failed::Stranger(cause) => ("stranger", cause),
        };
        for (kind, whose) in [
            ("rateLimited", "too much"),
            ("accountDoesNotExist", "stranger"),
            ("serverInternal", "authority"),
            ("badNonce", "authority"),
            ("unauthorized", "host"),
            ("rejectedIdentifier", "host"),
            ("caa", "host"),
            ("something new", "host"),
        ] {
            assert_eq!(of(problem(kind, "why.")), (whose, "why".to_owned()), "{kind}");
        }
        assert_eq!(of(Error::Timeout(None)).0, "host");
        assert_eq!(of(Error::Str("no nonce")), ("authority", "missing data: no nonce".to_owned()));
        // One line, and not a long one.
        let long = of(problem("caa", &format!("two\nlines\u{1b}[31m {}", "x".repeat(1_000)))).1;
        assert!(long.starts_with("two lines [31m x") && long.chars().count() == MAX_CAUSE);
    }
}
