//! PostgreSQL: a schema of its own for each test, in the database that `DATABASE_URL` names.

use std::net::SocketAddr;

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgPool, PgPoolOptions};
use url::Url;
use vestibule::base::Ambient;

/// Says that tests of PostgreSQL may be left out.
const WITHOUT: &str = "VESTIBULE_TESTS_WITHOUT_POSTGRES";

/// An empty schema.
pub struct Schema {
    url: Url,
    name: String,
}

impl Schema {
    /// Makes one. Nothing if there is no PostgreSQL and whoever runs the tests has said that there need not be.
    #[expect(clippy::print_stderr, reason = "what is left out is said so")]
    pub async fn new() -> Option<Self> {
        let Some(url) = variable("DATABASE_URL") else {
            let allowed = variable(WITHOUT).is_some_and(|value| value == "1");
            assert!(allowed, "this test needs PostgreSQL: run it with ./test, or set {WITHOUT}=1 to leave it out");
            eprintln!("left out: no PostgreSQL");
            return None;
        };
        let name = format!("it_{}", Ambient::system().uuid().simple());
        let admin: PgPool = PgPoolOptions::new().max_connections(1).connect(&url).await.expect("DATABASE_URL answers");
        let sql = AssertSqlSafe(format!("create schema {name}"));
        sqlx::query(sql).execute(&admin).await.expect("a schema can be made");
        Some(Self { url: Url::parse(&url).expect("DATABASE_URL is a URL"), name })
    }

    /// The URL of the schema.
    pub fn url(&self) -> String {
        self.through(self.address())
    }

    /// The URL of the schema, reached at another address.
    pub fn through(&self, address: SocketAddr) -> String {
        let mut url = self.url.clone();
        url.set_ip_host(address.ip()).expect("a host");
        url.set_port(Some(address.port())).expect("a port");
        url.query_pairs_mut().append_pair("options", &format!("-csearch_path={}", self.name));
        url.to_string()
    }

    /// Where the database listens.
    pub fn address(&self) -> SocketAddr {
        let sockets = self.url.socket_addrs(|| Some(5432)).expect("DATABASE_URL names a host");
        sockets.into_iter().find(SocketAddr::is_ipv4).expect("an IPv4 address")
    }

    /// The only number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let pool: PgPool = PgPoolOptions::new().max_connections(1).connect(&self.url()).await.expect("it answers");
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&pool).await.expect("a number")
    }
}

#[expect(clippy::disallowed_methods, reason = "tests alone learn from the environment where PostgreSQL is")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
