//! What a selector says whatever the claims are: for warnings to whoever writes it.

use std::collections::BTreeSet;

use super::node::{Name, Node};
use super::{PreparedClaims, Returned, Selector, Variable};

impl Selector {
    /// The texts that stand in it where a result does: what it may return for somebody, as it is written.
    pub(in crate::policy) fn literals(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        results(&self.root, true, &mut found);
        found
    }

    /// The top-level claims that it looks into with `contains()`.
    pub(in crate::policy) fn contained(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        contained(&self.root, &mut found);
        found
    }

    /// What it returns for everybody in every organization, if it asks for nothing.
    pub(in crate::policy) fn constant(&self) -> Option<Returned> {
        if self.uses_organization() || !is_constant(&self.root) {
            return None;
        }
        self.evaluate(&PreparedClaims::of_source(&serde_json::Map::new()), "").ok()
    }
}

/// Lists count at the top alone: a list within a list is no name.
fn results(node: &Node, top: bool, found: &mut BTreeSet<String>) {
    match node {
        Node::Literal(value) => match &**value {
            Variable::String(text) => drop(found.insert(text.clone())),
            Variable::Array(list) if top => found.extend(list.iter().filter_map(|entry| entry.as_string().cloned())),
            _ => {}
        },
        Node::Or(left, right) => {
            results(left, top, found);
            results(right, top, found);
        }
        // The left is returned only if it is nothing.
        Node::And(_, right) => results(right, top, found),
        Node::List(elements) if top => elements.iter().for_each(|element| results(element, false, found)),
        _ => {}
    }
}

fn contained(node: &Node, found: &mut BTreeSet<String>) {
    if let Node::Call(function, arguments) = node
        && function.name == "contains"
        && let Some(Node::Field(Name::Fixed(claim))) = arguments.first()
    {
        found.insert(claim.to_string());
    }
    match node {
        Node::Or(left, right) | Node::And(left, right) => {
            contained(left, found);
            contained(right, found);
        }
        Node::Not(inner) => contained(inner, found),
        Node::List(elements) => elements.iter().for_each(|element| contained(element, found)),
        _ => {}
    }
}

fn is_constant(node: &Node) -> bool {
    match node {
        Node::Literal(_) => true,
        Node::Or(left, right) | Node::And(left, right) | Node::Compare(_, left, right) => {
            is_constant(left) && is_constant(right)
        }
        Node::Not(inner) => is_constant(inner),
        Node::List(elements) | Node::Call(_, elements) => elements.iter().all(is_constant),
        _ => false,
    }
}
