//! Policies: `/console/idps/{idp}/policy` is a provider's default policy,
//! `…/organizations/{organization}/policies/{idp}` an organization's own. One page serves both kinds of admins; what
//! each may see and do is their handle's.

mod desk;
mod examples;
mod form;
mod guide;
mod history;
mod list;
mod playground;
mod trial;
mod write;

pub(super) use history::{compare_version, list_versions};
pub(super) use list::show as list;
pub(super) use playground::{ask as ask_playground, show as show_playground};
pub(super) use write::{show, take};
