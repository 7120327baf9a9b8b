//! What is kept of a sign-in, and the line it leaves in the audit log.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Directory;
use crate::audit::{self, About, Action, Entry};
use crate::base::{Ambient, Reference};
use crate::claims::Recorded;
use crate::identity::{Actor, IdentityId, IdpKey, OrganizationId, RoleId, RoleName, SignInId};
use crate::policy;
use crate::store::sign_ins::{self, SignInRow};
use crate::store::{self, StoreError, Tx, grants, identities};

/// What is kept of sign-ins, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    /// Whether the claims of each identity's last sign-in are kept.
    pub keep_claims: bool,
    /// Names of top-level claims that are never kept.
    pub redact_claims: Vec<String>,
    /// How long claims are kept after the sign-in.
    pub claims_retention: Duration,
    /// How long lines of the audit log are kept.
    pub audit_retention: Duration,
}

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for RecordSettings {
    fn default() -> Self {
        Self {
            keep_claims: true,
            redact_claims: Vec::new(),
            // A season: long enough to preview a policy for those who come rarely.
            claims_retention: DAY * 90,
            audit_retention: DAY * 365,
        }
    }
}

/// What will be kept of a sign-in under way.
#[derive(Clone, Debug)]
pub struct Record {
    /// What a page shows of it, and the log.
    pub reference: Reference,
    /// The key at the IdP; empty until it is known.
    identifier: String,
    /// The claims, unless they are not kept.
    claims: Option<Value>,
    /// Names of the claims that were left out.
    redacted: Vec<String>,
    /// The version of the catalogue that decided.
    version: i64,
    /// The verdicts that granted or failed, as JSON.
    verdicts: Value,
}

impl Record {
    /// A record that holds nothing yet.
    pub fn new(ambient: &Ambient) -> Self {
        let reference = Reference::new(ambient);
        Self {
            reference,
            identifier: String::new(),
            claims: None,
            redacted: Vec::new(),
            version: 0,
            verdicts: json!([]),
        }
    }

    /// Takes in what the sources said, as far as it is kept. Taken in before anything was checked: [`Record::forget`]
    /// what is refused for its size.
    pub fn take_claims(
        &mut self,
        settings: &RecordSettings,
        id_token: &Map<String, Value>,
        userinfo: Option<&Map<String, Value>>,
    ) {
        if settings.keep_claims {
            let (recorded, redacted) = Recorded::of(id_token, userinfo, &settings.redact_claims);
            self.claims = serde_json::to_value(recorded).ok();
            self.redacted = redacted;
        }
    }

    /// Lets the claims go.
    pub fn forget(&mut self) {
        self.claims = None;
    }

    /// Takes in who it is.
    pub fn take_identifier(&mut self, identifier: &str) {
        identifier.clone_into(&mut self.identifier);
    }

    /// Takes in what the policies of that version decided. Names that selectors returned and that are no roles are
    /// content of claims, perhaps of one that is not kept: then they are not kept either.
    pub fn take_verdicts(&mut self, version: i64, mut verdicts: Value) {
        let may_quote = self.claims.is_some() && self.redacted.is_empty();
        for verdict in verdicts.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            verdict.retain(|key, _| may_quote || key != policy::QUOTED);
        }
        (self.version, self.verdicts) = (version, verdicts);
    }

    pub(super) fn row(
        &self,
        ambient: &Ambient,
        idp: IdpKey,
        identity: Option<IdentityId>,
        refused: Option<String>,
    ) -> SignInRow {
        SignInRow {
            id: SignInId::new(ambient.uuid()),
            idp,
            identity,
            identifier: self.identifier.clone(),
            reference: self.reference.to_string(),
            refused,
            at: ambient.now(),
            catalogue_version: self.version,
            claims: self.claims.clone(),
            redacted: self.redacted.clone(),
            verdicts: self.verdicts.clone(),
        }
    }
}

/// What roles are called, for people to read.
pub(super) struct RoleNames(Vec<(RoleId, OrganizationId, RoleName)>);

impl RoleNames {
    /// The names of these roles.
    pub(super) async fn of(tx: &mut Tx, roles: &[RoleId]) -> Result<Self, StoreError> {
        grants::role_names(tx, roles).await.map(Self)
    }

    /// Those of these roles, by organization, each in order of name.
    pub(super) fn told(&self, roles: &[RoleId]) -> Value {
        let roles: HashSet<RoleId> = roles.iter().copied().collect();
        let mut by_organization: Map<String, Value> = Map::new();
        for (_, organization, name) in self.0.iter().filter(|(role, ..)| roles.contains(role)) {
            let list = by_organization.entry(organization.as_str()).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(json!(name.as_str()));
            }
        }
        Value::Object(by_organization)
    }
}

/// A sign-in that was refused before anything was written.
#[derive(Clone, Copy, Debug)]
pub struct RefusedSignIn<'a> {
    /// The IdP that vouched for it.
    pub idp: IdpKey,
    /// Why. Holds no secret and no content of a claim.
    pub why: &'a str,
    /// What is kept of it.
    pub record: &'a Record,
}

impl Directory {
    /// The settings of what is kept.
    pub fn records(&self) -> Arc<RecordSettings> {
        self.records.load_full()
    }

    /// All that the last sign-in of an identity told, if all of it is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_claims(&self, idp: IdpKey, identifier: &str) -> Result<Option<Recorded>, StoreError> {
        let kept = sign_ins::claims_of(&self.db, idp, identifier).await?;
        let whole = kept.filter(|(_, redacted)| redacted.is_empty());
        Ok(whole.and_then(|(claims, _)| serde_json::from_value(claims).ok()))
    }

    /// Writes down that somebody was refused whom a provider vouched for. What is refused earlier, to whoever it may
    /// be, is told in the log alone: strangers write nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_refusal(&self, refused: &RefusedSignIn<'_>) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        if store::audit::by_reference(&mut tx, refused.record.reference.as_str()).await?.is_some() {
            // Somebody known, whose revocations were written down with it.
            return Ok(());
        }
        let known = identities::find(&mut tx, refused.idp, &refused.record.identifier).await?;
        let row = refused.record.row(&self.ambient, refused.idp, None, Some(refused.why.to_owned()));
        sign_ins::put(&mut tx, &row).await?;
        let user = known.as_ref().map(|identity| identity.user);
        let entry = Entry {
            action: Action::SignInRefused,
            actor: user.map_or(Actor::Stranger, Actor::User),
            about: About {
                user,
                identity: known.map(|identity| identity.id),
                idp: Some(refused.idp),
                ..About::default()
            },
            reference: Some(refused.record.reference.clone()),
            detail: Some(refused.why.to_owned()),
            change: Some((Value::Null, json!({ "identifier": refused.record.identifier }))),
        };
        audit::record(&mut tx, &self.ambient, entry).await?;
        tx.commit().await
    }

    /// Does what follows for those who held a role that ended, some of them in each transaction.
    async fn settle(&self) -> Result<(), StoreError> {
        loop {
            let mut tx = self.db.begin().await?;
            let more = store::declared::settle(&mut tx).await?;
            tx.commit().await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Forgets what is kept no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let (now, records) = (self.ambient.now(), self.records());
        sign_ins::sweep(&self.db, now.minus(records.claims_retention)).await?;
        store::audit::sweep(&self.db, now.minus(records.audit_retention)).await?;
        store::audit::add_up(&self.db, now.minus(records.audit_retention)).await?;
        self.sweep_tokens().await?;
        self.settle().await
    }
}
