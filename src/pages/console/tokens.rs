//! Tokens of the REST API.

use serde::Serialize;

use super::{Field, Shell};
use crate::pages::{Page, PageError, Pages};

/// The tokens that open one thing, and the form that makes one.
#[derive(Clone, Debug, Serialize)]
pub struct Tokens {
    /// What stands around it.
    pub shell: Shell,
    /// A token just made, as programs present it: shown here and never again.
    pub made: Option<String>,
    /// Why none was made, where no field is at fault.
    pub refused: Option<String>,
    /// The form; absent for whoever can make none.
    pub new: Option<TokenForm>,
    /// The tokens, the newest first.
    pub tokens: Vec<TokenLine>,
}

/// The form that makes a token.
#[derive(Clone, Debug, Serialize)]
pub struct TokenForm {
    /// Where it is sent.
    pub path: String,
    /// The name of the next.
    pub name: Field,
    /// How many days it lives: one of `lives`.
    pub days: Field,
    /// The lives that are offered, and what they are called.
    pub lives: Vec<(String, String)>,
}

/// A token.
#[derive(Clone, Debug, Serialize)]
pub struct TokenLine {
    /// What people call it.
    pub name: String,
    /// Who made it.
    pub maker: String,
    /// When it runs out, as people read it.
    pub ends: String,
    /// Whether it has.
    pub over: bool,
    /// When it was last used.
    pub used: Option<String>,
    /// Where it is ended.
    pub end: String,
}

impl Pages {
    /// The tokens that open one thing.
    ///
    /// # Errors
    /// When the template fails.
    pub fn tokens(&self, page: &Tokens) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Tokens {
    const TEMPLATE: &'static str = "console/tokens.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = TokenLine {
            name: "deployment".into(),
            maker: "alice".into(),
            ends: "2026-11-25 18:30".into(),
            over: true,
            used: Some("2026-11-24 09:00".into()),
            end: "/console/tokens/1/end".into(),
        };
        let unused = TokenLine { over: false, used: None, ..line.clone() };
        let full = Self {
            shell: Shell::sample(),
            made: Some("vst_of-a-sample".into()),
            refused: Some("There are 200 tokens already.".into()),
            new: Some(TokenForm {
                path: "/console/tokens".into(),
                name: Field::wrong("", "A token has a name."),
                days: Field::of("90"),
                lives: vec![("90".into(), "90 days".into()), ("366".into(), "A year".into())],
            }),
            tokens: vec![line, unused],
        };
        let shell = Shell::sample_of_organization();
        let none = Self { shell, made: None, refused: None, new: None, tokens: Vec::new() };
        vec![full, none]
    }
}
