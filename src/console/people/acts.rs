//! What is done to somebody, and what is asked before.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::list::name;
use super::{Among, user_of};
use crate::console::Console;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::directory::{AdminError, ListedUser, MergeError, UserSelector};
use crate::identity::{OrganizationId, SessionId, UserId};
use crate::pages::{Confirm, Done, Field, MergePerson};
use crate::web::Fields;

/// Asks before somebody is disabled.
pub(in crate::console) async fn confirm_disable(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(user): Path<String>,
) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let user = admin.listed(user_of(&user)?).await?;
    let left = left_alone(&admin.only_admin_of(user.id).await?);
    let words = [
        "They are signed out everywhere within a second, and cannot sign in until they are enabled again.".to_owned(),
        "What they hold stays.".to_owned(),
    ];
    let title = format!("Disable {}?", name(&user));
    let deed = Deed::new("disable", "Disable", title, words.into_iter().chain(left));
    asked(&console, &visitor, &Among(None), &user, deed)
}

/// Shuts somebody out.
pub(in crate::console) async fn disable(
    State(console): State<Arc<Console>>,
    Path(user): Path<String>,
    posted: Posted,
) -> Answer {
    let user = user_of(&user)?;
    console.server_admin(&posted.visitor)?.set_disabled(user, true).await?;
    Ok(done(&format!("/console/people/{user}"), Done::Disabled))
}

/// Lets somebody in again.
pub(in crate::console) async fn enable(
    State(console): State<Arc<Console>>,
    Path(user): Path<String>,
    posted: Posted,
) -> Answer {
    let user = user_of(&user)?;
    console.server_admin(&posted.visitor)?.set_disabled(user, false).await?;
    Ok(done(&format!("/console/people/{user}"), Done::Enabled))
}

/// Asks before somebody is deleted, and says what goes along.
pub(in crate::console) async fn confirm_delete(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(user): Path<String>,
) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let user = admin.listed(user_of(&user)?).await?;
    let left = left_alone(&admin.only_admin_of(user.id).await?);
    let words = [
        "This cannot be undone. Every session of theirs ends.".to_owned(),
        "Where accounts are made by themselves, their next sign-in makes a new one.".to_owned(),
    ];
    let goes = belongings(&user).map(|all| format!("With them go: {all}."));
    let title = format!("Delete {}?", name(&user));
    let deed = Deed::new("delete", "Delete", title, words.into_iter().chain(goes).chain(left));
    asked(&console, &visitor, &Among(None), &user, deed)
}

/// Removes somebody.
pub(in crate::console) async fn delete(
    State(console): State<Arc<Console>>,
    Path(user): Path<String>,
    posted: Posted,
) -> Answer {
    console.server_admin(&posted.visitor)?.remove_user(&UserSelector::Id(user_of(&user)?)).await?;
    Ok(done("/console/people", Done::Deleted))
}

/// Asks before every session of somebody ends.
pub(in crate::console) async fn confirm_end(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(user): Path<String>,
) -> Answer {
    let user = console.server_admin(&visitor)?.listed(user_of(&user)?).await?;
    asked(&console, &visitor, &Among(None), &user, every_session(&user))
}

/// Ends one session of somebody, or all.
pub(in crate::console) async fn end(
    State(console): State<Arc<Console>>,
    Path(user): Path<String>,
    posted: Posted,
) -> Answer {
    let user = user_of(&user)?;
    console.server_admin(&posted.visitor)?.end_sessions(user, session(&posted.fields)?).await?;
    Ok(done(&format!("/console/people/{user}"), Done::SessionsEnded))
}

/// Asks before every session ends that an organization's own IdP opened.
pub(in crate::console) async fn confirm_end_in(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, user)): Path<(String, String)>,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &organization)?;
    let user = admin.listed(user_of(&user)?).await?;
    asked(&console, &visitor, &Among(Some(organization)), &user, every_session(&user))
}

/// Ends one of those, or all.
pub(in crate::console) async fn end_in(
    State(console): State<Arc<Console>>,
    Path((organization, user)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, admin) = console.organization_admin(&posted.visitor, &organization)?;
    let user = user_of(&user)?;
    admin.end_sessions(user, session(&posted.fields)?).await?;
    Ok(done(&format!("{}/{user}", Among(Some(organization)).base()), Done::SessionsEnded))
}

/// Asks who goes, and when that is known, whether it is meant.
pub(in crate::console) async fn merge_form(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let stays = admin.listed(user_of(&user)?).await?;
    let fields = Fields::parse(query.unwrap_or_default().as_bytes()).ok_or(Failed::BadRequest)?;
    let Some(called) = fields.text("other") else {
        return Ok(page(console.web.pages.merge_person(&choosing(&console, &visitor, &stays, Field::default()))));
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
            let mut deed = Deed::new("merge", "Merge", title, words.into_iter().chain(comes));
            deed.hidden.push(("other".to_owned(), goes.id.to_string()));
            asked(&console, &visitor, &Among(None), &stays, deed)
        }
        Err(error @ (AdminError::NoSuchUser | AdminError::Merge(_))) => {
            let other = Field::wrong(called, error.to_string());
            Ok(form_again(console.web.pages.merge_person(&choosing(&console, &visitor, &stays, other))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes one of two.
pub(in crate::console) async fn merge(
    State(console): State<Arc<Console>>,
    Path(user): Path<String>,
    posted: Posted,
) -> Answer {
    let admin = console.server_admin(&posted.visitor)?;
    let (stays, goes): (UserId, UserId) = (user_of(&user)?, user_of(posted.fields.typed("other"))?);
    match admin.merge_users(goes, stays).await {
        Ok(()) => Ok(done(&format!("/console/people/{stays}"), Done::Saved)),
        // Something has changed since it was asked.
        Err(AdminError::Merge(error)) => refused(&console, &posted, stays, error).await,
        Err(error) => Err(error.into()),
    }
}

async fn refused(console: &Console, posted: &Posted, stays: UserId, error: MergeError) -> Answer {
    let stays = console.server_admin(&posted.visitor)?.listed(stays).await?;
    let other = Field::wrong(posted.fields.typed("other"), error.to_string());
    Ok(form_again(console.web.pages.merge_person(&choosing(console, &posted.visitor, &stays, other))))
}

fn choosing(console: &Console, visitor: &Visitor, stays: &ListedUser, other: Field) -> MergePerson {
    let shell = Among(None).shell(console, visitor, None);
    MergePerson { shell, person: format!("/console/people/{}", stays.id), name: name(stays), other }
}

/// What is about to be done to somebody.
struct Deed {
    /// Below their page.
    path: &'static str,
    title: String,
    words: Vec<String>,
    button: &'static str,
    hidden: Vec<(String, String)>,
}

impl Deed {
    fn new(path: &'static str, button: &'static str, title: String, words: impl IntoIterator<Item = String>) -> Self {
        Self { path, title, words: words.into_iter().collect(), button, hidden: Vec::new() }
    }
}

fn asked(console: &Console, visitor: &Visitor, among: &Among, user: &ListedUser, deed: Deed) -> Answer {
    let person = format!("{}/{}", among.base(), user.id);
    let confirm = Confirm {
        shell: among.shell(console, visitor, None),
        title: deed.title,
        words: deed.words,
        moved: false,
        impact: None,
        questions: Vec::new(),
        hidden: deed.hidden,
        action: format!("{person}/{}", deed.path),
        button: deed.button.to_owned(),
        destructive: true,
        cancel: person,
    };
    Ok(page(console.web.pages.confirm(&confirm)))
}

fn every_session(user: &ListedUser) -> Deed {
    let words = ["They are signed out there within a second, and may sign in again.".to_owned()];
    Deed::new("sessions", "End all", format!("End every session of {}?", name(user)), words)
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

/// The session that a form names; none: all.
fn session(fields: &Fields) -> Result<Option<SessionId>, Failed> {
    fields.text("session").map(str::parse).transpose().map_err(|_| Failed::BadRequest)
}
