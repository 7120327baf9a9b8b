//! The flags by which somebody says that a dangerous change is meant.

use crate::directory::{Approval, Danger, DangerKind, DeclareError, Gone, IdentityChoice};
use crate::identity::IdpId;

/// What `--prune` says of what the file declares no longer.
pub(super) const fn gone(prune: bool) -> Gone {
    if prune { Gone::Pruned } else { Gone::Kept }
}

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Meant {
    /// The identities of this IdP stay the same people although its issuer or identifier changed.
    #[arg(long, value_name = "IDP")]
    keep_identities: Vec<IdpId>,
    /// The identities of this IdP are forgotten, with what their sign-ins gave, because its issuer, identifier or owner
    /// changed.
    #[arg(long, value_name = "IDP")]
    forget_identities: Vec<IdpId>,
    /// Organizations may be left without an admin.
    #[arg(long)]
    allow_loss_of_admins: bool,
    /// More than a tenth of all users may lose roles.
    #[arg(long)]
    allow_loss_of_roles: bool,
}

impl Meant {
    pub(super) fn approval(&self) -> Approval {
        let keep = self.keep_identities.iter().map(|idp| (idp.clone(), IdentityChoice::Keep));
        let forget = self.forget_identities.iter().map(|idp| (idp.clone(), IdentityChoice::Forget));
        Approval {
            identities: keep.chain(forget).collect(),
            loss_of_admins: self.allow_loss_of_admins,
            loss_of_roles: self.allow_loss_of_roles,
        }
    }
}

/// The flags that would say that what was refused is meant.
pub(super) fn remedies(refused: &DeclareError) -> Vec<String> {
    match refused {
        DeclareError::Dangerous(dangers) => dangers.iter().map(remedy).collect(),
        _ => Vec::new(),
    }
}

/// The flag that says that this is meant.
pub(super) fn remedy(danger: &Danger) -> String {
    match danger {
        Danger::Identities { idp, kind: DangerKind::Source, .. } => {
            format!("--keep-identities {idp} or --forget-identities {idp}")
        }
        Danger::Identities { idp, kind: DangerKind::Owner | DangerKind::Removal, .. } => {
            format!("--forget-identities {idp}")
        }
        Danger::LossOfAdmins { .. } => "--allow-loss-of-admins".to_owned(),
        Danger::LossOfRoles { .. } => "--allow-loss-of-roles".to_owned(),
    }
}
