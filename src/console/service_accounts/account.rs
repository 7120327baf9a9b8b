//! One service account.

use super::{BELOW, wanted};
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Words, sentence};
use crate::console::shell::Corner;
use crate::console::typed::ticked;
use crate::directory::{ApplicationScope, ListedApplicationToken, MachineError, TokenError};
use crate::identity::{Application, MachineSubject, Organization, TokenId};
use crate::pages::{Done, Field, Picked, ServiceAccountPage, SubjectLine, TokenLineOfPrograms};
use crate::web::{TokenWish, to_the_minute, token_section};

impl Here<Organization> {
    /// The page of the account, with nothing typed in its forms.
    pub(super) async fn account_page(&self) -> Result<ServiceAccountPage, Failed> {
        let (account, admin, live) = (self.account()?, self.admin(), self.console.live());
        let known = admin.service_account(account).await?;
        let now = self.console.web.ambient.now();
        let of = |key| live.catalogue.applications.iter().find(|one| one.key == key).map(|one| one.spec.name.clone());
        let line = |ListedApplicationToken { token, applications }| TokenLineOfPrograms {
            id: token.id.to_string(),
            name: token.name.to_string(),
            places: applications.map(|keys| keys.into_iter().filter_map(of).collect()),
            over: token.expires_at <= now,
            ends: to_the_minute(token.expires_at),
            used: token.last_used_at.map(to_the_minute),
        };
        let tokens = admin.service_tokens(account).await?.into_iter().map(line).collect();
        let subject = |one: &MachineSubject| SubjectLine {
            issuer: one.issuer.to_string(),
            claim: one.claim.as_str(),
            subject: one.subject.clone(),
        };
        Ok(ServiceAccountPage {
            shell: self.shell(Corner::Programs),
            path: self.page_of(account),
            list: self.path(BELOW),
            name: known.name.clone(),
            username: known.username.to_string(),
            disabled: known.disabled,
            roles: ticked(&self.organization, |name| known.roles.contains(name)),
            tokens: token_section(&takers(&live.catalogue.applications, &self.organization), tokens),
            subjects: known.subjects.iter().map(subject).collect(),
            issuer: Field::default(),
            claim: Picked::of("sub"),
            subject: Field::default(),
        })
    }
}

/// The organization's applications that take tokens.
fn takers<'a>(applications: &'a [Application], organization: &Organization) -> Vec<&'a Application> {
    let takes = |one: &&Application| one.organization == organization.key && one.spec.machines.tokens;
    applications.iter().filter(takes).collect()
}

/// `GET …/service-accounts/{account}`
pub(in crate::console) async fn show(here: Here<Organization>) -> Answer {
    Ok(page(here.pages().service_account(&here.account_page().await?)))
}

/// `POST …/service-accounts/{account}/roles`
pub(in crate::console) async fn set_roles(Sent { here, fields }: Sent<Organization>) -> Answer {
    let account = here.account()?;
    here.admin().set_service_roles(account, &wanted(&here.organization, &fields)).await?;
    Ok(done(&here.page_of(account), Done::Saved))
}

/// `POST …/service-accounts/{account}/state`: `disable`, or lets it in again.
pub(in crate::console) async fn set_disabled(Sent { here, fields }: Sent<Organization>) -> Answer {
    let account = here.account()?;
    let disabled = fields.typed("do") == "disable";
    here.admin().set_service_disabled(account, disabled).await?;
    Ok(done(&here.page_of(account), if disabled { Done::Disabled } else { Done::Enabled }))
}

/// `POST …/service-accounts/{account}/tokens`: answers with the page itself, since the token is nowhere but in this answer.
pub(in crate::console) async fn make_token(Sent { here, fields }: Sent<Organization>) -> Answer {
    let (account, live) = (here.account()?, here.console.live());
    let wish = TokenWish::read(&fields, &takers(&live.catalogue.applications, &here.organization));
    let made = match &wish {
        Ok(TokenWish { name, lifetime, place }) => {
            let scope = ApplicationScope::of(place.as_ref());
            here.admin().make_service_token(&live.catalogue, account, name, *lifetime, &scope).await
        }
        Err(_) => Err(TokenError::Lifetime.into()),
    };
    let mut shown = here.account_page().await?;
    match made {
        Ok(made) => {
            shown.tokens.made = Some(made.expose());
            Ok(page(here.pages().service_account(&shown)))
        }
        Err(MachineError::Store(error)) => Err(error.into()),
        Err(refused) => {
            shown.tokens.name = Field::of(fields.typed("name"));
            match wish {
                Err(wrong) => shown.tokens.name.error = Some(sentence(&wrong)),
                Ok(_) => shown.tokens.refused = Some(sentence(&refused.to_string())),
            }
            Ok(form_again(here.pages().service_account(&shown)))
        }
    }
}

/// `POST …/service-accounts/{account}/tokens/end`
pub(in crate::console) async fn end_token(Sent { here, fields }: Sent<Organization>) -> Answer {
    let account = here.account()?;
    let token: TokenId = fields.typed("token").parse().map_err(|_| Failed::NotFound)?;
    match here.admin().end_service_token(account, token).await {
        // Ended twice is ended.
        Ok(()) | Err(MachineError::Token(TokenError::NoSuchToken)) => {
            Ok(done(&here.page_of(account), Done::TokenEnded))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET …/service-accounts/{account}/delete`
pub(in crate::console) async fn ask_remove(here: Here<Organization>) -> Answer {
    let account = here.admin().service_account(here.account()?).await?;
    let own = here.page_of(account.id);
    let words = Words {
        title: format!("Remove {}?", account.name),
        words: vec!["Its tokens go with it, and whoever presents one is refused from then on.".to_owned()],
        button: "Remove it",
        destructive: true,
        action: format!("{own}/delete"),
        cancel: own,
    };
    Ok(page(here.pages().confirm(&words.page(here.shell(Corner::Programs)))))
}

/// `POST …/service-accounts/{account}/delete`
pub(in crate::console) async fn remove(Sent { here, .. }: Sent<Organization>) -> Answer {
    here.admin().remove_service_account(here.account()?).await?;
    Ok(done(&here.path(BELOW), Done::Deleted))
}
