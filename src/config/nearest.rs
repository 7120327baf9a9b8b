//! What a misspelt name may have meant.

/// Longest name that is compared: the work grows with the square of it, and no name of ours is longer.
const MAX_COMPARED: usize = 200;

/// Most candidates that are compared, of those of about the right length: a file may hold ten thousand names.
const MAX_CANDIDATES: usize = 1_000;

/// The candidate that is fewest edits away, if it is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_COMPARED {
        return None;
    }
    let length = name.chars().count();
    let enough = (length / 3).max(1);
    let similar = candidates.into_iter().filter(|candidate| candidate.chars().count().abs_diff(length) <= enough);
    let distances = similar.take(MAX_CANDIDATES).map(|candidate| (distance(name, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= enough).min().map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let changed = rows[i][j] + usize::from(a != b);
            let mut best = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let known = ["issuer", "client_id", "client_secret", "name"];
        for (typed, meant) in [("isuer", "issuer"), ("issure", "issuer"), ("clientid", "client_id"), ("nmae", "name")] {
            assert_eq!(nearest(typed, known), Some(meant), "{typed}");
        }
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }
}
