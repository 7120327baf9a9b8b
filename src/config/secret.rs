//! Secrets: written out, or named by a file that holds them. Their text appears in no problem.

use std::fs::File;
use std::io::Read as _;

use secrecy::SecretString;
use toml::de::DeValue;

use super::section::{Found, Section};

/// Largest file that is read as a secret, in bytes: no client secret or database URL is near it.
const MAX_SECRET: u64 = 64 * 1024;

impl Section<'_> {
    /// Reads a secret from `key` or the file that `file_key` names. The environment goes before the file; in either,
    /// only one of the two may stand.
    pub(super) fn secret(&mut self, key: &'static str, file_key: &'static str) -> Option<SecretString> {
        let (written, name) = (self.find(key), self.find(file_key));
        match (written, name) {
            (None, None) => None,
            (Some(Found::Variable(_)), Some(Found::Variable(_))) | (Some(Found::Value(_)), Some(Found::Value(_))) => {
                self.refuse(file_key, format!("stands beside `{key}`; keep one of them"));
                None
            }
            (Some(written @ Found::Variable(_)), _) | (Some(written), None) => self.written(key, &written),
            (_, Some(name)) => self.named(file_key, &name),
        }
    }

    fn secret_text<'b>(&self, key: &str, found: &'b Found<'_>) -> Option<&'b str> {
        match found {
            Found::Variable(variable) => Some(&variable.value),
            Found::Value(DeValue::String(text)) => Some(text),
            Found::Value(_) => {
                self.refuse(key, "expected a text; write it in quotes");
                None
            }
        }
    }

    fn written(&self, key: &str, found: &Found<'_>) -> Option<SecretString> {
        let text = self.secret_text(key, found)?;
        if text.is_empty() {
            self.refuse(key, "is empty; write the secret or remove the key");
            return None;
        }
        Some(SecretString::from(text))
    }

    fn named(&self, key: &str, found: &Found<'_>) -> Option<SecretString> {
        let name = self.secret_text(key, found)?;
        match read_secret(name) {
            Ok(secret) => Some(secret),
            Err(reason) => {
                self.refuse(key, format!("cannot take the secret from {name:?}: {reason}; mount or correct the file"));
                None
            }
        }
    }
}

/// The content of a file, without the newlines that editors put at its end.
fn read_secret(name: &str) -> Result<SecretString, String> {
    let file = File::open(name).map_err(|error| error.to_string())?;
    let mut text = String::new();
    match file.take(MAX_SECRET + 1).read_to_string(&mut text) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Err("it is not UTF-8 text".to_owned()),
        Err(error) => return Err(error.to_string()),
        Ok(length) if length as u64 > MAX_SECRET => return Err(format!("it is larger than {MAX_SECRET} bytes")),
        Ok(_) => {}
    }
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err("it is empty".to_owned()),
        secret => Ok(SecretString::from(secret)),
    }
}
