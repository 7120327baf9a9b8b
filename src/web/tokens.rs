//! The form that makes a token for applications, which two doors show: what it offers, and what it asks for.

use std::time::Duration;

use super::Fields;
use crate::base::Timestamp;
use crate::identity::{Application, ApplicationId, TokenName};
use crate::pages::{Field, TokenLineOfPrograms, TokenPlace, TokensOfPrograms};

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;
/// The lives that are offered, in days.
const LIVES: [(u64, &str); 4] = [(7, "A week"), (30, "30 days"), (90, "90 days"), (366, "A year")];
/// The one that is meant where nothing is said.
const USUAL_LIFE: &str = "30";

/// What a token for applications is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenWish {
    /// What people call it.
    pub name: TokenName,
    /// How long it lives.
    pub lifetime: Duration,
    /// The one application it is for; none: all that take tokens.
    pub place: Option<ApplicationId>,
}

impl TokenWish {
    /// Reads the form, where these applications take tokens.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(fields: &Fields, takers: &[&Application]) -> Result<Self, String> {
        let name = TokenName::parse(fields.typed("name")).map_err(|invalid| invalid.to_string())?;
        let lifetime = token_life(fields).ok_or("choose how long it lives")?;
        let place = fields.typed("place");
        let place = match takers.iter().find(|taker| taker.spec.id.as_str() == place) {
            Some(taker) => Some(taker.spec.id.clone()),
            None if place.is_empty() => None,
            None => return Err("choose an application of the list".to_owned()),
        };
        Ok(Self { name, lifetime, place })
    }
}

/// The lives that are offered to tokens of every kind: how many days, and how people say it.
pub fn token_lives() -> Vec<(String, String)> {
    LIVES.iter().map(|(days, words)| (days.to_string(), (*words).to_owned())).collect()
}

/// The one of them that a form has chosen.
pub fn token_life(fields: &Fields) -> Option<Duration> {
    let days = LIVES.iter().map(|(days, _)| *days).find(|days| days.to_string() == fields.typed("days"))?;
    Some(Duration::from_secs(days * DAY))
}

/// The section that shows tokens, and the form.
pub fn token_section(takers: &[&Application], tokens: Vec<TokenLineOfPrograms>) -> TokensOfPrograms {
    let place = |one: &&Application| TokenPlace { id: one.spec.id.to_string(), name: one.spec.name.clone() };
    TokensOfPrograms {
        made: None,
        refused: None,
        name: Field::default(),
        days: Field::of(USUAL_LIFE),
        lives: token_lives(),
        places: takers.iter().map(place).collect(),
        tokens,
    }
}

/// An instant as people read it, in UTC, to the minute.
pub fn to_the_minute(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(16).collect()
}
