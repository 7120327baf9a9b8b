//! What a selector returns for every organization at once: one value for most of them, and another for the few whose id
//! stands in the claims. So a sign-in does not grow with the number of organizations.
//!
//! Recognised are `contains(claim, '{{orgId}}')`, `claim == '{{orgId}}'` and `claim[?@ == '{{orgId}}']`, the id alone or
//! with text around it, joined by `&&`, `||` and `!` to each other and to parts that do not depend on the id. Whatever
//! is anything else, or fails, or might not keep the budget organization by organization, is left to plain evaluation:
//! what is answered here is exactly what that would answer, which a property test holds us to.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::{Budget, Failure};
use super::evaluate::Evaluation;
use super::functions;
use super::node::{Name, Node};
use super::{Comparator, PLACEHOLDER, PreparedClaims, Rcvar, Returned, Selector, Variable};

/// Longest id of an organization, for what binding it may cost.
const LONGEST_ID: usize = 64;
/// Steps per entry of a filter: its condition, the comparison and both sides, what is taken, and the entry itself.
const FILTER_STEPS: usize = 8;

/// A selector's answers for all organizations.
#[derive(Debug)]
pub(in crate::policy) struct Piecewise {
    /// For every organization that is not among `special`.
    pub(in crate::policy) usual: Returned,
    /// For these, by id.
    pub(in crate::policy) special: BTreeMap<String, Piece>,
}

/// One organization's answer.
#[derive(Clone, Debug)]
pub(in crate::policy) enum Piece {
    /// This value.
    Value(Returned),
    /// A list that holds the organization's own id and nothing else.
    OwnId,
}

impl Piece {
    fn is_truthy(&self) -> bool {
        match self {
            Self::Value(value) => value.0.is_truthy(),
            Self::OwnId => true,
        }
    }
}

impl Selector {
    /// The answers for all organizations, if they can be told without asking for each; `exists` knows the ids there
    /// are.
    pub(in crate::policy) fn piecewise(
        &self,
        claims: &PreparedClaims,
        exists: &dyn Fn(&str) -> bool,
    ) -> Option<Piecewise> {
        let solving = Solving {
            evaluation: Evaluation::new(claims, Budget::default(), &[], "").ok()?,
            claims,
            templates: &self.templates,
            exists,
        };
        for template in &self.templates {
            let bytes = template.as_string().map_or(0, String::len);
            solving.charge(|budget| budget.new_text(LONGEST_ID + bytes))?;
        }
        solving.solve(&self.root)
    }
}

/// The answers of one selector under way. `None` anywhere leaves it to plain evaluation.
struct Solving<'a> {
    evaluation: Evaluation<'a>,
    claims: &'a PreparedClaims,
    templates: &'a [Rcvar],
    exists: &'a dyn Fn(&str) -> bool,
}

impl Solving<'_> {
    fn charge(&self, cost: impl FnOnce(&Budget) -> Result<(), Failure>) -> Option<()> {
        cost(self.evaluation.budget()).ok()
    }

    fn solve(&self, node: &Node) -> Option<Piecewise> {
        // The part itself, and a placeholder in it.
        self.charge(|budget| budget.steps(2))?;
        if !depends(node) {
            let usual = Returned::new(self.evaluation.run(node).ok()?);
            return Some(Piecewise { usual, special: BTreeMap::new() });
        }
        match node {
            Node::And(left, right) => self.join(left, right, true),
            Node::Or(left, right) => self.join(left, right, false),
            Node::Not(inner) => {
                let inner = self.solve(inner)?;
                let not = |truthy: bool| Returned::new(self.claims.truth(!truthy).clone());
                let pieces = inner.special.into_iter();
                let special = pieces.map(|(id, piece)| (id, Piece::Value(not(piece.is_truthy())))).collect();
                Some(Piecewise { usual: not(inner.usual.0.is_truthy()), special })
            }
            Node::Call(function, arguments) if std::ptr::eq(*function, functions::find("contains")?) => {
                let [list, Node::Bound(template)] = arguments.as_slice() else { return None };
                let list = self.fixed(list)?;
                let ids = self.listed(list.as_array()?, *template, 1)?;
                Some(self.flags(ids))
            }
            Node::Compare(Comparator::Equal, left, right) => {
                let (fixed, template) = match (&**left, &**right) {
                    (fixed, Node::Bound(template)) | (Node::Bound(template), fixed) => (fixed, *template),
                    _ => return None,
                };
                let fixed = self.fixed(fixed)?;
                // Comparing all claims at once may fail for one that cannot be read.
                if self.claims.is_root(&fixed) {
                    return None;
                }
                let ids = self.listed(std::slice::from_ref(&fixed), template, 1)?;
                Some(self.flags(ids))
            }
            Node::Each(list, each) => self.filter(list, each),
            _ => None,
        }
    }

    /// `left && right` or `left || right`, organization by organization: the left decides which one it is.
    fn join(&self, left: &Node, right: &Node, and: bool) -> Option<Piecewise> {
        let (left, right) = (self.solve(left)?, self.solve(right)?);
        let usual = if left.usual.0.is_truthy() == and { right.usual.clone() } else { left.usual.clone() };
        let ids: BTreeSet<String> = left.special.keys().chain(right.special.keys()).cloned().collect();
        let at = |side: &Piecewise, id: &str| {
            side.special.get(id).cloned().unwrap_or_else(|| Piece::Value(side.usual.clone()))
        };
        let piece = |id: String| {
            let left = at(&left, &id);
            let chosen = if left.is_truthy() == and { at(&right, &id) } else { left };
            (id, chosen)
        };
        Some(Piecewise { usual, special: ids.into_iter().map(piece).collect() })
    }

    /// `list[?@ == '{{orgId}}']`.
    fn filter(&self, list: &Node, each: &Node) -> Option<Piecewise> {
        let Node::If(condition, then) = each else { return None };
        let (Node::Compare(Comparator::Equal, left, right), Node::Current) = (&**condition, &**then) else {
            return None;
        };
        let ((Node::Current, Node::Bound(template)) | (Node::Bound(template), Node::Current)) = (&**left, &**right)
        else {
            return None;
        };
        // With text around it the list holds something else than the id.
        if self.templates.get(*template)?.as_string()? != PLACEHOLDER {
            return None;
        }
        let list = self.fixed(list)?;
        let Some(list) = list.as_array() else {
            return Some(Piecewise { usual: Returned::new(self.claims.null.clone()), special: BTreeMap::new() });
        };
        self.charge(|budget| budget.new_entries(list.len()))?;
        let ids = self.listed(list, *template, FILTER_STEPS)?;
        let usual = Returned::new(Rcvar::new(Variable::Array(Vec::new())));
        Some(Piecewise { usual, special: ids.into_iter().map(|id| (id, Piece::OwnId)).collect() })
    }

    /// `true` for these, else `false`.
    fn flags(&self, ids: Vec<String>) -> Piecewise {
        let truth = |truth| Returned::new(self.claims.truth(truth).clone());
        let special = ids.into_iter().map(|id| (id, Piece::Value(truth(true)))).collect();
        Piecewise { usual: truth(false), special }
    }

    /// What a part gives that does not depend on the id.
    fn fixed(&self, node: &Node) -> Option<Rcvar> {
        if depends(node) { None } else { self.evaluation.run(node).ok() }
    }

    /// The ids for which the template is among the entries; each entry is paid for as a comparison would be.
    fn listed(&self, entries: &[Rcvar], template: usize, steps: usize) -> Option<Vec<String>> {
        let template = self.templates.get(template)?.as_string()?;
        let (before, after) = template.split_once(PLACEHOLDER)?;
        if after.contains(PLACEHOLDER) {
            return None;
        }
        let mut ids = Vec::new();
        for entry in entries {
            let text = entry.as_string().map(String::as_str);
            self.charge(|budget| budget.steps(steps + 1).and_then(|()| budget.text(text.map_or(0, str::len))))?;
            let id = text.and_then(|text| text.strip_prefix(before)?.strip_suffix(after));
            ids.extend(id.filter(|id| (self.exists)(id)).map(str::to_owned));
        }
        Some(ids)
    }
}

/// Whether a part depends on the organization's id.
fn depends(node: &Node) -> bool {
    let bound = |name: &Name| matches!(name, Name::Bound(_));
    match node {
        Node::Bound(_) => true,
        Node::Field(name) => bound(name),
        Node::Current | Node::Index(_) | Node::Slice { .. } | Node::Literal(_) => false,
        Node::Not(inner) | Node::Values(inner) | Node::Flatten(inner) => depends(inner),
        Node::Then(left, right)
        | Node::Or(left, right)
        | Node::And(left, right)
        | Node::Compare(_, left, right)
        | Node::If(left, right)
        | Node::Each(left, right) => depends(left) || depends(right),
        Node::List(elements) | Node::Call(_, elements) => elements.iter().any(depends),
        Node::Hash(pairs) => pairs.iter().any(|(name, value)| bound(name) || depends(value)),
    }
}
