//! Evaluates a selector's tree (JMESPath specification), within a budget.

use std::borrow::Cow;

use super::budget::{Budget, EvaluationError, Failure};
use super::compile::bind;
use super::functions::{Call, Function, Given};
use super::node::{Name, Node};
use super::value::{PreparedClaims, equal};
use super::{Comparator, Rcvar, Variable};

/// What comes of an expression: lent by the claims, the selector or the evaluation wherever it can be, since a sign-in
/// may evaluate a hundred thousand of them. Small enough for registers.
type Held<'a> = Result<Cow<'a, Rcvar>, Failure>;

/// One evaluation under way.
pub(super) struct Evaluation<'a> {
    claims: &'a PreparedClaims,
    budget: Budget,
    /// The templates with the organization's id in them.
    bound: Vec<Rcvar>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        claims: &'a PreparedClaims,
        budget: Budget,
        templates: &[Rcvar],
        organization: &str,
    ) -> Result<Self, Failure> {
        let mut bound = Vec::with_capacity(templates.len());
        for template in templates {
            budget.new_text(organization.len())?;
            bound.push(Rcvar::new(bind(template, organization)));
        }
        Ok(Self { claims, budget, bound })
    }

    /// What is left of its allowance.
    pub(super) const fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn run(&self, root: &Node) -> Result<Rcvar, Failure> {
        self.evaluate(root, &self.claims.root).map(Cow::into_owned)
    }

    fn evaluate<'x>(&'x self, node: &'x Node, data: &'x Rcvar) -> Held<'x> {
        self.budget.steps(1)?;
        self.value(node, data)
    }

    /// What has no parts needs no call of its own: half of a tree is leaves.
    #[inline]
    fn value<'x>(&'x self, node: &'x Node, data: &'x Rcvar) -> Held<'x> {
        match node {
            Node::Current => Ok(Cow::Borrowed(data)),
            Node::Literal(value) => Ok(Cow::Borrowed(value)),
            Node::Bound(number) => self.bound.get(*number).map(Cow::Borrowed).ok_or_else(defect),
            node => self.value_of_parts(node, data),
        }
    }

    /// Recurses once per level of the tree: what stands in an arm of its own function keeps this frame small.
    fn value_of_parts<'x>(&'x self, node: &'x Node, data: &'x Rcvar) -> Held<'x> {
        match node {
            Node::Current | Node::Literal(_) | Node::Bound(_) => Err(defect()),
            Node::Field(name) => self.field(name, data).map(Cow::Borrowed),
            Node::Index(index) => Ok(Cow::Borrowed(self.index(*index, data))),
            Node::Slice { start, stop, step } => self.slice(data, *start, *stop, *step),
            Node::Then(left, right) => self.then(left, right, data),
            Node::Or(left, right) => {
                let left = self.evaluate(left, data)?;
                if left.is_truthy() { Ok(left) } else { self.evaluate(right, data) }
            }
            Node::And(left, right) => {
                let left = self.evaluate(left, data)?;
                if left.is_truthy() { self.evaluate(right, data) } else { Ok(left) }
            }
            Node::If(condition, then) => {
                if self.holds(condition, data)? {
                    self.evaluate(then, data)
                } else {
                    Ok(self.null())
                }
            }
            Node::Not(inner) => Ok(self.truth(!self.holds(inner, data)?)),
            Node::Compare(comparator, left, right) => {
                let truth = self.compare(comparator, left, right, data)?;
                Ok(truth.map_or_else(|| self.null(), |truth| self.truth(truth)))
            }
            Node::Each(list, each) => self.each(list, each, data),
            Node::Values(inner) => self.values(inner, data),
            Node::Flatten(inner) => self.flatten(inner, data),
            Node::List(elements) => self.list(elements, data),
            Node::Hash(pairs) => self.hash(pairs, data),
            Node::Call(function, arguments) => match &function.call {
                Call::Value(call) => self.call(call, arguments, data).map(Cow::Owned),
                Call::Test(test) => self.call(test, arguments, data).map(|truth| self.truth(truth)),
            },
        }
    }

    /// Whether what a part gives is truthy, told without a value where none is needed: the condition of a filter is asked
    /// once per entry and organization.
    fn holds(&self, node: &Node, data: &Rcvar) -> Result<bool, Failure> {
        self.budget.steps(1)?;
        match node {
            Node::And(left, right) => Ok(self.holds(left, data)? && self.holds(right, data)?),
            Node::Or(left, right) => Ok(self.holds(left, data)? || self.holds(right, data)?),
            Node::Not(inner) => Ok(!self.holds(inner, data)?),
            Node::Compare(comparator, left, right) => Ok(self.compare(comparator, left, right, data)? == Some(true)),
            Node::Call(Function { call: Call::Test(test), .. }, arguments) => self.call(test, arguments, data),
            node => Ok(self.value(node, data)?.is_truthy()),
        }
    }

    const fn null(&self) -> Cow<'_, Rcvar> {
        Cow::Borrowed(&self.claims.null)
    }

    const fn truth(&self, truth: bool) -> Cow<'_, Rcvar> {
        Cow::Borrowed(self.claims.truth(truth))
    }

    fn then<'x>(&'x self, left: &'x Node, right: &'x Node, data: &'x Rcvar) -> Held<'x> {
        match self.evaluate(left, data)? {
            Cow::Borrowed(left) => self.evaluate(right, left),
            Cow::Owned(left) => Ok(Cow::Owned(self.evaluate(right, &left)?.into_owned())),
        }
    }

    fn name<'b>(&'b self, name: &'b Name) -> Result<&'b str, Failure> {
        match name {
            Name::Fixed(name) => Ok(name),
            Name::Bound(number) => {
                let bound = self.bound.get(*number).and_then(|value| value.as_string());
                bound.map(String::as_str).ok_or_else(defect)
            }
        }
    }

    fn field<'x>(&'x self, name: &Name, data: &'x Rcvar) -> Result<&'x Rcvar, Failure> {
        let name = self.name(name)?;
        if self.claims.is_root(data)
            && let Some(why) = self.claims.unreadable.get(name)
        {
            return Err(why.error(name));
        }
        Ok(data.as_object().and_then(|map| map.get(name)).unwrap_or(&self.claims.null))
    }

    /// Whatever looks at all claims at once looks at those too that cannot be read.
    fn nothing_unreadable(&self, value: &Rcvar) -> Result<(), Failure> {
        match self.claims.unreadable.first_key_value() {
            Some((name, why)) if self.claims.is_root(value) => Err(why.error(name)),
            _ => Ok(()),
        }
    }

    fn index<'x>(&'x self, index: i32, data: &'x Rcvar) -> &'x Rcvar {
        let list = data.as_array().map(Vec::as_slice).unwrap_or_default();
        let from_end = index.unsigned_abs() as usize;
        let at = if index < 0 { list.len().checked_sub(from_end) } else { Some(from_end) };
        at.and_then(|at| list.get(at)).unwrap_or(&self.claims.null)
    }

    /// Specification, "Slices". In 64 bits, which no end plus step of 32 bits can leave.
    fn slice(&self, data: &Rcvar, start: Option<i32>, stop: Option<i32>, step: i32) -> Held<'_> {
        if step == 0 {
            return Err(EvaluationError::Slice.into());
        }
        let Some(list) = data.as_array() else { return Ok(self.null()) };
        let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let (first, last) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let end = |end: i32| {
            let end = i64::from(end);
            (if end < 0 { end + length } else { end }).clamp(first, last)
        };
        let mut at = start.map_or(if step > 0 { first } else { last }, end);
        let stop = stop.map_or(if step > 0 { last } else { first }, end);
        let mut taken = Vec::new();
        while if step > 0 { at < stop } else { at > stop } {
            self.budget.new_entries(1)?;
            taken.extend(usize::try_from(at).ok().and_then(|at| list.get(at)).cloned());
            at += i64::from(step);
        }
        Ok(made(Variable::Array(taken)))
    }

    /// Absent where there is no order.
    fn compare(
        &self,
        comparator: &Comparator,
        left: &Node,
        right: &Node,
        data: &Rcvar,
    ) -> Result<Option<bool>, Failure> {
        let left = self.evaluate(left, data)?;
        let right = self.evaluate(right, data)?;
        self.nothing_unreadable(&left)?;
        self.nothing_unreadable(&right)?;
        Ok(match comparator {
            Comparator::Equal => Some(equal(&self.budget, &left, &right)?),
            Comparator::NotEqual => Some(!equal(&self.budget, &left, &right)?),
            // Only numbers have an order; the crate answers null for anything else.
            order => left.compare(order, &right),
        })
    }

    fn each(&self, list: &Node, each: &Node, data: &Rcvar) -> Held<'_> {
        let list = self.evaluate(list, data)?;
        let Some(list) = list.as_array() else { return Ok(self.null()) };
        let mut collected = Vec::new();
        for entry in list {
            let value = self.evaluate(each, entry)?;
            if !value.is_null() {
                self.budget.new_entries(1)?;
                collected.push(value.into_owned());
            }
        }
        Ok(made(Variable::Array(collected)))
    }

    fn values(&self, inner: &Node, data: &Rcvar) -> Held<'_> {
        let inner = self.evaluate(inner, data)?;
        self.nothing_unreadable(&inner)?;
        let Some(map) = inner.as_object() else { return Ok(self.null()) };
        self.budget.new_entries(map.len())?;
        Ok(made(Variable::Array(map.values().cloned().collect())))
    }

    fn flatten(&self, inner: &Node, data: &Rcvar) -> Held<'_> {
        let inner = self.evaluate(inner, data)?;
        let Some(list) = inner.as_array() else { return Ok(self.null()) };
        let mut collected = Vec::new();
        for entry in list {
            let part = entry.as_array().map_or(std::slice::from_ref(entry), Vec::as_slice);
            self.budget.new_entries(part.len().max(1))?;
            collected.extend_from_slice(part);
        }
        Ok(made(Variable::Array(collected)))
    }

    fn list(&self, elements: &[Node], data: &Rcvar) -> Held<'_> {
        if data.is_null() {
            return Ok(self.null());
        }
        self.budget.new_entries(elements.len())?;
        let value = |element| self.evaluate(element, data).map(Cow::into_owned);
        let values = elements.iter().map(value).collect::<Result<_, _>>()?;
        Ok(made(Variable::Array(values)))
    }

    fn hash(&self, pairs: &[(Name, Node)], data: &Rcvar) -> Held<'_> {
        if data.is_null() {
            return Ok(self.null());
        }
        self.budget.new_entries(pairs.len())?;
        let mut map = std::collections::BTreeMap::new();
        for (name, node) in pairs {
            let value = self.evaluate(node, data)?.into_owned();
            let name = self.name(name)?.to_owned();
            self.budget.new_text(name.len())?;
            map.insert(name, value);
        }
        Ok(made(Variable::Object(map)))
    }

    /// Nearly every function takes one or two arguments, which need no list on the heap.
    fn call<T>(
        &self,
        function: &fn(&Budget, &Given<'_>) -> Result<T, Failure>,
        arguments: &[Node],
        data: &Rcvar,
    ) -> Result<T, Failure> {
        match arguments {
            [one] => function(&self.budget, &[self.argument(one, data)?]),
            [one, two] => function(&self.budget, &[self.argument(one, data)?, self.argument(two, data)?]),
            more => {
                let given = more.iter().map(|argument| self.argument(argument, data));
                function(&self.budget, &given.collect::<Result<Vec<_>, _>>()?)
            }
        }
    }

    fn argument<'x>(&'x self, argument: &'x Node, data: &'x Rcvar) -> Held<'x> {
        let value = self.evaluate(argument, data)?;
        self.nothing_unreadable(&value)?;
        Ok(value)
    }
}

fn defect() -> Failure {
    EvaluationError::Defect.into()
}

/// A value made here.
fn made<'a>(value: Variable) -> Cow<'a, Rcvar> {
    Cow::Owned(Rcvar::new(value))
}
