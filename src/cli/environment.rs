//! The process environment, as texts.

use std::ffi::OsString;

/// A variable of ours whose value is no text. To guess at it could change a secret unseen.
#[derive(Debug, thiserror::Error)]
#[error("the value of {0} is not UTF-8; set it to text, or name a file that holds it")]
pub struct NotText(String);

/// The variables whose name is a text of ours; `config` decides which of them it knows.
pub(super) fn ours(variables: impl IntoIterator<Item = (OsString, OsString)>) -> anyhow::Result<Vec<(String, String)>> {
    let mut ours = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with("VESTIBULE_")) else { continue };
        let value = value.into_string().map_err(|_| NotText(name.to_owned()))?;
        ours.push((name.to_owned(), value));
    }
    Ok(ours)
}
