//! The values selectors see and return.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::budget::{Budget, EvaluationError, Failure};
use super::{Rcvar, Variable, variable};
use crate::claims::Claims;

/// Why a claim that is there cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The provider has it and did not send it.
    Withheld,
    /// It was sent, and left out when the claims were kept.
    Redacted,
}

impl Unreadable {
    pub(super) fn error(self, name: &str) -> Failure {
        Box::new(match self {
            Self::Withheld => EvaluationError::Withheld(name.to_owned()),
            Self::Redacted => EvaluationError::Redacted(name.to_owned()),
        })
    }
}

/// Claims made ready for evaluation, once per sign-in.
#[derive(Clone, Debug)]
pub struct PreparedClaims {
    pub(super) root: Rcvar,
    /// Claims that cannot be read, with why.
    pub(super) unreadable: BTreeMap<String, Unreadable>,
    /// Values that evaluations make most, made once.
    pub(super) null: Rcvar,
    pub(super) truths: [Rcvar; 2],
}

impl PreparedClaims {
    /// All claims of a sign-in.
    pub fn new(claims: &Claims) -> Self {
        let withheld = claims.withheld().map(|name| (name.to_owned(), Unreadable::Withheld));
        let redacted = claims.redacted().map(|name| (name.to_owned(), Unreadable::Redacted));
        Self { unreadable: withheld.chain(redacted).collect(), ..Self::of_source(claims.merged()) }
    }

    /// What one source said.
    pub fn of_source(source: &Map<String, Value>) -> Self {
        let pair = |(name, value): (&String, &Value)| (name.clone(), Rcvar::new(variable(value)));
        Self::of_root(Variable::Object(source.iter().map(pair).collect()))
    }

    pub(super) fn of_root(root: Variable) -> Self {
        let truths = [false, true].map(|truth| Rcvar::new(Variable::Bool(truth)));
        Self { root: Rcvar::new(root), unreadable: BTreeMap::new(), null: Rcvar::new(Variable::Null), truths }
    }

    /// A boolean as a value.
    pub(super) const fn truth(&self, truth: bool) -> &Rcvar {
        let [no, yes] = &self.truths;
        if truth { yes } else { no }
    }

    /// Whether the claims as a whole are meant, not one of them.
    pub(super) fn is_root(&self, value: &Rcvar) -> bool {
        Arc::ptr_eq(&self.root, value)
    }
}

/// Most parts of a returned value that are shown, and most characters of a text in it: explanations are kept by the
/// thousand.
const SHOWN_PARTS: usize = 64;
/// See [`SHOWN_PARTS`].
const SHOWN_TEXT: usize = 200;
/// Most levels of a returned value that are shown.
const SHOWN_DEPTH: usize = 8;

/// What a selector returned.
#[derive(Clone, Debug)]
pub struct Returned(pub(super) Rcvar);

impl Returned {
    pub(super) const fn new(value: Rcvar) -> Self {
        Self(value)
    }

    /// Whether it is exactly the boolean `true`.
    pub fn is_true(&self) -> bool {
        matches!(*self.0, Variable::Bool(true))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        self.0.as_string().map(String::as_str)
    }

    /// The texts in it: itself, or those of its entries that are texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let entries = self.0.as_array().map(Vec::as_slice).unwrap_or_default();
        self.as_text().into_iter().chain(entries.iter().filter_map(|entry| entry.as_string().map(String::as_str)))
    }

    /// As JSON, for people to read: what is too much is cut and shown as `…`.
    pub fn to_json(&self) -> Value {
        let mut parts = SHOWN_PARTS;
        shown(&self.0, SHOWN_DEPTH, &mut parts)
    }
}

fn shown(value: &Variable, depth: usize, parts: &mut usize) -> Value {
    let cut = || Value::from("…");
    let Some(left) = parts.checked_sub(1).filter(|_| depth > 0) else { return cut() };
    *parts = left;
    match value {
        Variable::Null | Variable::Expref(_) => Value::Null,
        Variable::Bool(truth) => Value::Bool(*truth),
        Variable::Number(number) => Value::Number(number.clone()),
        Variable::String(text) => Value::String(shorten(text, SHOWN_TEXT)),
        Variable::Array(list) => {
            // One entry beyond the allowance, which shows as the cut.
            let entries = list.iter().take(*parts + 1);
            entries.map(|entry| shown(entry, depth - 1, parts)).collect()
        }
        Variable::Object(map) => {
            let pairs = map.iter().take(*parts + 1);
            pairs.map(|(name, entry)| (shorten(name, SHOWN_TEXT), shown(entry, depth - 1, parts))).collect()
        }
    }
}

/// At most so many characters, the last being `…` if something was cut.
pub(in crate::policy) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Whether two values are equal (JMESPath: same type and content). Values can share parts, so a walk may cost far more
/// than they hold: it is paid for step by step.
pub(super) fn equal(budget: &Budget, left: &Rcvar, right: &Rcvar) -> Result<bool, Failure> {
    budget.steps(1)?;
    Ok(match (left.as_ref(), right.as_ref()) {
        (Variable::Array(left), Variable::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !equal(budget, left, right)? {
                    return Ok(false);
                }
            }
            true
        }
        (Variable::Object(left), Variable::Object(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for ((left_name, left), (right_name, right)) in left.iter().zip(right) {
                budget.text(left_name.len())?;
                if left_name != right_name || !equal(budget, left, right)? {
                    return Ok(false);
                }
            }
            true
        }
        (Variable::String(left), Variable::String(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            budget.text(left.len())?;
            left == right
        }
        (left, right) => left == right,
    })
}
