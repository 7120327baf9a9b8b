//! What the database holds, counted from outside by somebody who can only read.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, FromRow, SqliteConnection};
use vestibule::base::{Ambient, SystemChance};
use vestibule::directory::{Actor, Directory, ListedUser};
use vestibule::store::Db;

use super::world::World;

/// How many rows there are of all that a sign-in can leave behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Census {
    pub users: i64,
    pub identities: i64,
    pub grants: i64,
    pub server_admins: i64,
    pub sessions: i64,
    pub tokens: i64,
    pub codes: i64,
    pub spent_states: i64,
    pub expectations: i64,
}

const COUNTS: &str = "select
    (select count(*) from users) as users,
    (select count(*) from identities) as identities,
    (select count(*) from grants) as grants,
    (select count(*) from server_admins) as server_admins,
    (select count(*) from sessions) as sessions,
    (select count(*) from session_tokens) as tokens,
    (select count(*) from handoff_codes) as codes,
    (select count(*) from spent_states) as spent_states,
    (select count(*) from expectations) as expectations";

/// A connection that notices every write of anybody else.
pub struct Watch(SqliteConnection);

impl Watch {
    /// A number that is another after each commit of another connection.
    pub async fn version(&mut self) -> i64 {
        sqlx::query_scalar("pragma data_version").fetch_one(&mut self.0).await.expect("a version")
    }
}

impl World {
    /// Counts everything.
    pub async fn census(&self) -> Census {
        sqlx::query_as(COUNTS).fetch_one(&mut self.look().await).await.expect("counts")
    }

    /// Begins to watch for writes.
    pub async fn watch(&self) -> Watch {
        Watch(self.look().await)
    }

    /// Every user, as an admin sees them, in the order they were made.
    pub async fn people(&self) -> Vec<ListedUser> {
        let directory = self.directory().await;
        directory.server_admin(Actor::CommandLine).list_users(500, None).await.expect("a list")
    }

    /// The directory of the world's database, as another process has it.
    pub async fn directory(&self) -> Directory {
        let url = self.places.database.parse().expect("a database URL");
        let ambient = Ambient::new(self.clock.clone(), SystemChance::default());
        Directory::new(Db::open(&url).await.expect("a database"), ambient)
    }

    /// Does to the database, while no server runs on it, what nobody can do by our doors yet.
    pub async fn execute(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.database_path());
        let mut database = SqliteConnection::connect_with(&options).await.expect("the database");
        sqlx::query(sql).execute(&mut database).await.expect("a statement");
    }

    async fn look(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.database_path()).read_only(true);
        SqliteConnection::connect_with(&options).await.expect("the database")
    }
}
