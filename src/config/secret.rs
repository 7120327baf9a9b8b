//! Secrets: written out, or named by a file that holds them. Their text appears in no problem.

use std::fmt::Display;
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

    /// Reads a text that is no secret from `key` or the file that `file_key` names, with the same order between them.
    pub(super) fn text_or_file<T, E: Display>(
        &mut self,
        key: &'static str,
        file_key: &'static str,
        most: u64,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (written, name) = (self.find(key), self.find(file_key));
        let (key, text) = match (&written, &name) {
            (None, None) => return None,
            (Some(Found::Variable(_)), Some(Found::Variable(_))) | (Some(Found::Value(_)), Some(Found::Value(_))) => {
                self.refuse(file_key, format!("stands beside `{key}`; keep one of them"));
                return None;
            }
            (Some(written @ Found::Variable(_)), _) | (Some(written), None) => {
                (key, self.secret_text(key, written)?.to_owned())
            }
            (_, Some(name)) => {
                let name = self.secret_text(file_key, name)?;
                let read = read_file(name, most).map_err(|why| self.refuse(file_key, format!("{name:?}: {why}")));
                (file_key, read.ok()?)
            }
        };
        parse(&text).map_err(|error| self.refuse(key, format!("not accepted; {error}"))).ok()
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
    let text = read_file(name, MAX_SECRET)?;
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err("it is empty".to_owned()),
        secret => Ok(SecretString::from(secret)),
    }
}

/// A whole file of text.
fn read_file(name: &str, most: u64) -> Result<String, String> {
    let file = File::open(name).map_err(|error| error.to_string())?;
    let mut text = String::new();
    match file.take(most + 1).read_to_string(&mut text) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err("it is not UTF-8 text".to_owned()),
        Err(error) => Err(error.to_string()),
        Ok(length) if length as u64 > most => Err(format!("it is larger than {most} bytes")),
        Ok(_) => Ok(text),
    }
}
