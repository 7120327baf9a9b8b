//! Tokens of programs, as two pages show them: somebody's own, and a service account's.

use serde::Serialize;

use super::Field;

/// Tokens, and the form that makes one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TokensOfPrograms {
    /// A token just made, as programs present it: shown here and never again.
    pub made: Option<String>,
    /// Why none was made, where no field is at fault.
    pub refused: Option<String>,
    /// The name of the next.
    pub name: Field,
    /// How many days it lives: one of `lives`.
    pub days: Field,
    /// The lives that are offered, and what they are called.
    pub lives: Vec<(String, String)>,
    /// The applications that take tokens, of those that may be entered.
    pub places: Vec<TokenPlace>,
    /// The tokens, the newest first.
    pub tokens: Vec<TokenLineOfPrograms>,
}

/// An application that takes tokens.
#[derive(Clone, Debug, Serialize)]
pub struct TokenPlace {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A token.
#[derive(Clone, Debug, Serialize)]
pub struct TokenLineOfPrograms {
    /// The token.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The applications it is for; none: all that take tokens.
    pub places: Option<Vec<String>>,
    /// Whether it has run out.
    pub over: bool,
    /// When it runs out, as people read it.
    pub ends: String,
    /// When it was last used.
    pub used: Option<String>,
}

#[cfg(test)]
impl TokensOfPrograms {
    /// One with everything in it, and an empty one.
    pub(super) fn samples() -> [Self; 2] {
        let line = TokenLineOfPrograms {
            id: "1".into(),
            name: "backup of my notes".into(),
            places: Some(vec!["Wiki".into(), "Docs".into()]),
            over: true,
            ends: "2026-11-25 18:30".into(),
            used: Some("2026-11-24 09:00".into()),
        };
        let gone = TokenLineOfPrograms { places: Some(Vec::new()), ..line.clone() };
        let full = Self {
            made: Some("vsa_of-a-sample".into()),
            refused: Some("There are 200 tokens already.".into()),
            name: Field::wrong("", "A token has a name."),
            days: Field::of("30"),
            lives: vec![("30".into(), "30 days".into())],
            places: vec![TokenPlace { id: "wiki".into(), name: "Wiki".into() }],
            tokens: vec![TokenLineOfPrograms { places: None, over: false, used: None, ..line.clone() }, line, gone],
        };
        [full, Self::default()]
    }
}
