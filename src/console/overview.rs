//! `GET /console`: what happens, what needs attention, and on the first day what to do next.

use std::sync::Arc;

use axum::extract::{RawQuery, State};

use super::Console;
use super::answer::{Answer, page};
use super::failed::Failed;
use super::guard::Visitor;
use super::shell::Place;
use crate::directory::{Day, Live, MANY_WAITING, Outlook};
use crate::pages::{Attention, Bar, Chart, FirstStep, Overview};
use crate::web::{self, Fields, see_other};

/// The chart's bars are drawn on a field this high.
const HEIGHT: u64 = 100;

/// The overview of the server; who administers organizations alone goes to the first of them.
pub(super) async fn show(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    let query = Fields::parse(query.unwrap_or_default().as_bytes()).ok_or(Failed::BadRequest)?;
    let shell = console.shell(&visitor, Place::Overview, &query);
    let Ok(admin) = console.server_admin(&visitor) else {
        return Ok(see_other(&shell.nav.first().ok_or(Failed::NotAllowed)?.href));
    };
    let live = console.live();
    let outlook = admin.outlook().await?;
    let lets_in = live.catalogue.idps.iter().any(|idp| idp.spec.auto_provision) || admin.has_given_roles().await?;
    let shown = Overview {
        shell,
        steps: first_steps(&live, lets_in),
        counted: outlook.at.to_string(),
        attention: console.attention(&outlook, &live),
        chart: chart(&outlook.days),
    };
    Ok(page(console.web.pages.overview(&shown)))
}

impl Console {
    fn attention(&self, outlook: &Outlook, live: &Live) -> Vec<Attention> {
        let provider = |(idp, why): (_, String)| Attention {
            what: format!("The identity provider {idp} did not answer"),
            why,
            href: live.catalogue.idp_by_id(&idp).map(|idp| web::idp_page(&live.catalogue, idp)),
        };
        let waiting = (outlook.without_organization > 0).then(|| Attention {
            what: match outlook.without_organization {
                1 => "1 person has signed in and is in no organization".to_owned(),
                MANY_WAITING.. => "1,000 people or more have signed in and are in no organization".to_owned(),
                count => format!("{count} people have signed in and are in no organization"),
            },
            why: "Give them roles, or let a policy give some at their next sign-in.".to_owned(),
            href: Some("/console/people?state=without".to_owned()),
        });
        let deserted = |id: &_| Attention {
            what: format!("Nobody administers {id}"),
            why: "Give somebody one of its admin roles.".to_owned(),
            href: Some(format!("/console/organizations/{id}")),
        };
        let failing = |(id, reason, count): &(String, String, usize)| Attention {
            what: format!("Selectors of {id} failed in {count} of the latest sign-ins"),
            why: reason.clone(),
            href: Some(format!("/console/organizations/{id}/policies")),
        };
        let known = |(id, ..): &&(String, String, usize)| {
            live.catalogue.organizations.iter().any(|organization| organization.id.as_str() == id)
        };
        let providers = (self.troubles)().into_iter().map(provider);
        let failing = outlook.failing.iter().filter(known).map(failing);
        let notices = (self.notices)().into_iter().map(|(what, why)| Attention { what, why, href: None });
        providers
            .chain(notices)
            .chain(waiting)
            .chain(failing)
            .chain(outlook.without_admin.iter().map(deserted))
            .collect()
    }
}

/// What leads from nothing to the first person with a role. Nothing once everything is done. `lets_in`: whether there is
/// anybody who could enter an application.
fn first_steps(live: &Live, lets_in: bool) -> Vec<FirstStep> {
    let catalogue = &live.catalogue;
    let chooses = |org: &Option<String>| org.is_some();
    let has_policy = catalogue.idps.iter().any(|idp| chooses(&idp.spec.default_policy.org))
        || catalogue.policies.iter().any(|policy| chooses(&policy.text.org));
    let idp = catalogue.idps.first().map(|idp| web::idp_page(catalogue, idp));
    let idp = idp.unwrap_or_else(|| "/console/idps".to_owned());
    let step = |done: bool, what: &str, why: &str, href: &str| FirstStep {
        done,
        what: what.to_owned(),
        why: why.to_owned(),
        href: href.to_owned(),
    };
    let steps = vec![
        step(
            !catalogue.organizations.is_empty(),
            "Name the first organization",
            "It owns applications, and people hold roles in it.",
            "/console/organizations/_new",
        ),
        step(
            !catalogue.idps.is_empty(),
            "Add the first identity provider",
            "People sign in there.",
            "/console/idps/_new",
        ),
        step(
            has_policy,
            "Test it, and choose what its users get",
            "A test shows the claims; the policy turns them into organizations and roles.",
            &idp,
        ),
        step(
            lets_in,
            "Switch auto provision on, or add people by hand",
            "Auto provision lets a first sign-in make the account and the policy give its roles. While it is off, only \
             who was made beforehand gets in.",
            &idp,
        ),
        step(
            !catalogue.applications.is_empty(),
            "Publish the first application",
            "Whoever holds a role of its organization may enter.",
            "/console/organizations",
        ),
    ];
    if steps.iter().all(|step| step.done) { Vec::new() } else { steps }
}

/// Two bars a day, as high as their share of the highest.
fn chart(days: &[Day]) -> Option<Chart> {
    let highest = days.iter().flat_map(|day| [day.sign_ins, day.denials]).max().filter(|highest| *highest > 0)?;
    let height = |count: u64| count.saturating_mul(HEIGHT).div_ceil(highest);
    let bar = |(at, day): (usize, &Day)| Bar {
        day: day.at.to_string().chars().take(10).collect(),
        x: at * 20,
        denied_x: at * 20 + 9,
        sign_ins: day.sign_ins,
        denials: day.denials,
        sign_ins_height: height(day.sign_ins),
        sign_ins_y: HEIGHT - height(day.sign_ins),
        denials_height: height(day.denials),
        denials_y: HEIGHT - height(day.denials),
    };
    Some(Chart { width: days.len() * 20, highest, bars: days.iter().enumerate().map(bar).collect() })
}
