//! Tables whose keys are not ours: claims, and lists by a name.

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::list::At;
use super::problem::Place;
use super::section::{Found, MAX_ENTRIES, Section, kind};

/// Deepest table of claims that is read: deeper than any claims that are taken.
const MAX_DEPTH: usize = 64;

/// A name, and the texts listed under it.
pub(super) type Listed = (At<String>, Vec<At<String>>);

impl<'a> Section<'a> {
    /// Reads a table as JSON; absent is `None`.
    pub(super) fn object(&mut self, key: &'static str) -> Option<Map<String, Value>> {
        let table = self.any_table(key)?;
        match object(table, MAX_DEPTH) {
            Ok(object) => Some(object),
            Err(message) => {
                self.refuse(key, message);
                None
            }
        }
    }

    /// Reads a table of lists of texts, such as `{ home-lab = ["Member"] }`; absent is `None`.
    pub(super) fn lists(&mut self, key: &'static str) -> Option<Vec<Listed>> {
        let table = self.any_table(key)?;
        let mut lists = Vec::new();
        for (name, value) in table.iter().take(MAX_ENTRIES) {
            let path = format!("{}.{}", self.at(key), name.get_ref());
            self.report.locate(&path, Place::File(name.span().start));
            match value.get_ref() {
                DeValue::Array(list) => {
                    let texts = self.elements(&path, list, true);
                    lists.push((At { path, value: name.get_ref().to_string() }, texts));
                }
                other => {
                    let message = format!("expected a list of texts, found {}; write [\"…\"]", kind(other));
                    self.report.refuse(&path, message);
                }
            }
        }
        Some(lists)
    }

    fn any_table(&mut self, key: &'static str) -> Option<&'a DeTable<'a>> {
        match self.find(key)? {
            Found::Value(DeValue::Table(table)) => Some(table),
            Found::Value(other) => {
                self.refuse(key, format!("expected a table, found {}; write {{ … }}", kind(other)));
                None
            }
            Found::Variable(_) => {
                self.refuse(key, "is a table, which no variable can hold; write it in the file");
                None
            }
        }
    }
}

fn object(table: &DeTable<'_>, levels: usize) -> Result<Map<String, Value>, String> {
    let pair = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        Ok((name.to_string(), json(value.get_ref(), levels)?))
    };
    table.iter().map(pair).collect()
}

fn json(value: &DeValue<'_>, levels: usize) -> Result<Value, String> {
    let below = levels.checked_sub(1).ok_or("is nested too deep")?;
    Ok(match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            Value::from(number.map_err(|_| "holds a number that is too large")?)
        }
        DeValue::Float(number) => {
            let number: f64 = number.as_str().parse().map_err(|_| "holds a number that is none")?;
            serde_json::Number::from_f64(number).map(Value::Number).ok_or("holds a number that JSON cannot")?
        }
        DeValue::Datetime(_) => return Err("holds a date, which claims write as a text or a number".to_owned()),
        DeValue::Array(list) => {
            list.iter().map(|entry| json(entry.get_ref(), below)).collect::<Result<Vec<_>, _>>()?.into()
        }
        DeValue::Table(table) => Value::Object(object(table, below)?),
    })
}
