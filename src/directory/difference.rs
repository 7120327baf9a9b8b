//! What a declaration changes, for people to read before it is applied, and for the audit log after.

use serde_json::{Map, Value, json};

use super::plan::{Plan, Stored};
use crate::identity::{Allotment, IdpKey, OrganizationKey};
use crate::store::declared::{OrganizationRow, PolicyRow};

/// One thing that a declaration changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What kind of thing: `organization`, `role`, `IdP`, `policy` or `application`.
    pub what: &'static str,
    /// Its name, such as `home-lab` or `home-lab/Admin`.
    pub name: String,
    /// What becomes of it.
    pub becomes: Becomes,
}

/// What becomes of a thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Becomes {
    /// It is new.
    Added,
    /// It was no longer declared, and is again.
    Restored,
    /// It is declared no longer: of no effect, but kept.
    Undeclared,
    /// It is gone.
    Removed,
    /// These of its keys change, each from and to.
    Changed(Vec<(String, Value, Value)>),
}

impl Becomes {
    /// `added`, `restored`, `no longer declared`, `removed` or `changed`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Restored => "restored",
            Self::Undeclared => "no longer declared",
            Self::Removed => "removed",
            Self::Changed(_) => "changed",
        }
    }
}

impl Difference {
    /// As JSON: `what`, `name`, `becomes`, and `keys` with `from` and `to` of each that changes.
    pub fn to_json(&self) -> Value {
        let mut told = Map::new();
        told.insert("what".to_owned(), json!(self.what));
        told.insert("name".to_owned(), json!(self.name));
        told.insert("becomes".to_owned(), json!(self.becomes.word()));
        if let Becomes::Changed(keys) = &self.becomes {
            let pair = |(key, from, to): &(String, Value, Value)| (key.clone(), json!({ "from": from, "to": to }));
            told.insert("keys".to_owned(), Value::Object(keys.iter().map(pair).collect()));
        }
        Value::Object(told)
    }
}

/// A row as this file compares it: whether it is of effect, and what is written down of it.
struct Side {
    live: bool,
    keys: Map<String, Value>,
}

impl Plan {
    /// Everything the plan changes, in the order of the file: organizations, roles, IdPs, policies, applications.
    pub(super) fn differences(&self, stored: &Stored) -> Vec<Difference> {
        let names = Names { plan: self, stored };
        let mut told = Told::default();
        for row in &self.organizations {
            let side = |row: &OrganizationRow| {
                let Allotment { hosts, upstreams } = &row.allotment;
                let told = json!({ "name": row.name, "publish_hosts": hosts, "publish_upstreams": upstreams });
                Side { live: row.live, keys: keys(&told) }
            };
            let old = stored.organizations.iter().find(|old| old.key == row.key);
            told.add("organization", row.id.to_string(), old.map(side), side(row));
        }
        for row in &self.roles {
            let side = |live: bool, admin: bool| Side { live, keys: keys(&json!({ "admin": admin })) };
            let old = stored.roles.iter().find(|old| old.id == row.id);
            let name = format!("{}/{}", names.organization(row.organization), row.name);
            told.add("role", name, old.map(|old| side(old.live, old.admin)), side(row.live, row.admin));
        }
        for row in &self.idps {
            let old = stored.idps.iter().find(|old| old.key == row.key);
            let old = old.map(|old| Side { live: old.live, keys: spec(&old.spec) });
            told.add("IdP", row.spec.id.to_string(), old, Side { live: row.live, keys: spec(&row.spec) });
        }
        // That it changed is told, never what it is.
        for (key, sealed) in &self.secrets {
            let word = if sealed.is_some() { "set anew" } else { "removed" };
            let change = vec![("client_secret".to_owned(), Value::Null, json!(word))];
            told.0.push(Difference { what: "IdP", name: names.idp(*key), becomes: Becomes::Changed(change) });
        }
        self.removals(stored, &names, &mut told);
        self.policy_differences(stored, &names, &mut told);
        for row in &self.applications {
            let old = stored.applications.iter().find(|old| old.key == row.key);
            let old = old.map(|old| Side { live: old.live, keys: spec(&old.spec) });
            told.add("application", row.spec.id.to_string(), old, Side { live: row.live, keys: spec(&row.spec) });
        }
        told.0
    }

    /// What goes for good.
    fn removals(&self, stored: &Stored, names: &Names<'_>, told: &mut Told) {
        let removed = &self.removed;
        for key in &removed.organizations {
            told.gone("organization", names.organization(*key));
        }
        for row in stored.roles.iter().filter(|row| removed.roles.contains(&row.id)) {
            told.gone("role", format!("{}/{}", names.organization(row.organization), row.name));
        }
        for key in &removed.idps {
            told.gone("IdP", names.idp(*key));
        }
        let is_removed = |key| removed.applications.iter().any(|(other, _)| *other == key);
        for row in stored.applications.iter().filter(|row| is_removed(row.key)) {
            told.gone("application", row.spec.id.to_string());
        }
    }

    /// A changed text is a version that retires and one that comes; one that only retires is declared no longer.
    fn policy_differences(&self, stored: &Stored, names: &Names<'_>, told: &mut Told) {
        let side =
            |row: &PolicyRow| Side { live: true, keys: keys(&json!({ "org": row.text.org, "role": row.text.role })) };
        for row in &self.policies {
            let same = |old: &&PolicyRow| (old.idp, old.organization) == (row.idp, row.organization);
            told.add("policy", names.policy(row), stored.policies.iter().find(same).map(side), side(row));
        }
        for id in &self.retired {
            let row = stored.policies.iter().find(|row| row.id == *id);
            let same = |old: &PolicyRow, row: &PolicyRow| (old.idp, old.organization) == (row.idp, row.organization);
            if let Some(old) = row.filter(|old| !self.policies.iter().any(|row| same(old, row))) {
                told.add("policy", names.policy(old), Some(side(old)), Side { live: false, ..side(old) });
            }
        }
    }
}

/// What rows are called, whether they are stored or about to be.
struct Names<'a> {
    plan: &'a Plan,
    stored: &'a Stored,
}

impl Names<'_> {
    fn organization(&self, key: OrganizationKey) -> String {
        let mut rows = self.plan.organizations.iter().chain(&self.stored.organizations);
        rows.find(|row| row.key == key).map(|row| row.id.to_string()).unwrap_or_default()
    }

    fn idp(&self, key: IdpKey) -> String {
        let mut rows = self.plan.idps.iter().chain(&self.stored.idps);
        rows.find(|row| row.key == key).map(|row| row.spec.id.to_string()).unwrap_or_default()
    }

    fn policy(&self, row: &PolicyRow) -> String {
        match row.organization {
            None => format!("default of {}", self.idp(row.idp)),
            Some(organization) => format!("{} at {}", self.organization(organization), self.idp(row.idp)),
        }
    }
}

#[derive(Default)]
struct Told(Vec<Difference>);

impl Told {
    fn gone(&mut self, what: &'static str, name: String) {
        self.0.push(Difference { what, name, becomes: Becomes::Removed });
    }

    /// Nothing, if only what is told elsewhere differs.
    fn add(&mut self, what: &'static str, name: String, old: Option<Side>, new: Side) {
        let becomes = match old {
            None => Becomes::Added,
            Some(old) if old.live && !new.live => Becomes::Undeclared,
            Some(old) if !old.live && new.live => Becomes::Restored,
            Some(old) => Becomes::Changed(changed(&old.keys, &new.keys)),
        };
        if becomes != Becomes::Changed(Vec::new()) {
            self.0.push(Difference { what, name, becomes });
        }
    }
}

fn changed(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<(String, Value, Value)> {
    let of = |keys: &Map<String, Value>, key: &String| keys.get(key).cloned().unwrap_or_default();
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let pairs = names.into_iter().map(|key| (key.clone(), of(old, key), of(new, key)));
    pairs.filter(|(_, from, to)| from != to).collect()
}

fn keys(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// What is written down, but for the policy, which is told as such.
fn spec(spec: &impl serde::Serialize) -> Map<String, Value> {
    let mut keys = keys(&serde_json::to_value(spec).unwrap_or_default());
    keys.remove("default_policy");
    keys
}
