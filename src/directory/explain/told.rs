//! Explanations as JSON, for programs: one shape for the command line and for what else will ask.

use serde_json::{Value, json};

use super::{Event, ExplainedSignIn, ExplainedUser, Explanation, Fate, Held, Now};
use crate::identity::Origin;
use crate::policy::{Outcome, Verdict};

impl Explanation {
    /// As JSON: `event`, `user`, `sign_ins`.
    pub fn to_json(&self) -> Value {
        json!({
            "event": self.event.as_ref().map(Event::to_json),
            "user": self.user.as_ref().map(ExplainedUser::to_json),
            "sign_ins": self.sign_ins.iter().map(ExplainedSignIn::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Event {
    fn to_json(&self) -> Value {
        let application = self.application.as_ref().map(|application| {
            json!({
                "id": application.id,
                "organization": application.organization,
                "roles": application.roles,
            })
        });
        json!({
            "reference": self.reference,
            "at": self.at.to_string(),
            "action": self.action,
            "detail": self.detail,
            "count": self.count,
            "application": application,
        })
    }
}

impl ExplainedUser {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "username": self.username.as_str(),
            "disabled": self.disabled,
            "holds": self.holds.iter().map(Held::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Held {
    fn to_json(&self) -> Value {
        let by = if self.origin == Origin::Manual { "manual" } else { "policy" };
        json!({ "organization": self.organization, "role": self.role, "by": by, "idp": self.idp })
    }
}

impl ExplainedSignIn {
    /// As JSON: `idp`, `identifier`, `at`, `reference`, `refused`, what it gave `then`, and what it would give `now`.
    pub fn to_json(&self) -> Value {
        let mut told = json!({
            "idp": self.idp,
            "identifier": self.identifier,
            "at": self.at.to_string(),
            "reference": self.reference,
            "refused": self.refused,
            "changed_since": self.changed_since,
            "then": self.recorded,
        });
        let (key, value) = match &self.now {
            Now::Decided(verdicts) => ("now", verdicts.iter().map(|verdict| self.verdict(verdict)).collect()),
            Now::NotProvisioned => ("not_provisioned", json!(true)),
            Now::Unknown(why) => ("unknown", json!(why)),
        };
        told[key] = value;
        told
    }

    fn verdict(&self, verdict: &Verdict) -> Value {
        let mut told = verdict.to_json();
        let fates = self.fates(verdict);
        if !fates.is_empty() {
            told["changed"] = fates.into_iter().map(|(role, fate)| (role, json!(fate.word()))).collect();
        }
        told
    }

    /// What the sign-in made of each role of the organization: those it gave, and those it took away.
    pub fn fates(&self, verdict: &Verdict) -> Vec<(String, Fate)> {
        let listed = |side: Option<&Value>| -> Vec<String> {
            let roles = side.and_then(|side| side["roles"][verdict.id.as_str()].as_array());
            roles.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let revoked = listed(self.change.as_ref().map(|(before, _)| before));
        let added = listed(self.change.as_ref().map(|(_, after)| after));
        let given: Vec<&str> = match &verdict.outcome {
            Outcome::Granted { roles, .. } => roles.iter().map(|role| role.name.as_str()).collect(),
            _ => Vec::new(),
        };
        let fate = |role: &&str| if added.iter().any(|name| name == role) { Fate::Added } else { Fate::Kept };
        // What policies that have changed since give now did not come with that sign-in: nothing is said of how.
        let given = given.iter().filter(|_| !self.changed_since);
        let mut fates: Vec<(String, Fate)> = given.map(|role| ((*role).to_owned(), fate(role))).collect();
        fates.extend(revoked.into_iter().map(|role| (role, Fate::Revoked)));
        fates
    }
}
