//! Functions that JMESPath lacks and that people need to choose organizations and roles. Each is total: what it cannot
//! work on gives `null` or `false`, never an error.

use super::{Answer, Given, Tested, argument, null, text};
use crate::policy::selector::budget::{Budget, Failure};
use crate::policy::selector::{Rcvar, Variable};

/// `lower(text)`: the text in lower case; of a list, each text in it. Anything else is `null`.
pub(super) fn lower(budget: &Budget, given: &Given<'_>) -> Answer {
    match argument(given, 0)?.as_ref() {
        Variable::String(word) => lowered(budget, word),
        Variable::Array(list) => {
            budget.new_entries(list.len())?;
            let entry = |entry: &Rcvar| match entry.as_ref() {
                Variable::String(word) => lowered(budget, word),
                _ => Ok(entry.clone()),
            };
            Ok(Rcvar::new(Variable::Array(list.iter().map(entry).collect::<Result<_, _>>()?)))
        }
        _ => Ok(null()),
    }
}

/// A letter outside ASCII never becomes one inside it (the Kelvin sign is no `k`): a group called so is another group.
fn lowered(budget: &Budget, word: &str) -> Answer {
    let mut lower = String::with_capacity(word.len());
    for c in word.chars() {
        let crosses = !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii());
        if crosses {
            lower.push(c);
        } else {
            lower.extend(c.to_lowercase());
        }
    }
    budget.new_text(lower.len())?;
    Ok(text(lower))
}

/// `split(text, separator)`: the pieces between separators; one piece, if the separator is empty. Of anything else than
/// two texts `null`.
pub(super) fn split(budget: &Budget, given: &Given<'_>) -> Answer {
    let (whole, separator) = (argument(given, 0)?, argument(given, 1)?);
    let (Some(whole), Some(separator)) = (whole.as_string(), separator.as_string()) else { return Ok(null()) };
    let mut pieces = Vec::new();
    let mut piece = |piece: &str| -> Result<(), Failure> {
        budget.new_entries(1)?;
        budget.new_text(piece.len())?;
        pieces.push(text(piece));
        Ok(())
    };
    if separator.is_empty() {
        piece(whole)?;
    } else {
        whole.split(separator.as_str()).try_for_each(piece)?;
    }
    Ok(Rcvar::new(Variable::Array(pieces)))
}

/// `matches_domain(address, domain)`: whether the address has one `@`, something before it, and exactly this domain
/// behind it; case does not count. A subdomain is another domain.
pub(super) fn matches_domain(budget: &Budget, given: &Given<'_>) -> Tested {
    let (address, domain) = (argument(given, 0)?, argument(given, 1)?);
    let (Some(address), Some(domain)) = (address.as_string(), domain.as_string()) else { return Ok(false) };
    budget.text(address.len())?;
    let invisible = |c: char| c.is_whitespace() || c.is_control();
    Ok(match address.split_once('@') {
        Some((local, rest)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !rest.contains('@')
                && !address.contains(invisible)
                && rest.eq_ignore_ascii_case(domain)
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::policy::selector::{PreparedClaims, Selector};

    fn given(expression: &str) -> Value {
        let claims = json!({
            "email": "Ann@Example.com", "groups": ["Admin", "HOME-LAB", 7, "\u{212a}elvin"], "path": "a/b//c", "none": null
        });
        let claims = PreparedClaims::of_source(claims.as_object().unwrap());
        Selector::parse(expression).unwrap().evaluate(&claims, "home-lab").unwrap().to_json()
    }

    #[test]
    fn lower_takes_texts_and_lists() {
        assert_eq!(given("lower(email)"), "ann@example.com");
        assert_eq!(given("lower(groups)"), json!(["admin", "home-lab", 7, "\u{212a}elvin"]));
        assert_eq!(given("contains(lower(groups), '{{orgId}}')"), true);
        assert_eq!(given("[lower(none), lower(absent), lower(`1`)]"), json!([null, null, null]));
    }

    #[test]
    fn split_gives_every_piece() {
        assert_eq!(given("split(path, '/')"), json!(["a", "b", "", "c"]));
        assert_eq!(given("split(path, '')"), json!(["a/b//c"]));
        assert_eq!(given("split(absent, '/')"), json!(null));
        assert_eq!(given("split(email, '@')[0]"), "Ann");
    }

    #[test]
    fn a_domain_is_matched_exactly() {
        assert_eq!(given("matches_domain(email, 'example.com')"), true);
        assert_eq!(given("matches_domain(email, 'EXAMPLE.com')"), true);
        for other in
            ["'xample.com'", "'com'", "'.com'", "''", "'mail.example.com'", "'example.com.'", "groups", "absent"]
        {
            assert_eq!(given(&format!("matches_domain(email, {other})")), false, "{other}");
        }
        for address in [
            "'example.com'",
            "'@example.com'",
            "'a@b@example.com'",
            "'a@example.com@evil.net'",
            "'a@example.com.evil.net'",
            "'a@evil.net?@example.com'",
            "'a b@example.com'",
            "'a@notexample.com'",
            "absent",
            "groups",
        ] {
            assert_eq!(given(&format!("matches_domain({address}, 'example.com')")), false, "{address}");
        }
    }
}
