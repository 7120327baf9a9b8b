//! What needs an admin's attention and is in no database: told by whoever knows, to every door that admins come by.

use crate::identity::IdpId;

/// Tells which IdPs did not answer when they were last asked, with why not.
pub type Troubles = Box<dyn Fn() -> Vec<(IdpId, String)> + Send + Sync>;

/// Tells which certificates need attention: what, and why or what to do.
pub type Notices = Box<dyn Fn() -> Vec<(String, String)> + Send + Sync>;
