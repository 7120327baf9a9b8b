//! Keys from the environment: `VESTIBULE_SECTION__KEY`, in lists by id.

use std::cell::Cell;
use std::collections::BTreeMap;

/// What every name of ours starts with.
const PREFIX: &str = "VESTIBULE_";
/// What stands between the parts of a name. A name without it is not ours: orchestrators set such names by themselves
/// (`VESTIBULE_PORT`, `VESTIBULE_SERVICE_HOST`).
const SEPARATOR: &str = "__";

/// One variable of ours.
#[derive(Debug)]
pub(super) struct Variable {
    /// Its whole name.
    pub(super) name: String,
    /// Its value as it was set.
    pub(super) value: String,
    segments: Vec<String>,
    used: Cell<bool>,
}

impl Variable {
    /// Marks it as one that has been answered, by use or by a problem.
    pub(super) fn mark(&self) {
        self.used.set(true);
    }

    /// Whether nobody asked for it.
    pub(super) fn is_unused(&self) -> bool {
        !self.used.get()
    }
}

/// All variables of ours, by name.
#[derive(Debug)]
pub(super) struct Environment(Vec<Variable>);

impl Environment {
    /// Picks ours; of a name that is set twice the last counts.
    pub(super) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX) && name.contains(SEPARATOR));
        let by_name: BTreeMap<String, String> = ours.collect();
        let variable = |(name, value): (String, String)| {
            let segments = name[PREFIX.len()..].split(SEPARATOR).map(str::to_owned).collect();
            Variable { name, value, segments, used: Cell::new(false) }
        };
        Self(by_name.into_iter().map(variable).collect())
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter()
    }

    /// The scope of the file's top level.
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope { variables: self.0.iter().collect(), depth: 0, name: None }
    }
}

/// The variables that speak of one section.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    variables: Vec<&'a Variable>,
    depth: usize,
    name: Option<String>,
}

impl<'a> Scope<'a> {
    /// The variable of one key, and from now on it is used.
    pub(super) fn take(&self, key: &str) -> Option<&'a Variable> {
        let wanted = segment(key);
        let found = self.variables.iter().find(|variable| {
            variable.segments.len() == self.depth + 1 && variable.segments.get(self.depth) == Some(&wanted)
        })?;
        found.mark();
        Some(found)
    }

    /// The scope of a section, or of a list's entry, in this one.
    pub(super) fn below(&self, key: &str) -> Self {
        let wanted = segment(key);
        let inside = |variable: &&&Variable| variable.segments.get(self.depth) == Some(&wanted);
        let variables = self.variables.iter().filter(inside).copied().collect();
        Scope { variables, depth: self.depth + 1, name: Some(self.name_of(key)) }
    }

    /// Whether no variable speaks of this section.
    pub(super) fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// Those that no entry of a list with these ids answers.
    pub(super) fn without(&self, ids: &[&str]) -> Vec<&'a Variable> {
        let known: Vec<String> = ids.iter().map(|id| segment(id)).collect();
        let stray = |variable: &&&Variable| {
            variable.segments.get(self.depth).is_none_or(|name| !known.contains(name)) && variable.is_unused()
        };
        self.variables.iter().filter(stray).copied().collect()
    }

    /// What the variable of a key is called.
    pub(super) fn name_of(&self, key: &str) -> String {
        match &self.name {
            Some(name) => format!("{name}{SEPARATOR}{}", segment(key)),
            None => format!("{PREFIX}{}", segment(key)),
        }
    }
}

/// A key or an id as a part of a variable's name. Ids are slugs, so two of them never meet in one name.
fn segment(key: &str) -> String {
    key.to_ascii_uppercase().replace('-', "_")
}
