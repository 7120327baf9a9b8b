//! The form that publishes or changes an application.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::draft::Draft;
use super::trial::{Trial, answer};
use super::{base, may_publish};
use crate::console::Console;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::{Hands, Proposed, Words};
use crate::console::shell::Corner;
use crate::console::typed::seen;
use crate::directory::{Edit, EditError, Expected};
use crate::identity::{Application, Organization};
use crate::pages::Done;
use crate::web::see_other;

/// `GET …/applications/_new`
pub(in crate::console) async fn show_new(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let (organization, hands) = console.hands(&visitor, &id)?;
    if !may_publish(&organization, hands) {
        return Err(Failed::NotAllowed);
    }
    let shell = console.shell_of(&visitor, &organization, Corner::Applications, None);
    let base = base(&organization);
    let form = Draft::new(&organization, hands.are_whole()).form(shell, format!("{base}/_new"), base);
    Ok(page(console.web.pages.application_form(&form)))
}

/// `POST …/applications/_new`
pub(in crate::console) async fn make(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let (organization, hands) = console.hands(&posted.visitor, &id)?;
    take(&console, hands, &posted, &organization, None).await
}

/// `GET …/applications/{application}/edit`
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, id)): Path<(String, String)>,
) -> Answer {
    let (organization, hands) = console.hands(&visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let own = format!("{}/{}", base(&organization), application.spec.id);
    if application.declared {
        return Ok(see_other(&own));
    }
    let shell = console.shell_of(&visitor, &organization, Corner::Applications, None);
    let draft = Draft::of(&application, &organization, hands.are_whole());
    Ok(page(console.web.pages.application_form(&draft.form(shell, format!("{own}/edit"), own))))
}

/// `POST …/applications/{application}/edit`
pub(in crate::console) async fn save(
    State(console): State<Arc<Console>>,
    Path((organization, id)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, hands) = console.hands(&posted.visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    take(&console, hands, &posted, &organization, Some(&application)).await
}

/// Does what the pressed button says.
async fn take(
    console: &Console,
    hands: Hands<'_>,
    posted: &Posted,
    organization: &Organization,
    before: Option<&Application>,
) -> Answer {
    let fields = &posted.fields;
    let shell = console.shell_of(&posted.visitor, organization, Corner::Applications, None);
    let base = base(organization);
    let (action, cancel) = match before {
        Some(before) => (format!("{base}/{}/edit", before.spec.id), format!("{base}/{}", before.spec.id)),
        None => (format!("{base}/_new"), base.clone()),
    };
    let mut draft = Draft::read(fields, organization, before.is_none(), hands.are_whole());
    let pages = &console.web.pages;
    match fields.typed("do") {
        "save" => {}
        "test" => {
            let mut wait = None;
            if let Some((destinations, host, pass_host)) = draft.destinations(organization, before) {
                let trial = Trial::of(console, &posted.visitor, &destinations, host.as_ref(), pass_host).await;
                wait = trial.wait;
                draft.tested(trial.tested);
            }
            return Ok(answer(wait, pages.application_form(&draft.form(shell, action, cancel))));
        }
        button => {
            draft.arrange(button, organization);
            return Ok(page(pages.application_form(&draft.form(shell, action, cancel))));
        }
    }
    let Some(spec) = draft.spec(organization, before, &console.web.public_url) else {
        return Ok(form_again(pages.application_form(&draft.form(shell, action, cancel))));
    };
    let live = console.live();
    if before.is_none() && live.catalogue.applications.iter().any(|other| other.spec.id == spec.id) {
        draft.taken();
        return Ok(form_again(pages.application_form(&draft.form(shell, action, cancel))));
    }
    let own = format!("{base}/{}", spec.id);
    let (expected, made) = match before {
        Some(_) => (seen(fields), Done::Saved),
        None => (Expected::Absent, Done::Created),
    };
    match console.propose(hands, &Edit::Application(Box::new(spec)), expected, fields).await? {
        Proposed::Made => Ok(done(&own, made)),
        Proposed::Ask(asked) => {
            let title = format!("Save {}?", fields.typed("name").trim());
            let words = Words { title, button: "Confirm", destructive: false, words: Vec::new(), action, cancel };
            Ok(page(pages.confirm(&asked.page(shell, words, fields))))
        }
        Proposed::Refused(error) => {
            match error {
                EditError::Taken(_) => draft.taken(),
                EditError::Flawed(flaws) => draft.flawed(flaws),
                other => draft.refused(other.to_string()),
            }
            Ok(form_again(pages.application_form(&draft.form(shell, action, cancel))))
        }
    }
}
