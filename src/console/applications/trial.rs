//! Trying an upstream, and what is told of it.

use axum::response::Response;
use futures_util::future::join_all;

use crate::console::Console;
use crate::console::answer::{page, too_soon};
use crate::console::here::Here;
use crate::identity::{Destination, Host, Organization};
use crate::pages::{PageError, Tested};
use crate::upstream::ForwardError;

/// What became of a test.
pub(super) struct Trial {
    pub(super) tested: Vec<Tested>,
    /// After how many seconds it may be made, if it came too soon.
    pub(super) wait: Option<u64>,
}

impl Trial {
    /// Asks each upstream for `/` as nobody, all at once, where requests would go; not too often, since an admin has us
    /// connect to where they say.
    pub(super) async fn of(
        here: &Here<Organization>,
        destinations: &[Destination],
        host: Option<&Host>,
        pass_host: bool,
    ) -> Self {
        let places = u32::try_from(destinations.len()).unwrap_or(u32::MAX);
        if let Err(seconds) = here.console.web.errands.take(here.visitor.actor(), places) {
            return Self { tested: vec![Tested::TooSoon { seconds }], wait: Some(seconds) };
        }
        let one = |destination| one(&here.console, destination, host, pass_host);
        let tested = join_all(destinations.iter().map(one));
        Self { tested: tested.await, wait: None }
    }
}

/// The page that tells of a test.
pub(super) fn answer(wait: Option<u64>, shown: Result<String, PageError>) -> Response {
    match wait {
        None => page(shown),
        Some(seconds) => too_soon(seconds, shown),
    }
}

async fn one(console: &Console, destination: &Destination, host: Option<&Host>, pass_host: bool) -> Tested {
    let upstream = destination.upstream().to_string();
    // Without a host there is nothing that requests could ask for.
    let Some(host) = host else {
        return Tested::Failed { upstream, why: "name a public host first".to_owned() };
    };
    match console.forwarder.probe(destination, host, pass_host).await {
        Ok(probed) => Tested::Answered {
            upstream,
            status: probed.status.to_string(),
            millis: u64::try_from(probed.took.as_millis()).unwrap_or(u64::MAX),
        },
        Err(error) => Tested::Failed { upstream, why: remedy(&error) },
    }
}

/// What happened, and what to do about it.
fn remedy(error: &ForwardError) -> String {
    let advice = match error {
        ForwardError::Unreachable(_) => "check the address, and that it runs",
        ForwardError::Ourselves => "name the application's own address",
        ForwardError::NotAllotted => "use an address in those, or ask a server admin to allot more",
        ForwardError::ConnectTimeout | ForwardError::HeadTimeout => {
            "check that it runs, and that no firewall is between"
        }
        ForwardError::Broken(_) | ForwardError::Protocol | ForwardError::Framing => {
            "check that it speaks http there, or https"
        }
        ForwardError::NoUpstream
        | ForwardError::Method
        | ForwardError::Loop
        | ForwardError::Full
        | ForwardError::RequestBody
        | ForwardError::Assertion(_) => {
            return error.to_string();
        }
    };
    format!("{error}; {advice}.")
}
