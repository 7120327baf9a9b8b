//! What functions are given, by the kinds they take, and what they give back. Arities were checked when the selector was
//! parsed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Number;

use super::{Answer, Given};
use crate::policy::selector::budget::{Budget, EvaluationError, Failure};
use crate::policy::selector::{Rcvar, Variable};

pub(super) fn argument<'a>(given: &'a Given<'_>, at: usize) -> Result<&'a Rcvar, Failure> {
    given.get(at).map(Cow::as_ref).ok_or_else(|| EvaluationError::Defect.into())
}

/// What was given is not what the function takes.
pub(super) fn refused(message: impl Into<String>) -> Failure {
    Box::new(EvaluationError::Argument(message.into()))
}

#[cold]
pub(super) fn wrong(name: &str, at: usize, wanted: &str, value: &Variable) -> Failure {
    let hint = if value.is_null() { " (no such claim? one named in list_claims is always a list)" } else { "" };
    refused(format!("{name}() takes {wanted} as argument {}, not {}{hint}", at + 1, value.get_type()))
}

pub(super) fn given_text<'a>(name: &str, given: &'a Given<'_>, at: usize) -> Result<&'a str, Failure> {
    let value = argument(given, at)?;
    value.as_string().map(String::as_str).ok_or_else(|| wrong(name, at, "a text", value))
}

pub(super) fn given_number(name: &str, given: &Given<'_>, at: usize) -> Result<f64, Failure> {
    let value = argument(given, at)?;
    value.as_number().ok_or_else(|| wrong(name, at, "a number", value))
}

pub(super) fn given_list<'a>(name: &str, given: &'a Given<'_>, at: usize) -> Result<&'a [Rcvar], Failure> {
    let value = argument(given, at)?;
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(name, at, "a list", value))
}

pub(super) fn given_object<'a>(
    name: &str,
    given: &'a Given<'_>,
    at: usize,
) -> Result<&'a BTreeMap<String, Rcvar>, Failure> {
    let value = argument(given, at)?;
    value.as_object().ok_or_else(|| wrong(name, at, "an object", value))
}

pub(super) fn numbers(name: &str, budget: &Budget, given: &Given<'_>) -> Result<Vec<f64>, Failure> {
    let list = given_list(name, given, 0)?;
    budget.new_entries(list.len())?;
    let numbers: Option<Vec<f64>> = list.iter().map(|entry| entry.as_number()).collect();
    numbers.ok_or_else(|| refused(format!("{name}() takes a list of numbers alone")))
}

/// A list of texts alone or of numbers alone, paid for as often as it will be gone through.
pub(super) fn comparable<'a>(
    name: &str,
    budget: &Budget,
    given: &'a Given<'_>,
    rounds: usize,
) -> Result<&'a [Rcvar], Failure> {
    let list = given_list(name, given, 0)?;
    for entry in list {
        let bytes = entry.as_string().map_or(0, String::len);
        for _ in 0..rounds {
            budget.text(bytes)?;
        }
    }
    if list.iter().all(|entry| entry.is_string()) || list.iter().all(|entry| entry.is_number()) {
        Ok(list)
    } else {
        Err(refused(format!("{name}() takes a list of texts alone or of numbers alone")))
    }
}

pub(super) fn null() -> Rcvar {
    Rcvar::new(Variable::Null)
}

pub(super) fn text(text: impl Into<String>) -> Rcvar {
    Rcvar::new(Variable::String(text.into()))
}

pub(super) fn number(value: f64) -> Answer {
    let beyond = || refused("the result is beyond what a number can hold");
    Number::from_f64(value).map(|number| Rcvar::new(Variable::Number(number))).ok_or_else(beyond)
}
