//! One value under one key: texts, words, flags, numbers, durations.

use std::fmt::Display;
use std::time::Duration;

use toml::de::DeValue;

use super::section::{Found, Section, kind};
use super::values;
use crate::telemetry::Share;

impl<'a> Section<'a> {
    /// Reads a text; absent and refused are both `None`, refused with a problem.
    pub(super) fn text<T, E: Display>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let found = self.find(key)?;
        self.parsed(key, found, parse)
    }

    /// Reads a text that must be there; `hint` says what to write if it is not.
    pub(super) fn required<T, E: Display>(
        &mut self,
        key: &'static str,
        hint: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Some(found) = self.find(key) else {
            self.refuse(key, format!("is missing; {hint}"));
            return None;
        };
        self.parsed(key, found, parse)
    }

    fn parsed<T, E: Display>(&self, key: &str, found: Found<'a>, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let text = match found {
            Found::Variable(variable) => variable.value.as_str(),
            Found::Value(DeValue::String(text)) => text,
            Found::Value(other) => {
                self.refuse(key, format!("expected a text, found {}; write it in quotes", kind(other)));
                return None;
            }
        };
        parse(text).map_err(|error| self.refuse(key, format!("not accepted; {error}"))).ok()
    }

    /// Reads one of a few words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)], default: T) -> T {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let choose = |text: &str| {
            let found = choices.iter().find(|(word, _)| *word == text);
            found.map(|(_, choice)| *choice).ok_or_else(|| format!("write one of: {}", words.join(", ")))
        };
        self.text(key, choose).unwrap_or(default)
    }

    /// Reads `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let flag = match self.find(key) {
            None => return default,
            Some(Found::Value(DeValue::Boolean(flag))) => Some(*flag),
            Some(Found::Variable(variable)) => variable.value.parse().ok(),
            Some(Found::Value(_)) => None,
        };
        flag.unwrap_or_else(|| {
            self.refuse(key, "not accepted; write true or false, without quotes");
            default
        })
    }

    /// Reads a whole number above zero, written without quotes.
    pub(super) fn count(&mut self, key: &'static str, default: u32) -> u32 {
        let count = match self.find(key) {
            None => Some(default),
            Some(Found::Value(DeValue::Integer(number))) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            Some(Found::Variable(variable)) => variable.value.parse().ok(),
            Some(Found::Value(_)) => None,
        };
        count.filter(|count| *count > 0).unwrap_or_else(|| {
            self.refuse(key, "not accepted; write a whole number above zero, without quotes");
            default
        })
    }

    /// Reads a share: a number from 0 to 1, written without quotes.
    pub(super) fn share(&mut self, key: &'static str, default: Share) -> Share {
        let number = match self.find(key) {
            None => return default,
            Some(Found::Value(DeValue::Float(number))) => number.as_str().parse().ok(),
            Some(Found::Value(DeValue::Integer(number))) => number.as_str().parse().ok(),
            Some(Found::Variable(variable)) => variable.value.parse().ok(),
            Some(Found::Value(_)) => None,
        };
        number.and_then(Share::new).unwrap_or_else(|| {
            self.refuse(key, "not accepted; write a number from 0 to 1, such as 0.1, without quotes");
            default
        })
    }

    /// Reads a duration.
    pub(super) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        self.text(key, values::duration).unwrap_or(default)
    }
}
