//! The functions a selector may call: those of the JMESPath specification, less five. `map`, `max_by`, `min_by` and
//! `sort_by` take expressions, which hides work from whoever reads the selector, and nobody needs them to choose an
//! organization or a role. `to_string` spells a value out, and values can share parts beyond any size. Three that it
//! lacks are ours (`own`).

mod given;
mod nearest;
mod own;

use std::borrow::Cow;
use std::cmp;
use std::collections::BTreeMap;

use serde_json::Number;

pub(super) use nearest::nearest;

use given::{
    argument, comparable, given_list, given_number, given_object, given_text, null, number, numbers, refused, text,
    wrong,
};

use super::budget::{Budget, Failure};
use super::value::equal;
use super::{Rcvar, Variable};

type Answer = Result<Rcvar, Failure>;
type Tested = Result<bool, Failure>;
/// What a function is given: mostly lent.
pub(super) type Given<'a> = [Cow<'a, Rcvar>];

/// A function: its name, how many arguments it takes, and what it does.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) least: usize,
    /// Absent: any number.
    pub(super) most: Option<usize>,
    pub(super) call: Call,
}

/// What a function does. A test makes no value: most that are called in a filter are tests.
#[derive(Debug)]
pub(super) enum Call {
    Value(fn(&Budget, &Given<'_>) -> Answer),
    Test(fn(&Budget, &Given<'_>) -> Tested),
}

const fn takes(name: &'static str, count: usize, call: fn(&Budget, &Given<'_>) -> Answer) -> Function {
    Function { name, least: count, most: Some(count), call: Call::Value(call) }
}

const fn tests(name: &'static str, count: usize, call: fn(&Budget, &Given<'_>) -> Tested) -> Function {
    Function { name, least: count, most: Some(count), call: Call::Test(call) }
}

const fn takes_any(name: &'static str, least: usize, call: fn(&Budget, &Given<'_>) -> Answer) -> Function {
    Function { name, least, most: None, call: Call::Value(call) }
}

static FUNCTIONS: [Function; 24] = [
    takes("abs", 1, |_, given| number(f64::abs(given_number("abs", given, 0)?))),
    takes("avg", 1, average),
    takes("ceil", 1, |_, given| number(f64::ceil(given_number("ceil", given, 0)?))),
    tests("contains", 2, contains),
    tests("ends_with", 2, |budget, given| {
        let (text, end) = (given_text("ends_with", given, 0)?, given_text("ends_with", given, 1)?);
        budget.text(end.len())?;
        Ok(text.ends_with(end))
    }),
    takes("floor", 1, |_, given| number(f64::floor(given_number("floor", given, 0)?))),
    takes("join", 2, join),
    takes("keys", 1, keys),
    takes("length", 1, length),
    takes("lower", 1, own::lower),
    tests("matches_domain", 2, own::matches_domain),
    takes("max", 1, |budget, given| extreme("max", budget, given, cmp::max)),
    takes_any("merge", 1, merge),
    takes("min", 1, |budget, given| extreme("min", budget, given, cmp::min)),
    takes_any("not_null", 1, |_, given| {
        Ok(given.iter().find(|value| !value.is_null()).map_or_else(null, |value| Rcvar::clone(value)))
    }),
    takes("reverse", 1, reverse),
    takes("sort", 1, sort),
    tests("starts_with", 2, |budget, given| {
        let (text, start) = (given_text("starts_with", given, 0)?, given_text("starts_with", given, 1)?);
        budget.text(start.len())?;
        Ok(text.starts_with(start))
    }),
    takes("split", 2, own::split),
    takes("sum", 1, |budget, given| number(numbers("sum", budget, given)?.iter().sum())),
    takes("to_array", 1, |budget, given| match argument(given, 0)? {
        list if list.is_array() => Ok(list.clone()),
        single => {
            budget.new_entries(1)?;
            Ok(Rcvar::new(Variable::Array(vec![single.clone()])))
        }
    }),
    takes("to_number", 1, to_number),
    takes("type", 1, |_, given| Ok(text(argument(given, 0)?.get_type().to_string()))),
    takes("values", 1, |budget, given| {
        let map = given_object("values", given, 0)?;
        budget.new_entries(map.len())?;
        Ok(Rcvar::new(Variable::Array(map.values().cloned().collect())))
    }),
];

/// Those of the specification that are left out; the module's head says why.
pub(super) const LEFT_OUT: [&str; 5] = ["map", "max_by", "min_by", "sort_by", "to_string"];

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// All names, sorted.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

fn average(budget: &Budget, given: &Given<'_>) -> Answer {
    let numbers = numbers("avg", budget, given)?;
    if numbers.is_empty() {
        return Ok(null());
    }
    #[expect(clippy::cast_precision_loss, reason = "no list is near 2^52 entries long")]
    number(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn contains(budget: &Budget, given: &Given<'_>) -> Tested {
    let (place, sought) = (argument(given, 0)?, argument(given, 1)?);
    match place.as_ref() {
        Variable::Array(list) => {
            for entry in list {
                if equal(budget, entry, sought)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Variable::String(place) => {
            budget.text(place.len())?;
            Ok(sought.as_string().is_some_and(|sought| place.contains(sought.as_str())))
        }
        other => Err(wrong("contains", 0, "a list or a text", other)),
    }
}

fn join(budget: &Budget, given: &Given<'_>) -> Answer {
    let (glue, list) = (given_text("join", given, 0)?, given_list("join", given, 1)?);
    let mut joined = String::new();
    for (at, entry) in list.iter().enumerate() {
        let not_text = || refused("join() takes a list of texts alone as argument 2");
        let part = entry.as_string().ok_or_else(not_text)?;
        let glue = if at == 0 { "" } else { glue };
        budget.new_text(glue.len() + part.len())?;
        joined.push_str(glue);
        joined.push_str(part);
    }
    Ok(text(joined))
}

fn keys(budget: &Budget, given: &Given<'_>) -> Answer {
    let map = given_object("keys", given, 0)?;
    budget.new_entries(map.len())?;
    map.keys().try_for_each(|name| budget.new_text(name.len()))?;
    Ok(Rcvar::new(Variable::Array(map.keys().map(text).collect())))
}

fn length(budget: &Budget, given: &Given<'_>) -> Answer {
    let value = argument(given, 0)?;
    let length = match value.as_ref() {
        Variable::Array(list) => list.len(),
        Variable::Object(map) => map.len(),
        Variable::String(text) => {
            budget.text(text.len())?;
            text.chars().count()
        }
        other => return Err(wrong("length", 0, "a list, an object or a text", other)),
    };
    Ok(Rcvar::new(Variable::Number(Number::from(length))))
}

fn extreme(name: &str, budget: &Budget, given: &Given<'_>, choose: fn(Rcvar, Rcvar) -> Rcvar) -> Answer {
    let list = comparable(name, budget, given, 1)?;
    Ok(list.iter().cloned().reduce(choose).unwrap_or_else(null))
}

fn merge(budget: &Budget, given: &Given<'_>) -> Answer {
    let mut merged = BTreeMap::new();
    for at in 0..given.len() {
        for (name, value) in given_object("merge", given, at)? {
            budget.new_entries(1)?;
            budget.new_text(name.len())?;
            merged.insert(name.clone(), value.clone());
        }
    }
    Ok(Rcvar::new(Variable::Object(merged)))
}

fn reverse(budget: &Budget, given: &Given<'_>) -> Answer {
    let value = argument(given, 0)?;
    match value.as_ref() {
        Variable::Array(list) => {
            budget.new_entries(list.len())?;
            Ok(Rcvar::new(Variable::Array(list.iter().rev().cloned().collect())))
        }
        Variable::String(word) => {
            budget.new_text(word.len())?;
            Ok(text(word.chars().rev().collect::<String>()))
        }
        other => Err(wrong("reverse", 0, "a list or a text", other)),
    }
}

fn sort(budget: &Budget, given: &Given<'_>) -> Answer {
    /// Comparisons per entry: the logarithm of the longest list the budget allows.
    const ROUNDS: usize = 16;
    let list = comparable("sort", budget, given, ROUNDS)?;
    budget.new_entries(list.len())?;
    let mut list = list.to_vec();
    list.sort();
    Ok(Rcvar::new(Variable::Array(list)))
}

fn to_number(budget: &Budget, given: &Given<'_>) -> Answer {
    let value = argument(given, 0)?;
    match value.as_ref() {
        Variable::Number(_) => Ok(value.clone()),
        Variable::String(digits) => {
            budget.text(digits.len())?;
            let number = serde_json::from_str::<Number>(digits);
            Ok(number.map_or_else(|_| null(), |number| Rcvar::new(Variable::Number(number))))
        }
        _ => Ok(null()),
    }
}
