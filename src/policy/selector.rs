//! Selectors: JMESPath expressions over the claims. The only file that names the `jmespath` crate.
//!
//! The crate parses; everything else is ours, because its interpreter knows no bounds. A text is scanned before it is
//! parsed (`scan`), the tree is checked and turned into our own (`compile`), and that one is evaluated within a budget
//! of steps and memory (`evaluate`). `{{orgId}}` is found in the tree's own strings and bound as data: what an
//! organization is called can never change what an expression means.

mod budget;
mod compile;
mod error;
mod evaluate;
mod functions;
mod literals;
mod node;
mod piecewise;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod value;

use std::panic::{AssertUnwindSafe, catch_unwind};

use jmespath::ast::{Ast, Comparator, KeyValuePair};
use jmespath::{ErrorReason, Rcvar, Variable};
use serde_json::Value;

pub use budget::EvaluationError;
pub(super) use compile::MAX_ELEMENTS;
pub use error::SelectorError;
pub(super) use piecewise::{Piece, Piecewise};
pub(super) use shape::Shape;
pub(super) use value::shorten;
pub use value::{PreparedClaims, Returned};

use budget::Budget;
use evaluate::Evaluation;
use node::Node;

/// Stands for the organization's id in a quoted string, a quoted name or a JSON literal, however that is escaped.
pub(super) const PLACEHOLDER: &str = "{{orgId}}";
/// What stands between its braces.
const PLACEHOLDER_NAME: &str = "orgId";

/// A selector that was checked: it parses, calls only functions there are, and keeps the limits.
#[derive(Debug)]
pub struct Selector {
    text: Box<str>,
    root: Node,
    /// Literals, names and keys that hold the placeholder; the tree refers to them by number.
    templates: Vec<Rcvar>,
}

impl Selector {
    /// Checks a text and makes a selector of it.
    ///
    /// # Errors
    /// When it does not parse, exceeds a limit, or calls a function that does not exist or that takes other arguments.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        scan::scan(text)?;
        // A defect of the parser costs this one selector.
        let parsed = catch_unwind(|| jmespath::parse(text));
        let ast = match parsed {
            Ok(Ok(ast)) => ast,
            Ok(Err(error)) => {
                let (ErrorReason::Parse(reason), offset) = (error.reason, error.offset) else {
                    return Err(SelectorError::whole("the expression cannot be parsed"));
                };
                return Err(error::plain(text, offset, &reason));
            }
            Err(_) => return Err(SelectorError::whole("the expression cannot be parsed")),
        };
        let (root, templates) = compile::compile(text, &ast)?;
        Ok(Self { text: text.into(), root, templates })
    }

    /// The text it was made of.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says different things to different organizations; if not, it is evaluated once for all of them.
    pub const fn uses_organization(&self) -> bool {
        !self.templates.is_empty()
    }

    /// What it returns for these claims; `organization` is what the placeholder stands for.
    ///
    /// # Errors
    /// When a function is given what it does not take, a claim is read that the provider withheld, or the budget is
    /// spent.
    pub fn evaluate(&self, claims: &PreparedClaims, organization: &str) -> Result<Returned, EvaluationError> {
        // A defect of ours here costs this one selector, never the sign-in.
        catch_unwind(AssertUnwindSafe(|| {
            let evaluation = Evaluation::new(claims, Budget::default(), &self.templates, organization)?;
            evaluation.run(&self.root).map(Returned::new)
        }))
        .unwrap_or_else(|_| Err(EvaluationError::Defect.into()))
        .map_err(|failure| *failure)
    }
}

/// What the crate's own interpreter answers: ours is held against it.
#[cfg(test)]
fn reference(text: &str, claims: &PreparedClaims) -> Option<Rcvar> {
    let mut runtime = jmespath::Runtime::new();
    runtime.register_builtin_functions();
    let ast = jmespath::parse(text).ok()?;
    jmespath::interpret(&claims.root, &ast, &mut jmespath::Context::new(text, &runtime)).ok()
}

fn variable(value: &Value) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(truth) => Variable::Bool(*truth),
        Value::Number(number) => Variable::Number(number.clone()),
        Value::String(text) => Variable::String(text.clone()),
        Value::Array(list) => Variable::Array(list.iter().map(|entry| Rcvar::new(variable(entry))).collect()),
        Value::Object(map) => {
            Variable::Object(map.iter().map(|(name, entry)| (name.clone(), Rcvar::new(variable(entry)))).collect())
        }
    }
}
