//! What of the log is asked for: as an address says it, as the form shows it, and as the log understands it.

use url::form_urlencoded;

use crate::audit::Action;
use crate::base::Timestamp;
use crate::console::failed::Failed;
use crate::console::here::Here;
use crate::console::people::{idp_label, offered_idps};
use crate::console::propose::sentence;
use crate::directory::{Admin, LogPlace, SoughtLines};
use crate::identity::{AuditId, Catalogue, OrganizationKey, Username};
use crate::pages::{Field, LogFilters, Pick};
use crate::web::Fields;

/// The filters, and where a page begins.
pub(super) struct Asked {
    who: Field,
    action: Field,
    idp: Field,
    organization: Field,
    from: Field,
    to: Field,
    before: Option<LogPlace>,
}

impl Asked {
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

    /// What is asked for. Nothing, with why beside a field, if it is about something that there is not. An organization's
    /// admins ask neither about one person, whom they might not know, nor about another organization.
    pub(super) async fn sought(&mut self, here: &Here, catalogue: &Catalogue) -> Result<Option<SoughtLines>, Failed> {
        let within = here.organization.as_ref().map(|organization| organization.key);
        let mut sought = self.sought_within(catalogue, within);
        let Admin::Server(admin) = here.admin() else { return Ok(sought) };
        if !self.organization.value.is_empty() {
            let id = &self.organization.value;
            let found = catalogue.organizations.iter().find(|one| one.id.as_str() == id).map(|one| one.key);
            match (found, &mut sought) {
                (Some(key), Some(sought)) => sought.organization = Some(key),
                (Some(_), None) => {}
                (None, _) => {
                    self.organization.error = Some("There is no organization of this id.".to_owned());
                    sought = None;
                }
            }
        }
        if !self.who.value.is_empty() {
            let user = match Username::parse(&self.who.value) {
                Ok(username) => admin.user_named(&username).await?,
                Err(_) => None,
            };
            match (user, &mut sought) {
                (Some(user), Some(sought)) => sought.user = Some(user),
                (Some(_), None) => {}
                (None, _) => {
                    self.who.error = Some("There is nobody of this username.".to_owned());
                    sought = None;
                }
            }
        }
        Ok(sought)
    }

    fn sought_within(&mut self, catalogue: &Catalogue, within: Option<OrganizationKey>) -> Option<SoughtLines> {
        let always = SoughtLines::default().interval;
        let (start, end) = (instant(&mut self.from, always.start), instant(&mut self.to, always.end));
        let (mut idp, mut action) = (Some(None), Some(None));
        if !self.idp.value.is_empty() {
            let offered = offered_idps(catalogue, within, &self.idp.value);
            let found = offered.into_iter().find(|idp| idp.spec.id.as_str() == self.idp.value);
            idp = found.map(|idp| Some(idp.key));
            if idp.is_none() {
                self.idp.error = Some("There is no identity provider of this id.".to_owned());
            }
        }
        if !self.action.value.is_empty() {
            action = Action::ALL.iter().find(|action| action.word() == self.action.value).map(Some);
            if action.is_none() {
                self.action.error = Some("Nothing is called so.".to_owned());
            }
        }
        let action = action?.map(|action| action.word().to_owned());
        Some(SoughtLines { idp: idp?, action, interval: start?..end?, ..SoughtLines::default() })
    }

    /// The form. `within`: of an organization's log.
    pub(super) fn form(&self, catalogue: &Catalogue, within: Option<OrganizationKey>) -> LogFilters {
        let every = |label: &str| Pick { value: String::new(), label: label.to_owned(), chosen: false };
        let picks = |any: Pick, offered: Vec<(&str, String)>, chosen: &Field| {
            let pick =
                |(value, label): (&str, String)| Pick { value: value.to_owned(), label, chosen: chosen.value == value };
            std::iter::once(any).chain(offered.into_iter().map(pick)).collect()
        };
        let idps = offered_idps(catalogue, within, &self.idp.value).into_iter();
        let idps = idps.map(|idp| (idp.spec.id.as_str(), idp_label(catalogue, idp)));
        let actions = Action::ALL.iter().map(|action| (action.word(), super::words(action.word())));
        LogFilters {
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

/// The instant in a field, in UTC, then shown as browsers write it; else what is wrong stands beside it.
fn instant(field: &mut Field, otherwise: Timestamp) -> Option<Timestamp> {
    if field.value.is_empty() {
        return Some(otherwise);
    }
    let typed = field.value.trim_end_matches('Z').replace(' ', "T");
    // A date, one with hours and minutes, or one with seconds too.
    let whole = match typed.len() {
        10 => typed,
        16 => format!("{typed}:00Z"),
        _ => format!("{typed}Z"),
    };
    match whole.parse::<Timestamp>() {
        Ok(at) => {
            field.value = at.to_string().trim_end_matches(":00Z").trim_end_matches('Z').to_owned();
            Some(at)
        }
        Err(invalid) => {
            field.error = Some(sentence(&invalid.to_string()));
            None
        }
    }
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
        let otherwise = Timestamp::from_micros(1);
        let read = |typed: &str| {
            let mut field = Field::of(typed);
            (instant(&mut field, otherwise).map(|at| at.to_string()), field.value, field.error.is_some())
        };
        assert_eq!(read("").1, "");
        let ok = |at: &str, shown: &str| (Some(at.to_owned()), shown.to_owned(), false);
        let midnight = ok("2026-11-25T00:00:00Z", "2026-11-25T00:00");
        assert_eq!(read("2026-11-25"), midnight);
        assert_eq!(read("2026-11-25T00:00"), midnight);
        assert_eq!(read("2026-11-25T18:30:07Z"), ok("2026-11-25T18:30:07Z", "2026-11-25T18:30:07"));
        assert_eq!(read("2026-11-25 18:30"), ok("2026-11-25T18:30:00Z", "2026-11-25T18:30"));
        for wrong in ["yesterday", "2026-13-01", "2026-11-25T25:00", "é026-11-2", "Z", "2026-11-25T18:30+02:00"] {
            assert_eq!(read(wrong), (None, wrong.to_owned(), true));
        }
    }
}
