//! People found by words and filters, page by page: each page looks at a bounded number of them, however many there are.

use std::fmt;
use std::str::FromStr;

use sqlx::FromRow;

use super::search::{Prefix, Scope};
use super::users::{self, UserRow};
use super::value::{Parsed, Value};
use super::{StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{IdpKey, Invalid, OrganizationKey, RoleId, UserId};

/// Most people looked at for one page or one count. Those who fit some filters alone may be rare among those who fit
/// the others: then a page ends early, and the next goes on from there.
pub const WINDOW: u32 = 1_000;

/// Who is looked for: those who fit everything that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The beginnings of words of theirs.
    pub words: Vec<Prefix>,
    /// Signs in there, or is awaited there.
    pub idp: Option<IdpKey>,
    /// Holds a role there that counts.
    pub organization: Option<OrganizationKey>,
    /// Holds this role, and it counts.
    pub role: Option<RoleId>,
    /// How it stands with them.
    pub state: Option<State>,
}

/// How it stands with a user whom lists ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// May not enter.
    Disabled,
    /// Has never signed in.
    Waiting,
    /// Signs in, and holds no role that counts.
    WithoutOrganization,
}

/// Where a page ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    term: String,
    user: UserId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.user, self.term)
    }
}

impl FromStr for Place {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, term) = text.split_once('.').ok_or_else(|| Invalid::new("not a place in a list"))?;
        if !term.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Invalid::new("not a place in a list"));
        }
        Ok(Self { term: term.to_owned(), user: user.parse()? })
    }
}

/// A page of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The people.
    pub users: Vec<UserRow>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Place>,
}

/// A statement under way: its text, and the values of its placeholders.
#[derive(Default)]
struct Statement {
    values: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Those among whom the page is looked for, in order, as `term` and `user_id`; and that order.
    fn walk(&mut self, filter: &Filter, after: Option<&Place>) -> (String, &'static str) {
        const DOWN: &str = "user_id desc";
        // Above every id: they begin with the time.
        let before = after.map_or_else(|| "z".to_owned(), |place| place.user.to_string());
        if let Some(word) = filter.words.iter().max_by_key(|word| word.first().len()) {
            let scope = self.bind(filter.scope().text());
            let term = self.bind(after.map_or(word.first(), |place| place.term.as_str()));
            let user = self.bind(after.map(|place| place.user.to_string()).unwrap_or_default());
            let beyond = self.bind(word.beyond());
            let walk = format!(
                "select term, user_id from search_terms \
                 where scope = {scope} and (term, user_id) > ({term}, {user}) and term < {beyond}"
            );
            return (walk, "term, user_id");
        }
        let before = self.bind(before);
        let walk = match (filter.role, filter.idp) {
            (Some(role), _) => {
                let role = self.bind(role);
                format!("select distinct '' as term, user_id from grants where role_id = {role} and user_id < {before}")
            }
            (None, Some(idp)) if filter.scope() == Scope::Everyone => {
                let idp = self.bind(idp);
                let most = self.bind(i64::from(WINDOW));
                let of = |table: &str| {
                    format!(
                        "select * from (select user_id from {table} where idp_key = {idp} and user_id < {before} \
                         order by user_id desc limit {most}) as some_{table}"
                    )
                };
                format!("select '' as term, user_id from ({} union {}) as known", of("identities"), of("expectations"))
            }
            _ => {
                let scope = self.bind(filter.scope().text());
                format!(
                    "select term, user_id from search_terms \
                     where scope = {scope} and term = '' and user_id < {before}"
                )
            }
        };
        (walk, DOWN)
    }

    /// What somebody among them (`c`, with their row `u`) must fit.
    fn conditions(&mut self, filter: &Filter, now: Timestamp) -> String {
        let mut all = Vec::new();
        let mut words = filter.words.iter().collect::<Vec<_>>();
        words.sort_by_key(|word| word.first().len());
        for (at, word) in words.iter().rev().enumerate() {
            let (first, beyond) = (self.bind(word.first()), self.bind(word.beyond()));
            let scope = self.bind(filter.scope().text());
            // An expression is looked up in no index: the few terms of one user are read, never all who have a term.
            let term = format!(
                "exists (select 1 from search_terms t where t.user_id = c.user_id and t.scope || '' = {scope} \
                 and t.term >= {first}"
            );
            // Of somebody met by several terms, the first counts.
            all.push(if at == 0 {
                format!("not {term} and t.term < c.term)")
            } else {
                format!("{term} and t.term < {beyond})")
            });
        }
        if let Some(idp) = filter.idp {
            let idp = self.bind(idp);
            all.push(format!(
                "(exists (select 1 from identities i where i.user_id = u.id and i.idp_key = {idp}) \
                 or exists (select 1 from expectations e where e.user_id = u.id and e.idp_key = {idp}))"
            ));
        }
        if filter.organization.is_some() || filter.role.is_some() {
            let organization = filter.organization.map(|key| format!(" and r.organization_key = {}", self.bind(key)));
            let role = filter.role.map(|role| format!(" and r.id = {}", self.bind(role)));
            let narrowed = [organization, role].into_iter().flatten().collect::<String>();
            all.push(self.holds(now, &narrowed));
        }
        match filter.state {
            None => {}
            Some(State::Disabled) => all.push("u.disabled_at is not null".to_owned()),
            Some(State::Waiting) => {
                // To an organization, whoever signs in elsewhere alone has not signed in.
                let within = filter.organization.map(|key| self.bind(key));
                let reach = within.map(|key| format!(" and coalesce(p.owner_key, {key}) = {key}")).unwrap_or_default();
                all.push(format!(
                    "u.disabled_at is null and not exists (select 1 from identities i join idps p on p.key = i.idp_key \
                     where i.user_id = u.id{reach})"
                ));
            }
            Some(State::WithoutOrganization) => {
                all.push("u.disabled_at is null".to_owned());
                all.push("exists (select 1 from identities i where i.user_id = u.id)".to_owned());
                all.push(format!("not {}", self.holds(now, "")));
            }
        }
        // Only a role may lead to what is no person.
        all.push("u.service_of is null".to_owned());
        all.join(" and ")
    }

    fn holds(&mut self, now: Timestamp, narrowed: &str) -> String {
        let now = self.bind(now);
        format!(
            "exists (select 1 from grants g join roles r on r.id = g.role_id \
             join organizations o on o.key = r.organization_key where g.user_id = u.id \
             and r.undeclared_at is null and o.undeclared_at is null \
             and (g.kept_until is null or g.kept_until >= {now}){narrowed})"
        )
    }
}

impl Filter {
    /// The narrowest list that the index has. An organization's is all that its admins ever walk along, so that not even
    /// the length of a page tells of others.
    fn scope(&self) -> Scope {
        match (self.organization, self.state) {
            (Some(organization), _) => Scope::Organization(organization),
            (None, Some(State::Disabled)) => Scope::Disabled,
            (None, Some(State::Waiting)) => Scope::Waiting,
            (None, Some(State::WithoutOrganization)) => Scope::WithoutOrganization,
            (None, None) => Scope::Everyone,
        }
    }
}

#[derive(FromRow)]
struct Found {
    term: String,
    #[sqlx(flatten)]
    user: users::Row,
}

/// The next people who fit, after `after`: by words in the order of what they are found by, else the newest first. Two
/// statements.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u32,
    now: Timestamp,
) -> Result<Page, StoreError> {
    let (sql, values) = fitting(filter, after, limit, now);
    let mut found: Vec<Found> = tx.conn().all(sql, values).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if found.len() > limit {
        found.truncate(limit);
        found.last().map(|last| Place { term: last.term.clone(), user: last.user.id() })
    } else {
        end_of_window(tx, filter, after).await?
    };
    Ok(Page { users: found.into_iter().map(|found| found.user.into()).collect(), next })
}

/// How many fit, of the first [`WINDOW`] along the way. One statement.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, filter: &Filter, now: Timestamp) -> Result<u32, StoreError> {
    let mut statement = Statement::default();
    let (walk, order) = statement.walk(filter, None);
    let conditions = statement.conditions(filter, now);
    let window = statement.bind(i64::from(WINDOW));
    let sql = format!(
        "select count(*) from ({walk} order by {order} limit {window}) as c join users u on u.id = c.user_id \
         where {conditions}"
    );
    let count: Option<(i64,)> = tx.conn().optional(sql, statement.values).await?;
    Ok(count.and_then(|(count,)| u32::try_from(count).ok()).unwrap_or_default())
}

/// One more of those who fit than the page holds.
fn fitting(filter: &Filter, after: Option<&Place>, limit: u32, now: Timestamp) -> (String, Vec<Value>) {
    let mut statement = Statement::default();
    let (walk, order) = statement.walk(filter, after);
    let conditions = statement.conditions(filter, now);
    let (window, most) = (statement.bind(i64::from(WINDOW)), statement.bind(i64::from(limit) + 1));
    let sql = format!(
        "select c.term, u.id, u.username, u.display_name, u.email, u.disabled_at, u.created_at \
         from ({walk} order by {order} limit {window}) as c join users u on u.id = c.user_id \
         where {conditions} order by c.{} limit {most}",
        order.replace(", ", ", c.")
    );
    (sql, statement.values)
}

/// Where the window ends, if it does not reach the end.
async fn end_of_window(tx: &mut Tx, filter: &Filter, after: Option<&Place>) -> Result<Option<Place>, StoreError> {
    let mut statement = Statement::default();
    let (walk, order) = statement.walk(filter, after);
    let skipped = statement.bind(i64::from(WINDOW) - 1);
    let sql = format!("{walk} order by {order} limit 1 offset {skipped}");
    let last: Option<(String, Parsed<UserId>)> = tx.conn().optional(sql, statement.values).await?;
    Ok(last.map(|(term, user)| Place { term, user: user.0 }))
}

#[cfg(test)]
mod tests;
