//! Several upstreams of one application, what becomes of requests when one is gone, and paths without their prefix.

mod health;
mod prefix;
mod trouble;

use crate::kit::world::{Places, World};

/// A wiki that is open to everyone, with these lines in it, in front of these upstreams.
async fn wiki(upstreams: &[&str], connection: &str) -> World {
    let list = upstreams.iter().map(|url| format!("{url:?}")).collect::<Vec<_>>().join(", ");
    let configuration = |places: &Places| {
        let lines = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n\n[application.connection]\n";
        let one = format!("upstream = \"http://{}\"", places.upstream);
        let wiki = places.home_lab(&format!("{lines}{connection}"));
        places.head("") + &wiki.replace(&one, &format!("upstream = [{list}]"))
    };
    World::at("http://127.0.0.1:1", configuration).await
}
