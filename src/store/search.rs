//! The index by which people are found: the beginnings of the words of their names and addresses, per organization and
//! for the whole directory. Whoever changes a user's name, address, state or grants calls [`refresh`] in the same
//! transaction. What the index says is asked again where it counts: a row too many shows nobody.

mod spelling;

use std::collections::{BTreeSet, HashMap};

use sqlx::FromRow;

use super::value::{At, BATCH, Parsed, Value, list, rows, values};
use super::{Db, StoreError, Tx};
use crate::identity::{IdpKey, OrganizationKey, UserId};

pub use spelling::Prefix;
use spelling::terms;

/// Whom a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everybody.
    Everyone,
    /// Who may not enter.
    Disabled,
    /// Who has no identity.
    Waiting,
    /// Who has one, and no grant that lasts.
    WithoutOrganization,
    /// Who holds a role there.
    Organization(OrganizationKey),
}

impl Scope {
    pub(super) fn text(self) -> String {
        match self {
            Self::Everyone => String::new(),
            Self::Disabled => "disabled".to_owned(),
            Self::Waiting => "waiting".to_owned(),
            Self::WithoutOrganization => "without".to_owned(),
            Self::Organization(key) => key.to_string(),
        }
    }
}

#[derive(FromRow)]
struct Names {
    id: Parsed<UserId>,
    username: String,
    display_name: Option<String>,
    email: Option<String>,
    disabled_at: Option<At>,
}

/// What is known of users that says how they are found.
struct Known {
    names: Vec<Names>,
    /// Where they sign in: the organization that owns the IdP, if one does.
    identities: HashMap<UserId, Vec<Option<OrganizationKey>>>,
    /// What they are awaited by, and the owner of the IdP.
    awaited: HashMap<UserId, Vec<(Option<OrganizationKey>, String)>>,
    /// What organizations call those who wait.
    called: HashMap<UserId, Vec<(OrganizationKey, String)>>,
    /// Where they hold roles, and whether one of them lasts.
    grants: HashMap<UserId, Vec<(OrganizationKey, bool)>>,
}

/// A grant (`g`, with its role `r` and organization `o`) that counts until somebody takes it.
const LASTS: &str = "g.kept_until is null and r.undeclared_at is null and o.undeclared_at is null";

type Row = (String, String, UserId);

/// Brings the index up to date with what these users are now.
///
/// # Errors
/// When the database fails.
pub async fn refresh(tx: &mut Tx, users: &[UserId]) -> Result<(), StoreError> {
    for batch in users.chunks(BATCH) {
        let known = Known::read(tx, batch).await?;
        let wanted: BTreeSet<Row> = known.names.iter().flat_map(|user| known.rows(user)).collect();
        let found: BTreeSet<Row> = found(tx, batch).await?;
        let stale: Vec<&Row> = found.difference(&wanted).collect();
        for batch in stale.chunks(BATCH) {
            let sql = format!(
                "delete from search_terms where (scope, term, user_id) in (values {})",
                rows(1, batch.len(), 3)
            );
            tx.conn().execute(sql, columns(batch)).await?;
        }
        let missing: Vec<&Row> = wanted.difference(&found).collect();
        for batch in missing.chunks(BATCH) {
            let sql = format!(
                "insert into search_terms (scope, term, user_id) values {} on conflict do nothing",
                rows(1, batch.len(), 3)
            );
            tx.conn().execute(sql, columns(batch)).await?;
        }
    }
    Ok(())
}

fn columns(rows: &[&Row]) -> Vec<Value> {
    rows.iter().flat_map(|(scope, term, user)| values![scope.as_str(), term.as_str(), *user]).collect()
}

fn of(users: &[UserId]) -> Vec<Value> {
    users.iter().map(|user| Value::from(*user)).collect()
}

async fn found(tx: &mut Tx, users: &[UserId]) -> Result<BTreeSet<Row>, StoreError> {
    let sql = format!("select scope, term, user_id from search_terms where user_id in {}", list(1, users.len()));
    let rows: Vec<(String, String, Parsed<UserId>)> = tx.conn().all(sql, of(users)).await?;
    Ok(rows.into_iter().map(|(scope, term, user)| (scope, term, user.0)).collect())
}

impl Known {
    async fn read(tx: &mut Tx, users: &[UserId]) -> Result<Self, StoreError> {
        let these = list(1, users.len());
        let sql = format!("select id, username, display_name, email, disabled_at from users where id in {these}");
        let names = tx.conn().all(sql, of(users)).await?;
        let sql = format!(
            "select distinct i.user_id, p.owner_key from identities i join idps p on p.key = i.idp_key \
             where i.user_id in {these}"
        );
        let mut identities: HashMap<UserId, Vec<_>> = HashMap::new();
        for (user, owner) in tx.conn().all::<(Parsed<UserId>, Option<Parsed<OrganizationKey>>)>(sql, of(users)).await? {
            identities.entry(user.0).or_default().push(owner.map(|key| key.0));
        }
        let sql = format!(
            "select e.user_id, p.owner_key, e.value from expectations e join idps p on p.key = e.idp_key \
             where e.user_id in {these}"
        );
        let mut awaited: HashMap<UserId, Vec<_>> = HashMap::new();
        type Awaited = (Parsed<UserId>, Option<Parsed<OrganizationKey>>, String);
        for (user, owner, value) in tx.conn().all::<Awaited>(sql, of(users)).await? {
            awaited.entry(user.0).or_default().push((owner.map(|key| key.0), value));
        }
        let sql = format!("select user_id, organization_key, name from awaited_names where user_id in {these}");
        let mut called: HashMap<UserId, Vec<_>> = HashMap::new();
        for (user, organization, name) in
            tx.conn().all::<(Parsed<UserId>, Parsed<OrganizationKey>, String)>(sql, of(users)).await?
        {
            called.entry(user.0).or_default().push((organization.0, name));
        }
        let sql = format!(
            "select g.user_id, r.organization_key, cast(max(case when {LASTS} then 1 else 0 end) as bigint) from grants g \
             join roles r on r.id = g.role_id join organizations o on o.key = r.organization_key \
             where g.user_id in {these} group by g.user_id, r.organization_key"
        );
        let mut grants: HashMap<UserId, Vec<_>> = HashMap::new();
        for (user, organization, lasts) in
            tx.conn().all::<(Parsed<UserId>, Parsed<OrganizationKey>, i64)>(sql, of(users)).await?
        {
            grants.entry(user.0).or_default().push((organization.0, lasts == 1));
        }
        Ok(Self { names, identities, awaited, called, grants })
    }

    fn rows(&self, user: &Names) -> Vec<Row> {
        let id = user.id.0;
        let identities = self.identities.get(&id).map(Vec::as_slice).unwrap_or_default();
        let awaited = self.awaited.get(&id).map(Vec::as_slice).unwrap_or_default();
        let called = self.called.get(&id).map(Vec::as_slice).unwrap_or_default();
        let grants = self.grants.get(&id).map(Vec::as_slice).unwrap_or_default();
        let names = [Some(user.username.as_str()), user.email.as_deref(), user.display_name.as_deref()];
        let all = terms(names.into_iter().flatten().chain(awaited.iter().map(|(_, value)| value.as_str())));
        let mut scopes = vec![(Scope::Everyone, all.clone())];
        if user.disabled_at.is_some() {
            scopes.push((Scope::Disabled, all.clone()));
        }
        if identities.is_empty() {
            scopes.push((Scope::Waiting, all));
        } else if !grants.iter().any(|(_, lasts)| *lasts) {
            scopes.push((Scope::WithoutOrganization, all));
        }
        scopes.extend(grants.iter().map(|(organization, _)| {
            // Of somebody who waits at an IdP of theirs, an organization knows what it waits for and what it calls
            // them, and not what another does.
            let known = identities.iter().any(|owner| owner.is_none_or(|owner| owner == *organization));
            let names = names.into_iter().flatten().filter(|_| known);
            let reach = awaited.iter().filter(|(owner, _)| owner.is_none_or(|owner| owner == *organization));
            let own = called.iter().filter(|(other, _)| !known && other == organization);
            let told = reach.map(|(_, value)| value).chain(own.map(|(_, name)| name)).map(String::as_str);
            (Scope::Organization(*organization), terms(names.chain(told)))
        }));
        scopes.into_iter().flat_map(|(scope, terms)| terms.into_iter().map(move |t| (scope.text(), t, id))).collect()
    }
}

/// Follows a change by which people of these organizations may have lost roles, however many they are.
///
/// # Errors
/// When the database fails.
pub async fn lost_roles(tx: &mut Tx, organizations: &[OrganizationKey]) -> Result<(), StoreError> {
    for batch in organizations.chunks(BATCH) {
        let these = list(1, batch.len());
        let keys = || batch.iter().map(|key| Value::from(*key)).collect();
        let without = format!(
            "insert into search_terms (scope, term, user_id) select 'without', e.term, e.user_id from search_terms m \
             join search_terms e on e.user_id = m.user_id and e.scope = '' where m.scope in {these} and m.term = '' \
             and exists (select 1 from identities i where i.user_id = m.user_id) and not exists ({}) \
             on conflict do nothing",
            lasting("m")
        );
        tx.conn().execute(without, keys()).await?;
        let left = format!("delete from search_terms where scope in {these} and not exists ({HELD})");
        tx.conn().execute(left, keys()).await?;
    }
    Ok(())
}

/// Follows what becomes of the people of an IdP whose identities go: before they do, after what those gave.
///
/// # Errors
/// When the database fails.
pub(super) async fn forgetting(tx: &mut Tx, idp: IdpKey) -> Result<(), StoreError> {
    const THEIRS: &str = "(select user_id from identities where idp_key = $1)";
    const ELSEWHERE: &str = "exists (select 1 from identities i where i.user_id = e.user_id and i.idp_key <> $1)";
    let becomes = |scope: &str, condition: &str| {
        format!(
            "insert into search_terms (scope, term, user_id) select '{scope}', e.term, e.user_id from search_terms e \
             where e.scope = '' and e.user_id in {THEIRS} and {condition} on conflict do nothing"
        )
    };
    let statements = [
        becomes("waiting", &format!("not {ELSEWHERE}")),
        becomes("without", &format!("{ELSEWHERE} and not exists ({})", lasting("e"))),
        format!(
            "delete from search_terms where user_id in {THEIRS} \
             and scope not in ('', 'disabled', 'waiting', 'without') and not exists ({HELD})"
        ),
    ];
    for sql in statements {
        tx.conn().execute(sql, values![idp]).await?;
    }
    Ok(())
}

/// Whether the user of a row of the index holds a role of the organization that is its scope.
const HELD: &str = "select 1 from grants g join roles r on r.id = g.role_id \
    where g.user_id = search_terms.user_id and r.organization_key = search_terms.scope";

fn lasting(of: &str) -> String {
    format!(
        "select 1 from grants g join roles r on r.id = g.role_id join organizations o on o.key = r.organization_key \
         where g.user_id = {of}.user_id and {LASTS}"
    )
}

/// How often the log says how far the index is: some seconds' work.
const TOLD: usize = 10_000;

/// Takes into the index who was there before it, a batch a transaction: nothing to do at all but the first time. Tells
/// how many there were.
///
/// # Errors
/// When the database fails; what was taken in stays so.
pub async fn fill(db: &Db) -> Result<usize, StoreError> {
    const NEXT: &str = "select id from users where not searchable order by id limit 500";
    let mut taken = 0;
    loop {
        let mut tx = db.begin().await?;
        let users: Vec<(Parsed<UserId>,)> = tx.conn().all(NEXT, vec![]).await?;
        if users.is_empty() {
            return Ok(taken);
        }
        let users: Vec<UserId> = users.into_iter().map(|(user,)| user.0).collect();
        refresh(&mut tx, &users).await?;
        let sql = format!("update users set searchable = true where id in {}", list(1, users.len()));
        tx.conn().execute(sql, of(&users)).await?;
        tx.commit().await?;
        taken += users.len();
        if taken.is_multiple_of(TOLD) {
            tracing::info!(people = taken, "an index of the people of this database is being made, once");
        }
    }
}

#[cfg(test)]
mod tests;
