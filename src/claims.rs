//! What an identity provider says of a person: the claims of the ID token and of userinfo, merged, brought into one
//! shape, and bounded before anything reads them. Pure; imports `base` alone.

mod limits;
mod recorded;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub use limits::{ClaimLimits, ClaimsError};
pub use recorded::Recorded;

/// How claims are brought into shape.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRules<'a> {
    /// Exact names of top-level claims that are always arrays: absent is `[]`, a single value an array of one, and
    /// nulls and empty strings are dropped.
    pub list_claims: &'a [String],
}

/// The claims of one sign-in.
///
/// Merged claim by claim, the ID token before userinfo (OpenID Connect Core 1.0, 5.6.2 leaves the order to us; the
/// ID token is the signed one). A `null` is an absent claim and hides nothing (Core 5.3.2).
#[derive(Clone, Debug)]
pub struct Claims {
    merged: Map<String, Value>,
    sources: Vec<Map<String, Value>>,
    filled: BTreeSet<String>,
    withheld: BTreeSet<String>,
    redacted: BTreeSet<String>,
}

impl Claims {
    /// Merges the claims of an ID token with those of userinfo, if it was asked.
    ///
    /// # Errors
    /// When either, or both together, exceed a limit.
    pub fn merge(
        id_token: Map<String, Value>,
        userinfo: Option<Map<String, Value>>,
        rules: &ClaimRules<'_>,
        limits: &ClaimLimits,
    ) -> Result<Self, ClaimsError> {
        let mut sources: Vec<Map<String, Value>> = std::iter::once(id_token).chain(userinfo).collect();
        for source in &sources {
            limits.check(source)?;
        }
        let mut merged = Map::new();
        for source in sources.iter().rev() {
            for (name, value) in source.iter().filter(|(_, value)| !value.is_null()) {
                merged.insert(name.clone(), value.clone());
            }
        }
        limits.check(&merged)?;

        let withheld = withheld(&merged);
        let absent = |name: &&String| merged.get(*name).is_none();
        let filled = rules.list_claims.iter().filter(absent).cloned().collect();
        for source in sources.iter_mut().chain([&mut merged]) {
            normalise(source, rules);
        }
        Ok(Self { merged, sources, filled, withheld, redacted: BTreeSet::new() })
    }

    /// Everything known, as selectors see it.
    pub const fn merged(&self) -> &Map<String, Value> {
        &self.merged
    }

    /// What each source said alone, the ID token first, each in the same shape as the whole.
    pub fn sources(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.sources.iter()
    }

    /// Whether no source sent the claim, or only as `null`. A list claim that was filled with `[]` is absent.
    /// One that came and was not kept is not absent.
    pub fn is_absent(&self, name: &str) -> bool {
        (!self.merged.contains_key(name) || self.filled.contains(name)) && !self.redacted.contains(name)
    }

    /// Names of the claims that the provider has but did not send: it pointed to them elsewhere (`_claim_names`,
    /// Core 5.6.2) or left them out for their size (Entra's `hasgroups`). Not the same as having none.
    pub fn withheld(&self) -> impl Iterator<Item = &str> {
        self.withheld.iter().map(String::as_str)
    }

    /// Names of the claims that came, and were left out when the rest was kept.
    pub fn redacted(&self) -> impl Iterator<Item = &str> {
        self.redacted.iter().map(String::as_str)
    }

    /// Whether the provider withheld this claim.
    pub fn is_withheld(&self, name: &str) -> bool {
        self.withheld.contains(name)
    }
}

/// Reads, before lists are filled in, which claims were withheld. A claim that came with content all the same is here.
fn withheld(claims: &Map<String, Value>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = match claims.get("_claim_names") {
        Some(Value::Object(names)) => names.keys().cloned().collect(),
        _ => BTreeSet::new(),
    };
    let has_groups = match claims.get("hasgroups") {
        Some(Value::Bool(has)) => *has,
        Some(Value::String(has)) => has.eq_ignore_ascii_case("true"),
        _ => false,
    };
    if has_groups {
        names.insert("groups".to_owned());
    }
    names.retain(|name| match claims.get(name) {
        None => true,
        Some(Value::Array(list)) => list.iter().all(is_empty),
        Some(value) => is_empty(value),
    });
    names
}

fn normalise(claims: &mut Map<String, Value>, rules: &ClaimRules<'_>) {
    for name in rules.list_claims {
        let list = claims.remove(name).map_or_else(Vec::new, into_list);
        claims.insert(name.clone(), Value::Array(list));
    }
}

/// One value that is no array becomes an array of one whatever it is, so that `contains()` on a list claim always
/// compares whole entries and never looks for a piece of text.
fn into_list(value: Value) -> Vec<Value> {
    let mut list = match value {
        Value::Array(list) => list,
        single => vec![single],
    };
    list.retain(|entry| !is_empty(entry));
    list
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
