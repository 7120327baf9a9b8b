//! `/console/people`, and the same below an organization: people found, seen whole, and what is done to them. Each page
//! serves both kinds of admins; their handle says what it may show.

mod acts;
mod add;
mod list;
mod page;
mod roles;

pub(super) use acts::{confirm_delete, confirm_disable, confirm_end, delete, disable, enable, end, merge, merge_form};
pub(super) use add::{add, add_form};
pub(super) use list::list;
pub(super) use page::{Narrowed, person, sign_in_facts};
pub(super) use roles::{roles_form, set_roles};

use super::failed::Failed;
use super::here::{Administered, Here};
use super::shell::{Corner, Place};
use crate::directory::{AdminError, Who};
use crate::identity::UserId;
use crate::pages::Shell;

/// Where people are.
const BELOW: &str = "/people";

impl<Of: Administered> Here<Of> {
    /// Where somebody has their page.
    fn person(&self, user: UserId) -> String {
        self.path(&format!("{BELOW}/{user}"))
    }
}

impl Here {
    fn people_shell(&self) -> Shell {
        self.shell(Place::People, Corner::People)
    }
}

/// Outside a form there is nothing to put a word beside.
impl From<AdminError> for Failed {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(error) => error.into(),
            AdminError::NoSuchUser => Self::NotFound,
            _ => Self::BadRequest,
        }
    }
}

/// An address or identifier by which somebody is known, as a form says it.
fn who(by: &str, told: &str) -> Who {
    if by == "identifier" { Who::Identifier(told.to_owned()) } else { Who::Email(told.to_owned()) }
}
