//! What is wrong with a configuration: collected while it is read, shown all at once.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most problems that are kept; the rest is counted. A person repairs a few at a time, and a hostile file may hold
/// millions.
const MAX_KEPT: usize = 500;

/// Where a value came from. In this order problems are shown: those of the file as it is read, then the environment's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Byte offset in the file.
    File(usize),
    /// Name of an environment variable.
    Variable(String),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `idp.company.issuer`, or `idp[2].issuer` where the entry has no id of its own; an environment
    /// variable's name where no key belongs to it; empty for what is wrong with the file itself.
    pub path: String,
    /// Where it stands: `line 12`, or the environment variable's name; empty where nothing stands.
    pub place: String,
    /// What is wrong, and after a semicolon what to do. Never holds a secret.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.place.as_str()) {
            ("", "") => {}
            ("", place) | (place, "") => write!(f, "{place}: ")?,
            (path, place) if path == place => write!(f, "{path}: ")?,
            (path, place) => write!(f, "{path} ({place}): ")?,
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with one configuration: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file, as it was named.
    pub file: String,
    /// The problems, in the order of the file.
    pub list: Vec<Problem>,
    /// How many more there are.
    pub hidden: usize,
}

impl Problems {
    /// One problem of the file itself.
    pub(super) fn of_file(file: &str, message: String) -> Self {
        let problem = Problem { path: String::new(), place: String::new(), message };
        Self { file: file.to_owned(), list: vec![problem], hidden: 0 }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.len() + self.hidden {
            1 => write!(f, "{}: 1 problem", self.file)?,
            count => write!(f, "{}: {count} problems", self.file)?,
        }
        for problem in &self.list {
            // What goes on in further lines, such as the place in a selector, stands below its problem.
            write!(f, "\n  {}", problem.to_string().replace('\n', "\n      "))?;
        }
        match self.hidden {
            0 => Ok(()),
            hidden => write!(f, "\n  and {hidden} more"),
        }
    }
}

impl std::error::Error for Problems {}

/// Collects problems, and knows where each key stands.
#[derive(Debug, Default)]
pub(super) struct Report {
    places: RefCell<BTreeMap<String, Place>>,
    problems: RefCell<Vec<(Option<Place>, String, String)>>,
    hidden: Cell<usize>,
    /// Every key asked for, without ids: what the example must show.
    keys: RefCell<BTreeSet<String>>,
    /// Every variable name asked for: what a misspelt one may have meant.
    variables: RefCell<BTreeSet<String>>,
}

impl Report {
    /// Remembers where a key stands.
    pub(super) fn locate(&self, path: &str, place: Place) {
        self.places.borrow_mut().insert(path.to_owned(), place);
    }

    /// Remembers that a key exists, and the variable that sets it, if one can.
    pub(super) fn knows(&self, key: String, variable: Option<String>) {
        self.keys.borrow_mut().insert(key);
        self.variables.borrow_mut().extend(variable);
    }

    /// Every key asked for, such as `idp.default_policy.org`.
    #[cfg(test)]
    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.keys.borrow().clone()
    }

    /// Every variable name asked for.
    pub(super) fn variables(&self) -> Vec<String> {
        self.variables.borrow().iter().cloned().collect()
    }

    /// How much is wrong so far.
    pub(super) fn count(&self) -> usize {
        self.problems.borrow().len() + self.hidden.get()
    }

    /// Whether further problems are only counted, so that their words need not be sought.
    pub(super) fn is_full(&self) -> bool {
        self.problems.borrow().len() >= MAX_KEPT
    }

    /// A problem with the key `path`, shown where that key or the nearest thing around it stands.
    pub(super) fn refuse(&self, path: &str, message: impl Into<String>) {
        self.refuse_at(self.place_of(path), path, message);
    }

    /// A problem at a place.
    pub(super) fn refuse_at(&self, place: Option<Place>, path: &str, message: impl Into<String>) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MAX_KEPT {
            problems.push((place, path.to_owned(), message.into()));
        } else {
            self.hidden.set(self.hidden.get() + 1);
        }
    }

    /// Where a key stands, or else the nearest thing around it.
    fn place_of(&self, path: &str) -> Option<Place> {
        let places = self.places.borrow();
        let mut path = path;
        loop {
            if let Some(place) = places.get(path) {
                return Some(place.clone());
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// All that was wrong, in the order of `text`.
    pub(super) fn into_problems(self, file: &str, text: &str) -> Problems {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|one, other| one.0.cmp(&other.0));
        let lines = Lines::of(text);
        let list = problems
            .into_iter()
            .map(|(place, path, message)| {
                let place = match place {
                    None => String::new(),
                    Some(Place::Variable(name)) => name,
                    Some(Place::File(offset)) if path.is_empty() => lines.position(text, offset),
                    Some(Place::File(offset)) => lines.line(offset),
                };
                Problem { path, place, message }
            })
            .collect();
        Problems { file: file.to_owned(), list, hidden: self.hidden.get() }
    }
}

/// Byte offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    fn line(&self, offset: usize) -> String {
        format!("line {}", self.0.partition_point(|start| *start <= offset))
    }

    fn position(&self, text: &str, offset: usize) -> String {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = text.as_bytes().get(start..offset).unwrap_or_default();
        format!("line {line}, column {}", String::from_utf8_lossy(before).chars().count() + 1)
    }
}
