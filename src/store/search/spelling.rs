//! How words are spelled in the index: alike in every collation, and by their beginnings.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::identity::folded;

/// Longest term, in characters: longer ones are found by their beginning.
const MAX_TERM: usize = 24;
/// Most terms of one user in a scope: what somebody calls themselves must not fill the index.
const MAX_TERMS: usize = 16;

/// Half bytes, so that a term is compared alike everywhere: PostgreSQL orders text as the database's language does, and
/// some have letters of two (Danish `aa`), letters that are equal (Swedish `v` and `w`) or in another place (Estonian
/// `z`). These sixteen keep their order in all of them, and no two make one.
const SYMBOLS: &[u8; 16] = b"0123456789bkmpqs";
/// Comes after every symbol.
const BEYOND: char = 't';

/// The beginning of a word that somebody looks for, as the index spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The words of a text; what holds no letter or digit is none.
    pub fn of(text: &str) -> Vec<Self> {
        let folded = folded(text);
        let words = folded.split_whitespace().map(|word| word.trim_start_matches(|c: char| !c.is_alphanumeric()));
        words.filter(|word| !word.is_empty()).map(|word| Self(spelled(word))).collect()
    }

    pub(in crate::store) fn first(&self) -> &str {
        &self.0
    }

    pub(in crate::store) fn beyond(&self) -> String {
        format!("{}{BEYOND}", self.0)
    }
}

fn spelled(word: &str) -> String {
    let cut: String = word.chars().take(MAX_TERM).collect();
    let half = |byte: u8| char::from(SYMBOLS[usize::from(byte & 15)]);
    cut.bytes().flat_map(|byte| [half(byte >> 4), half(byte)]).collect()
}

/// The terms of somebody with these names and addresses, the first of them if there are too many. What begins another is
/// left out: it is found by that.
pub(super) fn terms<'t>(texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    let folded: Vec<String> = texts.into_iter().map(folded).collect();
    let words = folded.iter().flat_map(|text| text.split_whitespace());
    let words: BTreeSet<String> = words.flat_map(beginnings).map(spelled).take(MAX_TERMS).collect();
    let begins_next = |word: &String| {
        let longer = words.range::<String, _>((Bound::Excluded(word), Bound::Unbounded)).next();
        longer.is_some_and(|longer| longer.starts_with(word.as_str()))
    };
    words.iter().filter(|word| !begins_next(word)).cloned().chain([String::new()]).collect()
}

/// The word from each of its parts on: of `ann.lee@example.com`, from `ann`, `lee` and `example`.
fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    let domain = word.rfind('@').map_or(word.len(), |at| at + 1);
    let mut within = false;
    word.char_indices().filter_map(move |(at, c)| {
        let begins = c.is_alphanumeric() && !within && at <= domain;
        within = c.is_alphanumeric();
        begins.then(|| &word[at..])
    })
}

#[cfg(test)]
mod tests;
