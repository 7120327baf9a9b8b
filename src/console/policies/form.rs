//! A policy as a form: two selectors, each left out, in rows or as an expression.

use super::desk::Desk;
use super::guide;
use crate::console::typed::sentence;
use crate::identity::{PolicyText, RoleName};
use crate::pages::{Checked, Field, Picked, SelectorFields};
use crate::policy::{self, Gives, MAX_ROWS};
use crate::web::Fields;

/// What stands in the form.
pub(super) struct Draft {
    pub(super) org: SelectorFields,
    pub(super) role: SelectorFields,
    pub(super) gives: Gives,
}

impl Draft {
    /// A policy that is written down, as rows where rows can say it.
    pub(super) fn of(text: &PolicyText, desk: &Desk<'_>) -> Self {
        let lists = &desk.idp.spec.list_claims;
        let mut org = fields_of(text.org.as_deref());
        let rows = text.org.as_deref().and_then(|text| policy::read_org(text, lists));
        // An organization's own policy chooses no other.
        let rows = rows
            .filter(|rows| desk.organization.is_none() || rows.iter().all(|row| row.then == policy::Chosen::Itself));
        if let Some(rows) = rows {
            org = SelectorFields { kind: "rows", rows: guide::shown(&rows, guide::chosen_text), ..org };
        }
        let mut role = fields_of(text.role.as_deref());
        let mut gives = Gives::Every;
        if let Some((rows, which)) = text.role.as_deref().and_then(|text| policy::read_role(text, lists)) {
            role = SelectorFields { kind: "rows", rows: guide::shown(&rows, guide::role_text), ..role };
            gives = which;
        }
        Self { org, role, gives }
    }

    /// What was typed.
    pub(super) fn typed(fields: &Fields) -> Self {
        let selector = |name: &str| SelectorFields {
            kind: match fields.typed(&format!("{name}-kind")) {
                "rows" => "rows",
                "text" => "text",
                _ => "absent",
            },
            rows: guide::typed(fields, name),
            text: Field::of(fields.typed(&format!("{name}-text"))),
            checked: Checked::default(),
        };
        let gives = if fields.typed("gives") == "first" { Gives::First } else { Gives::Every };
        Self { org: selector("org"), role: selector("role"), gives }
    }

    /// Which rows of the role selector count, as a field.
    pub(super) const fn gives(&self) -> Picked {
        Picked::of(match self.gives {
            Gives::Every => "every",
            Gives::First => "first",
        })
    }

    /// Adds or takes a row, turns rows into an expression or back, or fills in an example; `false` if it is none of these.
    pub(super) fn act(&mut self, act: &str, desk: &Desk<'_>) -> bool {
        let Some((verb, rest)) = act.split_once('-') else { return false };
        if verb == "example" {
            if let Some(text) = super::examples::text(rest, desk.organization.is_some()) {
                *self = Self::of(&text, desk);
            }
            return true;
        }
        let (name, number) = rest.split_once('-').unwrap_or((rest, ""));
        let selector = match name {
            "org" => &mut self.org,
            "role" => &mut self.role,
            _ => return false,
        };
        match verb {
            "add" if selector.rows.len() < MAX_ROWS => selector.rows.push(guide::blank()),
            "drop" => {
                if let Some(at) = number.parse::<usize>().ok().filter(|at| *at < selector.rows.len()) {
                    selector.rows.remove(at);
                }
            }
            "write" => self.write(name, desk),
            "read" => self.read(name, desk),
            _ => return verb == "add",
        }
        true
    }

    /// Rows become an expression.
    fn write(&mut self, name: &str, desk: &Desk<'_>) {
        let text = if name == "org" { self.org_text(desk) } else { self.role_text(desk) };
        let selector = if name == "org" { &mut self.org } else { &mut self.role };
        if let Some(Some(text)) = text {
            (selector.kind, selector.text) = ("text", Field::of(text));
        }
    }

    /// An expression becomes rows, if rows can say it.
    fn read(&mut self, name: &str, desk: &Desk<'_>) {
        let is_org = name == "org";
        let typed = if is_org { &self.org } else { &self.role };
        let text = Some(typed.text.value.trim().to_owned());
        let (org, role) = if is_org { (text, None) } else { (None, text) };
        let read = Self::of(&PolicyText { org, role }, desk);
        let (selector, read_selector) = if is_org { (&mut self.org, read.org) } else { (&mut self.role, read.role) };
        if read_selector.kind == "rows" {
            (selector.kind, selector.rows) = ("rows", read_selector.rows);
            self.gives = if is_org { self.gives } else { read.gives };
        } else {
            selector.text.error = Some("Rows cannot say this: it stays an expression.".to_owned());
        }
    }

    /// The policy it comes to, with what is to be said of it; nothing if something is wrong, which stands beside its field.
    pub(super) fn text(&mut self, desk: &Desk<'_>) -> Option<PolicyText> {
        let (org, role) = (self.org_text(desk), self.role_text(desk));
        let judged = desk.judged();
        let about: Vec<policy::Judged<'_>> = judged.iter().map(|(one, roles)| (&one.id, roles.as_slice())).collect();
        let org = checked(&mut self.org, org, desk, |text| policy::lint_org(text, &about).into_iter().collect());
        let role = checked(&mut self.role, role, desk, |text| policy::lint_role(text, &about));
        Some(PolicyText { org: org?, role: role? })
    }

    fn org_text(&mut self, desk: &Desk<'_>) -> Option<Option<String>> {
        let lists = &desk.idp.spec.list_claims;
        match self.org.kind {
            "rows" => guide::read(&mut self.org.rows, guide::chosen).map(|rows| policy::write_org(&rows, lists)),
            "text" => expression(&mut self.org.text),
            _ => Some(None),
        }
    }

    fn role_text(&mut self, desk: &Desk<'_>) -> Option<Option<String>> {
        let lists = &desk.idp.spec.list_claims;
        match self.role.kind {
            "rows" => {
                let rows = guide::read(&mut self.role.rows, RoleName::parse);
                rows.map(|rows| policy::write_role(&rows, self.gives, lists))
            }
            "text" => expression(&mut self.role.text),
            _ => Some(None),
        }
    }
}

fn fields_of(text: Option<&str>) -> SelectorFields {
    let kind = if text.is_some() { "text" } else { "absent" };
    let text = Field::of(text.unwrap_or_default());
    SelectorFields { kind, rows: vec![guide::blank()], text, checked: Checked::default() }
}

fn expression(field: &mut Field) -> Option<Option<String>> {
    let text = field.value.trim();
    if text.is_empty() {
        field.error = Some("Write an expression, or choose another way.".to_owned());
        return None;
    }
    Some(Some(text.to_owned()))
}

/// Checks one selector, and says beside it what is to be said.
fn checked(
    selector: &mut SelectorFields,
    text: Option<Option<String>>,
    desk: &Desk<'_>,
    lint: impl Fn(&str) -> Vec<String>,
) -> Option<Option<String>> {
    let Some(text) = text? else {
        if selector.kind == "rows" {
            selector.checked.error = Some("Add a row, or choose another way.".to_owned());
            return None;
        }
        return Some(None);
    };
    let error = match policy::check_selector(&text) {
        Err(error) => Some((error.to_string(), error.pointer(&text))),
        Ok(()) => policy::check_reads(&text, desk.sight()).err().map(|error| (error.to_string(), None)),
    };
    if let Some((error, pointer)) = error {
        selector.checked = Checked { error: Some(sentence(&error)), pointer, ..Checked::default() };
        return None;
    }
    selector.checked = Checked {
        text: Some(text.clone()),
        warnings: lint(&text).iter().map(|odd| sentence(odd)).collect(),
        ..Checked::default()
    };
    Some(Some(text))
}
