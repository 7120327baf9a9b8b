//! One service account.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::{base, page_of, ticked, wanted};
use crate::console::Console;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::sentence;
use crate::console::shell::Corner;
use crate::directory::{ApplicationScope, ListedApplicationToken, MachineError, OrganizationAdmin, TokenError};
use crate::identity::{Application, Organization, TokenId, UserId};
use crate::pages::{Confirm, Done, Field, Picked, ServiceAccountPage, SubjectLine, TokenLineOfPrograms};
use crate::web::{TokenWish, to_the_minute, token_section};

impl Console {
    /// The page of an account, with nothing typed in its forms.
    pub(super) async fn account_page(
        &self,
        visitor: &Visitor,
        (organization, admin): (&Organization, &OrganizationAdmin<'_>),
        account: UserId,
        query: Option<&str>,
    ) -> Result<ServiceAccountPage, Failed> {
        let live = self.live();
        let known = admin.service_account(account).await?;
        let now = self.web.ambient.now();
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
        let subject = |one: &crate::identity::MachineSubject| SubjectLine {
            issuer: one.issuer.to_string(),
            claim: one.claim.as_str(),
            subject: one.subject.clone(),
        };
        Ok(ServiceAccountPage {
            shell: self.shell_of(visitor, organization, Corner::Programs, query),
            path: page_of(organization, account),
            list: base(organization),
            name: known.name.clone(),
            username: known.username.to_string(),
            disabled: known.disabled,
            roles: ticked(organization, |name| known.roles.contains(name)),
            tokens: token_section(&takers(&live.catalogue.applications, organization), tokens),
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
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(named): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, admin, account) = console.service_account(&visitor, &named)?;
    let shown = console.account_page(&visitor, (&organization, &admin), account, query.as_deref()).await?;
    Ok(page(console.web.pages.service_account(&shown)))
}

/// `POST …/service-accounts/{account}/roles`
pub(in crate::console) async fn set_roles(
    State(console): State<Arc<Console>>,
    Path(named): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, admin, account) = console.service_account(&posted.visitor, &named)?;
    admin.set_service_roles(account, &wanted(&organization, &posted.fields)).await?;
    Ok(done(&page_of(&organization, account), Done::Saved))
}

/// `POST …/service-accounts/{account}/state`: `disable`, or lets it in again.
pub(in crate::console) async fn set_disabled(
    State(console): State<Arc<Console>>,
    Path(named): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, admin, account) = console.service_account(&posted.visitor, &named)?;
    let disabled = posted.fields.typed("do") == "disable";
    admin.set_service_disabled(account, disabled).await?;
    let done_ = if disabled { Done::Disabled } else { Done::Enabled };
    Ok(done(&page_of(&organization, account), done_))
}

/// `POST …/service-accounts/{account}/tokens`: answers with the page itself, since the token is nowhere but in this answer.
pub(in crate::console) async fn make_token(
    State(console): State<Arc<Console>>,
    Path(named): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, admin, account) = console.service_account(&posted.visitor, &named)?;
    let live = console.live();
    let wish = TokenWish::read(&posted.fields, &takers(&live.catalogue.applications, &organization));
    let made = match &wish {
        Ok(TokenWish { name, lifetime, place }) => {
            let scope = ApplicationScope::of(place.as_ref());
            admin.make_service_token(&live.catalogue, account, name, *lifetime, &scope).await
        }
        Err(_) => Err(TokenError::Lifetime.into()),
    };
    let mut shown = console.account_page(&posted.visitor, (&organization, &admin), account, None).await?;
    match made {
        Ok(made) => {
            shown.tokens.made = Some(made.expose());
            Ok(page(console.web.pages.service_account(&shown)))
        }
        Err(MachineError::Store(error)) => Err(error.into()),
        Err(refused) => {
            shown.tokens.name = Field::of(posted.fields.typed("name"));
            match wish {
                Err(wrong) => shown.tokens.name.error = Some(sentence(&wrong)),
                Ok(_) => shown.tokens.refused = Some(sentence(&refused.to_string())),
            }
            Ok(form_again(console.web.pages.service_account(&shown)))
        }
    }
}

/// `POST …/service-accounts/{account}/tokens/end`
pub(in crate::console) async fn end_token(
    State(console): State<Arc<Console>>,
    Path(named): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, admin, account) = console.service_account(&posted.visitor, &named)?;
    let token: TokenId = posted.fields.typed("token").parse().map_err(|_| Failed::NotFound)?;
    match admin.end_service_token(account, token).await {
        // Ended twice is ended.
        Ok(()) | Err(MachineError::Token(TokenError::NoSuchToken)) => {
            Ok(done(&page_of(&organization, account), Done::TokenEnded))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET …/service-accounts/{account}/delete`
pub(in crate::console) async fn ask_remove(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(named): Path<(String, String)>,
) -> Answer {
    let (organization, admin, account) = console.service_account(&visitor, &named)?;
    let (own, account) = (page_of(&organization, account), admin.service_account(account).await?);
    let asked = Confirm {
        shell: console.shell_of(&visitor, &organization, Corner::Programs, None),
        title: format!("Remove {}?", account.name),
        words: vec!["Its tokens go with it, and whoever presents one is refused from then on.".to_owned()],
        moved: false,
        impact: None,
        questions: Vec::new(),
        hidden: Vec::new(),
        action: format!("{own}/delete"),
        button: "Remove it".to_owned(),
        destructive: true,
        cancel: own,
    };
    Ok(page(console.web.pages.confirm(&asked)))
}

/// `POST …/service-accounts/{account}/delete`
pub(in crate::console) async fn remove(
    State(console): State<Arc<Console>>,
    Path(named): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, admin, account) = console.service_account(&posted.visitor, &named)?;
    admin.remove_service_account(account).await?;
    Ok(done(&base(&organization), Done::Deleted))
}
