//! The rows of the guided builder: from fields to what they mean, and back.

use crate::console::typed::sentence;
use crate::identity::{Invalid, OrganizationId, RoleName};
use crate::pages::{Field, GuideRow, Picked};
use crate::policy::{Chosen, ClaimPath, Condition, Row};
use crate::web::Fields;

/// What a row may ask, by the word of its field.
const CONDITIONS: [&str; 4] = ["everybody", "lists", "is", "domain"];

/// A row nobody has filled yet.
pub(super) fn blank() -> GuideRow {
    GuideRow { when: Picked::of("lists"), claim: Field::default(), value: Field::default(), then: Field::default() }
}

/// The rows as they were typed.
pub(super) fn typed(fields: &Fields, name: &str) -> Vec<GuideRow> {
    let all = |part: &str| -> Vec<String> { fields.all(&format!("{name}-{part}")).map(str::to_owned).collect() };
    let (claims, values, thens) = (all("claim"), all("value"), all("then"));
    let field = |all: &[String], at: usize| Field::of(all.get(at).cloned().unwrap_or_default());
    let row = |(at, when): (usize, String)| GuideRow {
        when: Picked::of(CONDITIONS.iter().find(|word| **word == when).copied().unwrap_or("lists")),
        claim: field(&claims, at),
        value: field(&values, at),
        then: field(&thens, at),
    };
    all("when").into_iter().enumerate().map(row).collect()
}

/// What the rows mean; what is wrong stands beside its field then.
pub(super) fn read<T>(rows: &mut [GuideRow], then: impl Fn(&str) -> Result<T, Invalid>) -> Option<Vec<Row<T>>> {
    let mut read = Vec::new();
    let mut wrong = false;
    for row in rows {
        let then = noted(&mut row.then, |text| then(text.trim()));
        match (condition(row), then) {
            (Some(when), Some(then)) => read.push(Row { when, then }),
            _ => wrong = true,
        }
    }
    (!wrong).then_some(read)
}

/// Which organization a row chooses: the one that is named, or each that is asked about.
pub(super) fn chosen(text: &str) -> Result<Chosen, Invalid> {
    if text.is_empty() { Ok(Chosen::Itself) } else { OrganizationId::parse(text).map(Chosen::Named) }
}

fn condition(row: &mut GuideRow) -> Option<Condition> {
    match row.when.kind {
        "everybody" => Some(Condition::Everybody),
        "domain" => noted(&mut row.value, Condition::domain),
        kind => {
            let claim = noted(&mut row.claim, ClaimPath::parse);
            let make = if kind == "is" { Condition::is } else { Condition::lists };
            // Both fields say what is wrong with them.
            let value = noted(&mut row.value, |text| match text.trim() {
                "" => Err(Invalid("write the value that the claim must have".to_owned())),
                text => Ok(text.to_owned()),
            });
            make(claim?, &value?).ok()
        }
    }
}

fn noted<T>(field: &mut Field, read: impl FnOnce(&str) -> Result<T, Invalid>) -> Option<T> {
    match read(&field.value) {
        Ok(value) => Some(value),
        Err(error) => {
            field.error = Some(sentence(&error.to_string()));
            None
        }
    }
}

/// Rows as fields.
pub(super) fn shown<T>(rows: &[Row<T>], then: impl Fn(&T) -> String) -> Vec<GuideRow> {
    let row = |row: &Row<T>| {
        let (kind, claim, value) = match &row.when {
            Condition::Everybody => ("everybody", String::new(), String::new()),
            Condition::Lists(claim, value) => ("lists", claim.plain(), value.clone()),
            Condition::Is(claim, value) => ("is", claim.plain(), value.clone()),
            Condition::Domain(domain) => ("domain", String::new(), domain.clone()),
        };
        let then = Field::of(then(&row.then));
        GuideRow { when: Picked::of(kind), claim: Field::of(claim), value: Field::of(value), then }
    };
    rows.iter().map(row).collect()
}

/// What a row that chooses an organization shows.
pub(super) fn chosen_text(chosen: &Chosen) -> String {
    match chosen {
        Chosen::Itself => String::new(),
        Chosen::Named(id) => id.to_string(),
    }
}

/// What a row that gives a role shows.
pub(super) fn role_text(role: &RoleName) -> String {
    role.to_string()
}
