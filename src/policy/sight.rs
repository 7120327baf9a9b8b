//! What may be told, and asked, by whoever sees only some of the claims: an organization's admins at an IdP that is not
//! theirs. Pure.

use serde_json::Value;

use super::decide::{LeftOut, Outcome, Verdict};
use super::selector::Selector;
use super::snapshot::{Compiled, IdpPolicies};
use crate::identity::{Invalid, Sight};

/// Checks that a selector asks for no other claims than its author may see: what may not be seen must not be learnt by
/// asking for it either.
///
/// # Errors
/// When it reads another claim, or may; says which. A text that is no selector reads nothing.
pub fn check_reads(text: &str, sight: Sight<'_>) -> Result<(), Invalid> {
    let claims = match sight {
        Sight::All => return Ok(()),
        Sight::Claims(claims) => claims,
        Sight::Nothing => &[],
    };
    let Ok(selector) = Selector::parse(text) else { return Ok(()) };
    let allowed = match claims {
        [] => "none of this provider's claims may be used here".to_owned(),
        claims => format!("of this provider's claims only {} may be used here", claims.join(", ")),
    };
    let Some(reads) = selector.reads() else {
        return Err(Invalid::new(format!("{allowed}, and this looks at all of them: name the claim")));
    };
    match reads.iter().find(|name| !sight.sees(name)) {
        Some(name) => Err(Invalid::new(format!("{allowed}, not `{name}`"))),
        None => Ok(()),
    }
}

impl IdpPolicies {
    /// A verdict as far as `sight` goes. What a selector returned is part of the claims it reads, unless it is yes or no;
    /// what became of the organization is not.
    #[must_use]
    pub fn seen(&self, mut verdict: Verdict, sight: Sight<'_>) -> Verdict {
        let key = verdict.organization;
        match &mut verdict.outcome {
            Outcome::NoMatch { returned }
                if !(returned.is_boolean() || returned.is_null() || is_seen(self.org_selector(key).1, sight)) =>
            {
                *returned = Value::from("…");
            }
            Outcome::Granted { left_out, .. } | Outcome::NoSuchRole { asked: left_out }
                if !is_seen(self.role_selector(key).1, sight) =>
            {
                *left_out = LeftOut { unknown: Vec::new(), beyond: std::mem::take(&mut left_out.beyond) };
            }
            _ => {}
        }
        verdict
    }
}

fn is_seen(selector: Option<&Compiled>, sight: Sight<'_>) -> bool {
    match (sight, selector) {
        (Sight::All, _) | (_, None | Some(Err(_))) => true,
        (sight, Some(Ok(selector))) => selector.reads().is_some_and(|reads| reads.iter().all(|name| sight.sees(name))),
    }
}
