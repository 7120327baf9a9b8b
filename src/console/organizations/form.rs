//! The form that makes or changes an organization.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::draft::Draft;
use crate::console::Console;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::{Hands, Proposed, Words};
use crate::console::shell::{Corner, Place};
use crate::console::typed::seen;
use crate::directory::{EditError, Expected};
use crate::identity::Organization;
use crate::pages::{Done, Shell};
use crate::web::see_other;

const ALL: &str = "/console/organizations";
const NEW: &str = "/console/organizations/_new";

/// `GET /console/organizations/_new`
pub(in crate::console) async fn show_new(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    console.server_admin(&visitor)?;
    let shell = console.shell(&visitor, Place::Organizations, None);
    Ok(page(console.web.pages.organization_form(&Draft::new().form(shell, NEW.to_owned(), ALL.to_owned()))))
}

/// `POST /console/organizations/_new`
pub(in crate::console) async fn make(State(console): State<Arc<Console>>, posted: Posted) -> Answer {
    let hands = Hands::Server(console.server_admin(&posted.visitor)?);
    let shell = console.shell(&posted.visitor, Place::Organizations, None);
    take(&console, hands, &posted, None, shell).await
}

/// `GET /console/organizations/{organization}/edit`
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, hands) = console.hands(&visitor, &id)?;
    let own = format!("{ALL}/{}", organization.id);
    if organization.declared {
        return Ok(see_other(&own));
    }
    let shell = console.shell_of(&visitor, &organization, Corner::Overview, query.as_deref());
    let form = Draft::of(&organization, hands.are_whole()).form(shell, format!("{own}/edit"), own);
    Ok(page(console.web.pages.organization_form(&form)))
}

/// `POST /console/organizations/{organization}/edit`
pub(in crate::console) async fn save(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let (organization, hands) = console.hands(&posted.visitor, &id)?;
    let shell = console.shell_of(&posted.visitor, &organization, Corner::Overview, None);
    take(&console, hands, &posted, Some(&organization), shell).await
}

/// Does what the pressed button says.
async fn take(
    console: &Console,
    hands: Hands<'_>,
    posted: &Posted,
    before: Option<&Organization>,
    shell: Shell,
) -> Answer {
    let fields = &posted.fields;
    let (action, cancel) = match before {
        Some(before) => (format!("{ALL}/{}/edit", before.id), format!("{ALL}/{}", before.id)),
        None => (NEW.to_owned(), ALL.to_owned()),
    };
    let mut draft = Draft::read(fields, before, hands.are_whole());
    if fields.typed("do") != "save" {
        draft.add_role();
        return Ok(page(console.web.pages.organization_form(&draft.form(shell, action, cancel))));
    }
    let Some((id, edit)) = draft.edit(before) else {
        return Ok(form_again(console.web.pages.organization_form(&draft.form(shell, action, cancel))));
    };
    let live = console.live();
    if before.is_none() && live.catalogue.organizations.iter().any(|other| other.id == id) {
        draft.taken();
        return Ok(form_again(console.web.pages.organization_form(&draft.form(shell, action, cancel))));
    }
    let (expected, made) = match before {
        Some(_) => (seen(fields), Done::Saved),
        None => (Expected::Absent, Done::Created),
    };
    match console.propose(hands, &edit, expected, fields).await? {
        Proposed::Made => Ok(done(&format!("{ALL}/{id}"), made)),
        Proposed::Ask(asked) => {
            let title =
                format!("{} {}?", if before.is_some() { "Save" } else { "Create" }, fields.typed("name").trim());
            let words = Words { title, button: "Confirm", destructive: false, words: Vec::new(), action, cancel };
            Ok(page(console.web.pages.confirm(&asked.page(shell, words, fields))))
        }
        Proposed::Refused(error) => {
            match error {
                EditError::Taken(_) => draft.taken(),
                other => draft.refused(other.to_string()),
            }
            Ok(form_again(console.web.pages.organization_form(&draft.form(shell, action, cancel))))
        }
    }
}
