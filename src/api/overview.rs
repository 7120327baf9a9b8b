//! What a server admin wants to know first.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Api;
use super::answer::{Answer, json};
use super::guard::Caller;
use super::schema::{Instant, Slug};
use crate::identity::{IdpId, OrganizationId};

/// What happens, and what needs attention; up to a minute old.
#[derive(Serialize, JsonSchema)]
pub(super) struct Overview {
    /// When it was counted.
    #[schemars(with = "Instant")]
    at: String,
    /// The last days, today last.
    days: Vec<Day>,
    /// How many people sign in and are in no organization; 1,000 stands for more too.
    without_organization: u32,
    /// Organizations that nobody administers, the first of them.
    #[schemars(with = "Vec<Slug>")]
    without_admin: Vec<OrganizationId>,
    /// Organizations whose selectors failed in the latest sign-ins.
    failing: Vec<Failing>,
    /// IdPs that did not answer when they were asked last.
    silent: Vec<Silent>,
    /// Certificates that end, or cannot be had.
    certificates: Vec<Trouble>,
}

/// A day, in UTC.
#[derive(Serialize, JsonSchema)]
struct Day {
    /// Its first instant.
    #[schemars(with = "Instant")]
    since: String,
    /// Sign-ins.
    sign_ins: u64,
    /// Sign-ins and requests that were refused.
    denials: u64,
}

/// Selectors that failed.
#[derive(Serialize, JsonSchema)]
struct Failing {
    organization: String,
    /// Why, the last time.
    reason: String,
    /// In how many sign-ins.
    count: usize,
}

/// An IdP that did not answer.
#[derive(Serialize, JsonSchema)]
struct Silent {
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// Why, as far as it is known.
    reason: String,
}

/// A certificate that needs attention.
#[derive(Serialize, JsonSchema)]
struct Trouble {
    /// Which, and what of it.
    what: String,
    /// Why, or what to do.
    why: String,
}

pub(super) async fn show(State(api): State<Arc<Api>>, caller: Caller) -> Answer {
    let outlook = api.server_admin(&caller)?.outlook().await?;
    let day =
        |day: &crate::directory::Day| Day { since: day.at.to_string(), sign_ins: day.sign_ins, denials: day.denials };
    let failing = |(organization, reason, count): &(String, String, usize)| Failing {
        organization: organization.clone(),
        reason: reason.clone(),
        count: *count,
    };
    let shown = Overview {
        at: outlook.at.to_string(),
        without_organization: outlook.without_organization,
        days: outlook.days.iter().map(day).collect(),
        without_admin: outlook.without_admin.clone(),
        failing: outlook.failing.iter().map(failing).collect(),
        silent: (api.troubles)().into_iter().map(|(idp, reason)| Silent { idp, reason }).collect(),
        certificates: (api.notices)().into_iter().map(|(what, why)| Trouble { what, why }).collect(),
    };
    json(StatusCode::OK, &shown)
}
