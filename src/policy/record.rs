//! Verdicts as they are kept and shown to programs: JSON of a shape of its own, so that the code may change under it.

use serde_json::{Map, Value, json};

use super::decide::{LeftOut, Outcome, Verdict};
use super::snapshot::Applied;

/// Most verdicts that are kept of one sign-in: a failing default selector fails in every organization there is.
const KEPT_VERDICTS: usize = 500;

/// The key under which a verdict names what was returned and is no role.
pub const QUOTED: &str = "unknown";

/// Verdicts as JSON, the first [`KEPT_VERDICTS`] of them.
pub fn to_json<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Value {
    verdicts.into_iter().take(KEPT_VERDICTS).map(Verdict::to_json).collect()
}

impl Applied {
    /// `own`, `default` or `none`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own(_) => "own",
            Self::Default(_) => "default",
            Self::None => "none",
        }
    }
}

impl Outcome {
    /// `granted`, `no match`, `no such role` or `error`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "granted",
            Self::NoMatch { .. } => "no match",
            Self::NoSuchRole { .. } => "no such role",
            Self::Error { .. } => "error",
        }
    }
}

impl Verdict {
    /// As JSON: `organization`, `verdict`, `org_selector` and `role_selector` with their policy, and what the outcome
    /// tells.
    pub fn to_json(&self) -> Value {
        let mut told = Map::new();
        told.insert("organization".to_owned(), json!(self.id.as_str()));
        told.insert("verdict".to_owned(), json!(self.outcome.word()));
        told.insert("org_selector".to_owned(), applied(self.org_selector));
        told.insert("role_selector".to_owned(), applied(self.role_selector));
        match &self.outcome {
            Outcome::Granted { roles, left_out } => {
                told.insert("roles".to_owned(), roles.iter().map(|role| json!(role.name.as_str())).collect());
                leave_out(&mut told, left_out);
            }
            Outcome::NoMatch { returned } => {
                told.insert("returned".to_owned(), returned.clone());
            }
            Outcome::NoSuchRole { asked } => leave_out(&mut told, asked),
            Outcome::Error { reason } => {
                told.insert("reason".to_owned(), json!(reason));
            }
        }
        Value::Object(told)
    }
}

fn leave_out(told: &mut Map<String, Value>, left_out: &LeftOut) {
    for (name, names) in [(QUOTED, &left_out.unknown), ("beyond_ceiling", &left_out.beyond)] {
        if !names.is_empty() {
            told.insert(name.to_owned(), json!(names));
        }
    }
}

fn applied(from: Applied) -> Value {
    match from {
        Applied::Own(policy) | Applied::Default(policy) => json!({ "from": from.word(), "policy": policy.to_string() }),
        Applied::None => json!({ "from": from.word() }),
    }
}
