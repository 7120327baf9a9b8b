//! The issuers whose access tokens programs come with, and whom those speak of.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::known::{Found, Scope};
use super::{Bearers, Presented, Refused, invalid};
use crate::base::{Ambient, HttpClient};
use crate::identity::{
    Catalogue, IdentityId, IdpId, IdpKey, Issuer, MachineSubject, SubjectClaim, TokenIssuer, TokenSubject, UserId,
};
use crate::oidc::{AccessError, AccessIssuer, AccessToken, claimed_issuer};
use crate::session::Evidence;
use crate::store::users::PrincipalRows;
use crate::store::{identities, service_accounts, users};

/// What tokens are verified by at one moment.
#[derive(Default)]
pub(super) struct Issuers {
    access: Vec<Arc<AccessIssuer>>,
    idps: HashMap<IdpId, Source>,
    /// Our client ids at IdPs: audiences that are never those of an access token.
    clients: HashSet<String>,
    /// Another number whenever any of it may differ.
    pub(super) epoch: u64,
}

/// Where users of an IdP come from.
#[derive(Clone)]
struct Source {
    idp: IdpKey,
    issuer: Issuer,
    /// The path of the identifier.
    path: String,
}

impl Issuers {
    /// The same with those issuers. One that stays as it was keeps what it knows of keys.
    pub(super) fn with(&self, specs: &[TokenIssuer], http: &HttpClient, ambient: &Ambient) -> Self {
        let known = |spec: &TokenIssuer| self.access.iter().find(|known| known.spec() == spec).cloned();
        let make = |spec: &TokenIssuer| Arc::new(AccessIssuer::new(spec.clone(), http.clone(), ambient.clone()));
        Self {
            access: specs.iter().map(|spec| known(spec).unwrap_or_else(|| make(spec))).collect(),
            idps: self.idps.clone(),
            clients: self.clients.clone(),
            epoch: self.epoch + 1,
        }
    }

    /// The same beside the IdPs of a catalogue.
    pub(super) fn beside(&self, catalogue: &Catalogue) -> Self {
        let source = |idp: &crate::identity::Idp| {
            let (issuer, path) = (idp.spec.issuer.clone(), idp.spec.profile.identifier.clone());
            (idp.spec.id.clone(), Source { idp: idp.key, issuer, path })
        };
        Self {
            access: self.access.clone(),
            idps: catalogue.idps.iter().map(source).collect(),
            clients: catalogue.idps.iter().map(|idp| idp.spec.client_id.clone()).collect(),
            epoch: self.epoch + 1,
        }
    }

    /// Those that an application takes and that a token says to be of.
    pub(super) fn of(&self, presented: &Presented<'_>) -> Vec<Arc<AccessIssuer>> {
        let mut taken = self.access.iter().filter(|one| presented.machines.issuers.contains(&one.spec().id)).peekable();
        if taken.peek().is_none() {
            return Vec::new();
        }
        let Some(claimed) = claimed_issuer(presented.token) else { return Vec::new() };
        taken.filter(|one| one.spec().issuer.as_str() == claimed).cloned().collect()
    }
}

impl Bearers {
    /// An access token of one of those issuers.
    pub(super) async fn access_token(
        &self,
        presented: &Presented<'_>,
        issuers: &Issuers,
        candidates: &[Arc<AccessIssuer>],
    ) -> Result<Found, Refused> {
        let number = self.changes.number();
        let mut refused = invalid("no issuer takes it");
        for issuer in candidates {
            let verified = issuer.verify(presented.token, |audience| issuers.clients.contains(audience)).await;
            match verified {
                Ok(token) => {
                    let (user, identity, rows) = self.holder(presented, issuers, issuer.spec(), &token).await?;
                    let scope = Scope::Issuer(issuer.spec().id.clone(), issuers.epoch);
                    let (evidence, expires_at) = (Evidence::AccessToken(identity), token.expires_at);
                    return Ok(Found { user, evidence, rows, scope, expires_at, number, noted_at: None });
                }
                Err(AccessError::Refused(cause)) => refused = Refused::Invalid(cause),
                Err(error @ AccessError::Unavailable(_)) => refused = Refused::WithoutKeys(error.to_string()),
            }
        }
        Err(refused)
    }

    /// Whom a token speaks of.
    async fn holder(
        &self,
        presented: &Presented<'_>,
        issuers: &Issuers,
        spec: &TokenIssuer,
        token: &AccessToken,
    ) -> Result<(UserId, Option<IdentityId>, Option<PrincipalRows>), Refused> {
        let now = self.ambient.now();
        match &spec.subject {
            TokenSubject::User(id) => {
                let source = issuers.idps.get(id).filter(|source| source.issuer == spec.issuer);
                let source =
                    source.ok_or_else(|| invalid("the IdP of its users is not there, or has another issuer"))?;
                let identifier =
                    token.text(&source.path).ok_or_else(|| invalid(format!("it has no {}", source.path)))?;
                let mut tx = self.db.brief_snapshot().await?;
                let found = identities::find(&mut tx, source.idp, identifier).await?;
                drop(tx);
                // By another issuer or path the same text is somebody else.
                let is_theirs = |row: &identities::IdentityRow| {
                    row.issuer == spec.issuer.as_str() && row.identifier_path == source.path
                };
                let found =
                    found.filter(is_theirs).ok_or_else(|| invalid("it speaks of nobody who has signed in here"))?;
                let rows = users::principal(&self.db, found.user, found.id, now).await?;
                Ok((found.user, Some(found.id), rows))
            }
            TokenSubject::Service(claim) => {
                let subject = subject_of(spec, *claim, token)?;
                let user = service_accounts::by_subject(&self.db, presented.organization, &subject).await?;
                let user = user.ok_or_else(|| invalid("its subject is no service account's of this organization"))?;
                Ok((user, None, service_accounts::principal(&self.db, user, now).await?))
            }
        }
    }
}

fn subject_of(spec: &TokenIssuer, claim: SubjectClaim, token: &AccessToken) -> Result<MachineSubject, Refused> {
    let subject = token.text(claim.as_str()).ok_or_else(|| invalid(format!("it has no {claim}")))?;
    Ok(MachineSubject { issuer: spec.issuer.clone(), claim, subject: subject.to_owned() })
}
