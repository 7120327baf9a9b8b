//! The commands, as child processes: what they print, what they exit with, what they leave behind.

mod cases;
mod check;
mod documents;
mod prune;
mod reload;
mod serve;
mod settings;

use crate::kit::upstream::Upstream;
use crate::kit::world::{Places, free_port};

/// A configuration's places in a folder, and the port of its operations listener.
async fn places(folder: &std::path::Path, issuer: &str) -> (Places, u16) {
    let upstream = Upstream::start().await.address;
    let database = format!("sqlite://{}", folder.join("vestibule.db").display());
    (Places { port: free_port(), issuer: issuer.to_owned(), upstream, database }, free_port())
}

/// The usual configuration with a fixed operations listener.
fn usual(places: &Places, operations: u16) -> String {
    places
        .usual()
        .replace("operations_listen = \"127.0.0.1:0\"", &format!("operations_listen = \"127.0.0.1:{operations}\""))
}
