//! The console's first page.

use serde::Serialize;

use super::Shell;
use crate::pages::{Page, PageError, Pages};

/// What happens, and what needs attention.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// What stands around it.
    pub shell: Shell,
    /// What leads to the first person with a role; empty once it is done.
    pub steps: Vec<FirstStep>,
    /// When it was counted, in UTC.
    pub counted: String,
    /// What needs attention.
    pub attention: Vec<Attention>,
    /// The last days; absent if nothing happened.
    pub chart: Option<Chart>,
}

/// One of the first steps.
#[derive(Clone, Debug, Serialize)]
pub struct FirstStep {
    /// Whether it is done.
    pub done: bool,
    /// What to do.
    pub what: String,
    /// What for.
    pub why: String,
    /// Where it is done.
    pub href: String,
}

/// Something that needs attention.
#[derive(Clone, Debug, Serialize)]
pub struct Attention {
    /// What.
    pub what: String,
    /// Why, or what to do.
    pub why: String,
    /// Where, if it is a matter of the console.
    pub href: Option<String>,
}

/// Sign-ins and denials by day, drawn on a field 100 high.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// How wide the field is.
    pub width: usize,
    /// What its height stands for.
    pub highest: u64,
    /// The days.
    pub bars: Vec<Bar>,
}

/// One day.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// The day.
    pub day: String,
    /// Where the bar of sign-ins begins.
    pub x: usize,
    /// Where the bar of denials begins.
    pub denied_x: usize,
    /// How many signed in.
    pub sign_ins: u64,
    /// How many were refused.
    pub denials: u64,
    /// How high the bar of sign-ins is.
    pub sign_ins_height: u64,
    /// Where its top is.
    pub sign_ins_y: u64,
    /// How high the bar of denials is.
    pub denials_height: u64,
    /// Where its top is.
    pub denials_y: u64,
}

impl Pages {
    /// The console's first page.
    ///
    /// # Errors
    /// When the template fails.
    pub fn overview(&self, page: &Overview) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Overview {
    const TEMPLATE: &'static str = "console/overview.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let step = |done, what: &str| FirstStep {
            done,
            what: what.into(),
            why: "People sign in there.".into(),
            href: "/console/idps/_new".into(),
        };
        let bar = Bar {
            day: "2026-11-25".into(),
            x: 0,
            denied_x: 9,
            sign_ins: 12,
            denials: 3,
            sign_ins_height: 100,
            sign_ins_y: 0,
            denials_height: 25,
            denials_y: 75,
        };
        let attention = Attention {
            what: "Nobody administers garage".into(),
            why: "Give somebody one of its admin roles.".into(),
            href: Some("/console/organizations/garage".into()),
        };
        let certificate = Attention {
            what: "The certificate for wiki.example.com ends at 2026-12-01T00:00:00Z".into(),
            why: "Renew it.".into(),
            href: None,
        };
        let busy = Self {
            shell: Shell::sample(),
            steps: Vec::new(),
            counted: "2026-11-25T18:30:07Z".into(),
            attention: vec![attention, certificate],
            chart: Some(Chart { width: 20, highest: 12, bars: vec![bar] }),
        };
        let steps = vec![step(true, "Name the first organization"), step(false, "Add the first identity provider")];
        vec![busy.clone(), Self { steps, attention: Vec::new(), chart: None, ..busy }]
    }
}
