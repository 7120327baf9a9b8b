//! What holds on some of an application's paths.

use std::net::IpAddr;

use http::Method;
use serde::{Deserialize, Serialize};

use super::PathPattern;
use crate::identity::{Invalid, Network, RoleName, text_noun};

/// Longest method that a rule can name: those of WebDAV and its kin have half of it.
const MAX_METHOD: usize = 32;

/// A method that a rule names. Methods are told apart by case (RFC 9110 9.1), and every one that is in use is written
/// in upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleMethod(Method);

impl RuleMethod {
    /// Parses a method such as `GET` or `PROPFIND`.
    ///
    /// # Errors
    /// When it is none, or one that is never passed on.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        let named = text.starts_with(|first: char| first.is_ascii_uppercase()) && text.bytes().all(fits);
        match Method::from_bytes(text.as_bytes()) {
            Ok(Method::CONNECT | Method::TRACE) => Err(Invalid::new("CONNECT and TRACE are never passed on")),
            Ok(method) if named && text.len() <= MAX_METHOD => Ok(Self(method)),
            _ => Err(Invalid::new("a method is one word in upper case, such as GET or PROPFIND")),
        }
    }

    /// The method as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether who names it speaks of `method`: of that one, and with `GET` of `HEAD`, which shows as much.
    pub fn is(&self, method: &Method) -> bool {
        self.0 == method || (self.0 == Method::GET && method == Method::HEAD)
    }
}

text_noun!(RuleMethod);

/// Who may enter where a rule matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allow {
    /// Everyone, signed in or not.
    Everyone,
    /// Holders of one of these roles, all of them among the application's.
    Roles(Vec<RoleName>),
}

/// What holds on some of an application's paths. It is chosen by path and method; once it is, all that it says holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The paths.
    pub path: PathPattern,
    /// The methods; none named: all.
    #[serde(default)]
    pub methods: Vec<RuleMethod>,
    /// Where clients must be, whoever they are; none named: anywhere. From elsewhere nobody passes: were such a rule
    /// passed over instead, what stands behind it could let in more people than it does.
    #[serde(default)]
    pub from: Vec<Network>,
    /// Whether a CORS preflight that asks about one of these paths and methods passes, as nobody's.
    #[serde(default)]
    pub preflight: bool,
    /// Who may enter.
    pub allow: Allow,
}

impl Rule {
    /// A rule for every method, from everywhere.
    pub const fn new(path: PathPattern, allow: Allow) -> Self {
        Self { path, methods: Vec::new(), from: Vec::new(), preflight: false, allow }
    }

    /// Whether it speaks of a method.
    pub fn speaks_of(&self, method: &Method) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|named| named.is(method))
    }

    /// Whether a client may be at this address. One that is not known is nowhere.
    pub fn admits_from(&self, client: Option<IpAddr>) -> bool {
        self.from.is_empty()
            || client
                .is_some_and(|client| self.from.iter().any(|network| network.range().contains(&client.to_canonical())))
    }

    /// Whether it is never reached, since each of `earlier` matches before it, and together they match all of it.
    pub fn is_hidden_behind<'a>(&self, earlier: impl Iterator<Item = &'a Self> + Clone) -> bool {
        let before = earlier.filter(|earlier| earlier.path.covers(&self.path));
        if self.methods.is_empty() {
            return before.into_iter().any(|earlier| earlier.methods.is_empty());
        }
        self.methods.iter().all(|method| before.clone().any(|earlier| earlier.speaks_of(&method.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str, methods: &[&str]) -> Rule {
        let methods = methods.iter().map(|method| method.parse().unwrap()).collect();
        Rule { methods, ..Rule::new(path.parse().unwrap(), Allow::Everyone) }
    }

    #[test]
    fn a_method_is_one_word_in_upper_case_that_can_be_passed_on() {
        for good in ["GET", "PROPFIND", "VERSION-CONTROL", "M-SEARCH", "X2"] {
            assert_eq!(RuleMethod::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "get", "Get", "GET ", "GET,POST", "*", "2X", "-", "CONNECT", "TRACE", "G\u{c9}T", &"A".repeat(33)]
        {
            assert!(RuleMethod::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_rule_for_get_is_one_for_head_too() {
        assert!(rule("/*", &["GET"]).speaks_of(&Method::HEAD));
        assert!(!rule("/*", &["HEAD"]).speaks_of(&Method::GET));
        assert!(!rule("/*", &["GET"]).speaks_of(&Method::POST));
        assert!(!rule("/*", &["GET"]).speaks_of(&Method::from_bytes(b"get").unwrap()));
        assert!(rule("/*", &[]).speaks_of(&Method::from_bytes(b"anything").unwrap()));
    }

    #[test]
    fn addresses_are_compared_in_their_one_form() {
        let from = |networks: &[&str], client: Option<&str>| {
            let from = networks.iter().map(|network| network.parse().unwrap()).collect();
            let rule = Rule { from, ..rule("/*", &[]) };
            rule.admits_from(client.map(|client| client.parse().unwrap()))
        };
        assert!(from(&[], None) && from(&[], Some("192.0.2.1")));
        assert!(from(&["10.0.0.0/8"], Some("10.1.2.3")) && from(&["10.0.0.0/8"], Some("::ffff:10.1.2.3")));
        assert!(from(&["192.0.2.1", "fd00::/8"], Some("fd00::1")));
        // Everything is everything here, this machine too.
        assert!(from(&["0.0.0.0/0"], Some("127.0.0.1")));
        for client in [None, Some("11.0.0.1"), Some("::1"), Some("::10.1.2.3"), Some("64:ff9b::10.1.2.3")] {
            assert!(!from(&["10.0.0.0/8"], client), "{client:?}");
        }
    }

    #[test]
    fn a_rule_is_hidden_behind_those_that_speak_of_all_its_methods() {
        let hidden = |later: Rule, earlier: &[Rule]| later.is_hidden_behind(earlier.iter());
        assert!(hidden(rule("/a/b", &["PUT"]), &[rule("/a/*", &[])]));
        assert!(hidden(rule("/a/*", &["HEAD"]), &[rule("/a/*", &["GET"])]));
        assert!(hidden(rule("/a/*", &["GET", "POST"]), &[rule("/*", &["POST"]), rule("/a/*", &["GET"])]));
        assert!(!hidden(rule("/a/*", &["GET"]), &[rule("/a/*", &["HEAD"])]));
        assert!(!hidden(rule("/a/*", &[]), &[rule("/a/*", &["GET"]), rule("/a/*", &["POST"])]));
        assert!(!hidden(rule("/a/*", &["GET"]), &[rule("/a/b", &[])]));
        assert!(!hidden(rule("/a/*", &["GET"]), &[]));
    }

    #[test]
    fn a_rule_that_was_kept_before_there_were_methods_is_for_all_of_them() {
        let kept = r#"{"path": "/a/*", "allow": "everyone"}"#;
        assert_eq!(serde_json::from_str::<Rule>(kept).unwrap(), rule("/a/*", &[]));
    }
}
