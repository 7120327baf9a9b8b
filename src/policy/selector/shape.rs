//! What a selector looks like, as far as the guided builder knows it; and which claims it reads.

use std::collections::BTreeSet;

use super::node::{Name, Node};
use super::{Comparator, Selector, Variable};

/// A part of a selector by what it is. Texts that hold the placeholder stand as they are written.
#[derive(Debug)]
pub(in crate::policy) enum Shape {
    /// `'text'`
    Text(String),
    /// `` `true` ``
    True,
    /// `` `[]` ``
    EmptyList,
    /// `name`, `name.name`
    Claim(Vec<String>),
    /// `left || right`
    Or(Box<Shape>, Box<Shape>),
    /// `left && right`
    And(Box<Shape>, Box<Shape>),
    /// `left == right`
    Equal(Box<Shape>, Box<Shape>),
    /// `[a, b]`
    List(Vec<Shape>),
    /// `function(a, b)`
    Call(&'static str, Vec<Shape>),
    /// Anything else.
    Other,
}

impl Selector {
    /// What it looks like.
    pub(in crate::policy) fn shape(&self) -> Shape {
        self.shape_of(&self.root)
    }

    fn shape_of(&self, node: &Node) -> Shape {
        let boxed = |node: &Node| Box::new(self.shape_of(node));
        match node {
            Node::Literal(value) => match &**value {
                Variable::String(text) => Shape::Text(text.clone()),
                Variable::Bool(true) => Shape::True,
                Variable::Array(list) if list.is_empty() => Shape::EmptyList,
                _ => Shape::Other,
            },
            Node::Bound(number) => self.template(*number).map_or(Shape::Other, Shape::Text),
            Node::Field(name) => self.name(name).map_or(Shape::Other, |name| Shape::Claim(vec![name])),
            Node::Then(left, right) => match (self.shape_of(left), self.shape_of(right)) {
                (Shape::Claim(left), Shape::Claim(right)) => Shape::Claim([left, right].concat()),
                _ => Shape::Other,
            },
            Node::Or(left, right) => Shape::Or(boxed(left), boxed(right)),
            Node::And(left, right) => Shape::And(boxed(left), boxed(right)),
            Node::Compare(Comparator::Equal, left, right) => Shape::Equal(boxed(left), boxed(right)),
            Node::List(elements) => Shape::List(elements.iter().map(|element| self.shape_of(element)).collect()),
            Node::Call(function, arguments) => {
                Shape::Call(function.name, arguments.iter().map(|argument| self.shape_of(argument)).collect())
            }
            _ => Shape::Other,
        }
    }

    fn template(&self, number: usize) -> Option<String> {
        self.templates.get(number)?.as_string().cloned()
    }

    fn name(&self, name: &Name) -> Option<String> {
        match name {
            Name::Fixed(name) => Some(name.to_string()),
            Name::Bound(number) => self.template(*number),
        }
    }

    /// The top-level claims it reads. Nothing if that may be any: it looks at all of them at once, or at one that is
    /// called like the organization.
    pub(in crate::policy) fn reads(&self) -> Option<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        reads(&self.root, &mut found).then_some(found)
    }
}

/// Looks at a part that is asked of all claims; `false` if it may read any of them. Only `@` hands them on whole, so what
/// follows a claim or goes through a list is never asked of all claims again.
fn reads(node: &Node, found: &mut BTreeSet<String>) -> bool {
    match node {
        Node::Current | Node::Field(Name::Bound(_)) => false,
        Node::Field(Name::Fixed(name)) => {
            found.insert(name.to_string());
            true
        }
        Node::Index(_) | Node::Slice { .. } | Node::Literal(_) | Node::Bound(_) => true,
        Node::Then(from, _) | Node::Each(from, _) => reads(from, found),
        Node::Not(inner) | Node::Values(inner) | Node::Flatten(inner) => reads(inner, found),
        Node::Or(left, right) | Node::And(left, right) | Node::Compare(_, left, right) | Node::If(left, right) => {
            reads(left, found) && reads(right, found)
        }
        Node::List(parts) | Node::Call(_, parts) => parts.iter().all(|part| reads(part, found)),
        Node::Hash(pairs) => pairs.iter().all(|(_, part)| reads(part, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_selector_reads_is_known_or_said_not_to_be() {
        for (text, expected) in [
            ("contains(groups, 'a') && roles || 'x'", Some(vec!["groups", "roles"])),
            ("realm_access.roles[?@ == 'a'].email", Some(vec!["realm_access"])),
            ("groups | [0]", Some(vec!["groups"])),
            ("[groups, {a: salary}]", Some(vec!["groups", "salary"])),
            ("groups[?@ == name]", Some(vec!["groups"])),
            ("(groups || salary).x", Some(vec!["groups", "salary"])),
            ("memberships.\"{{orgId}}\"", Some(vec!["memberships"])),
            ("'{{orgId}}'", Some(vec![])),
            ("[groups[], !salary][]", Some(vec!["groups", "salary"])),
            ("\"{{orgId}}\"", None),
            ("@", None),
            ("*", None),
            ("values(@)", None),
            ("@.salary", None),
            ("[@][0].salary", None),
            ("{a: @}.a.salary", None),
            ("(`null` || @).salary", None),
            ("not_null(groups, @).salary", None),
            ("groups && merge(@, `{}`).salary", None),
        ] {
            let read = Selector::parse(text).unwrap().reads();
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(read, expected, "{text}");
        }
    }
}
