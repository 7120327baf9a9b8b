//! The tree that is evaluated: the parser's, checked, with functions looked up and placeholders numbered.

use super::functions::Function;
use super::{Comparator, Rcvar};

/// One expression.
#[derive(Debug)]
pub(super) enum Node {
    /// `@`
    Current,
    /// `name`
    Field(Name),
    /// `[0]`
    Index(i32),
    /// The numbers of `[start:stop:step]`; its projection stands around it.
    Slice { start: Option<i32>, stop: Option<i32>, step: i32 },
    /// `'text'`, `` `json` ``
    Literal(Rcvar),
    /// A literal that holds the placeholder.
    Bound(usize),
    /// `left.right`, `left | right`
    Then(Box<Node>, Box<Node>),
    /// `left || right`
    Or(Box<Node>, Box<Node>),
    /// `left && right`
    And(Box<Node>, Box<Node>),
    /// `!inner`
    Not(Box<Node>),
    /// `left == right` and its kin
    Compare(Comparator, Box<Node>, Box<Node>),
    /// The condition of a filter, and what is taken of an entry that fulfils it.
    If(Box<Node>, Box<Node>),
    /// A projection: each entry of the left goes through the right; nulls are dropped.
    Each(Box<Node>, Box<Node>),
    /// The values of an object, as in `*`.
    Values(Box<Node>),
    /// `[]`
    Flatten(Box<Node>),
    /// `[a, b]`
    List(Vec<Node>),
    /// `{a: b}`
    Hash(Vec<(Name, Node)>),
    /// `function(a, b)`
    Call(&'static Function, Vec<Node>),
}

/// A claim's or key's name.
#[derive(Debug)]
pub(super) enum Name {
    /// As written.
    Fixed(Box<str>),
    /// One that holds the placeholder.
    Bound(usize),
}
