//! What the policies decide about claims that are sent, or about those of somebody's last sign-in.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde_json::{Map, Value};

use super::Place;
use super::text::{Claimed, ClaimedHere, Decision};
use crate::api::Api;
use crate::api::answer::{Answer, json};
use crate::api::ask::{At, Sent};
use crate::api::guard::Caller;
use crate::api::refusal::Refusal;
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::directory::RecallError;
use crate::identity::{IdpId, OrganizationId, OrganizationKey, Username};
use crate::policy;

/// An object of claims.
type Object = Map<String, Value>;

impl Place<'_> {
    /// The claims that are meant: those sent, or those of a user that the caller may know.
    async fn claims(
        &self,
        sent: (Option<Object>, Option<Object>),
        username: Option<Username>,
    ) -> Result<Claims, Refusal> {
        let idp = self.live.catalogue.idp(self.idp.0).ok_or(Refusal::NotFound)?;
        match (sent, username) {
            ((None, None), Some(username)) => {
                let recalled = self.editor.recall(idp, &username).await;
                recalled.map(|recalled| recalled.claims).map_err(|error| match error {
                    RecallError::Store(error) => error.into(),
                    told => Refusal::Invalid(format!("username: {told}")),
                })
            }
            ((Some(id_token), userinfo), None) => {
                let rules = ClaimRules { list_claims: &idp.spec.list_claims };
                let claims = Recorded { id_token, userinfo }.claims(Vec::new(), &rules, &ClaimLimits::default());
                claims.map_err(|error| Refusal::Invalid(error.to_string()))
            }
            _ => Err(Refusal::Invalid("say what to decide about: either id_token or username".to_owned())),
        }
    }

    /// Decides about claims. Takes a core for a while: not one that answers requests.
    async fn decide(&self, api: &Api, claims: Claims, only: Option<OrganizationKey>) -> Answer {
        let (live, idp) = (Arc::clone(&self.live), self.idp.0);
        let sees_all = self.editor.is_of_server();
        let work = move || {
            let (idp, policies) = (live.catalogue.idp(idp), live.policies.idp(idp));
            let (Some(idp), Some(policies)) = (idp, policies) else { return Err(Refusal::NotFound) };
            let decision = match only {
                Some(organization) => policy::explain(policies, &policies.reach().only(organization), &claims),
                None => policy::decide(policies, policies.reach(), &claims),
            };
            let seen = |verdict| match only {
                Some(organization) if !sees_all => policies.seen(verdict, idp.sight(organization)),
                _ => verdict,
            };
            let told = decision.verdicts.into_iter().map(seen).filter_map(|verdict| match verdict.to_json() {
                Value::Object(told) => Some(told),
                _ => None,
            });
            Ok(Decision { version: decision.version, verdicts: told.collect() })
        };
        let decided = api.web.trials.run(work).await.map_err(|error| Refusal::Store(error.to_string()))??;
        json(StatusCode::OK, &decided)
    }
}

pub(in crate::api) async fn decide_at(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(idp): At<IdpId>,
    Sent(claimed): Sent<Claimed>,
) -> Answer {
    let place = api.default_policy(&caller, &idp)?;
    let only = match &claimed.organization {
        None => None,
        Some(id) => {
            let found = place.live.catalogue.organizations.iter().find(|organization| organization.id == *id);
            let unknown = || Refusal::Invalid(format!("there is no organization {id}"));
            Some(found.ok_or_else(unknown)?.key)
        }
    };
    let claims = place.claims((claimed.id_token, claimed.userinfo), claimed.username).await?;
    place.decide(&api, claims, only).await
}

pub(in crate::api) async fn decide_own(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, idp)): At<(OrganizationId, IdpId)>,
    Sent(claimed): Sent<ClaimedHere>,
) -> Answer {
    let place = api.own_policy(&caller, &organization, &idp)?;
    let only = place.organization.as_ref().map(|organization| organization.key);
    let claims = place.claims((claimed.id_token, claimed.userinfo), claimed.username).await?;
    place.decide(&api, claims, only).await
}
