//! What a server admin wants to know first: what happens, and what needs attention.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::ServerAdmin;
use crate::audit::Action;
use crate::base::Timestamp;
use crate::identity::OrganizationId;
use crate::store::audit::DAY;
use crate::store::people::{self, Filter, State};
use crate::store::{StoreError, audit, grants, holders, sign_ins};

/// Days that are told.
pub const TOLD_DAYS: usize = 14;
/// The most people without organization that are counted.
pub const MANY_WAITING: u32 = people::WINDOW;
/// Organizations named of each trouble.
const NAMED: u32 = 10;
/// The latest sign-ins looked at for selectors that fail.
const LOOKED_AT: u32 = 500;

/// How long an outlook is told again: it looks at every organization, and at the latest sign-ins.
const FRESH: Duration = Duration::from_secs(60);

/// The last outlook, and when it was.
pub(super) type Remembered = ArcSwapOption<(Timestamp, Arc<Outlook>)>;

/// One day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first instant.
    pub at: Timestamp,
    /// Sign-ins.
    pub sign_ins: u64,
    /// Sign-ins refused of people a provider vouched for, and requests refused by applications.
    pub denials: u64,
}

/// What a server admin wants to know first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// When it was looked at.
    pub at: Timestamp,
    /// The last days, today last.
    pub days: Vec<Day>,
    /// How many people sign in and are in no organization; [`MANY_WAITING`] stands for more too.
    pub without_organization: u32,
    /// Organizations that nobody administers, the first of them.
    pub without_admin: Vec<OrganizationId>,
    /// Organizations whose selectors failed in the latest sign-ins, with one reason each and how often.
    pub failing: Vec<(String, String, usize)>,
}

impl ServerAdmin<'_> {
    /// What happened lately, and what is amiss; up to a minute old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outlook(&self) -> Result<Arc<Outlook>, StoreError> {
        let (now, remembered) = (self.directory.ambient.now(), &self.directory.outlook);
        if let Some(known) = remembered.load_full().filter(|known| now.since(known.0) < FRESH) {
            return Ok(Arc::clone(&known.1));
        }
        let fresh = Arc::new(self.look_out(now).await?);
        remembered.store(Some(Arc::new((now, Arc::clone(&fresh)))));
        Ok(fresh)
    }

    /// Whether anybody holds a role, or waits for a first sign-in with one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_given_roles(&self) -> Result<bool, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        grants::any(&mut tx).await
    }

    /// Four statements.
    async fn look_out(&self, now: Timestamp) -> Result<Outlook, StoreError> {
        let first = now.micros() / DAY + 1 - i64::try_from(TOLD_DAYS).unwrap_or_default();
        let actions = [Action::SignIn, Action::SignInRefused, Action::EntryDenied].map(Action::word);
        let mut tx = self.directory.db.snapshot().await?;
        let counted = audit::by_day(&mut tx, actions, Timestamp::from_micros(first * DAY)).await?;
        let waiting = Filter { state: Some(State::WithoutOrganization), ..Filter::default() };
        let without_organization = people::count(&mut tx, &waiting, now).await?;
        let without_admin = holders::without_admin(&mut tx, now, NAMED).await?;
        let verdicts = sign_ins::recent_verdicts(&mut tx, Timestamp::from_micros(first * DAY), LOOKED_AT).await?;
        let day = |number: i64| Day { at: Timestamp::from_micros((first + number) * DAY), sign_ins: 0, denials: 0 };
        let mut days: Vec<Day> = (0..).map(day).take(TOLD_DAYS).collect();
        for (number, action, count) in counted {
            let place = usize::try_from(number - first).ok().and_then(|place| days.get_mut(place));
            let (Some(day), Ok(count)) = (place, u64::try_from(count)) else { continue };
            if action == Action::SignIn.word() { day.sign_ins += count } else { day.denials += count }
        }
        Ok(Outlook { at: now, days, without_organization, without_admin, failing: failing(&verdicts) })
    }
}

/// Of each organization the latest reason why a selector failed, and how often one did.
fn failing(verdicts: &[serde_json::Value]) -> Vec<(String, String, usize)> {
    let mut failing: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for verdict in verdicts.iter().filter_map(|verdicts| verdicts.as_array()).flatten() {
        let text = |key: &str| verdict[key].as_str().map(str::to_owned);
        if let (Some(organization), Some(reason)) = (text("organization"), text("reason")) {
            failing.entry(organization).or_insert((reason, 0)).1 += 1;
        }
    }
    failing
        .into_iter()
        .map(|(organization, (reason, count))| (organization, reason, count))
        .take(NAMED as usize)
        .collect()
}
