//! What everybody's last sign-in would come to: old and new policies over what it said, added up.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::claims::Claims;
use crate::directory::explain::kept_claims;
use crate::directory::plan::Audience;
use crate::identity::{Catalogue, IdentityId, Idp, IdpKey, OrganizationKey, Origin, RoleId, UserId};
use crate::policy::{self, Snapshot};
use crate::store::holders::LiveGrant;
use crate::store::sign_ins::LastSignIn;

/// Before and after.
pub(super) struct Sides {
    pub(super) before: Catalogue,
    pub(super) after: Catalogue,
    pub(super) old: Snapshot,
    pub(super) new: Snapshot,
    pub(super) forgotten: HashSet<IdpKey>,
    /// By IdP, the claims that its new selectors look into with `contains()`.
    pub(super) contained: HashMap<IdpKey, BTreeSet<String>>,
    pub(super) audience: Audience,
}

/// Something that can be held. Roles come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Thing {
    Role(OrganizationKey, RoleId),
    ServerAdmin,
}

/// Something somebody holds, and from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) thing: Thing,
    pub(super) origin: Origin,
}

impl From<LiveGrant> for Held {
    fn from(grant: LiveGrant) -> Self {
        Self { thing: Thing::Role(grant.organization, grant.role), origin: grant.origin }
    }
}

/// What the pages so far come to.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) identities: u64,
    /// Whether there are more of them than are looked at.
    pub(super) beyond: bool,
    pub(super) shut_out: u64,
    pub(super) gains: BTreeSet<(Thing, UserId)>,
    /// What goes: how many of those who gave it give it no longer, and of how many. It is lost when nobody is left.
    pub(super) going: BTreeMap<(Thing, UserId), (usize, usize)>,
    pub(super) failing: HashMap<OrganizationKey, u64>,
    pub(super) texts: BTreeMap<(IdpKey, String), u64>,
    pub(super) unknown: Vec<UserId>,
}

impl Tally {
    pub(super) fn identity(&mut self, row: LastSignIn, held: &[Held], sides: &Sides) {
        let (user, idp) = (row.user, row.idp);
        if sides.forgotten.contains(&idp) {
            return;
        }
        self.identities += 1;
        let before = sides.before.idp(idp);
        let given = given(row.identity, held);
        let Some(after) = sides.after.idp(idp) else {
            // Nobody signs in there any more, and what sign-ins there gave counts no longer.
            if before.is_some() {
                self.shut_out += 1;
                self.lose(user, given, held);
            }
            return;
        };
        if !after.spec.auto_provision {
            return;
        }
        let before = before.filter(|idp| idp.spec.auto_provision);
        let Some((was, claims)) = read(row, before, after) else {
            self.unknown.push(user);
            return;
        };
        for claim in sides.contained.get(&idp).into_iter().flatten() {
            if claims.merged().get(claim).is_some_and(Value::is_string) {
                *self.texts.entry((idp, claim.clone())).or_default() += 1;
            }
        }
        let old = before.map(|_| Decided::of(was.as_ref().unwrap_or(&claims), idp, &sides.old)).unwrap_or_default();
        let new = Decided::of(&claims, idp, &sides.new);
        for failing in new.failing.difference(&old.failing) {
            *self.failing.entry(*failing).or_default() += 1;
        }
        if !(old.is_sure() && new.is_sure()) {
            self.unknown.push(user);
        }
        let is_known = |thing: &Thing| old.is_sure_of(thing) && new.is_sure_of(thing);
        let gains = new.gives.difference(&old.gives).filter(|thing| !held.iter().any(|held| held.thing == **thing));
        self.gains.extend(gains.filter(|thing| is_known(thing)).map(|thing| (*thing, user)));
        let losses = old.gives.difference(&new.gives).filter(|thing| given.contains(thing) && is_known(thing));
        self.lose(user, losses.copied().collect(), held);
    }

    fn lose(&mut self, user: UserId, things: BTreeSet<Thing>, held: &[Held]) {
        for thing in things {
            let of = held.iter().filter(|held| held.thing == thing).count();
            self.going.entry((thing, user)).or_insert((0, of)).0 += 1;
        }
    }
}

/// What sign-ins of an identity gave, as far as it counts.
fn given(identity: IdentityId, held: &[Held]) -> BTreeSet<Thing> {
    let given = held.iter().filter(|held| held.origin == Origin::Policy(identity));
    given.map(|held| held.thing).collect()
}

/// What policies give for some claims, and where they fail.
#[derive(Default)]
struct Decided {
    gives: BTreeSet<Thing>,
    failing: BTreeSet<OrganizationKey>,
    admin_failed: bool,
    /// Whether claims were left out: what failed may have failed for want of them, and nothing is known of it.
    redacted: bool,
}

impl Decided {
    fn of(claims: &Claims, idp: IdpKey, snapshot: &Snapshot) -> Self {
        let Some(policies) = snapshot.idp(idp) else { return Self::default() };
        let decision = policy::decide(policies, policies.reach(), claims);
        let mut gives: BTreeSet<Thing> = decision.desired().map(|(key, role)| Thing::Role(key, role)).collect();
        let server_admin = policies.profile().server_admin(claims);
        if server_admin == Ok(true) {
            gives.insert(Thing::ServerAdmin);
        }
        let redacted = claims.redacted().next().is_some();
        Self { gives, failing: decision.errored().collect(), admin_failed: server_admin.is_err(), redacted }
    }

    fn is_sure(&self) -> bool {
        !self.redacted || (self.failing.is_empty() && !self.admin_failed)
    }

    fn is_sure_of(&self, thing: &Thing) -> bool {
        let failed = match thing {
            Thing::Role(organization, _) => self.failing.contains(organization),
            Thing::ServerAdmin => self.admin_failed,
        };
        !(self.redacted && failed)
    }
}

/// The claims as the settings before read them, if those read them otherwise, and as those after do; nothing if they are
/// not kept.
fn read(row: LastSignIn, before: Option<&Idp>, after: &Idp) -> Option<(Option<Claims>, Claims)> {
    let otherwise = before.filter(|before| before.spec.list_claims != after.spec.list_claims);
    let was = match otherwise {
        Some(before) => Some(kept_claims(before, row.claims.clone(), row.redacted.clone()).ok()?),
        None => None,
    };
    Some((was, kept_claims(after, row.claims, row.redacted).ok()?))
}
