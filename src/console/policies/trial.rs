//! What policies decide about some claims, as it is shown.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::desk::Desk;
use crate::claims::{ClaimLimits, ClaimRules, Claims, Recorded};
use crate::console::audit;
use crate::console::typed::sentence;
use crate::directory::{RecallError, Recalled};
use crate::identity::{Catalogue, IdpKey, OrganizationKey, PolicyText, Sight, Username};
use crate::pages::{Decisions, Field, TrialFields, VerdictLine};
use crate::policy::{self, Snapshot, Verdict};
use crate::web::{Fields, Web};

/// Whose claims are asked about.
pub(super) enum Subject {
    /// Nobody's yet.
    Nobody,
    /// These, which were pasted.
    Pasted(Box<Claims>),
    /// Somebody's, by name.
    Known(Username),
    /// A field is wrong.
    Wrong,
}

impl Subject {
    /// What was typed. A name counts before pasted claims.
    pub(super) fn typed(claims: &mut Field, user: &mut Field, list_claims: &[String]) -> Self {
        if !user.value.trim().is_empty() {
            return match Username::parse(&user.value) {
                Ok(username) => Self::Known(username),
                Err(error) => {
                    user.error = Some(sentence(&error.to_string()));
                    Self::Wrong
                }
            };
        }
        if claims.value.trim().is_empty() {
            return Self::Nobody;
        }
        match pasted(&claims.value, list_claims) {
            Ok(claims) => Self::Pasted(Box::new(claims)),
            Err(why) => {
                claims.error = Some(sentence(&why));
                Self::Wrong
            }
        }
    }
}

/// Claims as JSON: of one source, or with `id_token` and `userinfo` apart.
fn pasted(text: &str, list_claims: &[String]) -> Result<Claims, String> {
    let parse = |error: serde_json::Error| format!("this is no JSON object of claims: {error}");
    let object: Map<String, Value> = serde_json::from_str(text).map_err(parse)?;
    let recorded = if object.get("id_token").is_some_and(Value::is_object) {
        serde_json::from_value(Value::Object(object)).map_err(parse)?
    } else {
        Recorded { id_token: object, userinfo: None }
    };
    let rules = ClaimRules { list_claims };
    recorded.claims(Vec::new(), &rules, &ClaimLimits::default()).map_err(|error| error.to_string())
}

/// The fields of a trial as they were typed. There is an organization to choose where there are several.
pub(super) fn typed(fields: &Fields, several: bool) -> TrialFields {
    TrialFields {
        claims: Field::of(fields.typed("claims")),
        user: Field::of(fields.typed("user")),
        organization: several.then(|| Field::of(fields.typed("organization"))),
    }
}

impl Desk<'_> {
    /// What the policy would decide if it said this, for the claims of the trial; nothing if there are none.
    pub(super) async fn decide(&self, text: &PolicyText, trial: &mut TrialFields) -> Option<Decisions> {
        let subject = Subject::typed(&mut trial.claims, &mut trial.user, &self.idp.spec.list_claims);
        let only = match (self.organization, &mut trial.organization) {
            (Some(organization), _) => Some(organization.key),
            (None, Some(field)) => named(&self.live.catalogue, field)?,
            (None, None) => None,
        };
        let (claims, shown) = match subject {
            Subject::Nobody | Subject::Wrong => return None,
            Subject::Pasted(claims) => (*claims, Decisions::default()),
            Subject::Known(username) => match self.recall(&username).await {
                Ok(recalled) => told(recalled),
                Err(error) => return Some(failed(&error)),
            },
        };
        let (live, idp, seen_by) = (Arc::clone(&self.live), self.idp.key, self.seen_by());
        let (organization, text, ceiling) = (self.key(), text.clone(), self.ceiling());
        let work = move || {
            let draft = Snapshot::draft(&live.catalogue, (idp, organization), &text, &ceiling);
            decisions(&draft, &live.catalogue, idp, only, seen_by, &claims, shown)
        };
        tried(&self.here.console.web, work).await
    }
}

/// The organization of that id, if one is named; nothing if there is none, which the field says then.
pub(super) fn named(catalogue: &Catalogue, field: &mut Field) -> Option<Option<OrganizationKey>> {
    let id = field.value.trim();
    if id.is_empty() {
        return Some(None);
    }
    let found = catalogue.organizations.iter().find(|organization| organization.id.as_str() == id);
    if found.is_none() {
        field.error = Some("There is no organization of this id.".to_owned());
    }
    found.map(|organization| Some(organization.key))
}

/// Why somebody's claims are not there.
pub(super) fn failed(error: &RecallError) -> Decisions {
    if let RecallError::Store(error) = error {
        tracing::error!(cause = %error, "cannot recall a sign-in");
        return Decisions { failed: Some("It cannot be looked up now; try again.".to_owned()), ..Decisions::default() };
    }
    Decisions { failed: Some(sentence(&error.to_string())), ..Decisions::default() }
}

/// What is told of whose claims they are.
pub(super) fn told(recalled: Recalled) -> (Claims, Decisions) {
    let shown = Decisions {
        whose: Some(format!("{}, {} UTC", recalled.username, audit::shown(recalled.at))),
        claims: serde_json::to_string_pretty(&recalled.shown).ok(),
        ..Decisions::default()
    };
    (recalled.claims, shown)
}

/// What comes of a trial, or that it came to nothing.
pub(super) async fn tried(web: &Web, work: impl FnOnce() -> Option<Decisions> + Send + 'static) -> Option<Decisions> {
    web.trials.run(work).await.unwrap_or_else(|error| {
        tracing::error!(cause = %error, "cannot try a policy");
        Some(Decisions { failed: Some("It cannot be tried now; try again.".to_owned()), ..Decisions::default() })
    })
}

/// What is decided, organization by organization: as much as whoever administers the organization `seen_by` may see of
/// it, or everything. Takes a core for a while.
pub(super) fn decisions(
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    idp: IdpKey,
    only: Option<OrganizationKey>,
    seen_by: Option<OrganizationKey>,
    claims: &Claims,
    shown: Decisions,
) -> Option<Decisions> {
    let policies = snapshot.idp(idp)?;
    let sight = match seen_by {
        Some(organization) => catalogue.idp(idp)?.sight(organization),
        None => Sight::All,
    };
    let reach = only.map(|only| policies.reach().only(only));
    let reach = reach.as_ref().unwrap_or(policies.reach());
    let verdicts = policy::show(policies, reach, claims).verdicts.into_iter().take(policy::MAX_SHOWN);
    let verdicts = verdicts.map(|verdict| policies.seen(verdict, sight));
    let lines: Vec<VerdictLine> = verdicts.map(|verdict| line(catalogue, &verdict)).collect();
    Some(Decisions { others: reach.count().saturating_sub(lines.len()), lines, ..shown })
}

fn line(catalogue: &Catalogue, verdict: &Verdict) -> VerdictLine {
    let name = catalogue.organization(verdict.organization).map(|organization| organization.name.clone());
    let name = name.unwrap_or_else(|| verdict.id.to_string());
    VerdictLine::new(name, verdict.outcome.word(), verdict.roles(), verdict.why(), verdict.source())
}
