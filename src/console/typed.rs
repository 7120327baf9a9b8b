//! From what a form says to the nouns it means, or to what is wrong with a field, beside it.

use crate::directory::Expected;
use crate::identity::{Invalid, Organization, RoleName};
use crate::pages::{Field, TickedRole};
use crate::web::Fields;

/// The field that holds the state that a form was made from.
pub(super) const SEEN: &str = "seen";

/// What a change by a form is made on: what its sender saw.
pub(super) fn seen(fields: &Fields) -> Expected {
    fields.text(SEEN).and_then(|seen| seen.parse().ok()).map_or(Expected::Any, Expected::Seen)
}

/// The noun in a field; else what is wrong stands beside it.
pub(super) fn checked<T>(field: &mut Field, parse: impl Fn(&str) -> Result<T, Invalid>) -> Option<T> {
    parse(&field.value).map_err(|invalid| field.error = Some(invalid.to_string())).ok()
}

/// The noun in a field, nothing if it is empty; else what is wrong stands beside it.
pub(super) fn unless_empty<T>(field: &mut Field, parse: impl Fn(&str) -> Result<T, Invalid>) -> Option<Option<T>> {
    if field.value.is_empty() { Some(None) } else { checked(field, parse).map(Some) }
}

/// The nouns in a field, one a line; else what is wrong with the first that is none stands beside it.
pub(super) fn each<T>(field: &mut Field, parse: impl Fn(&str) -> Result<T, Invalid>) -> Option<Vec<T>> {
    let lines = field.value.lines().map(str::trim).filter(|line| !line.is_empty());
    let read: Result<Vec<T>, String> =
        lines.map(|line| parse(line).map_err(|invalid| format!("{line}: {invalid}"))).collect();
    read.map_err(|why| field.error = Some(why)).ok()
}

/// Things as a field shows them, one a line.
pub(super) fn lines(items: impl IntoIterator<Item: ToString>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join("\n")
}

/// An organization's roles as boxes to tick.
pub(super) fn ticked(organization: &Organization, is: impl Fn(&RoleName) -> bool) -> Vec<TickedRole> {
    let role = |name: &RoleName| TickedRole { name: name.to_string(), ticked: is(name) };
    organization.roles.iter().map(|one| role(&one.name)).collect()
}
