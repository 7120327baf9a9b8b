//! What the pages come to: what is lost for good, which organizations are left without an admin, and everything by the
//! names that people read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::impact::{Effect, Impact, What};
use super::tally::{Sides, Tally, Thing};
use crate::base::Timestamp;
use crate::directory::plan::Audience;
use crate::identity::{Catalogue, OrganizationId, OrganizationKey, Role, RoleId, UserId, Username};
use crate::store::{StoreError, Tx, holders, users};

/// Most users named for each thing that is gained or lost; the rest is counted.
const NAMED: usize = 20;

type Effects = BTreeSet<(Thing, UserId)>;

/// Sums a tally of all pages up. Of what everybody has or loses, no more than `most` people are looked at.
pub(super) async fn sum(
    tally: Tally,
    tx: &mut Tx,
    sides: &Sides,
    now: Timestamp,
    most: u64,
) -> Result<Impact, StoreError> {
    let lost = tally.going.into_iter().filter(|(_, (gone, of))| gone == of);
    let mut losses: Effects = lost.map(|(lost, _)| lost).collect();
    let mut gains = tally.gains;
    let (before, after) = (roles(&sides.before), roles(&sides.after));
    // A role that goes, alone or with its organization, goes from everybody, whoever gave it; and so it comes back.
    let gone: Vec<RoleId> = before.keys().filter(|role| !after.contains_key(role)).copied().collect();
    let held = holders::live_of_roles(tx, &gone, now, most).await?;
    let mut beyond = tally.beyond || held.len() as u64 >= most;
    losses.extend(held.into_iter().map(|held| (Thing::Role(held.organization, held.role), held.user)));
    let come: Vec<RoleId> = after.keys().filter(|role| !before.contains_key(role)).copied().collect();
    let given = holders::of_roles(tx, &come, most).await?;
    beyond |= given.len() as u64 >= most;
    for (role, user) in given {
        gains.extend(after.get(&role).map(|(organization, _)| (Thing::Role(*organization, role), user)));
    }
    let names = Names::of(tx, &gains, &losses, &tally.unknown).await?;
    let losing: BTreeSet<UserId> =
        losses.iter().filter(|(thing, _)| *thing != Thing::ServerAdmin).map(|(_, user)| *user).collect();
    let named = |(key, count)| Some((sides.after.organization(key)?.id.clone(), count));
    let mut failing: Vec<(OrganizationId, u64)> = tally.failing.into_iter().filter_map(named).collect();
    failing.sort();
    let of_idp = |((idp, claim), count)| Some((sides.after.idp(idp)?.spec.id.clone(), claim, count));
    let texts = tally.texts.into_iter().filter_map(of_idp).collect();
    Ok(Impact {
        identities: tally.identities,
        gains: names.effects(&gains, sides),
        losses: names.effects(&losses, sides),
        failing,
        texts,
        unknown: tally.unknown.len() as u64,
        unknown_users: names.some(tally.unknown.iter().copied()),
        shut_out: tally.shut_out,
        losing: losing.len() as u64,
        beyond,
        holders: match sides.audience {
            // Who loses is known of these alone, and so is a share of them.
            _ if beyond => tally.identities.max(losing.len() as u64),
            Audience::Everybody => holders::count(tx, None, now, most).await?,
            Audience::Members(organization) => holders::count(tx, Some(organization), now, most).await?,
        },
        without_admin: without_admin(&gains, &losses, tx, sides, now).await?,
    })
}

/// Every role, with its organization.
fn roles(catalogue: &Catalogue) -> HashMap<RoleId, (OrganizationKey, &Role)> {
    let roles = catalogue
        .organizations
        .iter()
        .flat_map(|organization| organization.roles.iter().map(|role| (role.id, (organization.key, role))));
    roles.collect()
}

/// Every role that administers, with the organization.
fn admin_roles(catalogue: &Catalogue) -> HashMap<RoleId, OrganizationKey> {
    let roles = roles(catalogue).into_iter().filter(|(_, (_, role))| role.admin);
    roles.map(|(id, (organization, _))| (id, organization)).collect()
}

/// Whoever holds a role that administers, no more than `most` of them.
pub(super) async fn admins(
    tx: &mut Tx,
    sides: &Sides,
    now: Timestamp,
    most: u64,
) -> Result<BTreeSet<UserId>, StoreError> {
    let every: Vec<RoleId> = admin_roles(&sides.before).into_keys().collect();
    Ok(holders::live_of_roles(tx, &every, now, most).await?.into_iter().map(|held| held.user).collect())
}

/// Organizations that have an admin, and would have none: everybody who holds an admin role now loses it, or it
/// administers no longer, and nobody gains one. Asked of those alone in which any of that can be.
async fn without_admin(
    gains: &Effects,
    losses: &Effects,
    tx: &mut Tx,
    sides: &Sides,
    now: Timestamp,
) -> Result<Vec<OrganizationId>, StoreError> {
    let (before, after) = (admin_roles(&sides.before), admin_roles(&sides.after));
    let mut losers: HashMap<RoleId, BTreeSet<UserId>> = HashMap::new();
    for (thing, user) in losses {
        if let Thing::Role(_, role) = thing
            && after.contains_key(role)
        {
            losers.entry(*role).or_default().insert(*user);
        }
    }
    let ends = before.iter().filter(|(role, _)| !after.contains_key(role)).map(|(_, organization)| *organization);
    let concerned: HashSet<OrganizationKey> =
        losers.keys().filter_map(|role| after.get(role).copied()).chain(ends).collect();
    let of = |roles: &HashMap<RoleId, OrganizationKey>| -> Vec<RoleId> {
        roles.iter().filter(|(_, organization)| concerned.contains(organization)).map(|(role, _)| *role).collect()
    };
    let has = holders::held_of(tx, &of(&before), now).await?;
    let has: HashSet<OrganizationKey> = has.iter().filter_map(|role| before.get(role).copied()).collect();
    // Whoever may not enter is nobody's admin, before and after.
    let all: BTreeSet<UserId> = losers.values().flatten().copied().collect();
    let disabled = users::disabled(tx, &all.into_iter().collect::<Vec<_>>()).await?;
    let losing = |role: &RoleId| losers.get(role).map_or(0, |users| users.difference(&disabled).count()) as u64;
    let most = losers.keys().map(losing).max().unwrap_or_default() + 1;
    let held = holders::count_of(tx, &of(&after), now, most).await?;
    let stays = held.iter().filter(|(role, count)| *count > losing(role)).filter_map(|(role, _)| after.get(role));
    let comes = gains.iter().filter_map(|(thing, _)| match thing {
        Thing::Role(organization, role) => after.contains_key(role).then_some(organization),
        Thing::ServerAdmin => None,
    });
    let keeps: HashSet<OrganizationKey> = stays.chain(comes).copied().collect();
    let without = sides.after.organizations.iter().filter(|o| has.contains(&o.key) && !keeps.contains(&o.key));
    Ok(without.map(|organization| organization.id.clone()).collect())
}

/// What the users that are named are called.
struct Names(HashMap<UserId, Username>);

impl Names {
    async fn of(tx: &mut Tx, gains: &Effects, losses: &Effects, unknown: &[UserId]) -> Result<Self, StoreError> {
        let mut wanted: BTreeSet<UserId> = unknown.iter().take(NAMED).copied().collect();
        for effects in [gains, losses] {
            let mut named: HashMap<Thing, usize> = HashMap::new();
            for (thing, user) in effects {
                let count = named.entry(*thing).or_default();
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

    fn effects(&self, changed: &Effects, sides: &Sides) -> Vec<Effect> {
        let mut users: BTreeMap<Thing, Vec<UserId>> = BTreeMap::new();
        for (thing, user) in changed {
            users.entry(*thing).or_default().push(*user);
        }
        let effect = |(thing, users): (Thing, Vec<UserId>)| {
            let (what, count) = (what(thing, sides)?, users.len() as u64);
            Some(Effect { what, count, users: self.some(users.into_iter()) })
        };
        let mut effects: Vec<Effect> = users.into_iter().filter_map(effect).collect();
        effects.sort_by(|one, other| one.what.cmp(&other.what));
        effects
    }
}

/// A thing by its name: what goes has its name from before, what comes from after.
fn what(thing: Thing, sides: &Sides) -> Option<What> {
    let Thing::Role(organization, role) = thing else { return Some(What::ServerAdmin) };
    let sides = [&sides.after, &sides.before].into_iter().filter_map(|side| side.organization(organization));
    let named = sides.flat_map(|organization| organization.roles.iter().map(move |role| (organization, role)));
    let (organization, role) = named.into_iter().find(|(_, other)| other.id == role)?;
    Some(What::Role(organization.id.clone(), role.name.clone()))
}
