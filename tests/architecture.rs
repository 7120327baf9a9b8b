//! The house keeps its shape: arrows between rooms only where the table draws one, none in a ring inside of a room, fenced
//! crates only at home, no `mod.rs`, no file that has outgrown one meaning.
//!
//! `architecture/table.rs` is the table and the only file to edit when a room is added. It needs no compiled crate:
//! everything is read from the sources as they stand.

#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rings.rs"]
mod rings;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/table.rs"]
mod table;
#[path = "architecture/tests.rs"]
mod tests;
#[path = "architecture/tokens.rs"]
mod tokens;

use std::fs;
use std::io;
use std::path::Path;

/// One file as the rules see it.
struct Source {
    /// Where it lies below the repository's root, with `/`.
    path: String,
    /// All of it.
    text: String,
}

/// Every Rust file below a folder of the repository, in a stable order. A folder that is not there holds none.
fn sources(folder: &str) -> io::Result<Vec<Source>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(root.join(&folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            if entry.file_type()?.is_dir() {
                // What npm puts there is not ours.
                if name != "node_modules" {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                found.push(Source { text: fs::read_to_string(root.join(&path))?, path });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// What one rule finds in every Rust file below these folders, a line each.
fn findings(folders: &[&str], rule: fn(&Source) -> Vec<String>) -> io::Result<String> {
    let mut lines = Vec::new();
    for folder in folders {
        lines.extend(sources(folder)?.iter().flat_map(rule));
    }
    Ok(lines.join("\n"))
}

#[test]
fn every_arrow_is_in_the_table() {
    let found = findings(&["src"], rules::arrows).unwrap();
    assert!(found.is_empty(), "\n{found}\n\nThe table: tests/architecture/table.rs. It may grow; no arrow may turn.\n");
}

#[test]
fn fenced_crates_stay_at_home() {
    let found = findings(&["src"], rules::fences).unwrap();
    assert!(found.is_empty(), "\n{found}\n");
}

#[test]
fn no_modules_of_a_room_import_one_another() {
    let found = rings::rings(&sources("src").unwrap()).join("\n");
    assert!(found.is_empty(), "\n{found}\n");
}

#[test]
fn files_have_one_meaning() {
    let found = findings(&["src", "tests", "benches"], rules::shape).unwrap();
    assert!(found.is_empty(), "\n{found}\n");
}

#[test]
fn the_rules_see_the_house() {
    let sources = sources("src").unwrap();
    assert!(sources.iter().any(|source| source.path == "src/identity/names.rs"), "the walk misses nested files");
    let seen = sources.iter().flat_map(|source| paths::paths(&source.text, &[])).count();
    assert!(seen > sources.len(), "hardly any path is read: the reader is broken");
}
