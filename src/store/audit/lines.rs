//! The audit log as people read it: in the order of time, of everything, or of what is asked for.

use std::ops::Range;

use super::{AuditRow, Row};
use crate::base::Timestamp;
use crate::identity::{AuditId, IdpKey, OrganizationKey, UserId};
use crate::store::value::{At, Parsed, Value};
use crate::store::{StoreError, Tx};

/// Most lines looked at for one page. What fits some filters may be rare among what fits the one that is walked along:
/// then a page ends early, and the next goes on from there.
const WINDOW: u32 = 5_000;

/// Where a page ends: an instant, and of that instant a line.
type Place = (Timestamp, AuditId);

/// Which lines are meant: those that fit everything that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// About this user.
    pub user: Option<UserId>,
    /// About this organization.
    pub organization: Option<OrganizationKey>,
    /// About this IdP.
    pub idp: Option<IdpKey>,
    /// Of this action.
    pub action: Option<String>,
    /// From its start on, and before its end.
    pub interval: Range<Timestamp>,
}

impl Default for Sought {
    fn default() -> Self {
        let always = Timestamp::from_micros(i64::MIN)..Timestamp::from_micros(i64::MAX);
        Self { user: None, organization: None, idp: None, action: None, interval: always }
    }
}

/// The way through the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// For people.
    NewestFirst,
    /// For programs, which keep what they have read.
    OldestFirst,
}

/// A page of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// The lines.
    pub rows: Vec<AuditRow>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Place>,
}

/// The next lines beyond `beyond`. Two statements at most, each along the index of the narrowest filter that has one; what
/// else is asked for is looked up in a bounded number of lines.
///
/// # Errors
/// When the database fails.
pub async fn lines(
    tx: &mut Tx,
    sought: &Sought,
    order: Order,
    beyond: Option<Place>,
    limit: u32,
) -> Result<Lines, StoreError> {
    let (mut walk, also) = Walk::of(sought, order, beyond);
    let also: Vec<String> = also.into_iter().map(|(column, value)| walk.only(column, value)).collect();
    let window = if also.is_empty() { limit } else { WINDOW };
    let filter = if also.is_empty() { String::new() } else { format!(" where {}", also.join(" and ")) };
    let (window, most) = (walk.bind(i64::from(window)), walk.bind(i64::from(limit)));
    let (along, by) = (&walk.along, walk.order);
    let sql = format!(
        "select id, at, action, actor, reference, user_id, identity_id, idp_key, organization_key, application_key, \
         session_id, count, detail, before, after from (select * from audit where {along} order by {by} \
         limit {window}) as walked{filter} order by {by} limit {most}"
    );
    let rows: Vec<Row> = tx.conn().all(sql, walk.values).await?;
    let rows: Vec<AuditRow> = rows.into_iter().map(AuditRow::from).collect();
    let next = if rows.len() == limit as usize {
        rows.last().map(|last| (last.at, last.id))
    } else if also.is_empty() {
        None
    } else {
        end_of_window(tx, sought, order, beyond).await?
    };
    Ok(Lines { rows, next })
}

/// Where the window ends, if it does not reach the end of the log.
async fn end_of_window(
    tx: &mut Tx,
    sought: &Sought,
    order: Order,
    beyond: Option<Place>,
) -> Result<Option<Place>, StoreError> {
    let (mut walk, _) = Walk::of(sought, order, beyond);
    let skipped = walk.bind(i64::from(WINDOW) - 1);
    let (along, by) = (&walk.along, walk.order);
    let sql = format!("select at, id from audit where {along} order by {by} limit 1 offset {skipped}");
    let last: Option<(At, Parsed<AuditId>)> = tx.conn().optional(sql, walk.values).await?;
    Ok(last.map(|(at, id)| (at.0, id.0)))
}

/// The part of a statement that goes along an index.
struct Walk {
    along: String,
    order: &'static str,
    values: Vec<Value>,
}

impl Walk {
    /// The walk, and the filters that it has no index for.
    fn of(sought: &Sought, order: Order, beyond: Option<Place>) -> (Self, Vec<(&'static str, Value)>) {
        let mut filters: Vec<(&'static str, Value)> = Vec::new();
        filters.extend(sought.user.map(|user| ("user_id", user.into())));
        filters.extend(sought.organization.map(|key| ("organization_key", key.into())));
        filters.extend(sought.idp.map(|key| ("idp_key", key.into())));
        filters.extend(sought.action.as_deref().map(|action| ("action", action.into())));
        let indexed = match (sought.user, sought.organization, sought.idp) {
            // Of an organization there is an index of each action too.
            (None, Some(_), None) => 2,
            _ => 1,
        };
        let also = filters.split_off(filters.len().min(indexed));
        let order_text = match order {
            Order::NewestFirst => "at desc, id desc",
            Order::OldestFirst => "at, id",
        };
        let mut walk = Self { along: String::new(), order: order_text, values: Vec::new() };
        let Range { start, end } = sought.interval;
        let mut all = Vec::new();
        // The bounds of the index first: an engine seeks by these, and sorts nothing.
        match (order, beyond) {
            (Order::NewestFirst, Some((at, id))) => {
                let (at, id) = (walk.bind(at), walk.bind(id));
                let (start, end) = (walk.bind(start), walk.bind(end));
                all.push(format!("at <= {at} and (at < {at} or id < {id}) and at >= {start} and at < {end}"));
            }
            (Order::OldestFirst, Some((at, id))) => {
                let (at, id) = (walk.bind(at), walk.bind(id));
                let end = walk.bind(end);
                all.push(format!("at >= {at} and (at > {at} or id > {id}) and at < {end}"));
            }
            (_, None) => {
                let (start, end) = (walk.bind(start), walk.bind(end));
                all.push(format!("at >= {start} and at < {end}"));
            }
        }
        all.extend(filters.into_iter().map(|(column, value)| walk.only(column, value)));
        walk.along = all.join(" and ");
        (walk, also)
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn only(&mut self, column: &str, value: Value) -> String {
        format!("{column} = {}", self.bind(value))
    }
}
