//! From the parser's tree to ours: what may stand in a selector, and what may not.

use std::collections::BTreeMap;

use super::error::SelectorError;
use super::functions::{self, Function};
use super::node::{Name, Node};
use super::{Ast, KeyValuePair, PLACEHOLDER, Rcvar, Variable};

/// Most `[a, b]` and `{a: b}` in one selector, and most elements of one: each can multiply what the one before it made,
/// so a handful of them is the difference between kilobytes and gigabytes.
const MAX_MULTISELECTS: usize = 3;
/// See [`MAX_MULTISELECTS`].
pub(in crate::policy) const MAX_ELEMENTS: usize = 8;

/// Checks the tree of `text`; gives ours, and the literals and names in it that hold the placeholder.
pub(super) fn compile(text: &str, ast: &Ast) -> Result<(Node, Vec<Rcvar>), SelectorError> {
    let mut compiler = Compiler { text, templates: Vec::new(), multiselects: 0 };
    let root = compiler.node(ast)?;
    Ok((root, compiler.templates))
}

struct Compiler<'a> {
    text: &'a str,
    templates: Vec<Rcvar>,
    multiselects: usize,
}

impl Compiler<'_> {
    fn node(&mut self, ast: &Ast) -> Result<Node, SelectorError> {
        Ok(match ast {
            Ast::Identity { .. } => Node::Current,
            Ast::Field { name, .. } => Node::Field(self.name(name)),
            Ast::Index { idx, .. } => Node::Index(*idx),
            Ast::Slice { start, stop, step, .. } => Node::Slice { start: *start, stop: *stop, step: *step },
            Ast::Literal { value, .. } => self.literal(value),
            Ast::Subexpr { lhs, rhs, .. } => self.pair(Node::Then, lhs, rhs)?,
            Ast::Or { lhs, rhs, .. } => self.pair(Node::Or, lhs, rhs)?,
            Ast::And { lhs, rhs, .. } => self.pair(Node::And, lhs, rhs)?,
            Ast::Projection { lhs, rhs, .. } => self.pair(Node::Each, lhs, rhs)?,
            Ast::Condition { predicate, then, .. } => self.pair(Node::If, predicate, then)?,
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                let comparator = comparator.clone();
                self.pair(|left, right| Node::Compare(comparator, left, right), lhs, rhs)?
            }
            Ast::Not { node, .. } => Node::Not(self.boxed(node)?),
            Ast::ObjectValues { node, .. } => Node::Values(self.boxed(node)?),
            Ast::Flatten { node, .. } => Node::Flatten(self.boxed(node)?),
            Ast::MultiList { offset, elements } => {
                self.multiselect(*offset, elements.len())?;
                Node::List(self.nodes(elements)?)
            }
            Ast::MultiHash { offset, elements } => {
                self.multiselect(*offset, elements.len())?;
                let pair = |pair: &KeyValuePair| Ok((self.name(&pair.key), self.node(&pair.value)?));
                Node::Hash(elements.iter().map(pair).collect::<Result<_, _>>()?)
            }
            Ast::Function { offset, name, args } => {
                let function = self.function(*offset, name, args.len())?;
                Node::Call(function, self.nodes(args)?)
            }
            Ast::Expref { offset, .. } => {
                let message = "`&` is not available: no function here takes an expression (for `and` write &&)";
                return Err(SelectorError::at(self.text, *offset, message));
            }
        })
    }

    fn boxed(&mut self, ast: &Ast) -> Result<Box<Node>, SelectorError> {
        self.node(ast).map(Box::new)
    }

    fn pair(
        &mut self,
        make: impl FnOnce(Box<Node>, Box<Node>) -> Node,
        left: &Ast,
        right: &Ast,
    ) -> Result<Node, SelectorError> {
        let left = self.boxed(left)?;
        Ok(make(left, self.boxed(right)?))
    }

    fn nodes(&mut self, asts: &[Ast]) -> Result<Vec<Node>, SelectorError> {
        asts.iter().map(|ast| self.node(ast)).collect()
    }

    fn multiselect(&mut self, offset: usize, elements: usize) -> Result<(), SelectorError> {
        self.multiselects += 1;
        if self.multiselects > MAX_MULTISELECTS {
            let message = format!("a selector has at most {MAX_MULTISELECTS} lists [a, b] or objects {{a: b}}");
            return Err(SelectorError::at(self.text, offset, message));
        }
        if elements > MAX_ELEMENTS {
            let message = format!("a list [a, b] or object {{a: b}} has at most {MAX_ELEMENTS} elements");
            return Err(SelectorError::at(self.text, offset, message));
        }
        Ok(())
    }

    fn function(&self, offset: usize, name: &str, given: usize) -> Result<&'static Function, SelectorError> {
        let error = |message| SelectorError::at(self.text, offset, message);
        let Some(function) = functions::find(name) else {
            let hint = match functions::nearest(name) {
                _ if functions::LEFT_OUT.contains(&name) => "it is part of JMESPath, but left out here".to_owned(),
                Some(near) => format!("did you mean {near}()?"),
                None => format!("there are {}", functions::names().collect::<Vec<_>>().join(", ")),
            };
            return Err(error(format!("there is no function {name}(): {hint}")));
        };
        let fits = given >= function.least && function.most.is_none_or(|most| given <= most);
        if !fits {
            let takes = match function.most {
                Some(1) => "1 argument".to_owned(),
                Some(most) => format!("{most} arguments"),
                None => format!("{} or more arguments", function.least),
            };
            return Err(error(format!("{name}() takes {takes}, not {given}")));
        }
        Ok(function)
    }

    fn name(&mut self, name: &str) -> Name {
        if name.contains(PLACEHOLDER) {
            Name::Bound(self.template(Rcvar::new(Variable::String(name.to_owned()))))
        } else {
            Name::Fixed(name.into())
        }
    }

    fn literal(&mut self, value: &Rcvar) -> Node {
        if holds_placeholder(value) { Node::Bound(self.template(value.clone())) } else { Node::Literal(value.clone()) }
    }

    fn template(&mut self, value: Rcvar) -> usize {
        self.templates.push(value);
        self.templates.len() - 1
    }
}

fn holds_placeholder(value: &Variable) -> bool {
    match value {
        Variable::String(text) => text.contains(PLACEHOLDER),
        Variable::Array(list) => list.iter().any(|entry| holds_placeholder(entry)),
        Variable::Object(map) => map.iter().any(|(name, entry)| name.contains(PLACEHOLDER) || holds_placeholder(entry)),
        _ => false,
    }
}

/// The literal with the organization's id in place of the placeholder, once over: an id that itself spells the
/// placeholder stays as it is.
pub(super) fn bind(template: &Variable, organization: &str) -> Variable {
    let text = |text: &str| text.replace(PLACEHOLDER, organization);
    match template {
        Variable::String(string) => Variable::String(text(string)),
        Variable::Array(list) => {
            Variable::Array(list.iter().map(|entry| Rcvar::new(bind(entry, organization))).collect())
        }
        Variable::Object(map) => {
            let pair = |(name, entry): (&String, &Rcvar)| (text(name), Rcvar::new(bind(entry, organization)));
            Variable::Object(map.iter().map(pair).collect::<BTreeMap<_, _>>())
        }
        other => other.clone(),
    }
}
