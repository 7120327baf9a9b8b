//! Lists of texts: in the file as lists, in the environment separated by commas or as TOML writes them.

use std::collections::HashSet;
use std::fmt::Display;

use toml::de::DeValue;

use super::problem::Place;
use super::section::{Found, MAX_ENTRIES, Section, kind};

/// A value and the key path it stands at.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    /// Where: `organization.home-lab.roles[1]`.
    pub(super) path: String,
    /// What.
    pub(super) value: T,
}

/// The values alone.
pub(super) fn values<T: Clone>(items: &[At<T>]) -> Vec<T> {
    items.iter().map(|item| item.value.clone()).collect()
}

impl Section<'_> {
    /// Reads a list of texts, each of them once; absent is `None`. Refused elements are reported and left out.
    pub(super) fn list<T: Display, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<At<T>>> {
        let texts = self.texts(key)?;
        if texts.len() > MAX_ENTRIES {
            self.refuse(key, format!("too many: {} elements; at most {MAX_ENTRIES} are taken", texts.len()));
        }
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        for At { path, value } in texts.into_iter().take(MAX_ENTRIES) {
            match parse(&value) {
                Ok(value) if seen.insert(value.to_string()) => items.push(At { path, value }),
                Ok(value) => self.report.refuse(&path, format!("`{value}` stands twice; remove one")),
                Err(error) => self.report.refuse(&path, format!("not accepted; {error}")),
            }
        }
        Some(items)
    }

    /// Reads a list that has at least one element if it is there at all; `hint` says what to do with an empty one.
    pub(super) fn full_list<T: Display, E: Display>(
        &mut self,
        key: &'static str,
        hint: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<At<T>>> {
        let before = self.report.count();
        let items = self.list(key, parse)?;
        if items.is_empty() && self.report.count() == before {
            self.refuse(key, format!("is empty; {hint}"));
        }
        Some(items)
    }

    /// Reads a list that must be there, with at least one element; `hint` says what to write.
    pub(super) fn required_list<T: Display, E: Display>(
        &mut self,
        key: &'static str,
        hint: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<At<T>> {
        let items = self.full_list(key, hint, parse);
        if items.is_none() && self.is_absent(key) {
            self.refuse(key, format!("is missing; {hint}"));
        }
        items.unwrap_or_default()
    }

    /// Reads a text, or a list with at least one element; `hint` says what to write.
    pub(super) fn one_or_several<T: Display, E: Display>(
        &mut self,
        key: &'static str,
        hint: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<At<T>> {
        if !self.is_text(key) {
            return self.required_list(key, hint, parse);
        }
        let path = self.at(key);
        self.required(key, hint, parse).map(|value| At { path, value }).into_iter().collect()
    }

    fn texts(&mut self, key: &'static str) -> Option<Vec<At<String>>> {
        let path = self.at(key);
        let list = match self.find(key)? {
            Found::Value(DeValue::Array(list)) => list,
            Found::Value(other) => {
                self.refuse(key, format!("expected a list of texts, found {}; write [\"…\"]", kind(other)));
                return None;
            }
            Found::Variable(variable) if !variable.value.trim_start().starts_with('[') => {
                let parts = variable.value.split(',').map(str::trim).filter(|part| !part.is_empty()).enumerate();
                return Some(parts.map(|(i, part)| At { path: element(&path, i), value: part.to_owned() }).collect());
            }
            Found::Variable(variable) => {
                let parsed = DeValue::parse(variable.value.trim());
                let Ok(DeValue::Array(list)) = parsed.as_ref().map(toml::Spanned::get_ref) else {
                    self.refuse(key, "not a list; write it as a,b or as [\"a\", \"b\"]");
                    return None;
                };
                return Some(self.elements(&path, list, false));
            }
        };
        Some(self.elements(&path, list, true))
    }

    pub(super) fn elements(&self, path: &str, list: &[toml::Spanned<DeValue<'_>>], in_file: bool) -> Vec<At<String>> {
        let mut texts = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let path = element(path, index);
            if in_file {
                self.report.locate(&path, Place::File(value.span().start));
            }
            match value.get_ref() {
                DeValue::String(text) => texts.push(At { path, value: text.to_string() }),
                other => {
                    let message = format!("expected a text, found {}; write it in quotes", kind(other));
                    self.report.refuse(&path, message);
                }
            }
        }
        texts
    }
}

fn element(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}
