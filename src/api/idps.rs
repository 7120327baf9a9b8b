//! Identity providers: those of the whole server, and those of one organization's own. Both are written alike; where one
//! belongs is told by its address.

mod text;

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};

use super::Api;
use super::answer::{Answer, Page, json, matches, must_match, one};
use super::ask::{At, Query, Sent};
use super::edit::{ChangeQuery, Outcome, is_new};
use super::guard::Caller;
use super::refusal::Refusal;
use crate::directory::{Admin, Edit, Expected, IdpSummary, ManagedIdp, SealedSecret, SecretEdit};
use crate::identity::{ClientAuth, IdpId, IdpSpec, OrganizationId};
use crate::policy::idp_flaws;

pub(super) use text::{Idp, IdpChange, IdpLine, IdpText};

/// Where an IdP belongs.
struct Place<'a> {
    editor: Admin<'a>,
    organization: Option<OrganizationId>,
}

impl Place<'_> {
    fn path(&self, id: &IdpId) -> String {
        match &self.organization {
            None => format!("/idps/{id}"),
            Some(organization) => format!("/organizations/{organization}/idps/{id}"),
        }
    }
}

impl Api {
    fn idps_of_server(&self, caller: &Caller) -> Result<Place<'_>, Refusal> {
        Ok(Place { editor: Admin::Server(self.server_admin(caller)?), organization: None })
    }

    fn idps_of(&self, caller: &Caller, organization: OrganizationId) -> Result<Place<'_>, Refusal> {
        let editor = self.editor(caller, &self.live(), &organization)?;
        Ok(Place { editor, organization: Some(organization) })
    }

    /// What is kept of an IdP of that place.
    async fn kept(&self, place: &Place<'_>, id: &IdpId) -> Result<ManagedIdp, Refusal> {
        let live = self.live();
        let found = match (place.editor, &place.organization) {
            (Admin::Server(admin), Some(organization)) => {
                let organization = live.catalogue.organizations.iter().find(|other| other.id == *organization);
                admin.organization(organization.ok_or(Refusal::NotFound)?.key).idp(id).await?
            }
            (editor, _) => editor.idp(id).await?,
        };
        found.ok_or(Refusal::NotFound)
    }

    fn idp(&self, kept: &ManagedIdp) -> Idp {
        Idp {
            id: kept.spec.id.clone(),
            organization: kept.spec.owner.clone(),
            text: IdpText::from(&kept.spec),
            has_secret: kept.has_secret,
            redirect_uri: self.web.public_url.redirect_uri(&kept.spec.id),
            enabled: kept.live,
            declared: kept.declared,
        }
    }

    async fn put_idp(
        &self,
        place: Place<'_>,
        id: &IdpId,
        query: &ChangeQuery,
        headers: &HeaderMap,
        mut text: IdpText,
    ) -> Answer {
        let typed = text.client_secret.take();
        let spec = text.spec(id, place.organization.as_ref());
        let flaws = idp_flaws(&spec);
        if !flaws.is_empty() {
            return Err(Refusal::Flawed(flaws.into_iter().map(|flaw| (flaw.part.to_owned(), flaw.what)).collect()));
        }
        let kept = if is_new(headers)? { None } else { Some(self.kept(&place, id).await?) };
        let secret = self.secret(&spec, typed.as_deref(), kept.as_ref())?;
        let expected = match &kept {
            None => Expected::Absent,
            Some(_) if query.only_preview() => Expected::Any,
            Some(kept) => {
                must_match(headers, &self.idp(kept))?;
                Expected::Seen(kept.revision.clone())
            }
        };
        let edit = Edit::Idp { spec: Box::new(spec), secret };
        let made = self.make(place.editor, &edit, query, expected).await?;
        self.told_idp(made, &place, id).await
    }

    async fn told_idp(&self, made: Outcome, place: &Place<'_>, id: &IdpId) -> Answer {
        if let Outcome::Previewed(preview) = made {
            return Ok(preview);
        }
        let idp = self.idp(&self.kept(place, id).await?);
        made.told(&place.path(id), || Ok(idp))
    }

    /// What becomes of the client secret.
    fn secret(&self, spec: &IdpSpec, typed: Option<&str>, kept: Option<&ManagedIdp>) -> Result<SecretEdit, Refusal> {
        let flawed = |what: String| Refusal::Flawed(vec![("client_secret".to_owned(), what)]);
        match typed {
            _ if spec.client_auth == ClientAuth::None => Ok(SecretEdit::Keep),
            Some(typed) => {
                let sealed = SealedSecret::seal(&self.keys.sealing, &self.web.ambient, (&spec.id, &spec.issuer), typed);
                sealed.map(SecretEdit::Set).map_err(|invalid| flawed(invalid.to_string()))
            }
            None if kept.is_some_and(|kept| kept.has_secret && kept.spec.issuer == spec.issuer) => Ok(SecretEdit::Keep),
            None => Err(flawed("is missing: a secret is kept for one issuer alone".to_owned())),
        }
    }

    async fn change_idp(
        &self,
        place: Place<'_>,
        id: &IdpId,
        query: &ChangeQuery,
        headers: &HeaderMap,
        change: &IdpChange,
    ) -> Answer {
        let kept = self.kept(&place, id).await?;
        matches(headers, &self.idp(&kept))?;
        let edit = Edit::IdpInForce { idp: id.clone(), live: change.enabled };
        let made = self.make(place.editor, &edit, query, Expected::Seen(kept.revision)).await?;
        self.told_idp(made, &place, id).await
    }

    async fn remove_idp(&self, place: Place<'_>, id: &IdpId, query: &ChangeQuery, headers: &HeaderMap) -> Answer {
        let kept = self.kept(&place, id).await?;
        if !query.only_preview() {
            must_match(headers, &self.idp(&kept))?;
        }
        let edit = Edit::RemoveIdp(id.clone());
        self.make(place.editor, &edit, query, Expected::Seen(kept.revision)).await?.gone()
    }
}

fn listed(idps: Vec<IdpSummary>) -> Answer {
    // Few, and each is on every sign-in page: one page holds them.
    json(StatusCode::OK, &Page { items: idps.into_iter().map(IdpLine::from).collect(), next: None })
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller) -> Answer {
    listed(api.server_admin(&caller)?.idps().await?)
}

pub(super) async fn show(State(api): State<Arc<Api>>, caller: Caller, At(id): At<IdpId>) -> Answer {
    let place = api.idps_of_server(&caller)?;
    one(&api.idp(&api.kept(&place, &id).await?))
}

pub(super) async fn put(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(id): At<IdpId>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<IdpText>,
) -> Answer {
    api.put_idp(api.idps_of_server(&caller)?, &id, &query, &headers, text).await
}

pub(super) async fn change(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(id): At<IdpId>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(change): Sent<IdpChange>,
) -> Answer {
    api.change_idp(api.idps_of_server(&caller)?, &id, &query, &headers, &change).await
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(id): At<IdpId>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    api.remove_idp(api.idps_of_server(&caller)?, &id, &query, &headers).await
}

pub(super) async fn list_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
) -> Answer {
    listed(api.organization_admin(&caller, &api.live(), &organization)?.idps().await?)
}

pub(super) async fn show_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
) -> Answer {
    let place = api.idps_of(&caller, organization)?;
    one(&api.idp(&api.kept(&place, &id).await?))
}

pub(super) async fn put_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<IdpText>,
) -> Answer {
    api.put_idp(api.idps_of(&caller, organization)?, &id, &query, &headers, text).await
}

pub(super) async fn change_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(change): Sent<IdpChange>,
) -> Answer {
    api.change_idp(api.idps_of(&caller, organization)?, &id, &query, &headers, &change).await
}

pub(super) async fn remove_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    api.remove_idp(api.idps_of(&caller, organization)?, &id, &query, &headers).await
}
