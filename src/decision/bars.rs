//! What keeps somebody from what they ask for, in each way that an upstream may understand it.

use std::iter;
use std::sync::Arc;

use http::Method;

use super::route::{Admitted, Ruled};
use super::webdav::{self, Extent};
use super::{Ambiguous, Ask, DenialReason, Principal, RequestPath, Route};

/// What keeps somebody from passing.
pub(super) enum Bar {
    /// Nobody is signed in.
    SignIn,
    /// They may not.
    Denied(DenialReason),
}

/// All that may keep somebody from something of an application.
pub(super) struct Bars<'a> {
    pub(super) route: &'a Route,
    pub(super) principal: Option<&'a Arc<Principal>>,
    /// Whether they may use the application.
    pub(super) admitted: bool,
}

impl Bars<'_> {
    /// What keeps them from what is at one path, however that is read, and whatever other it is taken for.
    pub(super) fn barred(&self, ask: &Ask<'_>) -> Result<Option<Bar>, Ambiguous> {
        self.whatever_path(ask, |ask| self.barred_whole(ask))
    }

    /// What keeps them from something, be its path taken for another or not.
    fn whatever_path(
        &self,
        ask: &Ask<'_>,
        barred: impl Fn(&Ask<'_>) -> Result<Option<Bar>, Ambiguous>,
    ) -> Result<Option<Bar>, Ambiguous> {
        let bar = barred(ask)?;
        if bar.is_some() {
            return Ok(bar);
        }
        for path in &self.route.taken_for(ask)? {
            if barred(&Ask { path, ..ask.clone() })?.is_some() {
                return Err(Ambiguous::Rules);
            }
        }
        Ok(None)
    }

    fn barred_whole(&self, ask: &Ask<'_>) -> Result<Option<Bar>, Ambiguous> {
        let chosen = self.route.rule(ask)?;
        let bar = self.bar(ask, chosen);
        if bar.is_some() || !self.route.has_rules() {
            return Ok(bar);
        }
        // Whoever follows a link to a folder is told what its rule says: they may have to sign in.
        let as_folder = self.route.rule_as_folder(ask, chosen).and_then(|rule| self.bar(ask, Some(rule)));
        if as_folder.is_some() {
            return Ok(as_folder);
        }
        let otherwise = self.route.is_barred_otherwise(ask, |rule| self.bar(ask, rule).is_some())?;
        if otherwise { Err(Ambiguous::Rules) } else { Ok(None) }
    }

    /// What keeps whoever may have the path from all that is done along with it: to what lies below, and to a second path.
    pub(super) fn barred_along(&self, ask: &Ask<'_>) -> Result<Option<Bar>, Ambiguous> {
        let extent = Extent::of(ask);
        if !(extent.below || extent.second) {
            return Ok(None);
        }
        self.whatever_path(ask, |ask| self.barred_along_whole(ask, &extent))
    }

    fn barred_along_whole(&self, ask: &Ask<'_>, extent: &Extent) -> Result<Option<Bar>, Ambiguous> {
        if extent.below
            && let Some(bar) = self.barred_below(ask)?
        {
            return Ok(Some(bar));
        }
        let second = if extent.second { webdav::destination(ask)? } else { None };
        let Some(second) = second else { return Ok(None) };
        let unstripped = self.unstripped(&second)?;
        // What is copied is read, what is moved is gone; and where it comes to something is written, or written over.
        let mut asked = vec![(ask.path, &Method::GET)];
        if extent.moves {
            asked.push((ask.path, &Method::DELETE));
        }
        let targets = || iter::once(&second).chain(&unstripped);
        asked.extend(targets().flat_map(|path| [(path, ask.method), (path, &Method::PUT)]));
        for (path, method) in asked {
            if let Some(bar) = self.barred(&Ask { path, method, ..ask.clone() })? {
                return Ok(Some(bar));
            }
        }
        for path in targets() {
            if let Some(bar) = self.whatever_path(&Ask { path, ..ask.clone() }, |ask| self.barred_below(ask))? {
                return Ok(Some(bar));
            }
        }
        Ok(None)
    }

    /// What keeps them from anything below a path.
    fn barred_below(&self, ask: &Ask<'_>) -> Result<Option<Bar>, Ambiguous> {
        Ok(self.route.rules_below(ask)?.into_iter().find_map(|rule| self.bar(ask, rule)))
    }

    /// A second path as an upstream understands it that is told of its prefix, and takes that off here too. Others take it
    /// as it is written.
    fn unstripped(&self, second: &RequestPath) -> Result<Option<RequestPath>, Ambiguous> {
        let Some(prefix) = &self.route.spec().connection.strip_prefix else { return Ok(None) };
        match second.below(prefix)? {
            None if second.is_read_below(prefix) => Err(Ambiguous::Destination),
            below => Ok(below),
        }
    }

    /// What keeps them from passing where a rule holds, or none.
    fn bar(&self, ask: &Ask<'_>, rule: Option<Ruled<'_>>) -> Option<Bar> {
        let roles = match rule {
            Some((rule, _)) if !rule.admits_from(ask.client) => {
                return Some(Bar::Denied(DenialReason::ElsewhereNotAdmitted));
            }
            Some((_, Admitted::Everyone)) => return None,
            Some((_, Admitted::Roles(roles))) => roles,
            None => self.route.roles(),
        };
        match self.principal {
            None => Some(Bar::SignIn),
            Some(principal) if self.route.admits(principal, roles) => None,
            Some(principal) => Some(Bar::Denied(self.reason(principal))),
        }
    }

    fn reason(&self, principal: &Principal) -> DenialReason {
        if self.admitted {
            DenialReason::PathNotAdmitted
        } else if principal.roles.is_empty() {
            DenialReason::WithoutOrganization
        } else if principal.roles_in(self.route.organization()).next().is_none() {
            DenialReason::NotInOrganization
        } else {
            DenialReason::RoleNotAdmitted
        }
    }
}
