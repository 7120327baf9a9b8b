//! What of the log is asked for: as an address says it, as the form shows it, and as the log understands it.

use url::form_urlencoded;

use crate::audit::Action;
use crate::base::Timestamp;
use crate::console::failed::Failed;
use crate::console::here::Here;
use crate::console::idp_names;
use crate::console::typed::sentence;
use crate::directory::{Admin, BadFilters, LogFilters, LogPlace, SoughtLines};
use crate::identity::{AuditId, Catalogue, OrganizationKey};
use crate::pages::{self, Field, Pick};
use crate::web::Fields;

/// The filters, and where a page begins.
pub(super) struct Filters {
    who: Field,
    action: Field,
    idp: Field,
    organization: Field,
    from: Field,
    to: Field,
    before: Option<LogPlace>,
}

impl Filters {
    pub(super) fn of(fields: &Fields) -> Self {
        let field = |name| Field::of(fields.text(name).unwrap_or_default());
        Self {
            who: field("who"),
            action: field("action"),
            idp: field("idp"),
            organization: field("organization"),
            from: field("from"),
            to: field("to"),
            before: fields.text("before").and_then(place),
        }
    }

    /// Where the page begins, if not with the newest line.
    pub(super) const fn before(&self) -> Option<LogPlace> {
        self.before
    }

    /// What is asked for. Nothing, with why beside a field, if it is about something that there is not.
    pub(super) async fn sought(&mut self, here: &Here, catalogue: &Catalogue) -> Result<Option<SoughtLines>, Failed> {
        let filters = self.filters();
        let sought = match here.admin() {
            Admin::Server(admin) => admin.sought(catalogue, &filters).await?,
            Admin::Organization(admin) => admin.sought(catalogue, &filters),
        };
        Ok(self.told(sought))
    }

    fn filters(&self) -> LogFilters<'_> {
        LogFilters {
            who: &self.who.value,
            action: &self.action.value,
            idp: &self.idp.value,
            organization: &self.organization.value,
            from: &self.from.value,
            to: &self.to.value,
        }
    }

    /// Shows instants as browsers write them, and beside each field what is wrong with it.
    fn told(&mut self, sought: Result<SoughtLines, BadFilters>) -> Option<SoughtLines> {
        self.from.value = shown(&self.from.value);
        self.to.value = shown(&self.to.value);
        let bad = match sought {
            Ok(sought) => return Some(sought),
            Err(bad) => bad,
        };
        for (name, field) in [
            ("who", &mut self.who),
            ("action", &mut self.action),
            ("idp", &mut self.idp),
            ("organization", &mut self.organization),
            ("from", &mut self.from),
            ("to", &mut self.to),
        ] {
            field.error = bad.of(name).map(sentence);
        }
        None
    }

    /// The form. `within`: of an organization's log.
    pub(super) fn form(&self, catalogue: &Catalogue, within: Option<OrganizationKey>) -> pages::LogFilters {
        let every = |label: &str| Pick { value: String::new(), label: label.to_owned(), chosen: false };
        let picks = |any: Pick, offered: Vec<(&str, String)>, chosen: &Field| {
            let pick =
                |(value, label): (&str, String)| Pick { value: value.to_owned(), label, chosen: chosen.value == value };
            std::iter::once(any).chain(offered.into_iter().map(pick)).collect()
        };
        let idps = idp_names::offered(catalogue, within, &self.idp.value).into_iter();
        let idps = idps.map(|idp| (idp.spec.id.as_str(), idp_names::label(catalogue, idp)));
        let actions = Action::ALL.iter().map(|action| (action.word(), super::words(action.word())));
        pages::LogFilters {
            who: within.is_none().then(|| self.who.clone()),
            actions: picks(every("Everything"), actions.collect(), &self.action),
            action_error: self.action.error.clone(),
            idps: picks(every("Any"), idps.collect(), &self.idp),
            idp_error: self.idp.error.clone(),
            organization: within.is_none().then(|| self.organization.clone()),
            from: self.from.clone(),
            to: self.to.clone(),
        }
    }

    /// The address of a page with these filters, before a line.
    pub(super) fn href(&self, path: &str, before: Option<LogPlace>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("who", &self.who),
            ("action", &self.action),
            ("idp", &self.idp),
            ("organization", &self.organization),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, field) in fields.into_iter().filter(|(_, field)| !field.value.is_empty()) {
            query.append_pair(name, &field.value);
        }
        if let Some((at, id)) = before {
            query.append_pair("before", &format!("{}-{id}", at.micros()));
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// An instant as browsers write it; what is none stays as it is.
fn shown(typed: &str) -> String {
    let shown = |at: Timestamp| at.to_string().trim_end_matches(":00Z").trim_end_matches('Z').to_owned();
    Timestamp::typed(typed).map_or_else(|_| typed.to_owned(), shown)
}

fn place(text: &str) -> Option<LogPlace> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse::<AuditId>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_as_people_and_browsers_write_it_and_shown_as_browsers_do() {
        for (typed, at, as_shown) in [
            ("2026-11-25", "2026-11-25T00:00:00Z", "2026-11-25T00:00"),
            ("2026-11-25T00:00", "2026-11-25T00:00:00Z", "2026-11-25T00:00"),
            ("2026-11-25T18:30:07Z", "2026-11-25T18:30:07Z", "2026-11-25T18:30:07"),
            ("2026-11-25 18:30", "2026-11-25T18:30:00Z", "2026-11-25T18:30"),
        ] {
            assert_eq!(Timestamp::typed(typed).unwrap().to_string(), at);
            assert_eq!(shown(typed), as_shown);
        }
        for wrong in ["", "yesterday", "2026-13-01", "2026-11-25T25:00", "é026-11-2", "Z", "2026-11-25T18:30+02:00"] {
            assert!(Timestamp::typed(wrong).is_err(), "{wrong}");
            assert_eq!(shown(wrong), wrong);
        }
    }
}
