//! Which of an application's rules holds for what is asked for, in each way that an upstream may read it.
//!
//! An upstream that reads otherwise than we do would do what is another rule's. These readings are looked through, and
//! nobody passes who may not have all of them:
//! - the path strictly and leniently, see [`path`](crate::decision::path);
//! - without regard to case, and as Windows finds files by it;
//! - without the slashes at its end, where a rule is for exactly that: routers mostly take `/metrics/` for `/metrics`;
//! - with one, where rules speak of that folder: `/secret` is mostly the index of `/secret/`;
//! - without a front that some take for no part of it (`path/fronts`);
//! - with plain letters for those beyond ASCII (`path/letters`);
//! - each with every method that the request names.

use std::borrow::Cow;
use std::iter;

use http::Method;

use super::{Admitted, Route};
use crate::decision::path::{Ambiguous, PROGRAM, RequestPath, on_windows};
use crate::decision::{Ask, method};
use crate::identity::Rule;

/// A rule as it is written down, and whom it lets in.
pub(in crate::decision) type Ruled<'a> = (&'a Rule, &'a Admitted);

impl Route {
    /// Whether it has rules: without any, one path is like the other.
    pub(in crate::decision) const fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The rule that holds for what is asked for, and whom it lets in, if any does. Both readings of the path and all
    /// methods must choose the same: whatever matches the strict reading of a path matches the lenient one too (patterns
    /// hold neither `;` nor `//` nor `%`), so any reading between the two, such as one that merges slashes but keeps
    /// parameters, chooses what these agree on.
    pub(in crate::decision) fn rule(&self, ask: &Ask<'_>) -> Result<Option<Ruled<'_>>, Ambiguous> {
        let speaks_of =
            |index: &usize, method: &Method| self.spec.rules.get(*index).is_some_and(|rule| rule.speaks_of(method));
        let first = |path: &[u8], method: &Method| self.paths.matching(path).find(|index| speaks_of(index, method));
        let (strict, lenient) = (ask.path.strict(), ask.path.lenient());
        let chosen = first(strict, ask.method);
        if lenient.is_some_and(|lenient| first(lenient, ask.method) != chosen) {
            return Err(Ambiguous::Rules);
        }
        if self.names_methods {
            for method in method::others(ask)? {
                if [Some(strict), lenient].into_iter().flatten().any(|path| first(path, &method) != chosen) {
                    return Err(Ambiguous::Method);
                }
            }
        }
        Ok(self.ruled(chosen))
    }

    /// The rule for the folder of that name, which would hold with a slash behind the path. Not where a rule speaks of
    /// exactly the path as it is.
    pub(in crate::decision) fn rule_as_folder(&self, ask: &Ask<'_>, chosen: Option<Ruled<'_>>) -> Option<Ruled<'_>> {
        let path = ask.path.strict();
        if !self.slashes.may_be_folder(path) || chosen.is_some_and(|(rule, _)| rule.path.is_exact()) {
            return None;
        }
        let is_its = |folder: &str| folder.as_bytes().eq_ignore_ascii_case(path);
        self.first_on_windows(with_slash(path), ask.method).filter(|(rule, _)| rule.path.folder().is_some_and(is_its))
    }

    /// Whether `bars` is true of what holds, a rule or none, in any other reading than the two that [`Route::rule`] knows.
    /// Nearly every request has no other that could differ, which costs a look at its path.
    pub(in crate::decision) fn is_barred_otherwise(
        &self,
        ask: &Ask<'_>,
        bars: impl Fn(Option<Ruled<'_>>) -> bool,
    ) -> Result<bool, Ambiguous> {
        for path in [Some(ask.path.strict()), ask.path.lenient()].into_iter().flatten() {
            let path = on_windows(path);
            let is_other =
                self.names_capitals || matches!(path, Cow::Owned(_)) || has_capitals(&path) || has_tilde(&path);
            let bare = bare(&path);
            let has_slash = bare.len() < path.len() && self.slashes.may_be_one(bare);
            let is_folder = self.slashes.may_be_folder(&path);
            if !(is_other || has_slash || is_folder) {
                continue;
            }
            let others = if self.names_methods { method::others(ask)? } else { Vec::new() };
            for method in iter::once(ask.method).chain(&others) {
                let chosen = self.first_on_windows(segments(&path), method);
                if is_other && bars(chosen) {
                    return Ok(true);
                }
                let is_exact = |ruled: &Ruled<'_>| ruled.0.path.is_exact();
                if chosen.as_ref().is_some_and(is_exact) {
                    continue;
                }
                let one = || self.first_on_windows(segments(bare), method).filter(is_exact);
                let folder = || self.first_on_windows(with_slash(&path), method);
                if has_slash && one().is_some_and(|one| bars(Some(one))) || is_folder && bars(folder()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The rules for what lies below a path, whatever they say of methods, and the one, or none, for its folder: what is
    /// done to a folder is done to all of it.
    pub(in crate::decision) fn rules_below(&self, ask: &Ask<'_>) -> Result<Vec<Option<Ruled<'_>>>, Ambiguous> {
        let others = if self.names_methods { method::others(ask)? } else { Vec::new() };
        let mut found = Vec::new();
        for path in [Some(ask.path.strict()), ask.path.lenient()].into_iter().flatten() {
            let path = on_windows(path);
            let folder = bare(&path);
            let methods = iter::once(ask.method).chain(&others);
            found.extend(methods.map(|method| self.first_on_windows(with_slash(folder), method)));
            let below = self.spec.rules.iter().zip(&self.rules);
            found.extend(below.filter(|(rule, _)| rule.path.lies_below(segments(folder))).map(Some));
        }
        Ok(found)
    }

    /// Whether this is a CORS preflight that passes: the rule for the request it asks about says so, to a client from
    /// there, in whichever way it is read. One that names a further method is none that a browser sends.
    pub(in crate::decision) fn passes_preflight(&self, ask: &Ask<'_>) -> bool {
        let Some(method) = &ask.preflight else { return false };
        if method::named(ask).next().is_some() {
            return false;
        }
        let ask = &Ask { method, ..ask.clone() };
        let passes =
            |others: Vec<RequestPath>| others.iter().all(|path| self.passes_whole(&Ask { path, ..ask.clone() }));
        self.passes_whole(ask) && self.taken_for(ask).is_ok_and(passes)
    }

    /// The other paths that it may be to an upstream, where rules could differ by that: without its front, unless the rule
    /// for the whole of it names the program itself, and in plain letters.
    pub(in crate::decision) fn taken_for(&self, ask: &Ask<'_>) -> Result<Vec<RequestPath>, Ambiguous> {
        if !self.has_rules() {
            return Ok(Vec::new());
        }
        let mut others = self.without_front(ask)?;
        let plain = iter::once(ask.path).chain(&others).flat_map(RequestPath::in_plain_letters);
        let plain: Vec<_> = plain.collect::<Result<_, _>>()?;
        for path in &plain {
            others.extend(self.without_front(&Ask { path, ..ask.clone() })?);
        }
        others.extend(plain);
        Ok(others)
    }

    fn without_front(&self, ask: &Ask<'_>) -> Result<Vec<RequestPath>, Ambiguous> {
        let left: Vec<_> = ask.path.without_front().collect::<Result<_, _>>()?;
        let names_it = |(rule, _): Ruled<'_>| rule.path.names(PROGRAM);
        let is_named = !left.is_empty() && self.rule(ask)?.is_some_and(names_it);
        Ok(if is_named { Vec::new() } else { left })
    }

    /// Whether it passes in every reading of the whole path.
    fn passes_whole(&self, ask: &Ask<'_>) -> bool {
        let passes = |rule: Option<Ruled<'_>>| match rule {
            Some((rule, _)) => rule.preflight && rule.admits_from(ask.client),
            None => self.spec.preflight,
        };
        let Ok(rule) = self.rule(ask) else { return false };
        passes(rule) && (!self.has_rules() || self.is_barred_otherwise(ask, |rule| !passes(rule)) == Ok(false))
    }

    /// The first rule that speaks of a path, named by its segments, and a method, to one who reads as Windows does.
    fn first_on_windows<'a>(&self, path: impl Iterator<Item = &'a [u8]> + Clone, method: &Method) -> Option<Ruled<'_>> {
        let speaks_of = |rule: &Rule| rule.path.matches_on_windows(path.clone()) && rule.speaks_of(method);
        self.ruled(self.spec.rules.iter().position(speaks_of))
    }

    fn ruled(&self, index: Option<usize>) -> Option<Ruled<'_>> {
        index.and_then(|index| self.spec.rules.get(index).zip(self.rules.get(index)))
    }
}

/// How long the paths are that rules speak of but for a slash at the end, a bit for each length: nearly every path is as
/// long as none of them, and then no rule is looked at again. Short names of Windows make lengths moot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slashes {
    /// Folders, without the slash behind them.
    folders: u64,
    /// What rules speak of alone.
    ones: u64,
}

impl Slashes {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let folders =
            rules.iter().filter_map(|rule| rule.path.folder()).fold(0, |bits, folder| bits | bit(folder.len()));
        let ones = rules.iter().filter(|rule| rule.path.is_exact());
        Self { folders, ones: ones.fold(0, |bits, rule| bits | bit(rule.path.as_str().len())) }
    }

    /// Whether rules may speak of the folder of that name.
    fn may_be_folder(self, path: &[u8]) -> bool {
        (self.folders & bit(path.len()) != 0 || has_tilde(path)) && !path.ends_with(b"/")
    }

    /// Whether a rule may speak of exactly that, which stands before the slashes at the end of a path.
    fn may_be_one(self, bare: &[u8]) -> bool {
        self.ones & bit(bare.len()) != 0 || has_tilde(bare)
    }
}

/// The last bit is for all that are longer.
fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

pub(super) fn has_capitals(path: &[u8]) -> bool {
    path.iter().any(u8::is_ascii_uppercase)
}

/// Whether a name in it may be a short one of Windows.
fn has_tilde(path: &[u8]) -> bool {
    path.contains(&b'~')
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    path.split(|&byte| byte == b'/')
}

/// The segments of a path with a slash behind it.
fn with_slash(path: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    segments(path).chain(iter::once(&b""[..]))
}

/// A path without the slashes at its end.
fn bare(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte != b'/').and_then(|last| path.get(..=last)).unwrap_or_default()
}
