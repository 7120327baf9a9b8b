//! By what issuers' tokens speak of a service account.

use crate::console::answer::{Answer, done, form_again};
use crate::console::here::Sent;
use crate::console::propose::sentence;
use crate::console::typed::checked;
use crate::directory::MachineError;
use crate::identity::{Issuer, MachineSubject, Organization, SubjectClaim};
use crate::pages::{Done, Field, Picked};
use crate::web::Fields;

/// The claims that a program may be named by.
const CLAIMS: [(&str, SubjectClaim); 3] =
    [("sub", SubjectClaim::Sub), ("client_id", SubjectClaim::ClientId), ("azp", SubjectClaim::Azp)];

fn claim(fields: &Fields) -> (&'static str, SubjectClaim) {
    CLAIMS.into_iter().find(|(word, _)| *word == fields.typed("claim")).unwrap_or(CLAIMS[0])
}

/// `POST …/service-accounts/{account}/subjects`
pub(in crate::console) async fn bind(Sent { here, fields }: Sent<Organization>) -> Answer {
    let account = here.account()?;
    let (word, claim) = claim(&fields);
    let mut issuer = Field::of(fields.typed("issuer").trim());
    let mut subject = Field::of(fields.typed("subject"));
    let meant = (checked(&mut issuer, Issuer::parse), checked(&mut subject, MachineSubject::subject));
    if let (Some(of), Some(text)) = meant {
        match here.admin().bind_subject(account, &MachineSubject { issuer: of, claim, subject: text }).await {
            Ok(()) => return Ok(done(&here.page_of(account), Done::Saved)),
            Err(error @ MachineError::SubjectTaken) => subject.error = Some(sentence(&error.to_string())),
            Err(error) => return Err(error.into()),
        }
    }
    let mut shown = here.account_page().await?;
    (shown.issuer, shown.claim, shown.subject) = (issuer, Picked::of(word), subject);
    Ok(form_again(here.pages().service_account(&shown)))
}

/// `POST …/service-accounts/{account}/subjects/remove`
pub(in crate::console) async fn unbind(Sent { here, fields }: Sent<Organization>) -> Answer {
    let (account, admin) = (here.account()?, here.admin());
    admin.service_account(account).await?;
    if let Ok(issuer) = Issuer::parse(fields.typed("issuer")) {
        let (_, claim) = claim(&fields);
        let subject = MachineSubject { issuer, claim, subject: fields.typed("subject").to_owned() };
        match admin.unbind_subject(account, &subject).await {
            // What is not bound is not bound.
            Ok(()) | Err(MachineError::NoSuchAccount) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done(&here.page_of(account), Done::Deleted))
}
