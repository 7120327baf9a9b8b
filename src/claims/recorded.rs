//! Claims as they are kept after a sign-in: what each source said, so that the same claims can be made of it again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ClaimLimits, ClaimRules, Claims, ClaimsError};

/// Claims of the protocol alone, good for one sign-in: nobody asks for them later.
const OF_THE_PROTOCOL: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// What the sources of one sign-in said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The claims of the ID token.
    pub id_token: Map<String, Value>,
    /// The claims of userinfo, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<Map<String, Value>>,
}

impl Recorded {
    /// What to keep of these sources, and which of the names in `redact` were there and are left out.
    pub fn of(
        id_token: &Map<String, Value>,
        userinfo: Option<&Map<String, Value>>,
        redact: &[String],
    ) -> (Self, Vec<String>) {
        let is_kept = |name: &String| !OF_THE_PROTOCOL.contains(&name.as_str()) && !redact.contains(name);
        let kept = |source: &Map<String, Value>| -> Map<String, Value> {
            let pairs = source.iter().filter(|(name, _)| is_kept(name));
            pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let is_there = |name: &&String| [Some(id_token), userinfo].into_iter().flatten().any(|s| s.contains_key(*name));
        let redacted = redact.iter().filter(is_there).cloned().collect();
        (Self { id_token: kept(id_token), userinfo: userinfo.map(kept) }, redacted)
    }

    /// What is known once userinfo alone was asked again: what it says now; of the ID token what userinfo has never said,
    /// which is as it was.
    #[must_use]
    pub fn with_userinfo(mut self, now: Map<String, Value>) -> Self {
        let before = self.userinfo.take().unwrap_or_default();
        self.id_token.retain(|name, _| !before.contains_key(name) && !now.contains_key(name));
        self.userinfo = Some(now);
        self
    }

    /// The claims again, by the rules of now. A selector that reads one of those left out fails rather than find
    /// nothing.
    ///
    /// # Errors
    /// When they exceed a limit, which may have become narrower since.
    pub fn claims(
        self,
        redacted: Vec<String>,
        rules: &ClaimRules<'_>,
        limits: &ClaimLimits,
    ) -> Result<Claims, ClaimsError> {
        let mut claims = Claims::merge(self.id_token, self.userinfo, rules, limits)?;
        claims.redacted = redacted.into_iter().collect();
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_kept_makes_the_same_claims_again() {
        let id_token = map(json!({ "sub": "1", "nonce": "n", "at_hash": "h", "groups": "one" }));
        let userinfo = map(json!({ "sub": "1", "email": "a@example.com", "_claim_names": { "roles": "src" } }));
        let list_claims = ["groups".to_owned(), "roles".to_owned()];
        let rules = ClaimRules { list_claims: &list_claims };
        let limits = ClaimLimits::default();
        let (recorded, redacted) = Recorded::of(&id_token, Some(&userinfo), &[]);
        assert_eq!(redacted, Vec::<String>::new());
        let stored = serde_json::to_string(&recorded).unwrap();
        let again: Recorded = serde_json::from_str(&stored).unwrap();
        let again = again.claims(redacted, &rules, &limits).unwrap();
        let first = Claims::merge(id_token, Some(userinfo), &rules, &limits).unwrap();
        let mut expected = first.merged().clone();
        expected.remove("nonce");
        expected.remove("at_hash");
        assert_eq!(again.merged(), &expected);
        assert!(again.is_withheld("roles") && again.is_absent("roles") && !again.is_absent("groups"));
    }

    #[test]
    fn of_what_userinfo_says_again_nothing_of_before_is_left() {
        let recorded = Recorded {
            id_token: map(json!({ "sub": "1", "groups": ["a"], "teams": ["t"], "name": "Alice" })),
            userinfo: Some(map(json!({ "sub": "1", "groups": ["a"] }))),
        };
        let renewed = recorded.with_userinfo(map(json!({ "sub": "1", "teams": [] })));
        assert_eq!(renewed.id_token, map(json!({ "name": "Alice" })), "gone from userinfo is gone");
        assert_eq!(renewed.userinfo, Some(map(json!({ "sub": "1", "teams": [] }))));
    }

    #[test]
    fn what_is_redacted_is_not_kept_and_not_taken_for_absent() {
        let id_token = map(json!({ "sub": "1", "salary": 7 }));
        let redact = ["salary".to_owned(), "address".to_owned()];
        let (recorded, redacted) = Recorded::of(&id_token, None, &redact);
        assert_eq!(redacted, ["salary"]);
        assert!(!serde_json::to_string(&recorded).unwrap().contains("salary"));
        let rules = ClaimRules { list_claims: &[] };
        let claims = recorded.claims(redacted, &rules, &ClaimLimits::default()).unwrap();
        assert!(!claims.is_absent("salary") && claims.is_absent("address"));
        assert_eq!(claims.redacted().collect::<Vec<_>>(), ["salary"]);
    }
}
