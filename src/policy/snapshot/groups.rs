//! Organizations that are asked the same question, together: one answer tells which of them may have something to tell,
//! and only those are looked at. Compiled with the policies.

use std::collections::HashMap;
use std::sync::Arc;

use super::Compiled;
use crate::policy::reach::{Place, Reach};
use crate::policy::selector::{Piece, Piecewise, PreparedClaims, Returned, Selector};

/// The organizations of a reach, by org selector.
#[derive(Debug, Default)]
pub(in crate::policy) struct Groups {
    groups: Vec<Group>,
    /// The group of each place.
    of: Vec<usize>,
}

/// Organizations with one org selector.
#[derive(Debug)]
struct Group {
    /// Absent: nobody is chosen.
    selector: Option<Compiled>,
    members: Vec<usize>,
}

impl Groups {
    /// Groups the places of `reach` by what `selector` gives for each.
    pub(in crate::policy) fn new<'a>(reach: &Reach, selector: impl Fn(&Place) -> Option<&'a Compiled>) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut of = Vec::new();
        // Policies of one text share one selector. One that is no selector has a group of its own: it fails anyway.
        let mut known: HashMap<Option<*const Selector>, usize> = HashMap::new();
        for (at, place) in reach.places().enumerate() {
            let selector = selector(place);
            let fresh = groups.len();
            let group = match selector {
                Some(Err(_)) => fresh,
                Some(Ok(selector)) => *known.entry(Some(Arc::as_ptr(selector))).or_insert(fresh),
                None => *known.entry(None).or_insert(fresh),
            };
            if group == fresh {
                groups.push(Group { selector: selector.cloned(), members: Vec::new() });
            }
            if let Some(group) = groups.get_mut(group) {
                group.members.push(at);
            }
            of.push(group);
        }
        Self { groups, of }
    }

    /// Where places stand that may have something to tell, in order: all that match or fail are among them.
    pub(in crate::policy) fn candidates(&self, reach: &Reach, claims: &PreparedClaims) -> Vec<usize> {
        let mut found = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            match &group.selector {
                None => {}
                Some(Ok(selector)) if group.members.len() > 1 => self.ask(number, selector, reach, claims, &mut found),
                // One that is alone is asked by itself; one that is no selector fails everywhere.
                Some(_) => found.extend(&group.members),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn ask(&self, number: usize, selector: &Selector, reach: &Reach, claims: &PreparedClaims, found: &mut Vec<usize>) {
        let member = |id: &str| reach.position(id).filter(|at| self.of.get(*at) == Some(&number));
        let all = self.groups.get(number).map(|group| group.members.as_slice()).unwrap_or_default();
        let Some(Piecewise { usual, special }) = selector.piecewise(claims, &|id| member(id).is_some()) else {
            found.extend(all);
            return;
        };
        if usual.is_true() {
            found.extend(all);
            return;
        }
        found.extend(usual.texts().filter_map(member));
        let chosen = special.iter().filter(|(id, piece)| match piece {
            Piece::OwnId => true,
            Piece::Value(value) => chooses(value, id),
        });
        found.extend(chosen.filter_map(|(id, _)| member(id)));
    }
}

/// Whether what an org selector returned chooses the organization of that id.
pub(in crate::policy) fn chooses(returned: &Returned, id: &str) -> bool {
    returned.is_true() || returned.texts().any(|text| text == id)
}
