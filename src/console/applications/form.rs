//! The form that publishes or changes an application.

use super::BELOW;
use super::draft::Draft;
use super::trial::{Trial, answer};
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Proposed, Words};
use crate::console::shell::Corner;
use crate::console::typed::seen;
use crate::directory::{Edit, EditError, Expected};
use crate::identity::{Application, Organization};
use crate::pages::Done;
use crate::web::{Fields, see_other};

/// `GET …/applications/_new`
pub(in crate::console) async fn show_new(here: Here<Organization>) -> Answer {
    if !here.may_publish() {
        return Err(Failed::NotAllowed);
    }
    let (shell, base) = (here.shell(Corner::Applications), here.path(BELOW));
    let draft = Draft::new(&here.organization, here.editor().is_of_server());
    Ok(page(here.pages().application_form(&draft.form(shell, format!("{base}/_new"), base))))
}

/// `POST …/applications/_new`
pub(in crate::console) async fn make(Sent { here, fields }: Sent<Organization>) -> Answer {
    take(&here, &fields, None).await
}

/// `GET …/applications/{application}/edit`
pub(in crate::console) async fn show(here: Here<Organization>) -> Answer {
    let application = here.application()?;
    let own = format!("{}/{}", here.path(BELOW), application.spec.id);
    if application.declared {
        return Ok(see_other(&own));
    }
    let shell = here.shell(Corner::Applications);
    let draft = Draft::of(&application, &here.organization, here.editor().is_of_server());
    Ok(page(here.pages().application_form(&draft.form(shell, format!("{own}/edit"), own))))
}

/// `POST …/applications/{application}/edit`
pub(in crate::console) async fn save(Sent { here, fields }: Sent<Organization>) -> Answer {
    let application = here.application()?;
    take(&here, &fields, Some(&application)).await
}

/// Does what the pressed button says.
async fn take(here: &Here<Organization>, fields: &Fields, before: Option<&Application>) -> Answer {
    let (console, organization, pages) = (&here.console, &here.organization, here.pages());
    let (shell, base) = (here.shell(Corner::Applications), here.path(BELOW));
    let (action, cancel) = match before {
        Some(before) => (format!("{base}/{}/edit", before.spec.id), format!("{base}/{}", before.spec.id)),
        None => (format!("{base}/_new"), base.clone()),
    };
    let mut draft = Draft::read(fields, organization, before.is_none(), here.editor().is_of_server());
    match fields.typed("do") {
        "save" => {}
        "test" => {
            let mut wait = None;
            if let Some((destinations, host, pass_host)) = draft.destinations(organization, before) {
                let trial = Trial::of(here, &destinations, host.as_ref(), pass_host).await;
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
    match console.propose(here.editor(), &Edit::Application(Box::new(spec)), expected, fields).await? {
        Proposed::Made => Ok(done(&own, made)),
        Proposed::Ask(foreseen) => {
            let title = format!("Save {}?", fields.typed("name").trim());
            let words = Words { title, button: "Confirm", destructive: false, words: Vec::new(), action, cancel };
            Ok(page(pages.confirm(&foreseen.page(shell, words, fields))))
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
