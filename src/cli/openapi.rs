//! `vestibule openapi`: the document of the REST API, for those who make clients of it.

use super::{Outcome, Terminal};
use crate::api;

/// Print the OpenAPI document of the REST API.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

impl Arguments {
    pub(super) fn run(self, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        terminal.say(format_args!("{:#}", api::document()));
        Ok(Outcome::Done)
    }
}
