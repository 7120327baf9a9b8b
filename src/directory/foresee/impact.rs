//! Who gains and who loses what: old and new policies over what everybody's last sign-in said, page by page.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::claims::Claims;
use crate::directory::declare::DeclareError;
use crate::directory::explain::kept_claims;
use crate::identity::{
    Catalogue, IdentityId, IdpId, IdpKey, OrganizationId, OrganizationKey, Origin, RoleId, RoleName, UserId, Username,
};
use crate::policy::{self, Outcome, Snapshot};
use crate::store::grants::{self, LiveGrant};
use crate::store::sign_ins::{self, LastSignIn};
use crate::store::{StoreError, Tx, users};

/// Identities looked at in one go: a page of claims of the largest size is some thirty megabytes.
const PAGE: u32 = 500;
/// Most users named for each role that is gained or lost; the rest is counted.
const NAMED: usize = 20;

/// Who gains or loses a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The organization.
    pub organization: OrganizationId,
    /// The role.
    pub role: RoleName,
    /// How many.
    pub count: u64,
    /// The first of them, by name.
    pub users: Vec<Username>,
}

/// What a change does to people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// How many identities were looked at.
    pub identities: u64,
    /// Roles that come, in order of organization and role.
    pub gains: Vec<Effect>,
    /// Roles that go.
    pub losses: Vec<Effect>,
    /// Organizations whose selectors would newly fail, and for how many identities.
    pub failing: Vec<(OrganizationId, u64)>,
    /// Claims that come as a text where selectors look into them with `contains()`, which finds parts of a text; and at
    /// which IdP, for how many identities.
    pub texts: Vec<(IdpId, String, u64)>,
    /// How many identities cannot be foreseen, since their claims are not kept.
    pub unknown: u64,
    /// The first of their users, by name.
    pub unknown_users: Vec<Username>,
    /// How many identities can sign in no longer, since their IdP is declared no longer.
    pub shut_out: u64,
    /// How many users would lose a role.
    pub losing: u64,
    /// How many users hold a role now.
    pub holders: u64,
    /// Organizations that have an admin now and would have none.
    pub without_admin: Vec<OrganizationId>,
}

impl Impact {
    /// Whether it changes nothing for anybody, as far as is known.
    pub fn is_empty(&self) -> bool {
        self.gains.is_empty()
            && self.losses.is_empty()
            && self.failing.is_empty()
            && self.texts.is_empty()
            && self.unknown == 0
            && self.shut_out == 0
    }

    /// As JSON, of the same names.
    pub fn to_json(&self) -> Value {
        let effects = |effects: &[Effect]| -> Value {
            let effect = |effect: &Effect| {
                let users: Vec<&str> = effect.users.iter().map(Username::as_str).collect();
                let Effect { organization, role, count, .. } = effect;
                json!({ "organization": organization, "role": role, "count": count, "users": users })
            };
            effects.iter().map(effect).collect()
        };
        let failing: Vec<Value> =
            self.failing.iter().map(|(id, count)| json!({ "organization": id, "identities": count })).collect();
        let texts: Vec<Value> = (self.texts.iter())
            .map(|(idp, claim, count)| json!({ "idp": idp, "claim": claim, "identities": count }))
            .collect();
        json!({
            "texts": texts,
            "identities": self.identities,
            "gains": effects(&self.gains),
            "losses": effects(&self.losses),
            "failing": failing,
            "unknown": self.unknown,
            "unknown_users": self.unknown_users.iter().map(Username::as_str).collect::<Vec<_>>(),
            "shut_out": self.shut_out,
            "losing": self.losing,
            "holders": self.holders,
            "without_admin": self.without_admin,
        })
    }
}

/// Before and after.
pub(super) struct Sides {
    pub(super) before: Catalogue,
    pub(super) after: Catalogue,
    pub(super) old: Snapshot,
    pub(super) new: Snapshot,
    pub(super) forgotten: HashSet<IdpKey>,
    /// By IdP, the claims that its new selectors look into with `contains()`.
    pub(super) contained: HashMap<IdpKey, BTreeSet<String>>,
}

type Held = (OrganizationKey, RoleId);

/// What a page of identities comes to.
#[derive(Default)]
struct Tally {
    identities: u64,
    shut_out: u64,
    gains: BTreeSet<(Held, UserId)>,
    losses: BTreeSet<(Held, UserId)>,
    failing: HashMap<OrganizationKey, u64>,
    texts: BTreeMap<(IdpKey, String), u64>,
    unknown: Vec<UserId>,
}

/// Works an impact out, off the async workers.
pub(super) async fn work_out(tx: &mut Tx, sides: Sides, now: Timestamp) -> Result<Impact, DeclareError> {
    let sides = Arc::new(sides);
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let page = sign_ins::page(tx, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.identity);
        let users: BTreeSet<UserId> = page.iter().map(|row| row.user).collect();
        let held = grants::live_of(tx, &users.into_iter().collect::<Vec<_>>(), now).await?;
        let sides = Arc::clone(&sides);
        let worked = tokio::task::spawn_blocking(move || {
            tally.take(page, &held, &sides);
            tally
        });
        tally = worked.await.map_err(|error| DeclareError::Internal(error.to_string()))?;
    }
    tally.take_gone(tx, &sides).await?;
    Ok(tally.told(tx, &sides, now).await?)
}

impl Tally {
    fn take(&mut self, page: Vec<LastSignIn>, held: &[LiveGrant], sides: &Sides) {
        let mut of: HashMap<UserId, Vec<&LiveGrant>> = HashMap::new();
        for grant in held {
            of.entry(grant.user).or_default().push(grant);
        }
        for row in page {
            self.identities += 1;
            let held = of.get(&row.user).map(Vec::as_slice).unwrap_or_default();
            self.identity(row, held, sides);
        }
    }

    fn identity(&mut self, row: LastSignIn, held: &[&LiveGrant], sides: &Sides) {
        let (idp, user, identity) = (row.idp, row.user, row.identity);
        if sides.forgotten.contains(&idp) {
            return;
        }
        let before = sides.before.idp(idp);
        let Some(after) = sides.after.idp(idp) else {
            self.shut_out += u64::from(before.is_some());
            return;
        };
        if !after.spec.auto_provision {
            return;
        }
        let redacted: HashSet<String> = row.redacted.iter().cloned().collect();
        let Ok(claims) = kept_claims(after, row.claims, row.redacted) else {
            self.unknown.push(user);
            return;
        };
        for claim in sides.contained.get(&idp).into_iter().flatten() {
            if claims.merged().get(claim).is_some_and(Value::is_string) {
                *self.texts.entry((idp, claim.clone())).or_default() += 1;
            }
        }
        let new = decided(&sides.new, idp, &claims);
        let old = match before.filter(|idp| idp.spec.auto_provision) {
            Some(_) => decided(&sides.old, idp, &claims),
            None => Decided::default(),
        };
        let mut known = true;
        for failing in new.failing.difference(&old.failing) {
            *self.failing.entry(*failing).or_default() += 1;
        }
        if !redacted.is_empty() && (!new.failing.is_empty() || !old.failing.is_empty()) {
            // What failed may have failed for want of what was left out: about those organizations nothing is known.
            self.unknown.push(user);
            known = false;
        }
        let is_known = |pair: &Held| known || !(new.failing.contains(&pair.0) || old.failing.contains(&pair.0));
        let holds = |pair: &Held| held.iter().any(|grant| (grant.organization, grant.role) == *pair);
        let gains = new.gives.difference(&old.gives).filter(|pair| !holds(pair));
        self.gains.extend(gains.filter(|pair| is_known(pair)).map(|pair| (*pair, user)));
        let losses = old.gives.difference(&new.gives).filter(|pair| loses(pair, identity, held));
        self.losses.extend(losses.filter(|pair| is_known(pair)).map(|pair| (*pair, user)));
    }

    /// Roles that go with their organization or by themselves go from everybody, whoever gave them.
    async fn take_gone(&mut self, tx: &mut Tx, sides: &Sides) -> Result<(), StoreError> {
        let roles = |catalogue: &Catalogue| -> HashSet<RoleId> {
            catalogue.organizations.iter().flat_map(|organization| &organization.roles).map(|role| role.id).collect()
        };
        let gone: Vec<RoleId> = roles(&sides.before).difference(&roles(&sides.after)).copied().collect();
        let held = grants::of_roles_held(tx, &gone).await?;
        self.losses.extend(held.into_iter().map(|grant| ((grant.organization, grant.role), grant.user)));
        Ok(())
    }

    async fn told(self, tx: &mut Tx, sides: &Sides, now: Timestamp) -> Result<Impact, StoreError> {
        let names = Names::of(tx, &self).await?;
        let losing: BTreeSet<UserId> = self.losses.iter().map(|(_, user)| *user).collect();
        let mut failing: Vec<(OrganizationId, u64)> = self
            .failing
            .iter()
            .filter_map(|(key, count)| Some((sides.after.organization(*key)?.id.clone(), *count)))
            .collect();
        failing.sort();
        Ok(Impact {
            identities: self.identities,
            gains: names.effects(&self.gains, sides),
            losses: names.effects(&self.losses, sides),
            failing,
            texts: (self.texts.iter())
                .filter_map(|((idp, claim), count)| {
                    Some((sides.after.idp(*idp)?.spec.id.clone(), claim.clone(), *count))
                })
                .collect(),
            unknown: self.unknown.len() as u64,
            unknown_users: names.some(self.unknown.iter().copied()),
            shut_out: self.shut_out,
            losing: losing.len() as u64,
            holders: grants::holders(tx).await?,
            without_admin: self.without_admin(tx, sides, now).await?,
        })
    }

    /// Organizations that have an admin, and would have none: of those who hold an admin role now, everybody loses it or
    /// it administers no longer, and nobody gains one.
    async fn without_admin(
        &self,
        tx: &mut Tx,
        sides: &Sides,
        now: Timestamp,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let admin_roles = |catalogue: &Catalogue| -> HashSet<RoleId> {
            let roles = catalogue.organizations.iter().flat_map(|organization| &organization.roles);
            roles.filter(|role| role.admin).map(|role| role.id).collect()
        };
        let (before, after) = (admin_roles(&sides.before), admin_roles(&sides.after));
        let every: Vec<RoleId> = before.union(&after).copied().collect();
        let holding: BTreeSet<UserId> = grants::of_roles_held(tx, &every).await?.iter().map(|held| held.user).collect();
        let live = grants::live_of(tx, &holding.into_iter().collect::<Vec<_>>(), now).await?;
        let (mut has, mut keeps) = (HashSet::new(), HashSet::new());
        for grant in live {
            let pair = (grant.organization, grant.role);
            if before.contains(&grant.role) {
                has.insert(grant.organization);
            }
            if after.contains(&grant.role) && !self.losses.contains(&(pair, grant.user)) {
                keeps.insert(grant.organization);
            }
        }
        let gained = self.gains.iter().filter(|((_, role), _)| after.contains(role));
        keeps.extend(gained.map(|((organization, _), _)| *organization));
        let without = sides.after.organizations.iter().filter(|o| has.contains(&o.key) && !keeps.contains(&o.key));
        Ok(without.map(|organization| organization.id.clone()).collect())
    }
}

/// Whether an identity's sign-ins gave the role, and nobody else did.
fn loses(pair: &Held, identity: IdentityId, held: &[&LiveGrant]) -> bool {
    let mut given = held.iter().filter(|grant| (grant.organization, grant.role) == *pair).peekable();
    given.peek().is_some() && given.all(|grant| grant.origin == Origin::Policy(identity))
}

/// What policies give, and where they fail.
#[derive(Default)]
struct Decided {
    gives: BTreeSet<Held>,
    failing: BTreeSet<OrganizationKey>,
}

fn decided(snapshot: &Snapshot, idp: IdpKey, claims: &Claims) -> Decided {
    let Some(policies) = snapshot.idp(idp) else { return Decided::default() };
    let decision = policy::decide(policies, policies.reach(), claims);
    let failing = decision.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Error { .. }));
    Decided { gives: decision.desired().collect(), failing: failing.map(|verdict| verdict.organization).collect() }
}

/// What the users that are named are called.
struct Names(HashMap<UserId, Username>);

impl Names {
    async fn of(tx: &mut Tx, tally: &Tally) -> Result<Self, StoreError> {
        let mut wanted: BTreeSet<UserId> = tally.unknown.iter().take(NAMED).copied().collect();
        for effects in [&tally.gains, &tally.losses] {
            let mut named: HashMap<Held, usize> = HashMap::new();
            for (pair, user) in effects {
                let count = named.entry(*pair).or_default();
                *count += 1;
                if *count <= NAMED {
                    wanted.insert(*user);
                }
            }
        }
        let wanted: Vec<UserId> = wanted.into_iter().collect();
        Ok(Self(users::usernames(tx, &wanted).await?.into_iter().collect()))
    }

    fn some(&self, users: impl Iterator<Item = UserId>) -> Vec<Username> {
        let mut names: Vec<Username> = users.take(NAMED).filter_map(|user| self.0.get(&user).cloned()).collect();
        names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup();
        names
    }

    fn effects(&self, changed: &BTreeSet<(Held, UserId)>, sides: &Sides) -> Vec<Effect> {
        let mut users: BTreeMap<Held, Vec<UserId>> = BTreeMap::new();
        for (pair, user) in changed {
            users.entry(*pair).or_default().push(*user);
        }
        let effect = |((organization, role), users): (Held, Vec<UserId>)| {
            // What goes has its name from before, what comes from after.
            let [before, after] = [&sides.before, &sides.after].map(|side| side.organization(organization));
            let (id, name) = [after, before].into_iter().flatten().find_map(|organization| {
                let role = organization.roles.iter().find(|other| other.id == role)?;
                Some((organization.id.clone(), role.name.clone()))
            })?;
            let (count, users) = (users.len() as u64, self.some(users.into_iter()));
            Some(Effect { organization: id, role: name, count, users })
        };
        let mut effects: Vec<Effect> = users.into_iter().filter_map(effect).collect();
        effects.sort_by(|one, other| (&one.organization, &one.role).cmp(&(&other.organization, &other.role)));
        effects
    }
}
