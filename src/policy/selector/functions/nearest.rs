//! What a misspelt function may have meant.

use super::names;

/// The name most like `name`, if one is like it at all.
pub(in crate::policy::selector) fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let (distance, near) = names().map(|known| (distance(&lower, known), known)).min()?;
    (distance <= 1 + near.len() / 4).then_some(near)
}

/// How many letters must be put in, left out or changed to make one word of another (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (b, above) in other.iter().zip(row.iter_mut().skip(1)) {
            let change = diagonal + usize::from(a != *b);
            diagonal = *above;
            left = change.min(left + 1).min(*above + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
