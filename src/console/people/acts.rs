//! What is done to somebody, and what is asked before.

use super::BELOW;
use super::list::name;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent, Server};
use crate::console::propose::Words;
use crate::console::shell::Place;
use crate::directory::{AdminError, ListedUser, UserSelector};
use crate::identity::{OrganizationId, SessionId, UserId};
use crate::pages::{Confirm, Done, Field, MergePerson};

/// Asks before somebody is disabled.
pub(in crate::console) async fn confirm_disable(here: Here<Server>) -> Answer {
    let user = here.admin().listed(here.named("user")?).await?;
    let left = left_alone(&here.admin().only_admin_of(user.id).await?);
    let words = [
        "They are signed out everywhere within a second, and cannot sign in until they are enabled again.".to_owned(),
        "What they hold stays.".to_owned(),
    ];
    let title = format!("Disable {}?", name(&user));
    let asking = asking(here.person(user.id), "disable", (title, "Disable"), words.into_iter().chain(left));
    Ok(page(here.pages().confirm(&asking.page(here.shell(Place::People)))))
}

/// Shuts somebody out.
pub(in crate::console) async fn disable(Sent { here, .. }: Sent<Server>) -> Answer {
    let user = here.named("user")?;
    here.admin().set_disabled(user, true).await?;
    Ok(done(&here.person(user), Done::Disabled))
}

/// Lets somebody in again.
pub(in crate::console) async fn enable(Sent { here, .. }: Sent<Server>) -> Answer {
    let user = here.named("user")?;
    here.admin().set_disabled(user, false).await?;
    Ok(done(&here.person(user), Done::Enabled))
}

/// Asks before somebody is deleted, and says what goes along.
pub(in crate::console) async fn confirm_delete(here: Here<Server>) -> Answer {
    let user = here.admin().listed(here.named("user")?).await?;
    let left = left_alone(&here.admin().only_admin_of(user.id).await?);
    let words = [
        "This cannot be undone. Every session of theirs ends.".to_owned(),
        "Where accounts are made by themselves, their next sign-in makes a new one.".to_owned(),
    ];
    let goes = belongings(&user).map(|all| format!("With them go: {all}."));
    let title = format!("Delete {}?", name(&user));
    let words = words.into_iter().chain(goes).chain(left);
    let asking = asking(here.person(user.id), "delete", (title, "Delete"), words);
    Ok(page(here.pages().confirm(&asking.page(here.shell(Place::People)))))
}

/// Removes somebody.
pub(in crate::console) async fn delete(Sent { here, .. }: Sent<Server>) -> Answer {
    here.admin().remove_user(&UserSelector::Id(here.named("user")?)).await?;
    Ok(done(&here.path(BELOW), Done::Deleted))
}

/// Asks before every session of somebody ends; below an organization, every one that its own IdP opened.
pub(in crate::console) async fn confirm_end(here: Here) -> Answer {
    let user = here.admin().listed(here.named("user")?).await?;
    let words = ["They are signed out there within a second, and may sign in again.".to_owned()];
    let title = format!("End every session of {}?", name(&user));
    let asking = asking(here.person(user.id), "sessions", (title, "End all"), words);
    Ok(page(here.pages().confirm(&asking.page(here.people_shell()))))
}

/// Ends one of those, or all.
pub(in crate::console) async fn end(Sent { here, fields }: Sent) -> Answer {
    let user = here.named("user")?;
    let only: Option<SessionId> = fields.text("session").map(str::parse).transpose().map_err(|_| Failed::BadRequest)?;
    here.admin().end_sessions(user, only).await?;
    Ok(done(&here.person(user), Done::SessionsEnded))
}

/// Asks who goes, and when that is known, whether it is meant.
pub(in crate::console) async fn merge_form(here: Here<Server>) -> Answer {
    let admin = here.admin();
    let stays = admin.listed(here.named("user")?).await?;
    let Some(called) = here.query.text("other") else {
        return Ok(page(here.pages().merge_person(&here.choosing(&stays, Field::default()))));
    };
    let foreseen = match admin.user_called(called).await {
        Ok(goes) => admin.foresee_merge(goes, stays.id).await,
        Err(error) => Err(error),
    };
    match foreseen {
        Ok((goes, stays)) => {
            let (gone, stay) = (name(&goes), name(&stays));
            let words = [
                format!("{gone} is no more then, and every session of theirs ends. This cannot be undone."),
                "Whoever can sign in as the one can then sign in as both.".to_owned(),
            ];
            let comes = belongings(&goes).map(|all| format!("To {stay} come: {all}."));
            let title = format!("Merge {gone} into {stay}?");
            let asking = asking(here.person(stays.id), "merge", (title, "Merge"), words.into_iter().chain(comes));
            let hidden = vec![("other".to_owned(), goes.id.to_string())];
            Ok(page(here.pages().confirm(&Confirm { hidden, ..asking.page(here.shell(Place::People)) })))
        }
        Err(error @ (AdminError::NoSuchUser | AdminError::Merge(_))) => {
            let other = Field::wrong(called, error.to_string());
            Ok(form_again(here.pages().merge_person(&here.choosing(&stays, other))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes one of two.
pub(in crate::console) async fn merge(Sent { here, fields }: Sent<Server>) -> Answer {
    let (admin, stays) = (here.admin(), here.named("user")?);
    let goes: UserId = fields.typed("other").parse().map_err(|_| Failed::NotFound)?;
    match admin.merge_users(goes, stays).await {
        Ok(()) => Ok(done(&here.person(stays), Done::Saved)),
        // Something has changed since it was asked.
        Err(AdminError::Merge(error)) => {
            let other = Field::wrong(fields.typed("other"), error.to_string());
            Ok(form_again(here.pages().merge_person(&here.choosing(&admin.listed(stays).await?, other))))
        }
        Err(error) => Err(error.into()),
    }
}

impl Here<Server> {
    /// The page that asks who goes.
    fn choosing(&self, stays: &ListedUser, other: Field) -> MergePerson {
        MergePerson { shell: self.shell(Place::People), person: self.person(stays.id), name: name(stays), other }
    }
}

/// How it is asked whether something is meant that is done to somebody: below `person`, their own page.
fn asking<'a>(
    person: String,
    deed: &str,
    (title, button): (String, &'a str),
    words: impl IntoIterator<Item = String>,
) -> Words<'a> {
    let (words, action) = (words.into_iter().collect(), format!("{person}/{deed}"));
    Words { title, words, button, destructive: true, action, cancel: person }
}

/// That nobody would administer these organizations, if there are any.
fn left_alone(organizations: &[OrganizationId]) -> Option<String> {
    let names: Vec<&str> = organizations.iter().map(OrganizationId::as_str).collect();
    (!names.is_empty()).then(|| format!("Nobody administers {} then: make another its admin first.", names.join(", ")))
}

/// What somebody has that would go, or come along, if it is anything.
fn belongings(user: &ListedUser) -> Option<String> {
    let identities = user.identities.iter().map(|one| format!("signing in at {} as {}", one.idp, one.identifier));
    let awaited = user.awaited.iter().map(|(idp, _)| format!("being awaited at {idp}"));
    let roles = user.roles.chunk_by(|one, other| one.key == other.key).filter_map(|held| {
        let mut names: Vec<&str> = held.iter().map(|held| held.role.as_str()).collect();
        names.dedup();
        Some(format!("{} in {}", names.join(", "), held.first()?.organization))
    });
    let admin = user.server_admin.then(|| "being a server admin".to_owned());
    let all: Vec<String> = identities.chain(awaited).chain(roles).chain(admin).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
