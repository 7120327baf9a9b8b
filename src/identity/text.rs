//! Texts that are no nouns of ours: each is checked wherever it comes in, in the file as in a form.

use super::Invalid;

/// Longest name people read, in characters: fits a button and a table's column.
const MAX_LABEL: usize = 128;
/// Longest client id, scope or claim name, in bytes: none known is near it.
const MAX_TOKEN: usize = 512;

/// A name people read: one line, not empty.
///
/// # Errors
/// When it is none.
pub fn label(text: &str) -> Result<String, Invalid> {
    let count = text.chars().count();
    if count == 0 || count > MAX_LABEL || text.trim() != text || text.chars().any(char::is_control) {
        return Err(Invalid::new(format!(
            "a name is one line of 1 to {MAX_LABEL} characters without space at either end"
        )));
    }
    Ok(text.to_owned())
}

/// A client id: visible ASCII and spaces (RFC 6749, A.1).
///
/// # Errors
/// When it is none.
pub fn client_id(text: &str) -> Result<String, Invalid> {
    if text.is_empty() || text.len() > MAX_TOKEN || !text.bytes().all(|c| matches!(c, b' '..=b'~')) {
        return Err(Invalid::new(format!(
            "a client id is 1 to {MAX_TOKEN} printable ASCII characters; copy it from the provider"
        )));
    }
    Ok(text.to_owned())
}

/// A scope (RFC 6749, 3.3).
///
/// # Errors
/// When it is none.
pub fn scope(text: &str) -> Result<String, Invalid> {
    let fits = |c: u8| matches!(c, b'!' | b'#'..=b'[' | b']'..=b'~');
    if text.is_empty() || text.len() > MAX_TOKEN || !text.bytes().all(fits) {
        return Err(Invalid::new("a scope is one word without quotes or backslashes; write one element for each"));
    }
    Ok(text.to_owned())
}

/// The name of a top-level claim.
///
/// # Errors
/// When it is none.
pub fn claim(text: &str) -> Result<String, Invalid> {
    if text.is_empty() || text.len() > MAX_TOKEN || text.chars().any(char::is_control) {
        return Err(Invalid::new("a claim is the exact name of a top-level claim, such as groups"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_limits() {
        assert!(label("Company login").is_ok() && label("").is_err() && label("a\nb").is_err() && label(" a").is_err());
        assert!(label(&"é".repeat(MAX_LABEL)).is_ok() && label(&"é".repeat(MAX_LABEL + 1)).is_err());
        assert!(client_id("a b").is_ok() && client_id("ü").is_err() && client_id("").is_err());
        assert!(scope("openid").is_ok() && scope("openid profile").is_err() && scope("a\"b").is_err());
        assert!(claim("https://example.com/groups").is_ok() && claim("").is_err() && claim("a\nb").is_err());
    }
}
