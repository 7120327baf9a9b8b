//! Policies: of an IdP its default policy, of an organization its own at an IdP; their versions, and what they decide.

mod decide;
mod text;

use std::sync::Arc;

use super::Api;
use super::answer::{Answer, Page, json, must_match, one};
use super::ask::{At, Cursor, PageQuery, Query, Sent, limit};
use super::edit::{ChangeQuery, Outcome, is_new};
use super::guard::Caller;
use super::refusal::Refusal;
use crate::base::Timestamp;
use crate::directory::{Admin, Edit, Expected, Live, PolicyPlace, StandingPolicy};
use crate::identity::{Idp, IdpId, IdpKey, Organization, OrganizationId, PolicyId, Sight};
use axum::extract::State;
use http::{HeaderMap, StatusCode};

pub(super) use decide::{decide_at, decide_own};
pub(super) use text::{Claimed, ClaimedHere, Decision, Policy, PolicyLine, PolicyText, Taken, Version};

/// A policy, and who is at it.
struct Place<'a> {
    editor: Admin<'a>,
    live: Arc<Live>,
    idp: (IdpKey, IdpId),
    organization: Option<Organization>,
}

impl Place<'_> {
    fn key(&self) -> PolicyPlace {
        (self.idp.0, self.organization.as_ref().map(|organization| organization.key))
    }

    async fn standing(&self) -> Result<StandingPolicy, Refusal> {
        self.editor.standing_policy(self.key()).await?.ok_or(Refusal::NotFound)
    }

    fn shown(&self, standing: &StandingPolicy) -> Policy {
        Policy {
            idp: self.idp.1.clone(),
            organization: self.organization.as_ref().map(|organization| organization.id.clone()),
            version: standing.version.as_ref().map(|(id, _)| *id),
            text: standing.text.clone().into(),
            declared: standing.declared,
        }
    }

    fn path(&self) -> String {
        match &self.organization {
            None => format!("/idps/{}/policy", self.idp.1),
            Some(organization) => format!("/organizations/{}/policies/{}", organization.id, self.idp.1),
        }
    }

    fn edit(&self, text: Option<PolicyText>) -> Edit {
        Edit::Policy {
            idp: self.idp.1.clone(),
            organization: self.organization.as_ref().map(|organization| organization.id.clone()),
            text: text.map(|text| crate::identity::PolicyText { org: text.org, role: text.role }),
        }
    }
}

impl Api {
    /// The default policy of an IdP.
    fn default_policy(&self, caller: &Caller, id: &IdpId) -> Result<Place<'_>, Refusal> {
        let editor = Admin::Server(self.server_admin(caller)?);
        let live = self.live();
        let idp = live.catalogue.idp_by_id(id).ok_or(Refusal::NotFound)?;
        Ok(Place { editor, idp: (idp.key, id.clone()), organization: None, live: Arc::clone(&live) })
    }

    /// An organization's own at an IdP that is its own or opened to it, or that a server admin looks at.
    fn own_policy(&self, caller: &Caller, organization: &OrganizationId, id: &IdpId) -> Result<Place<'_>, Refusal> {
        let live = self.live();
        let editor = self.editor(caller, &live, organization)?;
        let organization = live.catalogue.organizations.iter().find(|other| other.id == *organization);
        let organization = organization.ok_or(Refusal::NotFound)?.clone();
        let idp = live.catalogue.idp_by_id(id).filter(|idp| is_open(editor, idp, &organization));
        let idp = idp.ok_or(Refusal::NotFound)?;
        Ok(Place { editor, idp: (idp.key, id.clone()), organization: Some(organization), live: Arc::clone(&live) })
    }

    async fn put_policy(
        &self,
        place: &Place<'_>,
        query: &ChangeQuery,
        headers: &HeaderMap,
        text: Option<PolicyText>,
    ) -> Result<Outcome, Refusal> {
        let standing = place.standing().await?;
        let is_new = is_new(headers)?;
        let expected = match standing.version.clone() {
            _ if query.only_preview() => Expected::Any,
            None if is_new => Expected::Absent,
            Some(_) if is_new => return Err(Refusal::Taken("there is a policy already".to_owned())),
            version => {
                must_match(headers, &place.shown(&standing))?;
                version.map_or(Expected::Absent, |(_, revision)| Expected::Seen(revision))
            }
        };
        self.make(place.editor, &place.edit(text), query, expected).await
    }

    async fn told_policy(&self, place: &Place<'_>, made: Outcome) -> Answer {
        if let Outcome::Previewed(preview) = made {
            return Ok(preview);
        }
        let shown = place.shown(&place.standing().await?);
        made.told(&place.path(), || Ok(shown))
    }
}

/// Whether these editor may know of an organization's policies at an IdP.
fn is_open(editor: Admin<'_>, idp: &Idp, organization: &Organization) -> bool {
    let owned = idp.owner.is_none_or(|owner| owner == organization.key);
    match editor {
        Admin::Server(_) => owned,
        Admin::Organization(_) => idp.sight(organization.key) != Sight::Nothing,
    }
}

/// Where a page of versions ended.
struct Before((Timestamp, PolicyId));

impl std::str::FromStr for Before {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('-').ok_or(())?;
        Ok(Self((Timestamp::from_micros(at.parse().map_err(|_| ())?), id.parse().map_err(|_| ())?)))
    }
}

async fn versions(place: &Place<'_>, query: PageQuery) -> Answer {
    let before = query.cursor.map(|cursor| cursor.place::<Before>()).transpose()?.map(|before| before.0);
    let limit = limit(query.limit);
    let versions = place.editor.policy_versions(place.key(), before, limit).await?;
    let last = versions.last().filter(|_| versions.len() == limit as usize);
    let next = last.map(|version| Cursor::of(&format!("{}-{}", version.at.micros(), version.id)));
    json(StatusCode::OK, &Page { items: versions.into_iter().map(Version::from).collect(), next })
}

pub(super) async fn show(State(api): State<Arc<Api>>, caller: Caller, At(idp): At<IdpId>) -> Answer {
    let place = api.default_policy(&caller, &idp)?;
    one(&place.shown(&place.standing().await?))
}

pub(super) async fn put(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(idp): At<IdpId>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<PolicyText>,
) -> Answer {
    let place = api.default_policy(&caller, &idp)?;
    let made = api.put_policy(&place, &query, &headers, Some(text)).await?;
    api.told_policy(&place, made).await
}

pub(super) async fn list_versions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(idp): At<IdpId>,
    Query(query): Query<PageQuery>,
) -> Answer {
    versions(&api.default_policy(&caller, &idp)?, query).await
}

pub(super) async fn list_own(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
) -> Answer {
    let live = api.live();
    let editor = api.editor(&caller, &live, &organization)?;
    let organization = live.catalogue.organizations.iter().find(|other| other.id == organization);
    let organization = organization.ok_or(Refusal::NotFound)?;
    let own = live.catalogue.policies.iter().filter(|policy| policy.organization == organization.key);
    let line = own.filter_map(|policy| {
        let idp = live.catalogue.idp(policy.idp).filter(|idp| is_open(editor, idp, organization))?;
        Some(PolicyLine { idp: idp.spec.id.clone(), text: policy.text.clone().into() })
    });
    // One for each IdP at most.
    json(StatusCode::OK, &Page { items: line.collect(), next: None })
}

pub(super) async fn show_own(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, idp)): At<(OrganizationId, IdpId)>,
) -> Answer {
    let place = api.own_policy(&caller, &organization, &idp)?;
    one(&place.shown(&place.standing().await?))
}

pub(super) async fn put_own(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, idp)): At<(OrganizationId, IdpId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<PolicyText>,
) -> Answer {
    let place = api.own_policy(&caller, &organization, &idp)?;
    let made = api.put_policy(&place, &query, &headers, Some(text)).await?;
    api.told_policy(&place, made).await
}

pub(super) async fn remove_own(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, idp)): At<(OrganizationId, IdpId)>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    let place = api.own_policy(&caller, &organization, &idp)?;
    if place.standing().await?.version.is_none() {
        return Err(Refusal::NotFound);
    }
    api.put_policy(&place, &query, &headers, None).await?.gone()
}

pub(super) async fn list_own_versions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, idp)): At<(OrganizationId, IdpId)>,
    Query(query): Query<PageQuery>,
) -> Answer {
    versions(&api.own_policy(&caller, &organization, &idp)?, query).await
}

pub(super) async fn take_losses(State(api): State<Arc<Api>>, caller: Caller, At(idp): At<IdpId>) -> Answer {
    take(&api.default_policy(&caller, &idp)?).await
}

pub(super) async fn take_own_losses(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, idp)): At<(OrganizationId, IdpId)>,
) -> Answer {
    take(&api.own_policy(&caller, &organization, &idp)?).await
}

async fn take(place: &Place<'_>) -> Answer {
    json(StatusCode::OK, &Taken { grants: place.editor.apply_losses_of(place.key()).await? })
}
