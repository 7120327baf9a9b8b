//! What must hold of each file. Every finding is one line: where, what, and what is allowed instead.

use crate::Source;
use crate::paths::{Path, paths};
use crate::table::{FENCES, Fence, Room, WINGS, Wing};
use crate::tokens::tokens;

/// A file past this many lines holds more than one meaning; most should stay far below.
pub const LONGEST_FILE: usize = 500;

/// Paths from a file's room into another that the table does not allow, and rooms the table does not know.
pub fn arrows(source: &Source) -> Vec<String> {
    let module = module_of(&source.path);
    // The crate's root only lists the rooms.
    let Some(own) = module.first() else { return Vec::new() };
    let Some(room) = Room::find(own) else {
        let path = &source.path;
        return vec![format!("{path}:1: `{own}` is no room of this house: give it a row in the table, with its layer")];
    };
    let wing = WINGS.iter().find(|wing| starts_with(&module, wing.module));
    let named = paths(&source.text, if own == "main" { &[] } else { &module });
    let mut found: Vec<String> = named.iter().filter_map(|path| wrong_arrow(source, room, wing, path)).collect();
    found.extend(moved_modules(source));
    found
}

/// Crates named outside the place that may know them.
pub fn fences(source: &Source) -> Vec<String> {
    if is_test(&source.path) {
        return Vec::new();
    }
    let named = paths(&source.text, &module_of(&source.path));
    named
        .iter()
        .flat_map(|path| FENCES.iter().filter(|fence| crosses(fence, path)).map(move |fence| (path.line, fence)))
        .filter(|(_, fence)| !fence.home.iter().any(|home| is_home(home, &source.path)))
        .map(|(line, fence)| {
            let (krate, home) = (fence.path.join("::"), fence.home.join(", "));
            format!("{}:{line}: `{krate}` is fenced: only {home} may name it, for {}", source.path, fence.reason)
        })
        .collect()
}

/// Files that are too long, and `mod.rs`.
pub fn shape(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > LONGEST_FILE {
        found.push(format!("{}: {lines} lines, at most {LONGEST_FILE}: split it by meaning", source.path));
    }
    if source.path.ends_with("/mod.rs") {
        found.push(format!("{}: a module is `name.rs` beside the folder `name/`", source.path));
    }
    found
}

/// `src/a/b.rs` is the module `a::b`, `src/main.rs` the room `main`, `src/lib.rs` the root.
pub fn module_of(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    if inner == "lib" { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
}

fn wrong_arrow(source: &Source, room: &Room, wing: Option<&Wing>, path: &Path) -> Option<String> {
    let to = path.inside()?;
    let place = format!("{}:{}", source.path, path.line);
    let written = path.names.join("::");
    let Some(target) = to.first().filter(|name| *name != "*") else {
        return Some(format!("{place}: `{written}` takes the whole house: name the room it means"));
    };
    let (from, allowed, at_home) = match wing {
        Some(wing) => {
            let at_home = std::iter::once(&wing.module).chain(wing.sees).any(|module| starts_with(&to, module));
            (wing.module.join("::"), wing.may.to_vec(), at_home)
        }
        None => (room.name.to_owned(), room.allowed(), target == room.name),
    };
    let below = || Room::find(target).is_some_and(|target| target.layer < room.layer);
    if at_home || allowed.contains(&target.as_str()) || (is_test(&source.path) && below()) {
        return None;
    }
    if Room::find(target).is_none() {
        return Some(format!("{place}: `{written}`: `{target}` is no room of this house"));
    }
    let allowed = if allowed.is_empty() { "no other room".to_owned() } else { format!("only {}", allowed.join(", ")) };
    Some(format!("{place}: {from} → {target} (`{written}`): {from} may import {allowed}"))
}

/// Whether a file is compiled for tests alone. A room's tests may set up any room below it.
pub fn is_test(path: &str) -> bool {
    path.contains("/tests/") || ["/tests.rs", "/kit.rs", "/sample.rs"].iter().any(|name| path.ends_with(name))
}

/// `#[path]` would make a file another module than the one its place says.
fn moved_modules(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.text);
    tokens
        .windows(4)
        .filter(|four| four.iter().map(|token| token.text).eq(["#", "[", "path", "="]))
        .map(|four| format!("{}:{}: `#[path]` hides where a module lies", source.path, four[0].line))
        .collect()
}

/// A path crosses a fence if it leads behind it, or takes something that holds all that is behind it.
fn crosses(fence: &Fence, path: &Path) -> bool {
    fence.path.iter().zip(&path.names).all(|(fenced, name)| fenced == name || name == "*")
        && path.names.first().is_some_and(|name| name != "*")
}

fn is_home(home: &str, path: &str) -> bool {
    if home.ends_with('/') { path.starts_with(home) } else { path == home }
}

fn starts_with(module: &[String], prefix: &[&str]) -> bool {
    module.len() >= prefix.len() && module.iter().zip(prefix).all(|(one, other)| one == other)
}
