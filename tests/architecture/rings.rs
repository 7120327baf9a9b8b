//! What must hold inside a room: of the modules beside one another none leads back to itself, so that each can be read
//! with what lies below it alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::Source;
use crate::paths::paths;
use crate::rules::{is_test, module_of};

/// A folder's modules, and which of them name which.
type Neighbours = BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>>;

/// Modules that are named by what they name themselves, a line for each folder of them.
pub fn rings(sources: &[Source]) -> Vec<String> {
    let told = |(folder, names): (Vec<String>, BTreeMap<String, BTreeSet<String>>)| {
        let ring: Vec<&str> = names.keys().filter(|name| comes_back(&names, name)).map(String::as_str).collect();
        let place = if folder.is_empty() { "src".to_owned() } else { format!("src/{}", folder.join("/")) };
        (!ring.is_empty())
            .then(|| format!("{place}: {} import one another: move down what two of them need", ring.join(", ")))
    };
    neighbours(sources).into_iter().filter_map(told).collect()
}

fn neighbours(sources: &[Source]) -> Neighbours {
    let modules: BTreeSet<Vec<String>> = sources.iter().map(|source| module_of(&source.path)).collect();
    let mut all = Neighbours::new();
    for source in sources.iter().filter(|source| !is_test(&source.path)) {
        let from = module_of(&source.path);
        // Tests inside of a file may look around.
        let named =
            paths(&source.text, &from).into_iter().filter(|path| path.module.last().is_none_or(|at| at != "tests"));
        for mut to in named.filter_map(|path| path.inside()) {
            while !to.is_empty() && !modules.contains(&to) {
                to.pop();
            }
            let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            if let (Some(one), Some(other)) = (from.get(common), to.get(common)) {
                let folder = all.entry(from[..common].to_vec()).or_default();
                folder.entry(one.clone()).or_default().insert(other.clone());
            }
        }
    }
    all
}

/// Whether what a module names leads back to it.
fn comes_back(names: &BTreeMap<String, BTreeSet<String>>, module: &str) -> bool {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&str> = vec![module];
    while let Some(at) = ahead.pop() {
        for next in names.get(at).into_iter().flatten() {
            if next == module {
                return true;
            }
            if reached.insert(next.as_str()) {
                ahead.push(next);
            }
        }
    }
    false
}
