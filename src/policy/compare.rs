//! What differs between two versions of a selector, word by word. Pure.

/// A piece of the two texts laid over each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// In the old one alone.
    Removed(String),
    /// In the new one alone.
    Added(String),
}

/// Most words that are compared one by one; more than any selector has. Longer texts are told as wholly replaced, since
/// the cost is the product of both.
const MAX_WORDS: usize = 1_024;

/// Lays two texts over each other: what is common to both stands once, what is not, old before new.
pub fn compare(old: &str, new: &str) -> Vec<Piece> {
    let (old, new) = (words(old), words(new));
    let mut pieces = Vec::new();
    if old.len() > MAX_WORDS || new.len() > MAX_WORDS {
        add(&mut pieces, Piece::Removed, &old.concat());
        add(&mut pieces, Piece::Added, &new.concat());
        return pieces;
    }
    let common = common(&old, &new);
    let longest = |i: usize, j: usize| common.get(i * (new.len() + 1) + j).copied().unwrap_or_default();
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if one == other => {
                add(&mut pieces, Piece::Same, one);
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || longest(i + 1, j) >= longest(i, j + 1) => {
                add(&mut pieces, Piece::Removed, one);
                i += 1;
            }
            (_, Some(other)) => {
                add(&mut pieces, Piece::Added, other);
                j += 1;
            }
            (_, None) => return pieces,
        }
    }
}

/// For each place in both texts, how many words from there on are common in the same order.
fn common(old: &[&str], new: &[&str]) -> Vec<u16> {
    let width = new.len() + 1;
    let mut common = vec![0_u16; (old.len() + 1) * width];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let at = |i: usize, j: usize| common.get(i * width + j).copied().unwrap_or_default();
            let longest = if one == other { at(i + 1, j + 1) + 1 } else { at(i + 1, j).max(at(i, j + 1)) };
            if let Some(place) = common.get_mut(i * width + j) {
                *place = longest;
            }
        }
    }
    common
}

/// Words, runs of space, and every other sign by itself.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_whitespace() => 0,
        c if c.is_alphanumeric() || matches!(c, '_' | '-') => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if kind(first) == 2 {
            first.len_utf8()
        } else {
            rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

fn add(pieces: &mut Vec<Piece>, kind: fn(String) -> Piece, word: &str) {
    match (pieces.last_mut(), kind(word.to_owned())) {
        (Some(Piece::Same(last)), Piece::Same(word))
        | (Some(Piece::Removed(last)), Piece::Removed(word))
        | (Some(Piece::Added(last)), Piece::Added(word)) => last.push_str(&word),
        (_, piece) => pieces.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_changed_word_is_told_alone() {
        let (old, new) = ("contains(groups, 'home-lab')", "contains(groups, 'lab') && 'x'");
        let same = |text: &str| Piece::Same(text.to_owned());
        let pieces = compare(old, new);
        assert_eq!(pieces.first(), Some(&same("contains(groups, '")));
        assert_eq!(pieces.get(1), Some(&Piece::Removed("home-lab".to_owned())));
        assert_eq!(pieces.get(2), Some(&Piece::Added("lab".to_owned())));
        assert_eq!(compare("a", "a"), [same("a")]);
        assert_eq!(compare("", ""), []);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_out_of_it(old in "[ab' é(]{0,24}", new in "[ab' é(]{0,24}") {
            let (mut was, mut is) = (String::new(), String::new());
            for piece in compare(&old, &new) {
                match piece {
                    Piece::Same(text) => {
                        was.push_str(&text);
                        is.push_str(&text);
                    }
                    Piece::Removed(text) => was.push_str(&text),
                    Piece::Added(text) => is.push_str(&text),
                }
            }
            prop_assert_eq!((was, is), (old, new));
        }
    }

    #[test]
    fn texts_beyond_every_limit_are_told_as_replaced() {
        let long = "a ".repeat(MAX_WORDS);
        assert_eq!(compare(&long, "b"), [Piece::Removed(long), Piece::Added("b".to_owned())]);
    }
}
