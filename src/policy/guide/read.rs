//! From an expression to rows: only where [`super::write`] would write the same again.

use super::{Chosen, ClaimPath, Condition, Gives, MAX_ROWS, Row};
use crate::identity::{OrganizationId, RoleName};
use crate::policy::selector::{PLACEHOLDER, Selector, Shape};

/// The rows of an org selector, if it is one that rows can say.
pub fn read_org(text: &str, list_claims: &[String]) -> Option<Vec<Row<Chosen>>> {
    let reader = Reader { list_claims };
    let chosen = |text: String| match text.as_str() {
        PLACEHOLDER => Some(Chosen::Itself),
        id => OrganizationId::parse(id).ok().map(Chosen::Named),
    };
    let rows = match Selector::parse(text).ok()?.shape() {
        Shape::List(parts) => parts.into_iter().map(|part| reader.row(part, chosen)).collect(),
        shape => {
            let mut conditions = Vec::new();
            let parts = alternatives(shape);
            let single = parts.len() == 1;
            for part in parts {
                conditions.push(match reader.condition(&part) {
                    Some(when) => Row { when, then: Chosen::Itself },
                    None if single => reader.row(part, chosen)?,
                    // Of two organizations `||` gives the first alone: no rows say that.
                    None => return None,
                });
            }
            Some(conditions)
        }
    };
    rows.filter(|rows: &Vec<_>| rows.len() <= MAX_ROWS)
}

/// The rows of a role selector, if it is one that rows can say.
pub fn read_role(text: &str, list_claims: &[String]) -> Option<(Vec<Row<RoleName>>, Gives)> {
    let reader = Reader { list_claims };
    let role = |text: String| RoleName::parse(&text).ok().filter(|_| !text.contains(PLACEHOLDER));
    let (parts, gives) = match Selector::parse(text).ok()?.shape() {
        Shape::List(parts) => (parts, Gives::Every),
        shape => (alternatives(shape), Gives::First),
    };
    // A single row is the same either way.
    let gives = if parts.len() == 1 { Gives::Every } else { gives };
    let rows: Option<Vec<_>> = parts.into_iter().map(|part| reader.row(part, role)).collect();
    rows.filter(|rows| rows.len() <= MAX_ROWS).map(|rows| (rows, gives))
}

/// What stands between `||`.
fn alternatives(shape: Shape) -> Vec<Shape> {
    match shape {
        Shape::Or(left, right) => {
            let mut parts = alternatives(*left);
            parts.extend(alternatives(*right));
            parts
        }
        other => vec![other],
    }
}

struct Reader<'a> {
    list_claims: &'a [String],
}

impl Reader<'_> {
    /// `condition && 'text'`, or `'text'` alone.
    fn row<T>(&self, shape: Shape, then: impl Fn(String) -> Option<T>) -> Option<Row<T>> {
        match shape {
            Shape::Text(text) => Some(Row { when: Condition::Everybody, then: then(text)? }),
            Shape::And(when, text) => match *text {
                Shape::Text(text) => Some(Row { when: self.condition(&when)?, then: then(text)? }),
                _ => None,
            },
            _ => None,
        }
    }

    fn condition(&self, shape: &Shape) -> Option<Condition> {
        match shape {
            Shape::True => Some(Condition::Everybody),
            Shape::Equal(claim, value) => Condition::is(claim_of(claim)?, text_of(value)?).ok(),
            Shape::Call("contains", arguments) => {
                let [list, value] = arguments.as_slice() else { return None };
                Condition::lists(self.list(list)?, text_of(value)?).ok()
            }
            Shape::And(verified, domain) => match (&**verified, &**domain) {
                (Shape::Equal(flag, truth), Shape::Call("matches_domain", arguments)) => {
                    let [address, domain] = arguments.as_slice() else { return None };
                    let vouched = matches!(**truth, Shape::True) && is_claim(flag, "email_verified");
                    if !vouched || !is_claim(address, "email") {
                        return None;
                    }
                    Condition::domain(text_of(domain)?).ok()
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A claim that is a list by the IdP's settings, or one with an empty list in its place.
    fn list(&self, shape: &Shape) -> Option<ClaimPath> {
        let is_list = |claim: &ClaimPath| claim.top().is_some_and(|name| self.list_claims.iter().any(|l| l == name));
        match shape {
            Shape::Or(claim, none) if matches!(**none, Shape::EmptyList) => {
                claim_of(claim).filter(|claim| !is_list(claim))
            }
            claim => claim_of(claim).filter(is_list),
        }
    }
}

fn claim_of(shape: &Shape) -> Option<ClaimPath> {
    let Shape::Claim(names) = shape else { return None };
    ClaimPath::of(names.clone())
}

fn is_claim(shape: &Shape, name: &str) -> bool {
    matches!(shape, Shape::Claim(names) if names.as_slice() == [name])
}

fn text_of(shape: &Shape) -> Option<&str> {
    match shape {
        // What spaces at an end would be taken for is not for rows to say.
        Shape::Text(text) if text.trim() == text => Some(text),
        _ => None,
    }
}
