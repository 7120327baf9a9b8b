//! From rows to an expression.

use super::{Chosen, Condition, Gives, Row};
use crate::identity::RoleName;
use crate::policy::selector::PLACEHOLDER;

/// The org selector of these rows; none without rows. `list_claims` are always lists, other claims may be absent.
/// Whether it keeps a selector's limits is told by whoever checks selectors.
pub fn write_org(rows: &[Row<Chosen>], list_claims: &[String]) -> Option<String> {
    let is_itself = |row: &Row<Chosen>| row.then == Chosen::Itself;
    if !rows.is_empty() && rows.iter().all(is_itself) {
        let conditions: Vec<String> = rows.iter().map(|row| condition(&row.when, list_claims)).collect();
        return Some(conditions.join(" || "));
    }
    let result = |row: &Row<Chosen>| match &row.then {
        Chosen::Itself => given(&row.when, PLACEHOLDER, list_claims),
        Chosen::Named(id) => given(&row.when, id.as_str(), list_claims),
    };
    // Not `||`: whoever fulfils two rows belongs to both organizations.
    list(rows.iter().map(result).collect())
}

/// The role selector of these rows; none without rows.
pub fn write_role(rows: &[Row<RoleName>], gives: Gives, list_claims: &[String]) -> Option<String> {
    let results: Vec<String> = rows.iter().map(|row| given(&row.when, row.then.as_str(), list_claims)).collect();
    match gives {
        Gives::Every => list(results),
        Gives::First if results.is_empty() => None,
        Gives::First => Some(results.join(" || ")),
    }
}

fn list(mut results: Vec<String>) -> Option<String> {
    match results.len() {
        0 => None,
        1 => results.pop(),
        _ => Some(format!("[{}]", results.join(", "))),
    }
}

/// What a row gives if it holds, else `false`.
fn given(when: &Condition, then: &str, list_claims: &[String]) -> String {
    match when {
        Condition::Everybody => text(then),
        when => format!("{} && {}", condition(when, list_claims), text(then)),
    }
}

fn condition(condition: &Condition, list_claims: &[String]) -> String {
    match condition {
        Condition::Everybody => "`true`".to_owned(),
        Condition::Lists(claim, value) => {
            let is_list = claim.top().is_some_and(|name| list_claims.iter().any(|list| list == name));
            // To look for something in an absent claim is an error, not a no.
            let or_none = if is_list { "" } else { " || `[]`" };
            format!("contains({claim}{or_none}, {})", text(value))
        }
        Condition::Is(claim, value) => format!("{claim} == {}", text(value)),
        // Some providers send a text, and 'false' would hold too.
        Condition::Domain(domain) => format!("email_verified == `true` && matches_domain(email, {})", text(domain)),
    }
}

/// A text as an expression has it: JSON where quotes alone would not carry it.
fn text(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || matches!(c, '\'' | '\\')) {
        format!("`{}`", serde_json::Value::from(text).to_string().replace('`', "\\u0060"))
    } else {
        format!("'{text}'")
    }
}

/// A name as an expression has it.
pub(super) fn name(name: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        serde_json::Value::from(name).to_string()
    }
}
