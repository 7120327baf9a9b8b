//! A claim as people name it: `groups`, `realm_access.roles`, `cognito:groups`, `https://example.com/roles`.

use std::fmt;

use super::super::selector::{Selector, Shape};
use super::write::name;
use crate::identity::Invalid;

/// A claim, or one within another. Shows as it stands in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// Parses a claim as people write it. Dots part names as long as nothing stranger stands in them; else it is one
    /// name, such as a URL. With double quotes it is read as in an expression.
    ///
    /// # Errors
    /// When it names no claim.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let quoted = text.contains('"');
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let names = if quoted {
            match Selector::parse(text).map(|selector| selector.shape()) {
                Ok(Shape::Claim(names)) => names,
                _ => {
                    return Err(Invalid::new(
                        "a claim with quotes is written like resource_access.\"my-client\".roles",
                    ));
                }
            }
        } else if text.chars().all(plain) {
            text.split('.').map(str::to_owned).collect()
        } else {
            vec![text.to_owned()]
        };
        Self::of(names).ok_or_else(|| Invalid::new("write the name of a claim, such as groups or realm_access.roles"))
    }

    pub(super) fn of(names: Vec<String>) -> Option<Self> {
        let named = !names.is_empty() && names.iter().all(|name| !name.is_empty());
        named.then_some(Self(names))
    }

    /// The only name, if it is a claim at the top.
    pub fn top(&self) -> Option<&str> {
        match self.0.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// As people write it; [`ClaimPath::parse`] reads it again.
    pub fn plain(&self) -> String {
        let joined = self.0.join(".");
        if Self::parse(&joined).as_ref() == Ok(self) { joined } else { self.to_string() }
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|part| name(part)).collect();
        f.write_str(&names.join("."))
    }
}
