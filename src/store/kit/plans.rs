//! How an engine goes about statements: none that a page or a list makes may read a whole table that grows.

use std::cell::RefCell;

use crate::store::value::Value;
use crate::store::{Db, Pools};

/// Tables that grow with people and with time.
const GROWING: [&str; 14] = [
    "users",
    "identities",
    "expectations",
    "awaited_names",
    "grants",
    "search_terms",
    "sessions",
    "sign_ins",
    "audit",
    "audit_counts",
    "policies",
    "roles",
    "api_tokens",
    "application_tokens",
];

tokio::task_local! {
    /// The statements that ran, where somebody watches.
    static WATCHED: RefCell<Vec<(String, Vec<Value>)>>;
}

/// Takes a statement down, if somebody watches.
pub(in crate::store) fn note(sql: &str, values: &[Value]) {
    // Nobody watches, as a rule.
    let _ = WATCHED.try_with(|watched| watched.borrow_mut().push((sql.to_owned(), values.to_vec())));
}

/// Runs what a page does, and asks the engine how it goes about each of its statements.
///
/// # Panics
/// When one of them reads a whole table that grows.
pub async fn reads_no_whole_table(db: &Db, page: impl AsyncFn()) {
    let watched = WATCHED
        .scope(RefCell::default(), async {
            page().await;
            WATCHED.with(RefCell::take)
        })
        .await;
    assert!(!watched.is_empty(), "nothing was asked");
    for (sql, values) in watched {
        let steps = steps(db, &sql, values).await;
        let whole = GROWING.iter().find(|table| steps.iter().any(|step| is_whole(step, table, &sql)));
        assert_eq!(whole, None, "{db:?}: {sql}\n{steps:#?}");
    }
}

async fn steps(db: &Db, sql: &str, values: Vec<Value>) -> Vec<String> {
    match db.pools {
        Pools::Sqlite { .. } => {
            let steps: Vec<(i64, i64, i64, String)> =
                db.reader().all(format!("explain query plan {sql}"), values).await.unwrap();
            steps.into_iter().map(|step| step.3).collect()
        }
        Pools::Postgres { .. } => {
            let mut tx = db.begin().await.unwrap();
            // What is read whole nevertheless can be read in no other way, however much there is.
            tx.conn().execute("set local enable_seqscan = off", vec![]).await.unwrap();
            let steps: Vec<(String,)> = tx.conn().all(format!("explain {sql}"), values).await.unwrap();
            steps.into_iter().map(|step| step.0).collect()
        }
    }
}

/// Whether a step reads all of a table, or all of an index over it. SQLite calls a table by its alias.
fn is_whole(step: &str, table: &str, sql: &str) -> bool {
    let after = |text: &str, mark: &str| text.split_once(mark)?.1.split_whitespace().next().map(str::to_owned);
    let Some(read) = after(step, "SCAN ").or_else(|| after(step, "Seq Scan on ")) else { return false };
    let words: Vec<&str> =
        sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    read == table || words.windows(2).any(|pair| pair[0] == table && pair[1] == read)
}

/// Fills the tables with something of everything.
pub async fn fill(db: &Db) {
    // An id of one of 16 kinds and one of a million numbers.
    let id = |kind: &str, number: &str| {
        format!("'00000000-0000-0000-000{kind}-000000' || substr(cast(1000000 + ({number}) as text), 2)")
    };
    let (organization, role, user, identity) =
        (id("1", "i % 499 + 1"), id("2", "i % 499 + 1"), id("3", "i"), id("4", "i"));
    let of = |kind| id(kind, "i");
    let rows = [
        (
            500,
            format!(
                "organizations (key, id, name, declared, version, created_at) select {}, 'org-' || i, 'x', false, 1, 0",
                of("1")
            ),
        ),
        (
            500,
            format!(
                "roles (id, organization_key, name, admin, created_at) select {}, {organization}, 'Boss', true, 0",
                of("2")
            ),
        ),
        (
            2_000,
            format!(
                "users (id, username, username_folded, version, created_at) select {user}, 'u' || i, 'u' || i, 1, 0"
            ),
        ),
        (
            2_000,
            format!(
                "identities (id, user_id, idp_key, identifier, issuer, identifier_path, email_verified, created_at, last_sign_in_at) \
                 select {identity}, {user}, key, 'u' || i, 'x', 'sub', false, i, 0"
            ),
        ),
        (
            2_000,
            format!(
                "expectations (idp_key, kind, value, user_id, created_at) select key, 'email', 'u' || i, {user}, 0"
            ),
        ),
        (
            2_000,
            format!(
                "grants (user_id, role_id, origin, created_at, evaluated_at) select {user}, {role}, 'manual', 0, 0"
            ),
        ),
        (
            2_000,
            format!(
                "sessions (id, user_id, identity_id, idp_key, created_at, last_seen_at, expires_at) \
                 select {}, {user}, {identity}, key, 0, i, i",
                of("5")
            ),
        ),
        (
            2_000,
            format!(
                "sign_ins (id, idp_key, identity_id, identifier, reference, at, catalogue_version, claims, redacted, verdicts) \
                 select {}, key, {identity}, 'u' || i, 'r' || i, i, 1, '{{}}', '[]', '[]'",
                of("6")
            ),
        ),
        (
            2_000,
            format!(
                "audit (id, at, action, actor, reference, user_id, organization_key, count) \
                 select {}, i, 'kind-' || (i % 40), 'file', 'r' || i, {user}, {organization}, 1",
                of("7")
            ),
        ),
        (2_000, "audit_counts (day, action, count) select i / 40, 'kind-' || (i % 40), 1".to_owned()),
        (2_000, format!("search_terms (scope, term, user_id) select '', '', {user}")),
        (2_000, format!("search_terms (scope, term, user_id) select '', 'u' || i, {user}")),
        (2_000, format!("search_terms (scope, term, user_id) select {organization}, '', {user}")),
        (2_000, format!("search_terms (scope, term, user_id) select 'disabled', '', {user}")),
        (2_000, format!("search_terms (scope, term, user_id) select 'without', '', {user}")),
        (2_000, format!("search_terms (scope, term, user_id) select 'waiting', '', {user}")),
        (
            500,
            format!(
                "policies (id, idp_key, organization_key, created_at, retired_at) select {}, key, {organization}, i, i",
                of("8")
            ),
        ),
        (
            500,
            format!(
                "api_tokens (id, name, hash, organization_key, made_by, user_id, created_at, expires_at) \
                 select {}, 'x', 'h' || i, {organization}, 'cli', {user}, 0, i",
                of("9")
            ),
        ),
        (
            500,
            format!(
                "application_tokens (id, name, hash, user_id, made_by, created_at, expires_at) \
                 select {}, 'x', 'h' || i, {user}, 'cli', 0, i",
                of("a")
            ),
        ),
    ];
    for (count, insert) in rows {
        let (into, select) = insert.split_once(" select ").unwrap();
        let numbers = format!("with recursive n (i) as (select 1 union all select i + 1 from n where i < {count})");
        let sql = format!(
            "insert into {into} {numbers} select {select} from n cross join (select key from idps limit 1) p where true \
             on conflict do nothing"
        );
        db.writer().execute(sql, vec![]).await.unwrap();
    }
}
