//! Reads one table of the file, with the environment's word over it. Whatever is wrong is reported and reading goes on,
//! so that one look shows every problem. A section knows which keys it was asked for; the others are unknown.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::{Environment, Scope, Variable};
use super::nearest::nearest;
use super::problem::{Place, Report};

/// Most entries of one list, of whatever kind: far beyond any real file, near enough to keep the work bounded.
pub(super) const MAX_ENTRIES: usize = 10_000;

/// One table of the file.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// Where problems go.
    pub(super) report: &'a Report,
    /// Its key path, such as `idp.company`.
    pub(super) path: String,
    /// Its key path without ids, such as `idp`.
    shape: String,
    table: Option<&'a DeTable<'a>>,
    /// The variables about it; none can be about an entry without a usable id.
    scope: Option<Scope<'a>>,
    asked: Vec<&'static str>,
    /// The key that names this entry in its list: it stands in the file alone.
    id_key: Option<&'static str>,
}

/// What was found under a key.
pub(super) enum Found<'a> {
    /// A value of the file.
    Value(&'a DeValue<'a>),
    /// A value of the environment.
    Variable(&'a Variable),
}

impl<'a> Section<'a> {
    /// The file's top level.
    pub(super) fn root(report: &'a Report, table: &'a DeTable<'a>, environment: &'a Environment) -> Self {
        Self::new(report, String::new(), String::new(), Some(table), Some(environment.scope()))
    }

    fn new(
        report: &'a Report,
        path: String,
        shape: String,
        table: Option<&'a DeTable<'a>>,
        scope: Option<Scope<'a>>,
    ) -> Self {
        Self { report, path, shape, table, scope, asked: Vec::new(), id_key: None }
    }

    /// The path of a key in here.
    pub(super) fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Reports a problem with a key in here.
    pub(super) fn refuse(&self, key: &str, message: impl Into<String>) {
        self.report.refuse(&self.at(key), message);
    }

    /// What the variable that sets a key in here is called, if one can.
    pub(super) fn variable(&self, key: &str) -> Option<String> {
        let scope = self.scope.as_ref().filter(|_| self.id_key != Some(key))?;
        Some(scope.name_of(key))
    }

    /// The environment's word about a key.
    fn in_environment(&self, key: &str) -> Option<&'a Variable> {
        self.scope.as_ref().filter(|_| self.id_key != Some(key))?.take(key)
    }

    /// Looks a key up: the environment's word, else the file's.
    pub(super) fn find(&mut self, key: &'static str) -> Option<Found<'a>> {
        self.asked.push(key);
        self.report.knows(join(&self.shape, key), self.variable(key));
        let from_file = self.in_file(key);
        if let Some(variable) = self.in_environment(key) {
            self.report.locate(&self.at(key), Place::Variable(variable.name.clone()));
            return Some(Found::Variable(variable));
        }
        from_file.map(|value| Found::Value(value.get_ref()))
    }

    /// Whether neither file nor environment says anything under a key.
    pub(super) fn is_absent(&self, key: &'static str) -> bool {
        self.in_file(key).is_none() && self.in_environment(key).is_none()
    }

    /// Whether the file says a text under a key, and the environment nothing.
    pub(super) fn is_text(&self, key: &'static str) -> bool {
        matches!(self.in_file(key).map(Spanned::get_ref), Some(DeValue::String(_)))
            && self.in_environment(key).is_none()
    }

    fn in_file(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let (name, value) = self.table?.get_key_value(key)?;
        self.report.locate(&self.at(key), Place::File(name.span().start));
        Some(value)
    }

    /// The section `key` in this one; an absent one is read as empty.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'a> {
        self.asked.push(key);
        let table = match self.in_file(key).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => Some(table),
            Some(other) => {
                self.refuse(
                    key,
                    format!("expected a table, found {}; write [{}]", kind(other), join(&self.shape, key)),
                );
                None
            }
            None => None,
        };
        let scope = self.scope.as_ref().map(|scope| scope.below(key));
        Section::new(self.report, self.at(key), join(&self.shape, key), table, scope)
    }

    /// The section `key` in this one, if the file or the environment has it.
    pub(super) fn optional_section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let section = self.section(key);
        let spoken_of = section.scope.as_ref().is_some_and(|scope| !scope.is_empty());
        (section.table.is_some() || spoken_of).then_some(section)
    }

    /// The entries of the list of tables `key`, each known by its `id_key`, which no two share; without one, by number.
    pub(super) fn entries(&mut self, key: &'static str, id_key: Option<&'static str>) -> Vec<Section<'a>> {
        self.asked.push(key);
        let list = match self.in_file(key).map(Spanned::get_ref) {
            Some(DeValue::Array(list)) => &list[..],
            Some(other) => {
                let shape = join(&self.shape, key);
                self.refuse(key, format!("expected a list of tables, found {}; write [[{shape}]]", kind(other)));
                &[]
            }
            None => &[],
        };
        if list.len() > MAX_ENTRIES {
            self.refuse(key, format!("too many: {} entries; at most {MAX_ENTRIES} are taken", list.len()));
        }
        let scope = self.scope.as_ref().map(|scope| scope.below(key));
        let mut ids = HashMap::new();
        let mut entries = Vec::new();
        for (index, value) in list.iter().enumerate().take(MAX_ENTRIES) {
            entries.extend(self.entry(key, id_key, index, value, scope.as_ref(), &mut ids));
        }
        let known: Vec<&str> = ids.keys().copied().collect();
        for stray in scope.iter().flat_map(|scope| scope.without(&known)) {
            stray.mark();
            let place = Some(Place::Variable(stray.name.clone()));
            let what = match id_key {
                Some(id_key) => format!("no {key} of that {id_key} is in the file; write it there first"),
                None => format!("a {key} has no id to be reached by; write it in the file"),
            };
            self.report.refuse_at(place, &stray.name, what);
        }
        entries
    }

    fn entry(
        &self,
        key: &'static str,
        id_key: Option<&'static str>,
        index: usize,
        value: &'a Spanned<DeValue<'a>>,
        scope: Option<&Scope<'a>>,
        ids: &mut HashMap<&'a str, String>,
    ) -> Option<Section<'a>> {
        let numbered = format!("{}[{index}]", self.at(key));
        let place = Place::File(value.span().start);
        let DeValue::Table(table) = value.get_ref() else {
            self.report.locate(&numbered, place);
            self.report.refuse(&numbered, format!("expected a table, found {}", kind(value.get_ref())));
            return None;
        };
        let id = id_key.and_then(|id_key| table.get(id_key)?.get_ref().as_str()).filter(|id| is_plain(id));
        let twin = id.and_then(|id| ids.get(id));
        let (path, scope) = match id {
            Some(id) if twin.is_none() => (join(&self.at(key), id), scope.map(|scope| scope.below(id))),
            _ => (numbered, None),
        };
        self.report.locate(&path, place);
        let mut section = Section::new(self.report, path.clone(), join(&self.shape, key), Some(table), scope);
        section.id_key = id_key;
        if let (Some(twin), Some(id_key), Some(id)) = (twin, id_key, id) {
            section.in_file(id_key);
            section.refuse(id_key, format!("`{id}` is taken by {twin}; each {key} needs its own {id_key}"));
        } else if let Some(id) = id {
            ids.insert(id, path);
        }
        Some(section)
    }

    /// Reports every key that nobody asked for. Each section ends with this.
    pub(super) fn finish(self) {
        let Some(table) = self.table else { return };
        for name in table.keys() {
            let key = name.get_ref().as_ref();
            if self.asked.contains(&key) {
                continue;
            }
            let path = join(&self.path, key);
            let meant = if self.report.is_full() { None } else { nearest(key, self.asked.iter().copied()) };
            let advice = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("here are known: {}", self.asked.join(", ")),
            };
            self.report.refuse_at(Some(Place::File(name.span().start)), &path, format!("unknown key; {advice}"));
        }
    }
}

/// A key path; a key that is not plain stands in it as TOML would write it.
fn join(path: &str, key: &str) -> String {
    let key = if is_plain(key) { key.to_owned() } else { format!("\"{}\"", key.escape_debug()) };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// Whether a key or id can stand bare in a path.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
}

/// What a value is, in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
