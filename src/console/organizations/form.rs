//! The form that makes or changes an organization.

use super::draft::Draft;
use crate::console::Console;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::here::{Here, Sent, Server};
use crate::console::propose::{Proposed, Words};
use crate::console::shell::{Corner, Place};
use crate::console::typed::seen;
use crate::directory::{Admin, EditError, Expected};
use crate::identity::Organization;
use crate::pages::{Done, Shell};
use crate::web::{Fields, see_other};

const ALL: &str = "/console/organizations";
const NEW: &str = "/console/organizations/_new";

/// `GET /console/organizations/_new`
pub(in crate::console) async fn show_new(here: Here<Server>) -> Answer {
    let form = Draft::new().form(here.shell(Place::Organizations), NEW.to_owned(), ALL.to_owned());
    Ok(page(here.pages().organization_form(&form)))
}

/// `POST /console/organizations/_new`
pub(in crate::console) async fn make(Sent { here, fields }: Sent<Server>) -> Answer {
    take(&here.console, Admin::Server(here.admin()), &fields, None, here.shell(Place::Organizations)).await
}

/// `GET /console/organizations/{organization}/edit`
pub(in crate::console) async fn show(here: Here<Organization>) -> Answer {
    let own = here.path("");
    if here.organization.declared {
        return Ok(see_other(&own));
    }
    let draft = Draft::of(&here.organization, here.editor().is_of_server());
    let form = draft.form(here.shell(Corner::Overview), format!("{own}/edit"), own);
    Ok(page(here.pages().organization_form(&form)))
}

/// `POST /console/organizations/{organization}/edit`
pub(in crate::console) async fn save(Sent { here, fields }: Sent<Organization>) -> Answer {
    take(&here.console, here.editor(), &fields, Some(&here.organization), here.shell(Corner::Overview)).await
}

/// Does what the pressed button says.
async fn take(
    console: &Console,
    editor: Admin<'_>,
    fields: &Fields,
    before: Option<&Organization>,
    shell: Shell,
) -> Answer {
    let (action, cancel) = match before {
        Some(before) => (format!("{ALL}/{}/edit", before.id), format!("{ALL}/{}", before.id)),
        None => (NEW.to_owned(), ALL.to_owned()),
    };
    let mut draft = Draft::read(fields, before, editor.is_of_server());
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
    match console.propose(editor, &edit, expected, fields).await? {
        Proposed::Made => Ok(done(&format!("{ALL}/{id}"), made)),
        Proposed::Ask(foreseen) => {
            let title =
                format!("{} {}?", if before.is_some() { "Save" } else { "Create" }, fields.typed("name").trim());
            let words = Words { title, button: "Confirm", destructive: false, words: Vec::new(), action, cancel };
            Ok(page(console.web.pages.confirm(&foreseen.page(shell, words, fields))))
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
