//! Evaluates a selector's tree (JMESPath specification), within a budget.

use super::budget::{Budget, EvaluationError};
use super::compile::bind;
use super::node::{Name, Node};
use super::value::{PreparedClaims, equal};
use super::{Comparator, Rcvar, Variable};

type Evaluated = Result<Rcvar, EvaluationError>;

/// One evaluation under way.
pub(super) struct Evaluation<'a> {
    claims: &'a PreparedClaims,
    budget: Budget,
    /// The templates with the organization's id in them.
    bound: Vec<Rcvar>,
    null: Rcvar,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        claims: &'a PreparedClaims,
        mut budget: Budget,
        templates: &[Rcvar],
        organization: &str,
    ) -> Result<Self, EvaluationError> {
        let mut bound = Vec::with_capacity(templates.len());
        for template in templates {
            budget.new_text(organization.len())?;
            bound.push(Rcvar::new(bind(template, organization)));
        }
        Ok(Self { claims, budget, bound, null: Rcvar::new(Variable::Null) })
    }

    /// What is left of its allowance.
    pub(super) const fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    pub(super) fn run(&mut self, root: &Node) -> Evaluated {
        self.evaluate(root, &self.claims.root)
    }

    /// Recurses once per level of the tree: what stands in an arm of its own function keeps this frame small.
    fn evaluate(&mut self, node: &Node, data: &Rcvar) -> Evaluated {
        self.budget.steps(1)?;
        match node {
            Node::Current => Ok(data.clone()),
            Node::Field(name) => self.field(name, data),
            Node::Index(index) => Ok(self.index(*index, data)),
            Node::Slice { start, stop, step } => self.slice(data, *start, *stop, *step),
            Node::Literal(value) => Ok(value.clone()),
            Node::Bound(number) => self.template(*number),
            Node::Then(left, right) => {
                let left = self.evaluate(left, data)?;
                self.evaluate(right, &left)
            }
            Node::Or(left, right) => {
                let left = self.evaluate(left, data)?;
                if left.is_truthy() { Ok(left) } else { self.evaluate(right, data) }
            }
            Node::And(left, right) => {
                let left = self.evaluate(left, data)?;
                if left.is_truthy() { self.evaluate(right, data) } else { Ok(left) }
            }
            Node::If(condition, then) => {
                let holds = self.evaluate(condition, data)?.is_truthy();
                if holds { self.evaluate(then, data) } else { Ok(self.null.clone()) }
            }
            Node::Not(inner) => Ok(truth(!self.evaluate(inner, data)?.is_truthy())),
            Node::Compare(comparator, left, right) => self.compare(comparator, left, right, data),
            Node::Each(list, each) => self.each(list, each, data),
            Node::Values(inner) => self.values(inner, data),
            Node::Flatten(inner) => self.flatten(inner, data),
            Node::List(elements) => self.list(elements, data),
            Node::Hash(pairs) => self.hash(pairs, data),
            Node::Call(function, arguments) => {
                let arguments = self.arguments(arguments, data)?;
                (function.call)(&mut self.budget, &arguments)
            }
        }
    }

    fn template(&self, number: usize) -> Evaluated {
        self.bound.get(number).cloned().ok_or(EvaluationError::Defect)
    }

    fn name<'b>(&'b self, name: &'b Name) -> Result<&'b str, EvaluationError> {
        match name {
            Name::Fixed(name) => Ok(name),
            Name::Bound(number) => {
                let bound = self.bound.get(*number).and_then(|value| value.as_string());
                bound.map(String::as_str).ok_or(EvaluationError::Defect)
            }
        }
    }

    fn field(&self, name: &Name, data: &Rcvar) -> Evaluated {
        let name = self.name(name)?;
        if self.claims.is_root(data)
            && let Some(why) = self.claims.unreadable.get(name)
        {
            return Err(why.error(name));
        }
        Ok(data.as_object().and_then(|map| map.get(name)).unwrap_or(&self.null).clone())
    }

    /// Whatever looks at all claims at once looks at those too that cannot be read.
    fn nothing_unreadable(&self, value: &Rcvar) -> Result<(), EvaluationError> {
        match self.claims.unreadable.first_key_value() {
            Some((name, why)) if self.claims.is_root(value) => Err(why.error(name)),
            _ => Ok(()),
        }
    }

    fn index(&self, index: i32, data: &Rcvar) -> Rcvar {
        let list = data.as_array().map(Vec::as_slice).unwrap_or_default();
        let from_end = index.unsigned_abs() as usize;
        let at = if index < 0 { list.len().checked_sub(from_end) } else { Some(from_end) };
        at.and_then(|at| list.get(at)).unwrap_or(&self.null).clone()
    }

    /// Specification, "Slices". In 64 bits, which no end plus step of 32 bits can leave.
    fn slice(&mut self, data: &Rcvar, start: Option<i32>, stop: Option<i32>, step: i32) -> Evaluated {
        if step == 0 {
            return Err(EvaluationError::Slice);
        }
        let Some(list) = data.as_array() else { return Ok(self.null.clone()) };
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
        Ok(Rcvar::new(Variable::Array(taken)))
    }

    fn compare(&mut self, comparator: &Comparator, left: &Node, right: &Node, data: &Rcvar) -> Evaluated {
        let left = self.evaluate(left, data)?;
        let right = self.evaluate(right, data)?;
        self.nothing_unreadable(&left)?;
        self.nothing_unreadable(&right)?;
        Ok(match comparator {
            Comparator::Equal => truth(equal(&mut self.budget, &left, &right)?),
            Comparator::NotEqual => truth(!equal(&mut self.budget, &left, &right)?),
            // Only numbers have an order; the crate answers null for anything else.
            order => left.compare(order, &right).map_or_else(|| self.null.clone(), truth),
        })
    }

    fn each(&mut self, list: &Node, each: &Node, data: &Rcvar) -> Evaluated {
        let list = self.evaluate(list, data)?;
        let Some(list) = list.as_array() else { return Ok(self.null.clone()) };
        let mut collected = Vec::new();
        for entry in list {
            let value = self.evaluate(each, entry)?;
            if !value.is_null() {
                self.budget.new_entries(1)?;
                collected.push(value);
            }
        }
        Ok(Rcvar::new(Variable::Array(collected)))
    }

    fn values(&mut self, inner: &Node, data: &Rcvar) -> Evaluated {
        let inner = self.evaluate(inner, data)?;
        self.nothing_unreadable(&inner)?;
        let Some(map) = inner.as_object() else { return Ok(self.null.clone()) };
        self.budget.new_entries(map.len())?;
        Ok(Rcvar::new(Variable::Array(map.values().cloned().collect())))
    }

    fn flatten(&mut self, inner: &Node, data: &Rcvar) -> Evaluated {
        let inner = self.evaluate(inner, data)?;
        let Some(list) = inner.as_array() else { return Ok(self.null.clone()) };
        let mut collected = Vec::new();
        for entry in list {
            let part = entry.as_array().map_or(std::slice::from_ref(entry), Vec::as_slice);
            self.budget.new_entries(part.len().max(1))?;
            collected.extend_from_slice(part);
        }
        Ok(Rcvar::new(Variable::Array(collected)))
    }

    fn list(&mut self, elements: &[Node], data: &Rcvar) -> Evaluated {
        if data.is_null() {
            return Ok(data.clone());
        }
        self.budget.new_entries(elements.len())?;
        let values = elements.iter().map(|element| self.evaluate(element, data)).collect::<Result<_, _>>()?;
        Ok(Rcvar::new(Variable::Array(values)))
    }

    fn hash(&mut self, pairs: &[(Name, Node)], data: &Rcvar) -> Evaluated {
        if data.is_null() {
            return Ok(data.clone());
        }
        self.budget.new_entries(pairs.len())?;
        let mut map = std::collections::BTreeMap::new();
        for (name, node) in pairs {
            let value = self.evaluate(node, data)?;
            let name = self.name(name)?.to_owned();
            self.budget.new_text(name.len())?;
            map.insert(name, value);
        }
        Ok(Rcvar::new(Variable::Object(map)))
    }

    fn arguments(&mut self, arguments: &[Node], data: &Rcvar) -> Result<Vec<Rcvar>, EvaluationError> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.evaluate(argument, data)?;
            self.nothing_unreadable(&value)?;
            values.push(value);
        }
        Ok(values)
    }
}

/// A boolean as a value.
pub(super) fn truth(truth: bool) -> Rcvar {
    Rcvar::new(Variable::Bool(truth))
}
